"""Uncertainty of candidate pairs and of documents.

The uncertainty of a pair, from its probabilities p of C classes, is between 0 and 1:

* margin: 1 - (p1 - p2), where p1 and p2 are the two highest probabilities;
* entropy: -sum(p log p) / log C;
* least-confidence: (1 - p1) * C / (C - 1).

The uncertainty of a document with n pairs is the mean of its min(k, n) most uncertain pairs. Unlike
a sum over all pairs, it does not grow with the document's length.
"""

from typing import Callable, Dict, NamedTuple

import numpy as np

from ...evaluation.pair_scores import ScoredPairs

TINY = 1e-12


def margin(p: np.ndarray) -> np.ndarray:
    """Return 1 minus the difference between the two highest probabilities of each pair.

    p (ndarray): Class probabilities. Shape: (pairs, classes)
    RETURNS (ndarray): Uncertainty of each pair. Shape: (pairs,)
    """
    second, best = np.partition(p, (-2, -1), axis=1)[:, -2:].T
    return 1.0 - (best - second)


def entropy(p: np.ndarray) -> np.ndarray:
    """Return the entropy of each pair's probabilities, divided by that of a uniform distribution.

    p (ndarray): Class probabilities. Shape: (pairs, classes)
    RETURNS (ndarray): Uncertainty of each pair. Shape: (pairs,)
    """
    return -(p * np.log(np.maximum(p, TINY))).sum(axis=1) / np.log(p.shape[1])


def least_confidence(p: np.ndarray) -> np.ndarray:
    """Return the probability of all classes but the best, divided by its maximum.

    p (ndarray): Class probabilities. Shape: (pairs, classes)
    RETURNS (ndarray): Uncertainty of each pair. Shape: (pairs,)
    """
    n_classes = p.shape[1]
    return (1.0 - p.max(axis=1, initial=0.0)) * n_classes / (n_classes - 1)


STRATEGIES: Dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "margin": margin,
    "entropy": entropy,
    "least-confidence": least_confidence,
}


def least_certain_label(scored: ScoredPairs) -> ScoredPairs:
    """Reduce the probabilities of labels that are not exclusive to those of two classes: the label
    whose probability is closest to 0.5, and "no relation".

    scored (ScoredPairs): The pairs.
    RETURNS (ScoredPairs): The pairs with probabilities that sum to 1. Other labels get 0.
    """
    if not len(scored.p):
        return scored
    rows = np.arange(len(scored.p))
    label = 1 + np.abs(scored.p[:, 1:] - 0.5).argmin(axis=1)
    p = np.zeros_like(scored.p)
    p[rows, label] = scored.p[rows, label]
    p[:, 0] = 1.0 - p[rows, label]
    return scored._replace(p=p)


class DocumentUncertainty(NamedTuple):
    """Uncertainty of documents.

    scores (ndarray): Uncertainty of each document, 0 for a document without pairs. Shape: (docs,)
    most_uncertain (ndarray): Row of each document's most uncertain pair, -1 for a document without
        pairs. Shape: (docs,)
    n_pairs (ndarray): Number of each document's pairs. Shape: (docs,)
    """

    scores: np.ndarray
    most_uncertain: np.ndarray
    n_pairs: np.ndarray


def score_documents(
    uncertainty: np.ndarray, docs: np.ndarray, n_docs: int, top_pairs: int
) -> DocumentUncertainty:
    """Compute the uncertainty of documents from that of their pairs.

    uncertainty (ndarray): Uncertainty of each pair. Shape: (pairs,)
    docs (ndarray): Index of each pair's document. Shape: (pairs,)
    n_docs (int): The number of documents.
    top_pairs (int): Maximum number of pairs per document whose uncertainty is averaged, most
        uncertain first.
    RETURNS (DocumentUncertainty): The documents' uncertainty.
    """
    order = np.lexsort((-uncertainty, docs))
    owners = docs[order]
    rank = np.arange(len(order)) - np.searchsorted(owners, owners)
    is_counted = rank < top_pairs
    sums = np.bincount(owners[is_counted], uncertainty[order[is_counted]], minlength=n_docs)
    counts = np.bincount(owners[is_counted], minlength=n_docs)
    most_uncertain = np.full(n_docs, -1)
    most_uncertain[owners[rank == 0]] = order[rank == 0]
    n_pairs = np.bincount(docs, minlength=n_docs)
    return DocumentUncertainty(sums / np.maximum(counts, 1), most_uncertain, n_pairs)
