"""Rows of plain values by mention, and the group of measurements."""

import json
import pickle

import pytest
import spacy
from spacy.tokens import Doc, DocBin

from spacy_clinrel.measurements import Dosage, Value
from spacy_clinrel.tokens import (
    GROUP,
    Relation,
    concat_docs,
    get_measurements,
    group_mentions,
    mention_rows,
    set_attributes,
    span_rows,
    write_measurements,
    write_mention_rows,
)
from spacy_clinrel.tokens.mentions import has_own_mentions
from spacy_clinrel.types import DOSAGE_FIELDS, VALUE_FIELDS

from ..util import make_doc

PULSE = {"text": "88次/分", "form": "number", "number": 88.0, "unit": "次/分", "ucum": "/min"}


@pytest.fixture
def doc(zh):
    doc = make_doc(zh, "[脉搏|检查]88次/分，予[布洛芬|治疗]0.3g，[头痛|症状]缓解。")
    del doc.spans[GROUP]
    pulse, drug, _ = doc.ents
    write_mention_rows(doc, "values", [(pulse, PULSE)])
    drug._.dosage = {"text": "0.3g", "dose": 0.3, "unit": "g", "ucum": "g"}
    write_measurements(doc, [(2, 7, "VALUE", PULSE), (12, 16, "DOSAGE", {"dose": 0.3})])
    return doc


def view(doc):
    spans = group_mentions(doc)
    rows = [
        (spans[index].text, *row)
        for key in ("values", "dosages")
        for index, *row in mention_rows(doc, key)
    ]
    found = [(m.span.text, m.span.label_, m.values) for m in get_measurements(doc)]
    return rows, found


def test_views(doc):
    pulse, drug, symptom = doc.ents
    assert pulse._.value == {**dict.fromkeys(VALUE_FIELDS), **PULSE}
    assert drug._.dosage["dose"] == 0.3 and drug._.dosage["route"] is None
    assert pulse._.dosage is drug._.value is symptom._.value is None
    assert [(m.span.text, m.span.label_) for m in get_measurements(doc)] == [
        ("88次/分", "VALUE"),
        ("0.3g", "DOSAGE"),
    ]


def test_views_have_the_fields_of_the_results():
    assert ("text", *Value._fields[2:]) == VALUE_FIELDS
    assert ("text", *Dosage._fields[2:]) == DOSAGE_FIELDS


def test_copies_of_entities_are_not_own_mentions(doc):
    assert [span.text for span in group_mentions(doc)] == ["脉搏", "布洛芬"]
    assert not has_own_mentions(doc)


def test_a_view_does_not_share_the_stored_dict(doc):
    doc.ents[0]._.value["number"] = 0
    doc.ents[0]._.value["range"] = {}
    get_measurements(doc)[0].values["number"] = 0
    assert doc.ents[0]._.value["number"] == 88
    assert get_measurements(doc)[0].values["number"] == 88


def test_setter_replaces_and_removes_the_value_of_one_mention(doc):
    pulse, drug, symptom = doc.ents
    symptom._.value = {"number": 3.0}
    pulse._.value = {"number": 90.0}
    assert pulse._.value["number"] == 90 and symptom._.value["number"] == 3
    pulse._.value = None
    assert pulse._.value is None and symptom._.value["number"] == 3
    assert drug._.dosage["dose"] == 0.3


def test_a_mention_can_have_several_rows(doc):
    symptom = doc.ents[2]
    write_mention_rows(doc, "candidates", [(symptom, "R51", 0.9), (symptom, "G44", 0.5)])
    assert span_rows(symptom, "candidates") == [["R51", 0.9], ["G44", 0.5]]


def test_relations_attributes_and_other_rows_are_kept(doc):
    pulse, drug, symptom = doc.ents
    doc._.relations = [Relation(drug, symptom, "改善")]
    set_attributes(doc, [(symptom, "Negated")])
    write_mention_rows(doc, "candidates", [(symptom, "R51", 0.9)])
    assert len(doc._.relations) == 1 and symptom._.is_negated is False
    assert pulse._.value["number"] == 88 and drug._.dosage["dose"] == 0.3


def test_rows_of_documents_without_entities(zh):
    doc = zh.make_doc("无殊。")
    write_mention_rows(doc, "values", [])
    assert mention_rows(doc, "values") == [] and not has_own_mentions(doc)


@pytest.mark.parametrize("storage", ["bytes", "docbin", "copy", "pickle", "json"])
def test_storage(doc, storage):
    vocab = spacy.blank("zh").vocab
    if storage == "bytes":
        other = Doc(vocab).from_bytes(doc.to_bytes())
    elif storage == "docbin":
        stored = DocBin().from_bytes(DocBin(docs=[doc]).to_bytes())
        (other,) = stored.get_docs(vocab)
    elif storage == "copy":
        other = doc.copy()
    elif storage == "pickle":
        other = pickle.loads(pickle.dumps(doc))
    else:
        data = json.loads(json.dumps(doc.to_json(underscore=["clinrel"])))
        other = Doc(vocab).from_json(data)
        assert view(other)[0] == view(doc)[0]
        assert [(m.span.text, m.values) for m in get_measurements(other)] == [
            ("88次/分", {}),
            ("0.3g", {}),
        ]
        return
    assert view(other) == view(doc)
    # The retokenizer leaves the indices of ordinary span groups as they were.
    with other.retokenize() as retokenizer:
        retokenizer.merge(other[:2])
    assert view(other) == view(doc)


def test_concatenation(doc, zh):
    write_mention_rows(doc, "candidates", [(doc.ents[2], "R51", 0.9)])
    joined = concat_docs([zh.make_doc("复诊。"), doc, doc])
    rows, found = view(doc)
    assert view(joined) == ([*rows[:1] * 2, *rows[1:] * 2], found * 2)
    assert [ent._.value is None for ent in joined.ents] == [False, True, True] * 2
    assert span_rows(joined.ents[-1], "candidates") == [["R51", 0.9]]


def test_concatenation_without_measurements(zh):
    joined = concat_docs([zh.make_doc("复诊。"), zh.make_doc("无殊。")])
    assert get_measurements(joined) == [] and GROUP not in joined.spans


def test_measurement_within_a_token():
    doc = spacy.blank("en")("Hb110g/L today")
    write_measurements(doc, [(2, 8, "VALUE", {"number": 110.0})])
    ((span, values),) = get_measurements(doc)
    assert "110g" in span.text and values == {"number": 110.0}


def test_unknown_key(doc):
    with pytest.raises(ValueError, match=r"R023.*'codes'.*candidates"):
        write_mention_rows(doc, "codes", [])


@pytest.mark.parametrize("name", ["value", "dosage"])
def test_value_of_a_wrong_type(doc, name):
    with pytest.raises(ValueError, match=rf"R024.*span._.{name} must be a dict.*float"):
        doc.ents[0]._.set(name, 88.0)


def test_mention_of_another_doc(doc, zh):
    with pytest.raises(ValueError, match="R001"):
        write_mention_rows(doc, "values", [(zh.make_doc("脉搏")[:2], PULSE)])


def test_spans_added_without_values(doc):
    doc.spans["measurements"].append(doc[:1])
    with pytest.raises(ValueError, match=r"R025.*3 spans, but plain values of 2"):
        get_measurements(doc)
