"""Temperature scaling, on probabilities whose calibration is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinrel.calibration import (
    expected_calibration_error,
    fit_temperature,
    reliability,
    temper,
)


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@given(st.integers(0, 1000), st.floats(0.2, 6.0))
def test_it_divides_the_logits(seed, temperature):
    logits = np.random.default_rng(seed).normal(scale=3, size=(20, 4))
    tempered = temper(softmax(logits), temperature)
    assert np.allclose(tempered, softmax(logits / temperature), atol=1e-6)
    alone = temper(1 / (1 + np.exp(-logits)), temperature, exclusive=False)
    assert np.allclose(alone, 1 / (1 + np.exp(-logits / temperature)), atol=1e-6)


def test_it_stands_certainty_and_emptiness():
    p = np.asarray([[1.0, 0.0], [0.0, 1.0]])
    for exclusive in (True, False):
        assert np.array_equal(temper(p, 0.1, exclusive=exclusive).round(6), p)
        assert temper(p[:0], 2.0, exclusive=exclusive).shape == (0, 2)
    assert fit_temperature(p[:0], np.zeros(0, dtype="int64")) == 1.0


@pytest.mark.parametrize("wrong_by", [0.5, 1.0, 3.0])
def test_the_temperature_is_found(wrong_by):
    """Gold classes are drawn from the true probabilities; those given are sharper or flatter."""
    rng = np.random.default_rng(0)
    logits = rng.normal(scale=2, size=(20_000, 3))
    true = softmax(logits)
    gold = (true.cumsum(axis=1) < rng.random((len(true), 1))).sum(axis=1)
    p = softmax(logits * wrong_by)
    assert fit_temperature(p, gold) == pytest.approx(wrong_by, rel=0.05)
    before, after = (
        expected_calibration_error(reliability(q.max(axis=1), q.argmax(axis=1) == gold))
        for q in (p, temper(p, fit_temperature(p, gold)))
    )
    assert after < 0.015
    assert before > 0.05 or wrong_by == 1.0


def test_those_who_are_always_right_stay_within_bounds():
    p = np.full((10, 2), 0.4) + np.asarray([0.2, 0.0])
    assert fit_temperature(p, np.zeros(10, dtype="int64")) == 1 / 8
    assert fit_temperature(p, np.ones(10, dtype="int64")) == 8
