"""The benchmark of terminologies."""

import pytest

from benchmarks import terminology
from benchmarks.common import read_records


@pytest.mark.slow
def test_speed_and_precision_are_measured(monkeypatch, tmp_path):
    out = tmp_path / "terminology.md"
    args = ["terminology", "--concepts", "300", "--mentions", "200", "--out", str(out)]
    monkeypatch.setattr("sys.argv", args)
    terminology.main()
    speed, *precision = read_records(out.with_suffix(".jsonl"))
    assert speed["concepts"] == 300 and 100 < speed["linked"] < 190
    assert len(precision) == 2 * len(terminology.THRESHOLDS)
    for record in precision:
        assert record["links"] >= record["judged"] >= record["right"] > 0
    assert "mentions/s" in out.read_text(encoding="utf-8")
