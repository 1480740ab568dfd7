"""Temperature scaling; the expected calibration error, compared with a loop over predictions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinrel.evaluation.calibration import (
    describe_confidence,
    expected_calibration_error,
    fit_temperature,
    reliability,
    temper,
)
from spacy_clinrel.evaluation.threshold import best_threshold


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@given(st.integers(0, 1000), st.floats(0.2, 6.0))
def test_temper_divides_the_logits(seed, temperature):
    logits = np.random.default_rng(seed).normal(scale=3, size=(20, 4))
    tempered = temper(softmax(logits), temperature)
    assert np.allclose(tempered, softmax(logits / temperature), atol=1e-6)
    sigmoid = temper(1 / (1 + np.exp(-logits)), temperature, exclusive=False)
    assert np.allclose(sigmoid, 1 / (1 + np.exp(-logits / temperature)), atol=1e-6)


def test_temper_accepts_certain_and_empty_rows():
    p = np.asarray([[1.0, 0.0], [0.0, 1.0]])
    for exclusive in (True, False):
        assert np.array_equal(temper(p, 0.1, exclusive=exclusive).round(6), p)
        assert temper(p[:0], 2.0, exclusive=exclusive).shape == (0, 2)
    assert fit_temperature(p[:0], np.zeros(0, dtype="int64")) == 1.0


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_fit_temperature_recovers_a_known_temperature(factor):
    """Gold classes are drawn from the true probabilities. The predicted probabilities are sharper
    or flatter."""
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=2, size=(20_000, 3))
    true = softmax(logits)
    gold = (true.cumsum(axis=1) < rng.random((len(true), 1))).sum(axis=1)
    p = softmax(logits * factor)
    assert fit_temperature(p, gold) == pytest.approx(factor, rel=0.05)
    before, after = (
        expected_calibration_error(reliability(q.max(axis=1), q.argmax(axis=1) == gold))
        for q in (p, temper(p, fit_temperature(p, gold)))
    )
    assert after < 0.015
    assert before > 0.05 or factor == 1.0


def test_fit_temperature_is_bounded_without_errors():
    p = np.full((10, 2), 0.4) + np.asarray([0.2, 0.0])
    assert fit_temperature(p, np.zeros(10, dtype="int64")) == 1 / 8
    assert fit_temperature(p, np.ones(10, dtype="int64")) == 8


PREDICTIONS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1)


def naive_error(predictions, bins):
    """Compute the expected calibration error in a loop over predictions."""
    members = [[] for _ in range(bins)]
    for score, right in predictions:
        members[next(b for b in reversed(range(bins)) if score >= b / bins and b < bins)].append(
            (score, right)
        )
    total = 0.0
    for predictions_of_bin in filter(None, members):
        scores, rights = zip(*predictions_of_bin)
        total += abs(sum(scores) - sum(rights))
    return total / len(predictions)


@given(PREDICTIONS)
def test_expected_calibration_error_equals_a_loop(predictions):
    scores, right = zip(*predictions)
    table = reliability(np.asarray(scores), np.asarray(right), bins=4)
    assert table.counts.sum() == len(predictions)
    error = expected_calibration_error(table)
    assert error == pytest.approx(naive_error(predictions, 4), abs=1e-9)


def test_reliability_bins():
    """A score on a boundary belongs to the upper bin, and a score of 1 to the last bin. Empty bins
    are NaN."""
    table = reliability(np.asarray([0.5, 0.9, 1.0, 1.0]), np.asarray([1, 0, 1, 1]), bins=2)
    assert table.counts.tolist() == [0, 4] and math.isnan(table.right[0])
    assert table.right[1] == 0.75 and table.scores[1] == pytest.approx(0.85)
    assert expected_calibration_error(table) == pytest.approx(0.1)


def test_calibration_error_of_no_predictions_is_nan():
    assert math.isnan(expected_calibration_error(reliability(np.zeros(0), np.zeros(0))))


def test_confidence_compares_scores_with_correct_predictions():
    figures = describe_confidence(np.asarray([0.9, 0.7]), np.asarray([True, False]))
    assert figures.pop("expected_calibration_error") == pytest.approx(0.4)
    assert figures == {"predictions": 2, "mean_score": pytest.approx(0.8), "right": 0.5}
    assert describe_confidence(np.zeros(0), np.zeros(0, dtype=bool)) is None


def test_best_threshold_is_closest_to_the_default():
    scores, right = np.asarray([0.9, 0.8, 0.35, 0.2]), np.asarray([True, True, True, False])
    before = np.asarray([0.9, 0.4, 0.4, 0.6])  # with the previous temperature
    fitted = best_threshold(scores, before, right, n_gold=4, previous=0.5)
    # Every threshold from 0.21 to 0.35 predicts the three correct relations.
    assert fitted == (0.35, pytest.approx(6 / 7), 0.5, pytest.approx(2 / 6))
    none = best_threshold(scores[:0], scores[:0], right[:0], n_gold=0, previous=0.6)
    assert none == (0.5, 0.0, 0.6, 0.0)
