"""Label Studio's labelling interface."""

import json
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinrel.data.converters import Link, Mention, Record, Report, get_converter
from spacy_clinrel.data.converters.label_studio import (
    LABEL_STUDIO,
    LABEL_STUDIO_PREDICTIONS,
    render_interface,
)
from spacy_clinrel.data.converters.label_studio.interface import join_attribute, split_attribute
from spacy_clinrel.data.corpus import write_corpus
from spacy_clinrel.tokens import get_attributes, has_assertion, span_attributes
from spacy_clinrel.tokens.palette import contrast
from spacy_clinrel.types import ASSERTIONS, LabelNames

from . import annotation as tools

# Any characters: controls, lone surrogates, noncharacters, quotes, markup.
NAMES = st.text(
    st.one_of(
        st.sampled_from("a<>&\"'\n\t\r\x00\x01\x0b\x7f\x85\ud800\udfff\ufffe\uffff{}=病"),
        st.characters(),
    ),
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NAMES, NAMES, NAMES), min_size=1, max_size=4))
def test_interface_is_valid_xml_with_the_names_of_the_tasks(names):
    mentions = [
        Mention(str(i), 0, 1, kind, attributes=(attribute,) if attribute else ())
        for i, (kind, _, attribute) in enumerate(names)
    ]
    links = [Link(str(i), str(i), label) for i, (_, label, _) in enumerate(names)]
    report = Report()
    files = get_converter("label-studio").write(Record("1", "x", mentions, links), report)
    view = ET.fromstring(LABEL_STUDIO.join(".xml", [files[".xml"]]))
    results = json.loads(files[".json"])["annotations"][0]["result"]
    values = {tag: {t.get("value") for t in view.iter(tag)} for tag in ("Label", "Relation")}
    choices = {
        (control.get("name"), choice.get("value"))
        for control in view.iter("Choices")
        for choice in control.iter("Choice")
    }
    for result in results:
        if result["type"] == "labels":
            assert set(result["value"]["labels"]) - {""} <= values["Label"]
        elif result["type"] == "relation":
            assert set(result["labels"]) - {""} <= values["Relation"]
        else:
            found = {(result["from_name"], choice) for choice in result["value"]["choices"]}
            assert found <= choices


def test_interface_of_labels():
    view = ET.fromstring(render_interface(["病", "病", "药"], ["治疗"]))
    assert [tag.get("value") for tag in view.iter("Label")] == ["病", "药"]
    assert view.find("Labels").get("choice") is None, "another label replaces the type"
    assert view.find("Relations").get("choice") == "multiple"
    style = view.find("Style").text
    assert style.startswith("[class*=htx-richtext], .htx-text {white-space: pre-wrap !important")
    assert list(view.iter("Choices")) == []
    # Each type and label has a colour of its own, on which white letters can be read.
    view = ET.fromstring(render_interface(["疾病", "乙", "甲"], ["改善", "证实"], ["Negated"]))
    for tag in ("Label", "Relation"):
        colors = [element.get("background") for element in view.iter(tag)]
        assert len(set(colors)) == len(colors)
        assert all(re.fullmatch("#[0-9a-f]{6}", color) for color in colors)
        assert all(contrast(color, "#ffffff") >= 4.5 for color in colors)


def test_labels_of_a_pipeline_are_added(tmp_path):
    """Annotators can choose labels that no document has."""
    mention = Mention("a", 0, 2, "症状", attributes=("Polarity=Negative",))
    doc = tools.make(Record("1", "头晕", [mention]))
    labels = LabelNames(["疾病"], ["改善"], [], ASSERTIONS)
    write_corpus([doc], tmp_path, "label-studio-predictions", labels=labels)
    view = ET.fromstring((tmp_path / "corpus.xml").read_text("utf-8"))
    assert [tag.get("value") for tag in view.iter("Label")] == ["疾病", "症状"]
    assert [tag.get("value") for tag in view.iter("Relation")] == ["改善"]
    choices = {(c.get("name"), t.get("value")) for c in view.iter("Choices") for t in c}
    assert ("Polarity", "Negative") in choices and len(choices) == 6
    with pytest.raises(ValueError, match="F198"):
        write_corpus([doc], tmp_path / "brat", "brat", labels=labels)


def test_chinese_is_not_escaped(tmp_path):
    doc = tools.make(Record("1", "头晕", [Mention("a", 0, 2, "症状")]))
    for name in ("label-studio", "doccano", "prodigy", "spert"):
        write_corpus([doc], tmp_path / name, name)
        contents = [path.read_text("utf-8") for path in (tmp_path / name).iterdir()]
        assert any("晕" in content for content in contents)
        assert not any("\\u" in content for content in contents)


def test_replaced_characters_are_counted():
    mentions = [Mention("a", 0, 1, "A\x01"), Mention("b", 1, 2, "B")]
    doc = tools.make(Record("1", "xy", mentions, [Link("a", "b", "R\x02")]))
    report = Report()
    files = tools.write([doc], LABEL_STUDIO, report)
    assert sum(report.lost.values()) == 2
    view = ET.fromstring(files["out.xml"])
    assert [tag.get("value") for tag in view.iter("Label")] == ["A\ufffd", "B"]
    (entry,) = json.loads(files["out.json"])
    assert entry["annotations"][0]["result"][0]["value"]["labels"] == ["A\ufffd"]


@given(NAMES.filter(bool))
def test_split_attribute_is_the_inverse_of_join_attribute(attribute):
    assert join_attribute(*split_attribute(attribute)) == attribute


def test_attributes_round_trip():
    attributes = ("negated", "Polarity=Negative", "label=x", "a b=c", "Polarity=Possible")
    mentions = [Mention("a", 0, 2, "X", attributes=attributes), Mention("b", 3, 4, "Y")]
    doc = tools.make(Record("1", "头晕，热", mentions))
    (copy,), written, report = tools.round_trip([doc], LABEL_STUDIO)
    names = [{attribute.name for attribute in get_attributes(d)} for d in (doc, copy)]
    assert names[0] == names[1] == set(attributes)
    assert not written.losses and not report.losses


def test_interface_offers_all_assertion_attributes_of_an_annotated_document():
    doc = tools.make(Record("1", "头晕", [Mention("a", 0, 2, "X")], assertions=ASSERTIONS))
    (copy,), written, report = tools.round_trip([doc], LABEL_STUDIO)
    assert has_assertion(copy) and not get_attributes(copy)
    assert not written.losses and not report.losses
    view = ET.fromstring(tools.write([doc], LABEL_STUDIO, Report())["out.xml"])
    choices = view.find("Choices")
    assert (choices.get("perRegion"), choices.get("choice")) == ("true", "multiple")
    names = ["Family", "Historical", "Hypothetical", "Negated", "Uncertain"]
    assert [choice.get("value") for choice in choices] == names
    # A document that is not annotated stays so.
    bare = tools.make(Record("1", "头晕", [Mention("a", 0, 2, "X")]))
    files = tools.write([bare], LABEL_STUDIO, Report())
    assert "has_assertion" not in files["out.json"] and "Choices" not in files["out.xml"]


def test_predicted_attributes_keep_their_scores():
    attributes = ("Negated", "Historical", "Certainty=Low")
    mention = Mention("a", 0, 2, "X", attributes=attributes, attribute_scores=(0.75, 0.5, 0.25))
    doc = tools.make(Record("1", "头晕", [mention]))
    files = tools.write([doc], LABEL_STUDIO_PREDICTIONS, Report())
    (task,) = json.loads(files["out.json"])
    (region, *results) = task["predictions"][0]["result"]
    assert "score" not in region
    found = [(r["from_name"], r["value"]["choices"], r["score"]) for r in results]
    assert found == [
        ("attribute", ["Negated", "Historical"], 0.5),
        ("Certainty", ["Low"], 0.25),
    ]
    (copy,), written, _ = tools.round_trip([doc], LABEL_STUDIO_PREDICTIONS)
    assert span_attributes(copy.ents[0]) == {
        "negated": 0.5,
        "historical": 0.5,
        "Certainty=Low": 0.25,
    }
    reason = "score of one of several attributes of a mention not kept"
    assert written.lost == {reason: 1}
    # Annotations have no scores.
    assert '"score"' not in tools.write([doc], LABEL_STUDIO, Report())["out.json"]


def test_equal_spans_with_several_types_are_separate_regions():
    mentions = [Mention("a", 0, 2, "X"), Mention("b", 0, 2, "Y")]
    doc = tools.make(Record("1", "头晕", mentions, [Link("b", "a", "R")]))
    (entry,) = json.loads(tools.write([doc], LABEL_STUDIO, Report())["out.json"])
    regions = [r for r in entry["annotations"][0]["result"] if r["type"] == "labels"]
    assert [r["value"]["labels"] for r in regions] == [["X"], ["Y"]]
    assert len({r["id"] for r in regions}) == 2
    (copy,), _, _ = tools.round_trip([doc], LABEL_STUDIO)
    tools.same([doc], [copy])


# Parameters of the tags that the interface uses, in Label Studio's documentation of tags.
DOCUMENTED = {
    "View": set(),
    "Relations": {"choice"},
    "Relation": {"value", "background"},
    "Labels": {"name", "toName", "choice"},
    "Label": {"value", "background"},
    "Choices": {"name", "toName", "choice", "perRegion"},
    "Choice": {"value"},
    "Style": set(),
    "Text": {"name", "value"},
}


def test_interface_has_documented_tags_only():
    view = ET.fromstring(render_interface(["病"], ["治疗"], ["Negated", "Polarity=Negative"]))
    assert {element.tag for element in view.iter()} == DOCUMENTED.keys()
    for element in view.iter():
        assert set(element.keys()) <= DOCUMENTED[element.tag], element.tag
    names = {element.get("name") for element in view.iter() if element.get("name")}
    assert {element.get("toName") for element in view.iter()} - {None} <= names
