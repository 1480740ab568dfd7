"""The output folder: damaged runs and concurrent runs."""

import os

import pytest

from spacy_clinrel.files import locked_folder
from spacy_clinrel.processing import AnnotationOptions
from spacy_clinrel.processing.run import run_job
from spacy_clinrel.processing.settings import Job
from spacy_clinrel.processing.shards import QUARANTINE
from spacy_clinrel.reading.inputs import MANIFEST


def job_of(model, folder):
    return Job(str(folder / "in"), folder / "out", AnnotationOptions(str(model)), "jsonl", 2)


@pytest.fixture
def done(rules, tmp_path):
    """Return a finished job whose shards have two documents. All documents of one shard,
    and the first document, are in quarantine."""
    (tmp_path / "in").mkdir()
    for i in range(9):
        text = b"\xff" if i in (0, 4, 5) else b"CT"
        (tmp_path / "in" / f"{i}.txt").write_bytes(text)
    job = job_of(rules, tmp_path)
    assert run_job(job)["documents"] == 6
    assert len(list(job.output.glob("part-*"))) == 4
    return job


def contents(folder):
    paths = [*folder.glob("part-*"), folder / QUARANTINE]
    return {path.name: path.read_bytes() for path in paths}


@pytest.mark.parametrize("name", ["part-000000.jsonl", "part-000003.jsonl", QUARANTINE])
@pytest.mark.parametrize("size", [None, 0, 5])
def test_resume_repeats_damaged_shards(done, name, size):
    before = contents(done.output)
    if size is None:
        (done.output / name).unlink()
    else:
        os.truncate(done.output / name, size)
    with pytest.warns(UserWarning, match=rf"W061.*{name}"):
        assert run_job(done, resume=True)["documents"] == 6
    assert contents(done.output) == before
    # Complete shards are not written again.
    times = {path: path.stat().st_mtime_ns for path in done.output.glob("part-*")}
    run_job(done, resume=True)
    assert times == {path: path.stat().st_mtime_ns for path in done.output.glob("part-*")}


@pytest.mark.parametrize("content", ["", '{"model": ', "[1]"])
def test_invalid_manifest(done, content):
    (done.output / MANIFEST).write_text(content)
    with pytest.raises(ValueError, match=r"P022.*_manifest\.json"):
        run_job(done, resume=True)


def test_one_process_at_a_time(done):
    for _ in range(2):
        with locked_folder(done.output), pytest.raises(ValueError, match="F033"):
            run_job(done, resume=True)
        # A run that fails releases the lock.
        with pytest.raises(ValueError, match="P012"):
            run_job(done._replace(shard_size=3), resume=True)
        run_job(done, resume=True)
