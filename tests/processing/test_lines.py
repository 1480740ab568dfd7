"""Invalid lines, rows and files: reading continues after them."""

import csv
import json
import os
import sys
import zlib
from itertools import pairwise

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy
import srsly
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import DocBin

from spacy_clinrel.processing import AnnotationOptions
from spacy_clinrel.reading import lines as lines_module
from spacy_clinrel.reading.inputs import SUFFIXES, InputFile
from spacy_clinrel.reading.lines import read_lines, read_rows
from spacy_clinrel.reading.texts import READERS, read_documents

OPTIONS = AnnotationOptions("none", max_length=1000)


@pytest.fixture
def read(tmp_path):
    """Return a function that returns id, text and error code of each document of a
    file, given its name, options, and its content if it must be written first."""

    def items(name, content=None, **options):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        file = InputFile(path, name, path.stat().st_size, 0)
        found = list(read_documents(file, OPTIONS._replace(**options)))
        positions = [item.position for item in found]
        assert positions == sorted(positions) and all(p <= file.size for p in positions)
        texts = [None if item.text is None else item.text.decode() for item in found]
        codes = [item.error and item.error[1:5] for item in found]
        return list(zip([item.doc_id for item in found], texts, codes))

    return items


def test_each_suffix_has_a_reader():
    assert tuple(READERS) == SUFFIXES
    assert [f.__name__.split("read_")[1] for f in READERS.values()] == [
        suffix[1:] for suffix in SUFFIXES
    ]


A, B, C = ("1", "一", None), ("2", "二", None), ("3", "三", None)
TABLES = [
    # Blank lines before the header, and between rows.
    ("\n  \nid,text\n1,一\n\n2,二\n", [A, B]),
    ("id,text\r1,一\r2,二\r\n3,三", [A, B, C]),
    ("id,text\n1,一,三天\n2,二\n3,三,,\n", [("a.csv:2", None, "P018"), B, C]),
    # Quotes that are not closed: only their row is lost.
    ('id,text\n1,一\n9,"x\n2,二\n3,三\n', [A, ("a.csv:3", None, "P016"), B, C]),
    ('id,text\n1,一\n9,"x\n2,二\n3,"三"\n', [A, ("a.csv:3", None, "P016"), B, C]),
    ('id,text\n1,一\n2,二\n9,"x\n', [A, B, ("a.csv:4", None, "P008")]),
    ('id,text\n9,"x"y\n2,二\n', [("a.csv:2", None, "P008"), B]),
    ('id,"text\n1,一\n', [("a.csv", None, "P009")]),
    ("id,text,text\n1,一,二\n", [("a.csv", None, "P009")]),
    ("id,more,more,text\n1,x,y,一\n", [A]),
]


@pytest.mark.parametrize("content, expected", TABLES, ids=range(len(TABLES)))
def test_table_rows(read, content, expected):
    before = csv.field_size_limit()
    assert read("a.csv", content) == expected
    assert read("a.csv", b"\xef\xbb\xbf" + content.encode()) == expected
    assert csv.field_size_limit() == before


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_table_lines_that_are_too_long(read, monkeypatch, end):
    monkeypatch.setattr(lines_module, "MAX_FIELD", 50)
    for size in (40, 46, 100, 102, 1000):
        text = "x" * size
        found = read("a.csv", end.join(["id,text", "1,一", f"9,{text}", "2,二", '3,"三"']))
        assert found == [A, ("9", text, None) if size < 48 else ("a.csv:3", None, "P008"), B, C]
    # The same within quotes.
    found = read("a.csv", end.join(["id,text", '9,"x', "1,一", "9," + "x" * 100, "2,二"]))
    assert found == [("a.csv:2", None, "P016"), A, ("a.csv:4", None, "P008"), B]


LEAST = 1 if sys.version_info < (3, 11) else 0
FIELD = st.text(st.characters(min_codepoint=LEAST, exclude_categories=["Cs"]), max_size=8)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(FIELD, max_size=3), max_size=6), st.sampled_from(["\n", "\r", "\r\n"]))
def test_valid_tables_match_the_csv_module(tmp_path_factory, rows, end):
    """Blank rows count."""
    path = tmp_path_factory.getbasetemp() / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator=end).writerows(rows)
    with path.open(encoding="utf-8-sig", newline="") as file:
        expected = list(csv.reader(file))
    with path.open("rb") as raw:
        found = list(read_rows(raw))
    assert [row.fields for row in found] == expected and not any(row.error for row in found)
    assert [row.number for row in found] == list(range(1, len(expected) + 1))
    assert all(row.position <= after.position for row, after in pairwise(found))
    assert not found or found[-1].position == path.stat().st_size


def test_json_lines_that_are_too_long(read, monkeypatch):
    monkeypatch.setattr("spacy_clinrel.reading.texts.MIN_LINE_LIMIT", 100)
    lines = [json.dumps({"id": i, "text": "x" * size}) for i, size in enumerate((5, 100, 3000, 5))]
    expected = [("0", "x" * 5, None), *[(f"a.jsonl:{i}", None, "P017") for i in (2, 3)]]
    expected.append(("3", "x" * 5, None))
    assert read("a.jsonl", "\n".join(lines), max_length=8) == expected
    # The limit of a line allows for escapes.
    text = "😀" * 20
    (found,) = read("a.jsonl", json.dumps({"text": text}), max_length=24)
    assert found[1] == text


@pytest.mark.parametrize("size", [1, 7, 63])
def test_read_lines_bounds_its_memory(tmp_path, size):
    path = tmp_path / "a"
    path.write_bytes(b"\n".join([b"x" * 63, b"", b"x" * 64, b"y", b"z" * 1000]))
    sizes = []
    with path.open("rb") as raw:

        class Watched:
            def readline(self, most):
                sizes.append(len(line := raw.readline(most)))
                return line

        found = list(read_lines(Watched(), size))
    assert [len(line.data) if line.data is not None else None for line in found] == [
        64 if size == 63 else None,
        1,
        None,
        2,
        None,
    ]
    assert max(sizes) <= size + 1 and found[-1].position == path.stat().st_size


def parquet(path, columns, names=("nr", "text"), **options):
    pq.write_table(pa.Table.from_arrays([pa.array(c) for c in columns], names=names), path)


def test_missing_ids(read, tmp_path):
    """A missing id is replaced by file name and row number, in all formats."""
    parquet(tmp_path / "a.parquet", [["", None, "c"], ["一", "二", "三"]])
    entries = [{"nr": "", "text": "一"}, {"nr": None, "text": "二"}, {"nr": "c", "text": "三"}]
    lines = [*map(json.dumps, entries), '{"text": "四"}']
    for name, content in (("a.parquet", None), ("a.jsonl", "\n".join(lines))):
        found = read(name, content, id_column="nr")
        assert [row[0] for row in found[:3]] == ["", f"{name}:2", "c"]
        assert [row[2] for row in found] == [None, None, None, "P006"][: len(found)]
    assert read("a.csv", "nr,text\n,二\nc,三\n", id_column="nr")[0] == ("a.csv:2", "二", None)
    assert read("a.csv", "id,text\n,二\n") == [("a.csv:2", "二", None)]


def test_duplicate_columns(read, tmp_path):
    parquet(tmp_path / "a.parquet", [["1"], ["一"], ["二"]], ["id", "text", "text"])
    for name, content in (("a.parquet", None), ("a.csv", "id,text,text\n1,一,二\n")):
        assert read(name, content) == [(name, None, "P009")]
        assert [row[2] for row in read(name, text_column="id")] == [None]


def test_corrupt_row_group(read, tmp_path):
    path = tmp_path / "a.parquet"
    table = pa.table({"id": [str(i) for i in range(40)], "text": [os.urandom(20).hex()] * 40})
    pq.write_table(table, path, row_group_size=10, compression="zstd", use_dictionary=False)
    column = pq.ParquetFile(path).metadata.row_group(1).column(1)
    content = bytearray(path.read_bytes())
    for i in range(column.data_page_offset, column.data_page_offset + column.total_compressed_size):
        content[i] ^= 0xA5
    found = read("a.parquet", bytes(content))
    assert found[10] == ("a.parquet:11-20", None, "P020")
    assert [row[0] for row in found if not row[2]] == [str(i) for i in range(40) if i // 10 != 1]


def test_documents_before_a_corrupt_one_are_read(tmp_path):
    nlp = spacy.blank("zh")
    docs = DocBin(docs=[nlp(text) for text in "一二三四"], store_user_data=True)
    content = srsly.msgpack_loads(zlib.decompress(docs.to_bytes()))
    content["span_groups"][2] = b"corrupt"
    path = tmp_path / "a.spacy"
    path.write_bytes(zlib.compress(srsly.msgpack_dumps(content)))
    *good, corrupt = read_documents(InputFile(path, path.name, 1, 0), OPTIONS)
    assert [item.text.decode() for item in good] == ["一", "二"]
    assert "P009" in corrupt.error and "2 documents were read before" in corrupt.error


def test_any_exception_of_a_reader_becomes_an_error(read, monkeypatch):
    def fail(*args):
        raise KeyError("\udcb2")
        yield

    monkeypatch.setitem(READERS, ".txt", fail)
    assert read("a.txt", "x") == [("a.txt", None, "P009")]
