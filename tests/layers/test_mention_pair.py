"""Scores of mention pairs, compared with a loop over pairs."""

import math

import pytest
import torch

from spacy_clinrel.layers.dropout import set_dropout
from spacy_clinrel.layers.mention_pair import (
    DISTANCE_BUCKETS,
    MentionPair,
    MentionTags,
    add_mention_types,
    distance_bucket,
)

# Nested, equal, adjacent, overlapping and single-token mentions
MENTIONS = torch.tensor(
    [[0, 4, 1], [0, 2, 2], [3, 4, 1], [3, 6, 0], [6, 7, 2], [6, 7, 1], [9, 20, 1]]
)
N_TOKENS = 22
ALL_PAIRS = torch.tensor([(h, t) for h in range(7) for t in range(7) if h != t])


def make(**kwargs):
    torch.manual_seed(0)
    return MentionPair(n_in=5, n_types=3, n_out=4, width=6, between=3, **kwargs).double()


@pytest.fixture
def tokens():
    """Return token vectors."""
    return torch.randn(N_TOKENS, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def naive_bucket(distance):
    size = abs(distance)
    bucket = size if size < 4 else min(2 + math.floor(math.log2(size)), DISTANCE_BUCKETS)
    return DISTANCE_BUCKETS + (bucket if distance >= 0 else -bucket)


def naive_scores(layer, tokens, mentions, pairs, texts=None):
    """Score one pair with the equations of `MentionPair`."""
    texts = [0] * len(tokens) if texts is None else texts.tolist()
    weights = dict(layer.named_parameters())

    def linear(name, x):
        bias = weights.get(f"{name}.bias")
        y = weights[f"{name}.weight"] @ x
        return y if bias is None else y + bias

    def gated(name, positions):
        total = torch.zeros(3, dtype=tokens.dtype)
        for i in positions:
            both = linear(name, tokens[i])
            total = total + torch.tanh(both[:3]) * torch.sigmoid(both[3:])
        return total

    def vector(start, end, kind):
        inside = tokens[start:end]
        parts = [inside[0], inside[-1], inside.max(0).values, weights["types.weight"][kind]]
        if layer.around:
            near = [i for i in range(len(tokens)) if texts[i] == texts[start]]
            parts.append(
                gated("around_gate", [i for i in near if start - layer.around <= i < start])
            )
            parts.append(gated("around_gate", [i for i in near if end <= i < end + layer.around]))
        return linear("mention", torch.cat(parts)).clamp(min=0)

    rows = mentions.tolist()
    scores = []
    for h, t in pairs.tolist():
        head, tail = vector(*rows[h]), vector(*rows[t])
        a, c = linear("head", head)[:6], linear("head", head)[6:]
        b, d = linear("tail", tail)[:6], linear("tail", tail)[6:]
        # The tokens between the mentions.
        end = min(rows[h][1], rows[t][1])
        start = max(rows[h][0], rows[t][0])
        between = gated("gate", range(end, start))
        z = a + b + c * d + linear("between", between)
        z = z + weights["token_distance.weight"][naive_bucket(rows[t][0] - rows[h][0])]
        z = z + weights["mention_distance.weight"][naive_bucket(t - h)]
        scores.append(linear("output", z.clamp(min=0)))
    return torch.stack(scores)


@pytest.mark.parametrize("around", [0, 1, 4, 50])
def test_scores_match_a_loop_over_pairs(tokens, around):
    layer = make(around=around)
    expected = naive_scores(layer, tokens, MENTIONS, ALL_PAIRS)
    torch.testing.assert_close(layer(tokens, MENTIONS, ALL_PAIRS), expected, rtol=0, atol=1e-12)


def test_tokens_around_a_mention_are_of_its_text(tokens):
    layer = make(around=6)
    texts = torch.arange(N_TOKENS) // 8
    in_one = torch.tensor([row for row in MENTIONS.tolist() if row[0] // 8 == (row[1] - 1) // 8])
    pairs = torch.tensor([(0, 1), (1, 0)])
    expected = naive_scores(layer, tokens, in_one, pairs, texts)
    scores = layer(tokens, in_one, pairs, texts)
    torch.testing.assert_close(scores, expected, rtol=0, atol=1e-12)
    assert not torch.allclose(scores, layer(tokens, in_one, pairs))


@pytest.mark.parametrize("chunk", [1, 5, 41, 42, 43])
def test_chunks_do_not_change_scores(tokens, chunk):
    whole = make()(tokens, MENTIONS, ALL_PAIRS)
    pieces = make(chunk=chunk)(tokens, MENTIONS, ALL_PAIRS)
    torch.testing.assert_close(pieces, whole, rtol=0, atol=1e-12)


def test_default_chunk_size(tokens, monkeypatch):
    layer, seen = make(), []
    score = layer.score
    width = layer.output.in_features
    monkeypatch.setattr("spacy_clinrel.layers.mention_pair.CPU_VALUES", 10 * width)
    monkeypatch.setattr(layer, "score", lambda *args: seen.append(len(args[-1])) or score(*args))
    layer(tokens, MENTIONS, ALL_PAIRS)
    assert seen == [10] * (len(ALL_PAIRS) // 10) + [len(ALL_PAIRS) % 10]


def test_mention_pair_gradients(tokens):
    layer = make(chunk=10)
    inputs = (tokens.requires_grad_(), *layer.parameters())
    run = lambda tokens, *_: layer(tokens, MENTIONS, ALL_PAIRS)  # noqa: E731
    assert torch.autograd.gradcheck(run, inputs, fast_mode=True)


def test_scores_do_not_depend_on_the_order_of_pairs(tokens):
    layer, order = make(), torch.randperm(len(ALL_PAIRS))
    scores = layer(tokens, MENTIONS, ALL_PAIRS)
    assert torch.equal(layer(tokens, MENTIONS, ALL_PAIRS[order]), scores[order])
    assert not torch.allclose(scores[0], layer(tokens, MENTIONS, ALL_PAIRS[:1].flip(1))[0])


def test_scores_do_not_depend_on_the_batch(tokens):
    """This holds in single precision too, despite prefix sums over a long batch."""
    layer = make().float()
    alone = layer(tokens.float(), MENTIONS, ALL_PAIRS)
    before = 10 * torch.randn(50_000, 5, generator=torch.Generator().manual_seed(2))
    shift = torch.tensor([50_000, 50_000, 0])
    batch = layer(torch.cat([before, tokens.float()]), MENTIONS + shift, ALL_PAIRS)
    torch.testing.assert_close(batch, alone, rtol=0, atol=1e-5)


def test_mention_pair_without_pairs(tokens):
    layer = make()
    no_pairs, no_mentions = ALL_PAIRS[:0], MENTIONS[:0]
    assert layer(tokens, MENTIONS, no_pairs).shape == (0, 4)
    assert layer(tokens, no_mentions, no_pairs).shape == (0, 4)
    assert layer(tokens[:0], no_mentions, no_pairs).shape == (0, 4)


def test_mention_pair_dropout(tokens):
    layer = make()
    set_dropout(layer, 0.5)
    noisy = layer(tokens, MENTIONS, ALL_PAIRS)
    assert not torch.equal(noisy, layer(tokens, MENTIONS, ALL_PAIRS))
    layer.eval()
    torch.testing.assert_close(
        layer(tokens, MENTIONS, ALL_PAIRS), make()(tokens, MENTIONS, ALL_PAIRS)
    )


def test_add_mention_types_matches_a_loop(tokens):
    make_random = torch.Generator().manual_seed(3)
    embeddings = torch.randn(9, 5, dtype=torch.float64, generator=make_random)
    expected = tokens.clone()
    for start, end, kind in MENTIONS.tolist():
        for i in range(start, end):
            part = 0 if i == start else 2 if i == end - 1 else 1
            expected[i] += embeddings[3 * kind + part]
    found = add_mention_types(tokens, MENTIONS, embeddings)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    assert torch.equal(add_mention_types(tokens, MENTIONS[:0], embeddings), tokens)


def test_mention_tags_gradient(tokens):
    torch.manual_seed(0)
    layer = MentionTags(n_in=5, n_types=3).double()
    assert float(layer.embeddings.detach().abs().sum()) > 0
    inputs = (tokens.requires_grad_(), layer.embeddings)
    assert torch.autograd.gradcheck(lambda tokens, _: layer(tokens, MENTIONS), inputs)


def test_distance_buckets():
    distances = torch.arange(-70_000, 70_001)
    buckets = distance_bucket(distances)
    assert (buckets[1:] >= buckets[:-1]).all()
    assert int(buckets.min()) == 0 and int(buckets.max()) == 2 * DISTANCE_BUCKETS
    assert torch.equal(buckets.flip(0), 2 * DISTANCE_BUCKETS - buckets)
    near = distances.abs() <= 4
    assert buckets[near].tolist() == list(range(DISTANCE_BUCKETS - 4, DISTANCE_BUCKETS + 5))
    some = [0, 1, 3, 4, 5, 7, 8, 15, 16, 31, 32, 1000, 16_383, 16_384, 65_536, 10**9]
    for distance in [*some, *(-d for d in some)]:
        assert int(distance_bucket(torch.tensor(distance))) == naive_bucket(distance), distance
