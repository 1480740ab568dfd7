"""Inputs of Label Studio other than tasks with a plain text and one complete annotation."""

import json
import time

import pytest

from spacy_clinrel.data.converters import ReadOptions, Report, find_files, get_converter, read_docs
from spacy_clinrel.tokens import get_attributes, get_doc_id

from . import annotation as tools

TEXT = "患者发热，予布洛芬。"


def region(name, value, *labels, kind="labels", to_name="text", **more):
    value = {kind: list(labels), **value}
    return {"id": name, "type": kind, "from_name": "l", "to_name": to_name, "value": value, **more}


def at(start, end, text=None, **more):
    return {"start": start, "end": end, **({} if text is None else {"text": text}), **more}


def relation(head, tail, *labels, **more):
    ends = {"type": "relation", "from_id": head, "to_id": tail, "direction": "right"}
    return {**ends, "labels": list(labels), **more}


FEVER, DRUG = region("a", at(2, 4, "发热"), "症状"), region("b", at(6, 9, "布洛芬"), "药物")
RESULT = [FEVER, DRUG, relation("b", "a", "治疗")]
EXPECTED = [("布洛芬", "治疗", "发热")]


def task(data, *results, **more):
    return {"id": 3, "data": data, "annotations": [{"result": r} for r in results], **more}


@pytest.fixture
def read_tasks(put):
    """Return a function that reads tasks as JSON and returns the Docs and the report."""

    def run(*tasks, name="label-studio", **options):
        path = put("project.json", json.dumps(tasks))
        report, converter = Report(), get_converter(name)
        files = find_files(path, converter)
        return list(read_docs(tools.ZH, converter, files, report, ReadOptions(**options))), report

    return run


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


def test_html_by_global_offsets(read_tasks):
    html = "<html><head><title>T</title></head><body>\n<h1>主诉</h1><p>患者<b>发热</b>，<br>"
    html += "予&lt;布洛芬&gt;。</p><script>x</script></body></html>"
    result = [
        region(
            "a",
            at(
                "/p[1]/b[1]/text()[1]",
                "/p[1]/b[1]/text()[1]",
                "发热",
                startOffset=0,
                endOffset=2,
                globalOffsets={"start": 5, "end": 7},
            ),
            "症状",
            kind="hypertextlabels",
        ),
        region(
            "b",
            at(
                "/p[1]/text()[3]",
                "/p[1]/text()[3]",
                "布洛芬",
                startOffset=2,
                endOffset=5,
                globalOffsets={"start": 11, "end": 14},
            ),
            "药物",
            kind="hypertextlabels",
        ),
        RESULT[2],
    ]
    (doc,), report = read_tasks(task({"html": html}, result))
    assert doc.text == "\n主诉\n患者发热，\n予<布洛芬>。"
    assert tools.texts(doc) == EXPECTED and not report.losses


@pytest.mark.parametrize("places", ["offsets", "paths"])
@pytest.mark.parametrize("unit", ["characters", "utf16"])
def test_html_with_any_place_and_unit(read_tasks, places, unit):
    """The recorded texts show whether offsets count characters or UTF-16 code units."""
    shift = unit == "utf16"
    spans = {"a": (3 + shift, 5 + shift), "b": (7 + shift, 10 + shift)}
    result = [RESULT[2]]
    for name, text, path in (
        ("a", "发热", "/div[1]/p/text()"),
        ("b", "布洛芬", "/div/p[2]/text()[1]"),
    ):
        start, end = spans[name]
        offsets = {"globalOffsets": {"start": start, "end": end}} if places == "offsets" else {}
        first = start if name == "a" else 1
        offsets.update(startOffset=first, endOffset=first + end - start)
        path = path if places == "paths" else "/gone[1]/text()[1]"
        result.append(region(name, at(path, path, text, **offsets), name))
    html = "<div><p>😀患者发热，</p><p>予布洛芬。</p></div>"
    (doc,), report = read_tasks(task({"text": html}, result))
    assert doc.text == "😀患者发热，\n予布洛芬。" and not report.losses, report.messages
    assert tools.texts(doc) == EXPECTED


def test_regions_of_html_on_a_plain_text(read_tasks):
    places = {"a": (2, 4), "b": (6, 9)}
    result = [
        region(name, at("/text()[1]", "/text()[1]", startOffset=s, endOffset=e), name)
        for name, (s, e) in places.items()
    ]
    (doc,), report = read_tasks(task({"text": TEXT}, [*result, RESULT[2]]))
    assert tools.texts(doc) == EXPECTED and not report.losses and not report.repaired


def test_place_outside_html_costs_one_region(read_tasks):
    bad = region("c", at("/p[9]/text()[1]", "/p[9]/text()[1]", startOffset=0, endOffset=2), "X")
    far = region("d", at("/p[1]", "/p[1]", globalOffsets={"start": 5, "end": 99}), "X")
    good = region("a", at("/p[1]", "/p[1]", globalOffsets={"start": 2, "end": 4}), "症状")
    (doc,), report = read_tasks(task({"text": f"<p>{TEXT}</p>"}, [bad, far, good]))
    assert tools.mentions(doc) == [(2, 4, "症状")] and report.losses == 2


def test_html_in_linear_time(read_tasks):
    """Deep nesting, many regions and stray brackets."""
    start = time.perf_counter()
    html = "<b>" * 4000 + "<" * 4000 + TEXT + "</b>" * 4000 + "<!--<a " * 4000
    (doc,), _ = read_tasks(task({"text": html + "<p>x</p>"}, []))
    assert TEXT in doc.text
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize("key", ["text", "phrase"])
def test_paragraphs_of_a_dialogue(read_tasks, key):
    dialogue = [
        {"author": "医生", key: "哪里不适？😀"},
        {"author": "患者", key: "😀发热，服布洛芬"},
    ]
    result = [
        region(
            "a", at("1", "1", "发热", startOffset=1, endOffset=3), "症状", kind="paragraphlabels"
        ),
        region("b", at(1, 1, "布洛芬", startOffset=5, endOffset=8), "药物"),
        region("c", at("0", "1", startOffset=2, endOffset=3), "X", kind="paragraphlabels"),
        region("d", at("2", "2", startOffset=0, endOffset=1), "X", kind="paragraphlabels"),
        RESULT[2],
    ]
    (doc,), report = read_tasks(task({"dialogue": dialogue}, result))
    assert doc.text == "哪里不适？😀\n😀发热，服布洛芬"
    assert tools.texts(doc) == EXPECTED and (2, 10, "X") in tools.mentions(doc)
    assert report.lost == {"broken line": 1, "metadata not kept": 1}
    assert any("data.dialogue.author" in message for message in report.messages)


def test_paragraphs_with_utf16_offsets(read_tasks):
    dialogue = [{"text": "😀发热"}]
    result = [region("a", at("0", "0", "发热", startOffset=2, endOffset=4), "症状")]
    (doc,), report = read_tasks(task({"dialogue": dialogue}, result))
    assert tools.mentions(doc) == [(1, 3, "症状")] and not report.losses


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
    assert "'病历7': 药物 6–9 布洛芬 → 症状 2–4 发热" in report.messages[0]
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


def test_html_without_recorded_texts_may_be_ambiguous(read_tasks):
    """Characters beyond U+FFFF count as one or two."""
    places = {"globalOffsets": {"start": 3, "end": 5}}
    entry = task(
        {"text": "<p>😀患者发热，予布洛芬。</p>"},
        [region("a", at("/p[1]", "/p[1]", **places), "X")],
    )
    (doc,), report = read_tasks(entry)
    assert tools.mentions(doc) == [(3, 5, "X")] and "Choose with --offsets" in report.messages[0]
    (doc,), report = read_tasks(entry, offsets="utf-16")
    assert tools.mentions(doc) == [(2, 4, "X")] and not report.doubtful
    (doc,), report = read_tasks(entry, offsets="characters")
    assert tools.mentions(doc) == [(3, 5, "X")] and not report.doubtful


def test_line_breaks_counted_as_one(read_tasks):
    text = "主诉：\r\n发热，\r\n予布洛芬。"
    result = [region("a", at(4, 6, "发热"), "症状"), region("b", at(9, 12, "布洛芬"), "药物")]
    (doc,), report = read_tasks(task({"text": text}, [*result, RESULT[2]]))
    assert tools.texts(doc) == EXPECTED and not report.losses
    assert list(report.repaired.values()) == [1]
