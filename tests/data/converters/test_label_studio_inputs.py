"""Inputs of Label Studio other than tasks with a plain text and one complete annotation."""

import json
import time

import pytest

from spacy_clinrel.data.converters import get_converter
from spacy_clinrel.tokens import get_attributes, get_doc_id

from . import annotation as tools
from .label_studio_tasks import DRUG, EXPECTED, FEVER, RESULT, TEXT, at, region, relation, task


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([task({"text": TEXT}, RESULT)], indent=1),
        json.dumps(task({"text": TEXT}, RESULT), indent=1),
        json.dumps(task({"text": TEXT}, RESULT)) + "\n" + json.dumps({"data": {"text": "x"}}),
        json.dumps([{"id": 3, "data": {"text": TEXT}, "completions": [{"result": RESULT}]}]),
        json.dumps({"id": 8, "result": RESULT, "task": {"id": 3, "data": {"text": TEXT}}}),
        json.dumps(
            {
                "id": 3,
                "data": {"text": TEXT},
                "completions": [{"skipped": True}, {"result": RESULT}],
            }
        ),
    ],
)
@pytest.mark.parametrize("suffix", ["json", "jsonl"])
def test_containers(put, content, suffix):
    path = put(f"project.{suffix}", content)
    (doc,), report = tools.convert(path, get_converter("label-studio"))
    assert tools.texts(doc) == EXPECTED and get_doc_id(doc) == "3"
    assert not report.losses and not report.messages


def test_annotation_without_its_task_is_an_error(read_tasks):
    docs, report = read_tasks({"id": 8, "result": RESULT, "task": 3})
    assert not docs and "without the data of its task" in report.messages[0]


def test_json_min_has_entities_and_says_that_relations_are_missing(read_tasks):
    label = [{"start": 2, "end": 4, "text": "发热", "labels": ["症状"]}]
    entry = {"id": 5, "text": TEXT, "label": label, "annotator": 1, "lead_time": 2.5}
    (doc, empty), report = read_tasks(entry, {"id": 6, "text": TEXT, "annotator": 1}, copies="all")
    assert tools.mentions(doc) == [(2, 4, "症状")] and get_doc_id(doc) == "5"
    assert not tools.mentions(empty) and not report.losses
    assert list(report.doubtful.values()) == [1] and "Export the project as JSON" in str(
        report.messages
    )


NO_TEXT = [region("a", at(2, 4), "症状"), region("b", at(6, 9), "药物"), RESULT[2]]


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/data/upload/12/0a1b2c3d-note.txt", "note.txt"),
        ("/data/upload/12/0a1b2c3d-note.txt", "texts/0a1b2c3d-note.txt"),
        ("/data/upload/0a1b2c3d-病历_1.txt", "病历 1.txt"),
        ("/data/upload/0a1b2c3d-%E7%97%85.txt", "病.txt"),
        ("/data/local-files/?d=ward%2Fp1/note.txt", "ward/p1/note.txt"),
        ("s3://bucket/notes/note.txt", "notes/note.txt"),
        ("https://example.org/note.txt?sig=1", "note.txt"),
        ("note.txt", "note.txt"),
        ("C:\\notes\\note.txt", "note.txt"),
    ],
)
def test_text_in_a_file_beside_the_export(put, read_tasks, address, name):
    put(name, "\ufeff" + TEXT)
    (doc,), report = read_tasks(task({"text": address}, NO_TEXT))
    assert doc.text == TEXT and tools.texts(doc) == EXPECTED and not report.losses


@pytest.mark.parametrize(
    "address",
    [
        "/data/upload/248/06c9a425-note.txt",
        "/data/local-files/?d=../../secret.txt",
        "s3://bucket/note.txt",
        "gs://bucket/note",
        "http://example.org/notes/7",
        "http://[",
        "note.txt",
        "../secret.txt",
    ],
)
@pytest.mark.parametrize("result", [NO_TEXT, RESULT, []])
def test_text_at_another_address_is_refused(put, read_tasks, tmp_path, address, result):
    """No file outside the folder of the export is read."""
    (tmp_path / "secret.txt").write_text(TEXT)
    path = put("folder/project.json", json.dumps([task({"text": address}, result)]))
    docs, report = tools.convert(path, get_converter("label-studio"))
    assert not docs and report.losses == 1 and "F090" in report.messages[0]


def test_link_to_a_file_outside_the_folder_is_not_read(put, tmp_path):
    (tmp_path / "secret.txt").write_text(TEXT)
    path = put("folder/project.json", json.dumps([task({"text": "/data/upload/s.txt"}, NO_TEXT)]))
    (tmp_path / "folder" / "s.txt").symlink_to(tmp_path / "secret.txt")
    docs, report = tools.convert(path, get_converter("label-studio"))
    assert not docs and "F090" in report.messages[0]


def test_same_file_name_in_several_folders(put, read_tasks):
    put("p1/note.txt", "无。")
    put("p2/note.txt", TEXT)
    (doc,), report = read_tasks(
        task({"text": "s3://b/p2/note.txt"}, NO_TEXT), task({"text": "s3://b/note.txt"}, NO_TEXT)
    )
    assert doc.text == TEXT and "F091" in report.messages[0]


def test_text_with_an_annotated_address(read_tasks):
    """A text that is an address, with regions that record parts of it, is a text."""
    text = "http://example.org/note.txt"
    (doc,), report = read_tasks(task({"text": text}, [region("a", at(0, 27, text), "X")]))
    assert tools.mentions(doc) == [(0, 27, "X")] and not report.losses


def test_regions_of_other_objects_are_counted(read_tasks):
    other = region("c", at(0, 2, "何时"), "X", to_name="question")
    sound = region("d", at(0.5, 1.5), "X", to_name="audio")
    data = {"text": TEXT, "question": "何时出院？", "audio": "/data/upload/1/a.wav"}
    result = [*RESULT, other, sound, relation("c", "a", "R")]
    (doc,), report = read_tasks(task(data, result))
    assert tools.texts(doc) == EXPECTED
    assert report.lost == {
        "region of another object ('question') not kept": 1,
        "region of another object ('audio') not kept": 1,
        "relation to an unknown mention": 1,
        "metadata not kept": 2,
    }


def test_regions_of_another_object_alone_are_not_placed_in_the_text(read_tasks):
    sound = region("d", at(0.5, 1.5), "X", to_name="audio")
    (doc,), report = read_tasks(task({"text": TEXT, "audio": "/data/upload/1/a.wav"}, [sound]))
    assert doc.text == TEXT and not tools.mentions(doc) and report.losses == 2


def test_recorded_texts_show_which_field_is_annotated(read_tasks):
    data = {"title": "出院记录", "note": TEXT}
    (doc,), report = read_tasks(task(data, RESULT))
    assert doc.text == TEXT and tools.texts(doc) == EXPECTED
    assert report.lost == {"metadata not kept": 1}


def test_choices_of_a_region_are_attributes(read_tasks):
    choice = {"id": "a", "type": "choices", "from_name": "neg", "value": {"choices": ["否定"]}}
    of_task = {"id": "x", "type": "choices", "from_name": "ok", "value": {"choices": ["y"]}}
    code = {"id": "a", "type": "textarea", "from_name": "icd", "value": {"text": ["R50"]}}
    (doc,), report = read_tasks(task({"text": TEXT}, [choice, *RESULT, of_task, code]))
    assert [(a.mention.text, a.name) for a in get_attributes(doc)] == [("发热", "neg=否定")]
    assert report.lost == {
        "result of the type 'choices' not kept": 1,
        "result of the type 'textarea' not kept": 1,
    }


def test_relation_without_a_label(read_tasks):
    result = [FEVER, DRUG, relation("b", "a")]
    (doc,), report = read_tasks(task({"text": TEXT, "doc_id": "病历7"}, result))
    assert report.lost == {"relation has no label": 1}
    assert "'病历7': 药物 6–9 (id b) → 症状 2–4 (id a)" in report.messages[0]
    (doc,), report = read_tasks(task({"text": TEXT}, result), default_label="治疗")
    assert tools.texts(doc) == EXPECTED and not report.losses


def test_region_without_a_label_is_counted(read_tasks):
    (doc,), report = read_tasks(task({"text": TEXT}, [region("a", at(2, 4))]))
    assert not tools.mentions(doc) and report.lost == {"region without a label": 1}


@pytest.mark.parametrize(
    ("score", "expected", "losses"),
    [(0, 0.0, 0), (0.5, 0.5, 0), (None, 1.0, 0), ("nan", 1.0, 1), ("1e999", 1.0, 1), ([], 1.0, 1)],
)
def test_scores(read_tasks, score, expected, losses):
    result = [FEVER, DRUG, relation("b", "a", "治疗", score=score)]
    entry = {"data": {"text": TEXT}, "predictions": [{"result": result}]}
    (doc,), report = read_tasks(entry, name="label-studio-predictions")
    assert [r.score for r in doc._.relations] == [expected] and report.losses == losses


def test_annotations_that_differ_are_named(read_tasks):
    entry = task({"text": TEXT}, RESULT, [FEVER])
    for number, annotation in enumerate(entry["annotations"]):
        annotation["id"] = number
    (doc,), report = read_tasks(entry)
    assert report.left_out == {"further annotations of a task": 1} and not report.losses
    assert report.doubtful == {"annotations of a task differ": 1}
    assert "of 0, 1, 1 is read" in report.messages[0]
    assert not read_tasks(entry, copies="last")[1].doubtful
    entry["annotations"][0]["ground_truth"] = True
    (doc,), report = read_tasks(entry)
    assert tools.texts(doc) == EXPECTED and not report.doubtful
    same = json.loads(json.dumps(RESULT).replace('"a"', '"c"').replace('"b"', '"d"'))
    assert not read_tasks(task({"text": TEXT}, RESULT, same))[1].doubtful


def test_drafts_are_counted(read_tasks):
    _, report = read_tasks(task({"text": TEXT}, RESULT, drafts=[{"result": []}, 7]))
    assert report.left_out == {"drafts": 2}


def test_other_format_is_named(read_tasks):
    docs, report = read_tasks(task({"text": TEXT}, RESULT), name="label-studio-predictions")
    assert not docs and report.doubtful and "Use the format label-studio." in report.messages[0]
    entry = {"data": {"text": TEXT}, "predictions": [{"result": RESULT}]}
    docs, report = read_tasks(entry)
    assert not docs and "Use the format label-studio-predictions" in report.messages[0]
    _, report = read_tasks(
        {"data": {"text": TEXT}, "predictions": [4, 5]}, name="label-studio-predictions"
    )
    assert report.left_out["predictions given only by their id"] == 2


def test_id_field_is_not_lost(read_tasks):
    entry = task({"text": TEXT, "filename": "p7.txt"}, RESULT)
    (doc,), report = read_tasks(entry, id_field="data.filename")
    assert get_doc_id(doc) == "p7.txt" and not report.losses


def test_equal_ids_in_linear_time(read_tasks):
    result = [region("a", at(2, 4), f"L{n % 7}") for n in range(4000)]
    start = time.perf_counter()
    (doc,), report = read_tasks(task({"text": TEXT}, result))
    assert len(tools.mentions(doc)) == 7 and time.perf_counter() - start < 20
    assert report.repaired == {"equal mentions merged": 4000 - 7}


def test_ids_and_offsets_in_any_notation(read_tasks):
    result = [
        region(1, at(2.0, 4.0, "发热"), "症状"),
        region("2", at("6", "9", "布洛芬"), "药物"),
        relation(2.0, 1, "治疗"),
    ]
    (doc,), report = read_tasks(task({"text": TEXT}, result))
    assert tools.texts(doc) == EXPECTED and not report.losses


def test_scores_of_predicted_mentions_are_counted(read_tasks):
    result = [{**FEVER, "score": 0.5}, DRUG]
    entry = {"data": {"text": TEXT}, "predictions": [{"result": result}]}
    _, report = read_tasks(entry, name="label-studio-predictions")
    assert report.lost == {"score of a mention not kept": 1}


@pytest.mark.parametrize("label", [None, ["x"], {"a": 1}])
def test_label_that_is_not_a_string_costs_one_region(read_tasks, label):
    (doc,), report = read_tasks(task({"text": TEXT}, [region("c", at(0, 2), label), *RESULT]))
    assert tools.texts(doc) == EXPECTED and report.losses == 1


def test_line_breaks_counted_as_one(read_tasks):
    text = "主诉：\r\n发热，\r\n予布洛芬。"
    result = [region("a", at(4, 6, "发热"), "症状"), region("b", at(9, 12, "布洛芬"), "药物")]
    (doc,), report = read_tasks(task({"text": text}, [*result, RESULT[2]]))
    assert tools.texts(doc) == EXPECTED and not report.losses
    assert list(report.repaired.values()) == [1]
