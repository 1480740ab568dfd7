"""Temperature scaling and the expected calibration error.

Guo et al. 2017, "On Calibration of Modern Neural Networks".
"""

from typing import NamedTuple

import numpy as np

from ..pipeline.temperature import MIN_PROBABILITY, temper

# Temperatures are searched between 2 ** -3 and 2 ** 3. Documents without errors would push an
# unbounded temperature to zero.
MAX_POWER = 3.0


def fit_temperature(p: np.ndarray, gold: np.ndarray) -> float:
    """Find the temperature that maximizes the likelihood of the gold classes.

    p (ndarray): Probabilities of mutually exclusive classes. Shape: (pairs, classes)
    gold (ndarray): Index of the gold class of each row. Shape: (pairs,)
    RETURNS (float): The best temperature of a grid that is refined twice; 1.0 if there are no rows.
    """
    if not len(p):
        return 1.0
    rows = np.arange(len(p))

    def loss(power: float) -> float:
        return float(-np.log(np.maximum(temper(p, 2.0**power)[rows, gold], MIN_PROBABILITY)).mean())

    centre, width = 0.0, MAX_POWER
    for _ in range(3):
        powers = np.linspace(centre - width, centre + width, 21).clip(-MAX_POWER, MAX_POWER)
        centre, width = float(min(powers, key=loss)), width / 10
    return float(2.0**centre)


class Reliability(NamedTuple):
    """Predictions in bins of equal width by score.

    edges (ndarray): Bounds of the bins, from 0 to 1. A bin includes its lower bound. The last bin
        includes 1 as well. Shape: (bins + 1,)
    counts (ndarray): Number of predictions per bin. Shape: (bins,)
    scores (ndarray): Mean score per bin, NaN if the bin is empty. Shape: (bins,)
    right (ndarray): Share of correct predictions per bin, NaN if the bin is empty. Shape: (bins,)
    """

    edges: np.ndarray
    counts: np.ndarray
    scores: np.ndarray
    right: np.ndarray


def reliability(scores: np.ndarray, right: np.ndarray, bins: int = 10) -> Reliability:
    """Sort predictions into bins by score.

    scores (ndarray): The scores, clipped to the range from 0 to 1. Shape: (predictions,)
    right (ndarray): Whether each prediction is correct, bool. Shape: (predictions,)
    bins (int): Number of bins.
    RETURNS (Reliability): The bins.
    """
    scores = np.clip(np.asarray(scores, dtype="float64"), 0.0, 1.0)
    edges = np.linspace(0.0, 1.0, bins + 1)
    bin_ids = np.clip(np.searchsorted(edges, scores, side="right") - 1, 0, bins - 1)
    counts = np.bincount(bin_ids, minlength=bins)
    sums = [np.bincount(bin_ids, weights, bins) for weights in (scores, np.asarray(right, float))]
    with np.errstate(invalid="ignore"):  # empty bins
        means = [bin_sums / counts for bin_sums in sums]
    return Reliability(edges, counts, *means)


def expected_calibration_error(table: Reliability) -> float:
    """Compute the mean distance between scores and shares of correct predictions.

    table (Reliability): The bins.
    RETURNS (float): Mean of |mean score − share of right predictions| over the bins, weighted by
        their counts; NaN if there are no predictions.
    """
    if not table.counts.sum():
        return float("nan")
    is_filled = table.counts > 0
    gaps = np.abs(table.scores[is_filled] - table.right[is_filled])
    return float(np.average(gaps, weights=table.counts[is_filled]))
