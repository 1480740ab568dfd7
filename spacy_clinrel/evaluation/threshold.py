"""Choice of the threshold of a `relation_classifier`, by the F1 of its relations."""

from typing import NamedTuple, Tuple

import numpy as np

# The thresholds that are compared.
GRID = np.arange(5, 96) / 100.0
DEFAULT = 0.5


class FittedThreshold(NamedTuple):
    """The best threshold of a grid, and the micro F1 of the relations.

    threshold (float): The threshold.
    f (float): Micro F1 with this threshold, from 0 to 1.
    previous (float): The threshold before.
    previous_f (float): Micro F1 before: with the previous threshold and the previous temperature.
    """

    threshold: float
    f: float
    previous: float
    previous_f: float


def best_threshold(
    scores: np.ndarray,
    previous_scores: np.ndarray,
    right: np.ndarray,
    n_gold: int,
    previous: float,
) -> FittedThreshold:
    """Find the threshold with the highest micro F1.

    scores (ndarray): Scores of the relations that may be predicted. Shape: (relations,)
    previous_scores (ndarray): Their scores with the previous temperature. Shape: (relations,)
    right (ndarray): Whether each relation is correct, bool. Shape: (relations,)
    n_gold (int): Number of gold relations, including those that are not among the candidates.
    previous (float): The threshold before.
    RETURNS (FittedThreshold): The best threshold of 0.05, 0.06 ... 0.95. If several are equally
        good, the one that is closest to 0.5.
    """

    def micro_f(values: np.ndarray, threshold: float) -> float:
        is_predicted = values >= threshold
        total = int(is_predicted.sum()) + n_gold
        return 2.0 * int((is_predicted & right).sum()) / total if total else 0.0

    def rank(threshold: float) -> Tuple[float, float]:
        return -micro_f(scores, threshold), abs(threshold - DEFAULT)

    best = min(GRID.tolist(), key=rank)
    previous_f = micro_f(previous_scores, previous)
    return FittedThreshold(best, micro_f(scores, best), previous, previous_f)
