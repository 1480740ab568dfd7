"""Which pairs are reliable enough to be learned from."""

from typing import NamedTuple, Sequence

import numpy as np

from ..pairs import ScoredPairs
from .options import Options


class Labelled(NamedTuple):
    """What the labelled set looks like.

    counts (ndarray): Candidate pairs of each class, no relation first. Shape: (1 + labels,)
    """

    counts: np.ndarray

    @property
    def shares(self) -> np.ndarray:
        """RETURNS (ndarray): Share of each label among the relations. Shape: (labels,)"""
        relations = self.counts[1:]
        return relations / max(relations.sum(), 1)

    @property
    def negatives(self) -> float:
        """RETURNS (float): Pairs without a relation for each relation."""
        return float(self.counts[0] / max(self.counts[1:].sum(), 1))


def class_thresholds(scored: ScoredPairs, gold: np.ndarray, threshold: float) -> np.ndarray:
    """The lowest confidence, not below the threshold, from which predictions of a class on dev are
    right as often as the threshold says.

    Counts start from one right and one wrong prediction (Laplace), so that few of them prove
    nothing.

    scored (ScoredPairs): Dev's pairs.
    gold (ndarray): Their gold classes. Shape: (pairs,)
    threshold (float): Wanted precision.
    RETURNS (ndarray): For each class, no relation first; above 1 where its precision never
        suffices. Shape: (1 + labels,)
    """
    confidence, classes = scored.confidence, scored.classes
    found = np.full(scored.p.shape[1], 2.0)
    for kind in range(len(found)):
        rows = np.flatnonzero((classes == kind) & (confidence >= threshold))
        rows = rows[np.argsort(-confidence[rows], kind="stable")]
        right = np.cumsum(gold[rows] == kind)
        precise = (right + 1) / (np.arange(len(rows)) + 3) >= threshold
        # Predictions of the same confidence are all in or all out.
        precise[:-1] &= confidence[rows[1:]] < confidence[rows[:-1]]
        if precise.any():
            last = np.flatnonzero(precise)[-1]
            # Where all are precise enough, nothing speaks against the threshold itself.
            found[kind] = threshold if last == len(rows) - 1 else confidence[rows[last]]
    return found


def reliable_pairs(
    scored: ScoredPairs, thresholds: np.ndarray, models: Sequence[ScoredPairs] = ()
) -> np.ndarray:
    """The pairs whose class is sure.

    scored (ScoredPairs): The pairs.
    thresholds (ndarray): Lowest confidence of each class. Shape: (1 + labels,)
    models (Sequence[ScoredPairs]): The same pairs as each of some models sees them; all must say
        the same and be as sure.
    RETURNS (ndarray): Ascending indices.
    """
    sure = scored.confidence >= thresholds[scored.classes]
    for one in models:
        sure &= one.classes == scored.classes
        sure &= one.confidence >= thresholds[scored.classes]
    return np.flatnonzero(sure)


def choose(
    scored: ScoredPairs,
    reliable: np.ndarray,
    labelled: Labelled,
    options: Options,
    seed: Sequence[int],
) -> np.ndarray:
    """Of the reliable pairs those that join the labelled set now: the relations of documents taken
    by chance, one after the other until there are enough, and pairs without a relation, of these
    documents as long as they have some, in the labelled set's proportion.

    The surest relations first would be all of the classes and wordings that the model knows
    best, and a few from each of many documents.

    scored (ScoredPairs): The pairs.
    reliable (ndarray): Indices of the reliable ones.
    labelled (Labelled): The labelled set.
    options (Options): Size of the batch, and whether classes keep their shares.
    seed (Sequence[int]): Of the chance.
    RETURNS (ndarray): Ascending indices; none if no relation is among the reliable pairs.
    """
    rng = np.random.default_rng(seed)
    turn = rng.permutation(scored.docs.max(initial=0) + 1)[scored.docs]
    classes = scored.classes[reliable]
    relations = reliable[classes > 0]
    relations = relations[np.argsort(turn[relations], kind="stable")]
    if options.guards.balance:
        most = np.ceil(labelled.shares * options.batch).astype("int64")
        kinds = scored.classes[relations] - 1
        order = np.argsort(kinds, kind="stable")
        starts = np.searchsorted(kinds[order], np.arange(len(most)))
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order)) - starts[kinds[order]]
        relations = relations[rank < most[kinds]]
    relations = relations[: options.batch]
    none = rng.permutation(reliable[classes == 0])
    elsewhere = ~np.isin(scored.docs[none], scored.docs[relations])
    none = none[np.argsort(elsewhere, kind="stable")]
    none = none[: round(labelled.negatives * len(relations))]
    return np.sort(np.concatenate([relations, none]))
