"""Scores of spans, compared with a loop over spans."""

import math

import pytest
import torch

from spacy_clinrel.layers.global_pointer import (
    GlobalPointer,
    band_mask,
    band_scores,
    rotate,
    span_loss,
)

TYPES, WIDTH = 3, 8


@pytest.fixture
def terms():
    """Return the terms of the scores of 90 tokens."""
    torch.manual_seed(0)
    layer = GlobalPointer(n_in=5, n_labels=TYPES, width=WIDTH).double()
    return layer(torch.randn(90, 5, dtype=torch.float64))


def slow_score(terms, i, j):
    queries, keys, starts, ends = terms
    query, key = rotate(queries)[i], rotate(keys)[j]
    return query @ key / math.sqrt(WIDTH) + (starts[i] + ends[j]) / 2


@pytest.mark.parametrize("first, stop, length", [(0, 90, 5), (7, 60, 40), (88, 90, 4), (3, 4, 1)])
def test_band_matches_a_loop_over_spans(terms, first, stop, length):
    band = band_scores(terms, first, stop, length)
    assert band.shape == (stop - first, length, TYPES)
    for i in range(first, stop):
        for j in range(i, min(i + length, 90)):
            torch.testing.assert_close(band[i - first, j - i], slow_score(terms, i, j))


def test_product_depends_on_the_distance_only():
    torch.manual_seed(0)
    query = rotate(torch.randn(1, WIDTH).double().expand(20, -1))
    key = rotate(torch.randn(1, WIDTH).double().expand(20, -1))
    products = query @ key.T
    torch.testing.assert_close(products[1:, 1:], products[:-1, :-1])
    assert not torch.allclose(products[0, 1:], products[0, :-1])


def test_mask_keeps_spans_within_a_segment():
    segments = torch.tensor([0, 0, 0, 1, 1])
    mask = band_mask(segments, 1, 5, 3)
    expected = [[1, 1, 0], [1, 0, 0], [1, 1, 0], [1, 0, 0]]
    assert mask.long().tolist() == expected


def test_loss_matches_a_loop_over_spans():
    torch.manual_seed(0)
    scores = torch.randn(6, 2, TYPES, dtype=torch.float64, requires_grad=True)
    valid = torch.tensor([[1, 1], [1, 1], [1, 0], [1, 1], [1, 1], [1, 0]]).bool()
    owners = torch.tensor([0, 0, 0, 1, 1, 1])
    gold = torch.tensor([[0, 1, 2], [1, 0, 2], [4, 1, 0]])
    expected = 0.0
    is_gold = {tuple(row) for row in gold.tolist()}
    for doc in range(2):
        for column in range(TYPES):
            negative = positive = 1.0
            for i in range(3 * doc, 3 * doc + 3):
                for j in range(2):
                    if valid[i, j]:
                        score = float(scores[i, j, column].detach())
                        if (i, j, column) in is_gold:
                            positive += math.exp(-score)
                        else:
                            negative += math.exp(score)
            expected += math.log(negative) + math.log(positive)
    loss = span_loss(scores, valid, gold, owners)
    assert loss.item() == pytest.approx(expected)
    loss.backward()
    gradient = scores.grad
    assert bool((gradient[~valid] == 0).all()) and bool(gradient.isfinite().all())
    assert all(gradient[tuple(row)] < 0 for row in gold.tolist())


def test_loss_without_gold_and_with_large_scores_is_finite():
    scores = torch.full((4, 2, TYPES), 500.0, requires_grad=True)
    valid = torch.ones(4, 2, dtype=torch.bool)
    gold = torch.zeros(0, 3, dtype=torch.long)
    loss = span_loss(scores, valid, gold, torch.zeros(4, dtype=torch.long))
    loss.backward()
    assert math.isfinite(float(loss)) and bool(scores.grad.isfinite().all())


def test_gradient_is_that_of_the_loss():
    torch.manual_seed(0)
    scores = torch.randn(4, 2, TYPES, dtype=torch.float64, requires_grad=True)
    valid = torch.tensor([[1, 1], [1, 0], [1, 1], [1, 0]]).bool()
    gold = torch.tensor([[0, 1, 2], [1, 0, 2], [2, 1, 0]])
    owners = torch.tensor([0, 0, 1, 1])
    assert torch.autograd.gradcheck(lambda x: span_loss(x, valid, gold, owners), (scores,))
