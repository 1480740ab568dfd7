"""Columns of tokens and tags: schemes, documents, faults, round trip."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinrel.data.converters import Report, get_converter
from spacy_clinrel.tokens import get_doc_id

from ...util import ents
from . import annotation as tools

CHARACTERS = ["患", "者", "头", "痛", "。"]


def column(*tags):
    return "".join(f"{token} {tag}\n" for token, tag in zip(CHARACTERS, tags))


@pytest.mark.parametrize(
    "tags",
    [
        ("O", "O", "B-症状", "I-症状", "O"),
        ("O", "O", "I-症状", "I-症状", "O"),
        ("O", "O", "B-症状", "E-症状", "O"),
        ("O", "O", "B-症状", "L-症状", "O"),
        ("O", "O", "症状-B", "症状-I", "O"),
        ("O", "O", "B_症状", "E_症状", "O"),
    ],
)
def test_columns_read_tag_schemes(read, put, tags):
    (doc,), report = read("bio", put("a.txt", column(*tags)))
    assert doc.text == "患者头痛。" and ents(doc) == [(2, 4, "症状")]
    assert report.losses == 0 and sum(report.repaired.values()) == (tags[2] == "I-症状")


def test_columns_separate_adjacent_entities(read, put):
    path = put("a.bio", column("S-人", "U-人", "B-甲", "B-甲", "I-乙"))
    (doc,), _ = read("bio", path)
    assert ents(doc) == [(0, 1, "人"), (1, 2, "人"), (2, 3, "甲"), (3, 4, "甲"), (4, 5, "乙")]


def test_columns_read_words_and_documents(read, put):
    lines = "-DOCSTART- -X- O O\n\nNo NN O\nchest NN B-Sign\npain NN I-Sign\n\nOK NN O\n"
    docs, _ = read("bio", put("a.conll", lines * 2))
    assert [doc.text for doc in docs] == ["No chest pain\nOK"] * 2
    assert [ent.text for ent in docs[0].ents] == ["chest pain"]
    assert [get_doc_id(doc) for doc in docs] == ["a-1", "a-8"]


def test_columns_without_headers_have_a_document_per_block(read, put):
    docs, _ = read("bio", put("a.bmes", "头\tB-症\r\n痛\tE-症\r\n\r\n#\tO\r\n"))
    assert [doc.text for doc in docs] == ["头痛", "#"]
    assert get_doc_id(docs[1]) == "a-4"


@pytest.mark.parametrize("content", ["患者头痛。\n", "头痛 三天\n", "头 B-症\n痛 other\n"])
def test_columns_refuse_other_files(read, put, content):
    docs, report = read("bio", put("a.txt", content))
    assert not docs and report.losses


def test_columns_count_what_they_cannot_write():
    record = tools.Record("a\nb", "左膝 痛", [], [])
    record.mentions = [tools.Mention("0", 0, 2, "部\n位"), tools.Mention("1", 0, 1, "方位")]
    record.relations = [tools.Link("0", "1", "在")]
    report = Report()
    text = get_converter("bioes").write(record, report)[".txt"]
    assert text == "# doc_id = a b\n左\tB-部 位\n膝\tE-部 位\n痛\tO\n"
    assert report.lost == {
        "relation not kept": 1,
        "mention that overlaps a longer mention not kept": 1,
        "text whose white space is not kept": 1,
    }


@pytest.mark.parametrize("name", ["bio", "bioes"])
def test_columns_round_trip(name):
    @given(batch=st.lists(tools.records(), min_size=1, max_size=2))
    def check(batch):
        docs = [tools.make(record) for record in batch]
        report = Report()
        contents = tools.write(docs, get_converter(name), report)
        with tempfile.TemporaryDirectory() as folder:
            ((file_name, content),) = contents.items()
            path = Path(folder, file_name)
            path.write_bytes(content.encode())
            copies, _ = tools.convert(path, get_converter(name))
        if report.lost.keys() <= {"relation not kept"}:
            originals = [doc for doc in docs if doc.text.strip()]
            assert [doc.text for doc in copies] == [doc.text for doc in originals]
            for doc, copy in zip(originals, copies, strict=True):
                expected = [
                    (start, end, " ".join(label.split())) for start, end, label in ents(doc)
                ]
                assert ents(copy) == expected

    check()
