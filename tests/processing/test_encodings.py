"""Inputs in other encodings, with links and unusual names."""

import json
import os

import pytest

from spacy_clinrel.processing import AnnotationOptions
from spacy_clinrel.reading.inputs import digest_files, list_files
from spacy_clinrel.reading.texts import EncodingDoubts, read_documents

OPTIONS = AnnotationOptions("none", max_length=1000)
TEXT = "患者因头痛3天入院。"


@pytest.fixture
def read(tmp_path):
    """Return a function that returns id, text and error code of each document."""

    def documents(name="in", lang="zh", **options):
        doubts = EncodingDoubts(lang)
        found = [
            (item.doc_id, item.text and item.text.decode(), item.error and item.error[1:5])
            for file in list_files(str(tmp_path / name), tmp_path / "out")
            for item in read_documents(file, OPTIONS._replace(**options), doubts)
        ]
        doubts.warn()
        return found

    return documents


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


CSV = f"id,text\n1,{TEXT}\n2,头痛\n"
JSONL = f'{{"id": 1, "text": "{TEXT}"}}\n{{"id": 2, "text": "头痛"}}\n'
BOTH = [("1", TEXT, None), ("2", "头痛", None)]


@pytest.mark.parametrize("name, content", [("a.csv", CSV), ("a.jsonl", JSONL)])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "big5"])
def test_tables_in_each_encoding(tmp_path, read, name, content, encoding):
    if encoding == "big5":
        content = content.replace("头", "頭")
    put(tmp_path / "in" / name, content.encode(encoding))
    expected = json.loads(
        json.dumps(BOTH).replace("\\u5934", "\\u982d" if encoding == "big5" else "\\u5934")
    )
    expected = [tuple(row) for row in expected]
    if encoding.startswith("utf"):
        assert read() == expected
    else:
        assert read() == [(name, None, "F071")]
        assert read(encoding=encoding) == expected


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_texts_in_each_encoding(tmp_path, read, encoding):
    put(tmp_path / "in" / "a.txt", f"{TEXT}\r\n".encode(encoding))
    if encoding == "gb18030":
        assert read() == [("a", None, "F071")]
        assert read(encoding=encoding) == [("a", f"{TEXT}\r\n", None)]
    else:
        assert read() == [("a", f"{TEXT}\r\n", None)]


def test_no_row_of_a_gbk_table_is_taken_for_utf8(tmp_path, read):
    rows = "id,text\n1,头痛\n2,头晕\n3,患者头痛3天\n4,头痛，头痛\n"
    assert "头痛".encode("gbk").decode("utf-8")
    put(tmp_path / "in" / "a.csv", rows.encode("gbk"))
    assert read() == [("a.csv", None, "F071")]
    found = [text for _, text, _ in read(encoding="gb18030")]
    assert found == ["头痛", "头晕", "患者头痛3天", "头痛，头痛"]


def test_gbk_column_names_get_the_message_about_the_encoding(tmp_path, read):
    put(tmp_path / "in" / "a.csv", "编号,文本\n1,ok\n".encode("gbk"))
    assert read(text_column="文本", id_column="编号") == [("a.csv", None, "F071")]
    options = {"text_column": "文本", "id_column": "编号", "encoding": "gbk"}
    assert read(**options) == [("1", "ok", None)]


def test_only_broken_and_doubtful_rows_of_a_damaged_table_are_lost(tmp_path, read):
    rows = [b"id,text,more", f"1,{TEXT},x".encode(), "2,头痛,x".encode("gbk")]
    rows += ["3,头晕,x".encode("gbk"), "4,ͷʹ,头痛".encode(), b"5,ok,\xff", "6,37°,".encode()]
    put(tmp_path / "in" / "a.csv", b"\n".join(rows))
    assert read() == [
        ("1", TEXT, None),
        ("2", None, "F075"),
        ("3", None, "F074"),
        ("4", "ͷʹ", None),
        ("5", "ok", None),
        ("6", "37°", None),
    ]


def test_rows_that_are_invalid_in_the_given_encoding_are_lost(tmp_path, read):
    rows = [b"id,text", "1,头痛".encode("gbk"), b"2,\xff\xff", '3,"头'.encode("gbk")]
    rows += ["4,头晕".encode("gbk")]
    put(tmp_path / "in" / "a.csv", b"\n".join(rows))
    assert read(encoding="gb18030") == [
        ("1", "头痛", None),
        ("2", None, "F074"),
        ("a.csv:4", None, "P016"),
        ("4", "头晕", None),
    ]


def test_doubtful_texts_give_a_warning_in_chinese(tmp_path, read, recwarn):
    for name in ("a.txt", "b.txt"):
        put(tmp_path / "in" / name, "头痛".encode("gbk"))
    put(tmp_path / "in" / "c.txt", "我们".encode())  # also valid in GBK
    with pytest.warns(UserWarning, match=r"W071.* 2 files, e\.g\. a\.txt: .*gb18030"):
        read()
    with pytest.warns(UserWarning, match=r"W071.* 1 files, e\.g\. c\.txt: .*omit --encoding"):
        read(encoding="gb18030")
    recwarn.clear()
    read(lang="en")
    assert not recwarn.list


def test_deeply_nested_json_costs_one_line(tmp_path, read):
    lines = ['{"id": 1, "text": "a"}']
    for depth in (900, 980, 1100, 100_000):
        lines.append('{"text": "b", "id": ' + "[" * depth + "]" * depth + "}")
    put(tmp_path / "in" / "a.jsonl", "\n".join([*lines, lines[0]]).encode())
    found = read()
    assert len(found) == 6 and found[0] == found[-1] == ("1", "a", None)
    assert found[4][2] == "P008"


def test_links_pipes_and_upper_case(tmp_path):
    put(tmp_path / "in" / "A.TXT", b"a")
    put(tmp_path / "other" / "b.txt", b"b")
    (tmp_path / "other" / "up").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "x").symlink_to(tmp_path / "other")
    (tmp_path / "in" / "y").symlink_to(tmp_path / "other")
    os.mkfifo(tmp_path / "in" / "pipe.txt")
    for source in ("in", "in/**/*.[tT]*"):
        with pytest.warns(UserWarning, match="W072.*pipe"):
            digest_files(str(tmp_path / source), tmp_path / "out")
        files = list_files(str(tmp_path / source), tmp_path / "out")
        assert [file.name for file in files] == ["A.TXT", "x/b.txt"]
    with pytest.raises(ValueError, match="F078"):
        list(list_files(str(tmp_path / "in" / "pipe.txt"), tmp_path / "out"))
