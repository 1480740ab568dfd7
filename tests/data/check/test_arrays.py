"""Statistics of a corpus, compared with loops over mentions and relations."""

from collections import Counter

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Span

from spacy_clinrel.data.check.ceiling import recall_ceiling, suggest_settings
from spacy_clinrel.data.check.mentions import describe_mentions
from spacy_clinrel.data.check.relations import describe_relations, two_way_labels
from spacy_clinrel.data.check.settings import sentences_of
from spacy_clinrel.data.check.table import read_part
from spacy_clinrel.pipeline.candidates import SentencePairs
from spacy_clinrel.tokens import Sentences, get_relations, set_doc_id, store_relations

from ...util import make_doc

NLP = spacy.blank("zh")
RULE = sentences_of(SentencePairs())
STRATEGIES = [
    SentencePairs(),
    SentencePairs(max_sentences=1, max_distance=4),
    SentencePairs(max_sentences=3, max_distance=None),
]


@st.composite
def docs(draw):
    """Generate documents with nested and overlapping mentions and arbitrary relations."""
    found = []
    for number in range(draw(st.integers(1, 3))):
        doc = NLP.make_doc(draw(st.text(st.sampled_from("头痛。\n"), min_size=1, max_size=12)))
        bounds = st.tuples(st.integers(0, len(doc)), st.integers(0, len(doc))).map(sorted)
        places = draw(st.lists(bounds.filter(lambda b: b[0] < b[1]), max_size=5, unique_by=tuple))
        spans = [Span(doc, s, e, label=draw(st.sampled_from("XY"))) for s, e in places]
        index = st.integers(0, max(len(spans) - 1, 0))
        edge = st.tuples(index, index, st.sampled_from("RS"), st.just(1.0))
        store_relations(doc, spans, draw(st.lists(edge, max_size=6)) if spans else [])
        set_doc_id(doc, str(number))
        found.append(doc)
    return found


def keys(doc):
    return [
        ((r.head.start, r.head.end), (r.tail.start, r.tail.end), r.label)
        for r in get_relations(doc)
    ]


@settings(max_examples=50, deadline=None)
@given(docs())
def test_describe_relations(corpus):
    figures = describe_relations(read_part("train", corpus, RULE))
    sentences = [Sentences().ids(doc) for doc in corpus]
    edges = [(i, *key) for i, doc in enumerate(corpus) for key in keys(doc)]
    assert figures["relations"] == len(edges)
    assert figures["per_label"] == Counter(label for *_, label in edges)
    assert sum(row[3] for row in figures["per_signature"]) == len(edges)
    tokens = [abs(head[0] - tail[0]) for _, head, tail, _ in edges]
    assert figures["distance_in_tokens"]["0–9"] == sum(n < 10 for n in tokens)
    assert sum(figures["distance_in_tokens"].values()) == len(edges)
    far = Counter(
        int(abs(sentences[i][head[0]] - sentences[i][tail[0]])) for i, head, tail, _ in edges
    )
    for n in range(5):
        assert figures["distance_in_sentences"][str(n)] == far[n]
    assert sorted(figures["same_twice"]) == sorted(
        f"{edge[3]} in {edge[0]} (train)" for edge, n in Counter(edges).items() if n > 1
    )
    assert sorted(figures["both_directions"]) == sorted(
        f"{label} in {i} (train)"
        for i, head, tail, label in set(edges)
        if head < tail and (i, tail, head, label) in edges
    )


@settings(max_examples=50, deadline=None)
@given(docs())
def test_describe_mentions(corpus):
    figures = describe_mentions(read_part("train", corpus, RULE))
    inside = across = borders = 0
    for doc in corpus:
        spans = [(span.start, span.end) for span in doc.spans["clinrel"]]
        for s, e in spans:
            others = [other for other in spans if other != (s, e)]
            nested = any(a <= s and e <= b for a, b in others)
            inside += nested
            across += not nested and any(a < s < b < e for a, b in others)
            borders += len(set(Sentences().ids(doc)[s:e])) > 1
    assert figures["mentions"] == sum(len(doc.spans["clinrel"]) for doc in corpus)
    assert figures["inside_another"] == inside
    assert figures["across_another"] == across
    assert figures["across_sentences"] == borders
    assert figures["without_relations"] == sum(not keys(doc) for doc in corpus)


@settings(max_examples=30, deadline=None)
@given(docs(), st.sampled_from(STRATEGIES))
def test_recall_ceiling(corpus, strategy):
    part = read_part("train", corpus, RULE)
    reached = pairs = 0
    for doc, mentions in zip(part.docs, part.mentions, strict=True):
        places = list(zip(mentions.starts.tolist(), mentions.ends.tolist(), strict=True))
        proposed = {(places[h], places[t]) for h, t in strategy(doc, mentions).tolist()}
        reached += sum((head, tail) in proposed for head, tail, _ in keys(doc))
        pairs += len(strategy(doc, mentions))
    row = recall_ceiling(part, strategy)
    gold = sum(len(keys(doc)) for doc in corpus)
    assert (row["gold"], row["reached"], row["pairs"]) == (gold, reached, pairs)
    assert row["recall"] == (reached / gold if gold else None)
    for better in suggest_settings(part, strategy):
        assert better["reached"] > reached


def test_suggest_settings():
    """Either option is suggested, or both if both are needed; none for other strategies."""
    marked = "[头|X]" + "。" * 3 + "痛" * 20 + "[脑|Y][血|Y]"
    part = read_part("train", [make_doc(NLP, marked, [(0, 1, "R"), (1, 2, "R")])], RULE)
    strategy = SentencePairs(max_distance=10)
    found = [(row["settings"], row["reached"]) for row in suggest_settings(part, strategy)]
    assert found == [({"max_sentences": 3, "max_distance": 24}, 2)]
    (row,) = suggest_settings(part, SentencePairs(max_distance=None))
    assert row["settings"] == {"max_sentences": 3} and row["recall"] == 1
    assert suggest_settings(part, SentencePairs(max_sentences=3)) == []
    assert suggest_settings(part, lambda doc, mentions: strategy(doc, mentions)) == []


@pytest.mark.parametrize(("back", "rare"), [(1, True), (5, False)])
def test_two_way_labels(back, rare):
    forward = [make_doc(NLP, "[甲|A][乙|B]", [(0, 1, "R")]) for _ in range(12)]
    other = [make_doc(NLP, "[乙|B][甲|A]", [(0, 1, "R")]) for _ in range(back)]
    same = [make_doc(NLP, "[甲|A][乙|A]", [(0, 1, "R"), (1, 0, "R")])]
    parts = [read_part("train", forward, RULE), read_part("dev", [*other, *same], RULE)]
    (found,) = two_way_labels(parts)
    assert (found.label, found.types, found.counts) == ("R", ("A", "B"), (12, back))
    assert found.is_rare == rare and found.examples[0] == "no. 1 (dev)"
    assert two_way_labels(parts[:1]) == []


def test_relations_of_missing_mentions():
    doc = make_doc(NLP, "[甲|A][乙|B]", [(0, 1, "R")])
    set_doc_id(doc, "病史")
    doc.spans["clinrel"].attrs["relations"] = [[0, 7, "R", 1.0]]
    part = read_part("train", [doc, make_doc(NLP, "[甲|A][乙|B]", [(0, 1, "R")])], RULE)
    assert part.broken == ["病史"] and part.edges.doc.tolist() == [1]


def test_relations_of_removed_entities():
    doc = make_doc(NLP, "[甲|A][乙|B][丙|B]", [(0, 1, "R"), (0, 2, "R")])
    doc.spans["clinrel"].attrs["from_ents"] = True
    doc.set_ents([ent for ent in doc.ents if ent.text != "丙"], default="outside")
    part = read_part("train", [doc], RULE)
    assert part.broken == ["no. 1"] and part.edges.ends.tolist() == [[0, 1]]
