"""Attributes of mentions in a review: written, corrected, counted and read back."""

import json

import pytest
import spacy
from spacy.tokens import Span

from spacy_clinrel.active_learning.review import FORMATS, ReviewOptions, read_review
from spacy_clinrel.active_learning.review.corrections import NOT_SHOWN
from spacy_clinrel.active_learning.review.export import review
from spacy_clinrel.cli.read_review import print_changes
from spacy_clinrel.data.converters import Report
from spacy_clinrel.files import read_docbin
from spacy_clinrel.tokens import (
    GROUP,
    MentionAttribute,
    get_attributes,
    get_sections,
    has_assertion,
    set_attributes,
    write_mention_rows,
)
from spacy_clinrel.tokens.candidates import write_links
from spacy_clinrel.types import ConceptCandidate

from ...util import make_notes, write_docs
from .test_corrections import write_corrected


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    """Return a review of three notes with predicted attributes: two of one mention, none of the
    second note's, and an attribute with a value."""
    nlp = spacy.blank("zh")
    docs = make_notes(nlp, 3, seed=5)
    for doc in docs:
        set_attributes(doc, [])
        doc.spans[GROUP].attrs["assertion"] = True
    rows = [(0, "negated", 0.75), (0, "historical", 0.5), (1, "Certainty=Very low", 0.25)]
    set_attributes(docs[0], [MentionAttribute(docs[0].ents[i], *row) for i, *row in rows])
    path = tmp_path_factory.mktemp("attributes")
    write_docs(path / "u.spacy", docs)
    formats = tuple(FORMATS)
    review(model, path / "u.spacy", path / "round1", ReviewOptions(n_docs=3), formats=formats)
    return path / "round1"


def proposed(folder):
    return read_docbin(folder / "proposed.spacy", spacy.blank("zh").vocab)


def view(docs):
    return {(a.mention.text, a.name, a.score) for doc in docs for a in get_attributes(doc)}


def test_annotators_can_choose_every_attribute(folder):
    conf = (folder / "brat" / "annotation.conf").read_text("utf-8").split("[attributes]\n")[1]
    names = ["Family", "Historical", "Hypothetical", "Negated", "Uncertain"]
    values = "Certainty\tArg:<ENTITY>, Value:Very_low"
    assert conf.splitlines() == [values, *(f"{name}\tArg:<ENTITY>" for name in names)]
    interface = (folder / "label-studio-predictions" / "review.xml").read_text("utf-8")
    assert all(f'<Choice value="{name}"/>' in interface for name in [*names, "Very low"])
    tasks = json.loads((folder / "label-studio-predictions" / "review.json").read_text("utf-8"))
    results = [r for t in tasks for r in t["predictions"][0]["result"] if r["type"] == "choices"]
    found = {(*r["value"]["choices"], r["score"]) for r in results}
    assert found == {("Negated", "Historical", 0.5), ("Very low", 0.25)}


@pytest.mark.parametrize("export_format", FORMATS)
def test_attributes_round_trip(folder, tmp_path, export_format):
    docs, report = proposed(folder), Report()
    source = write_corrected(docs, FORMATS[export_format], tmp_path / "back")
    result = read_review(folder, source, format_name=export_format, report=report)
    is_shown = export_format in ("brat", "label-studio-predictions")
    # Attributes that annotators did not see are still predictions.
    expected = {(text, name, 1.0 if is_shown else score) for text, name, score in view(docs)}
    assert view(result.docs) == expected and all(map(has_assertion, result.docs))
    assert report.doubtful[NOT_SHOWN] == (0 if is_shown else 3)
    assert ("attributes" in result.summary) == is_shown and result.summary["unchanged"] == 3


def test_sections_values_and_codes_are_restored(model, tmp_path):
    (doc,) = make_notes(spacy.blank("zh"), 1, seed=5)
    first, *_, last = doc.ents
    doc.spans["sections"] = [Span(doc, 0, 4, label="history")]
    write_mention_rows(doc, "dosages", [(first, {"text": "1片", "dose": 1.0})])
    write_links(doc, [last], ["C1"], [[ConceptCandidate("C1", "病名", 0.5)]])
    write_docs(tmp_path / "u.spacy", [doc])
    report = Report()
    review(model, tmp_path / "u.spacy", tmp_path / "round1", report=report)
    assert set(report.lost) == {"score of a relation not kept"}
    read = read_review(tmp_path / "round1", tmp_path / "round1" / "brat").docs
    path = write_docs(tmp_path / "read.spacy", read)
    (copy,) = read_docbin(path, spacy.blank("zh").vocab)
    assert copy.ents[0]._.dosage["dose"] == 1.0 and copy.ents[-1].kb_id_ == "C1"
    assert copy.ents[-1]._.candidates == [ConceptCandidate("C1", "病名", 0.5)]
    assert [section.label for section in get_sections(copy)] == ["history"]


def test_changes_of_attributes_are_counted(folder, tmp_path, capsys):
    docs = proposed(folder)
    index = next(i for i, doc in enumerate(docs) if get_attributes(doc))
    first, *_, last = docs[index].ents
    kept = [
        attribute for attribute in get_attributes(docs[index]) if attribute.name != "historical"
    ]
    added = [MentionAttribute(first, "uncertain"), MentionAttribute(last, "family")]
    set_attributes(docs[index], [*kept, *added])
    source = write_corrected(docs, "label-studio", tmp_path / "back")
    result = read_review(folder, source, format_name="label-studio")
    counts = result.summary["attributes"]
    assert (counts["proposed"], counts["corrected"], counts["kept"]) == (3, 4, 2)
    # Another attribute of the same mention counts as a change of its name.
    assert (counts["became_other"], counts["added"], counts["removed"]) == (1, 1, 0)
    assert counts["per_label"]["negated"]["f"] == 1.0 and result.summary["unchanged"] == 2
    rows = {(r["what"], r["change"], r["old"], r["new"]) for r in result.summary["changes"]}
    assert rows == {
        ("attribute", "relabelled", "historical", "uncertain"),
        ("attribute", "added", "", "family"),
    }
    print_changes(result.summary)
    assert "historical" in capsys.readouterr().out
