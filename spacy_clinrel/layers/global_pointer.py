"""Scores of spans, after Global Pointer (Su et al. 2022, arXiv 2208.03054), in its efficient form.

The score of type t for the span from token i to token j is

    s_t(i, j) = (R_i q_i)·(R_j k_j) / √width + (b_t(i) + e_t(j)) / 2

where q and k are projections of the token vectors, R rotates them by their position (Su et al.
2021), so that the product depends on j - i, and b_t and e_t are linear in [q; k]. The product is
shared by all types, so that a type adds few weights.

Only spans of at most `max_length` tokens have a score, a band beside the diagonal: memory and time
are linear in the number of tokens. Column l of the band is the span of l + 1 tokens.
"""

from typing import Any, Tuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from .dropout import Dropout

# Initial value of the biases b and e: at first, a span is not a mention.
INITIAL_BIAS = -2.0
# Score of a span that does not count. Finite, since gradients of -inf are NaN.
IMPOSSIBLE = -1e4


class GlobalPointer(nn.Module):
    """Linear layers from token vectors to the terms of the span scores.

    n_in (int): Width of the token vectors.
    n_labels (int): Number of types.
    width (int): Width of q and k, even.
    """

    def __init__(self, *, n_in: int, n_labels: int, width: int):
        super().__init__()
        self.dropout = Dropout()
        self.project = nn.Linear(n_in, 2 * width)
        self.start = nn.Linear(2 * width, n_labels)
        self.end = nn.Linear(2 * width, n_labels)
        for layer in (self.start, self.end):
            nn.init.constant_(layer.bias, INITIAL_BIAS)

    def forward(self, tokens: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
        """Compute the terms of the scores.

        tokens (Tensor): Token vectors. *Shape:* (tokens, n_in)
        RETURNS (Tuple[Tensor, Tensor, Tensor, Tensor]): q, k, b and e. *Shape:* (tokens, width),
            (tokens, width), (tokens, types), (tokens, types)
        """
        projected = self.project(self.dropout(tokens))  # (tokens, 2 * width)
        queries, keys = projected.chunk(2, dim=1)
        return queries, keys, self.start(projected), self.end(projected)


def rotate(x: Tensor) -> Tensor:
    """Rotate each pair of features by an angle that is proportional to the position.

    x (Tensor): *Shape:* (..., positions, width)
    RETURNS (Tensor): The same shape. The dot product of two results depends on the difference of
        their positions.
    """
    length, width = x.shape[-2:]
    exponents = torch.arange(0, width, 2, device=x.device, dtype=x.dtype) / width
    positions = torch.arange(length, device=x.device, dtype=x.dtype)
    angles = positions[:, None] * 10000.0**-exponents  # (positions, width / 2)
    even, odd = x[..., 0::2], x[..., 1::2]
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([even * cos - odd * sin, even * sin + odd * cos], dim=-1)


def band_scores(terms: Tuple[Tensor, ...], first: int, stop: int, max_length: int) -> Tensor:
    """Score the spans that start at some of the tokens.

    The tokens are cut into blocks. One matrix product scores each block against itself and the next
    `max_length - 1` tokens, and the band is taken out of it. Positions count from the block's
    start, so that the angles are small and exact.

    terms (Tuple[Tensor, ...]): Output of `GlobalPointer` for all tokens of a batch.
    first (int): The first start token.
    stop (int): The token after the last start token.
    max_length (int): Maximum number of tokens of a span.
    RETURNS (Tensor): Scores; those of spans that end after the last token mean nothing. *Shape:*
        (starts, max_length, types)
    """
    queries, keys, starts, ends = terms
    count, width = stop - first, queries.shape[1]
    size = min(max(max_length, 32), count)
    blocks = -(-count // size)
    rest = blocks * size - count
    reach = blocks * size + max_length - 1
    part = keys[first : first + reach]
    padded = pad(part, (0, 0, 0, reach - len(part)))  # (reach, width)
    windows = padded.unfold(0, size + max_length - 1, size).transpose(1, 2)
    left = pad(queries[first:stop], (0, 0, 0, rest)).reshape(blocks, size, width)
    products = rotate(left) @ rotate(windows).transpose(1, 2)  # (blocks, size, window)
    columns = torch.arange(size, device=keys.device)[:, None] + torch.arange(
        max_length, device=keys.device
    )  # (size, max_length)
    band = products.gather(2, columns.expand(blocks, -1, -1)).reshape(-1, max_length)[:count]
    part = ends[first : stop + max_length - 1] / 2
    padded = pad(part, (0, 0, 0, count + max_length - 1 - len(part)))
    of_ends = padded.unfold(0, max_length, 1).transpose(1, 2)  # (starts, max_length, types)
    of_starts = (band / width**0.5)[:, :, None] + starts[first:stop, None] / 2
    return of_starts + of_ends


def band_mask(segments: Tensor, first: int, stop: int, max_length: int) -> Tensor:
    """Return which spans of the band are within one segment.

    segments (Tensor): Segment number of each token of the batch, not negative. Tokens of a segment
        are consecutive. *Shape:* (tokens,)
    first (int): The first start token.
    stop (int): The token after the last start token.
    max_length (int): Maximum number of tokens of a span.
    RETURNS (Tensor): Boolean. *Shape:* (starts, max_length)
    """
    part = segments[first : stop + max_length - 1]
    padded = pad(part, (0, stop - first + max_length - 1 - len(part)), value=-1)
    return padded.unfold(0, max_length, 1) == segments[first:stop, None]


def span_loss(scores: Tensor, valid: Tensor, gold: Tensor, owners: Tensor) -> Tensor:
    """Return the multi-label categorical cross-entropy of Su et al. with threshold 0:

        Σ over documents and types: log(1 + Σ_negative exp(s)) + log(1 + Σ_gold exp(-s))

    It asks each gold span for a score above 0, and the others for one below, and is dominated by
    the spans that are wrong. So it needs no weights for the few gold spans among many.

    scores (Tensor): *Shape:* (starts, max_length, types)
    valid (Tensor): Spans that count, boolean. *Shape:* (starts, max_length)
    gold (Tensor): Row, column and type of each gold span. *Shape:* (spans, 3)
    owners (Tensor): Number of each row's document, from 0. *Shape:* (starts,)
    RETURNS (Tensor): The loss. *Shape:* ()
    """
    return cast(Tensor, _SpanLoss.apply(scores, valid, gold, owners))


class _SpanLoss(torch.autograd.Function):
    """The loss of `span_loss`. The forward pass also computes the gradient, in place: automatic
    differentiation would keep several copies of the scores, and takes twice the time."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, valid: Tensor, gold: Tensor, owners: Tensor) -> Tensor:
        """Compute the loss, see `span_loss`."""
        rows, columns, types = gold.T
        n_types = scores.shape[2]
        n_docs = int(owners.max()) + 1
        of_gold = -scores[rows, columns, types]  # (spans,)
        part = scores.masked_fill(~valid[:, :, None], IMPOSSIBLE)
        part[rows, columns, types] = IMPOSSIBLE
        # log(1 + Σ exp(s)) of each document and type, less the largest s or 0
        row_owners = owners[:, None].expand(-1, n_types)
        peak = scores.new_zeros(n_docs, n_types).scatter_reduce(0, row_owners, part.amax(1), "amax")
        part.sub_(peak[owners][:, None]).exp_()
        total = (-peak).exp().index_add(0, owners, part.sum(1))  # (docs, types)
        part.div_(total[owners][:, None])
        loss = (peak + total.log()).sum()
        # The same of the gold spans
        keys = owners[rows] * n_types + types  # (spans,)
        peak = scores.new_zeros(n_docs * n_types).scatter_reduce(0, keys, of_gold, "amax")
        of_gold = (of_gold - peak[keys]).exp()
        total = (-peak).exp().index_add(0, keys, of_gold)  # (docs * types,)
        part[rows, columns, types] = -of_gold / total[keys]
        ctx.save_for_backward(part)
        return loss + (peak + total.log()).sum()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:  # type: ignore[override]
        """Return the gradient with respect to the scores."""
        (part,) = ctx.saved_tensors
        return part * gradient, None, None, None
