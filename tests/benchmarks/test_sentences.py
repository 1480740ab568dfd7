"""The benchmark of sentence boundaries."""

import pytest

from benchmarks import sentences
from benchmarks.common import read_records


@pytest.mark.slow
def test_sentence_boundaries_are_counted_in_each_layout(monkeypatch, tmp_path):
    folder = tmp_path / "corpora" / "maccrobat2020" / "all"
    folder.mkdir(parents=True)
    lines = ["He came with a temp. of 39 C on day 2.", "", "No fever was found; X-ray was normal."]
    (folder / "1.txt").write_text("\n".join(lines), encoding="utf-8")
    out = tmp_path / "out" / "sentences.md"
    args = ["sentences", "--corpora", str(tmp_path / "corpora"), "--out", str(out)]
    monkeypatch.setattr("sys.argv", args)
    sentences.main()
    scores = {
        (record["layout"], record["component"]): (record["p"], record["r"])
        for record in read_records(out.with_suffix(".jsonl"))
    }
    # The sentencizer also ends a sentence at "temp.".
    assert scores["one line", "sentencizer"] == pytest.approx((2 / 3, 1.0))
    assert scores["one line", "clinical_sentencizer"] == (1.0, 1.0)
    assert scores["one sentence per line", "clinical_sentencizer"] == (1.0, 1.0)
    assert len(scores) == 6
