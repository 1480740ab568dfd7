"""Reading and writing doccano's JSONL."""

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
from spacy_clinrel.data.converters.doccano import DOCCANO, NUMBERED, UTF16
from spacy_clinrel.data.converters.fields import NOT_READ
from spacy_clinrel.tokens import get_doc_id

from . import annotation as tools

ENTRY = {
    "id": 7,
    "text": "😀查头颅CT示𠮷脑出血",
    "entities": [
        {"id": 31, "label": "检查", "start_offset": 3, "end_offset": 7},
        {"id": 32, "label": "疾病", "start_offset": 10, "end_offset": 13},
        {"id": 33, "label": "部位", "start_offset": 10, "end_offset": 11},
    ],
    "relations": [{"id": 1, "from_id": 31, "to_id": 32, "type": "TeRD"}],
    "Comments": [],
}


@pytest.fixture
def put_lines(put):
    """Return a function that writes objects to a file, one per line."""
    return lambda *lines: put("all.jsonl", "\n".join(json.dumps(line) for line in lines))


def test_doccano_offsets_count_utf16(put_lines):
    (doc,), report = tools.convert(put_lines(ENTRY), DOCCANO)
    assert tools.mentions(doc) == [(2, 6, "检查"), (8, 9, "部位"), (8, 11, "疾病")]
    assert [doc.text[start:end] for start, end, _ in tools.mentions(doc)] == [
        "头颅CT",
        "脑",
        "脑出血",
    ]
    assert tools.texts(doc) == [("头颅CT", "TeRD", "脑出血")]
    assert get_doc_id(doc) == "7" and not report.losses and not report.messages


@pytest.mark.parametrize("name", ["label", "labels"])
def test_doccano_reads_labels_without_relations(put_lines, name):
    line = {"id": 3, "data": "头痛3天", name: [[0, 2, "症状"], [2, 4, "时间"]]}
    (doc, empty), report = tools.convert(put_lines(line, {"text": "无"}), DOCCANO)
    assert tools.mentions(doc) == [(0, 2, "症状"), (2, 4, "时间")]
    assert (get_doc_id(doc), get_doc_id(empty)) == ("3", "all-2")
    assert report.losses == 0
    assert report.repaired == {"text without 'entities', kept without annotations": 1}


def test_doccano_counts_losses(put_lines):
    line = {**ENTRY, "Comments": ["sure?"], "ward": "ICU", "age": 3}
    (doc,), report = tools.convert(put_lines(line), DOCCANO)
    assert len(tools.relations(doc)) == 1
    assert report.lost == {"comment not kept": 1, "metadata not kept": 2}


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({"text": None}, 0),
        ({"entities": [{"id": 1, "label": "X", "start_offset": "x", "end_offset": 2}]}, 1),
        ({"entities": [{"id": 1, "start_offset": 0, "end_offset": 2}]}, 1),
        ({"entities": [[0, 2]]}, 1),
        ({"entities": 3}, 0),
    ],
)
def test_doccano_reports_faults_by_line(put_lines, change, kept):
    path = put_lines(ENTRY, {**ENTRY, "relations": [], **change}, ENTRY)
    docs, report = tools.convert(path, DOCCANO)
    assert len(docs) == 2 + kept and report.losses == 1
    assert report.messages[0].startswith(f"{path}:2: broken line")
    assert all(tools.texts(doc) for doc in (docs[0], docs[-1]))


@pytest.mark.parametrize(("start", "end"), [(0, 99), (-1, 2), (1, 3), (3, 3)])
def test_doccano_reports_offsets_that_do_not_fit(put_lines, start, end):
    entity = {"id": 1, "label": "X", "start_offset": start, "end_offset": end}
    path = put_lines({**ENTRY, "entities": [entity], "relations": []})
    (doc,), report = tools.convert(path, DOCCANO, offsets="utf-16")
    assert not tools.mentions(doc) and report.losses == 1
    assert report.messages[0].startswith(f"{path}:1: mention is ")
    assert report.messages[0].endswith(f"X {start}–{end} (id 1)")


@pytest.mark.parametrize("ids", [("a", "b"), (1, 2), ("1", 2.0)])
def test_doccano_reads_ids_of_any_type(put_lines, ids):
    entities = [{**entity, "id": id} for entity, id in zip(ENTRY["entities"], ids)]
    link = {"from_id": ids[0], "to_id": str(ids[1]).removesuffix(".0"), "type": "R"}
    (doc,), report = tools.convert(
        put_lines({**ENTRY, "entities": entities, "relations": [link]}), DOCCANO
    )
    assert tools.texts(doc) == [("头颅CT", "R", "脑出血")] and not report.losses


def test_doccano_reads_entities_without_ids(put_lines):
    entities = [{k: v for k, v in entity.items() if k != "id"} for entity in ENTRY["entities"]]
    (doc,), report = tools.convert(
        put_lines({**ENTRY, "entities": entities, "relations": []}), DOCCANO
    )
    assert len(tools.mentions(doc)) == 3 and not report.losses


def test_doccano_reads_a_list(put):
    docs, report = tools.convert(put("in.json", json.dumps([ENTRY, ENTRY])), DOCCANO)
    assert [len(tools.mentions(doc)) for doc in docs] == [3, 3] and not report.losses


def test_doccano_reads_numbered_annotations(put_lines):
    found = [{"label": 7, "start_offset": 0, "end_offset": 2, "user": 1}]
    lines = [{"id": i, "text": f"头痛{i}天", "annotations": found, "meta": {}} for i in range(2)]
    docs, report = tools.convert(put_lines(*lines), DOCCANO)
    assert [tools.mentions(doc) for doc in docs] == [[(0, 2, "7")]] * 2
    assert report.doubtful == {NUMBERED: 1} and "--rename 7=NAME" in report.messages[0]
    assert not report.losses


def test_doccano_names_fields_with_other_annotation(put_lines):
    lines = [{"text": "头痛", "spans": [{"start": 0}]}, {**ENTRY, "triples": [[1, 2]]}]
    docs, report = tools.convert(put_lines(*lines), DOCCANO)
    assert len(docs) == 1 and report.lost == {"broken line": 1, NOT_READ: 1}
    assert "'spans'. Is the format prodigy?" in report.messages[0]


def test_doccano_counts_graphemes_on_request(put_lines):
    line = {"text": "👩\u200d⚕️\r\n头痛。\r\n呕吐", "label": [[2, 4, "症状"], [6, 8, "症状"]]}
    (doc,), report = tools.convert(put_lines(line), DOCCANO, offsets="graphemes")
    assert [ent.text for ent in doc.ents] == ["头痛", "呕吐"] and not report.messages


def test_doccano_writes_label_types():
    record = Record("a", "头痛3天", [Mention("a", 0, 2, "症状"), Mention("b", 2, 4, "时间")])
    record.relations = [Link("a", "b", "持续")]
    files = tools.write([tools.make(record)] * 2, DOCCANO, Report())
    assert sorted(files) == ["out.jsonl", "out.relation-types.json", "out.span-types.json"]
    types = json.loads(files["out.span-types.json"])
    assert [entry["text"] for entry in types] == ["时间", "症状"]
    assert types[0].keys() == {
        "text",
        "prefix_key",
        "suffix_key",
        "background_color",
        "text_color",
    }
    assert [e["text"] for e in json.loads(files["out.relation-types.json"])] == ["持续"]


def test_doccano_reports_broken_relations(put_lines):
    wrong = [{"from_id": 31, "to_id": 99, "type": "R"}, {"from_id": 31, "type": "R"}]
    relations = [*wrong, *ENTRY["relations"], *ENTRY["relations"]]
    (doc,), report = tools.convert(put_lines({**ENTRY, "relations": relations}), DOCCANO)
    assert len(tools.relations(doc)) == 1 and report.repaired["equal relations merged"] == 1
    assert report.lost == {"broken line": 1, "relation to an unknown mention": 1}


def test_doccano_broken_json_affects_one_line(put):
    path = put("a.jsonl", json.dumps(ENTRY) + "\n{\n\n[]\n" + json.dumps(ENTRY))
    docs, report = tools.convert(path, DOCCANO)
    assert len(docs) == 2 and report.lost == {"broken line": 2}
    assert [message.split(": ")[0] for message in report.messages] == [f"{path}:2", f"{path}:4"]


def test_doccano_writes_entities_and_relations():
    found = [Mention("a", 1, 3, "症状"), Mention("b", 4, 5, "X")]
    record = Record("病史", "😀头痛\n𠮷", found, [Link("b", "a", "R", score=0.5)])
    report = Report()
    files = tools.write([tools.make(record)], DOCCANO, report)
    assert json.loads(files["out.jsonl"]) == {
        "doc_id": "病史",
        "text": "😀头痛\n𠮷",
        "entities": [
            {"id": 0, "label": "症状", "start_offset": 2, "end_offset": 4},
            {"id": 1, "label": "X", "start_offset": 5, "end_offset": 7},
        ],
        "relations": [{"id": 0, "from_id": 1, "to_id": 0, "type": "R"}],
    }
    assert report.repaired == {UTF16: 1} and report.lost == {"score of a relation not kept": 1}


@settings(max_examples=50, deadline=None)
@given(st.lists(tools.records(), min_size=1, max_size=3))
def test_doccano_round_trip(batch):
    docs = [tools.make(record) for record in batch]
    copies, written, report = tools.round_trip(docs, DOCCANO, offsets="utf-16")
    assert not written.losses and not report.losses and not report.messages
    tools.same(docs, copies)
    names = [get_doc_id(doc) for doc in docs]
    if len(set(names)) == len(names):
        assert [get_doc_id(copy) for copy in copies] == names


def test_doccano_is_registered():
    assert get_converter("doccano") is DOCCANO
