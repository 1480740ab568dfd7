"""How uncertain a model is of pairs of mentions and of documents.

The uncertainty of a pair, from its class probabilities p over C classes, is from 0 to 1:

* margin: 1 - (p1 - p2), with p1 and p2 those of the two best classes;
* entropy: -sum(p log p) / log C;
* least-confidence: (1 - p1) * C / (C - 1).

That of a document with n pairs is the mean of its min(k, n) most uncertain ones, so that it does
not grow with the document's length as a sum would.
"""

from typing import Callable, Dict, NamedTuple

import numpy as np

from ..pairs import ScoredPairs

TINY = 1e-12


def margin(p: np.ndarray) -> np.ndarray:
    """p (ndarray): Class probabilities. Shape: (pairs, classes)
    RETURNS (ndarray): How close the two best classes are. Shape: (pairs,)
    """
    second, best = np.partition(p, (-2, -1), axis=1)[:, -2:].T
    return 1.0 - (best - second)


def entropy(p: np.ndarray) -> np.ndarray:
    """p (ndarray): Class probabilities. Shape: (pairs, classes)
    RETURNS (ndarray): Their entropy, as a share of the highest possible. Shape: (pairs,)
    """
    return -(p * np.log(np.maximum(p, TINY))).sum(axis=1) / np.log(p.shape[1])


def least_confidence(p: np.ndarray) -> np.ndarray:
    """p (ndarray): Class probabilities. Shape: (pairs, classes)
    RETURNS (ndarray): What the best class leaves to others, as a share of the most that it can.
        Shape: (pairs,)
    """
    classes = p.shape[1]
    return (1.0 - p.max(axis=1, initial=0.0)) * classes / (classes - 1)


STRATEGIES: Dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "margin": margin,
    "entropy": entropy,
    "least-confidence": least_confidence,
}


def one_class(scored: ScoredPairs, exclusive: bool) -> ScoredPairs:
    """Pairs whose classes exclude each other.

    scored (ScoredPairs): Candidate pairs.
    exclusive (bool): Whether they do so already.
    RETURNS (ScoredPairs): Where labels stand alone, each pair's least certain label against its
        absence.
    """
    if exclusive or not len(scored.p):
        return scored
    rows = np.arange(len(scored.p))
    label = 1 + np.abs(scored.p[:, 1:] - 0.5).argmin(axis=1)
    p = np.zeros_like(scored.p)
    p[rows, label] = scored.p[rows, label]
    p[:, 0] = 1.0 - p[rows, label]
    return scored._replace(p=p)


class Uncertain(NamedTuple):
    """Documents by how uncertain their pairs are.

    scores (ndarray): Uncertainty of each document, 0 without pairs. Shape: (docs,)
    first (ndarray): Its most uncertain pair, as a row of the scored pairs; -1 without pairs.
        Shape: (docs,)
    pairs (ndarray): Number of its pairs. Shape: (docs,)
    """

    scores: np.ndarray
    first: np.ndarray
    pairs: np.ndarray


def of_documents(uncertainty: np.ndarray, docs: np.ndarray, n_docs: int, top: int) -> Uncertain:
    """How uncertain documents are.

    uncertainty (ndarray): That of each pair. Shape: (pairs,)
    docs (ndarray): Index of each pair's document. Shape: (pairs,)
    n_docs (int): The number of documents.
    top (int): How many of a document's pairs count, the most uncertain ones.
    RETURNS (Uncertain): The documents.
    """
    order = np.lexsort((-uncertainty, docs))
    owners = docs[order]
    rank = np.arange(len(order)) - np.searchsorted(owners, owners)
    counted = rank < top
    sums = np.bincount(owners[counted], uncertainty[order[counted]], minlength=n_docs)
    counts = np.bincount(owners[counted], minlength=n_docs)
    first = np.full(n_docs, -1)
    first[owners[rank == 0]] = order[rank == 0]
    return Uncertain(sums / np.maximum(counts, 1), first, np.bincount(docs, minlength=n_docs))
