"""Reading and writing files."""

import os
import sys

import pytest

from spacy_clinrel.files import (
    check_output,
    read_docbin,
    spacy_files,
    stream_docbin,
    write_json,
)

from .util import make_doc, write_docs


def test_an_output_never_replaces_an_input(tmp_path):
    path, link = tmp_path / "a.txt", tmp_path / "b.txt"
    path.write_text("患者头痛。", encoding="utf-8")
    link.symlink_to(path)
    for output in (path, tmp_path / "x" / ".." / "a.txt", link):
        with pytest.raises(ValueError, match="F017"):
            check_output(output, None, path)
    check_output(tmp_path / "c.txt", path)
    check_output(None, path)
    with pytest.raises(ValueError, match="F020"):
        check_output(tmp_path, path)


def test_what_can_t_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ValueError, match=r"F018.*file.*a\.json"):
        write_json(tmp_path / "file" / "a.json", {})


def test_a_folder_is_no_docbin(zh, tmp_path):
    with pytest.raises(ValueError, match="F020"):
        read_docbin(tmp_path, zh.vocab)


def test_docs_come_one_by_one(zh, tmp_path):
    path = write_docs(tmp_path / "a.spacy", [make_doc(zh, "头痛。"), make_doc(zh, "")])
    stream = stream_docbin(path, zh.vocab)
    assert next(stream).text == "头痛。"
    # What goes wrong outside is not laid upon the file.
    with pytest.raises(KeyError, match="mine"):
        stream.throw(KeyError("mine"))
    assert [doc.text for doc in read_docbin(path, zh.vocab)] == ["头痛。", ""]


def test_spacy_files(tmp_path):
    for name in ("b.spacy", "x/a.spacy", ".hidden.spacy", "a.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = spacy_files([tmp_path / "b.spacy", tmp_path])
    assert found == [tmp_path / "b.spacy", tmp_path / "x" / "a.spacy"]
    (tmp_path / "empty").mkdir()
    for missing, code in (("none.spacy", "F001"), ("empty", "F002")):
        with pytest.raises(ValueError, match=code):
            spacy_files([tmp_path / missing])


@pytest.mark.skipif(sys.platform == "win32", reason="folders can't be opened")
def test_files_reach_the_disk_before_their_names_do(tmp_path, monkeypatch):
    events = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: events.append(os.fstat(fd).st_ino) or fsync(fd))
    monkeypatch.setattr(os, "replace", lambda *paths: events.append("") or replace(*paths))
    write_json(tmp_path / "a.json", {})
    assert events == [(tmp_path / "a.json").stat().st_ino, "", tmp_path.stat().st_ino]
