"""Reading and writing Prodigy's JSONL for relations."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinrel.data.converters import (
    Link,
    Mention,
    Record,
    Report,
    get_converter,
)
from spacy_clinrel.data.converters.prodigy import OVERLAP, PRODIGY
from spacy_clinrel.tokens import get_doc_id

from . import annotation as tools

TEXT = "头颅CT示脑出血😀"
WORDS = [(0, 2), (2, 4), (4, 5), (5, 6), (6, 8), (8, 9)]
TEST = {"start": 0, "end": 4, "token_start": 0, "token_end": 1, "label": "检查"}
SITE = {"start": 5, "end": 6, "token_start": 3, "token_end": 3, "label": "部位"}
DISEASE = {"start": 5, "end": 8, "token_start": 3, "token_end": 4, "label": "疾病"}
ENTRY = {
    "text": TEXT,
    "_input_hash": -1,
    "tokens": [
        {"text": TEXT[start:end], "start": start, "end": end, "id": i, "ws": False}
        for i, (start, end) in enumerate(WORDS)
    ],
    "spans": [TEST, SITE, DISEASE],
    "relations": [
        {
            "head": 1,
            "child": 4,
            "label": "TeRD",
            "color": "#ffd882",
            "head_span": TEST,
            "child_span": DISEASE,
        }
    ],
    "meta": {"doc_id": "病史 1"},
    "answer": "accept",
}


@pytest.fixture
def put_lines(put):
    """Return a function that writes objects to a file, one per line."""
    return lambda *lines: put("rel.jsonl", "\n".join(json.dumps(line) for line in lines))


def test_prodigy_reads_spans_and_relations(put_lines):
    (doc,), report = tools.convert(put_lines(ENTRY), PRODIGY)
    assert tools.mentions(doc) == [(0, 4, "检查"), (5, 6, "部位"), (5, 8, "疾病")]
    assert tools.texts(doc) == [("头颅CT", "TeRD", "脑出血")]
    assert get_doc_id(doc) == "病史 1" and report.losses == 0 and not report.repaired


@pytest.mark.parametrize(
    ("head", "child", "expected"),
    [
        (1, 4, ("头颅CT", "R", "脑出血")),
        (4, 1, ("脑出血", "R", "头颅CT")),
        (0, 3, ("头颅CT", "R", "脑")),
    ],
)
def test_prodigy_finds_spans_by_token(put_lines, head, child, expected):
    """Without head_span and child_span, a token index refers to the span that ends with or contains
    the token."""
    relations = [{"head": head, "child": child, "label": "R"}]
    (doc,), report = tools.convert(put_lines({**ENTRY, "relations": relations}), PRODIGY)
    assert tools.texts(doc) == [expected] and report.losses == 0


@pytest.mark.parametrize(
    ("relation", "reason"),
    [
        ({"head": 1, "child": 2, "label": "R"}, "token 2, which is in no span"),
        ({"head": 1, "child": 2, "label": "R", "child_span": {"label": None}}, "token 2, which"),
        ({"head": 1, "child": 4, "label": "R", "child_span": {**SITE, "end": 7}}, "(5, 7, '部位')"),
        ({"head": 1, "child": 9, "label": "R"}, "token 9 is outside the text"),
        ({"head": -1, "child": 1, "label": "R"}, "token -1 is outside the text"),
        ({"head": 1, "child": 4}, "relation has no label"),
        ({"head": 1, "label": "R"}, "has no 'child'"),
        ("R", "expected a JSON object"),
    ],
)
def test_prodigy_reports_broken_relations(put_lines, relation, reason):
    path = put_lines(ENTRY, {**ENTRY, "relations": [relation, *ENTRY["relations"]]})
    docs, report = tools.convert(path, PRODIGY)
    assert [len(tools.relations(doc)) for doc in docs] == [1, 1] and report.losses == 1
    assert report.messages[0].startswith(f"{path}:2: ") and reason in report.messages[0]


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"text": 3}, 0),
        ({"answer": "maybe"}, 0),
        ({"spans": [{"start": 0, "end": 4}]}, 1),
        ({"spans": [{"start": 0, "end": 99, "label": "X"}]}, 1),
        ({"spans": [{"start": 0, "end": 2, "label": "X", "text": "脑"}]}, 1),
    ],
)
def test_prodigy_reports_faults_by_line(put_lines, change, kept):
    path = put_lines(ENTRY, {**ENTRY, "relations": [], **change}, ENTRY)
    docs, report = tools.convert(path, PRODIGY)
    assert len(docs) == 2 + kept and report.losses == 1
    assert report.messages[0].startswith(f"{path}:2: ")


def test_prodigy_reads_accepted_lines(put_lines):
    lines = [{**ENTRY, "answer": answer} for answer in ("reject", "ignore", "accept", "reject")]
    del lines[2]["answer"]
    docs, report = tools.convert(put_lines(*lines), PRODIGY)
    assert len(docs) == 1 and report.losses == 0
    assert report.left_out == {
        "documents with the answer 'reject'": 2,
        "documents with the answer 'ignore'": 1,
    }


def test_prodigy_counts_losses(put_lines):
    line = {**ENTRY, "meta": {"ward": 1, "age": 2}, "spans": [*ENTRY["spans"], TEST]}
    (doc,), report = tools.convert(put_lines(line), PRODIGY)
    assert get_doc_id(doc) == "rel-1" and report.lost == {"metadata not kept": 2}
    assert report.repaired == {"equal mentions merged": 1}


def test_prodigy_writes_spans_and_relations(put_lines):
    docs, _ = tools.convert(put_lines(ENTRY), PRODIGY)
    report = Report()
    (line,) = tools.write(docs, PRODIGY, report)["out.jsonl"].splitlines()
    entry = json.loads(line)
    place = {"start": 0, "end": 4, "token_start": 0, "token_end": 2, "label": "检查"}
    assert [token["text"] for token in entry["tokens"]] == ["头", "颅", "CT", *"示脑出血", "😀"]
    assert entry["spans"][0] == place and entry["relations"][0]["head_span"] == place
    assert (entry["relations"][0]["head"], entry["relations"][0]["child"]) == (2, 6)
    assert entry["meta"] == {"doc_id": "病史 1"} and entry["answer"] == "accept"
    assert report.repaired == {OVERLAP: 1} and report.losses == 0


def test_prodigy_writes_tokens():
    found = [Mention("0", 0, 7, "X"), Mention("1", 14, 15, "X")]
    record = Record("x", "no pain\n\nfor  3 天", found, [Link("0", "1", "R", score=0.5)])
    report = Report()
    entry = json.loads(tools.write([tools.make(record)], PRODIGY, report)["out.jsonl"])
    words = [(t["text"], t["ws"], t.get("disabled", False)) for t in entry["tokens"]]
    assert words == [
        ("no", True, False),
        ("pain", False, False),
        ("\n\n", False, True),
        ("for", False, False),
        ("  ", False, True),
        ("3", True, False),
        ("天", False, False),
    ]
    assert report.lost == {"score of a relation not kept": 1}


@settings(max_examples=50, deadline=None)
@given(st.lists(tools.records(), min_size=1, max_size=3))
def test_prodigy_round_trip(batch):
    docs = [tools.make(record) for record in batch]
    report = Report()
    for doc, line in zip(docs, tools.write(docs, PRODIGY, report)["out.jsonl"].split("\n")):
        entry = json.loads(line)
        tokens = entry["tokens"]
        assert "".join(t["text"] + " " * t["ws"] for t in tokens) == doc.text
        for i, token in enumerate(tokens):
            assert token["id"] == i and token["text"] == doc.text[token["start"] : token["end"]]
        for span in entry["spans"]:
            assert tokens[span["token_start"]]["start"] == span["start"]
            assert tokens[span["token_end"]]["end"] == span["end"]
    copies, written, report = tools.round_trip(docs, PRODIGY)
    assert not written.losses and not report.losses and not report.messages
    tools.same(docs, copies)


def test_prodigy_is_registered():
    assert get_converter("prodigy") is PRODIGY
