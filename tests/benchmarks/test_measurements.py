"""The benchmark of values: samples and verdicts."""

import pytest

from benchmarks import measurements
from spacy_clinrel.pipeline.measurement_matcher import MeasurementMatcher

from ..util import make_doc

NOTE = (
    "查：[体温|Test]38.2℃，[血压|Test]120/80mmHg。\n[头痛|Symptom]。\n予[布洛芬|Treatment]0.3g tid"
)


@pytest.fixture
def notes(zh, monkeypatch, tmp_path):
    monkeypatch.setattr(measurements, "JUDGED", tmp_path / "judged.tsv")
    return {"train/a": MeasurementMatcher("zh")(make_doc(zh, NOTE))}


def rows(notes, seed=1):
    lines = measurements.sample(notes, seed, 10)
    return [line for line in lines if not line.startswith("#")]


def judge(lines, verdict):
    header = "\t".join(measurements.Row._fields)
    text = "\n".join([header, *(f"{line}{verdict}" for line in lines)])
    measurements.JUDGED.write_text(f"{text}\n", encoding="utf-8")


def test_sample_has_the_bindings_of_lines_with_values(notes):
    assert rows(notes) == [
        "1\ttrain/a:1\tvalue\t体温@2\t38.2℃\t",
        "1\ttrain/a:1\tvalue\t血压@10\t120/80mmHg\t",
        "1\ttrain/a:3\tdosage\t布洛芬@29\t0.3g tid\t",
    ]


def test_lines_are_not_drawn_again(notes):
    judge(rows(notes), "right")
    assert rows(notes, seed=2) == []
    assert len(rows(notes, seed=1)) == 3


def test_score_counts_verdicts_and_what_was_not_judged(notes):
    lines = rows(notes)
    judge([lines[0], lines[2]], "right")
    report = measurements.score(notes, measurements.read_rows())
    assert "| 1 | 2 | dosage | 1 | 0 | 0 | 100.0 % |" in report
    assert "| 1 | 2 | value | 1 | 0 | 1 | 100.0 % |" in report


def test_judged_file_of_the_project_is_complete():
    judged = measurements.read_rows()
    assert len({row.line for row in judged if row.sample == "2"}) == measurements.SIZE
    assert all(row.verdict in ("right", "wrong") for row in judged if row.kind)
