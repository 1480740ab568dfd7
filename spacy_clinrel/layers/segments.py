"""Attention over segments of a sequence: words of a sentence, sentences of a text."""

from typing import Tuple

from torch import Tensor, nn


def segment_softmax(scores: Tensor, segments: Tensor, count: int) -> Tensor:
    """Compute the softmax over the items of each segment.

    scores (Tensor): *Shape:* (items,)
    segments (Tensor): The segment of each item, 0 to count - 1. *Shape:* (items,)
    count (int): Number of segments.
    RETURNS (Tensor): Weights that sum to 1 in each segment with items. *Shape:* (items,)
    """
    low = scores.new_full((count,), float("-inf"))  # (segments,)
    highest = low.scatter_reduce(0, segments, scores.detach(), "amax")  # (segments,)
    exponentials = (scores - highest[segments]).exp()  # (items,)
    sums = exponentials.new_zeros(count).index_add(0, segments, exponentials)  # (segments,)
    return exponentials / sums[segments]  # (items,)


class SegmentAttention(nn.Module):
    """The attention of hierarchical attention networks (Yang et al. 2016):

        a_t = softmax(u · tanh(W h_t + b)),  s = Σ_t a_t h_t

    over the items h_t of each segment. With `equal`, all weights of a segment are the same.

    width (int): Width of the items.
    equal (bool): Give all items of a segment the same weight.
    """

    def __init__(self, *, width: int, equal: bool = False):
        super().__init__()
        self.equal = equal
        if not equal:
            self.hidden = nn.Linear(width, width)
            self.score = nn.Linear(width, 1, bias=False)

    def forward(self, items: Tensor, segments: Tensor, count: int) -> Tuple[Tensor, Tensor]:
        """Pool the items of each segment.

        items (Tensor): *Shape:* (items, width)
        segments (Tensor): The segment of each item. *Shape:* (items,)
        count (int): Number of segments.
        RETURNS (Tuple[Tensor, Tensor]): Weights a, and the sum s of each segment, zero for a
            segment without items. *Shape:* (items,) and (segments, width)
        """
        zero = items.new_zeros(len(items))  # (items,)
        scores = zero if self.equal else self.score(self.hidden(items).tanh()).squeeze(1)
        weights = segment_softmax(scores, segments, count)  # (items,)
        sums = items.new_zeros(count, items.shape[1])  # (segments, width)
        return weights, sums.index_add(0, segments, weights[:, None] * items)
