"""Input files that change during a run."""

import json
import os
import warnings

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spacy_clinrel.processing import AnnotationOptions, changes
from spacy_clinrel.processing.changes import InputChanges, read_entries, writing_entries
from spacy_clinrel.processing.run import run_job
from spacy_clinrel.processing.settings import Job
from spacy_clinrel.processing.shards import INPUTS, QUARANTINE
from spacy_clinrel.reading.inputs import MANIFEST, InputFile


@pytest.fixture
def job(rules, tmp_path):
    """Return a job with 30 documents in shards of three."""
    (tmp_path / "in").mkdir()
    for i in range(30):
        (tmp_path / "in" / f"{i:02}.txt").write_text("患者头痛。", encoding="utf-8")
    options = AnnotationOptions(str(rules), batch_size=1)
    return Job(str(tmp_path / "in"), tmp_path / "out", options, "jsonl", 3)


def once_after(count, change):
    """Return a progress callback that makes a change after a number of documents."""
    made = []

    def report(done, total, counts):
        if counts["documents"] >= count and not made:
            made.append(True)
            change()

    return report


def manifest_of(job):
    return json.loads((job.output / MANIFEST).read_text(encoding="utf-8"))


def test_unchanged_input(job):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run_job(job)["documents"] == 30
    assert "input_changes" not in manifest_of(job)
    names = [entry.name for entry in read_entries(job.output / INPUTS)]
    assert names == [f"{i:02}.txt" for i in range(30)]


def remove(folder):
    (folder / "25.txt").unlink()


def add(folder):
    (folder / "25b.txt").write_text("头痛", encoding="utf-8")


def grow(folder):
    with (folder / "25.txt").open("a", encoding="utf-8") as file:
        file.write("CT")


def shrink(folder):
    os.truncate(folder / "00.txt", 3)


def replace(folder):
    os.utime(folder / "00.txt", (1, 1))


@pytest.mark.parametrize(
    "change, what, documents",
    [
        (remove, "25.txt (vanished)", 29),
        (add, "25b.txt (appeared)", 30),
        (grow, "25.txt (grew)", 30),
        (shrink, "00.txt (shrank)", 30),
        (replace, "00.txt (changed)", 30),
    ],
)
def test_changes_during_the_run_are_reported(job, tmp_path, change, what, documents):
    progress = once_after(9, lambda: change(tmp_path / "in"))
    with pytest.warns(UserWarning, match="W060") as caught:
        counts = run_job(job, report_progress=progress)
    assert counts["documents"] == documents
    text = str(caught[0].message)
    assert f"1 input files changed during the run: {what}." in text
    assert manifest_of(job)["input_changes"] == {"files": 1, "examples": [what]}
    assert manifest_of(job)["finished"] == counts


def test_only_some_of_many_changes_are_named(job, tmp_path):
    def change():
        for i in range(20, 30):
            (tmp_path / "in" / f"{i}.txt").unlink()
            (tmp_path / "in" / f"{i}\n\x1b[1m.txt").write_text("头痛", encoding="utf-8")

    with pytest.warns(UserWarning, match="W060.*20 input files") as caught:
        run_job(job, report_progress=once_after(9, change))
    text = str(caught[0].message)
    assert text.isprintable() and "and 17 others" in text
    assert len(manifest_of(job)["input_changes"]["examples"]) == 3


def test_file_that_is_missing_only_while_it_is_read(job, tmp_path):
    """A file is missing in the output, although the input is the same at the end."""
    path = tmp_path / "in" / "25.txt"

    def report(done, total, counts):
        if counts["documents"] == 9 and path.exists():
            path.rename(tmp_path / "elsewhere")
        if counts["documents"] == 29 and not path.exists():
            (tmp_path / "elsewhere").rename(path)

    with pytest.warns(UserWarning, match=r"W060.*25\.txt \(vanished\)"):
        assert run_job(job, report_progress=report)["documents"] == 29


def test_input_that_vanishes_as_a_whole(job, tmp_path):
    folder = tmp_path / "in"
    progress = once_after(30, lambda: folder.rename(tmp_path / "elsewhere"))
    with pytest.warns(UserWarning, match="W060.*30 input files"):
        assert run_job(job, report_progress=progress)["documents"] == 30


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_file_that_shrinks_while_it_is_read(job, tmp_path, suffix):
    path = tmp_path / f"big.{suffix}"
    rows = [{"id": str(i), "text": f"头痛{i}" * 300} for i in range(200)]
    if suffix == "jsonl":
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    else:
        pq.write_table(pa.Table.from_pylist(rows), path, 20, compression="none")
    size = path.stat().st_size
    progress = once_after(1, lambda: os.truncate(path, size // 2))
    with pytest.warns(UserWarning, match=rf"W060.*big\.{suffix} \(shrank\)"):
        counts = run_job(job._replace(source=str(path)), report_progress=progress)
    assert 0 < counts["documents"] < 200
    assert (job.output / QUARANTINE).stat().st_size


def test_resume_names_changed_files(job, tmp_path):
    class Killed(Exception):
        pass

    def kill():
        raise Killed

    with pytest.raises(Killed):
        run_job(job, report_progress=once_after(9, kill))
    add(tmp_path / "in")
    with pytest.raises(ValueError, match=r"P012.*: input \(25b\.txt \(appeared\)\)"):
        run_job(job, resume=True)
    (tmp_path / "in" / "25b.txt").unlink()
    # The list of an earlier version, or a damaged list, is replaced.
    (job.output / INPUTS).write_bytes(b"x")
    assert run_job(job, resume=True)["documents"] == 30
    assert len(list(read_entries(job.output / INPUTS))) == 30


def find(tmp_path, before, now):
    """Return the changes between two lists of files."""
    with writing_entries(tmp_path / "list") as write:
        for file in before:
            write(file)
    found = InputChanges(tmp_path / "list", lambda: iter(now))
    found.find()
    return found


def files_of(names, size=1):
    return [InputFile(None, name, size, 0) for name in names]


def test_memory_depends_on_the_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(changes, "MAX_CHANGES", 10)
    names = [f"{i:04}" for i in range(1000)]
    assert not len(find(tmp_path, files_of(names), files_of(names)))
    # Files that are shifted by a few others are found again.
    assert len(find(tmp_path, files_of(names), files_of(["a", "b", *names[5:]]))) == 7
    assert len(find(tmp_path, files_of(names), files_of(names, 2))) == 1000
    # The comparison ends after too many changes.
    many = find(tmp_path, files_of(names), files_of([f"x{name}" for name in names]))
    assert 10 < len(many) < 100
