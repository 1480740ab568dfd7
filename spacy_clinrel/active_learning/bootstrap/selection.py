"""Selection of the reliable pairs, and of the pairs that are added to the training set."""

from typing import NamedTuple, Sequence

import numpy as np

from ...evaluation.pair_scores import ScoredPairs
from .settings import BootstrapOptions


class ClassCounts(NamedTuple):
    """Class distribution of the labelled set.

    counts (ndarray): Candidate pairs of each class, "no relation" first. Shape: (1 + labels,)
    """

    counts: np.ndarray

    @property
    def label_shares(self) -> np.ndarray:
        """Return the share of each label among the relations. Shape: (labels,)"""
        relations = self.counts[1:]
        return relations / max(relations.sum(), 1)

    @property
    def negatives_per_relation(self) -> float:
        """Return the number of "no relation" pairs per relation."""
        return float(self.counts[0] / max(self.counts[1:].sum(), 1))


def class_thresholds(scored: ScoredPairs, gold: np.ndarray, threshold: float) -> np.ndarray:
    """Find, for each class, the minimum confidence at which its precision on dev reaches the
    threshold. It is never below the threshold itself.

    Counts start at one correct and one wrong prediction (a symmetric Beta prior), so that a few
    correct predictions are not enough.

    scored (ScoredPairs): The pairs of dev.
    gold (ndarray): Their gold classes. Shape: (pairs,)
    threshold (float): The required precision.
    RETURNS (ndarray): Threshold of each class, "no relation" first; 2.0 for a class that never
        reaches the precision. Shape: (1 + labels,)
    """
    confidence, classes = scored.confidence, scored.classes
    thresholds = np.full(scored.p.shape[1], 2.0)
    for class_index in range(len(thresholds)):
        rows = np.flatnonzero((classes == class_index) & (confidence >= threshold))
        rows = rows[np.argsort(-confidence[rows], kind="stable")]
        correct = np.cumsum(gold[rows] == class_index)
        is_precise = (correct + 1) / (np.arange(len(rows)) + 3) >= threshold
        # A threshold cannot separate pairs of equal confidence.
        is_precise[:-1] &= confidence[rows[1:]] < confidence[rows[:-1]]
        if is_precise.any():
            last = np.flatnonzero(is_precise)[-1]
            # If the precision holds for all rows, the threshold need not be raised.
            is_all = last == len(rows) - 1
            thresholds[class_index] = threshold if is_all else confidence[rows[last]]
    return thresholds


def reliable_pairs(
    scored: ScoredPairs, thresholds: np.ndarray, models: Sequence[ScoredPairs] = ()
) -> np.ndarray:
    """Return the pairs whose confidence reaches the threshold of their class.

    scored (ScoredPairs): The pairs.
    thresholds (ndarray): Minimum confidence of each class. Shape: (1 + labels,)
    models (Sequence[ScoredPairs]): The same pairs, scored by models that must all give the same
        class with a confidence above the threshold.
    RETURNS (ndarray): Ascending indices of the pairs. Shape: (reliable,)
    """
    is_reliable = scored.confidence >= thresholds[scored.classes]
    for model_pairs in models:
        is_reliable &= model_pairs.classes == scored.classes
        is_reliable &= model_pairs.confidence >= thresholds[scored.classes]
    return np.flatnonzero(is_reliable)


def choose_pairs(
    scored: ScoredPairs,
    reliable: np.ndarray,
    labelled: ClassCounts,
    options: BootstrapOptions,
    seed: Sequence[int],
) -> np.ndarray:
    """Choose the reliable pairs that are added to the training set in this round.

    Relations are taken document by document, in random order, until the batch is full. "No
    relation" pairs are added in the labelled set's ratio, first from the same documents. Taking
    the most confident relations instead would favour the classes and wordings that the model
    knows best, and give only a few pairs from each of many documents.

    scored (ScoredPairs): All scored pairs.
    reliable (ndarray): Indices of the reliable pairs. Shape: (reliable,)
    labelled (ClassCounts): Class distribution of the labelled set.
    options (BootstrapOptions): The batch size, and whether the label shares are kept.
    seed (Sequence[int]): Seed of the random order.
    RETURNS (ndarray): Ascending indices of the chosen pairs; empty if no reliable pair is a
        relation. Shape: (chosen,)
    """
    rng = np.random.default_rng(seed)
    doc_order = rng.permutation(scored.docs.max(initial=0) + 1)[scored.docs]
    classes = scored.classes[reliable]
    relations = reliable[classes > 0]
    relations = relations[np.argsort(doc_order[relations], kind="stable")]
    if options.guards.balance:
        limits = np.ceil(labelled.label_shares * options.batch).astype("int64")
        labels = scored.classes[relations] - 1
        relations = relations[_rank_within_label(labels, len(limits)) < limits[labels]]
    relations = relations[: options.batch]
    negatives = rng.permutation(reliable[classes == 0])
    is_elsewhere = ~np.isin(scored.docs[negatives], scored.docs[relations])
    negatives = negatives[np.argsort(is_elsewhere, kind="stable")]
    negatives = negatives[: round(labelled.negatives_per_relation * len(relations))]
    return np.sort(np.concatenate([relations, negatives]))


def _rank_within_label(labels: np.ndarray, n_labels: int) -> np.ndarray:
    """Count, for each row, the preceding rows with the same label. Shape: (rows,)"""
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], np.arange(n_labels))
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order)) - starts[labels[order]]
    return rank
