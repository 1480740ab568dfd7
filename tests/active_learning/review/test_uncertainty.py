"""How uncertain pairs and documents are, by hand and against naive loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinrel.active_learning.pair_scores import ScoredPairs
from spacy_clinrel.active_learning.review.uncertainty import (
    STRATEGIES,
    entropy,
    least_certain_label,
    least_confidence,
    margin,
    score_documents,
)

rows = st.lists(st.floats(0.01, 1.0), min_size=3, max_size=3)


def scored(p):
    p = np.asarray(p, dtype="float64")
    return ScoredPairs(np.zeros(len(p), "int64"), np.zeros((len(p), 2), "int64"), p)


def test_by_hand():
    p = np.asarray([[0.5, 0.5, 0.0], [0.25, 0.25, 0.5], [0.0, 1.0, 0.0]])
    assert margin(p) == pytest.approx([1.0, 0.75, 0.0])
    assert least_confidence(p) == pytest.approx([0.75, 0.75, 0.0])
    bits = np.asarray([1.0, 1.5, 0.0])
    assert entropy(p) == pytest.approx(bits / np.log2(3))


@pytest.mark.parametrize("name", STRATEGIES)
@given(st.lists(rows, max_size=10), st.permutations(range(3)))
def test_from_none_to_all(name, some, order):
    p = np.asarray(some).reshape(-1, 3)
    p /= p.sum(axis=1, keepdims=True)
    found = STRATEGIES[name](p)
    assert found.shape == (len(p),) and np.all((found > -1e-9) & (found < 1 + 1e-9))
    assert STRATEGIES[name](p[:, order]) == pytest.approx(found), "whatever the classes are"
    assert STRATEGIES[name](np.full((1, 3), 1 / 3)) == pytest.approx([1.0])
    assert STRATEGIES[name](np.eye(3)) == pytest.approx(np.zeros(3))


def test_labels_that_stand_alone():
    """Two sure labels are no doubt; the label nearest to one half is."""
    alone = scored([[0.1, 0.9, 0.9], [0.05, 0.95, 0.4]])
    p = least_certain_label(alone).p
    assert p == pytest.approx(np.asarray([[0.1, 0.9, 0.0], [0.6, 0.0, 0.4]]))
    assert len(least_certain_label(scored(np.zeros((0, 3)))).p) == 0


@given(
    st.lists(st.tuples(st.integers(0, 4), st.floats(0.0, 1.0)), max_size=40),
    st.integers(1, 4),
)
def test_the_mean_of_the_most_uncertain(pairs, top):
    pairs = sorted(pairs, key=lambda pair: pair[0])
    docs = np.asarray([doc for doc, _ in pairs], dtype="int64")
    values = np.asarray([value for _, value in pairs])
    found = score_documents(values, docs, 6, top)
    for doc in range(6):
        own = [value for owner, value in pairs if owner == doc]
        most = sorted(own, reverse=True)[:top]
        assert found.scores[doc] == pytest.approx(sum(most) / len(most) if most else 0.0)
        assert found.n_pairs[doc] == len(own)
        if own:
            first = found.most_uncertain[doc]
            assert docs[first] == doc and values[first] == max(own)
        else:
            assert found.most_uncertain[doc] == -1
