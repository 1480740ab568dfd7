"""Poolings: from the encoded tokens of each window to one vector. Each takes a sequence of shape
(batch, longest, n_in) and its PairBatch, and returns (batch, n_out)."""

from typing import Callable

import torch
from torch import Tensor, nn

from .windows import PIECES, PairBatch


class Pooling(nn.Module):
    """What all poolings have.

    n_out (int): Width of the output.
    """

    n_out: int


# Creates a pooling for sequences of the width `n_in` with position embeddings `n_position` wide.
CreatePooling = Callable[..., Pooling]


class MaxPool(Pooling):
    """The maximum of each feature over the window.

    n_in (int): Width of the sequence.
    n_position (int): Width of the position embeddings of a token; unused.
    """

    def __init__(self, *, n_in: int, n_position: int):
        super().__init__()
        self.n_out = n_in

    def forward(self, x: Tensor, batch: PairBatch) -> Tensor:
        """x (Tensor): *Shape:* (batch, longest, n_in)
        batch (PairBatch): The windows.
        RETURNS (Tensor): *Shape:* (batch, n_in)
        """
        return x.masked_fill(~batch.mask[:, :, None], -torch.inf).amax(dim=1)


class PiecewiseMaxPool(Pooling):
    """The maximum over each of the three pieces into which the two mentions cut the window
    (Zeng et al. 2015). A piece without tokens gives zeros.

    n_in (int): Width of the sequence.
    n_position (int): Width of the position embeddings of a token; unused.
    """

    def __init__(self, *, n_in: int, n_position: int):
        super().__init__()
        self.n_out = PIECES * n_in

    def forward(self, x: Tensor, batch: PairBatch) -> Tensor:
        """x (Tensor): *Shape:* (batch, longest, n_in)
        batch (PairBatch): The windows.
        RETURNS (Tensor): *Shape:* (batch, 3 · n_in)
        """
        parts = []
        for piece in range(PIECES):
            inside = (batch.pieces == piece) & batch.mask
            best = x.masked_fill(~inside[:, :, None], -torch.inf).amax(dim=1)
            parts.append(best.masked_fill(~inside.any(dim=1)[:, None], 0.0))
        return torch.cat(parts, dim=1)


class AttentionPool(Pooling):
    """Character attention, equations 10 and 11 of "ResGRU-Att":

        a = softmax(tanh(w · H + b)),  S = Σ a_i H_i

    (Printed without brackets around what the tanh takes; read here as all of it.)

    n_in (int): Width of the sequence.
    n_position (int): Width of the position embeddings of a token; unused.
    """

    def __init__(self, *, n_in: int, n_position: int):
        super().__init__()
        self.n_out = n_in
        self.score = nn.Linear(n_in, 1)

    def forward(self, x: Tensor, batch: PairBatch) -> Tensor:
        """x (Tensor): *Shape:* (batch, longest, n_in)
        batch (PairBatch): The windows.
        RETURNS (Tensor): *Shape:* (batch, n_in)
        """
        return weighted_sum(x, self.score(x).squeeze(2).tanh(), batch.mask)


class PositionAttentionPool(Pooling):
    """Position attention, equations 4 and 5 of "Attention-based deep residual network":

        S = Σ α_i P_i,  α = softmax(e)

    The paper leaves e and the range of the sum open and says that the features are max-pooled,
    joined with the entities' position embeddings, and weighted by attention over the sentence.
    Read here: i runs over the characters; P_i = [the maximum over `window` characters around i;
    the embeddings of i's distances to both entities]; e_i = v · tanh(W P_i + b), additive attention
    (Bahdanau et al. 2015).

    n_in (int): Width of the sequence.
    n_position (int): Width of the position embeddings of a token.
    window (int): Characters that a maximum is taken over, odd; 1 takes the features as they are.
    width (int): Width of the attention's hidden layer.
    """

    def __init__(self, *, n_in: int, n_position: int, window: int, width: int):
        super().__init__()
        self.n_out = n_in + n_position
        self.window = window
        self.hidden = nn.Linear(self.n_out, width)
        self.score = nn.Linear(width, 1, bias=False)

    def forward(self, x: Tensor, batch: PairBatch) -> Tensor:
        """x (Tensor): *Shape:* (batch, longest, n_in)
        batch (PairBatch): The windows.
        RETURNS (Tensor): *Shape:* (batch, n_in + n_position)
        """
        x = x.masked_fill(~batch.mask[:, :, None], -torch.inf)
        x = nn.functional.max_pool1d(
            x.transpose(1, 2), self.window, stride=1, padding=self.window // 2
        ).transpose(1, 2)
        x = x.masked_fill(~batch.mask[:, :, None], 0.0)
        parts = torch.cat([x, batch.positions], dim=2)
        scores = self.score(self.hidden(parts).tanh()).squeeze(2)
        return weighted_sum(parts, scores, batch.mask)


def weighted_sum(x: Tensor, scores: Tensor, mask: Tensor) -> Tensor:
    """The sum of vectors weighted by the softmax of their scores.

    x (Tensor): *Shape:* (batch, longest, width)
    scores (Tensor): *Shape:* (batch, longest)
    mask (Tensor): Which places count. *Shape:* (batch, longest)
    RETURNS (Tensor): *Shape:* (batch, width)
    """
    weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=1)
    return torch.bmm(weights[:, None], x).squeeze(1)
