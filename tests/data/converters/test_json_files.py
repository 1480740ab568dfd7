"""Tests of JSON files that are not, or not quite, JSON: what can be read is read, the rest is
named."""

import json

import pytest

from spacy_clinrel.data.converters.json_files import load_json, split_values

DOC = (
    '{"text": "头痛", "entities": [{"start_offset": 0, "end_offset": 2, "label": "Sym"}], "id": %s}'
)


def test_infinity_in_a_list_costs_no_document(put, read):
    elements = [DOC % id for id in ("1", '2, "score": Infinity', '3, "score": NaN')]
    path = put("a.json", f"[{', '.join(elements)}]")
    docs, report = read("doccano", path, copies="all")
    assert [doc.ents[0].text for doc in docs] == ["头痛"] * 3
    assert report.lost == {"metadata not kept": 2}


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("1,", "not JSON"),
        ("1" + "0" * 30 + ', "text": ""', "the key 'text' occurs twice with different values"),
        ("[" * 5000 + "]" * 5000, "nested too deeply"),
    ],
)
@pytest.mark.parametrize("form", ["[%s,\n%s,\n%s]", "%s\n%s\n%s"], ids=["list", "lines"])
def test_broken_element_costs_one_document(put, read, broken, reason, form):
    path = put("a.json", form % (DOC % 1, DOC % broken, DOC % 3))
    docs, report = read("doccano", path, copies="all")
    assert len(docs) == 2 and report.losses == 1
    assert report.messages[0].startswith(f"{path}:2: broken line: {reason}")


def test_list_that_is_cut_off_keeps_its_complete_elements(put, read):
    docs, report = read("doccano", put("a.json", f"[\n{DOC % 1},\n"))
    assert len(docs) == 1
    assert "the list is not closed, so its end may be missing" in report.messages[0]


def test_indented_objects_without_a_list_are_read(put, read):
    indented = DOC.replace(", ", ",\n")
    docs, report = read("doccano", put("a.json", f"{indented % 1}\n{indented % 2}"), copies="all")
    assert len(docs) == 2 and not report.losses and not report.messages


def test_very_long_number_is_a_lost_mention(put, read):
    text = (DOC % 1).replace('"end_offset": 2', '"end_offset": ' + "9" * 5000)
    docs, report = read("doccano", put("a.json", text))
    assert len(docs) == 1 and report.lost["broken line"] == 1


@pytest.mark.parametrize(
    ("text", "parts", "is_closed"),
    [
        ('[{"a": "],}"}, 2, [3]]', ['{"a": "],}"}', "2", "[3]"], True),
        ('{"a": {"b": "\\""}} {}', ['{"a": {"b": "\\""}}', "{}"], True),
        ('[{"a": "x\\', ['{"a": "x\\'], False),
        ('[{"a": 1}}, {"b": 2}]', ['{"a": 1}', "}", '{"b": 2}'], True),
    ],
)
def test_values_are_split_without_parsing(text, parts, is_closed):
    assert split_values(text) == (parts, is_closed)


def test_key_may_occur_twice_with_the_same_value():
    assert load_json('{"a": [1], "a": [1]}') == {"a": [1]}


LINK = {"from_id": 1, "to_id": 2, "head": 0, "child": 1, "tail": 1}
ONE = {"id": 1, "label": "A", "type": "A", "start": 0, "end": 2}
OTHER = {"id": 2, "label": "B", "type": "B", "start": 2, "end": 3}
MENTIONS = [{**m, "start_offset": m["start"], "end_offset": m["end"]} for m in (ONE, OTHER)]
TOKENS = [{"start": 0, "end": 2}, {"start": 2, "end": 3}]


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("doccano", {"text": "头痛重", "entities": MENTIONS, "relations": [LINK]}),
        (
            "prodigy",
            {"text": "头痛重", "tokens": TOKENS, "spans": MENTIONS, "relations": [LINK]},
        ),
        ("spert", {"tokens": ["头", "痛", "重"], "entities": MENTIONS, "relations": [LINK]}),
    ],
)
def test_default_label_applies_to_every_json_format(put, read, name, entry):
    path = put("a.jsonl" if name == "prodigy" else "a.json", json.dumps(entry))
    (doc,), _ = read(name, path, default_label="R")
    assert [relation.label for relation in doc._.relations] == ["R"]
    _, report = read(name, path)
    assert report.lost["relation has no label"] == 1


def test_ccks2019_texts_of_a_test_part_are_read(put, read):
    docs, report = read("ccks2019", put("a.txt", '{"originalText": "头痛"}'))
    assert len(docs) == 1 and not report.losses
