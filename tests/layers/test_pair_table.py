"""Exchange of information between pairs, compared with a loop over pairs."""

import math

import pytest
import torch

from spacy_clinrel.layers.dropout import set_dropout
from spacy_clinrel.layers.mention_attention import HEADS
from spacy_clinrel.layers.mention_pair import MentionPair
from spacy_clinrel.layers.pair_table import TABLE_WIDTH, PairTable

# Two texts: mentions 0 to 3 and 4 to 6. Some pairs of the first are no candidates.
FIRST = torch.tensor([(0, 1), (0, 3), (1, 0), (1, 2), (2, 1), (2, 3), (3, 0), (3, 2)])
SECOND = torch.tensor([(4, 5), (4, 6), (5, 4), (6, 4), (6, 5)])
PAIRS = torch.cat([FIRST, SECOND])


@pytest.fixture
def table():
    """Return a table with two layers, in double precision."""
    torch.manual_seed(0)
    return PairTable(n_in=5, n_out=3, depth=2).double()


@pytest.fixture
def vectors():
    """Return the vectors of all pairs."""
    make = torch.Generator().manual_seed(1)
    return torch.randn(len(PAIRS), TABLE_WIDTH, generator=make, dtype=torch.float64)


def naive_layer(layer, vectors, keys):
    """Apply an attention layer to one pair after the other."""
    size = TABLE_WIDTH // HEADS
    projected = [layer.inputs(layer.norm(vector)) for vector in vectors]
    rows = []
    for i, key in enumerate(keys):
        query = projected[i][:TABLE_WIDTH]
        others = [projected[j] for j, other in enumerate(keys) if other == key]
        heads = []
        for head in range(HEADS):
            part = slice(head * size, (head + 1) * size)
            products = [
                query[part] @ other[TABLE_WIDTH:][part] / math.sqrt(size) for other in others
            ]
            weights = torch.stack(products).softmax(0)
            heads.append(sum(w * o[2 * TABLE_WIDTH :][part] for w, o in zip(weights, others)))
        x = vectors[i] + layer.output(torch.cat(heads))
        rows.append(x + layer.inner(x))
    return torch.stack(rows)


@torch.no_grad()
def test_table_matches_a_loop_over_pairs(table, vectors):
    x = vectors
    for row, column in zip(table.rows, table.columns):
        x = naive_layer(row, x, PAIRS[:, 0].tolist())
        x = naive_layer(column, x, PAIRS[:, 1].tolist())
    expected = table.output(table.norm(x))
    torch.testing.assert_close(table(vectors, PAIRS), expected, rtol=0, atol=1e-12)


def test_table_does_not_depend_on_order_or_batch(table, vectors):
    together = table(vectors, PAIRS)
    order = torch.randperm(len(PAIRS), generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(table(vectors[order], PAIRS[order]), together[order])
    n = len(FIRST)
    alone = torch.cat([table(vectors[:n], FIRST), table(vectors[n:], SECOND - 4)])
    torch.testing.assert_close(alone, together)


def test_batches_of_padded_groups_do_not_change_scores(table, vectors, monkeypatch):
    whole = table(vectors, PAIRS)
    monkeypatch.setattr("spacy_clinrel.layers.pair_table.BUDGET", 4)
    torch.testing.assert_close(table(vectors, PAIRS), whole)


def test_pairs_see_those_with_the_same_head_or_tail(vectors):
    torch.manual_seed(0)
    table = PairTable(n_in=5, n_out=3, depth=1).double()
    vectors.requires_grad_()
    table(vectors, PAIRS)[0].sum().backward()
    seen = PAIRS[vectors.grad.abs().sum(dim=1) > 0].tolist()
    # (2, 1) has the same tail as (0, 1), (0, 3) the same head, and (2, 3) the same head as (2, 1).
    assert seen == [[0, 1], [0, 3], [2, 1], [2, 3]]


def test_table_without_pairs(table, vectors):
    assert table(vectors[:0], PAIRS[:0]).shape == (0, 3)


def test_table_dropout(table, vectors):
    plain = table(vectors, PAIRS)
    set_dropout(table, 0.5)
    assert not torch.equal(table(vectors, PAIRS), plain)


MENTIONS = torch.tensor([[0, 2, 0], [3, 4, 1], [4, 7, 1], [8, 9, 0], [10, 11, 1], [12, 14, 0]])
TEXTS = torch.tensor([0] * 10 + [1] * 5)
CANDIDATES = torch.tensor([(0, 1), (0, 2), (1, 0), (1, 2), (2, 3), (3, 1), (4, 5), (5, 4)])


def make(**options):
    torch.manual_seed(0)
    sizes = {"n_in": 5, "n_types": 2, "n_out": 4, "width": 6, "between": 3}
    return MentionPair(**sizes, **options).double()


@pytest.fixture
def tokens():
    """Return token vectors."""
    make_random = torch.Generator().manual_seed(3)
    return torch.randn(len(TEXTS), 5, dtype=torch.float64, generator=make_random)


def test_table_is_added_to_scores(tokens):
    layer, plain = make(table_layers=1), make()
    weights = layer.state_dict()
    assert all(torch.equal(weights[name], value) for name, value in plain.state_dict().items())
    assert not any(name.startswith("table.") for name in plain.state_dict())
    with torch.no_grad():
        difference = layer(tokens, MENTIONS, CANDIDATES) - plain(tokens, MENTIONS, CANDIDATES)
        assert difference.abs().min() > 0
        layer.table.output.weight.zero_()
        torch.testing.assert_close(
            layer(tokens, MENTIONS, CANDIDATES), plain(tokens, MENTIONS, CANDIDATES)
        )


@pytest.mark.parametrize("chunk", [1, 3, 8])
def test_chunks_do_not_change_scores_with_a_table(tokens, chunk):
    whole = make(table_layers=2)(tokens, MENTIONS, CANDIDATES, TEXTS)
    pieces = make(table_layers=2, chunk=chunk)(tokens, MENTIONS, CANDIDATES, TEXTS)
    torch.testing.assert_close(pieces, whole, rtol=0, atol=1e-12)


def test_gradients_with_a_table(tokens):
    layer = make(table_layers=1, chunk=3)
    inputs = (tokens.requires_grad_(), *layer.parameters())
    run = lambda tokens, *_: layer(tokens, MENTIONS, CANDIDATES, TEXTS)  # noqa: E731
    assert torch.autograd.gradcheck(run, inputs, fast_mode=True)
    run(tokens).square().sum().backward()
    assert all(bool(p.grad.any()) for p in layer.table.parameters() if p.dim() > 1)


def test_no_pairs_with_a_table(tokens):
    assert make(table_layers=1)(tokens, MENTIONS, CANDIDATES[:0], TEXTS).shape == (0, 4)
    assert make(table_layers=1)(tokens, MENTIONS[:0], CANDIDATES[:0], TEXTS).shape == (0, 4)
