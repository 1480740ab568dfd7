"""Poolings, compared with loops over windows and tokens."""

import math
from functools import partial

import pytest
import torch

from spacy_clinrel.layers.pair_sentence import (
    AttentionPool,
    MaxPool,
    PiecewiseMaxPool,
    PositionAttentionPool,
)
from spacy_clinrel.layers.pair_sentence.windows import PairBatch

LENGTHS = (6, 1, 4, 3)
WIDTH, POSITION = 3, 2
# The last window has no middle piece; the window of a single token has only the first.
PIECES = [[0, 0, 1, 1, 2, 2], [0], [0, 1, 1, 2], [0, 2, 2]]


@pytest.fixture
def batch():
    """Return windows of different lengths."""
    make = torch.Generator().manual_seed(2)
    mask = torch.arange(6)[None] < torch.tensor(LENGTHS)[:, None]
    pieces = torch.tensor([row + [2] * (6 - len(row)) for row in PIECES])
    positions = torch.randn(4, 6, POSITION, generator=make, dtype=torch.float64)
    return PairBatch(mask, pieces, positions)


@pytest.fixture
def x():
    """Return encoded tokens, all below zero, with large values in the padding."""
    make = torch.Generator().manual_seed(3)
    x = -torch.rand(4, 6, WIDTH, generator=make, dtype=torch.float64) - 0.1
    for row, length in enumerate(LENGTHS):
        x[row, length:] = 9.0
    return x


def naive_max(pool, x, batch, row):
    return [max(x[row, i, f].item() for i in range(LENGTHS[row])) for f in range(WIDTH)]


def naive_piecewise(pool, x, batch, row):
    values = []
    for piece in range(3):
        inside = [i for i in range(LENGTHS[row]) if PIECES[row][i] == piece]
        values += [max((x[row, i, f].item() for i in inside), default=0.0) for f in range(WIDTH)]
    return values


def softmax(scores):
    total = sum(math.exp(score) for score in scores)
    return [math.exp(score) / total for score in scores]


def naive_attention(pool, x, batch, row):
    """Compute equations 10 and 11 of "ResGRU-Att"."""
    w, b = pool.score.weight[0].tolist(), pool.score.bias.item()
    tokens = x[row, : LENGTHS[row]].tolist()
    weights = softmax([math.tanh(sum(map(float.__mul__, w, h)) + b) for h in tokens])
    return [sum(a * h[f] for a, h in zip(weights, tokens)) for f in range(WIDTH)]


def naive_position(pool, x, batch, row):
    """Compute equations 4 and 5 of "Attention-based deep residual network"."""
    length = LENGTHS[row]
    parts = []
    for i in range(length):
        near = range(max(0, i - 1), min(length, i + 2))
        features = [max(x[row, j, f].item() for j in near) for f in range(WIDTH)]
        parts.append(features + batch.positions[row, i].tolist())
    scores = []
    for part in parts:
        hidden = [
            math.tanh(sum(map(float.__mul__, w, part)) + b)
            for w, b in zip(pool.hidden.weight.tolist(), pool.hidden.bias.tolist())
        ]
        scores.append(sum(map(float.__mul__, pool.score.weight[0].tolist(), hidden)))
    weights = softmax(scores)
    return [sum(a * part[f] for a, part in zip(weights, parts)) for f in range(WIDTH + POSITION)]


CASES = {
    "max": (MaxPool, naive_max),
    "piecewise": (PiecewiseMaxPool, naive_piecewise),
    "attention": (AttentionPool, naive_attention),
    "position": (partial(PositionAttentionPool, window=3, width=4), naive_position),
}


@pytest.mark.parametrize("name", CASES)
def test_poolings_match_loops(name, x, batch):
    create, naive = CASES[name]
    torch.manual_seed(0)
    pool = create(n_in=WIDTH, n_position=POSITION).double()
    pooled = pool(x, batch)
    assert pooled.shape == (4, pool.n_out)
    wanted = [naive(pool, x, batch, row) for row in range(4)]
    torch.testing.assert_close(pooled, torch.tensor(wanted, dtype=torch.float64))
