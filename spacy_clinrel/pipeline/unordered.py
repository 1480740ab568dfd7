"""Pairs that are scored once, whichever mention comes first: over no relation, each label from the
first mention to the second, and each label back."""

from typing import Any, Dict, NamedTuple

import numpy as np

from ..types import Candidates


class Folded(NamedTuple):
    """Ordered pairs, each put together with its opposite.

    candidates (Candidates): Each unordered pair once, the mention of the lower index first.
    rows (ndarray): Which of these each ordered pair is. Shape: (ordered pairs,)
    back (ndarray): 1 where an ordered pair runs from the second mention to the first. Shape:
        (ordered pairs,)
    """

    candidates: Candidates
    rows: np.ndarray
    back: np.ndarray


def fold(candidates: Candidates) -> Folded:
    """Put each ordered pair together with its opposite.

    candidates (Candidates): Ordered pairs.
    RETURNS (Folded): Unordered pairs, and where the ordered ones are among them.
    """
    owners = np.repeat(np.arange(len(candidates.pair_lengths)), candidates.pair_lengths)
    keys = np.concatenate([owners[:, None], np.sort(candidates.pairs, axis=1)], axis=1)
    unique, rows = np.unique(keys, axis=0, return_inverse=True)
    lengths = np.bincount(unique[:, 0], minlength=len(candidates.pair_lengths))
    folded = Candidates(
        candidates.mentions,
        candidates.mention_lengths,
        unique[:, 1:],
        lengths.astype("int64"),
        candidates.n_types,
    )
    back = (candidates.pairs[:, 0] > candidates.pairs[:, 1]).astype("int64")
    return Folded(folded, rows.ravel(), back)


def fold_gold(folded: Folded, gold: np.ndarray) -> np.ndarray:
    """Gold labels of unordered pairs.

    folded (Folded): What `fold` returned.
    gold (ndarray): Gold labels of the ordered pairs, bool. Shape: (ordered pairs, labels)
    RETURNS (ndarray): Labels forth, then back. Shape: (pairs, 2 · labels)
    """
    both = np.zeros((len(folded.candidates), 2, gold.shape[1]), dtype=bool)
    both[folded.rows, folded.back] = gold
    return both.reshape(len(both), 2 * gold.shape[1])


def unfold_scores(folded: Folded, p: np.ndarray) -> np.ndarray:
    """Scores of ordered pairs: an unordered pair has one label in one direction, its best.

    folded (Folded): What `fold` returned.
    p (ndarray): Probabilities of no relation, labels forth and labels back. Shape:
        (pairs, 1 + 2 · labels)
    RETURNS (ndarray): The best label's probability, 0 for the others. Shape:
        (ordered pairs, labels)
    """
    labels = p[:, 1:]
    best = np.zeros_like(labels)
    if labels.size:
        places = np.arange(len(labels)), labels.argmax(axis=1)
        best[places] = labels[places]
    both = best.reshape(len(labels), 2, labels.shape[1] // 2)
    return both[folded.rows, folded.back]


def both_directions(cfg: Dict[str, Any]) -> Dict[str, Any]:
    """Options under which `probabilities` takes scores of unordered pairs.

    cfg (Dict[str, Any]): The component's.
    RETURNS (Dict[str, Any]): With each label forth, then each back, one or none of them for a pair.
    """
    labels = [(label, way) for way in ("forth", "back") for label in cfg["labels"]]
    signatures = [
        (first, (label, way), second)
        for head, label, tail in cfg["signatures"]
        for way, first, second in (("forth", head, tail), ("back", tail, head))
    ]
    return {**cfg, "labels": labels, "signatures": signatures, "exclusive": True}
