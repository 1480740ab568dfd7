"""Attributes of mentions: setting, reading, and everything that reorders mentions."""

import random

import numpy as np
import pytest
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab

from spacy_clinrel.data.readers import gold_mentions_doc
from spacy_clinrel.tokens import (
    GROUP,
    all_mentions,
    attribute_rows,
    bare_doc,
    concat_docs,
    get_attributes,
    relabel_relations,
    relation_edges,
    set_attributes,
    span_attributes,
    span_key,
    store_relations,
)
from spacy_clinrel.tokens.alignment import align_attributes
from spacy_clinrel.tokens.group import ATTRIBUTES, FROM_ENTS
from spacy_clinrel.tokens.silver import SilverPair, silver_pairs, store_silver

from ..util import group, make_doc
from .storage import STORAGE

MARKED = "否认[[左侧|方位]股骨|部位]骨折，[头痛|症状]，予[补液|治疗]"


@pytest.fixture
def doc(zh):
    """Return a Doc with nested mentions, a relation and attributes."""
    doc = make_doc(zh, MARKED, [(3, 2, "改善")])
    bone, side, pain, _ = doc.spans[GROUP]
    set_attributes(doc, [(pain, "Negated"), (side, "Side=Left", 0.25), (pain, "Past", 0.1)])
    assert bone.text == "左侧股骨"
    return doc


def view(doc):
    return [(a.mention.text, a.mention.label_, a.name, a.score) for a in get_attributes(doc)]


EXPECTED = [
    ("头痛", "症状", "Negated", 1.0),
    ("左侧", "方位", "Side=Left", 0.25),
    ("头痛", "症状", "Past", 0.1),
]


@pytest.mark.parametrize("storage", STORAGE)
def test_attributes_survive_storage(doc, storage):
    copy = STORAGE[storage](doc)
    assert view(doc) == EXPECTED and view(copy) == EXPECTED
    assert all(attribute.mention.doc is copy for attribute in get_attributes(copy))
    assert relation_edges(copy) == relation_edges(doc) != []


def test_setting_relations_keeps_attributes(doc):
    doc._.relations = []
    doc._.relations = [(doc[0:2], doc.ents[0], "r")]
    assert view(doc) == EXPECTED


def test_setting_attributes_keeps_relations_and_mentions(doc):
    before = [(r.head.text, r.label, r.tail.text) for r in doc._.relations], group(doc)
    set_attributes(doc, [])
    assert view(doc) == [] and ATTRIBUTES in doc.spans[GROUP].attrs
    assert ([(r.head.text, r.label, r.tail.text) for r in doc._.relations], group(doc)) == before


def test_attributes_follow_their_mentions(doc):
    mentions = all_mentions(doc)[::-1]
    store_relations(doc, mentions, [])
    assert view(doc) == EXPECTED
    store_relations(doc, [span for span in mentions if span.text != "头痛"], [])
    assert view(doc) == EXPECTED[1:2]
    store_relations(doc, mentions, [])
    assert view(doc) == EXPECTED[1:2]


@pytest.mark.parametrize("seed", range(20))
def test_generated_annotation_follows_its_mentions(zh, seed):
    dice = random.Random(seed)
    doc = zh("头痛三天，无发热咳嗽。")
    bounds = {tuple(sorted(dice.sample(range(len(doc) + 1), 2))) for _ in range(6)}
    spans = [Span(doc, start, end, label="症状") for start, end in bounds]
    pairs = [SilverPair(*dice.sample(range(len(spans)), 2), dice.random(), 1) for _ in range(4)]
    store_silver(doc, spans, [(pair.head, pair.tail, "r", 1.0) for pair in pairs[:2]], pairs)
    set_attributes(doc, [(dice.choice(spans), dice.choice("NP")) for _ in range(4)])
    kept = dice.sample(spans, dice.randint(2, len(spans)))
    expected = [row for row in view_bounds(doc) if row[0] in [span_key(span) for span in kept]]
    ends = [(spans[pair.head], spans[pair.tail], pair.score) for pair in silver_pairs(doc)]
    store_relations(doc, kept, [])
    doc = concat_docs([zh("无"), Doc(doc.vocab).from_bytes(doc.to_bytes())])
    moved = [(start + 1, end + 1, label) for start, end, label in map(span_key, kept)]
    assert [span_key(span) for span in doc.spans[GROUP]] == moved
    assert [((s - 1, e - 1, x), name) for (s, e, x), name in view_bounds(doc)] == expected
    assert [(moved[head], moved[tail], score) for head, tail, score, _ in silver_pairs(doc)] == [
        (moved[kept.index(head)], moved[kept.index(tail)], score)
        for head, tail, score in ends
        if head in kept and tail in kept
    ]


def view_bounds(doc):
    return [(span_key(a.mention), a.name) for a in get_attributes(doc)]


def test_silver_pairs_follow_their_mentions(doc):
    mentions = all_mentions(doc)
    store_silver(doc, mentions, [], [SilverPair(2, 3, 0.5, 1), SilverPair(0, 3, 0.5, 2)])
    assert view(doc) == EXPECTED
    store_relations(doc, mentions[:0:-1], [])
    assert silver_pairs(doc) == [SilverPair(1, 0, 0.5, 1)]
    assert [mention.text for mention in doc.spans[GROUP]][:2] == ["补液", "头痛"]


def test_renaming_relations_keeps_attributes(doc):
    relabel_relations(doc, {})
    assert doc._.relations == [] and view(doc) == EXPECTED


def test_concatenation_shifts_attributes(doc, zh):
    joined = concat_docs([doc, zh("无"), doc])
    assert view(joined) == EXPECTED * 2
    starts = [attribute.mention.start for attribute in get_attributes(joined)]
    assert starts[3:] == [start + len(doc) + 1 for start in starts[:3]]
    assert ATTRIBUTES not in concat_docs([make_doc(zh, MARKED)]).spans[GROUP].attrs


def test_copies_without_annotation_have_no_attributes(doc, zh):
    assert attribute_rows(bare_doc(doc)) == []
    assert attribute_rows(gold_mentions_doc(zh, doc)) == []


def test_copy_has_the_given_vocabulary_even_if_it_is_empty(zh):
    vocab = Vocab()
    assert len(vocab) == 0
    assert bare_doc(zh.make_doc("头痛"), vocab).vocab is vocab


def test_missing_mentions_are_added(zh):
    doc = make_doc(zh, "[头痛|症状]两天")
    set_attributes(doc, [(doc.ents[0], "Negated"), (doc[2:4], "X"), (doc.ents[0], "Negated", 0.5)])
    assert group(doc) == [(0, 2, "症状"), (2, 4, "")]
    assert attribute_rows(doc) == [(0, "Negated", 0.5), (1, "X", 1.0)]
    assert doc.spans[GROUP].attrs[FROM_ENTS] is False


def test_entities_with_attributes_stay_copies_of_entities(zh):
    doc = make_doc(zh, "[头痛|症状]两天")
    store_relations(doc, [], [], from_ents=True)
    set_attributes(doc, [(doc.ents[0], "Negated")])
    assert doc.spans[GROUP].attrs[FROM_ENTS] is True


def test_attributes_of_one_mention(doc):
    pain = doc.ents[1]
    assert pain.text == "头痛" and span_attributes(pain) == {"Negated": 1.0, "Past": 0.1}
    same = doc.char_span(pain.start_char, pain.end_char, label="症状")
    other = doc.char_span(pain.start_char, pain.end_char, label="疾病")
    assert span_attributes(same) == span_attributes(pain) and span_attributes(other) == {}


def test_stored_values_are_plain_types(zh):
    doc = make_doc(zh, "[头痛|症状]")
    set_attributes(doc, [(doc.ents[0], "Negated", np.float32(0.5))])
    (row,) = doc.spans[GROUP].attrs[ATTRIBUTES]
    assert [type(value) for value in row] == [int, str, float]


@pytest.mark.parametrize("name", ["", None, 7])
def test_name_must_be_a_nonempty_string(doc, name):
    with pytest.raises(ValueError, match="R012"):
        set_attributes(doc, [(doc.ents[0], "X"), (doc.ents[0], name)])
    assert view(doc) == EXPECTED


def test_mention_of_another_doc_is_an_error(doc, zh):
    with pytest.raises(ValueError, match=r"R001.*mention of an attribute"):
        set_attributes(doc, [(zh("头痛")[0:2], "X")])


@pytest.mark.parametrize("index", [-1, 4])
def test_index_out_of_range_is_an_error(doc, index):
    doc.spans[GROUP].attrs[ATTRIBUTES] = [[index, "X", 1.0]]
    with pytest.raises(ValueError, match=f"R011.*4 mentions.*mention {index}"):
        get_attributes(doc)


def test_alignment_with_other_tokens(doc):
    words = ["否认", "左侧", "股骨", "骨折，头", "痛，", "予", "补液"]
    predicted = Doc(doc.vocab, words=words, spaces=[False] * len(words))
    aligned = align_attributes(Example(predicted, doc))
    assert aligned.attributes == [((1, 2, doc.vocab.strings["方位"]), "Side=Left")]
    assert aligned.lost == {"a mention does not align with the tokens": 2}
    assert align_attributes(Example(doc.copy(), doc)).lost == {}
    assert len(align_attributes(Example(doc.copy(), doc)).attributes) == 3
