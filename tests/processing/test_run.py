"""Runs of `apply`: each document is processed once, even if the run is killed and resumed."""

import json
import multiprocessing
import os
import re
import shutil
import sys
from itertools import count

import pyarrow.parquet as pq
import pytest
import spacy

import spacy_clinrel
from spacy_clinrel.files import spacy_files, stream_docbin
from spacy_clinrel.processing import AnnotationOptions
from spacy_clinrel.processing.pool import annotate_all
from spacy_clinrel.processing.records import SHARDS
from spacy_clinrel.processing.run import run_job
from spacy_clinrel.processing.settings import Job
from spacy_clinrel.processing.shards import QUARANTINE
from spacy_clinrel.reading.inputs import MANIFEST
from spacy_clinrel.tokens import get_doc_id

from ..util import FUSE, make_notes
from .util import assert_same, killed_at

NOTES = [doc.text for doc in make_notes(spacy.blank("zh"), 30, seed=3)]


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    """Return a folder with 45 documents, six of them invalid in different ways."""
    folder = tmp_path_factory.mktemp("notes")
    lines = [json.dumps({"id": f"n{i}", "text": text}) for i, text in enumerate(NOTES)]
    lines[7:7] = ['{"id": "invalid", "text": "\udcff"}', '{"id": "none"}', '{"id": "cut', ""]
    lines += [json.dumps({"id": "nul", "text": "头痛\0CT"}), json.dumps({"id": "", "text": ""})]
    lines += [json.dumps({"id": "explodes", "text": f"头痛{FUSE}"})]
    lines += [json.dumps({"id": "long", "text": "a" * 2**20})]
    (folder / "a.jsonl").write_text("\n".join(lines), encoding="utf-8", errors="surrogateescape")
    for i in range(7):
        (folder / f"b{i}.txt").write_text(f"头痛{i}次，查CT。", encoding="utf-8")
    (folder / "c.txt").write_bytes("患者头痛".encode("gb18030"))
    return folder


def job_of(model, src, out, **options):
    chosen = {key: options.pop(key) for key in list(options) if key in AnnotationOptions._fields}
    return Job(
        str(src), out, AnnotationOptions(str(model), **chosen), **{"format": "jsonl", **options}
    )


def rows_of(folder):
    paths = sorted(folder.glob("part-*"))
    read = pq.read_table if paths[0].suffix == ".parquet" else None
    return [row for path in paths for row in (read(path).to_pylist() if read else lines_of(path))]


def lines_of(path):
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def tree(folder):
    """Return the content of all files of a run, without times."""
    content = {path.name: path.read_bytes() for path in folder.iterdir()}
    for name in (SHARDS, MANIFEST):
        lines = content[name].decode().splitlines()
        content[name] = [re.sub(r'"seconds": ?[\d.]+', "", line) for line in lines]
    return content


@pytest.fixture(scope="module")
def uninterrupted(rules, notes, tmp_path_factory):
    """Return the output of a run without interruptions."""
    out = tmp_path_factory.mktemp("uninterrupted") / "out"
    counts = run_job(job_of(rules, notes, out, shard_size=4))
    assert counts["documents"] == 39 and counts["quarantined"] == 6
    return out


def test_each_document_is_written_once(rules, notes, uninterrupted):
    rows = rows_of(uninterrupted)
    ids = [row["id"] for row in rows]
    assert ids == [*(f"n{i}" for i in range(30)), "nul", "", *(f"b{i}" for i in range(7))]
    failed = lines_of(uninterrupted / QUARANTINE)
    assert [record["id"] for record in failed] == [
        *("a.jsonl:8", "none", "a.jsonl:10", "explodes", "long", "c")
    ]
    codes = ["F074", "P006", "P008", FUSE, "P004", "F071"]
    for record, code in zip(failed, codes):
        assert code in record["error"]
        assert set(record) == {"id", "source", "error", "file", "lines"}
    assert failed[-2]["source"] == "a.jsonl:38"
    nlp = spacy.load(rules)
    for row, text in zip(rows, NOTES):
        found = [(e.start_char, e.end_char, e.text, e.label_) for e in nlp(text).ents]
        assert [tuple(mention.values())[:4] for mention in row["mentions"]] == found
        assert list(row) == ["id", "mentions", "relations", "sections"]
    assert len(rows[-9]["mentions"]) == 2
    # 45 documents in shards of four. The document of the last shard is in quarantine.
    assert (
        len(list(uninterrupted.glob("part-*"))) == 11
        and len(lines_of(uninterrupted / SHARDS)) == 12
    )


@pytest.mark.parametrize("format", ["parquet", "spacy"])
def test_formats_have_the_same_content(rules, notes, uninterrupted, tmp_path, format):
    run_job(job_of(rules, notes, tmp_path / "out", format=format, shard_size=4))
    if format == "parquet":
        assert rows_of(tmp_path / "out") == rows_of(uninterrupted)
        # Parquet readers take the folder as one table.
        assert pq.read_table(tmp_path / "out").num_rows == 39
        return
    vocab = spacy.blank("zh").vocab
    docs = [doc for path in spacy_files([tmp_path / "out"]) for doc in stream_docbin(path, vocab)]
    for doc, row in zip(docs, rows_of(uninterrupted), strict=True):
        found = [(e.start_char, e.end_char, e.text, e.label_) for e in doc.ents]
        assert found == [tuple(mention.values())[:4] for mention in row["mentions"]]
        assert (get_doc_id(doc) or "") == row["id"]


def test_include_text(rules, notes, tmp_path):
    run_job(job_of(rules, notes, tmp_path / "out", include_text=True))
    assert [row["text"] for row in rows_of(tmp_path / "out")][:30] == NOTES
    names = ["id", "text", "mentions", "relations", "sections"]
    assert list(rows_of(tmp_path / "out")[0]) == names


def test_shards_do_not_depend_on_the_batch_size(rules, notes, uninterrupted, tmp_path):
    for i, size in enumerate([1, 7, 10**6]):
        run_job(job_of(rules, notes, tmp_path / str(i), batch_size=size, shard_size=4))
        assert tree(tmp_path / str(i)) == tree(uninterrupted)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_killed_at_every_step(rules, notes, tmp_path):
    options = {"shard_size": 15}
    run_job(job_of(rules, notes, tmp_path / "uninterrupted", **options))
    expected = tree(tmp_path / "uninterrupted")
    for step in count(1):
        job = job_of(rules, notes, tmp_path / str(step), **options)
        was_killed = killed_at(step, job)
        if (job.output / SHARDS).exists() and was_killed:
            # Also simulate incomplete lines and a leftover draft.
            for name in (SHARDS, QUARANTINE, ".part-000001.jsonl.1.tmp"):
                with (job.output / name).open("a") as file:
                    file.write('{"file": "par')
        counts = run_job(job, resume=True)
        assert counts["documents"] == 39 and tree(job.output) == expected, step
        if not was_killed:
            break
    # Before and after each write: manifest, list of inputs, three files for each of three shards,
    # manifest.
    assert step == 2 * (2 + 3 * 3 + 1) + 1


def test_resume_of_a_finished_run(rules, notes, uninterrupted):
    before = tree(uninterrupted)
    counts = run_job(job_of(rules, notes, uninterrupted, shard_size=4), resume=True)
    assert counts["documents"] == 39 and tree(uninterrupted) == before


def interrupt(job):
    """Run a job, then remove the records of its last shards."""
    run_job(job)
    lines = (job.output / SHARDS).read_bytes().splitlines(keepends=True)
    (job.output / SHARDS).write_bytes(b"".join(lines[:3]))


@pytest.mark.parametrize(
    "change, what",
    [
        ({"include_text": True}, "text"),
        ({"max_length": 99}, "max length"),
        ({"format": "parquet"}, "format"),
        ({"shard_size": 5}, "shard size"),
        ({"text_column": "note"}, "text column"),
        ({"id_column": "nr"}, "id column"),
        ({"code": __file__}, "code"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_resume_rejects_other_options(rules, notes, tmp_path, change, what):
    interrupt(job_of(rules, notes, tmp_path / "out", shard_size=4))
    before = tree(tmp_path / "out")
    with pytest.raises(ValueError, match=f"P012.*: {what}\\."):
        run_job(job_of(rules, notes, tmp_path / "out", **{"shard_size": 4, **change}), resume=True)
    assert tree(tmp_path / "out") == before


def test_resume_rejects_another_input_or_model(rules, notes, tmp_path):
    src, model = (shutil.copytree(path, tmp_path / path.name) for path in (notes, rules))
    job = job_of(model, src, tmp_path / "out", shard_size=4)
    interrupt(job)
    (src / "b6.txt").write_text("头痛")
    with pytest.raises(ValueError, match=r"P012.*: input \(b6.txt \(shrank\)\)\."):
        run_job(job, resume=True)
    nlp = spacy.load(model)
    nlp.get_pipe("entity_ruler").add_patterns([{"label": "症状", "pattern": "咳嗽"}])
    nlp.to_disk(model)
    with pytest.raises(ValueError, match=r"P012.*: model, input \("):
        run_job(job, resume=True)


def test_resume_with_another_batch_size(rules, notes, uninterrupted, tmp_path):
    job = job_of(rules, notes, tmp_path / "out", shard_size=4)
    interrupt(job)
    run_job(job._replace(options=job.options._replace(batch_size=1)), resume=True)
    assert tree(job.output) == tree(uninterrupted)


def test_existing_outputs_are_not_replaced(rules, notes, uninterrupted, tmp_path):
    (tmp_path / "mine").write_text("x")
    for out, code in (
        (uninterrupted, "P011"),
        (tmp_path, "P011"),
        (notes, "P011"),
        (tmp_path / "mine", "P010"),
        (tmp_path / "x.parquet", "P010"),
    ):
        with pytest.raises(ValueError, match=code):
            run_job(job_of(rules, notes, out))
    with pytest.raises(ValueError, match="P011"):
        run_job(job_of(rules, notes, tmp_path), resume=True)
    with pytest.raises(ValueError, match="P014"):
        run_job(job_of(rules, notes, tmp_path / "out", format="xml"))
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_run_without_valid_documents(rules, notes, tmp_path):
    job = job_of(rules, notes / "a.jsonl", tmp_path / "out", text_column="note")
    for resume in (False, True):
        with pytest.raises(ValueError, match=r"P015.*a.jsonl:1.*P006.*'note'"):
            run_job(job, resume=resume)


@pytest.mark.slow
def test_two_processes(trained_model, tmp_path):
    """Spawned processes give the same shards, and the same rows up to rounding of scores."""
    lines = [json.dumps({"id": i, "text": text}) for i, text in enumerate(NOTES * 2)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    found = []
    for n_process in (1, 2):
        out = tmp_path / str(n_process)
        job = job_of(trained_model, tmp_path / "in.jsonl", out, shard_size=17, batch_size=60)
        counts = run_job(job, n_process=n_process)
        assert counts["documents"] == 60 and counts["relations"] > 60
        found.append([lines_of(path) for path in sorted(out.glob("part-*"))])
    assert_same(found[1], found[0])
    assert not multiprocessing.active_children()


def test_swapped_and_shared_columns(rules, tmp_path):
    """The id column may be named "text", and one column may hold both id and text."""
    (tmp_path / "in.jsonl").write_text('{"text": "a", "id": "头痛"}', encoding="utf-8")
    for i, column in enumerate(("id", "text")):
        columns = {"id_column": "text", "text_column": column}
        run_job(job_of(rules, tmp_path / "in.jsonl", tmp_path / str(i), **columns))
        assert [row["id"] for row in rows_of(tmp_path / str(i))] == ["a"]


@pytest.mark.skipif(sys.platform != "linux", reason="file names are Unicode")
def test_ids_from_file_names_that_are_not_utf8(rules, tmp_path):
    (tmp_path / "in").mkdir()
    for name, text in ((b"\xb2.txt", b"CT"), (b"\xb3.txt", b"\xb3"), (b"\xb4.parquet", b"x")):
        with open(os.fsencode(tmp_path / "in") + b"/" + name, "wb") as file:
            file.write(text)
    counts = run_job(job_of(rules, tmp_path / "in", tmp_path / "out"))
    assert counts["documents"] == 1 and counts["quarantined"] == 2
    assert rows_of(tmp_path / "out")[0]["id"] == "\\udcb2"
    failed = lines_of(tmp_path / "out" / QUARANTINE)
    assert [record["id"] for record in failed] == ["\\udcb3", "\\udcb4.parquet"]


def test_model_without_meta(notes, tmp_path):
    with pytest.raises(OSError, match=r"E053.*meta\.json"):
        run_job(job_of(tmp_path, notes, tmp_path / "out"))


def test_processes_end_if_a_shard_can_not_be_written(rules, notes, tmp_path, monkeypatch):
    closed = []

    def results(*args):
        try:
            yield from annotate_all(*args)
        finally:
            closed.append(True)

    def fail(shard, batch):
        assert not closed
        raise ValueError("no space")

    monkeypatch.setattr("spacy_clinrel.processing.writing.annotate_all", results)
    monkeypatch.setattr("spacy_clinrel.processing.shards.Shard.write", fail)
    with pytest.raises(ValueError, match="no space") as problem:
        run_job(job_of(rules, notes, tmp_path / "out"))
    assert closed and problem


def test_input_without_documents(rules, tmp_path):
    (tmp_path / "in.jsonl").write_text("\n\n")
    with pytest.raises(ValueError, match="F002"):
        run_job(job_of(rules, tmp_path / "in.jsonl", tmp_path / "out"))


def test_processes_sharing_a_gpu_warn(rules, notes, tmp_path, monkeypatch):
    nothing = lambda *args: (pair for pair in ())  # noqa: E731
    monkeypatch.setattr("spacy_clinrel.processing.writing.annotate_all", nothing)
    job = job_of(rules, notes, tmp_path / "out", gpu_id=3)
    with pytest.warns(UserWarning, match="W030.*2 processes share GPU 3"):  # noqa: SIM117
        with pytest.raises(ValueError, match="F002"):
            run_job(job, n_process=2)


def test_apply_from_python(rules, notes, uninterrupted, tmp_path, capfd):
    options = {"format": "jsonl", "shard_size": 4, "batch_size": 50}
    counts = spacy_clinrel.apply(rules, notes, tmp_path / "out", include_text=False, **options)
    assert counts["documents"] == 39 and counts["quarantined"] == 6
    assert tree(tmp_path / "out") == tree(uninterrupted)
    with pytest.raises(ValueError, match="P011"):
        spacy_clinrel.apply(rules, notes, tmp_path / "out", format="jsonl", shard_size=4)
    assert capfd.readouterr() == ("", "")


def test_apply_reports_its_progress(rules, notes, tmp_path):
    calls = []
    counts = spacy_clinrel.apply(
        str(rules),
        str(notes),
        str(tmp_path / "out"),
        text_column="text",
        include_text=True,
        report_progress=lambda *call: calls.append((call[0], call[1], dict(call[2]))),
    )
    assert [done for done, _, _ in calls] == sorted(done for done, _, _ in calls)
    assert calls[0][0] == 0 and calls[-1][0] <= calls[-1][1]
    assert calls[-1][2] == counts


def test_run_uses_the_pipeline_that_is_in_the_folder(tmp_path):
    """A pipeline may be trained again between two runs of one process."""
    (tmp_path / "a.txt").write_text("头痛", encoding="utf-8")
    for label in ("Symptom", "Disease"):
        nlp = spacy.blank("zh")
        nlp.add_pipe("entity_ruler").add_patterns([{"label": label, "pattern": "头痛"}])
        nlp.to_disk(tmp_path / "model")
        run_job(job_of(tmp_path / "model", tmp_path / "a.txt", tmp_path / label))
        assert [m["type"] for m in rows_of(tmp_path / label)[0]["mentions"]] == [label]
