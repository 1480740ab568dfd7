"""Writing predicted relations to documents."""

import pytest

from spacy_clinrel.pipeline.predictions import write_relations
from spacy_clinrel.tokens import get_attributes, read_mentions, set_attributes, store_relations

from ..util import group, make_doc

MARKED = "[补液|治疗]后[头痛|症状]缓解，否认[咳嗽|症状]。"


def attributes(doc):
    return [(a.mention.text, a.name) for a in get_attributes(doc)]


@pytest.fixture
def doc(zh):
    """Return a Doc with predicted entities, one of them with attributes."""
    doc = make_doc(zh, MARKED)
    store_relations(doc, [], [], from_ents=True)
    set_attributes(doc, [(doc.ents[2], "Negated"), (doc.ents[2], "Past")])
    return doc


def test_attributes_of_entities_are_kept(doc):
    for _ in range(2):
        write_relations(doc, read_mentions(doc), [(0, 1, "改善", 0.5)], keep_group=False)
        assert [(r.head.text, r.label, r.tail.text) for r in doc._.relations] == [
            ("补液", "改善", "头痛")
        ]
        assert attributes(doc) == [("咳嗽", "Negated"), ("咳嗽", "Past")]
        assert len(group(doc)) == 3


def test_attributes_of_former_entities_are_removed(doc):
    doc.set_ents(doc.ents[:2], default="outside")
    write_relations(doc, read_mentions(doc), [(0, 1, "改善", 0.5)], keep_group=False)
    assert attributes(doc) == [] and len(group(doc)) == 2


def test_attributes_of_own_mentions_are_kept(doc):
    mentions = [doc.char_span(7, 8, label="部位"), *doc.ents]
    store_relations(doc, mentions, [], from_ents=False)
    set_attributes(doc, [(mentions[0], "Left")])
    write_relations(doc, read_mentions(doc), [], keep_group=True)
    assert attributes(doc) == [(mentions[0].text, "Left")] and len(group(doc)) == 4
