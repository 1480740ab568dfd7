"""Alignment of gold relations with a different tokenization."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vocab import Vocab

from spacy_clinrel.tokens import Relation, align_relations
from spacy_clinrel.tokens.alignment import align_spans

from ..util import edges, make_doc, make_notes

VOCAB = Vocab()


def doc_of(words):
    return Doc(VOCAB, words=words, spaces=[False] * len(words))


def example(predicted, reference, mentions, links):
    """Create an Example. Mentions are (start, end, label) in tokens of the reference."""
    gold = doc_of(reference)
    spans = [gold[start:end] for start, end, _ in mentions]
    for i, (start, end, label) in enumerate(mentions):
        spans[i] = gold.char_span(gold[start].idx, gold[end - 1].idx + len(gold[end - 1]), label)
    gold._.relations = [Relation(spans[h], spans[t], label) for h, t, label in links]
    return Example(doc_of(predicted), gold)


def aligned(eg):
    result = align_relations(eg)
    strings = eg.predicted.vocab.strings
    relations = [
        ((h[0], h[1], strings[h[2]]), (t[0], t[1], strings[t[2]]), label)
        for h, t, label in result.relations
    ]
    return relations, dict(result.lost)


LOST = "a mention does not align with the tokens"


def test_equal_tokens_keep_token_indices(zh):
    doc = make_doc(zh, "[头痛|症状]，予[补液|治疗]", [(1, 0, "改善")])
    relations, lost = aligned(Example(zh.make_doc(doc.text), doc))
    assert relations == [((4, 6, "治疗"), (0, 2, "症状"), "改善")] and lost == {}


def test_predicted_words_merge_reference_tokens():
    eg = example(
        ["头痛", "伴", "发热"], list("头痛伴发热"), [(0, 2, "X"), (3, 5, "Y")], [(0, 1, "r")]
    )
    assert aligned(eg) == ([((0, 1, "X"), (2, 3, "Y"), "r")], {})


def test_predicted_words_split_reference_tokens():
    eg = example(
        list("头痛伴发热"), ["头痛", "伴", "发热"], [(0, 1, "X"), (2, 3, "Y")], [(1, 0, "r")]
    )
    assert aligned(eg) == ([((3, 5, "Y"), (0, 2, "X"), "r")], {})


def test_relation_is_lost_if_a_token_crosses_a_mention_boundary():
    eg = example(
        ["头", "痛伴", "发热"],
        list("头痛伴发热"),
        [(0, 2, "X"), (3, 5, "Y"), (2, 3, "Z")],
        [(0, 1, "r"), (1, 1, "s"), (1, 2, "t")],
    )
    assert aligned(eg) == ([((2, 3, "Y"), (2, 3, "Y"), "s")], {LOST: 2})


def test_relation_is_lost_if_a_mention_is_inside_a_token():
    eg = example(
        ["左侧股骨"], list("左侧股骨"), [(0, 2, "X"), (0, 4, "Y")], [(0, 1, "r"), (1, 1, "s")]
    )
    assert aligned(eg) == ([((0, 1, "Y"), (0, 1, "Y"), "s")], {LOST: 1})


def test_spans_align_if_only_white_space_differs():
    first, second = doc_of(["a", "b"]), Doc(VOCAB, words=["a", "b"], spaces=[True, False])
    assert align_spans(Example(first, second), [second[1:2]]).tolist() == [[1, 2]]


def test_docs_without_relations_align(zh):
    assert align_relations(Example(zh("头痛"), zh("头痛"))) == ([], {})
    assert align_relations(Example(zh(""), zh(""))) == ([], {})


def cut(text, cuts):
    bounds = [0, *sorted(c for c in cuts if 0 < c < len(text)), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(bounds)]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_spans_align_exactly_if_offsets_are_token_boundaries(data):
    """Compare with `char_span` on the predicted Doc."""
    text = data.draw(st.text("左侧股骨痛", min_size=1, max_size=12))
    cuts = st.sets(st.integers(1, len(text)))
    predicted, reference = (doc_of(cut(text, data.draw(cuts))) for _ in range(2))
    start = data.draw(st.integers(0, len(reference) - 1))
    span = reference[start : data.draw(st.integers(start + 1, len(reference)))]
    expected = predicted.char_span(span.start_char, span.end_char)
    ((first, last),) = align_spans(Example(predicted, reference), [span]).tolist()
    assert (first, last) == ((-1, -1) if expected is None else (expected.start, expected.end))


@pytest.mark.parametrize("count", [1, 4])
def test_no_relation_is_lost_with_equal_tokens(zh, count):
    for doc in make_notes(zh, count):
        relations, lost = aligned(Example(zh.make_doc(doc.text), doc))
        assert not lost and len(relations) == len(edges(doc)) == 2
