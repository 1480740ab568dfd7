"""Writing brat standoff, and round trips."""

import tempfile
from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinrel.data.converters import (
    Link,
    Mention,
    ReadOptions,
    Record,
    Report,
    build_doc,
    find_files,
    get_converter,
    read_docs,
    render_files,
)
from spacy_clinrel.data.converters.brat import BRAT
from spacy_clinrel.tokens import get_doc_id

from . import annotation as tools

NLP = spacy.blank("zh")


def test_brat_writes_mentions_and_relations(zh):
    record = Record(
        "病史-1",
        "左\r\n侧\t股骨",
        [Mention("a", 0, 4, "部 位"), Mention("b", 3, 7, "X:Y")],
        [Link("b", "a", "在 于")],
    )
    doc = build_doc(zh, record, Path("x"), Report())
    report = Report()
    files = render_files(BRAT, [doc], report)
    assert files == {
        "病史-1.txt": record.text,
        "病史-1.ann": "T1\t部_位 0 1;3 4\t左 侧\nT2\tX:Y 3 7\t侧 股骨\n"
        "R1\t在_于 Arg1:T2 Arg2:T1\t\n",
    }
    assert report.repaired == {"white space in a type, label or attribute written as _": 2}
    assert (report.documents, report.entities, report.relations) == (1, 2, 1)


@pytest.mark.parametrize("text, offsets", [("左\r侧", "0 1;2 3"), ("左\n \n侧 ", "0 1;4 5")])
def test_brat_writes_a_fragment_per_line(text, offsets):
    record = Record("x", text, [Mention("a", 0, len(text), "X")])
    assert BRAT.write(record, Report())[".ann"] == f"T1\tX {offsets}\t左 侧\n"


def test_brat_writes_a_doc_without_annotations(zh, tmp_path):
    files = tools.write_to(tmp_path, [zh.make_doc("甲")], BRAT)
    assert files == {"1.txt": "甲", "1.ann": ""}


# Line breaks of all kinds, white space, full-width and astral characters.
CHARACTERS = st.sampled_from(
    [*"甲乙ａ１ab;:\t 　_\u2028\x85\x1c\x0b\xa0", "\n", "\r\n", "\r", "😀", "𠮷"]
)
TEXTS = st.lists(CHARACTERS | st.characters(exclude_categories=["Cs"]), max_size=25).map("".join)
# A byte order mark at the start is dropped in reading.
TEXTS = TEXTS.filter(lambda text: not text.startswith("\ufeff"))
NAMES = st.text(st.sampled_from("XY:症状-_;，"), min_size=1, max_size=3)


@st.composite
def records(draw):
    text = draw(TEXTS)
    bounds = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    names = st.lists(NAMES | st.sampled_from(["X=Y", "=", "Y="]), max_size=2).map(tuple)
    spans = draw(st.lists(st.tuples(bounds, NAMES, names), max_size=6))
    found = [
        Mention(str(i), start, end, name, attributes=given)
        for i, ((start, end), name, given) in enumerate(spans)
    ]
    ids = st.sampled_from([mention.id for mention in found] or ["0"])
    links = draw(st.lists(st.builds(Link, ids, ids, NAMES), max_size=5))
    return Record(draw(st.text(max_size=5)), text, found, links)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(records(), min_size=1, max_size=3, unique_by=lambda record: record.text))
def test_brat_round_trip(batch):
    docs = [build_doc(NLP, record, Path("x"), Report()) for record in batch]
    with tempfile.TemporaryDirectory() as folder:
        files = tools.write_to(Path(folder), docs, BRAT)
        assert len(files) == 2 * len(docs)
        report = Report()
        found = find_files(Path(folder), get_converter("brat"))
        options = ReadOptions(encoding="utf-8", copies="all")
        copies = {get_doc_id(doc): doc for doc in read_docs(NLP, BRAT, found, report, options)}
    assert report.losses == 0 and not report.repaired and not report.messages
    names = [name.removesuffix(".txt") for name in files if name.endswith(".txt")]
    assert sorted(names) == sorted(copies)
    for doc, name in zip(docs, names, strict=True):
        assert copies[name].text == doc.text
        assert tools.mentions(copies[name]) == tools.mentions(doc)
        assert tools.attributes(copies[name]) == tools.attributes(doc)
        assert sorted(tools.texts(copies[name])) == sorted(tools.texts(doc))


def test_brat_keeps_attributes_of_mentions_and_events(read, put, tmp_path):
    put("in/a.txt", "甲乙丙")
    lines = [
        "A1\tNegated T1",
        "A2\tPolarity T1 Negative",
        "M3\tNegated E1",
        "A4\tNegated T3",
        "T1\tX 0 1\t甲",
        "T2\tY 1 2\t乙",
        "E1\tY:T2",
    ]
    path = put("in/a.ann", "\n".join(lines))
    docs, report = read("brat", path.parent)
    expected = [("甲", "negated"), ("甲", "Polarity=Negative"), ("乙", "negated")]
    assert tools.attributes(docs[0]) == expected
    assert tools.mentions(docs[0]) == [(0, 1, "X"), (1, 2, "Y")]
    assert report.lost["attribute of an unknown mention"] == 1
    assert report.messages == [f"{path}:4: attribute of an unknown mention: Negated: T3"]
    written = Report()
    files = tools.write_to(tmp_path, docs, BRAT, written)
    tail = "A1\tNegated T1\nA2\tPolarity T1 Negative\nA3\tNegated T2\n"
    assert files["a.ann"].endswith(tail) and not written.losses
    copies, _ = read("brat", tmp_path / "a.txt")
    assert tools.attributes(copies[0]) == expected


@pytest.mark.parametrize("line", ["A9\tNegated", "A9\tNegated T1 a b", "A9", "M9\t"])
def test_brat_reports_broken_attributes(read, put, line):
    put("a.txt", "甲")
    path = put("a.ann", f"{line}\nT1\tX 0 1\t甲\n")
    docs, report = read("brat", path)
    assert tools.attributes(docs[0]) == []
    assert report.lost == {"broken line": 1} and report.messages[0].startswith(f"{path}:1: ")


@pytest.mark.parametrize("name", ["=x", "x=", "=", "a=b=c", "否定", "a b=c"])
def test_brat_attribute_names_survive_a_round_trip(read, tmp_path, name):
    record = Record("x", "甲", [Mention("a", 0, 1, "X", attributes=(name,))])
    tools.write_to(tmp_path, [build_doc(NLP, record, Path("x"), Report())], BRAT)
    docs, _ = read("brat", tmp_path)
    assert tools.attributes(docs[0]) == [("甲", name.replace(" ", "_"))]
