"""BIEOS tags: there and back, and what may follow what."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinrel.tokens.bieos import allowed_transitions, n_tags, spans_to_tags, tags_to_spans


def names(n_labels):
    return ["O", *(f"{position}-{k}" for k in range(n_labels) for position in "BIES")]


def may_follow(first, second):
    """The definition, in words: an open mention goes on with its own type or ends; nothing goes on
    that is not open. None stands for the edge of the text."""
    opens = first is not None and first[0] in "BI"
    goes_on = second is not None and second[0] in "IE"
    return opens and goes_on and first[1:] == second[1:] if opens or goes_on else True


@pytest.mark.parametrize("n_labels", [0, 1, 3])
def test_allowed_transitions(n_labels):
    tags = names(n_labels)
    assert n_tags(n_labels) == len(tags)
    allowed = allowed_transitions(n_labels)
    expected = [[may_follow(a, b) for b in tags] for a in tags]
    assert allowed.transitions.tolist() == expected
    assert allowed.start.tolist() == [may_follow(None, b) for b in tags]
    assert allowed.end.tolist() == [may_follow(a, None) for a in tags]


def test_every_sequence_that_is_allowed_is_well_formed():
    """All sequences of four tokens: the allowed ones are those that come back from their spans."""
    tags = names(2)
    allowed = allowed_transitions(2)
    count = 0
    for sequence in itertools.product(range(len(tags)), repeat=4):
        fine = (
            allowed.start[sequence[0]]
            and allowed.end[sequence[-1]]
            and all(allowed.transitions[a, b] for a, b in itertools.pairwise(sequence))
        )
        array = np.asarray(sequence)
        if fine:
            count += 1
            assert spans_to_tags(tags_to_spans(array), 4).tolist() == list(sequence)
    # The first token is O, or a mention of one of two types takes the first one to n tokens.
    totals = [1]
    for n in range(1, 5):
        totals.append(totals[n - 1] + 2 * sum(totals[:n]))
    assert count == totals[4]


@st.composite
def flat_spans(draw):
    """RETURNS (Tuple[List[Tuple[int, int, int]], int]): Spans that do not overlap, and a length."""
    length = draw(st.integers(0, 30))
    cuts = sorted(draw(st.sets(st.integers(0, length))))
    pieces = [(a, b, draw(st.integers(0, 3))) for a, b in itertools.pairwise(cuts)]
    return [piece for piece in pieces if draw(st.booleans())], length


@given(flat_spans())
def test_there_and_back(case):
    spans, length = case
    tags = spans_to_tags(np.asarray(spans, dtype="int64").reshape(-1, 3), length)
    assert tags.shape == (length,)
    assert [tuple(row) for row in tags_to_spans(tags).tolist()] == spans
    # The same, written token by token.
    expected = ["O"] * length
    for start, end, k in spans:
        for i in range(start, end):
            place = (i > start) + 2 * (i < end - 1)  # 0 both edges, 1 last, 2 first, 3 between
            expected[i] = f"{'SEBI'[place]}-{k}"
    assert [names(4)[tag] for tag in tags] == expected
    allowed = allowed_transitions(4)
    if length:
        assert allowed.start[tags[0]] and allowed.end[tags[-1]]
        assert allowed.transitions[tags[:-1], tags[1:]].all()


def test_neighbours_of_one_type_stay_apart():
    spans = [[0, 2, 1], [2, 3, 1], [3, 5, 1]]
    assert tags_to_spans(spans_to_tags(np.asarray(spans), 5)).tolist() == spans
