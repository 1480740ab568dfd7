"""Uncertainty of pairs and documents, tested on small arrays and compared with naive loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinrel.active_learning.review.uncertainty import (
    STRATEGIES,
    entropy,
    least_certain_label,
    least_confidence,
    margin,
    score_documents,
)
from spacy_clinrel.evaluation.pair_scores import ScoredPairs

rows = st.lists(st.floats(0.01, 1.0), min_size=3, max_size=3)


def make_scored(p):
    p = np.asarray(p, dtype="float64")
    return ScoredPairs(np.zeros(len(p), "int64"), np.zeros((len(p), 2), "int64"), p)


def test_strategies_on_three_classes():
    p = np.asarray([[0.5, 0.5, 0.0], [0.25, 0.25, 0.5], [0.0, 1.0, 0.0]])
    assert margin(p) == pytest.approx([1.0, 0.75, 0.0])
    assert least_confidence(p) == pytest.approx([0.75, 0.75, 0.0])
    bits = np.asarray([1.0, 1.5, 0.0])
    assert entropy(p) == pytest.approx(bits / np.log2(3))


@pytest.mark.parametrize("name", STRATEGIES)
@given(st.lists(rows, max_size=10), st.permutations(range(3)))
def test_strategies_are_normalised_and_symmetric(name, values, order):
    p = np.asarray(values).reshape(-1, 3)
    p /= p.sum(axis=1, keepdims=True)
    uncertainty = STRATEGIES[name](p)
    assert uncertainty.shape == (len(p),)
    assert np.all((uncertainty > -1e-9) & (uncertainty < 1 + 1e-9))
    assert STRATEGIES[name](p[:, order]) == pytest.approx(uncertainty)
    assert STRATEGIES[name](np.full((1, 3), 1 / 3)) == pytest.approx([1.0])
    assert STRATEGIES[name](np.eye(3)) == pytest.approx(np.zeros(3))


def test_least_certain_label_is_closest_to_one_half():
    scored = make_scored([[0.1, 0.9, 0.9], [0.05, 0.95, 0.4]])
    expected = np.asarray([[0.1, 0.9, 0.0], [0.6, 0.0, 0.4]])
    assert least_certain_label(scored).p == pytest.approx(expected)
    assert len(least_certain_label(make_scored(np.zeros((0, 3)))).p) == 0


@given(
    st.lists(st.tuples(st.integers(0, 4), st.floats(0.0, 1.0)), max_size=40),
    st.integers(1, 4),
)
def test_document_score_is_the_mean_of_the_most_uncertain_pairs(pairs, top_pairs):
    pairs = sorted(pairs, key=lambda pair: pair[0])
    docs = np.asarray([doc for doc, _ in pairs], dtype="int64")
    uncertainty = np.asarray([value for _, value in pairs])
    result = score_documents(uncertainty, docs, 6, top_pairs)
    for doc in range(6):
        values = sorted((value for owner, value in pairs if owner == doc), reverse=True)
        top = values[:top_pairs]
        assert result.scores[doc] == pytest.approx(sum(top) / len(top) if top else 0.0)
        assert result.n_pairs[doc] == len(values)
        if values:
            pair = result.most_uncertain[doc]
            assert docs[pair] == doc and uncertainty[pair] == values[0]
        else:
            assert result.most_uncertain[doc] == -1
