"""The component relation_classifier."""

import warnings
from collections import Counter

import numpy as np
import pytest
import spacy
from confection import ConfigValidationError
from spacy.tokens import Doc
from spacy.training import Example

from spacy_clinrel.data.readers import gold_mentions_doc
from spacy_clinrel.pipeline.gold import sample_pairs
from spacy_clinrel.pipeline.heads import SigmoidHead, SoftmaxHead
from spacy_clinrel.tokens import GROUP, Sentences, store_relations
from spacy_clinrel.types import Candidates, GoldPairs, Mentions

from ..util import (
    edges,
    ents,
    fit,
    gold_examples,
    group,
    make_doc,
    make_notes,
    relation_config,
    span,
)

NAME = "relation_classifier"


def blank(**options):
    nlp = spacy.blank("zh")
    nlp.add_pipe(NAME, config=relation_config(**options))
    return nlp


def fitted(docs_of, **options):
    """Return a pipeline fitted to gold docs, and the docs."""
    nlp = blank(**options)
    docs = docs_of(nlp)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        fit(nlp, gold_examples(nlp, docs), steps=60)
    return nlp, docs


def predicted(nlp, doc):
    return edges(nlp.get_pipe(NAME)(gold_mentions_doc(nlp, doc)))


def candidates_of(nlp, docs):
    component = nlp.get_pipe(NAME)
    return component.make_candidates([gold_mentions_doc(nlp, doc) for doc in docs])


# Options


def test_missing_candidate_strategy_is_an_error():
    with pytest.raises(ValueError, match=f"C005.*'{NAME}'"):
        blank(candidates=None)


def test_unknown_mention_source_is_an_error():
    with pytest.raises(ConfigValidationError, match=r"mentions.*'all'.*auto"):
        blank(mentions="all")


def two_labels(nlp):
    marked = "[补液|治疗]后[头痛|症状]缓解"
    return [
        make_doc(nlp, marked, [(0, 1, "改善"), (0, 1, "用于")]),
        make_doc(nlp, "[热|症状]，[补液|治疗]"),
    ]


def test_pair_with_several_labels():
    nlp, (doc, _) = fitted(two_labels, exclusive=False)
    assert nlp.get_pipe(NAME).model.get_dim("nO") == 2
    assert predicted(nlp, doc) == edges(doc) and len(edges(doc)) == 2


def test_exclusive_labels():
    nlp, (doc, _) = fitted(two_labels, threshold=0.3)
    assert nlp.get_pipe(NAME).model.get_dim("nO") == 3
    scores = nlp.get_pipe(NAME).predict([gold_mentions_doc(nlp, doc)]).scores
    assert scores.sum(axis=1) <= 1.0001
    # The two gold labels have half of the weight each, and only one of them is predicted.
    np.testing.assert_allclose(scores, [[0.5, 0.5]], atol=0.1)
    assert len(predicted(nlp, doc)) == 1 and predicted(nlp, doc) < edges(doc)


@pytest.mark.parametrize("exclusive", [True, False])
def test_relations_reach_the_threshold(exclusive):
    nlp, docs = fitted(lambda nlp: make_notes(nlp, 4), exclusive=exclusive)
    component = nlp.get_pipe(NAME)
    counts = []
    for threshold in (0.0, 0.5, 1.0, 1.1):
        component.cfg["threshold"] = threshold
        predictions = [component(gold_mentions_doc(nlp, doc)) for doc in docs]
        chosen = [relation for doc in predictions for relation in doc._.relations]
        assert all(threshold <= relation.score <= 1.0 for relation in chosen)
        counts.append(len(chosen))
        # Even with a threshold of 0 only signatures seen in training are predicted.
        allowed = {tuple(signature) for signature in component.cfg["signatures"]}
        assert {(h.label_, label, t.label_) for h, t, label, _ in chosen} <= allowed
    assert counts == sorted(counts, reverse=True) and counts[-1] == 0
    assert counts[1] == 8 <= counts[0] <= len(candidates_of(nlp, docs))


@pytest.mark.slow
def test_candidates_with_and_without_types():
    typed, docs = fitted(lambda nlp: make_notes(nlp, 4))
    untyped, same_docs = fitted(lambda nlp: make_notes(nlp, 4), typed=False)
    # Each note has two pairs 治疗 → 症状 and one 检查 → 疾病 within its sentences.
    assert len(candidates_of(typed, docs)) == 4 * 3
    assert len(candidates_of(untyped, same_docs)) == 4 * (3 * 2 + 2)
    for nlp, notes in ((typed, docs), (untyped, same_docs)):
        for doc in notes:
            assert predicted(nlp, doc) == edges(doc)
    unseen = [make_doc(nlp, "[补液|别的]后[头痛|症状]缓解") for nlp in (typed, untyped)]
    assert len(candidates_of(typed, unseen[:1])) == 0
    assert len(candidates_of(untyped, unseen[1:])) == 2


@pytest.mark.slow
@pytest.mark.parametrize("negatives", [0.0, 0.5, 2])
def test_training_with_sampled_negatives(negatives):
    nlp, docs = fitted(lambda nlp: make_notes(nlp, 4), negatives=negatives)
    assert all(edges(doc) <= predicted(nlp, doc) for doc in docs)
    # Without negatives the model predicts a relation for every pair.
    if negatives == 0.0:
        assert sum(len(predicted(nlp, doc)) for doc in docs) == len(candidates_of(nlp, docs)) == 12


def sample(labels, annotated, negatives):
    """Return the indices of the sampled pairs. The head of each pair is its index."""
    n = len(labels)
    empty = np.zeros(0, dtype="int64")
    pairs = Candidates(
        mentions=Mentions(empty, empty, empty.astype("uint64")),
        types=empty,
        mention_lengths=np.asarray([0]),
        pairs=np.stack([np.arange(n), np.zeros(n, dtype="int64")], axis=1),
        pair_lengths=np.asarray([n]),
        n_types=1,
        sentences=Sentences(),
    )
    sampled, gold = sample_pairs(GoldPairs(pairs, labels, annotated, Counter(), 0), negatives)
    rows = sampled.pairs[:, 0]
    assert (gold == labels[rows]).all()
    return rows.tolist()


def test_sampling_keeps_every_pair_with_a_relation():
    dice = np.random.default_rng(0)
    for negatives in (None, 0.0, 0.5, 1, 3.0, 1000):
        labels = dice.random((200, 3)) < 0.03
        related = np.flatnonzero(labels.any(axis=1)).tolist()
        kept = sample(labels, np.ones(len(labels), dtype=bool), negatives)
        if negatives is None:
            assert kept == list(range(len(labels)))
            continue
        assert set(related) <= set(kept) and kept == sorted(set(kept))
        n_unrelated = len(kept) - len(related)
        assert n_unrelated == min(round(negatives * len(related)), 200 - len(related))
    no_labels, half = np.zeros((9, 2), dtype=bool), np.arange(9) % 2 == 0
    assert len(sample(no_labels, np.ones(9, dtype=bool), 2)) == 2
    assert sample(no_labels, half, None) == [0, 2, 4, 6, 8]
    assert set(sample(no_labels, half, 3)) <= {0, 2, 4, 6, 8}
    assert sample(no_labels[:0], half[:0], 2) == []


# Mentions


def test_nested_mentions_are_kept():
    marked = "[[左侧|方位]股骨[颈|部位]|部位]骨折，伴[头痛|症状]"

    def docs_of(nlp):
        return [make_doc(nlp, marked, [(0, 1, "在"), (2, 0, "属于")])]

    nlp, (doc,) = fitted(docs_of)
    assert predicted(nlp, doc) == edges(doc) and len(edges(doc)) == 2
    # The group has its own mentions, so the mention without a relation is kept too.
    assert len(group(doc)) == 4
    copy = nlp.get_pipe(NAME)(gold_mentions_doc(nlp, doc))
    assert sorted(group(copy)) == sorted(group(doc))


@pytest.mark.slow
def test_group_has_copies_of_related_entities(relations):
    (note,) = make_notes(relations, 1)
    doc = relations.get_pipe(NAME)(gold_mentions_doc(relations, note))
    linked = {(s.start, s.end, s.label_) for rel in doc._.relations for s in rel[:2]}
    assert set(group(doc)) == linked and len(linked) == 4 < len(doc.ents)
    assert ents(doc) == ents(note)


def test_mentions_of_an_earlier_prediction_are_replaced(relations):
    """If the entities change after a prediction, the next one uses the new entities."""
    (note,) = make_notes(relations, 1)
    doc = relations.get_pipe(NAME)(gold_mentions_doc(relations, note))
    doc.set_ents([doc.ents[0]], default="outside")
    relations.get_pipe(NAME)(doc)
    assert doc._.relations == [] and group(doc) == []


def test_mention_sources():
    marked = "[补液|治疗]后[头痛|症状]缓解"
    nlp, (doc,) = fitted(lambda nlp: [make_doc(nlp, marked, [(0, 1, "改善")])])
    for source, count in (("ents", 1), ("group", 0), ("auto", 1)):
        nlp.get_pipe(NAME).cfg["mentions"] = source
        assert len(predicted(nlp, doc)) == count, source
    # A Doc with mentions in the group only has none for "ents".
    for source, count in (("ents", 0), ("group", 1), ("auto", 1)):
        nlp.get_pipe(NAME).cfg["mentions"] = source
        plain = nlp.make_doc(doc.text)
        store_relations(plain, [span(plain, "补液", "治疗"), span(plain, "头痛", "症状")], [])
        assert len(nlp.get_pipe(NAME)(plain)._.relations) == count, source


@pytest.mark.parametrize("text", ["[头痛|症状]，[发热|症状]", "[头痛|症状]", "无殊"])
def test_docs_without_candidates(relations, text):
    doc = gold_mentions_doc(relations, make_doc(relations, text))
    doc = relations.get_pipe(NAME)(doc)
    assert doc._.relations == [] and GROUP in doc.spans


def test_prediction_keeps_other_group_attributes(relations):
    (note,) = make_notes(relations, 1)
    doc = gold_mentions_doc(relations, note)
    store_relations(doc, [], [])
    doc.spans[GROUP].attrs["doc_id"] = "甲"
    assert relations.get_pipe(NAME)(doc).spans[GROUP].attrs["doc_id"] == "甲"


# Initialization


def test_label_data_has_labels_types_and_signatures(relations):
    assert relations.get_pipe(NAME).label_data == {
        "labels": ["改善", "证实"],
        "types": sorted(["治疗", "检查", "疾病", "症状"]),
        "signatures": sorted([["检查", "证实", "疾病"], ["治疗", "改善", "症状"]]),
    }


def test_initialize_fails_if_no_gold_relation_is_a_candidate():
    nlp = blank()
    docs = [make_doc(nlp, "[补液|治疗]。[头痛|症状]", [(0, 1, "改善")])]
    with pytest.raises(ValueError, match=r"C004.*1 gold relations in 1 documents"):
        nlp.initialize(lambda: gold_examples(nlp, docs))


def test_initialize_warns_about_pruned_relations():
    nlp = blank()
    far = make_doc(nlp, "[补液|治疗]。[头痛|症状]", [(0, 1, "改善")])
    docs = [*make_notes(nlp, 2), far]
    with pytest.warns(UserWarning, match=r"W002.*1 of 5.*no candidate: 1"):
        nlp.initialize(lambda: gold_examples(nlp, docs))
    ceiling = nlp.get_pipe(NAME).recall_ceiling(gold_examples(nlp, docs))
    assert ceiling == {"gold": 5, "reached": 4, "recall": 0.8, "lost": {"no candidate": 1}}
    # Pruned relations count as missed.
    scores = nlp.evaluate(gold_examples(nlp, [far]))
    assert scores["rel_micro_r"] == 0.0 and scores["rel_per_type"]["改善"]["gold"] == 1


def test_recall_ceiling_counts_reasons(relations):
    (note,) = make_notes(relations, 1)
    no_entities = Example(relations.make_doc(note.text), note)
    words = Doc(relations.vocab, words=[note.text], spaces=[False])
    merged = Example(words, note)
    ceiling = relations.get_pipe(NAME).recall_ceiling([no_entities, merged])
    assert ceiling["gold"] == 4 and ceiling["reached"] == 0 and ceiling["recall"] == 0.0
    assert ceiling["lost"] == {
        "a mention is not among the entities": 2,
        "a mention does not align with the tokens": 2,
    }
    assert relations.get_pipe(NAME).recall_ceiling([])["recall"] is None


def test_unknown_label_is_an_error(relations):
    relations.get_pipe(NAME).is_resumed = False
    doc = make_doc(relations, "[补液|治疗]后[头痛|症状]", [(0, 1, "新")])
    with pytest.raises(ValueError, match=r"C007.*'新'.*改善, 证实"):
        relations.update(gold_examples(relations, [doc]))


def test_update_with_a_batch_without_candidates(relations):
    docs = [make_doc(relations, "[头痛|症状]"), relations.make_doc("无殊")]
    losses = relations.update(gold_examples(relations, docs), sgd=relations.resume_training())
    assert losses == {NAME: 0.0}


# Loss and probabilities


@pytest.mark.slow
@pytest.mark.parametrize("exclusive", [True, False])
@pytest.mark.parametrize("typed", [True, False])
def test_head_gradient_equals_finite_differences(exclusive, typed):
    nlp, docs = fitted(lambda nlp: make_notes(nlp, 3), exclusive=exclusive, typed=typed)
    head, batch = nlp.get_pipe(NAME).head, candidates_of(nlp, docs)
    assert isinstance(head, SoftmaxHead if exclusive else SigmoidHead)
    dice = np.random.default_rng(0)
    logits = dice.normal(size=(len(batch), 2 + exclusive))
    # The gold labels are allowed by the types: the most probable label of every second pair.
    p = head.probabilities(logits, batch)[:, int(exclusive) :]
    gold = np.zeros(p.shape, dtype=bool)
    gold[np.arange(0, len(p), 2), p[::2].argmax(axis=1)] = True
    counted = np.arange(len(p)) % 3 > 0
    loss, gradient = head.loss(logits, batch, gold, counted)
    assert loss > 0 and gradient.shape == logits.shape and not gradient[~counted].any()
    for cell in np.ndindex(*logits.shape):
        values = []
        for step in (1e-5, -1e-5):
            nudged = logits.copy()
            nudged[cell] += step
            values.append(head.loss(nudged, batch, gold, counted)[0])
        numeric = (values[0] - values[1]) / 2e-5
        assert gradient[cell] == pytest.approx(numeric, abs=1e-6), cell


@pytest.mark.parametrize("exclusive", [True, False])
def test_probabilities_of_large_scores_are_finite(exclusive):
    nlp = blank(exclusive=exclusive)
    docs = make_notes(nlp, 2)
    nlp.initialize(lambda: gold_examples(nlp, docs))
    batch, head = candidates_of(nlp, docs), nlp.get_pipe(NAME).head
    for value in (-5e4, -1e3, 0.0, 1e3, 5e4):
        logits = np.full((len(batch), 2 + exclusive), value, dtype="float32")
        with np.errstate(over="raise", invalid="raise"):
            p = head.probabilities(logits, batch)
        assert np.isfinite(p).all() and (p >= 0).all() and (p <= 1).all()
        if exclusive:
            np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-5)


def test_loss_is_averaged_over_docs(relations):
    component = relations.get_pipe(NAME)
    examples = gold_examples(relations, make_notes(relations, 3, seed=7))
    parts = []
    for example in examples:
        candidates = component.make_candidates([example.predicted])
        logits = component.model.predict(([example.predicted], candidates)) * 0.01
        parts.append((component.get_loss([example], logits), logits))
    logits = np.concatenate([logits for _, logits in parts])
    loss, gradient = component.get_loss(examples, logits)
    assert loss == pytest.approx(sum(value for (value, _), _ in parts) / 3, rel=1e-5)
    np.testing.assert_allclose(3 * gradient, np.concatenate([g for (_, g), _ in parts]), rtol=1e-5)


def test_docs_without_relation_annotation_do_not_count(relations):
    """A reference without the span group is not annotated with relations."""
    component = relations.get_pipe(NAME)
    examples = gold_examples(relations, make_notes(relations, 2, seed=7))
    logits = component.model.predict(
        (
            [eg.predicted for eg in examples],
            component.make_candidates([eg.predicted for eg in examples]),
        )
    )
    first = len(component.make_candidates([examples[0].predicted]))
    loss, gradient = component.get_loss(examples, logits * 0.01)
    assert gradient[first:].any()
    del examples[1].reference.spans["clinrel"]
    less, gradient = component.get_loss(examples, logits * 0.01)
    assert less < loss and gradient[:first].any() and not gradient[first:].any()


@pytest.mark.parametrize("option", [{"threshold": 1.5}, {"threshold": -0.1}, {"negatives": -2.0}])
def test_options_out_of_range_are_errors(zh, option):
    with pytest.raises(ConfigValidationError, match=next(iter(option))):
        zh.add_pipe("relation_classifier", config=option)
