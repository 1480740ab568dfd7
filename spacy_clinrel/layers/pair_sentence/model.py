"""Scores of pairs, each from its own window: embed positions, encode, pool, classify."""

from functools import partial
from typing import Optional

import torch
from torch import Tensor, nn

from ..dropout import Dropout
from ..ragged import length_batches, padding_mask, score_parts
from .encoders import CreateEncoder
from .pooling import CreatePooling
from .windows import PairBatch, Windows, make_windows, pieces, relative_positions


class PairSentence(nn.Module):
    """Scores of labels for pairs of mentions, each pair read on its own.

    The input of a token is [token vector; e1(distance to the head); e2(distance to the tail)], its
    width d_v = d_w + 2 d_p in both papers. Pairs go through encoder and pooling in batches of like
    length that keep within `budget`, whatever their number; in training, where there is more than
    one, a batch is computed again on the way back instead of being kept.

    n_in (int): Width of the token vectors.
    n_types (int): Number of mention types; unused.
    n_out (int): Number of scores of a pair.
    encoder (Callable[..., Module]): Creates the encoder.
    pooling (Callable[..., Module]): Creates a pooling, one for each of the encoder's parts.
    position_width (int): Width of each of the two position embeddings, d_p; 0 leaves them out.
    max_distance (int): Distances beyond it are clipped, in tokens.
    window (Optional[int]): Tokens of a window on either side of each mention; None for the whole
        sentence of both.
    budget (int): Most places of a padded batch, pairs times tokens.
    """

    def __init__(
        self,
        *,
        n_in: int,
        n_types: int,
        n_out: int,
        encoder: CreateEncoder,
        pooling: CreatePooling,
        position_width: int,
        max_distance: int,
        window: Optional[int],
        budget: int,
    ):
        super().__init__()
        self.max_distance = max_distance
        self.window = window
        self.budget = budget
        self.dropout = Dropout()
        embeddings = [nn.Embedding(2 * max_distance + 1, position_width) for _ in range(2)]
        for embedding in embeddings:
            nn.init.normal_(embedding.weight, std=0.1)
        self.positions = nn.ModuleList(embeddings)
        self.encoder = encoder(n_in=n_in + 2 * position_width)
        poolings = [
            pooling(n_in=width, n_position=2 * position_width) for width in self.encoder.widths
        ]
        self.poolings = nn.ModuleList(poolings)
        self.output = nn.Linear(sum(pool.n_out for pool in poolings), n_out)

    def forward(self, tokens: Tensor, mentions: Tensor, pairs: Tensor, sentences: Tensor) -> Tensor:
        """tokens (Tensor): Token vectors of all texts. *Shape:* (tokens, n_in)
        mentions (Tensor): Start, end (exclusive), type. *Shape:* (mentions, 3)
        pairs (Tensor): Head and tail. *Shape:* (pairs, 2)
        sentences (Tensor): The number of each token's sentence, ascending through the batch.
            *Shape:* (tokens,)
        RETURNS (Tensor): *Shape:* (pairs, n_out)
        """
        if not len(pairs):
            return self.output(tokens.new_zeros(0, self.output.in_features))
        windows = make_windows(mentions, pairs, sentences, self.window)
        batches = list(length_batches(windows.lengths, self.budget))
        score = partial(self.score, tokens, mentions, pairs, windows)
        return score_parts(score, batches)

    def score(
        self,
        tokens: Tensor,
        mentions: Tensor,
        pairs: Tensor,
        windows: Windows,
        rows: Tensor,
    ) -> Tensor:
        """tokens (Tensor): *Shape:* (tokens, n_in)
        mentions (Tensor): *Shape:* (mentions, 3)
        pairs (Tensor): Head and tail. *Shape:* (pairs, 2)
        windows (Windows): The window of each pair.
        rows (Tensor): The pairs to score. *Shape:* (batch,)
        RETURNS (Tensor): *Shape:* (batch, n_out)
        """
        index = windows.tokens(rows)  # (batch, longest)
        heads, tails = (mentions[ends] for ends in pairs[rows].unbind(1))
        most = self.max_distance
        embedded = [
            embed(relative_positions(index, ends).clamp(-most, most) + most)
            for embed, ends in zip(self.positions, (heads, tails))
        ]
        positions = torch.cat(embedded, dim=2)  # (batch, longest, 2 · position width)
        mask = padding_mask(windows.lengths[rows])
        batch = PairBatch(mask, pieces(index, heads, tails), positions)
        gathered = tokens.index_select(0, index.flatten()).view(*index.shape, -1)
        x = self.dropout(torch.cat([gathered, positions], dim=2))
        x = self.encoder(x * mask[:, :, None].to(x.dtype), mask)
        parts = x.split(self.encoder.widths, dim=2)
        pooled = [pool(part, batch) for pool, part in zip(self.poolings, parts)]
        return self.output(self.dropout(torch.cat(pooled, dim=1)))
