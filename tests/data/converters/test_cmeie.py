"""CMeIE: triples of strings."""

import json

import pytest

from spacy_clinrel.tokens import GROUP, get_relations


def triple(subject, predicate, target, kind="症状", **parts):
    return {
        "Combined": False,
        "predicate": predicate,
        "subject": subject,
        "subject_type": "疾病",
        "object": {"@value": target, **parts},
        "object_type": {"@value": kind},
    }


def line(text, *triples):
    return json.dumps({"text": text, "spo_list": triples}, ensure_ascii=False)


def view(doc):
    return [(r.head.text, r.label, r.tail.text) for r in get_relations(doc)]


def test_cmeie_uses_the_first_occurrence_of_a_string(read, put):
    first = triple("胰病", "临床表现", "腹痛")
    path = put("a.jsonl", line("急性胰病有腹痛。胰病，腹痛。", first, first))
    docs, report = read("cmeie", path)
    assert view(docs[0]) == [("胰病", "临床表现", "腹痛")]
    assert [(ent.text, ent.start_char, ent.label_) for ent in docs[0].ents] == [
        ("胰病", 2, "疾病"),
        ("腹痛", 5, "症状"),
    ]
    assert report.repaired == {"equal relations merged": 1} and report.losses == 0


def test_cmeie_reads_nested_strings_and_strings_with_two_types(read, put):
    triples = [triple("急性胰病", "病理", "胰病", "疾病"), triple("胰病", "同义", "胰病", "词")]
    docs, report = read("cmeie", put("a.json", line("急性胰病", *triples)))
    assert view(docs[0]) == [("急性胰病", "病理", "胰病"), ("胰病", "同义", "胰病")]
    assert len(docs[0].spans[GROUP]) == 3 and len(docs[0].ents) == 1
    assert (report.entities, report.nested, report.relations) == (3, 2, 2)


def test_cmeie_counts_losses(read, put):
    lines = [
        line(
            "胰病有腹痛",
            triple("胰病", "R", "头痛"),
            triple("胰病", "R", "腹痛", inWork="x"),
            triple("", "R", "腹痛"),
        ),
        '{"text": "胰病", "spo_list": [{"predicate": "R"}, '
        '{"predicate": "R", "subject": "胰病", "object": "胰病", "subject_type": "疾病"}]}',
        '{"text": "胰病", "spo_list": 3}',
    ]
    path = put("a.jsonl", "\n".join(lines))
    docs, report = read("cmeie", path)
    assert view(docs[0]) == [("胰病", "R", "腹痛")]
    assert len(docs) == 2
    assert report.lost == {
        "string not found in the text": 2,
        "relation lost with its mention": 2,
        "object part 'inWork' not kept": 1,
        "broken line": 3,
    }


def test_cmeie_ignores_the_schema(read, put):
    put("53_schemas.jsonl", '{"predicate": "R", "subject_type": "病种", "object_type": "体征"}\n')
    path = put("train.jsonl", line("胰病有腹痛", triple("胰病", "R", "腹痛")))
    docs, report = read("cmeie", path.parent)
    assert len(docs) == 1 and report.losses == 0


@pytest.mark.parametrize("texts", [["胰病", "腹痛"], ["胰病"]])
@pytest.mark.parametrize("as_list", [True, False])
def test_cmeie_reads_a_part_without_answers(read, put, texts, as_list):
    entries = [json.dumps({"text": text, "id": 1}) for text in texts]
    content = f"[{','.join(entries)}]" if as_list else "\n".join(entries)
    docs, report = read("cmeie", put("test.json", content))
    assert [doc.text for doc in docs] == texts and report.losses == 0
    assert report.repaired == {"text without 'spo_list', kept without annotations": len(texts)}


def test_cmeie_reads_objects_that_are_strings(read, put):
    plain = {**triple("胰病", "R", ""), "object": "腹痛", "object_type": "症状"}
    docs, report = read("cmeie", put("a.json", line("胰病有腹痛", plain)))
    assert view(docs[0]) == [("胰病", "R", "腹痛")] and report.losses == 0
    assert [ent.label_ for ent in docs[0].ents] == ["疾病", "症状"]


@pytest.mark.parametrize("field", ["label", "entities", "spans", "annotations", "relations"])
def test_cmeie_refuses_other_formats(read, put, field):
    docs, report = read("cmeie", put("a.json", json.dumps({"text": "头痛", field: [[0, 2, "X"]]})))
    assert not docs and report.losses == 1
    assert f"has no 'spo_list', but '{field}'" in report.messages[0]
