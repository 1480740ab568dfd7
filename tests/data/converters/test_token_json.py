"""DyGIE++ and PURE: sentences of tokens with entities and relations."""

import json

import pytest

from spacy_clinrel.tokens import get_doc_id

from ...util import edges

ENTRY = {
    "doc_key": "d1",
    "sentences": [["Aspirin", "for", "headache", "."], ["No", "rash", "."]],
    "ner": [[[0, 0, "Drug"], [2, 2, "Problem"]], [[5, 5, "Problem", 0.9]]],
    "relations": [[[0, 0, 2, 2, "TrAP"]], [[0, 0, 5, 5, "TrCP", 0.8]]],
}


def test_dygie_reads_entities_and_relations(read, put):
    (doc,), report = read("dygie", put("train.json", json.dumps(ENTRY)))
    assert doc.text == "Aspirin for headache . No rash ." and get_doc_id(doc) == "d1"
    assert edges(doc) == {
        (0, 7, "Drug", "TrAP", 12, 20, "Problem"),
        (0, 7, "Drug", "TrCP", 26, 30, "Problem"),
    }
    assert report.losses == 0


def test_dygie_reads_whole_numbers_in_any_notation(read, put):
    entry = {**ENTRY, "ner": [[[0.0, "0", "Drug"], ["2", 2.0, "Problem"]]]}
    entry["relations"] = entry["relations"][:1]
    (doc,), report = read("dygie", put("train.json", json.dumps(entry)))
    assert edges(doc) == {(0, 7, "Drug", "TrAP", 12, 20, "Problem")} and report.losses == 0


def test_dygie_reads_test_parts(read, put):
    entry = {"sentences": [["头", "痛"]]}
    (doc,), _ = read("dygie", put("test.json", json.dumps(entry)))
    assert doc.text == "头痛" and not doc.ents and get_doc_id(doc) == "test-1"


@pytest.mark.parametrize(
    "change",
    [
        {"ner": [[[0, 9, "Drug"]]]},
        {"ner": [[[0, "x", "Drug"]]]},
        {"ner": [[[1, 0, "Drug"]]]},
        {"ner": [[[0, 0, None]]]},
        {"ner": [[[0, 0]]]},
        {"relations": [[[0, 0, 3, 3, "R"]]]},
        {"relations": [[[0, 0, 2]]]},
        {"clusters": [[[0, 0]]]},
        {"events": [[[[0, "x"]]]]},
    ],
)
def test_dygie_reports_what_is_lost(read, put, change):
    docs, report = read("dygie", put("a.json", json.dumps({**ENTRY, **change})))
    assert len(docs) == 1 and report.losses


@pytest.mark.parametrize("change", [{"sentences": None}, {"sentences": [[7]]}, {"sentences": "x"}])
def test_dygie_refuses_other_json(read, put, change):
    docs, report = read("dygie", put("a.json", json.dumps({**ENTRY, **change})))
    assert not docs and report.lost == {"broken line": 1}


def test_dygie_entity_outside_its_sentence_is_reported(read, put):
    entry = {**ENTRY, "ner": [[[0, 0, "Drug"]], [[1, 1, "Problem"]]], "relations": []}
    (doc,), report = read("dygie", put("a.json", json.dumps(entry)))
    assert [ent.text for ent in doc.ents] == ["Aspirin"]
    assert "the entity at tokens 1 to 1 is not in sentence 2" in report.messages[0]


def test_dygie_short_entities_are_named(read, put):
    _, report = read("dygie", put("a.json", json.dumps({**ENTRY, "ner": [[[0, "Drug"]]]})))
    assert "expected a first token, a last token and a type" in report.messages[0]
