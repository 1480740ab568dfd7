"""Geometry of the report's plots."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinrel.evaluation.error_report.plots import (
    MAX_COLUMNS,
    MAX_TICKS,
    axis_ticks,
    plot_budget,
    plot_scores,
    short_name,
)
from spacy_clinrel.evaluation.error_report.texts import get_texts


@given(st.floats(1e-3, 1e4))
def test_axis_ticks_cover_the_axis(high):
    ticks = axis_ticks(high)
    assert ticks[0] == 0 and ticks[-1] <= high and 2 <= len(ticks) <= MAX_TICKS
    assert high - ticks[-1] <= ticks[1] * (1 + 1e-9)


@pytest.mark.parametrize(
    "name, short",
    [("a  b\nc", "a b c"), ("头痛" * 10, "头痛" * 6 + "…"), ("x" * MAX_COLUMNS, "x" * MAX_COLUMNS)],
)
def test_short_name(name, short):
    assert short_name(name) == short


def test_plot_scores_maps_percent_to_coordinates():
    rows = [
        {"name": "p", "f": 0.5, "intervals": {"f": [0.25, 1.0]}},
        {"name": "q", "f": 1.0, "intervals": {"f": None}},
    ]
    plot = plot_scores(rows, "label", get_texts("en"))
    assert plot.rows == [(50.0, [25.0, 100.0]), (100.0, None)]
    assert plot.x.start < plot.x(0) < plot.x(50) < plot.x(100) < plot.x.end <= plot.width
    assert plot.y(0) < plot.y(1) < plot.bottom < plot.height
    assert plot.label == "Plot of F by label, in percent: p 50.0, q 100.0"


def test_plot_budget_without_errors():
    plot = plot_budget([("Wrong label", 0.0, 0.0)], get_texts("en"))
    assert plot.x(0) == plot.x.start and plot.ticks[-1] <= 0.1
