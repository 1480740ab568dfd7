"""Scores with bootstrap intervals, compared with a loop over samples and documents; distances."""

import numpy as np
import pytest

from spacy_clinrel.evaluation.error_report import intervals
from spacy_clinrel.evaluation.error_report.groups import (
    DISTANCE_BOUNDS,
    bin_indices,
    bin_names,
    measure_distances,
)
from spacy_clinrel.evaluation.error_report.intervals import (
    Counts,
    resample,
    score_groups,
    summarize_scores,
)
from spacy_clinrel.evaluation.scorers import RelationKey
from spacy_clinrel.tokens import Sentences

# Four documents and two labels. Only one document has the second label.
TABLE = np.asarray(
    [[[5, 4, 3], [0, 0, 0]], [[2, 3, 2], [1, 1, 1]], [[0, 1, 0], [0, 0, 0]], [[4, 4, 4], [0, 0, 0]]]
)


@pytest.mark.parametrize("block", [4, 10, 2**22])
def test_resample_equals_a_loop(block, monkeypatch):
    """Samples are sums of documents drawn with replacement, for any block size."""
    monkeypatch.setattr(intervals, "BLOCK", block)
    sums = resample(TABLE, 50, seed=3)
    generator = np.random.default_rng(3)
    naive = []
    for _ in range(50):
        naive.append(sum(TABLE[int(i)] for i in generator.integers(len(TABLE), size=len(TABLE))))
    assert np.array_equal(sums, np.asarray(naive))
    assert not np.array_equal(sums, resample(TABLE, 50, seed=4))


def test_score_groups():
    (first, second), _ = score_groups(Counts(["p", "q"], TABLE), 2000, 0)
    assert (first["gold"], first["predicted"], first["right"], first["docs"]) == (11, 12, 9, 4)
    assert first["p"] == 9 / 12 and first["r"] == 9 / 11 and first["f"] == pytest.approx(18 / 23)
    low, high = first["intervals"]["f"]
    assert 0 <= low < first["f"] < high <= 1
    assert second["f"] == 1 and second["intervals"]["f"] is None


def test_interval_of_two_documents():
    """One document is correct and the other wrong: F is 0, 1/2 or 1 in 1/4, 1/2 and 1/4 of the
    samples."""
    table = np.asarray([[[1, 1, 1]], [[1, 1, 0]]])
    (row,), drawn = score_groups(Counts(["p"], table), 1000, 0)
    assert set(drawn[:, 0, 2].tolist()) == {0.0, 0.5, 1.0}
    assert abs((drawn[:, 0, 2] == 0.5).mean() - 0.5) < 0.06
    assert row["f"] == 0.5 and row["intervals"]["f"] == [0.0, 1.0]


def test_intervals_without_predictions():
    """Precision is undefined and has no interval. Recall and F have one."""
    table = np.asarray([[[1, 0, 0]], [[2, 0, 0]]])
    (row,), _ = score_groups(Counts(["p"], table), 100, 0)
    assert (row["p"], row["r"], row["f"]) == (0, 0, 0)
    assert row["intervals"] == {"p": None, "r": [0, 0], "f": [0, 0]}


def test_summarize_scores():
    summary = summarize_scores(
        Counts(["p", "q", "never"], np.pad(TABLE, ((0, 0), (0, 1), (0, 0)))), 100, 0
    )
    assert [row["name"] for row in summary["groups"]] == ["p", "q"]
    assert summary["micro"]["f"] == pytest.approx(20 / 25)
    assert summary["macro_f"] == pytest.approx((18 / 23 + 1) / 2)
    low, high = summary["macro_f_interval"]
    assert 0 < low < high <= 1
    empty = summarize_scores(Counts([], np.zeros((2, 0, 3), dtype=int)), 10, 0)
    assert empty["macro_f"] == 0 and empty["macro_f_interval"] is None


def test_bin_names_and_indices():
    assert bin_names((5, 10)) == ["0–5", "6–10", "≥ 11"]
    assert bin_indices(np.asarray([0, 5, 6, 80, 81]), DISTANCE_BOUNDS).tolist() == [0, 0, 1, 4, 5]


def test_measure_distances(zh):
    """Distances count tokens from start to start, and tell whether a sentence ends in between."""
    doc = zh("患者头痛，咳嗽。予补液；好转")
    at = {text: (doc.text.index(text), doc.text.index(text) + 2, "x") for text in ("头痛", "咳嗽")}
    fluids, better = (9, 11, "x"), (12, 14, "x")
    pairs = [(at["头痛"], at["咳嗽"]), (better, fluids), (fluids, at["头痛"]), (fluids, fluids)]
    keys = [RelationKey("p", *pair) for pair in pairs]
    distances = measure_distances(doc, keys, Sentences())
    assert distances.tokens.tolist() == [3, 3, 7, 0]
    assert distances.is_other_sentence.tolist() == [0, 1, 1, 0]
    empty = measure_distances(zh(""), [], Sentences())
    assert len(empty.tokens) == len(empty.is_other_sentence) == 0


def test_measure_distances_with_sentences_of_the_pipeline(zh):
    doc = zh("头痛，咳嗽")
    for token in doc:
        token.is_sent_start = token.i in (0, 3)
    keys = [RelationKey("p", (0, 2, "x"), (3, 5, "x"))]
    distances = measure_distances(doc, keys, Sentences(use_sents=True))
    assert distances.is_other_sentence.tolist() == [1]
