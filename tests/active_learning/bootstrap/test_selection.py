"""Which pairs join, on arrays made by hand and against naive loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinrel.active_learning.bootstrap.selection import (
    ClassCounts,
    choose_pairs,
    class_thresholds,
    reliable_pairs,
)
from spacy_clinrel.active_learning.bootstrap.settings import BootstrapOptions, DriftGuards
from spacy_clinrel.active_learning.pair_scores import ScoredPairs

UNBALANCED = DriftGuards(balance=False)


def scored(p):
    p = np.asarray(p, dtype="float64")
    pairs = np.stack([np.arange(len(p)), np.arange(len(p)) + 1], axis=1)
    return ScoredPairs(np.zeros(len(p), dtype="int64"), pairs, p)


@pytest.fixture
def some():
    """RETURNS (ScoredPairs): Two sure relations of each of two labels, some of none, two unsure."""
    return scored(
        [
            [0.1, 0.8, 0.1],
            [0.05, 0.9, 0.05],
            [0.0, 0.05, 0.95],
            [0.1, 0.2, 0.7],
            [0.9, 0.1, 0.0],
            [0.99, 0.01, 0.0],
            [0.8, 0.0, 0.2],
            [0.4, 0.6, 0.0],
            [0.5, 0.2, 0.3],
        ]
    )


def test_above_the_threshold(some):
    assert reliable_pairs(some, np.full(3, 0.7)).tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert reliable_pairs(some, np.asarray([0.85, 0.85, 2.0])).tolist() == [1, 4, 5]


def test_another_model_must_agree(some):
    other = scored(some.p.copy())
    other.p[0] = [0.1, 0.1, 0.8]  # says something else
    other.p[1] = [0.3, 0.6, 0.1]  # is not sure
    assert reliable_pairs(some, np.full(3, 0.7), [other]).tolist() == [2, 3, 4, 5, 6]


def of_docs(seed, docs=30, pairs=20):
    """RETURNS (ScoredPairs): Pairs of many documents, most of them sure of one of three classes."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(3, 0.2), docs * pairs)
    return scored(p)._replace(docs=np.repeat(np.arange(docs), pairs))


@pytest.mark.parametrize("seed", range(5))
def test_whole_documents_by_chance_and_their_share_of_none(seed):
    some = of_docs(seed)
    reliable = reliable_pairs(some, np.full(3, 0.7))
    labelled = ClassCounts(np.asarray([10, 9, 1]))
    options = BootstrapOptions(batch=60, guards=UNBALANCED)
    chosen = choose_pairs(some, reliable, labelled, options, (seed, 1))
    assert sorted(set(chosen)) == chosen.tolist() and set(chosen) <= set(reliable)
    relations = chosen[some.classes[chosen] > 0]
    assert len(relations) == 60 and len(chosen) == 120
    # All that is sure of each document, but for the one at which the batch was full.
    docs = np.unique(some.docs[relations])
    in_reach = reliable[(some.classes[reliable] > 0) & np.isin(some.docs[reliable], docs)]
    left = np.setdiff1d(in_reach, relations)
    assert len(np.unique(some.docs[left])) <= 1 and len(docs) < 12
    # No relation is taken of these documents first.
    none = reliable[some.classes[reliable] == 0]
    within = np.isin(some.docs[none], docs).sum()
    assert np.isin(some.docs[np.setdiff1d(chosen, relations)], docs).sum() == min(within, 60)
    # By chance: the same for a seed, others for another round, not the surest.
    assert np.array_equal(chosen, choose_pairs(some, reliable, labelled, options, (seed, 1)))
    assert not np.array_equal(chosen, choose_pairs(some, reliable, labelled, options, (seed, 2)))
    sure = reliable[some.classes[reliable] > 0]
    assert some.confidence[relations].min() < np.sort(some.confidence[sure])[-60]


def test_fewer_than_a_batch_all_join(some):
    reliable = reliable_pairs(some, np.full(3, 0.7))
    labelled = ClassCounts(np.asarray([10, 9, 1]))
    chosen = choose_pairs(
        some, reliable, labelled, BootstrapOptions(batch=100, guards=UNBALANCED), (0, 1)
    )
    assert chosen.tolist() == reliable.tolist()


def test_classes_keep_their_shares(some):
    reliable = reliable_pairs(some, np.full(3, 0.7))
    labelled = ClassCounts(np.asarray([0, 9, 1]))
    chosen = choose_pairs(some, reliable, labelled, BootstrapOptions(batch=10), (0, 1))
    assert chosen.tolist() == [0, 1, 2], (
        "nine of the first at most, one of the second, none of none"
    )


def test_no_relation_no_pairs(some):
    none = np.asarray([4, 5, 6])
    assert not len(
        choose_pairs(some, none, ClassCounts(np.asarray([5, 1, 1])), BootstrapOptions(), (0, 1))
    )
    assert not len(
        choose_pairs(some, none[:0], ClassCounts(np.asarray([5, 1, 1])), BootstrapOptions(), (0, 1))
    )


@given(
    st.lists(st.tuples(st.integers(0, 2), st.floats(0.0, 1.0)), max_size=40),
    st.integers(0, 99),
    st.floats(0.3, 0.95),
)
def test_class_thresholds_are_borne_out(rows, seed, threshold):
    """Against a loop over all confidences: the lowest from which precision suffices."""
    classes = [kind for kind, _ in rows]
    confidence = [0.5 + value / 2 for _, value in rows]
    p = np.full((len(rows), 3), 0.0)
    p[np.arange(len(rows)), classes] = confidence
    gold = np.random.default_rng(seed).integers(0, 3, len(rows))
    found = class_thresholds(scored(p), gold, threshold)
    for kind in range(3):
        of_kind = [
            (c, gold[i] == kind)
            for i, (k, c) in enumerate(zip(classes, confidence))
            if k == kind and c >= threshold
        ]
        possible = []
        for limit in {c for c, _ in of_kind}:
            right = [good for c, good in of_kind if c >= limit]
            if (sum(right) + 1) / (len(right) + 2) >= threshold:
                possible.append(limit)
        if not possible:
            assert found[kind] > 1
        elif len([c for c, _ in of_kind if c >= min(possible)]) == len(of_kind):
            assert found[kind] == threshold
        else:
            assert found[kind] == min(possible)
