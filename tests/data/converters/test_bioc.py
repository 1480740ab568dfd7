"""BioC JSON: passages, sentences, units of offsets, relations, faults."""

import json

import pytest

from spacy_clinrel.tokens import get_doc_id

from ...util import edges, ents


def annotation(id, start, length, text, **infons):
    place = {"offset": start, "length": length}
    return {"id": id, "infons": {"type": "T", **infons}, "text": text, "locations": [place]}


def relation(*ids):
    return {"id": "R", "infons": {"type": "R"}, "nodes": [{"refid": id} for id in ids]}


def document(*passages, **fields):
    return {"id": "7", "passages": list(passages), **fields}


def passage(offset, text, *annotations, **fields):
    return {"offset": offset, "text": text, "annotations": list(annotations), **fields}


ENTRY = document(
    passage(0, "Aspirin", annotation("a", 0, 7, "Aspirin", identifier="D1")),
    passage(8, "for a rash.", annotation("b", 14, 4, "rash")),
    relations=[relation("a", "b"), relation("a"), relation("a", "c")],
)


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: {"documents": [x]}, lambda x: [x]])
def test_bioc_reads_documents_and_collections(read, put, wrap):
    (doc,), report = read("bioc", put("a.json", json.dumps(wrap(ENTRY))))
    assert doc.text == "Aspirin\nfor a rash." and get_doc_id(doc) == "7"
    assert edges(doc) == {(0, 7, "T", "R", 14, 18, "T")}
    assert report.lost == {
        "infon of an annotation not kept": 1,
        "relation that does not connect two mentions not kept": 1,
        "relation to an unknown mention": 1,
    }


@pytest.mark.parametrize("start, length, second", [(2, 2, 8), (3, 2, 9), (7, 6, 23)])
def test_bioc_recognizes_characters_utf16_and_bytes(read, put, start, length, second):
    first = passage(0, "予😀咳嗽，好转", annotation("a", start, length, "咳嗽"))
    other = passage(second, "头痛", annotation("b", second, length, "头痛"))
    (doc,), report = read("bioc", put("a.json", json.dumps(document(first, other))))
    assert [ent.text for ent in doc.ents] == ["咳嗽", "头痛"] and not report.losses


def test_bioc_reads_sentences(read, put):
    sentences = [passage(0, "头痛。", annotation("a", 0, 2, "头痛")), passage(3, "呕吐。")]
    entry = document({"offset": 0, "sentences": sentences})
    (doc,), report = read("bioc", put("a.json", json.dumps(entry)))
    assert doc.text == "头痛。呕吐。" and ents(doc) == [(0, 2, "T")] and not report.losses


@pytest.mark.parametrize(
    "entry", [{"id": 1}, document(), document(passage(0, "")), [7], {"documents": 3}]
)
def test_bioc_refuses_other_json(read, put, entry):
    docs, report = read("bioc", put("a.json", json.dumps(entry)))
    assert not docs and report.losses == 1


def test_bioc_keeps_documents_after_a_broken_one(read, put):
    content = json.dumps({"documents": [{"id": 1}, ENTRY]})
    docs, report = read("bioc", put("a.json", content))
    assert len(docs) == 1 and "has no 'passages'" in report.messages[0]


def test_bioc_reports_wrong_annotations(read, put):
    bad = [annotation("a", 0, 3, "xyz"), annotation("b", 90, 3, "Asp"), {"id": "c", "infons": {}}]
    docs, report = read("bioc", put("a.json", json.dumps(document(passage(0, "Aspirin", *bad)))))
    assert not docs[0].ents and report.losses == 3


def test_bioc_offsets_of_a_mention_without_text_follow_the_others(read, put):
    bare = {**annotation("b", 12, 6, ""), "text": None}
    entry = document(passage(0, "予咳嗽，好转", annotation("a", 3, 6, "咳嗽"), bare))
    (doc,), report = read("bioc", put("a.json", json.dumps(entry)))
    assert [ent.text for ent in doc.ents] == ["咳嗽", "好转"]
    assert report.repaired == {"offsets counted as utf-8": 1} and not report.losses


def test_bioc_offsets_can_be_chosen(read, put):
    entry = document(passage(0, "予😀咳嗽", {**annotation("a", 3, 2, ""), "text": None}))
    (doc,), report = read("bioc", put("a.json", json.dumps(entry)), offsets="utf-16")
    assert [ent.text for ent in doc.ents] == ["咳嗽"] and not report.doubtful


def test_bioc_annotations_need_no_ids(read, put):
    first, second = annotation(None, 0, 7, "Aspirin"), annotation(None, 8, 4, "rash")
    (doc,), report = read(
        "bioc", put("a.json", json.dumps(document(passage(0, "Aspirin rash", first, second))))
    )
    assert len(doc.ents) == 2 and not report.losses


def test_bioc_ids_may_begin_anew_in_each_passage(read, put):
    links = {"relations": [relation("0", "1")]}
    first = passage(0, "咳嗽", annotation("0", 0, 2, "咳嗽"), annotation("1", 0, 1, "咳"))
    second = passage(3, "头痛", annotation("0", 3, 2, "头痛"), annotation("1", 3, 1, "头"), **links)
    (doc,), report = read("bioc", put("a.json", json.dumps(document(first, second))))
    assert edges(doc) == {(3, 5, "T", "R", 3, 4, "T")} and not report.losses
