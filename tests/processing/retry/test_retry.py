"""Retries of the documents in quarantine."""

import json

import pyarrow.parquet as pq
import pytest

from spacy_clinrel.processing.records import SHARDS
from spacy_clinrel.processing.run import run_job
from spacy_clinrel.reading.inputs import MANIFEST

from .util import LONG, annotated, check, job_of, lines_of, manifest_of, quarantined, retry


def test_retry_with_a_larger_maximum_length(rules, notes, original, out):
    before = {path.name: path.read_bytes() for path in out.glob("part-*")}
    counts = retry(rules, notes, out, max_length=200)
    check(out, counts)
    assert sorted(quarantined(out)) == ["d", "d", "j"]
    # Finished shards are unchanged; the others have further numbers.
    for name, data in before.items():
        assert (out / name).read_bytes() == data
    added = sorted(path.name for path in out.glob("part-*") if path.name not in before)
    assert added == ["part-000006.jsonl", "part-000007.jsonl"]
    assert [row["id"] for name in added for row in lines_of(out / name)] == [
        "b",
        "e",
        "o",
        "h",
        "k",
    ]
    assert manifest_of(out)["finished"] == counts
    (entry,) = manifest_of(out)["retries"]
    assert entry == {"max_length": 200, "totals": counts}
    # The settings of the run are kept, so that it can be resumed.
    assert manifest_of(out)["max_length"] == 100
    assert run_job(job_of(rules, notes, out), resume=True) == counts
    check(out, counts)
    assert manifest_of(out)["retries"] == [entry]


def test_retry_with_a_repaired_pipeline(repaired, rules, notes, out):
    first = retry(rules, notes, out)
    assert (first["documents"], first["quarantined"]) == (14, 8)
    check(out, first)
    second = retry(repaired, notes, out)
    assert (second["documents"], second["quarantined"]) == (16, 6)
    check(out, second)
    third = retry(repaired, notes, out, max_length=200)
    assert (third["documents"], third["quarantined"]) == (21, 1)
    check(out, third)
    settings = [set(entry) for entry in manifest_of(out)["retries"]]
    assert settings == [{"totals"}, {"model", "totals"}, {"model", "max_length", "totals"}]


def test_retry_without_quarantined_documents(rules, notes, tmp_path):
    job = job_of(rules, notes / "c0.txt", tmp_path / "out")
    counts = run_job(job)
    before = {path: path.read_bytes() for path in job.output.iterdir()}
    assert run_job(job, retry_quarantined=True) == counts
    assert before == {path: path.read_bytes() for path in job.output.iterdir()}


def test_retry_of_a_run_in_which_all_documents_failed(rules, notes, tmp_path):
    (tmp_path / "in.jsonl").write_text(json.dumps({"text": LONG}), encoding="utf-8")
    with pytest.raises(ValueError, match=r"P015.*P004"):
        run_job(job_of(rules, tmp_path / "in.jsonl", tmp_path / "out"))
    counts = retry(rules, tmp_path / "in.jsonl", tmp_path / "out", max_length=200)
    assert counts["documents"] == 1 and counts["quarantined"] == 0
    assert annotated(tmp_path / "out") == ["in.jsonl:1"]


@pytest.mark.parametrize("kept", [1, 2, 4])
def test_retry_of_an_interrupted_run(rules, notes, out, kept):
    lines = (out / SHARDS).read_bytes().splitlines(keepends=True)
    (out / SHARDS).write_bytes(b"".join(lines[:kept]))
    manifest = manifest_of(out)
    del manifest["finished"]
    (out / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    counts = retry(rules, notes, out, max_length=200)
    assert "finished" not in manifest_of(out) and counts["documents"] < 19
    assert len([*annotated(out), *quarantined(out)]) == 4 * kept
    counts = run_job(job_of(rules, notes, out), resume=True)
    check(out, counts)
    assert manifest_of(out)["finished"] == counts
    counts = retry(rules, notes, out, max_length=200)
    check(out, counts)
    assert counts["documents"] == 19


@pytest.mark.parametrize("format", ["parquet", "spacy"])
def test_retry_in_other_formats(rules, notes, tmp_path, format):
    out = tmp_path / "out"
    run_job(job_of(rules, notes, out, format=format))
    counts = retry(rules, notes, out, max_length=200, format=format)
    assert counts["documents"] == 19
    if format == "parquet":
        assert pq.read_table(out).num_rows == 19
