"""The command `export`."""

import importlib
import json

import networkx as nx
import pandas as pd
import pytest
from spacy.cli._util import app
from spacy.tokens import DocBin
from typer.testing import CliRunner

from ..exporters.util import nasty_notes, note
from ..util import make_notes, write_docs


@pytest.fixture
def notes(zh, tmp_path):
    """Return a folder of .spacy files with 5 notes."""
    folder = tmp_path / "notes"
    (folder / "b").mkdir(parents=True)
    write_docs(folder / "a.spacy", make_notes(zh, 3))
    write_docs(folder / "b" / "c.spacy", make_notes(zh, 2))
    return folder


def run(*args):
    return CliRunner().invoke(app, ["clinrel", "export", *(str(arg) for arg in args)])


def flat(text):
    return " ".join(text.split())


def test_export_writes_a_folder_to_a_file(notes, tmp_path):
    out = tmp_path / "new" / "g.graphml"
    result = run(notes, out, "--report", tmp_path / "report.json")
    assert result.exit_code == 0, result.output
    graph = nx.read_graphml(out, force_multigraph=True)
    summary = f"5 documents, {len(graph)} mentions, {graph.number_of_edges()} relations:"
    assert summary in flat(result.output) and graph.number_of_edges() == 10
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert (report["format"], report["mentions"], report["merge"]) == ("graphml", len(graph), False)
    assert [path.name for path in out.parent.iterdir()] == ["g.graphml"]
    assert {doc for _, doc in graph.nodes(data="doc")} == {1, 2, 3, 4, 5}


def test_export_writes_merged_tables(notes, tmp_path):
    out = tmp_path / "my tables"
    result = run(notes, out, "-f", "csv", "--merge", "--norm", "exact", "--id-prefix", "x-")
    assert result.exit_code == 0, result.output
    nodes, edges = (pd.read_csv(out / name) for name in ("nodes.csv", "edges.csv"))
    assert f"merged into {len(nodes)} nodes and {len(edges)} edges" in flat(result.output)
    # The command for Neo4j can be copied: it is a single line, quoted for a shell.
    (line,) = (line for line in result.output.splitlines() if line.startswith("neo4j-admin"))
    # Neo4j requires the name of the database before the options since 5.19.
    assert line.startswith("neo4j-admin database import full neo4j --multiline-fields=true --nodes")
    assert line.endswith(f"--nodes='{out / 'nodes.csv'}' --relationships='{out / 'edges.csv'}'")
    assert edges["count:long"].sum() == 10 and set(edges["head:START_ID"]) <= set(nodes["id:ID"])
    assert nodes["id:ID"].str.startswith("x-n").all()


def test_export_keeps_document_ids_and_warns_of_replaced_characters(tmp_path):
    path = write_docs(tmp_path / "a.spacy", nasty_notes())
    result = run(path, tmp_path / "a.graphml", "--quiet")
    assert result.exit_code == 0 and "characters that are invalid in graphml" in flat(result.output)
    ids = {doc_id for _, doc_id in nx.read_graphml(tmp_path / "a.graphml").nodes(data="doc_id")}
    assert {"", "a"} < ids
    result = run(path, tmp_path / "a.ttl", "--quiet")
    assert result.exit_code == 0 and result.output == ""


def test_export_continues_after_a_broken_file(notes, tmp_path):
    (notes / "b" / "broken.spacy").write_bytes(b"no DocBin")
    DocBin().to_disk(notes / "empty.spacy")
    result = run(notes, tmp_path / "a.cypher")
    assert result.exit_code == 0 and "5 documents" in flat(result.output)
    assert "F003" in result.output and "broken.spacy" in flat(result.output).replace(" ", "")
    assert "F004" in result.output


def test_export_warns_if_there_are_no_mentions(zh, tmp_path):
    path = write_docs(tmp_path / "a.spacy", [zh.make_doc("无特殊。")])
    result = run(path, tmp_path / "a.ttl")
    assert result.exit_code == 0 and "no mentions" in flat(result.output)


@pytest.mark.parametrize(
    "src, out, options, code",
    [
        ("missing.spacy", "a.ttl", (), "F001"),
        ("empty", "a.ttl", (), "F002"),
        ("bad.spacy", "a.ttl", (), "F003"),
        ("none.spacy", "a.ttl", (), "F004"),
        ("all_bad", "a.ttl", (), "F008"),
        ("good.spacy", "good.spacy", ("-f", "cypher"), "F017"),
        ("good.spacy", "a.ttl", ("--report", "good.spacy"), "F017"),
        ("good.spacy", "a.ttl", ("--report", "a.ttl"), "F017"),
        ("good.spacy", "a.ttl/b/a.ttl", (), "F018"),
        ("good.spacy", "a.ttl", ("-f", "xml"), "G002"),
        ("good.spacy", "a.txt", (), "G003"),
        ("good.spacy", "tables.csv", (), "G003"),
        ("good.spacy", "a.ttl", ("--norm", "stem"), "G004"),
        ("good.spacy", "tables.csv", ("-f", "csv"), "G005"),
        ("good.spacy", "a.ttl", ("-f", "parquet"), "G005"),
        ("good.spacy", "empty", ("-f", "turtle"), "G006"),
    ],
)
def test_export_errors_change_no_files(src, out, options, code, tmp_path):
    write_docs(tmp_path / "good.spacy", [note(["头痛", "发热"])])
    (tmp_path / "bad.spacy").write_bytes(b"no DocBin")
    (tmp_path / "empty").mkdir()
    (tmp_path / "all_bad").mkdir()
    for name in ("a", "b"):
        (tmp_path / "all_bad" / f"{name}.spacy").write_bytes(b"no DocBin")
    (tmp_path / "a.ttl").write_text("old", encoding="utf-8")
    DocBin().to_disk(tmp_path / "none.spacy")
    before = {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")}
    paths = [str(tmp_path / x) if "." in x else x for x in options]
    result = run(tmp_path / src, tmp_path / out, *paths)
    assert result.exit_code == 1 and code in result.output, result.output
    assert {p: p.is_file() and p.read_bytes() for p in tmp_path.rglob("*")} == before


@pytest.mark.parametrize("package", ["pyarrow", "networkx"])
def test_export_names_a_missing_library(notes, package, tmp_path, monkeypatch):
    real = importlib.import_module

    def without(name):
        if name.split(".")[0] == package:
            raise ModuleNotFoundError(name=name)
        return real(name)

    monkeypatch.setattr(importlib, "import_module", without)
    result = run(notes, tmp_path / "x.graphml")
    assert result.exit_code == 1 and "P001" in result.output and package in result.output
    assert "pip install 'spacy-clinrel[graph]'" in flat(result.output)
    assert not (tmp_path / "x.graphml").exists()


def test_export_help_explains_the_options():
    output = flat(run("--help").output)
    for word in ("graphml", "--merge", "--norm", "exact", "neo4j-admin", "score, evidence"):
        assert word in output
