"""The component span_ner."""

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_clinrel.data.readers import gold_mentions_doc
from spacy_clinrel.evaluation.scorers import score_mentions
from spacy_clinrel.ml import global_pointer
from spacy_clinrel.pipeline.span_mentions import drop_crossing, gold_spans, longest_spans
from spacy_clinrel.tokens import GROUP, Relation
from spacy_clinrel.types import ScoredSpans

from ..util import ents, fit, make_doc, make_notes, relation_config, span_config, text_examples

NESTED = (
    "[[左|方位]肩|部位][疼痛|症状]两天。",
    "[[右|方位]膝|部位][肿胀|症状]，[[左|方位]踝|部位]如常。",
    "[[头|部位]痛|症状]，[[腹|部位]痛|症状]。",
    "无[[头|部位]晕|症状]，[[右|方位]肩|部位]无[压痛|症状]。",
)


def mentions(doc):
    spans = {(span.start, span.end, span.label_) for span in doc.spans.get(GROUP, ())}
    return sorted(spans)


def scored(*rows):
    columns = list(zip(*rows))
    return ScoredSpans(*(np.asarray(column) for column in columns))


@pytest.fixture(scope="module")
def nested_bytes():
    nlp = spacy.blank("zh")
    nlp.add_pipe("span_ner", config=span_config())
    fit(nlp, text_examples(nlp, [make_doc(nlp, text) for text in NESTED]), steps=60)
    return nlp.to_bytes()


@pytest.fixture
def nested(nested_bytes):
    """Return a pipeline that was fitted to texts with nested mentions."""
    nlp = spacy.blank("zh")
    nlp.add_pipe("span_ner", config=span_config())
    return nlp.from_bytes(nested_bytes)


def test_nested_mentions_are_found(nested):
    for text in NESTED:
        gold = make_doc(nested, text)
        doc = nested(gold.text)
        assert mentions(doc) == mentions(gold)
        assert ents(doc) == ents(gold)  # the longest ones
    scores = nested.evaluate(text_examples(nested, [make_doc(nested, text) for text in NESTED]))
    assert scores["mentions_f"] == scores["ents_f"] == 1.0
    assert scores["mentions_per_type"]["方位"]["gold"] == 4


def test_entities_are_optional(nested):
    nested.get_pipe("span_ner").cfg["set_ents"] = False
    doc = nested(make_doc(nested, NESTED[0]).text)
    assert len(mentions(doc)) == 3 and not doc.has_annotation("ENT_IOB")


def test_existing_mentions_and_relations_are_kept(nested):
    component = nested.get_pipe("span_ner")
    gold = make_doc(nested, NESTED[0])
    results = []
    for overwrite in (False, True):
        component.cfg["overwrite_ents"] = overwrite
        doc = nested.make_doc(gold.text)
        doc.set_ents([Span(doc, 5, 7, label="时间")])
        pain, days = Span(doc, 2, 4, label="症状"), doc.ents[0]
        doc._.relations = [Relation(pain, Span(doc, 0, 2, label="部位"), "在"), (pain, days, "起")]
        results.append(component(doc))
    kept, replaced = results
    assert ("时间" in {ent.label_ for ent in kept.ents}) and len(kept._.relations) == 2
    assert mentions(replaced) == mentions(gold) and ents(replaced) == ents(gold)
    assert [relation.label for relation in replaced._.relations] == ["在"]


def test_relation_classifier_reads_nested_mentions(nested):
    notes = [make_doc(nested, text, [(0, 1, "含")]) for text in NESTED]
    nlp = spacy.blank("zh")
    nlp.add_pipe("relation_classifier", config=relation_config())
    fit(nlp, [Example(gold_mentions_doc(nlp, note), note) for note in notes], steps=30)
    nested.add_pipe("relation_classifier", source=nlp)
    doc = nested(notes[0].text)
    assert ("左肩", "含", "左") in {(r.head.text, r.label, r.tail.text) for r in doc._.relations}
    assert mentions(doc) == mentions(notes[0])


def test_long_mentions_are_left_out_with_a_warning(zh):
    zh.add_pipe("span_ner", config=span_config(max_length=2))
    examples = text_examples(zh, [make_doc(zh, "[胸片|检查]，[腹部彩超|检查]。")] * 2)
    with pytest.warns(UserWarning, match=r"W050.*'span_ner'.*2 of 4.*max_length tokens: 2"):
        zh.initialize(lambda: examples)
    assert len(zh.get_pipe("span_ner").make_batch(examples).spans) == 2


def test_mentions_stay_within_sentences_on_request(nested):
    component = nested.get_pipe("span_ner")
    doc = nested.make_doc("头痛。头痛\n头痛")
    component.cfg["threshold"] = 0.0
    component.cfg["allow_crossing"] = True
    (spans,) = component.predict([doc])
    texts = {doc[start:end].text for start, end in zip(spans.starts, spans.ends)}
    assert "痛。头" in texts and not any("\n" in text for text in texts)
    component.cfg["within_sentences"] = True
    (spans,) = component.predict([doc])
    texts = {doc[start:end].text for start, end in zip(spans.starts, spans.ends)}
    assert "痛。" in texts and "痛。头" not in texts


def test_loss_and_spans_do_not_depend_on_the_parts(nested, monkeypatch):
    component = nested.get_pipe("span_ner")
    component.cfg["threshold"] = 0.1
    examples = text_examples(nested, [make_doc(nested, text) for text in NESTED])
    docs = [example.predicted for example in examples]
    terms = component.model.predict(docs)
    before = component.get_loss(examples, terms), component.predict(docs)
    # As many tokens as the longest document
    cells = max(map(len, docs)) * component.cfg["max_length"] * len(component.labels)
    monkeypatch.setattr(global_pointer, "MAX_CELLS", cells)
    (loss, gradient), spans = component.get_loss(examples, terms), component.predict(docs)
    assert loss == pytest.approx(before[0][0])
    for part, other in zip(gradient[:4], before[0][1][:4]):
        np.testing.assert_allclose(part, other, atol=1e-6)
    for found, other in zip(spans, before[1]):
        assert found.starts.tolist() == other.starts.tolist()
    monkeypatch.setattr(global_pointer, "MAX_CELLS", 1)  # a document counts as several
    assert np.isfinite(component.get_loss(examples, terms)[0])
    assert len(component.predict(docs)[0].starts) == len(before[1][0].starts)


def test_documents_without_annotation_do_not_count(nested):
    component = nested.get_pipe("span_ner")
    plain = nested.make_doc("头痛。")
    terms = component.model.predict([plain])
    loss, gradient = component.get_loss([Example(plain, plain.copy())], terms)
    assert loss == 0.0 and not gradient.queries.any()


def test_gold_mentions_on_other_tokens(nested):
    reference = make_doc(nested, NESTED[0])
    predicted = Doc(nested.vocab, words=["左肩", "疼痛", "两天", "。"], spaces=[False] * 4)
    labels = nested.get_pipe("span_ner").labels
    spans = gold_spans([Example(predicted, reference)], labels, "span_ner")
    assert [(start, end) for start, end, _ in spans.tolist()] == [(0, 1), (1, 2)]
    with pytest.raises(ValueError, match=r"C008.*方位"):
        gold_spans([Example(predicted, reference)], ["部位", "症状"], "span_ner")


def test_crossing_mentions_of_one_type_are_dropped():
    rows = [(0, 3, 0, 0.9), (0, 5, 0, 0.6), (1, 2, 0, 0.7), (2, 4, 0, 0.8), (2, 4, 1, 0.5)]
    kept = drop_crossing(scored(*rows))
    assert list(zip(kept.starts, kept.ends, kept.types)) == [
        (0, 3, 0),
        (0, 5, 0),
        (1, 2, 0),
        (2, 4, 1),
    ]
    longest = longest_spans(kept)
    assert list(zip(longest.starts, longest.ends)) == [(0, 5)]


def test_no_two_kept_mentions_cross():
    """Compared with all pairs."""
    random = np.random.default_rng(0)
    starts = np.sort(random.integers(0, 30, 200))
    spans = ScoredSpans(
        starts, starts + random.integers(1, 8, 200), random.integers(0, 2, 200), random.random(200)
    )
    kept = drop_crossing(spans)
    rows = list(zip(*(column.tolist() for column in kept[:3])))
    for start, end, column in rows:
        assert not any(c == column and start < a < end < b for a, b, c in rows)
    assert kept.scores.max() == spans.scores.max() and 20 < len(rows) < 200


def test_long_documents_take_linear_memory(nested):
    """A text of 20,000 characters, and nothing of its square."""
    doc = nested.make_doc("患者无头晕，左肩疼痛。" * 1800)
    (spans,) = nested.get_pipe("span_ner").predict([doc])
    assert spans.ends.max() <= len(doc)


def test_scores_without_annotation_are_none(zh):
    doc = zh.make_doc("头痛")
    scores = score_mentions([Example(doc, doc.copy())])
    assert scores["mentions_f"] is None and scores["ents_f"] is None


def test_notes_without_nesting(zh):
    zh.add_pipe("span_ner", config=span_config())
    notes = make_notes(zh, 2)
    fit(zh, text_examples(zh, notes), steps=1)
    assert len(zh.get_pipe("span_ner").labels) == 4
