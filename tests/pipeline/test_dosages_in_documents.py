"""The component measurement_matcher: dosages, dates and durations in the store."""

from datetime import date

import pytest
import spacy
from spacy.tokens import Doc, DocBin

from spacy_clinrel.pipeline.measurement_matcher import MeasurementMatcher
from spacy_clinrel.tokens import concat_docs, get_measurements

from ..util import make_doc

LINE = "3天前予[头孢曲松|Treatment]2.0g静点 qd×5天，[体温|Test]降至37.0℃，[咳嗽|Symptom]10余年。"


@pytest.fixture(scope="module")
def zh():
    return spacy.blank("zh")


@pytest.fixture(scope="module")
def matcher():
    return MeasurementMatcher("zh")


@pytest.fixture
def extension():
    Doc.set_extension("test_note_date", default=None)
    yield "test_note_date"
    Doc.remove_extension("test_note_date")


def found(doc):
    return [(m.span.label_, m.span.text) for m in get_measurements(doc)]


def test_dosage_dates_and_durations(matcher, zh):
    doc = matcher(make_doc(zh, LINE))
    assert found(doc) == [
        ("DATE", "3天前"),
        ("DOSAGE", "2.0g静点 qd×5天"),
        ("VALUE", "37.0℃"),
        ("DURATION", "10余年"),
    ]
    dosage = doc.ents[0]._.dosage
    assert (dosage["dose"], dosage["ucum"]) == (2.0, "g")
    assert (dosage["route"], dosage["frequency"]) == ("intravenous", "qd")
    assert (dosage["duration"], dosage["duration_days"]) == ("P5D", 5)
    assert dosage["low"] is None and dosage["as_needed"] is None
    assert doc.ents[1]._.dosage is None and doc.ents[1]._.value["number"] == 37.0
    values = [measurement.values for measurement in get_measurements(doc)]
    assert (values[0]["offset"], values[0]["anchor"]) == ("-P3D", "note")
    assert (values[3]["duration"], values[3]["is_approximate"]) == ("P10Y", True)


def test_offsets_of_parts_survive_concatenation(matcher, zh):
    doc = matcher(make_doc(zh, "口服[阿莫西林|Treatment]0.5g tid"))
    joined = concat_docs([doc, doc])
    assert len(joined.ents) == 2
    for mention in joined.ents:
        for part in mention._.dosage["parts"]:
            start = mention.start_char + part["start"]
            assert joined.text[start : start + len(part["text"])] == part["text"]
            assert part["end"] - part["start"] == len(part["text"])
    assert found(joined) == found(doc) * 2


def test_dosages_are_stored(matcher, zh):
    doc = matcher(make_doc(zh, LINE))
    stored = DocBin().from_bytes(DocBin(docs=[doc]).to_bytes())
    (copy,) = stored.get_docs(spacy.blank("zh").vocab)
    assert copy.ents[0]._.dosage == doc.ents[0]._.dosage and found(copy) == found(doc)


def test_drugs_of_a_mixture_share_route_and_frequency(matcher, zh):
    line = "[头孢曲松|Treatment]2g+[生理盐水|Treatment]100ml静点 qd"
    doc = matcher(make_doc(zh, line))
    assert [ent._.dosage["route"] for ent in doc.ents] == ["intravenous"] * 2
    assert found(doc) == [("DOSAGE", "2g"), ("DOSAGE", "100ml静点 qd")]


def test_treatment_types_are_an_option(zh):
    matcher = MeasurementMatcher("zh", treatment_types=["药物"])
    doc = matcher(make_doc(zh, "[头孢曲松|药物]2g qd，[甘露醇|Treatment]125ml"))
    assert [ent._.dosage and ent._.dosage["dose"] for ent in doc.ents] == [2.0, None]


def test_dosage_without_a_treatment_stays_unbound(matcher, zh):
    doc = matcher(zh.make_doc("予0.5g po tid，尿量1500ml"))
    assert ("DOSAGE", "0.5g po tid") in found(doc)
    assert ("DOSAGE", "1500ml") not in found(doc)


@pytest.mark.parametrize("value", [date(2024, 2, 13), "2024-02-13", "2024-02-13T08:00"])
def test_the_date_of_the_note(zh, extension, value):
    matcher = MeasurementMatcher("zh", note_date=extension)
    doc = zh.make_doc("3天前发热")
    doc._.set(extension, value)
    assert get_measurements(matcher(doc))[0].values["date"] == "2024-02-10"


def test_an_unknown_date_of_the_note(zh, extension):
    matcher = MeasurementMatcher("zh", note_date=extension)
    assert "date" not in get_measurements(matcher(zh.make_doc("3天前发热")))[0].values
    doc = matcher(zh.make_doc("入院日期：2024-02-13，3天前发热"))
    assert get_measurements(doc)[-1].values["date"] == "2024-02-10"


@pytest.mark.parametrize("value", ["yesterday", 2024])
def test_an_invalid_date_of_the_note(zh, extension, value):
    matcher = MeasurementMatcher("zh", note_date=extension)
    doc = zh.make_doc("3天前发热")
    doc._.set(extension, value)
    with pytest.raises(ValueError, match="C094") as error:
        matcher(doc)
    assert str(value) not in str(error.value).replace("2024-02-13", "")


def test_a_missing_extension(zh):
    matcher = MeasurementMatcher("zh", note_date="no_such_extension")
    with pytest.raises(ValueError, match="C093"):
        matcher(zh.make_doc("3天前发热"))


def test_english():
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "treatment", "pattern": "furosemide"}])
    nlp.add_pipe("measurement_matcher")
    doc = nlp("Two days ago she took furosemide 40 mg PO BID for 3 days.")
    assert doc.ents[0]._.dosage["frequency"] == "bid"
    assert found(doc) == [("DATE", "Two days ago"), ("DOSAGE", "40 mg PO BID for 3 days")]
