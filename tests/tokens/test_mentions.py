"""Sources of mentions."""

import numpy as np
import pytest

from spacy_clinrel.tokens import GROUP, all_mentions, read_mentions, store_relations
from spacy_clinrel.tokens.mentions import has_own_mentions

from ..util import make_doc, span


def rows(doc, source="auto"):
    mentions = read_mentions(doc, source)
    strings = doc.vocab.strings
    return [(int(s), int(e), strings[int(k)]) for s, e, k in zip(*mentions)]


@pytest.fixture
def mixed(zh):
    """Return a Doc with two entities, and a group with one of them and a nested mention."""
    doc = make_doc(zh, "[左侧股骨|部位]，[头痛|症状]")
    store_relations(doc, [doc.ents[1], span(doc, "左侧", "方位")], [])
    return doc


def test_read_mentions_from_each_source(mixed):
    assert rows(mixed, "ents") == [(0, 4, "部位"), (5, 7, "症状")]
    assert rows(mixed, "group") == [(0, 2, "方位"), (5, 7, "症状")]
    assert rows(mixed, "auto") == rows(mixed) == [(0, 2, "方位"), (0, 4, "部位"), (5, 7, "症状")]


def test_auto_ignores_copies_of_entities(mixed):
    mixed.spans[GROUP].attrs["from_ents"] = True
    assert not has_own_mentions(mixed)
    assert rows(mixed, "auto") == rows(mixed, "ents")
    assert len(rows(mixed, "group")) == 2


def test_empty_group_has_no_own_mentions(zh):
    doc = make_doc(zh, "[头痛|症状]")
    store_relations(doc, [], [])
    assert not has_own_mentions(doc) and rows(doc) == [(0, 2, "症状")]


@pytest.mark.parametrize("source", ["auto", "ents", "group"])
@pytest.mark.parametrize("text", ["", "无殊"])
def test_docs_without_mentions(zh, source, text):
    mentions = read_mentions(zh(text), source)
    assert [len(column) for column in mentions] == [0, 0, 0]
    assert [column.dtype for column in mentions] == [np.dtype("int64")] * 2 + [np.dtype("uint64")]


def test_all_mentions_have_no_duplicates(mixed):
    mentions = [(m.text, m.label_) for m in all_mentions(mixed)]
    assert mentions == [("左侧", "方位"), ("左侧股骨", "部位"), ("头痛", "症状")]


def test_span_with_two_types_is_two_mentions(zh):
    doc = zh("头痛")
    store_relations(doc, [span(doc, "头痛", label) for label in "ABA"], [])
    assert sorted(label for *_, label in rows(doc)) == ["A", "B"]
