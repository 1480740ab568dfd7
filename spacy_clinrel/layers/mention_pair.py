"""Scores of mention pairs from one encoding of the text, without a loop over pairs."""

from typing import Optional

import torch
from torch import Tensor, nn

from .dropout import Dropout
from .mention_attention import MentionAttention, mentions_of_texts
from .pair_table import PairTable
from .ragged import score_parts

# Each distance below 4 tokens has its own bucket. Larger distances share one bucket per power of
# two.
DISTANCE_BUCKETS = 16
# Number of values (pairs × width) scored at a time: on the CPU, as many as fit into the cache of a
# core (benchmarks/NOTES.md); on a GPU more, to save kernel launches (not measured).
CPU_VALUES, GPU_VALUES = 2**17, 2**22


def distance_bucket(distance: Tensor) -> Tensor:
    """Map a signed distance to a bucket: exact below 4, logarithmic above.

    distance (Tensor): Integers.
    RETURNS (Tensor): 0 to 2 · DISTANCE_BUCKETS, the same shape.
    """
    size = distance.abs()
    log = (size.clamp(min=1).float().log2().floor().long() + 2).clamp(max=DISTANCE_BUCKETS)
    bucket = torch.where(size < 4, size, log)
    return torch.where(distance < 0, -bucket, bucket) + DISTANCE_BUCKETS


def add_mention_types(tokens: Tensor, mentions: Tensor, embeddings: Tensor) -> Tensor:
    """Add the embeddings of mention types to the vectors of the tokens that mentions cover.

    tokens (Tensor): *Shape:* (tokens, width)
    mentions (Tensor): Start, end (exclusive), type. *Shape:* (mentions, 3)
    embeddings (Tensor): Three per type: for the first token of a mention, for inner tokens, and for
        the last token. *Shape:* (3 · types, width)
    RETURNS (Tensor): *Shape:* (tokens, width)
    """
    starts, ends, types = mentions.unbind(1)  # (mentions,) each
    sizes = ends - starts  # (mentions,)
    offsets = sizes.cumsum(0) - sizes  # (mentions,)
    position = torch.arange(int(sizes.sum()), device=tokens.device)  # (covered tokens,)
    position = position - offsets.repeat_interleave(sizes)  # within the mention
    token = starts.repeat_interleave(sizes) + position  # (covered tokens,)
    last = (ends - starts - 1).repeat_interleave(sizes)  # (covered tokens,)
    part = torch.where(position == 0, 0, torch.where(position == last, 2, 1))  # (covered tokens,)
    index = 3 * types.repeat_interleave(sizes) + part  # (covered tokens,)
    return tokens.index_add(0, token, embeddings.index_select(0, index))  # (tokens, width)


class MentionTags(nn.Module):
    """Embeddings that mark mentions and their types in token vectors (see `add_mention_types`).

    n_in (int): Width of the token vectors.
    n_types (int): Number of mention types.
    """

    def __init__(self, *, n_in: int, n_types: int):
        super().__init__()
        self.embeddings = nn.Parameter(torch.randn(3 * n_types, n_in) * 0.1)

    def forward(self, tokens: Tensor, mentions: Tensor) -> Tensor:
        """Mark the mentions.

        tokens (Tensor): *Shape:* (tokens, n_in)
        mentions (Tensor): Start, end (exclusive), type. *Shape:* (mentions, 3)
        RETURNS (Tensor): *Shape:* (tokens, n_in)
        """
        return add_mention_types(tokens, mentions, self.embeddings)


class MentionPair(nn.Module):
    """Scores of labels for pairs of mentions. The vector of a mention is

        m = relu(W [first; last; max; type; before; after; beside] + b)

    from its first and last token vector, the maximum over its tokens, its type, optional sums of
    gated projections of the tokens before and after it (as g below, with their own projections),
    and optional features. The vector of a pair is

        z = relu(A m_head + B m_tail + (C m_head) ∘ (D m_tail) + e(distance) + E g)

    where e embeds the distance in tokens and in mentions, and g = Σ tanh(u_t) ∘ σ(v_t) sums gated
    projections u, v of the tokens between the two mentions. The scores are a linear map of z.

    A, B, C and D are applied to mentions, not to pairs, and g is a difference of prefix sums. So
    the work per pair is a few vector additions and one small matrix product.

    n_in (int): Width of the token vectors.
    n_types (int): Number of mention types.
    n_out (int): Number of scores of a pair.
    width (int): Width of the vectors of mentions and pairs.
    between (int): Width of g.
    attention (int): Number of self-attention layers over the mentions of a text (see
        `MentionAttention`).
    around (int): Number of tokens before and after a mention that its vector takes in; 0 for none.
    table_layers (int): Number of convolutions over the table of pairs, see `PairTable`. Its scores
        are added to those of z; 0 for none.
    n_beside (int): Width of the optional features of a mention.
    chunk (Optional[int]): Number of pairs scored at a time, which bounds the memory of prediction;
        None for a value that suits the device.
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
        around: int = 0,
        table_layers: int = 0,
        n_beside: int = 0,
        chunk: Optional[int] = None,
    ):
        super().__init__()
        self.chunk = chunk
        self.around = around
        self.dropout = Dropout()
        self.types = nn.Embedding(n_types, width)
        n_around = 2 * between if around else 0
        self.mention = nn.Linear(3 * n_in + width + n_around + n_beside, width)
        self.attention = MentionAttention(width=width, depth=attention) if attention else None
        # [A; C] and [B; D].
        self.head = nn.Linear(width, 2 * width)
        self.tail = nn.Linear(width, 2 * width)
        self.token_distance = nn.Embedding(2 * DISTANCE_BUCKETS + 1, width)
        self.mention_distance = nn.Embedding(2 * DISTANCE_BUCKETS + 1, width)
        self.gate = nn.Linear(n_in, 2 * between)
        self.between = nn.Linear(between, width, bias=False)
        self.around_gate = nn.Linear(n_in, 2 * between) if around else None
        self.output = nn.Linear(width, n_out)
        for embedding in (self.types, self.token_distance, self.mention_distance):
            nn.init.normal_(embedding.weight, std=0.1)
        # Last, so that it does not change the random initial values of the other layers.
        self.table = (
            PairTable(n_in=width, n_out=n_out, depth=table_layers) if table_layers else None
        )

    def forward(
        self,
        tokens: Tensor,
        mentions: Tensor,
        pairs: Tensor,
        texts: Optional[Tensor] = None,
        beside: Optional[Tensor] = None,
    ) -> Tensor:
        """Score pairs.

        tokens (Tensor): Token vectors. *Shape:* (tokens, n_in)
        mentions (Tensor): Start, end (exclusive), type. *Shape:* (mentions, 3)
        pairs (Tensor): Head and tail, indices into mentions. *Shape:* (pairs, 2)
        texts (Optional[Tensor]): Text index of each token, ascending, required for attention. None
            if the tokens are one text. *Shape:* (tokens,)
        beside (Optional[Tensor]): Optional features of mentions. *Shape:* (mentions, n_beside)
        RETURNS (Tensor): *Shape:* (pairs, n_out)
        """
        tokens = self.dropout(tokens)  # (tokens, n_in)
        if self.around_gate is not None:
            near = self.surroundings(tokens, mentions, texts)  # (mentions, 2 · between)
            beside = near if beside is None else torch.cat([near, beside], dim=1)
        vectors = self.mention_vectors(tokens, mentions, beside)  # (mentions, width)
        if self.attention is not None and texts is not None:
            vectors = self.attention(vectors, mentions_of_texts(texts, mentions))
        heads, tails = self.head(vectors), self.tail(vectors)  # (mentions, 2 · width) each
        prefix = gated_prefix(self.gate(tokens))  # (tokens + 1, between)
        values = CPU_VALUES if pairs.device.type == "cpu" else GPU_VALUES
        chunk = self.chunk or max(1, values // self.output.in_features)
        parts = torch.arange(len(pairs), device=pairs.device).split(chunk)
        rows = score_parts(
            lambda part: self.score(heads, tails, prefix, mentions, pairs[part]),
            parts,
            recompute=False,
        )
        if self.table is None:
            return rows
        n_out = self.output.out_features
        if texts is None:
            texts = torch.zeros(len(tokens), dtype=torch.long, device=tokens.device)
        of_mentions = texts.index_select(0, mentions[:, 0])  # (mentions,)
        return rows[:, :n_out] + self.table(rows[:, n_out:], pairs, of_mentions)

    def surroundings(self, tokens: Tensor, mentions: Tensor, texts: Optional[Tensor]) -> Tensor:
        """Sum gated projections of the tokens before and after each mention, within its text.

        tokens (Tensor): *Shape:* (tokens, n_in)
        mentions (Tensor): Start, end (exclusive), type. *Shape:* (mentions, 3)
        texts (Optional[Tensor]): Text index of each token, ascending; None if the tokens are one
            text. *Shape:* (tokens,)
        RETURNS (Tensor): *Shape:* (mentions, 2 · between)
        """
        assert self.around_gate is not None
        if texts is None:
            texts = torch.zeros(len(tokens), dtype=torch.long, device=tokens.device)
        prefix = gated_prefix(self.around_gate(tokens))  # (tokens + 1, between)
        starts, ends, _ = mentions.unbind(1)  # (mentions,) each
        text = texts.index_select(0, starts)  # (mentions,)
        first = torch.searchsorted(texts, text)  # (mentions,) first token of the text
        last = torch.searchsorted(texts, text, right=True)  # (mentions,) its end
        low = torch.maximum(starts - self.around, first)  # (mentions,)
        high = torch.minimum(ends + self.around, last)  # (mentions,)
        before = prefix.index_select(0, starts) - prefix.index_select(0, low)
        after = prefix.index_select(0, high) - prefix.index_select(0, ends)
        return torch.cat([before, after], dim=1).to(tokens.dtype)

    def mention_vectors(
        self, tokens: Tensor, mentions: Tensor, beside: Optional[Tensor] = None
    ) -> Tensor:
        """Compute the vector m of each mention.

        tokens (Tensor): *Shape:* (tokens, n_in)
        mentions (Tensor): Start, end (exclusive), type. *Shape:* (mentions, 3)
        beside (Optional[Tensor]): *Shape:* (mentions, n_beside)
        RETURNS (Tensor): *Shape:* (mentions, width)
        """
        starts, ends, types = mentions.unbind(1)  # (mentions,) each
        pooled = segment_max(tokens, starts, ends)  # (mentions, n_in)
        first = tokens.index_select(0, starts)  # (mentions, n_in)
        last = tokens.index_select(0, ends - 1)  # (mentions, n_in)
        parts = [first, last, pooled, self.types(types)]
        if beside is not None:
            parts.append(self.dropout(beside))
        return self.dropout(self.mention(torch.cat(parts, dim=1)).relu())  # (mentions, width)

    def score(
        self, heads: Tensor, tails: Tensor, prefix: Tensor, mentions: Tensor, pairs: Tensor
    ) -> Tensor:
        """Score a batch of pairs.

        heads (Tensor): [A m; C m] of each mention. *Shape:* (mentions, 2 · width)
        tails (Tensor): [B m; D m] of each mention. *Shape:* (mentions, 2 · width)
        prefix (Tensor): Prefix sums of the gated tokens. *Shape:* (tokens + 1, between)
        mentions (Tensor): Start, end (exclusive), type. *Shape:* (mentions, 3)
        pairs (Tensor): Head and tail. *Shape:* (pairs, 2)
        RETURNS (Tensor): With a table, the input of the table follows the scores. *Shape:* (pairs,
            n_out), with a table (pairs, n_out + TABLE_WIDTH)
        """
        head, tail = pairs.unbind(1)  # (pairs,) each
        starts, ends, _ = mentions.unbind(1)  # (mentions,) each
        add_head, times_head = heads.index_select(0, head).chunk(2, dim=1)  # (pairs, width) each
        add_tail, times_tail = tails.index_select(0, tail).chunk(2, dim=1)  # (pairs, width) each
        first = torch.minimum(ends[head], ends[tail])  # (pairs,)
        second = torch.maximum(starts[head], starts[tail])  # (pairs,)
        # Overlapping mentions have no tokens between them.
        after = prefix.index_select(0, torch.maximum(first, second))  # (pairs, between)
        between = (after - prefix.index_select(0, first)).to(add_head.dtype)  # (pairs, between)
        token_bucket = distance_bucket(starts[tail] - starts[head])  # (pairs,)
        mention_bucket = distance_bucket(tail - head)  # (pairs,)
        z = add_head + add_tail + times_head * times_tail  # (pairs, width)
        z = z + self.token_distance(token_bucket) + self.mention_distance(mention_bucket)
        z = self.dropout((z + self.between(between)).relu())  # (pairs, width)
        if self.table is None:
            return self.output(z)  # (pairs, n_out)
        return torch.cat([self.output(z), self.table.input(z)], dim=1)


def gated_prefix(projection: Tensor) -> Tensor:
    """Compute prefix sums of gated tokens tanh(u) ∘ σ(v).

    Double precision: otherwise the rounding errors of preceding texts in the batch would change a
    text's scores.

    projection (Tensor): [u; v] of each token. *Shape:* (tokens, 2 · between)
    RETURNS (Tensor): Row i is the sum over the tokens before i. *Shape:* (tokens + 1, between)
    """
    signal, gate = projection.chunk(2, dim=1)  # (tokens, between) each
    gated = signal.tanh() * gate.sigmoid()  # (tokens, between)
    return nn.functional.pad(gated.cumsum(0, dtype=torch.float64), (0, 0, 1, 0))


def segment_max(tokens: Tensor, starts: Tensor, ends: Tensor) -> Tensor:
    """Compute the maximum over the tokens of each mention.

    tokens (Tensor): *Shape:* (tokens, width)
    starts, ends (Tensor): *Shape:* (mentions,) each
    RETURNS (Tensor): *Shape:* (mentions, width)
    """
    sizes = ends - starts  # (mentions,)
    if not len(sizes):
        return tokens.new_zeros(0, tokens.shape[1])
    position = torch.arange(int(sizes.max()), device=tokens.device)  # (longest,)
    # Repeat the last token as padding, which does not change the maximum.
    index = torch.minimum(starts[:, None] + position, ends[:, None] - 1)  # (mentions, longest)
    return tokens.index_select(0, index.flatten()).view(*index.shape, -1).amax(dim=1)
