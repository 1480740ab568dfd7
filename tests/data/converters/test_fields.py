"""Values of JSON objects, as corpora and tools write them."""

import json
from pathlib import Path

import pytest

from spacy_clinrel.data.converters import Report, check_fields, get_field, get_id, get_score
from spacy_clinrel.data.converters.fields import BAD_SCORE, METADATA, NOT_READ, first_id

PATH = Path("a.json")
NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("value", [2, 2.0, "2", "2.0", "2."])
def test_whole_numbers_are_read_in_every_notation(value):
    assert get_field({"start": value}, "start", int) == 2


@pytest.mark.parametrize(
    "value",
    [True, 2.5, "2.5", "two", "２", "", None, [2], NAN, INF, 1e300, 2**60, "9" * 20, "9" * 5000],
)
def test_other_values_are_not_whole_numbers(value):
    with pytest.raises(ValueError, match="'start' must be a whole number"):
        get_field({"start": value}, "start", int)


def test_messages_about_long_values_are_short():
    with pytest.raises(ValueError) as error:
        get_field({"start": "x" * 9999}, "start", int)
    assert len(str(error.value)) < 150


@pytest.mark.parametrize(
    ("value", "id"), [("a", "a"), (2, "2"), (2.0, "2"), ("2", "2"), (0, "0"), (2**60, str(2**60))]
)
def test_ids_are_strings_or_numbers(value, id):
    assert get_id({"id": value}, "id") == id == first_id(None, value, "x")


@pytest.mark.parametrize("value", [None, "", True, 2.5, [1], {}])
def test_other_values_are_not_ids(value):
    with pytest.raises(ValueError, match="'id' must be a string or a whole number"):
        get_id({"id": value}, "id")


def test_document_id_that_is_an_object_is_refused():
    with pytest.raises(ValueError, match="document id"):
        first_id({"a": 1})


@pytest.mark.parametrize(("value", "score"), [(0, 0), (0.0, 0), ("0.5", 0.5), (1, 1), (None, 1)])
def test_scores_are_read(value, score):
    report = Report()
    assert get_score({"score": value}, report, PATH) == score
    assert get_score({}, report, PATH) == 1 and not report.losses


@pytest.mark.parametrize(
    "value", ["nan", float("nan"), float("inf"), -0.1, 1.5, 10**400, True, "x", [1]]
)
def test_invalid_scores_are_dropped_with_a_message(value):
    report = Report()
    assert get_score({"score": value}, report, PATH, 3) == 1
    assert report.lost == {BAD_SCORE: 1}
    assert report.messages[0].startswith("a.json:3: ") and len(report.messages[0]) < 200


def check(entry):
    report = Report()
    check_fields(entry, ["text", "spans", "meta"], ["spans"], report, PATH, 3)
    return report


def test_fields_with_annotation_that_are_not_read_are_named():
    report = check({"text": "x", "spans": [{}], "entities": [[0, 1, "X"]], "notes": "", "tags": []})
    assert report.lost == {NOT_READ: 1, METADATA: 2}
    assert report.messages == [f"a.json:3: {NOT_READ}: 'entities'. Check the format"]


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("label", [[0, 1, "X"]], "Is the format doccano?"),
        ("label", "X", "Is the format doccano?"),
        ("entities", [{"start_offset": 0}], "Is the format doccano?"),
        ("spo_list", [{}], "Is the format cmeie?"),
        ("annotation", [["X", 0, 1]], "Check the format"),
        ("own_name", [{"start": 0}], "Check the format"),
    ],
)
def test_objects_of_another_format_are_refused(name, value, hint):
    with pytest.raises(ValueError, match=f"has no 'spans', but '{name}'. {hint}"):
        check({"text": "x", name: value})


def test_metadata_is_not_taken_for_annotation():
    entry = {"text": "x", "ward": {"name": "ICU"}, "words": ["a"], "labels": [], "age": 3}
    assert check(entry).lost == {METADATA: 4}


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("ccks2019", {"originalText": "头痛", "entities": [], "spans": [{"start": 0}]}),
        ("cmeie", {"text": "头痛", "spo_list": [], "entities": [{"start": 0}]}),
        ("spert", {"tokens": ["头", "痛"], "ner": [[0, 1, "X"]]}),
        ("prodigy", {"text": "头痛", "label": [[0, 2, "X"]]}),
        ("doccano", {"text": "头痛", "spo_list": [{}]}),
    ],
)
def test_every_format_refuses_objects_of_other_formats(read, put, name, entry):
    docs, report = read(name, put("a.json", json.dumps(entry)))
    assert not docs and report.lost == {"broken line": 1}
    assert "has no " in report.messages[0]
