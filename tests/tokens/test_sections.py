"""Sections in the annotation store, and `span._.section`."""

import pickle

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span

from spacy_clinrel.tokens import (
    concat_docs,
    get_sections,
    has_sections,
    section_ids,
    section_of,
    set_sections,
)

TEXT = "Seen today. PMH: gout, asthma. Exam: clear lungs. "
NLP = spacy.blank("en")
EXPECTED = [("past_history", "PMH:", "gout, asthma."), ("exam", "Exam:", "clear lungs.")]


@pytest.fixture
def doc():
    """Return a Doc with two sections, text before them and white space after them."""
    doc = NLP(TEXT)
    pmh, exam = TEXT.index("PMH"), TEXT.index("Exam")
    rows = [("past_history", pmh, pmh + 4, exam - 1), ("exam", exam, exam + 5, len(TEXT) - 1)]
    set_sections(doc, rows)
    return doc


def view(doc):
    return [(s.label, s.heading, s.content) for s in get_sections(doc)]


def find(doc, text):
    start = doc.text.index(text)
    return doc.char_span(start, start + len(text), label="X", alignment_mode="expand")


def names(doc, starts):
    return [doc.vocab.strings[int(label)] for label in section_ids(doc, starts)]


def test_sections_and_their_spans(doc):
    assert view(doc) == EXPECTED
    assert [(s.label_, s.text) for s in doc.spans["sections"]] == [
        ("past_history", "PMH: gout, asthma."),
        ("exam", "Exam: clear lungs."),
    ]


def test_section_of_a_mention(doc):
    texts = ("today", "PMH", "asthma", "lungs", "Exam: clear")
    expected = ["", "past_history", "past_history", "exam", "exam"]
    spans = [find(doc, text) for text in texts]
    assert [span._.section for span in spans] == expected
    assert names(doc, [span.start for span in spans]) == expected


def test_mention_that_crosses_sections_belongs_to_the_first(doc):
    assert section_of(find(doc, "asthma. Exam")) == "past_history"


def test_section_ids_are_an_array_of_hashes(doc):
    ids = section_ids(doc, np.arange(len(doc)))
    assert ids.dtype == np.uint64
    assert ids[0] == 0
    assert ids[-1] == doc.vocab.strings["exam"]
    assert section_ids(doc, []).shape == (0,)


@pytest.mark.parametrize("text", ["", "gout"])
def test_documents_without_sections(text):
    doc = NLP(text)
    assert not has_sections(doc)
    assert get_sections(doc) == []
    assert names(doc, range(len(doc))) == [""] * len(doc)
    assert [span._.section for span in (doc[:1],) if len(span)] == [""] * len(doc)


@pytest.mark.parametrize("text", ["", "gout"])
def test_documents_with_an_empty_list_of_sections(text):
    doc = NLP(text)
    set_sections(doc, [])
    assert has_sections(doc)
    assert get_sections(doc) == []
    assert names(doc, range(len(doc))) == [""] * len(doc)


def test_spans_that_a_user_set_have_no_headings():
    doc = NLP(TEXT)
    doc.spans["sections"] = [
        Span(doc, 8, 11, label="exam"),
        Span(doc, 3, 8, label="past_history"),
    ]
    assert [(s.label, s.heading) for s in get_sections(doc)] == [("past_history", ""), ("exam", "")]
    assert names(doc, [0, 3, 8, 11]) == ["", "past_history", "exam", ""]


def test_sections_begin_and_end_at_token_boundaries():
    doc = Doc(NLP.vocab, words=["A:one", "B:two", "C"])
    set_sections(doc, [("a", 1, 2, 4), ("b", 8, 8, 10)])
    assert [(s.label_, s.text) for s in doc.spans["sections"]] == [("a", "A:one"), ("b", "B:two")]


def test_section_within_a_token_of_another_is_left_out():
    doc = Doc(NLP.vocab, words=["A:B:x", "y"])
    set_sections(doc, [("a", 0, 2, 2), ("b", 2, 4, 7)])
    assert [(s.label, s.start, s.end) for s in get_sections(doc)] == [("b", 0, 7)]


def stored(doc):
    """Return the Doc after each way of storage."""
    return [
        doc,
        Doc(NLP.vocab).from_bytes(doc.to_bytes()),
        doc.copy(),
        pickle.loads(pickle.dumps(doc)),
        *DocBin(docs=[doc]).get_docs(NLP.vocab),
    ]


def test_sections_survive_storage(doc):
    assert [view(copy) for copy in stored(doc)] == [EXPECTED] * 5


def merge(doc, text):
    with doc.retokenize() as retokenizer:
        retokenizer.merge(find(doc, text))


@pytest.mark.parametrize("merged", ["Seen today", "gout, asthma", "clear lungs."])
def test_sections_follow_their_characters_when_tokens_are_merged(doc, merged):
    for copy in stored(doc):
        merge(copy, merged)
        assert view(copy) == EXPECTED
        assert find(copy, "lungs")._.section == "exam"
        assert names(copy, [0, find(copy, "asthma").start]) == ["", "past_history"]
    assert [span.text for span in doc.spans["sections"]] == [
        "PMH: gout, asthma.",
        "Exam: clear lungs.",
    ]


def test_token_of_two_sections(doc):
    for copy in stored(doc):
        merge(copy, "asthma. Exam")
        assert view(copy) == EXPECTED
        assert find(copy, "lungs")._.section == "exam"
        assert find(copy, "Exam")._.section == "past_history"
    spans = list(doc.spans["sections"])
    assert [span.text for span in spans] == ["PMH: gout,", "asthma. Exam: clear lungs."]
    assert doc.copy().text == doc.text


def test_concatenation_keeps_sections(doc):
    plain = NLP("Nothing. ")
    joined = concat_docs([plain, doc, plain, doc])
    assert view(joined) == EXPECTED * 2
    assert [s.start for s in get_sections(joined)] == [21, 40, 80, 99]
    assert not has_sections(concat_docs([plain, plain]))


def test_concatenation_of_documents_in_which_no_section_was_found():
    doc = NLP("Nothing.")
    set_sections(doc, [])
    assert has_sections(concat_docs([doc, doc]))
