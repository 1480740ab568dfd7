"""The command `apply`."""

import csv
import importlib
import io
import json
import sys
import time

import pyarrow.parquet as pq
import pytest
import spacy
from tqdm import tqdm

from spacy_clinrel.cli.apply import Progress

from ..util import FUSE, invoke


def run(*args):
    return invoke("clinrel", "apply", *args)


@pytest.fixture
def notes(tmp_path):
    """Return a table with three documents, one of which fails."""
    with (tmp_path / "notes.csv").open("w", encoding="utf-8", newline="") as file:
        rows = [("nr", "note"), (1, "头痛，查CT。"), (2, FUSE), (3, "头痛\n头痛")]
        csv.writer(file).writerows(rows)
    return tmp_path / "notes.csv"


COLUMNS = ("--text-column", "note", "--id-column", "nr")


def test_apply_writes_shards_and_quarantine(rules, notes, tmp_path):
    out = tmp_path / "out"
    result = run(rules, notes, out, *COLUMNS, "--format", "jsonl", "--text", "-s", 2)
    assert result.exit_code == 0
    assert "2 documents, 4 mentions, 0 relations" in result.output
    assert "1 documents could not be processed" in result.output
    assert "_quarantine.jsonl" in result.output
    lines = (out / "part-000000.jsonl").read_text(encoding="utf-8").splitlines()
    row = json.loads(lines[0])
    assert row["id"] == "1" and row["text"] == "头痛，查CT。" and len(row["mentions"]) == 2
    assert json.loads((out / "part-000001.jsonl").read_text(encoding="utf-8"))["id"] == "3"
    result = run(rules, notes, out, *COLUMNS, "--format", "jsonl", "--text", "-s", 2)
    assert result.exit_code == 1 and "P011" in result.output
    resumed = (*COLUMNS, "--format", "jsonl", "--text", "-s", 2, "--resume")
    result = run(rules, notes, out, *resumed)
    assert result.exit_code == 0 and "2 documents" in result.output


def test_apply_retries_quarantined_documents(rules, tmp_path):
    (tmp_path / "a.txt").write_text("头痛" * 20, encoding="utf-8")
    (tmp_path / "b.txt").write_text("CT", encoding="utf-8")
    options = (rules, tmp_path / "*.txt", tmp_path / "out", "-f", "jsonl")
    result = run(*options, "--retry-quarantined")
    assert result.exit_code == 1 and "P034" in result.output
    result = run(*options, "--max-length", 10)
    assert "1 documents, 1 mentions" in result.output
    assert "1 documents could not be processed" in result.output
    result = run(*options, "--max-length", 100, "--retry-quarantined")
    assert result.exit_code == 0 and "2 documents, 21 mentions" in result.output
    assert "could not be processed" not in result.output
    assert json.loads((tmp_path / "out" / "part-000001.jsonl").read_text("utf-8"))["id"] == "a"


def test_apply_says_how_to_read_another_encoding(rules, tmp_path):
    (tmp_path / "a.txt").write_text("头痛", encoding="utf-8")
    (tmp_path / "b.txt").write_bytes("患者头痛".encode("gbk"))
    options = (rules, tmp_path / "*.txt", tmp_path / "out")
    result = run(*options, "--strict")
    output = " ".join(result.output.split())
    assert result.exit_code == 1 and "1 documents, 1 mentions" in output
    assert "1 of them are files that are not UTF-8." in output
    assert "documents in quarantine again." in output[-50:]
    result = run(*options, "--strict", "--retry-quarantined", "--encoding", "gb18030")
    assert result.exit_code == 0 and "2 documents, 2 mentions" in result.output


@pytest.mark.filterwarnings("always")
def test_apply_reports_changed_input(rules, tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    for i in range(9):
        (tmp_path / "in" / f"{i}.txt").write_text("CT", encoding="utf-8")
    show = Progress.__call__

    def change(self, *progress):
        (tmp_path / "in" / "5.txt").unlink(missing_ok=True)
        show(self, *progress)

    monkeypatch.setattr(Progress, "__call__", change)
    result = run(rules, tmp_path / "in", tmp_path / "out", "-q", "-s", 2)
    assert result.exit_code == 0
    output = " ".join(result.output.split())
    assert "[W060] 1 input files changed during the run: 5.txt (vanished)." in output
    assert "UserWarning" not in output


def test_apply_quiet(rules, notes, tmp_path):
    result = run(rules, notes, tmp_path / "out", *COLUMNS, "--quiet")
    assert result.exit_code == 0
    assert "could not be processed" in result.output and "mentions" not in result.output


def test_apply_warns_if_nothing_is_found(rules, tmp_path):
    (tmp_path / "a.txt").write_text("无殊。", encoding="utf-8")
    result = run(rules, tmp_path / "*.txt", tmp_path / "out")
    assert result.exit_code == 0 and "predicted no mentions" in result.output


def test_apply_with_code(notes, tmp_path):
    """The file given with --code defines a component of the pipeline."""
    code = tmp_path / "code.py"
    code.write_text(
        "from spacy.language import Language\n"
        "from spacy.tokens import Span\n\n\n"
        "@Language.component('clinrel_test_from_file')\n"
        "def component(doc):\n"
        "    doc.set_ents([Span(doc, 0, 1, 'X')])\n"
        "    return doc\n"
    )
    nlp = spacy.blank("zh")
    nlp.add_pipe("sentencizer", name="own")
    nlp.to_disk(tmp_path / "model")
    config = nlp.config
    config["components"]["own"] = {"factory": "clinrel_test_from_file"}
    config.to_disk(tmp_path / "model" / "config.cfg")
    options = (tmp_path / "model", notes, tmp_path / "out", *COLUMNS, "-q")
    result = run(*options)
    assert result.exit_code == 1 and "clinrel_test_from_file" in result.output
    # No shard was written, so the run can start again.
    result = run(*options, "--code", code)
    assert result.exit_code == 0 and not result.output
    assert pq.read_table(tmp_path / "out")["mentions"].to_pylist()[0][0]["text"] == "头"


@pytest.mark.skipif(sys.platform == "win32", reason="no control characters in file names")
def test_apply_prints_no_control_characters(rules, notes, tmp_path):
    out = tmp_path / "a\x1b[1m\r\udcffb"
    for exit_code in (0, 1):
        result = run(rules, notes, out, *COLUMNS)
        assert result.exit_code == exit_code and r"a\x1b[1m\r\udcffb" in result.output
        assert "\x1b[1m" not in result.output
        assert not {"\r", "\udcff"} & set(result.output)


def test_apply_does_not_print_texts(rules, tmp_path):
    (tmp_path / "a.txt").write_text(f"患者头痛{FUSE}", encoding="utf-8")
    result = run(rules, tmp_path / "a.txt", tmp_path / "out")
    assert result.exit_code == 1 and "P015" in result.output and "RuntimeError" in result.output
    assert "头痛" not in result.output
    assert "头痛" in (tmp_path / "out" / "_quarantine.jsonl").read_text("utf-8")


@pytest.mark.parametrize(
    "args, code",
    [
        (("no_such_pipeline", "notes.csv", "out"), "E050"),
        (("model", "nothing.csv", "out"), "F001"),
        (("model", "notes.csv", "out.parquet"), "P010"),
        (("model", "notes.csv", "out"), "P015"),
        (("model", "notes.csv", "out", "--format", "xml"), "P014"),
    ],
)
def test_apply_reports_errors(rules, notes, tmp_path, args, code):
    paths = [rules if a == "model" else tmp_path / a if "." in a or a == "out" else a for a in args]
    result = run(*paths)
    assert result.exit_code == 1 and code in result.output
    assert not list(tmp_path.glob("out*/part-*"))


def test_apply_without_pyarrow(rules, notes, tmp_path, monkeypatch):
    real = importlib.import_module

    def without(name):
        if name.split(".")[0] == "pyarrow":
            raise ModuleNotFoundError(name=name)
        return real(name)

    monkeypatch.setattr(importlib, "import_module", without)
    result = run(rules, notes, tmp_path / "out")
    assert result.exit_code == 1 and "P001" in result.output
    assert not (tmp_path / "out").exists()
    assert "spacy-clinrel[apply]" in "".join(result.output.split())


def test_progress_rate_excludes_earlier_runs():
    with tqdm(file=io.StringIO(), mininterval=0, miniters=1) as bar:
        show = Progress(bar)
        for i in range(3):
            show(10**9 + i, 2 * 10**9, {"documents": i, "quarantined": 0})
            time.sleep(0.01)
        assert bar.n == 10**9 + 2 and bar.initial == 10**9
        assert bar.format_dict["rate"] < 10**4


def test_apply_help():
    output = " ".join(run("--help").output.split())
    for word in (
        "--text-column",
        "--n-process",
        "--resume",
        "--retry-quarantined",
        ".parquet",
        "_quarantine.jsonl",
    ):
        assert word in output
