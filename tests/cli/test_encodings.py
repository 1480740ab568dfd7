"""Commands with files in other encodings, unusual names, and output that cannot show them."""

import json
import os
import subprocess
import sys

import pytest
from spacy.cli._util import app
from typer.testing import CliRunner

from spacy_clinrel import read_corpus
from spacy_clinrel.tokens import get_doc_id

TEXT = "患者因头痛3天入院。"
ANN = "T1\tSymptom 3 5\t头痛\n"


def run(*args):
    result = CliRunner().invoke(app, ["clinrel", *map(str, args)])
    return result.exit_code, " ".join(result.output.split())


@pytest.fixture
def gbk_folder(tmp_path):
    """A folder with a brat document in GBK. Names of folder and files are in GBK."""
    folder = os.fsencode(tmp_path) + b"/" + "病历".encode("gbk")
    os.mkdir(folder)
    for suffix, content in ((b".txt", TEXT), (b".ann", ANN)):
        with open(folder + b"/" + "出院".encode("gbk") + suffix, "wb") as file:
            file.write(content.encode("gbk"))
    return os.fsdecode(folder)


def test_convert_reads_gbk_with_an_option(gbk_folder, tmp_path):
    code, output = run("convert", "brat", gbk_folder, tmp_path / "a.spacy")
    assert code == 1 and "F071" in output and "gb18030" in output and "出院.txt" in output
    report = tmp_path / "report.json"
    args = ("--encoding", "gb18030", "--report", report)
    code, output = run("convert", "brat", gbk_folder, tmp_path / "a.spacy", *args)
    assert code == 0, output
    (doc,) = read_corpus(tmp_path / "a.spacy")
    assert doc.text == TEXT and get_doc_id(doc) == "出院"
    assert json.loads(report.read_bytes())["documents"] == 1


@pytest.mark.parametrize(
    "encoding",
    ["ascii", *(pytest.param(e, marks=pytest.mark.study) for e in ("utf-8:strict", "gbk"))],
)
def test_convert_prints_in_any_encoding(gbk_folder, tmp_path, encoding):
    (tmp_path / "b.ann").write_text("T1\tX 0 2\t\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("\U0001f642", encoding="utf-8")
    command = [sys.executable, "-m", "spacy", "clinrel", "convert", "brat", tmp_path]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    result = subprocess.run(
        [*map(str, command), str(tmp_path / "a.spacy")],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert b"Traceback" not in result.stderr and b"F071" in result.stdout


def test_convert_with_unknown_encoding(tmp_path):
    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    code, output = run("convert", "brat", tmp_path, tmp_path / "a.spacy", "--encoding", "gb1")
    assert code == 1 and "F070" in output


def test_strict_conversion_needs_readable_folders(tmp_path, secret_is_unreadable):
    for name in ("a.txt", "secret/b.txt"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_text(TEXT, encoding="utf-8")
    args = ("convert", "brat", tmp_path / "in", tmp_path / "a.spacy")
    code, output = run(*args, "--strict")
    assert code == 1 and "cannot be read" in output and not (tmp_path / "a.spacy").exists()
    code, output = run(*args)
    assert "secret" in output and len(read_corpus(tmp_path / "a.spacy")) == 1
