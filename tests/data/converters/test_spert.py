"""Reading and writing SpERT's JSON."""

import json
import tempfile
from pathlib import Path

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinrel import convert
from spacy_clinrel.data.converters import (
    Link,
    Mention,
    Record,
    Report,
    build_doc,
    doc_to_record,
    find_files,
    get_converter,
    read_docs,
    render_files,
)
from spacy_clinrel.data.converters.spert import SPERT
from spacy_clinrel.tokens import all_mentions, get_doc_id, get_relations

EN, ZH = spacy.blank("en"), spacy.blank("zh")
ENTRY = {
    "tokens": ["Aspirin", "for", "a", "cluster", "headache", "(", "left", ")", "."],
    "entities": [
        {"type": "Drug", "start": 0, "end": 1},
        {"type": "Sign", "start": 2, "end": 8},
        {"type": "Sign", "start": 3, "end": 5},
    ],
    "relations": [
        {"type": "treats", "head": 0, "tail": 1},
        {"type": "within", "head": 2, "tail": 1},
    ],
    "orig_id": 7,
}


def mentions(doc):
    return [(span.text, span.label_) for span in all_mentions(doc)]


def relations(doc):
    return [(r.head.text, r.label, r.tail.text) for r in get_relations(doc)]


def read(path, nlp=EN):
    report = Report()
    return list(read_docs(nlp, SPERT, find_files(path, SPERT), report)), report


@pytest.fixture
def put_json(put):
    """Return a function that writes elements to a file."""
    return lambda *entries: put("train.json", json.dumps(entries, ensure_ascii=False))


def test_spert_reads_nested_entities_and_relations(put_json):
    (doc, plain), report = read(put_json(ENTRY, {"tokens": ["No", "pain"]}))
    assert doc.text == "Aspirin for a cluster headache ( left ) ."
    assert mentions(doc) == [
        ("Aspirin", "Drug"),
        ("a cluster headache ( left )", "Sign"),
        ("cluster headache", "Sign"),
    ]
    assert relations(doc) == [
        ("Aspirin", "treats", "a cluster headache ( left )"),
        ("cluster headache", "within", "a cluster headache ( left )"),
    ]
    assert (get_doc_id(doc), get_doc_id(plain)) == ("7", "train-2")
    assert mentions(plain) == [] and report.losses == 0 and not report.messages


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        (["头", "颅", "CT", "示", "3", "mm", "结", "节", "。"], "头颅CT示3 mm结节。"),
        (["头痛", "，", "恶心"], "头痛，恶心"),
        (["the", "CT", "(", "头", "）"], "the CT (头）"),
        (["かぜ", "で", "す"], "かぜです"),
        (["머리가", "아파요", "."], "머리가 아파요 ."),
        (["𠮷", "a", "b"], "𠮷a b"),
        (["a", "", "b"], "a b"),
        ([], ""),
    ],
)
def test_spert_joins_chinese_tokens_without_spaces(put_json, tokens, text):
    (doc,), _ = read(put_json({"tokens": tokens}), ZH)
    assert doc.text == text


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"tokens": None}, 0),
        ({"tokens": "Aspirin"}, 0),
        ({"tokens": ["Aspirin", 7]}, 0),
        ({"entities": [{"type": "X", "start": 0, "end": 10}], "relations": []}, 1),
        ({"entities": [{"type": "X", "start": 1, "end": 1}], "relations": []}, 1),
        ({"entities": [{"type": "X", "start": -9, "end": 1}], "relations": []}, 1),
        ({"entities": [{"type": "X", "start": "x", "end": 1}], "relations": []}, 1),
        ({"entities": [{"start": 0, "end": 1}], "relations": []}, 1),
        ({"entities": ["X"], "relations": []}, 1),
        ({"relations": [{"type": "R", "head": 0, "tail": 3}]}, 1),
        ({"relations": [{"type": "R", "head": 0}]}, 1),
        ({"relations": [{"type": "", "head": 0, "tail": 1}]}, 1),
    ],
)
def test_spert_reports_faults_by_element(put_json, change, kept):
    path = put_json(ENTRY, {**ENTRY, **change})
    docs, report = read(path)
    assert len(docs) == 1 + kept and report.losses == 1
    assert report.messages[0].startswith(f"{path}:2: ")


@pytest.mark.parametrize("content", ["[", "no", '{"tokens": [}'])
def test_spert_rejects_other_files(put, content):
    path = put("a.json", content)
    docs, report = read(path)
    assert not docs and report.messages[0].startswith(f"{path}: broken file: not JSON")


def test_spert_counts_empty_files(put):
    docs, report = read(put("a.json", " \n"))
    assert not docs and report.left_out == {"file without documents": 1} and not report.losses


def test_spert_reports_broken_encoding(put):
    docs, report = read(put("a.json", '["患者"]', "gbk"))
    assert not docs and report.lost == {"broken file": 1}


def test_spert_ignores_files_of_types(put_json, put):
    path = put_json(ENTRY)
    put("conll_types.json", "{}")
    assert find_files(path.parent, SPERT) == [path]


def test_spert_writes_one_file(put_json):
    docs, _ = read(put_json(ENTRY, {**ENTRY, "orig_id": "b"}))
    report = Report()
    files = render_files(SPERT, docs, report, "train")
    assert json.loads(files["train.json"]) == [{**ENTRY, "orig_id": "7"}, {**ENTRY, "orig_id": "b"}]
    assert len(files) == 1 and report.losses == 0
    assert render_files(SPERT, [], report) == {}


def test_spert_tokens_end_with_mentions():
    found = [Mention("0", 0, 8, "Sign"), Mention("1", 10, 15, "Sign"), Mention("2", 10, 12, "X")]
    report = Report()
    record = Record("x", "Headache,\nfever患者", found, [Link("1", "0", "with")])
    entry = json.loads(SPERT.write(record, report)[".json"])
    assert entry["tokens"] == ["Headache", ",", "fe", "ver", "患", "者"]
    assert [(e["start"], e["end"]) for e in entry["entities"]] == [(0, 1), (2, 4), (2, 3)]
    assert entry["relations"] == [{"type": "with", "head": 1, "tail": 0}]
    assert report.lost == {"text whose white space is not kept": 1}


def test_spert_converts_both_ways(tmp_path, put_json):
    """The output file is named after the .spacy file."""
    convert("spert", put_json(ENTRY, ENTRY), tmp_path / "dev.spacy", lang="en")
    convert("spert", tmp_path / "dev.spacy", tmp_path / "out", lang="en", strict=True)
    (path,) = (tmp_path / "out").iterdir()
    assert path.name == "dev.json" and len(json.loads(path.read_bytes())) == 2
    convert("spert", path, tmp_path / "again.spacy", lang="en")
    with pytest.raises(ValueError, match="F025"):
        convert("spert", tmp_path / "dev.spacy", tmp_path / "out", lang="en")


WORDS = st.sampled_from(
    ["a", "B,", "3", "mm", "头", "痛", "。", "（", "か", "머리", "𠮷", "\ufeffx"]
)
TYPES = st.sampled_from(["problem", "症状 甲", '"'])


@st.composite
def entries(draw):
    tokens = draw(st.lists(WORDS, min_size=1, max_size=15))
    bounds = st.tuples(st.integers(0, len(tokens) - 1), st.integers(1, len(tokens)))
    spans = draw(st.lists(bounds.filter(lambda b: b[0] < b[1]), max_size=5))
    found = [{"type": draw(TYPES), "start": start, "end": end} for start, end in spans]
    which = st.integers(0, max(len(found) - 1, 0))
    links = [{"type": draw(TYPES), "head": draw(which), "tail": draw(which)} for _ in found]
    return {"tokens": tokens, "entities": found, "relations": links, "orig_id": draw(TYPES)}


def rows(entry):
    """Return distinct entities and relations of an element, sorted."""
    ends = [(e["start"], e["end"], e["type"]) for e in entry["entities"]]
    links = {(ends[r["head"]], r["type"], ends[r["tail"]]) for r in entry["relations"]}
    return entry["tokens"], sorted(set(ends)), sorted(links)


@settings(max_examples=50, deadline=None)
@given(st.lists(entries(), min_size=1, max_size=3))
def test_tokens_round_trip(batch):
    """Tokens, entities and relations of an element stay the same."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        path.write_text(json.dumps(batch), encoding="utf-8")
        docs, report = read(path, ZH)
        assert report.losses == 0
        files = render_files(SPERT, docs, report, "a")
    assert report.losses == 0
    written = json.loads(files["a.json"])
    assert [rows(entry) for entry in written] == [rows(entry) for entry in batch]


@settings(max_examples=50, deadline=None)
@given(st.text(st.sampled_from("aB,.头痛。　 \n😀"), max_size=25), st.data())
def test_docs_round_trip(text, data):
    """Documents stay the same except for white space; lost white space is counted."""
    bounds = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    spans = data.draw(st.lists(bounds, max_size=5))
    found = [Mention(str(i), start, end, "X") for i, (start, end) in enumerate(spans)]
    links = [Link(m.id, data.draw(st.sampled_from(found)).id, "R") for m in found]
    doc = build_doc(ZH, Record("x", text, found, links), Path("x"), Report())
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        content = SPERT.write(doc_to_record(doc, "x", Report()), report)[".json"]
        path.write_text(SPERT.join(".json", [content]), encoding="utf-8")
        (copy,), _ = read(path, ZH)
    assert "".join(copy.text.split()) == "".join(doc.text.split())
    assert (copy.text == doc.text) == (report.losses == 0)

    def place(doc, span):
        start = len("".join(doc.text[: span.start_char].split()))
        return start, start + len("".join(span.text.split())), span.label_

    def edges(doc):
        return {(place(doc, r.head), place(doc, r.tail)) for r in get_relations(doc)}

    assert {place(copy, s) for s in all_mentions(copy)} == {
        place(doc, s) for s in all_mentions(doc)
    }
    assert edges(copy) == edges(doc)


def test_spert_is_registered():
    assert get_converter("spert") is SPERT
