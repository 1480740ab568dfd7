"""The store in JSON."""

import json

import pytest
import spacy
from spacy.tokens import Doc

from spacy_clinrel.tokens import (
    GROUP,
    get_attributes,
    get_doc_id,
    get_relations,
    set_attributes,
    set_doc_id,
)

from ..util import edges, group, make_doc


@pytest.fixture
def doc(zh):
    doc = make_doc(
        zh, "见[[左侧|方位]股骨|部位]骨折，[头痛|症状]。", [(1, 0, "方位"), (2, 1, "伴")]
    )
    set_attributes(doc, [(doc.ents[1], "Negated", 0.1)])
    set_doc_id(doc, "甲")
    return doc


def from_json(data):
    return Doc(spacy.blank("zh").vocab).from_json(json.loads(json.dumps(data)), validate=True)


def test_json_keeps_relations_on_request(doc):
    copy = from_json(doc.to_json(underscore=["clinrel"]))
    assert edges(copy) == edges(doc) and len(edges(doc)) == 2
    assert group(copy) == group(doc) and get_doc_id(copy) == "甲"
    assert [(a.mention.text, *a[1:]) for a in get_attributes(copy)] == [("头痛", "Negated", 0.1)]


def test_json_without_the_extension_keeps_mentions_only(doc):
    copy = from_json(doc.to_json())
    assert get_relations(copy) == [] and group(copy) == group(doc)


def test_document_without_annotation(zh):
    copy = from_json(zh("头痛").to_json(underscore=["clinrel"]))
    assert GROUP not in copy.spans and copy._.clinrel is None


def test_no_relations_differ_from_no_annotation(zh):
    doc = zh("头痛")
    doc._.relations = []
    assert GROUP in from_json(doc.to_json(underscore=["clinrel"])).spans


def test_values_are_copies(doc):
    values = doc._.clinrel
    values["relations"].clear()
    assert len(doc._.relations) == 2
    copy = doc.copy()
    copy._.clinrel = values
    values["relations"].append([0, 9, "X", 1.0])
    assert copy._.relations == []


@pytest.mark.parametrize("values", [[], "relations", 1])
def test_values_must_be_a_dict(doc, values):
    with pytest.raises(ValueError, match=rf"R013.*to_json.*{type(values).__name__}"):
        doc._.clinrel = values
    assert len(doc._.relations) == 2
