"""The benchmark of long documents."""

import pytest

from benchmarks.common import read_records

from ..util import run_python


@pytest.mark.study
def test_memory_and_time_by_length(tmp_path):
    out = tmp_path / "length.md"
    options = ("--tokens", 100, "--threads", 1, "--out", out)
    run_python("-m", "benchmarks.document_length", *options)
    predicted, trained = read_records(out.with_suffix(".jsonl"))
    assert (predicted["way"], trained["way"]) == ("predict", "train")
    for record in (predicted, trained):
        assert (record["tokens"], record["mentions"]) == (100, 10)
        # All pairs of mentions are candidates, since the text has three sentences.
        assert record["pairs"] == 90 and record["seconds"] > 0
        assert 100 < record["before_mib"] <= record["peak_mib"] < 10_000
    assert "| 100 | 10 | 90 |" in out.read_text(encoding="utf-8")
