"""Retries after files could not be read, or have changed."""

import shutil

import pytest

from spacy_clinrel.processing.run import run_job
from spacy_clinrel.processing.shards import QUARANTINE
from spacy_clinrel.reading import texts

from .util import annotated, check, job_of, lines_of, quarantined, retry


def fail_at(monkeypatch, failures):
    """Make reading fail in some ways, as a file system with errors does.

    failures (Dict[str, Any]): For a suffix, the number of documents before the error.
    """
    for suffix, number in failures.items():
        real = texts.READERS[suffix]

        def read(*args, real=real, number=number):
            for i, document in enumerate(real(*args)):
                if i == number:
                    raise OSError("I/O error")
                yield document

        monkeypatch.setitem(texts.READERS, suffix, read)


def test_files_that_could_not_be_read(rules, notes, tmp_path, monkeypatch):
    """After an error of the file system, the rest of each file is read."""
    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        fail_at(patch, {".jsonl": 2, ".parquet": 1, ".txt": 0})
        counts = run_job(job_of(rules, notes, out))
    assert (counts["documents"], counts["quarantined"]) == (3, 11)
    with monkeypatch.context() as patch:
        fail_at(patch, {".jsonl": 3, ".parquet": 2, ".txt": 0})
        counts = retry(rules, notes, out)
    assert (counts["documents"], counts["quarantined"]) == (6, 11)
    counts = retry(rules, notes, out, max_length=200)
    check(out, counts)
    assert counts["documents"] == 19


def test_row_group_that_could_not_be_read(rules, notes, tmp_path, monkeypatch):
    """A record of several rows may be split up, and several records may fail with one error."""
    path = notes / "b.parquet"
    real = texts.READERS[".parquet"]

    def broken(*args):
        error = "[P020] Can't read rows 1 to 4"
        yield texts.InputDocument("b.parquet:1-4", "b.parquet:1-4", None, error, 0)

    out = tmp_path / "out"
    counts = []
    for reader, action in ((broken, "run"), (real, "retry"), (broken, "retry"), (real, "retry")):
        monkeypatch.setitem(texts.READERS, ".parquet", reader)
        length = 200 if len(counts) == 3 else 100
        job = job_of(rules, path, out, max_length=length)
        if action == "run":
            with pytest.raises(ValueError, match="P015"):
                run_job(job)
            counts.append((0, 1))
        else:
            found = run_job(job, retry_quarantined=True)
            counts.append((found["documents"], found["quarantined"]))
        if len(counts) == 3:
            (record,) = lines_of(out / QUARANTINE)
            assert (record["id"], record["lines"]) == ("o", [3, 3]) and "P020" in record["error"]
    assert counts == [(0, 1), (3, 1), (3, 1), (4, 0)]
    assert sorted(annotated(out)) == list("mnop")


def test_documents_that_are_not_found_stay_in_quarantine(rules, notes, out, monkeypatch):
    monkeypatch.setitem(texts.READERS, ".jsonl", lambda *args: iter(()))
    before = lines_of(out / QUARANTINE)
    counts = retry(rules, notes, out, max_length=200)
    check(out, counts)
    assert lines_of(out / QUARANTINE) == [r for r in before if r["file"] != "b.parquet"]


def test_input_that_vanishes_during_a_retry(rules, notes, original, tmp_path):
    source = shutil.copytree(notes, tmp_path / "in")
    out = tmp_path / "out"
    run_job(job_of(rules, source, out))
    job = job_of(rules, source, out, max_length=200)
    remove = lambda *progress: (source / "e.jsonl").unlink(missing_ok=True)  # noqa: E731
    with pytest.warns(UserWarning, match=r"W060.*e\.jsonl \(vanished\)"):
        counts = run_job(job, retry_quarantined=True, report_progress=remove)
    check(out, counts)
    assert {"h", "j", "k"} <= set(quarantined(out))
