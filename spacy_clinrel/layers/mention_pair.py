"""Scores of mention pairs from one encoding of the text: matrix products, no loop over pairs."""

from typing import Optional

import torch
from torch import Tensor, nn

from .dropout import Dropout
from .mention_attention import MentionAttention, mentions_of_texts
from .ragged import score_parts

# Token distances up to 3 have a bucket of their own, then one for each power of two.
DISTANCE_BUCKETS = 16
# Pairs times width that are scored at a time: what a core's cache holds (benchmarks/NOTES.md), and
# more on a GPU, whose every step costs a start (not measured).
CPU_VALUES, GPU_VALUES = 2**17, 2**22


def distance_bucket(distance: Tensor) -> Tensor:
    """Bucket of a signed distance: exact near zero, logarithmic beyond.

    distance (Tensor): Integers.
    RETURNS (Tensor): 0 to 2 · DISTANCE_BUCKETS, of the same shape.
    """
    size = distance.abs()
    log = (size.clamp(min=1).float().log2().floor().long() + 2).clamp(max=DISTANCE_BUCKETS)
    bucket = torch.where(size < 4, size, log)
    return torch.where(distance < 0, -bucket, bucket) + DISTANCE_BUCKETS


def add_mention_types(tokens: Tensor, mentions: Tensor, embeddings: Tensor) -> Tensor:
    """Add to each token vector the embeddings of the mentions that cover it.

    tokens (Tensor): *Shape:* (tokens, width)
    mentions (Tensor): Start, end (exclusive), type. *Shape:* (mentions, 3)
    embeddings (Tensor): For each type one for the first token of a mention, one for those in
        between, one for the last, in that order. *Shape:* (3 · types, width)
    RETURNS (Tensor): *Shape:* (tokens, width)
    """
    starts, ends, types = mentions.unbind(1)
    sizes = ends - starts
    offsets = sizes.cumsum(0) - sizes
    place = torch.arange(int(sizes.sum()), device=tokens.device)
    place = place - offsets.repeat_interleave(sizes)  # within the mention
    token = starts.repeat_interleave(sizes) + place
    last = (ends - starts - 1).repeat_interleave(sizes)
    part = torch.where(place == 0, 0, torch.where(place == last, 2, 1))
    index = 3 * types.repeat_interleave(sizes) + part
    return tokens.index_add(0, token, embeddings.index_select(0, index))


class MentionTags(nn.Module):
    """Tell the token vectors where mentions of which type stand.

    n_in (int): Width of the token vectors.
    n_types (int): Number of mention types.
    """

    def __init__(self, *, n_in: int, n_types: int):
        super().__init__()
        self.embeddings = nn.Parameter(torch.randn(3 * n_types, n_in) * 0.1)

    def forward(self, tokens: Tensor, mentions: Tensor) -> Tensor:
        """tokens (Tensor): *Shape:* (tokens, n_in)
        mentions (Tensor): *Shape:* (mentions, 3)
        RETURNS (Tensor): *Shape:* (tokens, n_in)
        """
        return add_mention_types(tokens, mentions, self.embeddings)


class MentionPair(nn.Module):
    """Scores of labels for pairs of mentions.

    A mention's vector is m = relu(W [first; last; max; type; beside] + b) over its tokens, with
    what else is known of it beside; a pair's is

        z = relu(A m_head + B m_tail + (C m_head) ∘ (D m_tail) + e(distance) + E g)

    where e embeds the distance in tokens and in mentions, and g is the sum of the gated token
    vectors that stand between the two; scores are a linear map of z. A, B, C and D are applied
    to mentions, not to pairs; g comes from prefix sums. So the work per pair is a few vector
    additions and one small matrix product.

    n_in (int): Width of the token vectors.
    n_types (int): Number of mention types.
    n_out (int): Number of scores of a pair.
    width (int): Width of the vectors of mentions and pairs.
    between (int): Width of g.
    attention (int): Layers of self-attention among the mentions of a text, before they are paired.
    n_beside (int): Width of what is known of each mention beside its tokens.
    chunk (Optional[int]): Pairs scored at a time, which bounds the memory of prediction; None for
        what suits the device.
    """

    def __init__(
        self,
        *,
        n_in: int,
        n_types: int,
        n_out: int,
        width: int,
        between: int,
        attention: int = 0,
        n_beside: int = 0,
        chunk: Optional[int] = None,
    ):
        super().__init__()
        self.chunk = chunk
        self.dropout = Dropout()
        self.types = nn.Embedding(n_types, width)
        self.mention = nn.Linear(3 * n_in + width + n_beside, width)
        self.attention = MentionAttention(width=width, depth=attention) if attention else None
        self.head = nn.Linear(width, 2 * width)
        self.tail = nn.Linear(width, 2 * width)
        self.token_distance = nn.Embedding(2 * DISTANCE_BUCKETS + 1, width)
        self.mention_distance = nn.Embedding(2 * DISTANCE_BUCKETS + 1, width)
        self.gate = nn.Linear(n_in, 2 * between)
        self.between = nn.Linear(between, width, bias=False)
        self.output = nn.Linear(width, n_out)
        for embedding in (self.types, self.token_distance, self.mention_distance):
            nn.init.normal_(embedding.weight, std=0.1)

    def forward(
        self,
        tokens: Tensor,
        mentions: Tensor,
        pairs: Tensor,
        texts: Optional[Tensor] = None,
        beside: Optional[Tensor] = None,
    ) -> Tensor:
        """tokens (Tensor): Token vectors of all texts. *Shape:* (tokens, n_in)
        mentions (Tensor): Start, end (exclusive), type. *Shape:* (mentions, 3)
        pairs (Tensor): Head and tail, indices into mentions. *Shape:* (pairs, 2)
        texts (Optional[Tensor]): The number of each token's text, ascending, which attention needs.
            *Shape:* (tokens,)
        beside (Optional[Tensor]): What else is known of each mention. *Shape:* (mentions, n_beside)
        RETURNS (Tensor): *Shape:* (pairs, n_out)
        """
        tokens = self.dropout(tokens)
        vectors = self.mention_vectors(tokens, mentions, beside)
        if self.attention is not None and texts is not None:
            vectors = self.attention(vectors, mentions_of_texts(texts, mentions))
        heads, tails = self.head(vectors), self.tail(vectors)  # (mentions, 2 · width)
        signal, gate = self.gate(tokens).chunk(2, dim=1)
        gated = signal.tanh() * gate.sigmoid()
        # Row i is the sum over the tokens before i, so that a difference is a sum in between.
        # Double precision, or the place of a text in the batch would show in its scores.
        prefix = nn.functional.pad(gated.cumsum(0, dtype=torch.float64), (0, 0, 1, 0))
        values = CPU_VALUES if pairs.device.type == "cpu" else GPU_VALUES
        chunk = self.chunk or max(1, values // self.output.in_features)
        parts = torch.arange(len(pairs), device=pairs.device).split(chunk)
        return score_parts(
            lambda rows: self.score(heads, tails, prefix, mentions, pairs[rows]), parts, False
        )

    def mention_vectors(
        self, tokens: Tensor, mentions: Tensor, beside: Optional[Tensor] = None
    ) -> Tensor:
        """tokens (Tensor): *Shape:* (tokens, n_in)
        mentions (Tensor): *Shape:* (mentions, 3)
        beside (Optional[Tensor]): *Shape:* (mentions, n_beside)
        RETURNS (Tensor): *Shape:* (mentions, width)
        """
        starts, ends, types = mentions.unbind(1)
        pooled = _segment_max(tokens, starts, ends)
        first, last = tokens.index_select(0, starts), tokens.index_select(0, ends - 1)
        parts = [first, last, pooled, self.types(types)]
        if beside is not None:
            parts.append(self.dropout(beside))
        return self.dropout(self.mention(torch.cat(parts, dim=1)).relu())

    def score(
        self, heads: Tensor, tails: Tensor, prefix: Tensor, mentions: Tensor, pairs: Tensor
    ) -> Tensor:
        """heads, tails (Tensor): *Shape:* (mentions, 2 · width)
        prefix (Tensor): *Shape:* (tokens + 1, between)
        mentions (Tensor): *Shape:* (mentions, 3)
        pairs (Tensor): *Shape:* (pairs, 2)
        RETURNS (Tensor): *Shape:* (pairs, n_out)
        """
        head, tail = pairs.unbind(1)
        starts, ends, _ = mentions.unbind(1)
        add_head, times_head = heads.index_select(0, head).chunk(2, dim=1)  # (pairs, width)
        add_tail, times_tail = tails.index_select(0, tail).chunk(2, dim=1)
        first = torch.minimum(ends[head], ends[tail])
        second = torch.maximum(starts[head], starts[tail])
        after = prefix.index_select(0, torch.maximum(first, second))
        between = (after - prefix.index_select(0, first)).to(add_head.dtype)  # (pairs, between)
        distance = distance_bucket(starts[tail] - starts[head])
        steps = distance_bucket(tail - head)
        z = add_head + add_tail + times_head * times_tail
        z = z + self.token_distance(distance) + self.mention_distance(steps)
        z = (z + self.between(between)).relu()
        return self.output(self.dropout(z))


def _segment_max(tokens: Tensor, starts: Tensor, ends: Tensor) -> Tensor:
    """Maximum over the tokens of each mention. *Shape:* (mentions, width)"""
    sizes = ends - starts
    if not len(sizes):
        return tokens.new_zeros(0, tokens.shape[1])
    place = torch.arange(int(sizes.max()), device=tokens.device)
    # Beyond its end a mention repeats its last token, which leaves the maximum as it is.
    index = torch.minimum(starts[:, None] + place, ends[:, None] - 1)
    return tokens.index_select(0, index.flatten()).view(*index.shape, -1).amax(dim=1)
