"""Attention among mentions, compared with a computation text by text and with torch's layer."""

import pytest
import torch

from spacy_clinrel.layers.dropout import set_dropout
from spacy_clinrel.layers.mention_attention import HEADS, MentionAttention, mentions_of_texts
from spacy_clinrel.layers.mention_pair import MentionPair

WIDTH = 8
LENGTHS = torch.tensor([3, 1, 6])


@pytest.fixture
def attention():
    """Return a module with two layers, in double precision."""
    torch.manual_seed(0)
    return MentionAttention(width=WIDTH, depth=2).double()


@pytest.fixture
def vectors():
    """Return the mentions of three texts."""
    make = torch.Generator().manual_seed(1)
    return torch.randn(int(LENGTHS.sum()), WIDTH, generator=make, dtype=torch.float64)


def test_attention_stays_within_a_text(attention, vectors):
    together = attention(vectors, LENGTHS)
    alone = [attention(part, torch.tensor([len(part)])) for part in vectors.split(LENGTHS.tolist())]
    torch.testing.assert_close(together, torch.cat(alone))
    assert attention(vectors[:0], LENGTHS[:0]).shape == (0, WIDTH)


def test_attention_layer_matches_torch(attention, vectors):
    theirs = torch.nn.TransformerEncoderLayer(
        WIDTH, HEADS, 2 * WIDTH, dropout=0.0, batch_first=True, norm_first=True
    ).double()
    ours = attention.layers[0]
    pairs = [
        (theirs.self_attn.in_proj_weight, ours.inputs.weight),
        (theirs.self_attn.in_proj_bias, ours.inputs.bias),
    ]
    for one, two in (
        *((theirs.norm1, ours.norm), (theirs.self_attn.out_proj, ours.output)),
        *((theirs.norm2, ours.inner[0]), (theirs.linear1, ours.inner[1])),
        (theirs.linear2, ours.inner[3]),
    ):
        pairs += [(one.weight, two.weight), (one.bias, two.bias)]
    with torch.no_grad():
        for one, two in pairs:
            one.copy_(two)
    x = vectors[None]
    mask = torch.ones(x.shape[:2], dtype=torch.bool)
    torch.testing.assert_close(ours(x, mask), theirs(x))


def test_mention_attention_dropout(attention, vectors):
    plain = attention(vectors, LENGTHS)
    set_dropout(attention, 0.5)
    assert not torch.equal(attention(vectors, LENGTHS), plain)


def test_mentions_of_texts():
    texts = torch.tensor([0, 0, 0, 1, 3, 3])
    mentions = torch.tensor([[0, 1, 0], [1, 3, 0], [1, 2, 0], [4, 5, 0]])
    assert mentions_of_texts(texts, mentions).tolist() == [3, 1]
    assert mentions_of_texts(texts, mentions[:0]).tolist() == []


def test_attention_adds_context_of_mentions_in_the_text():
    torch.manual_seed(0)
    model = MentionPair(n_in=4, n_types=2, n_out=3, width=8, between=2, attention=1).double()
    tokens = torch.randn(9, 4, dtype=torch.float64, requires_grad=True)
    texts = torch.tensor([0] * 6 + [1] * 3)
    mentions = torch.tensor([[0, 1, 0], [2, 3, 1], [5, 6, 1], [6, 7, 0], [8, 9, 1]])
    model(tokens, mentions, torch.tensor([[0, 1]]), texts).sum().backward()
    seen = tokens.grad.abs().sum(dim=1) > 0
    # Token 1 is between the two mentions, 3 and 4 are in no mention, 6 to 8 in another text.
    assert seen.tolist() == [True, True, True, False, False, True, False, False, False]
