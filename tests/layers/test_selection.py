"""Multi-head selection, compared with a loop over pairs."""

import math

import pytest
import torch

from spacy_clinrel.layers.dropout import set_dropout
from spacy_clinrel.layers.selection import Selection

from ..recording import inputs_of

TAGS = torch.tensor([0, 1, 2, 3, 0, 4, 0])
ALL = torch.tensor([(i, j) for i in range(7) for j in range(7)])


def make(tag_width=3, **options):
    torch.manual_seed(0)
    sizes = {"n_in": 4, "n_tags": 5, "n_out": 2, "width": 6}
    return Selection(**sizes, tag_width=tag_width, **options).double()


@pytest.fixture
def tokens():
    """Return token vectors."""
    make = torch.Generator().manual_seed(1)
    return torch.randn(7, 4, generator=make, dtype=torch.float64)


@pytest.mark.parametrize("tag_width,distance", [(3, False), (0, False), (3, True)])
def test_selection_matches_a_loop_over_pairs(tokens, tag_width, distance):
    layer = make(tag_width, distance=distance)
    scores = layer(tokens, TAGS, ALL).tolist()
    weights = {name: value.tolist() for name, value in layer.state_dict().items()}

    def times(matrix, vector):
        return [sum(map(float.__mul__, row, vector)) for row in matrix]

    for (i, j), row in zip(ALL.tolist(), scores):
        z = [tokens[k].tolist() + weights["tags.weight"][int(TAGS[k])] for k in (i, j)]
        head = times(weights["head.weight"], z[0])
        tail = times(weights["tail.weight"], z[1])
        # Distances below 4 tokens have a row each, larger ones a row per power of two.
        bucket = j - i if abs(j - i) < 4 else int(math.copysign(4, j - i))
        far = weights["distances.weight"][16 + bucket] if distance else [0.0] * len(head)
        parts = zip(head, tail, weights["head.bias"], far)
        hidden = [math.tanh(sum(part)) for part in parts]
        wanted = times(weights["output.weight"], hidden)
        for value, plain, bias in zip(row, wanted, weights["output.bias"]):
            assert value == pytest.approx(plain + bias)


def test_chunks_change_neither_scores_nor_gradients(tokens):
    results = []
    for chunk in (100, 5):
        layer = make(chunk=chunk, distance=True)
        inputs = tokens.clone().requires_grad_()
        scores = layer(inputs, TAGS, ALL)
        scores.square().sum().backward()
        results.append([scores, inputs.grad, *(weight.grad for weight in layer.parameters())])
    for first, second in zip(*results):
        torch.testing.assert_close(first, second)


def test_selection_gradients(tokens):
    layer = make(chunk=10, distance=True)
    inputs = tokens.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: layer(x, TAGS, ALL), (inputs,))


def test_selection_without_pairs(tokens):
    assert make()(tokens, TAGS, ALL[:0]).shape == (0, 2)


def test_dropout_of_token_vectors_and_of_pairs(tokens):
    """Dropout does not apply to the tag embeddings."""
    layer = make()
    set_dropout(layer, 0.5)
    layer.eval()
    plain = layer(tokens, TAGS, ALL)
    assert torch.equal(layer(tokens, TAGS, ALL), plain)
    layer.train()
    with inputs_of(layer.head, layer.tail, layer.output) as (heads, tails, pairs):
        assert not torch.equal(layer(tokens, TAGS, ALL), layer(tokens, TAGS, ALL))
    for z in (*heads, *tails):
        kept = z[:, :4] != 0
        assert 0.2 < kept.double().mean() < 0.8
        torch.testing.assert_close(z[:, :4][kept], 2 * tokens[kept])
        assert torch.equal(z[:, 4:], layer.tags(TAGS))
    assert all(0.3 < (hidden == 0).double().mean() < 0.7 for hidden in pairs)
