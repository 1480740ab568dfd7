"""The text window of a mention pair: its sentences, or the tokens near its mentions."""

from dataclasses import dataclass
from typing import Optional

import torch
from torch import Tensor

# Number of pieces of a window (Zeng et al. 2015): up to the end of the mention that ends first,
# from there to the end of the other mention, and the rest.
PIECES = 3


@dataclass
class Windows:
    """The windows of pairs. A window has two ranges of tokens, one around each mention. Ranges that
    touch are merged into the first.

    starts, ends (Tensor): First token and end (exclusive) of each range; the second range is empty
        after a merge. *Shape:* (pairs, 2) each
    """

    starts: Tensor
    ends: Tensor

    @property
    def lengths(self) -> Tensor:
        """Return the number of tokens of each window. *Shape:* (pairs,)"""
        return (self.ends - self.starts).sum(1)

    def tokens(self, rows: Tensor) -> Tensor:
        """Return the tokens of windows. Padding repeats the last token.

        rows (Tensor): Indices of pairs. *Shape:* (batch,)
        RETURNS (Tensor): Indices of tokens. *Shape:* (batch, longest)
        """
        starts, ends = self.starts[rows], self.ends[rows]  # (batch, 2) each
        sizes = ends - starts  # (batch, 2)
        total = sizes.sum(1, keepdim=True)  # (batch, 1)
        column = torch.arange(int(total.max()), device=rows.device)  # (longest,)
        column = torch.minimum(column[None, :], total - 1)  # (batch, longest)
        offset = torch.where(
            column < sizes[:, :1], starts[:, :1], starts[:, 1:] - sizes[:, :1]
        )  # (batch, longest)
        return column + offset


def make_windows(
    mentions: Tensor, pairs: Tensor, sentences: Tensor, window: Optional[int]
) -> Windows:
    """Determine the window of each pair.

    A window extends from the start of the first mention's sentence to the end of the second
    mention's sentence. Tokens farther than `window` from both mentions are left out.

    mentions (Tensor): Start, end (exclusive), type. *Shape:* (mentions, 3)
    pairs (Tensor): Head and tail, indices into mentions. *Shape:* (pairs, 2)
    sentences (Tensor): Sentence index of each token, ascending. *Shape:* (tokens,)
    window (Optional[int]): Number of tokens on either side of each mention; None for no limit.
    RETURNS (Windows): A window for each pair.
    """
    starts, ends = mentions[pairs, 0], mentions[pairs, 1]  # (pairs, 2) each
    order = starts.argsort(dim=1, stable=True)  # (pairs, 2)
    starts, ends = starts.gather(1, order), ends.gather(1, order)  # (pairs, 2) each
    # A mention may begin in one sentence and end in the next.
    first = sentences[starts[:, 0]].contiguous()  # (pairs,)
    last = sentences[ends.amax(1) - 1].contiguous()  # (pairs,)
    low = torch.searchsorted(sentences, first)  # (pairs,)
    high = torch.searchsorted(sentences, last, right=True)  # (pairs,)
    if window is None:
        return Windows(torch.stack([low, high], dim=1), torch.stack([high, high], dim=1))
    starts = torch.maximum(starts - window, low[:, None])  # (pairs, 2)
    ends = torch.minimum(ends + window, high[:, None])  # (pairs, 2)
    has_two_ranges = starts[:, 1] > ends[:, 0]  # (pairs,)
    first_end = torch.where(has_two_ranges, ends[:, 0], ends.amax(1))  # (pairs,)
    second_start = torch.where(has_two_ranges, starts[:, 1], first_end)  # (pairs,)
    second_end = torch.where(has_two_ranges, ends[:, 1], first_end)  # (pairs,)
    return Windows(
        torch.stack([starts[:, 0], second_start], dim=1),
        torch.stack([first_end, second_end], dim=1),
    )


@dataclass
class PairBatch:
    """A padded batch of windows, for poolings.

    mask (Tensor): True for tokens, False for padding. *Shape:* (batch, longest)
    pieces (Tensor): The piece of each token, 0 to PIECES - 1. *Shape:* (batch, longest)
    positions (Tensor): Embeddings of each token's distances to head and tail. *Shape:* (batch,
        longest, 2 · position_width)
    """

    mask: Tensor
    pieces: Tensor
    positions: Tensor


def relative_positions(tokens: Tensor, mentions: Tensor) -> Tensor:
    """Compute the distance of tokens from a mention: negative before it, zero in it, positive after
    it.

    tokens (Tensor): Indices of tokens. *Shape:* (batch, longest)
    mentions (Tensor): Start, end (exclusive), type of a mention per row. *Shape:* (batch, 3)
    RETURNS (Tensor): *Shape:* (batch, longest)
    """
    before = (tokens - mentions[:, :1]).clamp(max=0)  # (batch, longest)
    after = (tokens - mentions[:, 1:2] + 1).clamp(min=0)  # (batch, longest)
    return before + after


def piece_index(tokens: Tensor, heads: Tensor, tails: Tensor) -> Tensor:
    """Return the piece of each token (see PIECES).

    tokens (Tensor): Indices of tokens. *Shape:* (batch, longest)
    heads, tails (Tensor): Start, end (exclusive), type. *Shape:* (batch, 3) each
    RETURNS (Tensor): 0 to PIECES - 1. *Shape:* (batch, longest)
    """
    is_after_head = (tokens >= heads[:, 1:2]).long()  # (batch, longest)
    is_after_tail = (tokens >= tails[:, 1:2]).long()  # (batch, longest)
    return is_after_head + is_after_tail
