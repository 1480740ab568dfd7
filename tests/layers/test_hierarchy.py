"""The word level and the sentence level, compared with loops over sentences and texts."""

import pytest
import torch
from torch import nn

from spacy_clinrel.layers.dropout import set_dropout
from spacy_clinrel.layers.hierarchy import HierarchicalPairs, Hierarchy
from spacy_clinrel.layers.segments import SegmentAttention, segment_softmax

# Sentences of three texts; numbers count through the batch.
SENTENCES = [[3, 1, 4], [2], [5, 2]]
N_IN, WIDTH = 5, 6
# Nested mentions, one across a sentence boundary
MENTIONS = torch.tensor([[0, 2, 1], [1, 2, 2], [3, 5, 1], [8, 9, 2], [10, 12, 1], [16, 17, 0]])
PAIRS = torch.tensor([(h, t) for h in range(6) for t in range(6) if h != t])


def numbers():
    texts = [i for i, text in enumerate(SENTENCES) for size in text for _ in range(size)]
    sizes = [size for text in SENTENCES for size in text]
    sentences = [i for i, size in enumerate(sizes) for _ in range(size)]
    return torch.tensor(texts), torch.tensor(sentences)


@pytest.fixture
def tokens():
    """Return token vectors."""
    make = torch.Generator().manual_seed(1)
    return torch.randn(17, N_IN, dtype=torch.float64, generator=make)


def hierarchy(sentence_level=True, attention=True):
    torch.manual_seed(0)
    layer = Hierarchy(n_in=N_IN, width=WIDTH, sentence_level=sentence_level, attention=attention)
    return layer.double()


def naive_gru(layer, rows):
    """Encode one sequence, one direction at a time."""
    (forward,), (backward,) = layer.forward_layers, layer.backward_layers
    ahead = forward(rows[None])[0][0]
    behind = backward(rows.flip(0)[None])[0][0].flip(0)
    return torch.cat([ahead, behind], dim=1)


def naive_attention(layer, rows):
    if layer.equal:
        scores = [0.0] * len(rows)
    else:
        scores = [float(layer.score.weight[0] @ layer.hidden(row).tanh()) for row in rows]
    exponentials = torch.tensor(scores, dtype=torch.float64).exp()
    weights = (exponentials / exponentials.sum()).tolist()
    return weights, sum(weight * row for weight, row in zip(weights, rows))


@pytest.mark.parametrize("attention", [True, False])
@pytest.mark.parametrize("sentence_level", [True, False])
@torch.no_grad()
def test_hierarchy_matches_loops(tokens, sentence_level, attention):
    layer = hierarchy(sentence_level, attention)
    words, around = layer(tokens, *numbers())
    first = 0
    for text in SENTENCES:
        hidden, vectors = [], []
        for size in text:
            hidden.append(naive_gru(layer.words, tokens[first : first + size]))
            vectors.append(naive_attention(layer.of_words, hidden[-1])[1])
            first += size
        own = torch.cat(hidden)
        torch.testing.assert_close(words[first - len(own) : first], own)
        wanted = [[vector] for vector in vectors]
        if sentence_level:
            states = naive_gru(layer.sentences, torch.stack(vectors))
            weights, document = naive_attention(layer.of_sentences, states)
            for i, row in enumerate(wanted):
                row += [weights[i] * len(text) * states[i], document]
        rows = [torch.cat(row) for row, size in zip(wanted, text) for _ in range(size)]
        torch.testing.assert_close(around[first - len(own) : first], torch.stack(rows))


def test_hierarchy_does_not_depend_on_the_batch(tokens):
    layer = hierarchy()
    texts, sentences = numbers()
    together = layer(tokens, texts, sentences)
    for text in range(3):
        own = texts == text
        alone = layer(tokens[own], texts[own], sentences[own])
        for one, all_ in zip(alone, together):
            torch.testing.assert_close(one, all_[own])


def test_segment_softmax():
    scores = torch.tensor([1.0, 900.0, -900.0, 2.0, 2.0])
    weights = segment_softmax(scores, torch.tensor([0, 2, 2, 0, 3]), 5)
    e = torch.tensor([1.0, 2.0]).softmax(0).tolist()
    torch.testing.assert_close(weights, torch.tensor([e[0], 1.0, 0.0, e[1], 1.0]))


def test_segment_without_items_is_zero():
    layer = SegmentAttention(width=3)
    _, sums = layer(torch.randn(2, 3), torch.tensor([0, 2]), 4)
    assert not sums[[1, 3]].any() and sums[[0, 2]].all()


def pairs_layer(**options):
    torch.manual_seed(0)
    layer = HierarchicalPairs(
        n_in=N_IN, n_types=3, n_out=4, width=8, hidden_width=WIDTH, between=3, **options
    )
    return layer.double()


def places():
    return torch.stack(numbers(), dim=1)


@pytest.mark.parametrize("sentence_level", [True, False])
def test_hierarchical_pairs_gradients(tokens, sentence_level):
    layer = pairs_layer(sentence_level=sentence_level)
    tokens.requires_grad_()
    assert torch.autograd.gradcheck(
        lambda x: layer(x, MENTIONS, PAIRS[::5], places()), (tokens,), fast_mode=True
    )
    layer(tokens, MENTIONS, PAIRS, places()).square().sum().backward()
    assert all(weight.grad is not None and weight.grad.any() for weight in layer.parameters())


def test_sentence_level_adds_context_of_the_text(tokens):
    """The mentions of the first pair are in the first sentence of the first text."""

    def score(layer, x):
        return layer(x, MENTIONS[:2], PAIRS[:1], places())

    for sentence_level in (True, False):
        layer = pairs_layer(sentence_level=sentence_level)
        before = score(layer, tokens)
        for token, reached in ((2, True), (7, sentence_level), (9, False)):
            changed = tokens.clone()
            changed[token] += 1.0
            assert bool((score(layer, changed) - before).abs().max() > 1e-9) == reached, token


def test_dropout_at_both_levels(tokens):
    layer = hierarchy()
    set_dropout(layer, 0.5)
    layer.train()
    for level in (layer.words, layer.sentences):
        assert isinstance(level.dropout, nn.Module) and level.dropout.rate == 0.5
    first, second = layer(tokens, *numbers())[1], layer(tokens, *numbers())[1]
    assert not torch.equal(first, second)


def test_hierarchical_pairs_without_pairs_or_mentions(tokens):
    layer = pairs_layer()
    none = torch.zeros(0, 3, dtype=torch.long)
    assert layer(tokens, none, none[:, :2], places()).shape == (0, 4)
    assert layer(tokens, MENTIONS, none[:, :2], places()).shape == (0, 4)
