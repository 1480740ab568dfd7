"""The tokens that a pair sees: its sentences, or what stands close to its mentions."""

from dataclasses import dataclass
from typing import Optional

import torch
from torch import Tensor

# Pieces of a window: up to the end of the mention that ends first, on to the end of the other,
# and what follows (Zeng et al. 2015).
PIECES = 3


@dataclass
class Windows:
    """The windows of pairs: a stretch around the first mention and, where the two do not touch,
    another around the second.

    starts, ends (Tensor): Tokens of each pair's stretches; the second is empty where one stretch
        holds both. *Shape:* (pairs, 2)
    """

    starts: Tensor
    ends: Tensor

    @property
    def lengths(self) -> Tensor:
        """RETURNS (Tensor): Tokens of each window. *Shape:* (pairs,)"""
        return (self.ends - self.starts).sum(1)

    def tokens(self, rows: Tensor) -> Tensor:
        """The tokens of some windows; beyond a window's end its last one again.

        rows (Tensor): Indices of pairs. *Shape:* (batch,)
        RETURNS (Tensor): *Shape:* (batch, longest)
        """
        starts, ends = self.starts[rows], self.ends[rows]
        sizes = ends - starts
        total = sizes.sum(1, keepdim=True)
        place = torch.arange(int(total.max()), device=rows.device)
        place = torch.minimum(place[None, :], total - 1)  # (batch, longest)
        skipped = torch.where(place < sizes[:, :1], starts[:, :1], starts[:, 1:] - sizes[:, :1])
        return place + skipped


def make_windows(
    mentions: Tensor, pairs: Tensor, sentences: Tensor, window: Optional[int]
) -> Windows:
    """Find the window of each pair.

    It runs from the start of the sentence of the one mention to the end of the sentence of the
    other; with `window`, tokens farther than that from both mentions are left out.

    mentions (Tensor): Start, end (exclusive), type. *Shape:* (mentions, 3)
    pairs (Tensor): Head and tail. *Shape:* (pairs, 2)
    sentences (Tensor): The number of the sentence of each token, ascending. *Shape:* (tokens,)
    window (Optional[int]): Tokens on either side of each mention. None for no limit.
    RETURNS (Windows): For each pair one.
    """
    starts, ends = mentions[pairs, 0], mentions[pairs, 1]  # (pairs, 2)
    order = starts.argsort(dim=1, stable=True)
    starts, ends = starts.gather(1, order), ends.gather(1, order)
    # A mention may begin in one sentence and end in the next.
    first = sentences[starts[:, 0]].contiguous()
    last = sentences[ends.amax(1) - 1].contiguous()
    low = torch.searchsorted(sentences, first)
    high = torch.searchsorted(sentences, last, right=True)
    if window is None:
        return Windows(torch.stack([low, high], dim=1), torch.stack([high, high], dim=1))
    starts = torch.maximum(starts - window, low[:, None])
    ends = torch.minimum(ends + window, high[:, None])
    apart = starts[:, 1] > ends[:, 0]
    one = torch.where(apart, ends[:, 0], ends.amax(1))
    two = torch.where(apart, starts[:, 1], one)
    return Windows(
        torch.stack([starts[:, 0], two], dim=1),
        torch.stack([one, torch.where(apart, ends[:, 1], one)], dim=1),
    )


@dataclass
class PairBatch:
    """What poolings know of a padded batch of windows besides the encoder's output.

    mask (Tensor): Which places hold a token. *Shape:* (batch, longest)
    pieces (Tensor): The piece of each token, 0 to PIECES - 1. *Shape:* (batch, longest)
    positions (Tensor): Embeddings of each token's distances to head and tail. *Shape:* (batch,
        longest, 2 · position width)
    """

    mask: Tensor
    pieces: Tensor
    positions: Tensor


def relative_positions(tokens: Tensor, mentions: Tensor) -> Tensor:
    """Tokens from a mention: negative before it, zero within, positive after it.

    tokens (Tensor): *Shape:* (batch, longest)
    mentions (Tensor): Start, end (exclusive), type of one mention a row. *Shape:* (batch, 3)
    RETURNS (Tensor): *Shape:* (batch, longest)
    """
    before = (tokens - mentions[:, :1]).clamp(max=0)
    after = (tokens - mentions[:, 1:2] + 1).clamp(min=0)
    return before + after


def pieces(tokens: Tensor, heads: Tensor, tails: Tensor) -> Tensor:
    """The piece of each token.

    tokens (Tensor): *Shape:* (batch, longest)
    heads, tails (Tensor): Start, end (exclusive), type. *Shape:* (batch, 3)
    RETURNS (Tensor): 0 to PIECES - 1. *Shape:* (batch, longest)
    """
    after_head = (tokens >= heads[:, 1:2]).long()
    return after_head + (tokens >= tails[:, 1:2]).long()
