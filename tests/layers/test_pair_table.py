"""Exchange of information between pairs, compared with a loop over pairs."""

import pytest
import torch

from spacy_clinrel.layers.dropout import set_dropout
from spacy_clinrel.layers.mention_pair import MentionPair
from spacy_clinrel.layers.pair_table import TABLE_WIDTH, PairTable

# Two texts: mentions 0 to 3 and 4 to 6. Some pairs of the first are no candidates.
FIRST = torch.tensor([(0, 1), (0, 3), (1, 0), (1, 2), (2, 1), (2, 3), (3, 0), (3, 2)])
SECOND = torch.tensor([(4, 5), (4, 6), (5, 4), (6, 4), (6, 5)])
PAIRS = torch.cat([FIRST, SECOND])
OF_MENTIONS = torch.tensor([0] * 4 + [1] * 3)


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


@torch.no_grad()
def test_table_matches_a_loop_over_pairs(table, vectors):
    index = {tuple(pair): i for i, pair in enumerate(PAIRS.tolist())}
    x = vectors
    for distance, (norm, conv) in enumerate(zip(table.norms, table.convs), start=1):
        rows = []
        for (head, tail), i in index.items():
            total = conv(norm(x[i])).new_zeros(TABLE_WIDTH)
            steps = (-distance, 0, distance)
            for place, (down, right) in enumerate((a, b) for a in steps for b in steps):
                j = index.get((head + down, tail + right))
                if j is not None and OF_MENTIONS[head + down] == OF_MENTIONS[head]:
                    part = slice(place * TABLE_WIDTH, (place + 1) * TABLE_WIDTH)
                    total = total + conv(norm(x[j]))[part]
            rows.append(x[i] + total.relu())
        x = torch.stack(rows)
    expected = table.output(table.norm(x))
    scores = table(vectors, PAIRS, OF_MENTIONS)
    torch.testing.assert_close(scores, expected, rtol=0, atol=1e-12)


def test_table_does_not_depend_on_order_or_batch(table, vectors):
    together = table(vectors, PAIRS, OF_MENTIONS)
    order = torch.randperm(len(PAIRS), generator=torch.Generator().manual_seed(2))
    shuffled = table(vectors[order], PAIRS[order], OF_MENTIONS)
    torch.testing.assert_close(shuffled, together[order])
    n = len(FIRST)
    first = table(vectors[:n], FIRST, OF_MENTIONS[:4])
    second = table(vectors[n:], SECOND - 4, OF_MENTIONS[4:])
    torch.testing.assert_close(torch.cat([first, second]), together)


def test_pairs_see_their_neighbours(vectors):
    torch.manual_seed(0)
    table = PairTable(n_in=5, n_out=3, depth=1).double()
    vectors.requires_grad_()
    table(vectors, PAIRS, OF_MENTIONS)[1].sum().backward()
    seen = PAIRS[vectors.grad.abs().sum(dim=1) > 0].tolist()
    # The neighbours of (0, 3) among the candidates.
    assert seen == [[0, 3], [1, 2]]


def test_table_without_pairs(table, vectors):
    assert table(vectors[:0], PAIRS[:0], OF_MENTIONS).shape == (0, 3)
    assert table(vectors[:0], PAIRS[:0], OF_MENTIONS[:0]).shape == (0, 3)


def test_table_dropout(table, vectors):
    plain = table(vectors, PAIRS, OF_MENTIONS)
    set_dropout(table, 0.5)
    assert not torch.equal(table(vectors, PAIRS, OF_MENTIONS), plain)


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
