"""Search, names and writing of files."""

import pytest

from spacy_clinrel.data.converters import (
    Converter,
    Record,
    Report,
    find_files,
    get_converter,
)
from spacy_clinrel.data.converters.files import MAX_NAME_BYTES, render_files, safe_name
from spacy_clinrel.files import replacing
from spacy_clinrel.tokens import set_doc_id


def read_whole(path, report):
    yield Record(path.stem, path.read_text(encoding="utf-8"))


def test_find_files_searches_subfolders(tmp_path):
    for name in (
        "b/2.txt",
        "b/1.ann",
        "b/1.txt",
        "a.txt",
        ".x/3.txt",
        ".4.txt",
        "README.txt",
        "c.md",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = find_files(tmp_path, get_converter("brat"))
    assert [str(path.relative_to(tmp_path).as_posix()) for path in found] == [
        "a.txt",
        "b/1.txt",
        "b/2.txt",
    ]


def test_find_files_accepts_a_file_of_any_name(tmp_path):
    path = tmp_path / "readme.dat"
    path.touch()
    assert find_files(path, get_converter("cmeee")) == [path]


def test_find_files_errors(tmp_path):
    with pytest.raises(ValueError, match="F001"):
        find_files(tmp_path / "no", get_converter("brat"))
    with pytest.raises(ValueError, match="F002"):
        find_files(tmp_path, get_converter("brat"))


def test_broken_file_is_reported_and_others_are_read(read, put):
    put("a.txt", "头痛|||0 1 sym|||")
    bad = put("b.txt", "患者|||0 1 sym|||", "gbk")
    put("c.txt", "")
    docs, report = read("cmeee", bad.parent)
    assert len(docs) == 1
    assert report.lost == {"broken file": 1}
    assert report.messages[0].startswith(f"{bad}: broken file: [F071]")


@pytest.mark.parametrize("broken", ["a.ann", "a.txt"])
def test_broken_file_of_a_pair_is_reported(read, put, broken):
    put("a.txt", "头痛")
    put("a.ann", "T1\tX 0 2\t头痛\n")
    path = put(broken, "患者", "gbk")
    docs, report = read("brat", path.parent)
    assert not docs and report.messages[0].startswith(f"{path}: ")


def test_text_that_is_too_long_is_lost(read, put, zh):
    path = put("a.txt", "头" * (zh.max_length + 1))
    docs, report = read("brat", path)
    assert not docs and report.lost == {"broken line": 1} and "[F100]" in report.messages[0]


@pytest.mark.parametrize(
    "doc_id, name",
    [
        ("病史-12", "病史-12"),
        ("../../etc/x", "_.._etc_x"),
        ("a\\b:c\n", "a_b_c_"),
        ("..", ""),
        (" . ", ""),
        ("", ""),
        ("ReadMe", "_ReadMe"),
    ],
)
def test_safe_name(doc_id, name):
    assert safe_name(doc_id) == name


def test_safe_name_is_short():
    assert safe_name("头" * 500) == "头" * (MAX_NAME_BYTES // 3)


def test_file_names_are_unique(zh):
    docs = [zh.make_doc("甲") for _ in range(5)]
    for doc, doc_id in zip(docs, ["A", "a", "a-2", "/"], strict=False):
        set_doc_id(doc, doc_id)
    converter = Converter("x", ("*.x",), read_whole, write=lambda record, _: {".x": record.text})
    files = render_files(converter, docs, Report())
    assert list(files) == ["A.x", "a-2.x", "a-2-2.x", "_.x", "5.x"]


def test_render_files_passes_records(zh):
    def write(record, report):
        assert isinstance(record, Record) and isinstance(report, Report)
        return {".x": record.text, ".y": record.doc_id}

    converter = Converter("x and y", ("*.x",), read_whole, write=write)
    assert render_files(converter, [zh.make_doc("甲")], Report()) == {"1.x": "甲", "1.y": "1"}


def test_replacing_is_atomic(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with replacing(path) as draft:
        draft.write_text("old")
        assert not path.exists()
    with pytest.raises(KeyError), replacing(path) as draft:
        draft.write_text("half")
        raise KeyError
    assert path.read_text() == "old"
    assert [p.name for p in path.parent.iterdir()] == ["a.txt"]
