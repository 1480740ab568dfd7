"""BIEOS tags: round trips and allowed transitions."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinrel.tokens.bieos import allowed_transitions, n_tags, spans_to_tags, tags_to_spans


def names(n_labels):
    return ["O", *(f"{position}-{k}" for k in range(n_labels) for position in "BIES")]


def may_follow(first, second):
    """Return whether a tag may follow another tag. None is the start or end of the text.

    An open mention must continue with the same type, and only an open mention may continue.
    """
    is_open = first is not None and first[0] in "BI"
    is_continuation = second is not None and second[0] in "IE"
    if not (is_open or is_continuation):
        return True
    return is_open and is_continuation and first[1:] == second[1:]


@pytest.mark.parametrize("n_labels", [0, 1, 3])
def test_allowed_transitions(n_labels):
    tags = names(n_labels)
    assert n_tags(n_labels) == len(tags)
    allowed = allowed_transitions(n_labels)
    expected = [[may_follow(a, b) for b in tags] for a in tags]
    assert allowed.transitions.tolist() == expected
    assert allowed.start.tolist() == [may_follow(None, b) for b in tags]
    assert allowed.end.tolist() == [may_follow(a, None) for a in tags]


def test_allowed_sequences_are_well_formed():
    """Convert each allowed sequence of four tokens to spans and back, and count them."""
    tags = names(2)
    allowed = allowed_transitions(2)
    count = 0
    for sequence in itertools.product(range(len(tags)), repeat=4):
        is_allowed = (
            allowed.start[sequence[0]]
            and allowed.end[sequence[-1]]
            and all(allowed.transitions[a, b] for a, b in itertools.pairwise(sequence))
        )
        array = np.asarray(sequence)
        if is_allowed:
            count += 1
            assert spans_to_tags(tags_to_spans(array), 4).tolist() == list(sequence)
    # A sequence starts with O, or with a mention of 1 to n tokens that has one of two types.
    totals = [1]
    for n in range(1, 5):
        totals.append(totals[n - 1] + 2 * sum(totals[:n]))
    assert count == totals[4]


@st.composite
def flat_spans(draw):
    """Return spans without overlap, and a length."""
    length = draw(st.integers(0, 30))
    cuts = sorted(draw(st.sets(st.integers(0, length))))
    pieces = [(a, b, draw(st.integers(0, 3))) for a, b in itertools.pairwise(cuts)]
    return [piece for piece in pieces if draw(st.booleans())], length


@given(flat_spans())
def test_spans_round_trip_through_tags(case):
    spans, length = case
    tags = spans_to_tags(np.asarray(spans, dtype="int64").reshape(-1, 3), length)
    assert tags.shape == (length,)
    assert [tuple(row) for row in tags_to_spans(tags).tolist()] == spans
    # Compare with a loop over tokens.
    expected = ["O"] * length
    for start, end, k in spans:
        for i in range(start, end):
            position = (i > start) + 2 * (i < end - 1)  # 0 single, 1 last, 2 first, 3 inside
            expected[i] = f"{'SEBI'[position]}-{k}"
    assert [names(4)[tag] for tag in tags] == expected
    allowed = allowed_transitions(4)
    if length:
        assert allowed.start[tags[0]] and allowed.end[tags[-1]]
        assert allowed.transitions[tags[:-1], tags[1:]].all()


def test_adjacent_mentions_of_one_type_stay_separate():
    spans = [[0, 2, 1], [2, 3, 1], [3, 5, 1]]
    assert tags_to_spans(spans_to_tags(np.asarray(spans), 5)).tolist() == spans
