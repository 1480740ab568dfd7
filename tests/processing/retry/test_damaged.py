"""Interrupted retries, and runs with damaged files."""

import json
import shutil

import pytest

from spacy_clinrel.processing.folder import OutputFolder
from spacy_clinrel.processing.records import SHARDS
from spacy_clinrel.processing.run import run_job
from spacy_clinrel.processing.shards import QUARANTINE

from .util import annotated, check, job_of, lines_of, retry


def interrupted_retry(*args, **options):
    """Run a retry that stops after its first shard."""

    class Stop(Exception):
        pass

    with pytest.MonkeyPatch.context() as patch:
        real = OutputFolder.add_retried

        def add(self, *arguments, **keywords):
            real(self, *arguments, **keywords)
            raise Stop

        patch.setattr(OutputFolder, "add_retried", add)
        with pytest.raises(Stop):
            retry(*args, **options)


def test_interrupted_retry_is_continued(rules, notes, out):
    interrupted_retry(rules, notes, out, max_length=200)
    path = out / "part-000006.jsonl"
    before = path.stat().st_mtime_ns
    with pytest.raises(ValueError, match=r"P033.*--retry-quarantined"):
        run_job(job_of(rules, notes, out), resume=True)
    counts = retry(rules, notes, out, max_length=200)
    check(out, counts)
    assert counts["documents"] == 19 and path.stat().st_mtime_ns == before


def test_interrupted_retry_with_other_settings_is_discarded(rules, repaired, notes, out):
    interrupted_retry(rules, notes, out, max_length=200)
    counts = retry(repaired, notes, out)
    check(out, counts)
    assert counts["documents"] == 16
    assert sorted(annotated(out)[-2:]) == ["d", "j"]


def test_interrupted_retry_with_a_damaged_shard(rules, notes, out):
    interrupted_retry(rules, notes, out, max_length=200)
    (out / "part-000006.jsonl").write_text("{}")
    with pytest.warns(UserWarning, match=r"W061.*part-000006"):
        check(out, retry(rules, notes, out, max_length=200))


def test_damaged_shard_of_the_run(rules, notes, out):
    interrupted_retry(rules, notes, out, max_length=200)
    (out / "part-000003.jsonl").write_text("{}")
    with pytest.raises(ValueError, match=r"P036.*part-000003.*--resume"):
        retry(rules, notes, out, max_length=200)
    # The advice of the message works.
    check(out, run_job(job_of(rules, notes, out), resume=True))
    check(out, retry(rules, notes, out, max_length=200))
    # After a retry, a shard can't be written again.
    (out / "part-000003.jsonl").unlink()
    for options in ({"resume": True}, {"retry_quarantined": True}):
        before = {path: path.read_bytes() for path in out.iterdir()}
        with pytest.raises(ValueError, match=r"P032.*part-000003"):
            run_job(job_of(rules, notes, out), **options)
        assert before == {path: path.read_bytes() for path in out.iterdir()}


def test_removed_end_of_a_retry(rules, notes, out):
    retry(rules, notes, out, max_length=200)
    lines = (out / SHARDS).read_bytes().splitlines(keepends=True)
    (out / SHARDS).write_bytes(b"".join(lines[:4]))
    with pytest.raises(ValueError, match=f"P031.*{SHARDS}"):
        run_job(job_of(rules, notes, out), resume=True)


@pytest.mark.parametrize("field", [{"lines": None}, {"lines": ["1", 2]}, {"file": 1}, {"error": 0}])
def test_damaged_quarantine(rules, notes, out, field):
    records = lines_of(out / QUARANTINE)
    records[2].update(field)
    text = "".join(json.dumps(record, ensure_ascii=False) + " " * 99 + "\n" for record in records)
    (out / QUARANTINE).write_text(text, encoding="utf-8")
    listed = lines_of(out / SHARDS)
    listed[-1]["quarantine_bytes"] = (out / QUARANTINE).stat().st_size
    text = "".join(json.dumps(record) + "\n" for record in listed)
    (out / SHARDS).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"P037.*_quarantine\.jsonl: line 3"):
        retry(rules, notes, out, max_length=200)


def test_retry_needs_a_run(rules, notes, out, tmp_path):
    with pytest.raises(ValueError, match="P034"):
        retry(rules, notes, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    (out / SHARDS).unlink()
    for path in out.glob("part-*"):
        path.unlink()
    with pytest.raises(ValueError, match="P034"):
        retry(rules, notes, out)


def test_retry_needs_the_same_input(rules, notes, out, tmp_path):
    source = shutil.copytree(notes, tmp_path / "in")
    (source / "c0.txt").write_text("头痛CT", encoding="utf-8")
    with pytest.raises(ValueError, match=r"P035.*input \(c0\.txt \(grew\)\)"):
        retry(rules, source, out, max_length=200)
    with pytest.raises(ValueError, match=r"P035.*format"):
        retry(rules, notes, out, format="parquet")


def test_list_of_shards_that_lost_its_end(rules, notes, out):
    """The documents in quarantine of the last shard would be lost without a message."""
    lines = (out / SHARDS).read_bytes().splitlines(keepends=True)
    (out / SHARDS).write_bytes(b"".join([*lines[:-1], lines[-1][:-5]]))
    with pytest.raises(ValueError, match=f"P036.*{SHARDS}.*--resume"):
        retry(rules, notes, out, max_length=200)
    check(out, run_job(job_of(rules, notes, out), resume=True))
    check(out, retry(rules, notes, out, max_length=200))
