"""From which pairs of a labelled text a model learns that takes it for an unlabelled one."""

from typing import Callable, Dict, NamedTuple, Optional, Tuple

import numpy as np

from spacy_clinrel.active_learning.bootstrap import BootstrapOptions
from spacy_clinrel.active_learning.bootstrap.selection import (
    ClassCounts,
    choose_pairs,
    reliable_pairs,
)
from spacy_clinrel.active_learning.pair_scores import ScoredPairs

THRESHOLD = BootstrapOptions().threshold


class Said(NamedTuple):
    """What models say of the rest of the train part, and what is right.

    scored (ScoredPairs): The first model's probabilities.
    second (ScoredPairs): Those of a model trained from another seed.
    other (ScoredPairs): Those of a model of another kind, a PCNN.
    gold (ndarray): Gold classes, 0 for no relation. Shape: (pairs,)
    labelled (ClassCounts): What the labelled share looks like.
    options (BootstrapOptions): How bootstrapping chooses.
    seed (int): Of the chance.
    """

    scored: ScoredPairs
    second: ScoredPairs
    other: ScoredPairs
    gold: np.ndarray
    labelled: ClassCounts
    options: BootstrapOptions
    seed: int

    def sure(self, second: Optional[ScoredPairs] = None) -> np.ndarray:
        """second (Optional[ScoredPairs]): A model that must agree.
        RETURNS (ndarray): Indices of the pairs above the threshold.
        """
        thresholds = np.full(self.scored.p.shape[1], THRESHOLD)
        return reliable_pairs(self.scored, thresholds, [second] if second else [])

    def every(self) -> np.ndarray:
        """RETURNS (ndarray): Indices of all pairs."""
        return np.arange(len(self.scored.p))

    def surest(self) -> np.ndarray:
        """RETURNS (ndarray): The surest relations, as many as join in a round, and no relation by
        chance in the labelled share's proportion."""
        sure = self.sure()
        classes = self.scored.classes[sure]
        relations = sure[classes > 0]
        best = np.argsort(-self.scored.confidence[relations], kind="stable")
        relations = relations[best[: self.options.batch]]
        none = np.random.default_rng(self.seed).permutation(sure[classes == 0])
        none = none[: round(self.labelled.negatives_per_relation * len(relations))]
        return np.sort(np.concatenate([relations, none]))


# Name → the pairs that are learned from, and the classes of all pairs.
Choice = Callable[[Said], Tuple[np.ndarray, np.ndarray]]
VARIANTS: Dict[str, Choice] = {
    "A batch of relations by chance": lambda said: (
        choose_pairs(said.scored, said.sure(), said.labelled, said.options, (said.seed, 1)),
        said.scored.classes,
    ),
    "A batch of the surest relations": lambda said: (said.surest(), said.scored.classes),
    "All above the threshold": lambda said: (said.sure(), said.scored.classes),
    "All that the second model agrees with": lambda said: (
        said.sure(said.second),
        said.scored.classes,
    ),
    "All, wrong relations put right": lambda said: (
        said.sure(),
        np.where(said.scored.classes > 0, said.gold, 0),
    ),
    "All, missed relations put right": lambda said: (
        said.sure(),
        np.where(said.scored.classes > 0, said.scored.classes, said.gold),
    ),
    "All that are right": lambda said: (
        said.sure()[(said.scored.classes == said.gold)[said.sure()]],
        said.gold,
    ),
    "All, put right": lambda said: (said.sure(), said.gold),
    "Every pair": lambda said: (said.every(), said.scored.classes),
    "Every pair as PCNN says": lambda said: (said.every(), said.other.classes),
    "Every pair, put right": lambda said: (said.every(), said.gold),
}
