"""Reading and writing Label Studio's JSON."""

import json
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinrel import convert
from spacy_clinrel.data.converters import (
    Link,
    Mention,
    Record,
    Report,
    get_converter,
)
from spacy_clinrel.data.converters.label_studio import LABEL_STUDIO, LABEL_STUDIO_PREDICTIONS, MODEL
from spacy_clinrel.tokens import get_doc_id

from . import annotation as tools

TEXT = "😀查头颅CT示\n脑出血。"
CONTROL = {"from_name": "label", "to_name": "text", "type": "labels", "origin": "manual"}


def region(name, start, end, text, *labels, **more):
    value = {"start": start, "end": end, "text": text, "labels": list(labels)}
    return {"id": name, **CONTROL, "value": value, **more}


def relation(head, tail, *labels, **more):
    ends = {"from_id": head, "to_id": tail, "type": "relation", "direction": "right"}
    return {**ends, "labels": list(labels), **more}


RESULT = [
    region("x1", 2, 6, "头颅CT", "检查"),
    region("y_2", 8, 11, "脑出血", "疾病"),
    relation("x1", "y_2", "TeRD"),
]


def task(*results, **data):
    annotations = [{"id": 5, "was_cancelled": False, "result": result} for result in results]
    return {"id": 12, "data": {"text": TEXT, **data}, "annotations": annotations, "predictions": []}


@pytest.fixture
def put_tasks(put):
    """Return a function that writes tasks to a file."""
    return lambda *tasks: put("project.json", json.dumps(tasks, ensure_ascii=False))


def test_label_studio_reads_regions_and_relations(put_tasks):
    (doc, empty), report = tools.convert(put_tasks(task(RESULT), task([])), LABEL_STUDIO)
    assert tools.mentions(doc) == [(2, 6, "检查"), (8, 11, "疾病")]
    assert tools.texts(doc) == [("头颅CT", "TeRD", "脑出血")]
    assert tools.mentions(empty) == []
    assert get_doc_id(doc) == "12" and report.losses == 0
    assert not (report.repaired or report.left_out or report.messages)


def test_label_studio_reads_utf16_offsets(put_tasks):
    result = [region("x1", 3, 7, "头颅CT", "检查"), region("y_2", 9, 12, "脑出血", "疾病")]
    (doc,), report = tools.convert(put_tasks(task([*result, RESULT[2]])), LABEL_STUDIO)
    assert tools.mentions(doc) == [(2, 6, "检查"), (8, 11, "疾病")]
    assert report.repaired == {"offsets counted as utf-16": 1} and report.losses == 0


def test_label_studio_checks_recorded_texts(put_tasks):
    """Escaped line breaks, missing white space and partial texts are valid; other texts are not."""
    result = [
        region("a", 6, 11, "示\\n脑出血", "X"),
        region("b", 6, 11, "示脑出血", "Y"),
        region("c", 2, 6, "颅C", "X"),
        region("d", 2, 6, "脑出血", "Y"),
    ]
    path = put_tasks(task(result))
    (doc,), report = tools.convert(path, LABEL_STUDIO)
    assert tools.mentions(doc) == [(2, 6, "X"), (6, 11, "X"), (6, 11, "Y")]
    assert report.losses == 1 and report.messages[0].startswith(f"{path}:1: mention's recorded")


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("right", [("头颅CT", "R", "脑出血")]),
        ("left", [("脑出血", "R", "头颅CT")]),
        ("bi", [("头颅CT", "R", "脑出血"), ("脑出血", "R", "头颅CT")]),
    ],
)
def test_label_studio_reads_directions(put_tasks, direction, expected):
    result = [*RESULT[:2], relation("x1", "y_2", "R", direction=direction)]
    (doc,), report = tools.convert(put_tasks(task(result)), LABEL_STUDIO)
    assert tools.texts(doc) == expected and report.losses == 0


def test_label_studio_reads_several_labels(put_tasks):
    """Several labels on a relation, on a region, and on a region with two controls."""
    again = region("y_2", 8, 11, "脑出血", "症状")
    result = [region("x1", 2, 6, "头颅CT", "检查", "治疗"), RESULT[1], again]
    path = put_tasks(task([*result, relation("x1", "y_2", "R", "S")]))
    (doc,), report = tools.convert(path, LABEL_STUDIO)
    assert {kind for *_, kind in tools.mentions(doc)} == {"检查", "治疗", "疾病", "症状"}
    kinds = {(r.head.label_, r.label, r.tail.label_) for r in doc._.relations}
    assert kinds == {("检查", "R", "疾病"), ("检查", "S", "疾病")} and report.losses == 0


@pytest.mark.parametrize(
    ("extra", "taken"),
    [
        ([{"updated_at": "2024-05-01T00:00:00Z"}, {"updated_at": "2024-04-01T00:00:00Z"}], 0),
        ([{"ground_truth": False}, {"ground_truth": True}, {}], 1),
        ([{}, {}], 1),
        ([{}, {"was_cancelled": True}], 0),
    ],
)
def test_label_studio_reads_one_annotation_per_task(put_tasks, extra, taken):
    names = "甲乙丙"
    results = [[region("a", 2, 3, "头", names[i])] for i in range(len(extra))]
    entry = task(*results)
    for annotation, more in zip(entry["annotations"], extra, strict=True):
        annotation.update(more)
    (doc,), report = tools.convert(put_tasks(entry), LABEL_STUDIO)
    assert [kind for *_, kind in tools.mentions(doc)] == [names[taken]]
    assert sum(report.left_out.values()) == len(extra) - 1 and report.losses == 0


def test_label_studio_counts_losses(put_tasks):
    choice = {"id": "of the task", "type": "choices", "value": {"choices": ["sure"]}}
    open_task = {**task(), "predictions": [{"result": RESULT}]}
    path = put_tasks(task([*RESULT, choice], ward="ICU", doc_id="病史"), open_task)
    (doc,), report = tools.convert(path, LABEL_STUDIO)
    assert get_doc_id(doc) == "病史" and len(tools.relations(doc)) == 1
    assert report.lost == {"metadata not kept": 1, "result of the type 'choices' not kept": 1}
    assert report.left_out == {"tasks without annotations": 1}
    (message,) = report.messages
    assert "data.ward (1 tasks)" in message


def test_label_studio_reads_text_under_another_name(put_tasks):
    entry = task(RESULT)
    entry["data"] = {"note": entry["data"]["text"], "age": 7}
    (doc,), report = tools.convert(put_tasks(entry), LABEL_STUDIO)
    assert doc.text == TEXT and report.lost == {"metadata not kept": 1}


@pytest.mark.parametrize(
    ("result", "mentions"),
    [
        ([{**RESULT[0], "value": {}}], 0),
        ([{**RESULT[0], "id": None}], 0),
        ([region("a", 0, 99, "x", "X")], 0),
        ([region("a", "x", 2, "x", "X")], 0),
        ([*RESULT[:2], relation("x1", "z", "R")], 2),
        ([*RESULT[:2], relation("x1", "y_2")], 2),
        ([*RESULT[:2], relation("x1", "y_2", "R", direction="up")], 2),
        (["x"], 0),
    ],
)
def test_label_studio_reports_faults_by_task(put_tasks, result, mentions):
    path = put_tasks(task(RESULT), task(result), task(RESULT))
    docs, report = tools.convert(path, LABEL_STUDIO)
    assert [len(tools.mentions(doc)) for doc in docs] == [2, mentions, 2]
    assert report.losses == 1 and report.messages[0].startswith(f"{path}:2: ")


@pytest.mark.parametrize(
    "entry",
    [
        {},
        7,
        *(
            {"data": data, "annotations": [{"result": []}]}
            for data in ({}, {"text": 3}, {"a": "x", "b": "y"})
        ),
    ],
)
def test_label_studio_broken_task_affects_one_document(put_tasks, entry):
    docs, report = tools.convert(put_tasks(task(RESULT), entry, task(RESULT)), LABEL_STUDIO)
    assert len(docs) == 2 and report.lost == {"broken line": 1}


def test_label_studio_writes_tasks():
    found = [Mention("a", 2, 6, "检查"), Mention("b", 8, 11, 'a"<&'), Mention("c", 8, 9, "部位")]
    links = [Link("a", "b", "R"), Link("a", "b", "S"), Link("b", "a", "R")]
    report = Report()
    files = tools.write([tools.make(Record("病史", TEXT, found, links))], LABEL_STUDIO, report)
    (entry,) = json.loads(files["out.json"])
    assert entry["data"] == {"text": TEXT, "doc_id": "病史"}
    (annotation,) = entry["annotations"]
    for result in annotation["result"][:3]:
        value = result["value"]
        assert value["text"] == TEXT[value["start"] : value["end"]]
    assert [(r["from_id"], r["to_id"], r["labels"]) for r in annotation["result"][3:]] == [
        ("m0", "m2", ["R", "S"]),
        ("m2", "m0", ["R"]),
    ]
    view = ET.fromstring(files["out.xml"])
    assert sorted(tag.get("value") for tag in view.iter("Label")) == ['a"<&', "检查", "部位"]
    assert [tag.get("value") for tag in view.iter("Relation")] == ["R", "S"]
    assert view.find("Text").get("value") == "$text" and report.losses == 0
    names = {(r["from_name"], r["to_name"]) for r in annotation["result"][:3]}
    assert names == {(view.find("Labels").get("name"), view.find("Text").get("name"))}


def test_label_studio_writes_predictions():
    found = [Mention("a", 2, 6, "检查"), Mention("b", 8, 11, "疾病")]
    links = [Link("a", "b", "R", score=0.5), Link("b", "a", "R", score=0.25)]
    doc = tools.make(Record("病史", TEXT, found, links))
    report = Report()
    (entry,) = json.loads(tools.write([doc], LABEL_STUDIO_PREDICTIONS, report)["out.json"])
    (prediction,) = entry["predictions"]
    assert (prediction["model_version"], prediction["score"]) == (MODEL, 0.375)
    assert [r["score"] for r in prediction["result"][2:]] == [0.5, 0.25] and report.losses == 0
    tools.write([doc], LABEL_STUDIO, report)
    assert report.lost == {"score of a relation not kept": 2}


def test_label_studio_counts_lost_scores():
    found = [Mention("a", 2, 6, "检查"), Mention("b", 8, 11, "疾病")]
    links = [Link("a", "b", "R", score=0.5), Link("a", "b", "S", score=0.75)]
    docs = [tools.make(Record("病史", TEXT, found, links))]
    (copy,), report, _ = tools.round_trip(docs, LABEL_STUDIO_PREDICTIONS)
    assert sorted(r.score for r in copy._.relations) == [0.5, 0.5]
    assert report.lost == {"score of one of several relations of a pair not kept": 1}


def test_label_studio_writes_scores_that_are_not_finite_as_0():
    found = [Mention("a", 2, 6, "检查"), Mention("b", 8, 11, "疾病")]
    doc = tools.make(Record("病史", TEXT, found, [Link("a", "b", "R", score=float("nan"))]))
    _, report, _ = tools.round_trip([doc], LABEL_STUDIO_PREDICTIONS)
    assert report.lost == {"score of a relation is not a finite number (written as 0)": 1}


@settings(max_examples=50, deadline=None)
@given(st.lists(tools.records(), min_size=1, max_size=3))
def test_label_studio_round_trip(batch):
    docs = [tools.make(record) for record in batch]
    copies, written, report = tools.round_trip(docs, LABEL_STUDIO)
    assert not written.losses and not report.losses and not report.messages
    tools.same(docs, copies)


@settings(max_examples=50, deadline=None)
@given(st.lists(tools.records(scores=tools.SCORES), min_size=1, max_size=3))
def test_label_studio_round_trip_of_predictions(batch):
    """Scores are kept, and lost ones are counted."""
    docs = [tools.make(record) for record in batch]
    copies, written, report = tools.round_trip(docs, LABEL_STUDIO_PREDICTIONS)
    assert not report.losses and not report.messages
    before, after = ([r.score for d in some for r in d._.relations] for some in (docs, copies))
    assert len(before) == len(after)
    if not written.losses:
        tools.same(docs, copies)
    assert sum(before) - sum(after) <= written.losses


def test_label_studio_converts_both_ways(tmp_path, put_tasks):
    """The output folder has the tasks and the interface, and can be converted back."""
    convert("label-studio", put_tasks(task(RESULT)), tmp_path / "dev.spacy")
    convert("label-studio-predictions", tmp_path / "dev.spacy", tmp_path / "out", strict=True)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["dev.json", "dev.xml"]
    with pytest.raises(ValueError, match="F008"):
        convert("label-studio", tmp_path / "out", tmp_path / "none.spacy")
    report = convert("label-studio-predictions", tmp_path / "out", tmp_path / "again.spacy")
    assert (report.documents, report.relations) == (1, 1)


def test_label_studio_is_registered():
    assert get_converter("label-studio") is LABEL_STUDIO
    assert get_converter("label-studio-predictions") is LABEL_STUDIO_PREDICTIONS


def test_text_files_of_tasks_do_not_count_as_left_out(put, tmp_path):
    result = region("a", 2, 4, "头痛", "症状")
    tasks = [{"id": 1, "data": {"text": "a.txt"}, "annotations": [{"result": [result]}]}]
    project = put("project.json", json.dumps(tasks))
    put("a.txt", "患者头痛。")
    put("b.txt", "另一份。")
    report = Report()
    convert("label-studio", project.parent, tmp_path / "out.spacy", report=report)
    assert report.entities == 1 and report.left_out == {"unsupported suffix .txt": 1}
