"""Temperature scaling and the expected calibration error.

Guo et al. 2017, "On Calibration of Modern Neural Networks".
"""

from typing import Any, Dict, NamedTuple, Optional

import numpy as np

from ..pipeline.temperature import MIN_PROBABILITY, temper

# Temperatures are searched between 2 ** -3 and 2 ** 3. Documents without errors would push an
# unbounded temperature to zero.
MAX_POWER = 3.0
# Number of bins of the expected calibration error.
ERROR_BINS = 15

CalibrationErrors = Dict[str, Optional[float]]


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


def describe_confidence(scores: np.ndarray, right: np.ndarray) -> Optional[Dict[str, Any]]:
    """Compare the scores of predictions with the share of correct predictions.

    scores (ndarray): The scores. Shape: (predictions,)
    right (ndarray): Whether each prediction is correct, bool. Shape: (predictions,)
    RETURNS (Optional[Dict[str, Any]]): Number of "predictions", "mean_score", share that is
        "right", and "expected_calibration_error" over 10 bins; None if there are no predictions.
    """
    if not len(scores):
        return None
    return {
        "predictions": len(scores),
        "mean_score": float(np.mean(scores)),
        "right": float(np.mean(right)),
        "expected_calibration_error": expected_calibration_error(reliability(scores, right)),
    }


def calibration_errors(
    p: np.ndarray, gold: np.ndarray, temperature: float, name: str
) -> CalibrationErrors:
    """Measure the calibration error with and without a temperature.

    p (ndarray): Probabilities of mutually exclusive classes at temperature 1. Class 0 is the
        negative class. Shape: (rows, classes)
    gold (ndarray): Index of the gold class of each row. Shape: (rows,)
    temperature (float): The temperature.
    name (str): What the classes other than 0 are, e.g. "relations".
    RETURNS (Dict[str, Optional[float]]): Expected calibration error of the best class over all rows
        ("all") and over rows whose best class is not 0 (the name); with the temperature, the same
        with "_calibrated" at the end. None if there are no such rows.
    """
    errors: CalibrationErrors = {}
    for suffix, tempered in (("", p), ("_calibrated", temper(p, temperature))):
        classes, confidence = tempered.argmax(axis=1), tempered.max(axis=1)
        is_correct = classes == gold
        for key, rows in (("all", classes >= 0), (name, classes > 0)):
            table = reliability(confidence[rows], is_correct[rows], bins=ERROR_BINS)
            errors[key + suffix] = expected_calibration_error(table) if rows.any() else None
    return errors


def binary_classes(scores: np.ndarray) -> np.ndarray:
    """Return probabilities of independent labels as those of two exclusive classes.

    scores (ndarray): Probability of each label. Shape: (labels,)
    RETURNS (ndarray): Probability that the label does not hold, and that it does. Shape:
        (labels, 2)
    """
    return np.stack([1.0 - scores, scores], axis=1)
