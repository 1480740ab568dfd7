"""Attributes of mentions in the formats that can hold them."""

import json

import pytest

from spacy_clinrel.data.converters import Mention, Record, Report, converters, get_converter
from spacy_clinrel.tokens import get_attributes, has_assertion, span_attributes
from spacy_clinrel.types import ASSERTIONS

from . import annotation as tools
from .test_bioc import annotation, document, passage

MENTIONS = [
    Mention("a", 1, 3, "症状", attributes=("negated", "historical", "Certainty=Low")),
    Mention("b", 1, 3, "体征", attributes=("uncertain",)),
    Mention("c", 4, 6, "症状"),
]
JSON_FORMATS = ("label-studio", "label-studio-predictions", "doccano", "prodigy")


MENTIONS_OF_DOCCANO = [
    Mention("a", 0, 2, "症状", attributes=("negated",)),
    Mention("b", 3, 5, "症状", attributes=("uncertain",)),
    Mention("c", 6, 7, "症状", attributes=("family",)),
]


def view(doc):
    return {(a.mention.text, a.mention.label_, a.name, a.score) for a in get_attributes(doc)}


@pytest.mark.parametrize("name", [*JSON_FORMATS, "brat"])
def test_attributes_round_trip(name):
    doc = tools.make(Record("1", "无😀头，咳嗽", MENTIONS, assertions=ASSERTIONS))
    options = {"offsets": "utf-16"} if name == "doccano" else {}
    (copy,), written, report = tools.round_trip([doc], get_converter(name), **options)
    assert view(copy) == view(doc) and len(view(doc)) == 4
    assert has_assertion(copy) and not written.losses and not report.losses


@pytest.mark.parametrize("name", JSON_FORMATS)
@pytest.mark.parametrize("assertions", [ASSERTIONS, ()])
def test_documents_without_attributes_stay_annotated_or_unannotated(name, assertions):
    doc = tools.make(Record("1", "咳嗽", [Mention("a", 0, 2, "症状")], assertions=assertions))
    (copy,), written, report = tools.round_trip([doc], get_converter(name))
    assert has_assertion(copy) == has_assertion(doc) == bool(assertions)
    assert not written.losses and not report.losses


@pytest.mark.parametrize("name", sorted(n for n, c in converters.get_all().items() if c.write))
def test_formats_count_the_attributes_that_they_cannot_write(name):
    converter, report = get_converter(name), Report()
    doc = tools.make(Record("1", "咳嗽", [Mention("a", 0, 2, "症状", attributes=("negated",))]))
    files = tools.write([doc], converter, report)
    is_written = any("egated" in content or "absent" in content for content in files.values())
    assert is_written == converter.keeps_attributes == (not report.lost)
    assert is_written or report.lost == {"attribute not kept": 1}


def test_doccano_keeps_the_attributes_of_mentions_that_annotators_change(put):
    doc = tools.make(Record("1", "头痛，咳嗽，热", MENTIONS_OF_DOCCANO))
    (line,) = tools.write([doc], get_converter("doccano"), Report())["out.jsonl"].splitlines()
    entry = json.loads(line)
    pain, cough, _ = sorted(entry["entities"], key=lambda entity: entity["start_offset"])
    # The annotator changes the type of a mention and removes another.
    entry["entities"] = [pain, {**cough, "label": "体征"}]
    (copy,), report = tools.convert(put("a.jsonl", json.dumps(entry)), get_converter("doccano"))
    assert view(copy) == {("头痛", "症状", "negated", 1.0), ("咳嗽", "体征", "uncertain", 1.0)}
    assert report.left_out == {"attributes of mentions that were removed": 1}
    assert not report.losses


def test_objects_of_doccano_have_the_same_fields():
    """pandas, with which doccano reads a file, fills missing fields with NaN."""
    records = [
        Record("1", "头痛", [Mention("a", 0, 2, "症状", attributes=("negated",))]),
        Record("2", '"attributes"', [Mention("a", 1, 11, "症状")]),
    ]
    lines = tools.write(map(tools.make, records), get_converter("doccano"), Report())["out.jsonl"]
    first, second = map(json.loads, lines.splitlines())
    assert set(first) == set(second) and "attributes" in first
    assert (second["has_assertion"], second["attributes"]) == (False, [])
    without = tools.write([tools.make(records[1])], get_converter("doccano"), Report())
    assert set(json.loads(without["out.jsonl"])) == {"doc_id", "text", "entities", "relations"}


def test_prodigy_reads_attributes_as_values_by_name(put):
    spans = [
        {"start": 0, "end": 2, "label": "症状", "attributes": {"negated": True, "Grade": 2}},
        {"start": 3, "end": 5, "label": "症状", "attributes": {"negated": False}},
        {"start": 3, "end": 5, "label": "体征", "attributes": "negated"},
    ]
    path = put("a.jsonl", json.dumps({"text": "头痛，咳嗽", "spans": spans}))
    (doc,), report = tools.convert(path, get_converter("prodigy"))
    assert [span_attributes(ent) for ent in doc.ents] == [{"negated": 1.0, "Grade=2": 1.0}, {}]
    assert report.lost == {"broken line": 1}
    assert report.repaired == {"attribute with the value false left out": 1}


def test_bioc_reads_assertion_infons(put):
    first = annotation("a", 0, 2, "头痛")
    first["infons"].update(negated="true", Polarity="Negative", note="x")
    second = annotation("b", 3, 2, "咳嗽")
    second["infons"]["negated"] = "false"
    path = put("a.json", json.dumps(document(passage(0, "头痛，咳嗽", first, second))))
    (doc,), report = tools.convert(path, get_converter("bioc"))
    assert [span_attributes(ent) for ent in doc.ents] == [{"negated": 1.0}, {}]
    assert report.lost == {"infon of an annotation not kept": 2} and has_assertion(doc)
    names = {"Polarity=Negative": "uncertain"}
    (doc,), report = tools.convert(path, get_converter("bioc"), attributes=names)
    assert span_attributes(doc.ents[0]) == {"negated": 1.0, "uncertain": 1.0}
    assert report.lost == {"infon of an annotation not kept": 1}


def test_a_false_attribute_shows_that_a_document_is_annotated(put):
    spans = [{"start": 0, "end": 2, "label": "症状", "attributes": ["negated=false"]}]
    path = put("a.jsonl", json.dumps({"text": "头痛", "spans": spans}))
    (doc,), _ = tools.convert(path, get_converter("prodigy"))
    assert has_assertion(doc) and not get_attributes(doc)
