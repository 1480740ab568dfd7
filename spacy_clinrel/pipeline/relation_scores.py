"""Arithmetic of components that find relations: probabilities of labels, and the loss. NumPy
alone."""

from typing import Any, Dict, Optional, Tuple

import numpy as np

from ..types import Candidates

# Stands for the score of a label that the types of a pair do not allow.
IMPOSSIBLE = -1e4


def allowed_labels(cfg: Dict[str, Any]) -> Optional[np.ndarray]:
    """Which labels the types of head and tail allow.

    cfg (Dict[str, Any]): The component's "typed", "types", "labels" and "signatures".
    RETURNS (Optional[ndarray]): Bool; None where all are allowed. Shape:
        (types + 1, types + 1, labels)
    """
    if not cfg["typed"]:
        return None
    types = {label: i + 1 for i, label in enumerate(cfg["types"])}
    labels = {label: i for i, label in enumerate(cfg["labels"])}
    allowed = np.zeros((len(types) + 1, len(types) + 1, len(labels)), dtype=bool)
    for head, label, tail in cfg["signatures"]:
        allowed[types[head], types[tail], labels[label]] = True
    return allowed


def without_impossible(
    logits: np.ndarray, candidates: Candidates, cfg: Dict[str, Any]
) -> np.ndarray:
    """Scores in which the labels that the types of a pair do not allow have none of worth.

    logits (ndarray): The model's scores. Shape: (pairs, nO)
    candidates (Candidates): The pairs.
    cfg (Dict[str, Any]): What `allowed_labels` needs.
    RETURNS (ndarray): A copy, where there is anything to change. Shape: (pairs, nO)
    """
    allowed = allowed_labels(cfg)
    if allowed is None:
        return logits
    head, tail = candidates.mentions[candidates.batch_pairs(), 2].T
    logits = logits.copy()
    first = logits.shape[1] - allowed.shape[2]
    logits[:, first:][~allowed[head, tail]] = IMPOSSIBLE
    return logits


def probabilities(logits: np.ndarray, candidates: Candidates, cfg: Dict[str, Any]) -> np.ndarray:
    """Softmax with no-relation in the first column, or sigmoids, over the labels that the types
    allow.

    logits (ndarray): The model's scores. Shape: (pairs, nO)
    candidates (Candidates): The pairs.
    cfg (Dict[str, Any]): The component's "exclusive" and what `allowed_labels` needs.
    RETURNS (ndarray): Shape: (pairs, nO)
    """
    logits = without_impossible(logits, candidates, cfg)
    if not cfg["exclusive"]:
        return 0.5 * (1.0 + np.tanh(0.5 * logits))  # a sigmoid that can't overflow
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True, initial=IMPOSSIBLE))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def cross_entropy(p: np.ndarray, gold: np.ndarray, exclusive: bool) -> Tuple[float, np.ndarray]:
    """Cross-entropy of the gold labels, summed over pairs, and its gradient.

    p (ndarray): Probabilities. Shape: (pairs, nO)
    gold (ndarray): Gold labels, bool. Shape: (pairs, labels)
    exclusive (bool): Whether p is a softmax with no-relation, or sigmoids. A pair with several
        gold labels shares the weight of one among them under a softmax.
    RETURNS (Tuple[float, ndarray]): Loss, and gradient with respect to the logits. Shape:
        (pairs, nO)
    """
    if exclusive:
        none = gold.sum(axis=1, keepdims=True) == 0
        target = np.concatenate([none, gold], axis=1).astype("float32")
        target /= target.sum(axis=1, keepdims=True)
        loss = -(target * np.log(np.maximum(p, 1e-9))).sum()
    else:
        target = gold.astype("float32")
        loss = -np.log(np.maximum(np.where(target > 0, p, 1.0 - p), 1e-9)).sum()
    return float(loss), p - target
