"""Strategies to choose and label pairs of documents whose gold labels are hidden from the model."""

from typing import Callable, Dict, NamedTuple, Optional, Tuple

import numpy as np

from spacy_clinrel.active_learning.bootstrap import BootstrapOptions
from spacy_clinrel.active_learning.bootstrap.selection import (
    ClassCounts,
    choose_pairs,
    reliable_pairs,
)
from spacy_clinrel.evaluation.pair_scores import ScoredPairs

THRESHOLD = BootstrapOptions().threshold


class RestPairs(NamedTuple):
    """The pairs of the documents outside the labelled share, with predicted and gold classes.

    scored (ScoredPairs): Probabilities of the first model.
    second (ScoredPairs): Probabilities of a model trained from another seed.
    other (ScoredPairs): Probabilities of a PCNN, a model with another architecture.
    gold (ndarray): Gold classes, 0 for no relation. Shape: (pairs,)
    labelled (ClassCounts): Number of labelled pairs of each class.
    options (BootstrapOptions): Options of bootstrapping.
    seed (int): Seed of random choices.
    """

    scored: ScoredPairs
    second: ScoredPairs
    other: ScoredPairs
    gold: np.ndarray
    labelled: ClassCounts
    options: BootstrapOptions
    seed: int

    def confident(self, second: Optional[ScoredPairs] = None) -> np.ndarray:
        """Return the pairs above the threshold.

        second (Optional[ScoredPairs]): Predictions of a model that must predict the same class.
        RETURNS (ndarray): Indices of pairs.
        """
        thresholds = np.full(self.scored.p.shape[1], THRESHOLD)
        return reliable_pairs(self.scored, thresholds, [second] if second else [])

    def all_pairs(self) -> np.ndarray:
        """Return all pairs.

        RETURNS (ndarray): Indices of pairs.
        """
        return np.arange(len(self.scored.p))

    def random_batch(self) -> np.ndarray:
        """Sample one batch of relations above the threshold with `choose_pairs`, as bootstrapping
        does.

        RETURNS (ndarray): Indices of pairs.
        """
        confident = self.confident()
        return choose_pairs(self.scored, confident, self.labelled, self.options, (self.seed, 1))

    def most_confident_batch(self) -> np.ndarray:
        """Return one batch of the most probable relations, and a sample of pairs without a
        relation.

        The proportion of pairs without a relation is that of the labelled documents.

        RETURNS (ndarray): Indices of pairs.
        """
        confident = self.confident()
        classes = self.scored.classes[confident]
        relations = confident[classes > 0]
        order = np.argsort(-self.scored.confidence[relations], kind="stable")
        relations = relations[order[: self.options.batch]]
        negatives = np.random.default_rng(self.seed).permutation(confident[classes == 0])
        negatives = negatives[: round(self.labelled.negatives_per_relation * len(relations))]
        return np.sort(np.concatenate([relations, negatives]))

    def correct(self) -> np.ndarray:
        """Return the pairs above the threshold whose predicted class is the gold class.

        RETURNS (ndarray): Indices of pairs.
        """
        confident = self.confident()
        return confident[(self.scored.classes == self.gold)[confident]]

    def without_wrong_relations(self) -> np.ndarray:
        """Return the predicted classes, with gold classes for pairs predicted as relations.

        RETURNS (ndarray): Classes. Shape: (pairs,)
        """
        return np.where(self.scored.classes > 0, self.gold, 0)

    def without_missed_relations(self) -> np.ndarray:
        """Return the predicted classes, with gold classes for pairs predicted as no relation.

        RETURNS (ndarray): Classes. Shape: (pairs,)
        """
        return np.where(self.scored.classes > 0, self.scored.classes, self.gold)


# Name → the pairs to train with, and the classes of all pairs.
Choice = Callable[[RestPairs], Tuple[np.ndarray, np.ndarray]]
VARIANTS: Dict[str, Choice] = {
    "A random batch of relations": lambda rest: (rest.random_batch(), rest.scored.classes),
    "The batch of the most probable relations": lambda rest: (
        rest.most_confident_batch(),
        rest.scored.classes,
    ),
    "All above the threshold": lambda rest: (rest.confident(), rest.scored.classes),
    "All with agreement of the second model": lambda rest: (
        rest.confident(rest.second),
        rest.scored.classes,
    ),
    "All, wrong relations corrected": lambda rest: (
        rest.confident(),
        rest.without_wrong_relations(),
    ),
    "All, missed relations corrected": lambda rest: (
        rest.confident(),
        rest.without_missed_relations(),
    ),
    "All correct ones": lambda rest: (rest.correct(), rest.gold),
    "All, corrected": lambda rest: (rest.confident(), rest.gold),
    "Every pair": lambda rest: (rest.all_pairs(), rest.scored.classes),
    "Every pair, labelled by the PCNN": lambda rest: (rest.all_pairs(), rest.other.classes),
    "Every pair, corrected": lambda rest: (rest.all_pairs(), rest.gold),
}
