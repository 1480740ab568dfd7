"""Reading and writing of files, and locks."""

import os
import subprocess
import sys

import pytest

from spacy_clinrel.files import (
    LOCK_FILE,
    check_output,
    locked_folder,
    read_docbin,
    replacing_folder,
    spacy_files,
    stream_docbin,
    write_json,
)

from ..util import make_doc, write_docs


def test_check_output_protects_inputs(tmp_path):
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


def test_write_errors_name_the_file(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(ValueError, match=r"F018.*file.*a\.json"):
        write_json(tmp_path / "file" / "a.json", {})


def test_read_docbin_rejects_folders(zh, tmp_path):
    with pytest.raises(ValueError, match="F020"):
        read_docbin(tmp_path, zh.vocab)


def test_stream_docbin_streams(zh, tmp_path):
    path = write_docs(tmp_path / "a.spacy", [make_doc(zh, "头痛。"), make_doc(zh, "")])
    stream = stream_docbin(path, zh.vocab)
    assert next(stream).text == "头痛。"
    # Exceptions of the caller are not reported as reading errors.
    with pytest.raises(KeyError, match="mine"):
        stream.throw(KeyError("mine"))
    assert [doc.text for doc in read_docbin(path, zh.vocab)] == ["头痛。", ""]


def test_spacy_files_lists_each_file_once(tmp_path):
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
def test_replacing_syncs_the_file_before_its_name(tmp_path, monkeypatch):
    events = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: events.append(os.fstat(fd).st_ino) or fsync(fd))
    monkeypatch.setattr(os, "replace", lambda *paths: events.append("") or replace(*paths))
    write_json(tmp_path / "a.json", {})
    assert events == [(tmp_path / "a.json").stat().st_ino, "", tmp_path.stat().st_ino]


# Without spaCy, which takes seconds to import.
LOCK = """
import sys
from filelock import FileLock, Timeout

try:
    FileLock(sys.argv[1]).acquire(timeout=0)
    print("locked")
except Timeout:
    print("held")
"""


def test_locked_folder_excludes_other_processes(tmp_path):
    path = tmp_path / "out" / LOCK_FILE

    def lock():
        command = [sys.executable, "-c", LOCK, str(path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    with locked_folder(path.parent):
        assert lock() == "held\n"
        with pytest.raises(ValueError, match="F033"), locked_folder(path.parent):
            pass
    assert lock() == "locked\n"
    assert list(path.parent.iterdir()) == [path]


def test_locked_folder_that_can_not_be_created(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="F018"), locked_folder(tmp_path / "file" / "out"):
        pass


def test_locked_folder_without_support_for_locks(tmp_path, monkeypatch):
    def fail(lock, **options):
        raise OSError("no locks")

    monkeypatch.setattr("spacy_clinrel.files.writing.FileLock.acquire", fail)
    with locked_folder(tmp_path / "out"):
        assert (tmp_path / "out").is_dir()


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({"scores": [0.5, {"f": float("nan")}]}, r"scores\.1\.f"),
        ([float("-inf")], "0"),
        (float("inf"), "the value"),
    ],
)
def test_numbers_that_json_cannot_hold_are_refused_by_name(data, place, tmp_path):
    (tmp_path / "a.json").write_text("old", encoding="utf-8")
    with pytest.raises(ValueError, match=rf"G011.*a\.json: {place} is NaN or infinite"):
        write_json(tmp_path / "a.json", data)
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == "old"


def write_folder(path, name, error=None):
    with replacing_folder(path) as draft:
        (draft / name).write_text(name, encoding="utf-8")
        if error:
            raise error


def test_folders_are_replaced_as_a_whole(tmp_path):
    folder = tmp_path / "parent" / "folder"
    write_folder(folder, "a")
    write_folder(folder, "b")
    assert [path.name for path in folder.iterdir()] == ["b"]
    assert os.listdir(tmp_path / "parent") == ["folder"]


def test_folders_are_kept_after_an_error(tmp_path, monkeypatch):
    folder = tmp_path / "folder"
    with pytest.raises(RuntimeError):
        write_folder(folder, "a", RuntimeError())
    assert not os.listdir(tmp_path)
    write_folder(folder, "a")
    replace = os.replace

    def fail(source, target):
        if str(source).endswith(".tmp"):
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(ValueError, match=r"F018.*No space left"):
        write_folder(folder, "b")
    assert [path.name for path in folder.iterdir()] == ["a"]
    assert os.listdir(tmp_path) == ["folder"]
