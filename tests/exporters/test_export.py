"""The function `spacy_clinrel.export`."""

import json

import pytest

import spacy_clinrel

from ..util import make_notes, write_docs


@pytest.fixture
def corpus(zh, tmp_path):
    """Return a folder with a .spacy file of 3 notes and a broken .spacy file."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    write_docs(folder / "notes.spacy", make_notes(zh, 3))
    (folder / "broken.spacy").write_bytes(b"no DocBin")
    return folder


def test_export_reads_a_folder_and_prints_nothing(corpus, tmp_path, capfd):
    out, report_path = tmp_path / "graph.jsonld", tmp_path / "report.json"
    report = spacy_clinrel.export(str(corpus), str(out), merge=True, report_path=report_path)
    assert (report["documents"], report["format"]) == (3, "jsonld") and out.is_file()
    assert len(report["messages"]) == 1 and "broken.spacy" in report["messages"][0]
    assert json.loads(report_path.read_text(encoding="utf-8")) == report
    assert capfd.readouterr() == ("", "")


def test_export_reads_docs_one_at_a_time_through_progress(zh, tmp_path):
    seen = []

    def progress(docs):
        for doc in docs:
            seen.append(doc)
            yield doc

    docs = make_notes(zh, 3)
    report = spacy_clinrel.export(
        iter(docs), tmp_path / "tables", "jsonl", prefix="x-", progress=progress
    )
    assert seen == docs and report["documents"] == 3 and report["prefix"] == "x-"


def test_export_does_not_replace_an_input_by_its_report(corpus, tmp_path):
    path = corpus / "notes.spacy"
    with pytest.raises(ValueError, match="F017"):
        spacy_clinrel.export(path, tmp_path / "graph.ttl", report_path=path)
    assert not (tmp_path / "graph.ttl").exists()
