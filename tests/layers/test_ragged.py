"""Padding, and batches of sequences of similar length."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinrel.layers.ragged import length_batches

LENGTHS = st.lists(st.integers(0, 50), max_size=60)


@settings(max_examples=100, deadline=None)
@given(LENGTHS, st.integers(1, 200), st.sampled_from([0.0, 0.3, 0.5, 0.8, 1.0]))
def test_length_batches(lengths, budget, min_ratio):
    batches = [rows.tolist() for rows in length_batches(lengths, budget, min_ratio)]
    flat = [i for batch in batches for i in batch]
    assert sorted(flat) == list(range(len(lengths)))
    assert [lengths[i] for i in flat] == sorted(lengths, reverse=True)
    for batch in batches:
        sizes = [lengths[i] for i in batch]
        assert len(batch) == 1 or len(batch) * max(*sizes, 1) <= budget
        assert min(sizes) >= min_ratio * max(sizes)
    # A batch ends only where another sequence would exceed the budget or be too short.
    for batch, following in pairwise(batches):
        longest = lengths[batch[0]]
        is_full = (len(batch) + 1) * max(longest, 1) > budget
        assert is_full or lengths[following[0]] < min_ratio * longest


@pytest.mark.parametrize("budget", [1, 7, 40, 10**6])
def test_length_batches_of_a_tensor(budget):
    lengths = torch.tensor([3, 9, 1, 4, 4, 2, 9, 5])
    batches = list(length_batches(lengths, budget))
    assert sorted(torch.cat(batches).tolist()) == list(range(8))
    assert [rows.tolist() for rows in length_batches(lengths.tolist(), budget)] == [
        rows.tolist() for rows in batches
    ]
    assert list(length_batches(lengths[:0], budget)) == []
