"""Input files and documents: each document is read once, in a fixed order."""

import csv
import json
import os
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spacy_clinrel.files import LeftOut
from spacy_clinrel.processing import AnnotationOptions
from spacy_clinrel.reading.inputs import MANIFEST, digest_files, list_files
from spacy_clinrel.reading.texts import read_documents
from spacy_clinrel.tokens import set_doc_id

from ..util import write_docs

OPTIONS = AnnotationOptions("none", max_length=1000)


@pytest.fixture
def read(tmp_path):
    """Return a function that reads an input, given its name in the test's folder."""

    def items(name="in", options=OPTIONS):
        files = list_files(str(tmp_path / name), tmp_path / "out")
        return [item for file in files for item in read_documents(file, options)]

    return items


def put(folder, name, texts):
    """Write texts in the format of the file name."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if path.suffix == ".jsonl":
        lines = [json.dumps({"id": i, "text": text}) for i, text in enumerate(texts)]
        path.write_text("\n".join(lines), encoding="utf-8")
    elif path.suffix == ".parquet":
        pq.write_table(pa.table({"id": range(len(texts)), "text": pa.array(texts, "string")}), path)
    elif path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("id", "text"), *enumerate(texts)])
    else:
        path.write_bytes(texts[0].encode())


# The csv module of Python 3.10 rejects NUL.
LEAST = 1 if sys.version_info < (3, 11) else 0
TEXT = st.text(st.characters(min_codepoint=LEAST, exclude_categories=["Cs"]), max_size=30)


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.parquet"])
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(TEXT, min_size=1, max_size=8))
def test_texts_are_read_unchanged(tmp_path, read, name, texts):
    put(tmp_path / "in", name, texts)
    items = read()
    assert [item.text.decode() for item in items] == texts
    assert [item.doc_id for item in items] == [str(i) for i in range(len(texts))]
    assert not any(item.error for item in items)
    positions = [item.position for item in items]
    assert positions == sorted(positions)
    assert positions[-1] == (tmp_path / "in" / name).stat().st_size


def test_folder_with_all_formats(tmp_path, read):
    folder = tmp_path / "in"
    for name in ("b.txt", "a.jsonl", "c.csv", "d.parquet", "B.TXT"):
        put(folder, name, ["一", "二"])
    put(folder / "sub", "b.txt", ["\ufeff三\r\n"])
    for name in (".hidden.txt", "_quarantine.jsonl", "x.pdf"):
        put(folder, name, ["不"])
    put(tmp_path / "out", "part-000000.jsonl", ["不"])
    doc = spacy.blank("zh")("四")
    set_doc_id(doc, "named")
    write_docs(folder / "e.spacy", [doc, spacy.blank("zh")("五")])
    found = [(item.source, item.doc_id, item.text.decode()) for item in read()]
    assert found == [
        ("B.TXT", "B", "一"),
        ("a.jsonl:1", "0", "一"),
        ("a.jsonl:2", "1", "二"),
        ("b.txt", "b", "一"),
        ("c.csv:2", "0", "一"),
        ("c.csv:3", "1", "二"),
        ("d.parquet:1", "0", "一"),
        ("d.parquet:2", "1", "二"),
        ("e.spacy:1", "named", "四"),
        ("e.spacy:2", "e.spacy:2", "五"),
        ("sub/b.txt", "sub/b", "三\r\n"),
    ]
    assert [item.source for item in read("in/*.jsonl")] == ["a.jsonl:1", "a.jsonl:2"]
    assert [item.source for item in read("i*/**/b.txt")] == ["in/b.txt", "in/sub/b.txt"]
    assert [item.doc_id for item in read("in/sub/b.txt")] == ["b"]
    # An output folder within the input is skipped.
    (tmp_path / "out").rename(folder / "out")
    assert len(list(list_files(str(folder), folder / "out"))) == 7
    assert len(list(list_files(str(folder), tmp_path / "out"))) == 8


def test_files_with_other_columns(tmp_path, read):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_bytes("\ufeffnr,note,more\n7,头痛,x\n8\n\n,胸闷\n".encode())
    items = read(options=OPTIONS._replace(text_column="note", id_column="nr"))
    assert [(item.doc_id, item.source) for item in items[:2]] == [
        ("7", "a.csv:2"),
        ("8", "a.csv:3"),
    ]
    assert items[0].text.decode() == "头痛" and "P006" in items[1].error
    assert [item.doc_id for item in read(options=OPTIONS._replace(text_column="note"))] == [
        "a.csv:2",
        "a.csv:3",
        "a.csv:5",
    ]
    for name in ("a.jsonl", "a.parquet", "a.csv"):
        put(folder, name, ["一"])
        for change in ({"text_column": "note"}, {"id_column": "nr"}):
            (item,) = read(f"in/{name}", OPTIONS._replace(**change))
            assert "P006" in item.error and "Available: id, text" in item.error


def test_invalid_json_lines(tmp_path, read):
    folder = tmp_path / "in"
    folder.mkdir()
    lines = [
        b'\xef\xbb\xbf{"id": "a", "text": "\xe5\xa5\xbd"}',
        b'{"id": "b", "text": "\xff"}',
        b'{"id": "c", "text": "x"',
        b"",
        b"[1]",
        b"[" * 100_000,
        b'{"id": "d", "text": 1}',
        b'{"id": "e", "text": null}',
        b'{"id": "\\ud800", "text": "\\ud800"}',
        b'{"id": "z", "text": "\\u0000"}',
    ]
    (folder / "a.jsonl").write_bytes(b"\n".join(lines))
    items = read()
    assert [item.doc_id for item in items] == [
        *("a", "a.jsonl:2", "a.jsonl:3", "a.jsonl:5", "a.jsonl:6", "d", "e", "\\ud800", "z")
    ]
    codes = [item.error and item.error[1:5] for item in items]
    assert codes == [None, "F074", "P008", "P008", "P008", "P007", None, "F081", None]
    assert [item.text for item in items if not item.error] == [*("好".encode(), None, b"\0")]


def test_invalid_table_rows(tmp_path, read, monkeypatch):
    folder = tmp_path / "in"
    folder.mkdir()
    monkeypatch.setattr("spacy_clinrel.reading.lines.MAX_FIELD", 50)
    rows = [
        b"id,text,more",
        b"a,\xff,",
        "好,ͷʹ,".encode(),
        b"b," + b"x" * 60,
        b"c,d",
        b'e,"' + b"y" * 60,
        b"f,g,\xff",
        b"\xff,h",
    ]
    (folder / "a.csv").write_bytes(b"\n".join(rows))
    before = csv.field_size_limit()
    items = read()
    assert csv.field_size_limit() == before
    assert [item.doc_id for item in items] == ["a", "好", "a.csv:4", "c", "a.csv:6", "f", "\\udcff"]
    assert [item.error and item.error[1:5] for item in items] == [
        *("F074", None, "P008", None, "P008", None, "F074")
    ]


def test_invalid_files(tmp_path, read):
    folder = tmp_path / "in"
    for name in ("a.parquet", "b.spacy", "c.csv"):
        put(folder, name, ["" if name == "c.csv" else "x"])
    for name in ("a.parquet", "b.spacy"):
        (folder / name).write_bytes(b"PAR1 broken")
    put(folder, "d.jsonl", ["好"])
    put(folder, "e.txt", ["好" * 2000])
    *invalid, empty, good, long = read()
    assert [item.source for item in invalid] == ["a.parquet", "b.spacy"]
    assert all("P009" in item.error and item.text is None for item in invalid)
    assert empty.text == b"" and good.text.decode() == "好"
    # The size of the file is enough to reject it.
    assert "P004" in long.error and "1500 or more" in long.error


@pytest.mark.parametrize(
    "name, code", [("nothing", "F001"), ("empty", "F002"), ("*.txt", "F002"), ("x.pdf", "F002")]
)
def test_input_without_files(tmp_path, read, name, code):
    (tmp_path / "empty").mkdir()
    (tmp_path / "x.pdf").touch()
    with pytest.raises(ValueError, match=code):
        read(name)


def test_digest_identifies_an_input(tmp_path):
    folder = tmp_path / "in"
    put(folder, "a.txt", ["好"])
    put(folder, "b.txt", ["好"])
    digests = [digest_files(str(folder), tmp_path / "out")]
    assert digests[0]["files"] == 2 and digests[0]["bytes"] == 6
    assert digest_files(str(folder), tmp_path / "out") == digests[0]
    for change in (
        lambda: put(folder, "a.txt", ["坏"]),
        lambda: (folder / "a.txt").rename(folder / "c.txt"),
        lambda: (folder / "b.txt").unlink(),
    ):
        change()
        digests.append(digest_files(str(folder), tmp_path / "out"))
    assert len({digest["sha256"] for digest in digests}) == 4


def names(src, out):
    return [file.name for file in list_files(str(src), out)]


def test_outputs_are_skipped(tmp_path):
    folder = tmp_path / "in"
    for name in ("a.txt", "found/part.jsonl", "sub/b.txt", "sub/other/part.jsonl"):
        put((folder / name).parent, (folder / name).name, ["一"])
    (tmp_path / "link").symlink_to(folder)
    (folder / "sub" / "other" / MANIFEST).touch()
    for src in (folder, tmp_path / "link"):
        for out in (folder / "found", tmp_path / "link" / "found"):
            assert names(src, out) == ["a.txt", "sub/b.txt"]
            assert names(src / "**" / "*", out) == ["a.txt", "sub/b.txt"]
            assert names(src / "[as]*" / "**" / "*", out) == ["sub/b.txt"]
    # An output that is the input itself is read.
    other = folder / "sub" / "other"
    assert names(other, tmp_path / "out") == names(other / "*", tmp_path / "out") == ["part.jsonl"]
    assert names(other / "part.jsonl", tmp_path / "out") == ["part.jsonl"]
    with pytest.raises(ValueError, match="F002"):
        names(other, other)


def test_pattern_matches_each_file_once(tmp_path):
    put(tmp_path / "in" / "sub", "a.txt", ["一"])
    assert names(tmp_path / "in" / "**" / "**" / "*.txt", tmp_path / "out") == ["sub/a.txt"]


def test_folder_without_permission(tmp_path, monkeypatch):
    put(tmp_path / "in", "a.txt", ["一"])
    put(tmp_path / "in" / "locked", "b.txt", ["二"])
    real = os.scandir

    def scandir(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.warns(UserWarning, match=r"W072.*cannot be read: 1\. .*locked: .*denied"):
        assert digest_files(str(tmp_path / "in"), tmp_path / "out")["files"] == 1
    with pytest.warns(UserWarning, match="W072"):
        assert digest_files(str(tmp_path / "**" / "*.txt"), tmp_path / "out")["files"] == 1


def test_skipped_files_are_counted(tmp_path):
    for name in ("a.txt", "a.json", "b.JSON", "c.gz", ".d.gz", "_e.gz", "f"):
        put(tmp_path / "in", name, ["一"])
    with pytest.warns(
        UserWarning, match=r"W031.* 4 files .*: \.json 2, \.gz 1, none 1\."
    ) as caught:
        digest_files(str(tmp_path / "in"), tmp_path / "out")
    assert len(caught) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="file names are Unicode")
def test_file_names_that_are_not_utf8(tmp_path, read):
    folder = tmp_path / "in"
    folder.mkdir()
    for ending in (b".txt", b".jsonl", b".parquet", b".\xb2"):
        path = os.fsencode(folder) + b"/\xb2\xa1" + ending
        with open(path, "wb") as file:
            file.write(b"x")
    items = read()
    assert [item.source for item in items] == [*("病.jsonl:1", "病.parquet", "病.txt")]
    for item in items:
        f"{item}".encode()
    with pytest.warns(UserWarning, match="W031"):
        assert digest_files(str(folder), tmp_path / "out")["files"] == 3


def test_header_that_may_be_data_is_not_shown(tmp_path, read):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text("张三,患者头痛三天\n李四,患者恶心\n", encoding="utf-8")
    (item,) = read()
    assert "P050" in item.error and "2 columns" in item.error and "张三" not in item.error


def test_parquet_file_whose_name_is_not_utf8(tmp_path, read):
    folder = tmp_path / "in"
    put(folder, "a.parquet", ["头痛"])
    os.rename(folder / "a.parquet", os.path.join(os.fsencode(folder), b"\xff.parquet"))
    (item,) = read()
    assert item.text.decode() == "头痛" and item.error is None


def test_file_without_access_is_named(tmp_path, monkeypatch):
    """The names in a folder without the permission to enter it can be read, but not the files."""
    put(tmp_path, "a.txt", ["头痛"])
    put(tmp_path, "b.txt", ["头痛"])
    stat = type(tmp_path).stat

    def deny(path, **options):
        if path.name == "b.txt":
            raise PermissionError(13, "Permission denied")
        return stat(path, **options)

    monkeypatch.setattr(type(tmp_path), "stat", deny)
    left_out = LeftOut()
    files = list(list_files(str(tmp_path), tmp_path / "out", left_out))
    assert [file.name for file in files] == ["a.txt"]
    assert str(left_out.named[0]).endswith("Permission denied")
