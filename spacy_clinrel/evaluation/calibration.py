"""Confidence that means something: temperature scaling, and how far confidence is from accuracy.

Guo et al. 2017, "On Calibration of Modern Neural Networks".
"""

from typing import NamedTuple

import numpy as np

from ..pipeline.temperature import TINY, temper

# Temperatures from 1/8 to 8 are tried: those who are always right on a few texts are not for ever.
POWERS = 3.0


def fit_temperature(p: np.ndarray, gold: np.ndarray) -> float:
    """The temperature under which the gold classes are most probable.

    p (ndarray): Probabilities of classes that exclude each other. Shape: (pairs, classes)
    gold (ndarray): Index of the gold class of each row. Shape: (pairs,)
    RETURNS (float): Found on a grid that is made finer twice; 1.0 if there are no rows.
    """
    if not len(p):
        return 1.0
    rows = np.arange(len(p))

    def loss(power: float) -> float:
        return float(-np.log(np.maximum(temper(p, 2.0**power)[rows, gold], TINY)).mean())

    centre, reach = 0.0, POWERS
    for _ in range(3):
        powers = np.clip(np.linspace(centre - reach, centre + reach, 21), -POWERS, POWERS)
        centre, reach = float(min(powers, key=loss)), reach / 10
    return float(2.0**centre)


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
