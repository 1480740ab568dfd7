"""Poolings, which turn the encoded tokens of a window into a vector.

Each maps a sequence of shape (batch, longest, n_in) and its PairBatch to (batch, n_out)."""

from typing import Callable

import torch
from torch import Tensor, nn

from .windows import PIECES, PairBatch


class Pooling(nn.Module):
    """Base class of the poolings.

    n_out (int): Width of the output.
    """

    n_out: int


# Creates a pooling for sequences of width `n_in` with position embeddings of width `n_position`.
CreatePooling = Callable[..., Pooling]


class MaxPool(Pooling):
    """The maximum of each feature over the window.

    n_in (int): Width of the sequence.
    n_position (int): Width of a token's position embeddings; unused.
    """

    def __init__(self, *, n_in: int, n_position: int):
        super().__init__()
        self.n_out = n_in

    def forward(self, x: Tensor, batch: PairBatch) -> Tensor:
        """Pool windows.

        x (Tensor): *Shape:* (batch, longest, n_in)
        batch (PairBatch): The windows.
        RETURNS (Tensor): *Shape:* (batch, n_in)
        """
        return x.masked_fill(~batch.mask[:, :, None], -torch.inf).amax(dim=1)


class PiecewiseMaxPool(Pooling):
    """The maximum over each of the three pieces into which the two mentions divide the window
    (Zeng et al. 2015). A piece without tokens gives zeros.

    n_in (int): Width of the sequence.
    n_position (int): Width of a token's position embeddings; unused.
    """

    def __init__(self, *, n_in: int, n_position: int):
        super().__init__()
        self.n_out = PIECES * n_in

    def forward(self, x: Tensor, batch: PairBatch) -> Tensor:
        """Pool windows.

        x (Tensor): *Shape:* (batch, longest, n_in)
        batch (PairBatch): The windows.
        RETURNS (Tensor): *Shape:* (batch, 3 · n_in)
        """
        parts = []
        for piece in range(PIECES):
            is_inside = (batch.pieces == piece) & batch.mask  # (batch, longest)
            best = x.masked_fill(~is_inside[:, :, None], -torch.inf).amax(dim=1)  # (batch, n_in)
            parts.append(best.masked_fill(~is_inside.any(dim=1)[:, None], 0.0))
        return torch.cat(parts, dim=1)  # (batch, 3 · n_in)


class AttentionPool(Pooling):
    """Character attention, equations 10 and 11 of "ResGRU-Att":

        a = softmax(tanh(w · H + b)),  S = Σ_i a_i H_i

    The paper prints the argument of tanh without brackets; this module uses w · H + b.

    n_in (int): Width of the sequence.
    n_position (int): Width of a token's position embeddings; unused.
    """

    def __init__(self, *, n_in: int, n_position: int):
        super().__init__()
        self.n_out = n_in
        self.score = nn.Linear(n_in, 1)

    def forward(self, x: Tensor, batch: PairBatch) -> Tensor:
        """Pool windows.

        x (Tensor): *Shape:* (batch, longest, n_in)
        batch (PairBatch): The windows.
        RETURNS (Tensor): *Shape:* (batch, n_in)
        """
        scores = self.score(x).squeeze(2).tanh()  # (batch, longest)
        return weighted_sum(x, scores, batch.mask)  # (batch, n_in)


class PositionAttentionPool(Pooling):
    """Position attention, equations 4 and 5 of "Attention-based deep residual network":

        S = Σ_i α_i P_i,  α = softmax(e)

    The paper defines neither e nor the range of the sum. It says that the features are max-pooled,
    concatenated with the position embeddings of the entities, and weighted by attention over the
    sentence. In this module, i runs over the characters; P_i = [maximum over `window` characters
    around i; embeddings of i's distances to both entities]; and e_i = v · tanh(W P_i + b), additive
    attention (Bahdanau et al. 2015).

    n_in (int): Width of the sequence.
    n_position (int): Width of a token's position embeddings.
    window (int): Number of characters over which the maximum is taken, odd; 1 leaves the features
        unchanged.
    width (int): Width of the attention's hidden layer.
    """

    def __init__(self, *, n_in: int, n_position: int, window: int, width: int):
        super().__init__()
        self.n_out = n_in + n_position
        self.window = window
        self.hidden = nn.Linear(self.n_out, width)
        self.score = nn.Linear(width, 1, bias=False)

    def forward(self, x: Tensor, batch: PairBatch) -> Tensor:
        """Pool windows.

        x (Tensor): *Shape:* (batch, longest, n_in)
        batch (PairBatch): The windows.
        RETURNS (Tensor): *Shape:* (batch, n_in + n_position)
        """
        x = x.masked_fill(~batch.mask[:, :, None], -torch.inf)  # (batch, longest, n_in)
        x = nn.functional.max_pool1d(
            x.transpose(1, 2), self.window, stride=1, padding=self.window // 2
        ).transpose(1, 2)  # (batch, longest, n_in)
        x = x.masked_fill(~batch.mask[:, :, None], 0.0)  # (batch, longest, n_in)
        parts = torch.cat([x, batch.positions], dim=2)  # (batch, longest, n_out)
        scores = self.score(self.hidden(parts).tanh()).squeeze(2)  # (batch, longest)
        return weighted_sum(parts, scores, batch.mask)  # (batch, n_out)


def weighted_sum(x: Tensor, scores: Tensor, mask: Tensor) -> Tensor:
    """Sum vectors weighted by the softmax of their scores.

    x (Tensor): *Shape:* (batch, longest, width)
    scores (Tensor): *Shape:* (batch, longest)
    mask (Tensor): True for tokens, False for padding. *Shape:* (batch, longest)
    RETURNS (Tensor): *Shape:* (batch, width)
    """
    weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=1)  # (batch, longest)
    return torch.bmm(weights[:, None], x).squeeze(1)  # (batch, width)
