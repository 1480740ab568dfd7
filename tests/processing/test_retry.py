"""Retries of the documents in quarantine."""

import json
import os
import shutil
import signal
import sys
from itertools import count

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy

from spacy_clinrel.processing import AnnotationOptions, documents
from spacy_clinrel.processing.folder import OutputFolder
from spacy_clinrel.processing.records import SHARDS
from spacy_clinrel.processing.run import run_job
from spacy_clinrel.processing.settings import Job
from spacy_clinrel.processing.shards import MANIFEST, QUARANTINE

from ..conftest import EXPLODE
from ..util import FUSE

LONG = "头痛" * 60


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    """Return a folder with 22 documents. Eight fail: five are too long, two make the pipeline fail,
    and one is not UTF-8."""
    folder = tmp_path_factory.mktemp("notes")
    texts = ["头痛1", LONG, "头痛2", f"头痛{FUSE}", LONG, "CT"]
    for name, ids in (("a.jsonl", "abcdef"), ("e.jsonl", "ghijkl")):
        lines = [json.dumps({"id": i, "text": text}) for i, text in zip(ids, texts)]
        (folder / name).write_text("\n".join(lines), encoding="utf-8")
    table = pa.table({"id": list("mnop"), "text": ["头痛", "CT", LONG, "头痛"]})
    pq.write_table(table, folder / "b.parquet")
    for i in range(5):
        (folder / f"c{i}.txt").write_text("头痛", encoding="utf-8")
    (folder / "d.txt").write_bytes("患者头痛".encode("gb18030"))
    return folder


IDS = sorted([*"abcdefghijklmnop", *(f"c{i}" for i in range(5)), "d"])


@pytest.fixture(scope="module")
def repaired(rules, tmp_path_factory):
    """Return the pipeline without the component that fails."""
    nlp = spacy.load(rules, exclude=EXPLODE)
    path = tmp_path_factory.mktemp("repaired") / "model"
    nlp.to_disk(path)
    return path


def job_of(model, source, output, max_length=100, format="jsonl"):
    return Job(str(source), output, AnnotationOptions(str(model), 50, max_length), format, 4)


@pytest.fixture(scope="module")
def original(rules, notes, tmp_path_factory):
    """Return the output of a run."""
    out = tmp_path_factory.mktemp("original") / "out"
    counts = run_job(job_of(rules, notes, out))
    assert counts["documents"] == 14 and counts["quarantined"] == 8
    return out


@pytest.fixture
def out(original, tmp_path):
    """Return a copy of the output."""
    return shutil.copytree(original, tmp_path / "out")


def lines_of(path):
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def annotated(out):
    return [row["id"] for path in sorted(out.glob("part-*")) for row in lines_of(path)]


def quarantined(out):
    return [record["id"] for record in lines_of(out / QUARANTINE)]


def manifest_of(out):
    return json.loads((out / MANIFEST).read_text(encoding="utf-8"))


def retry(*args, **options):
    return run_job(job_of(*args, **options), retry_quarantined=True)


def check(out, counts):
    """Check that each document is in a shard or in quarantine, as the counts say."""
    assert sorted([*annotated(out), *quarantined(out)]) == IDS
    assert counts["documents"] == len(annotated(out))
    assert counts["quarantined"] == len(quarantined(out))
    assert not list(out.glob("_retry*")) and not list(out.glob(".*.tmp"))
    listed = [record["file"] for record in lines_of(out / SHARDS) if record["file"]]
    assert sorted(listed) == sorted(path.name for path in out.glob("part-*"))


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


def killed_at(step, job):
    """Run a retry in a process that kills itself before or after the given write to disk. Return
    whether the run reached this write."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert status in (0, signal.SIGKILL), status
        return status != 0
    done = [0]

    def deadly(real):
        def call(*args, **kwargs):
            for act in (None, real):
                done[0] += 1
                if done[0] == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                if act is not None:
                    return act(*args, **kwargs)

        return call

    try:
        os.replace = deadly(os.replace)
        OutputFolder._append = deadly(OutputFolder._append)
        run_job(job, retry_quarantined=True)
        os._exit(0)
    finally:
        os._exit(1)


def content(folder):
    """Return the content of all files of a run, without times."""
    found = {path.name: path.read_text("utf-8") for path in folder.glob("part-*")}
    found[QUARANTINE] = (folder / QUARANTINE).read_text("utf-8")
    records = [*lines_of(folder / SHARDS), manifest_of(folder)]
    for record in records:
        record.pop("totals", None)
    records[-1]["finished"].pop("seconds")
    for entry in records[-1]["retries"]:
        entry["totals"].pop("seconds")
    return found, records


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_killed_at_every_step(rules, notes, original, tmp_path):
    expected = shutil.copytree(original, tmp_path / "uninterrupted")
    retry(rules, notes, expected, max_length=200)
    # In a second retry, nothing may be taken for a part of the first one.
    retry(rules, notes, expected, max_length=100)
    for step in count(1):
        out = shutil.copytree(original, tmp_path / str(step))
        job = job_of(rules, notes, out, max_length=200)
        was_killed = killed_at(step, job)
        if was_killed:
            # Also simulate incomplete lines.
            for path in (out / SHARDS, *out.glob("_retry*")):
                with path.open("a") as file:
                    file.write('{"file": "par')
        counts = run_job(job, retry_quarantined=True)
        check(out, counts)
        assert counts["documents"] == 19
        if not was_killed:
            break
        killed_at(step, job_of(rules, notes, out, max_length=100))
        counts = retry(rules, notes, out, max_length=100)
        check(out, counts)
    # Before and after each write: list of inputs; three files of the first and of the second shard;
    # new quarantine, end of the retry, quarantine, manifest.
    assert step >= 2 * (1 + 2 * 3 + 4) + 1


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


def fail_at(monkeypatch, failures):
    """Make reading fail in some ways, as a file system with errors does.

    failures (Dict[str, Any]): For a suffix, the number of documents before the error.
    """
    for suffix, number in failures.items():
        real = documents.READERS[suffix]

        def read(file, options, real=real, number=number):
            for i, document in enumerate(real(file, options)):
                if i == number:
                    raise OSError("I/O error")
                yield document

        monkeypatch.setitem(documents.READERS, suffix, read)


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
    real = documents.READERS[".parquet"]

    def broken(file, options):
        error = "[P020] Can't read rows 1 to 4"
        yield documents.InputDocument("b.parquet:1-4", "b.parquet:1-4", None, error, 0)

    out = tmp_path / "out"
    counts = []
    for reader, action in ((broken, "run"), (real, "retry"), (broken, "retry"), (real, "retry")):
        monkeypatch.setitem(documents.READERS, ".parquet", reader)
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
    monkeypatch.setitem(documents.READERS, ".jsonl", lambda file, options: iter(()))
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
