"""Whether scores mean what they say: reliability bins and the expected calibration error."""

from typing import NamedTuple

import numpy as np


class Reliability(NamedTuple):
    """Predictions in bins of equal width by their score.

    edges (ndarray): Bounds of the bins, from 0 to 1. A bin has its lower bound; the last one has
        1 as well. Shape: (bins + 1,)
    counts (ndarray): Predictions of each bin. Shape: (bins,)
    scores (ndarray): Mean score of each bin, nan where it is empty. Shape: (bins,)
    right (ndarray): Share of right predictions, nan where it is empty. Shape: (bins,)
    """

    edges: np.ndarray
    counts: np.ndarray
    scores: np.ndarray
    right: np.ndarray


def reliability(scores: np.ndarray, right: np.ndarray, bins: int = 10) -> Reliability:
    """Put predictions in bins by their score.

    scores (ndarray): From 0 to 1; what lies outside is taken for the nearer of both. Shape:
        (predictions,)
    right (ndarray): Whether each prediction is right, bool. Shape: (predictions,)
    bins (int): How many bins.
    RETURNS (Reliability): The bins.
    """
    scores = np.clip(np.asarray(scores, dtype="float64"), 0.0, 1.0)
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.clip(np.searchsorted(edges, scores, side="right") - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    sums = [np.bincount(place, weights, bins) for weights in (scores, np.asarray(right, float))]
    with np.errstate(invalid="ignore"):  # empty bins
        means = [of_bin / counts for of_bin in sums]
    return Reliability(edges, counts, *means)


def expected_calibration_error(table: Reliability) -> float:
    """How far scores and shares of right predictions are apart, on average over predictions.

    table (Reliability): The bins.
    RETURNS (float): Mean of |mean score − share right| over the bins, each weighted by its count;
        nan without predictions.
    """
    if not table.counts.sum():
        return float("nan")
    filled = table.counts > 0
    gaps = np.abs(table.scores[filled] - table.right[filled])
    return float(np.average(gaps, weights=table.counts[filled]))
