"""Scores of candidate pairs, and their calibration."""

import numpy as np
import pytest
import spacy
from spacy.language import Language

from spacy_clinrel.evaluation.calibrate import fit_calibration
from spacy_clinrel.evaluation.pair_scores import (
    ScoredPairs,
    count_pairs,
    gold_classes,
    score_pairs,
)
from spacy_clinrel.evaluation.pair_scores import gold_examples as scored_examples

from ..util import fit, gold_examples, make_notes, relation_config


@pytest.fixture
def nlp():
    """Return a pipeline with a briefly trained relation classifier."""
    nlp = spacy.blank("zh")
    nlp.add_pipe("relation_classifier", config=relation_config())
    fit(nlp, gold_examples(nlp, make_notes(nlp, 6, seed=1)), steps=5, rate=0.003)
    return nlp


def test_only_components_before_the_classifier_run(nlp):
    seen = []

    @Language.component("record_text")
    def record_text(doc):
        seen.append(doc.text)
        doc.tensor = np.ones((len(doc), 4), dtype="float32")
        return doc

    docs = make_notes(nlp, 4, seed=2)
    expected = score_pairs(nlp, docs)
    nlp.add_pipe("record_text", name="after", last=True)
    score_pairs(nlp, docs)
    assert not seen
    nlp.add_pipe("record_text", name="before", first=True)
    scored = score_pairs(nlp, docs)
    assert seen == [doc.text for doc in docs]
    assert not any(doc.tensor.size for doc in docs), "copies are scored"
    assert all((a == b).all() for a, b in zip(expected, scored)) and len(scored.p)


def test_probabilities_sum_to_one(nlp):
    docs = make_notes(nlp, 20, seed=2)
    scored = score_pairs(nlp, docs)
    assert len(scored.p) == count_pairs(nlp, docs)
    assert scored.p.sum(axis=1) == pytest.approx(np.ones(len(scored.p)), abs=1e-5)
    assert (np.diff(scored.docs) >= 0).all() and scored.docs.max() > 16, "more than one batch"
    assert len(score_pairs(nlp, []).p) == 0


def test_calibration_without_predicted_relations():
    docs, pairs = np.zeros(2, dtype="int64"), np.zeros((2, 2), dtype="int64")
    p = np.asarray([[0.9, 0.1], [0.8, 0.2]], dtype="float32")
    errors = fit_calibration(ScoredPairs(docs, pairs, p), np.asarray([0, 1])).errors
    assert errors["relations"] is None and errors["all"] > 0


def test_gold_classes_are_of_the_pairs_within_predicted_sentences():
    @Language.component("twelve_tokens", assigns=["token.is_sent_start", "doc.sents"])
    def twelve_tokens(doc):
        for token in doc:
            token.is_sent_start = token.i % 12 == 0
        return doc

    nlp = spacy.blank("zh")
    nlp.add_pipe("twelve_tokens")
    within = {"@misc": "spacy-clinrel.SentencePairs.v1", "max_sentences": 0, "use_sents": True}
    nlp.add_pipe("relation_classifier", config={**relation_config(), "candidates": within})
    fit(nlp, gold_examples(nlp, make_notes(nlp, 6, seed=1)), steps=1, rate=0.003)
    examples = scored_examples(nlp, make_notes(nlp, 4, seed=2))
    scored = score_pairs(nlp, [eg.predicted for eg in examples])
    assert 0 < len(scored.p) == len(gold_classes(nlp, examples))
    assert all(len(list(eg.predicted.sents)) > 1 for eg in examples)
