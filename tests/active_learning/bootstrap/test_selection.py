"""Selection of pairs, tested on small arrays and compared with naive loops."""

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
from spacy_clinrel.evaluation.pair_scores import ScoredPairs

UNBALANCED = DriftGuards(balance=False)


def make_scored(p):
    """Return pairs of one document with the given probabilities."""
    p = np.asarray(p, dtype="float64")
    pairs = np.stack([np.arange(len(p)), np.arange(len(p)) + 1], axis=1)
    return ScoredPairs(np.zeros(len(p), dtype="int64"), pairs, p)


@pytest.fixture
def scored():
    """Return two confident relations for each of two labels, three confident pairs without a
    relation, and two uncertain pairs."""
    return make_scored(
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


def test_reliable_pairs_reach_the_threshold_of_their_class(scored):
    assert reliable_pairs(scored, np.full(3, 0.7)).tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert reliable_pairs(scored, np.asarray([0.85, 0.85, 2.0])).tolist() == [1, 4, 5]


def test_other_models_must_agree_with_confidence(scored):
    other = make_scored(scored.p.copy())
    other.p[0] = [0.1, 0.1, 0.8]  # another class
    other.p[1] = [0.3, 0.6, 0.1]  # below the threshold
    assert reliable_pairs(scored, np.full(3, 0.7), [other]).tolist() == [2, 3, 4, 5, 6]


def make_documents(seed, n_docs=30, n_pairs=20):
    """Return pairs of many documents with three classes. Most predictions are confident."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(3, 0.2), n_docs * n_pairs)
    return make_scored(p)._replace(docs=np.repeat(np.arange(n_docs), n_pairs))


@pytest.mark.parametrize("seed", range(5))
def test_complete_documents_are_chosen_at_random(seed):
    scored = make_documents(seed)
    reliable = reliable_pairs(scored, np.full(3, 0.7))
    labelled = ClassCounts(np.asarray([10, 9, 1]))
    options = BootstrapOptions(batch=60, guards=UNBALANCED)
    chosen = choose_pairs(scored, reliable, labelled, options, (seed, 1))
    assert sorted(set(chosen)) == chosen.tolist() and set(chosen) <= set(reliable)
    relations = chosen[scored.classes[chosen] > 0]
    assert len(relations) == 60 and len(chosen) == 120
    # All reliable relations of each document, except the one at which the batch was full.
    docs = np.unique(scored.docs[relations])
    in_docs = reliable[(scored.classes[reliable] > 0) & np.isin(scored.docs[reliable], docs)]
    not_chosen = np.setdiff1d(in_docs, relations)
    assert len(np.unique(scored.docs[not_chosen])) <= 1 and len(docs) < 12
    # "No relation" pairs come from the same documents first.
    negatives = reliable[scored.classes[reliable] == 0]
    n_in_docs = np.isin(scored.docs[negatives], docs).sum()
    chosen_negatives = np.setdiff1d(chosen, relations)
    assert np.isin(scored.docs[chosen_negatives], docs).sum() == min(n_in_docs, 60)
    # The choice depends on the seed only, and not on the confidence.
    assert np.array_equal(chosen, choose_pairs(scored, reliable, labelled, options, (seed, 1)))
    assert not np.array_equal(chosen, choose_pairs(scored, reliable, labelled, options, (seed, 2)))
    confident = reliable[scored.classes[reliable] > 0]
    assert scored.confidence[relations].min() < np.sort(scored.confidence[confident])[-60]


def test_all_pairs_are_chosen_if_the_batch_is_large(scored):
    reliable = reliable_pairs(scored, np.full(3, 0.7))
    labelled = ClassCounts(np.asarray([10, 9, 1]))
    options = BootstrapOptions(batch=100, guards=UNBALANCED)
    chosen = choose_pairs(scored, reliable, labelled, options, (0, 1))
    assert chosen.tolist() == reliable.tolist()


def test_balance_limits_each_label(scored):
    reliable = reliable_pairs(scored, np.full(3, 0.7))
    labelled = ClassCounts(np.asarray([0, 9, 1]))
    chosen = choose_pairs(scored, reliable, labelled, BootstrapOptions(batch=10), (0, 1))
    # At most 9 of the first label, 1 of the second, and no "no relation" pair.
    assert chosen.tolist() == [0, 1, 2]


def test_no_pairs_are_chosen_without_relations(scored):
    negatives = np.asarray([4, 5, 6])
    labelled = ClassCounts(np.asarray([5, 1, 1]))
    for reliable in (negatives, negatives[:0]):
        assert not len(choose_pairs(scored, reliable, labelled, BootstrapOptions(), (0, 1)))


@given(
    st.lists(st.tuples(st.integers(0, 2), st.floats(0.0, 1.0)), max_size=40),
    st.integers(0, 99),
    st.floats(0.3, 0.95),
)
def test_class_thresholds_equal_a_naive_search(rows, seed, threshold):
    classes = [class_index for class_index, _ in rows]
    confidence = [0.5 + value / 2 for _, value in rows]
    p = np.full((len(rows), 3), 0.0)
    p[np.arange(len(rows)), classes] = confidence
    gold = np.random.default_rng(seed).integers(0, 3, len(rows))
    thresholds = class_thresholds(make_scored(p), gold, threshold)
    for class_index in range(3):
        predictions = [
            (c, gold[i] == class_index)
            for i, (k, c) in enumerate(zip(classes, confidence))
            if k == class_index and c >= threshold
        ]
        precise = []
        for limit in {c for c, _ in predictions}:
            correct = [is_correct for c, is_correct in predictions if c >= limit]
            if (sum(correct) + 1) / (len(correct) + 2) >= threshold:
                precise.append(limit)
        if not precise:
            assert thresholds[class_index] > 1
        elif all(c >= min(precise) for c, _ in predictions):
            assert thresholds[class_index] == threshold
        else:
            assert thresholds[class_index] == min(precise)
