"""Reliability bins and the expected calibration error, beside a loop over predictions."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinrel.calibration import expected_calibration_error, reliability

PREDICTIONS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1)


def naive_error(predictions, bins):
    """The same, prediction by prediction."""
    members = [[] for _ in range(bins)]
    for score, right in predictions:
        members[next(b for b in reversed(range(bins)) if score >= b / bins and b < bins)].append(
            (score, right)
        )
    total = 0.0
    for some in filter(None, members):
        scores, rights = zip(*some)
        total += abs(sum(scores) - sum(rights))
    return total / len(predictions)


@given(PREDICTIONS)
def test_the_error(predictions):
    scores, right = zip(*predictions)
    table = reliability(np.asarray(scores), np.asarray(right), bins=4)
    assert table.counts.sum() == len(predictions)
    error = expected_calibration_error(table)
    assert error == pytest.approx(naive_error(predictions, 4), abs=1e-9)


def test_bins():
    """A score on a bound is in the upper bin, 1 in the last; empty bins have no figures."""
    table = reliability(np.asarray([0.5, 0.9, 1.0, 1.0]), np.asarray([1, 0, 1, 1]), bins=2)
    assert table.counts.tolist() == [0, 4] and math.isnan(table.right[0])
    assert table.right[1] == 0.75 and table.scores[1] == pytest.approx(0.85)
    assert expected_calibration_error(table) == pytest.approx(0.1)


def test_nothing_predicted():
    assert math.isnan(expected_calibration_error(reliability(np.zeros(0), np.zeros(0))))
