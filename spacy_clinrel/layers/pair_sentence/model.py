"""Scores of mention pairs, each from its text window: embed positions, encode, pool, classify."""

from functools import partial
from typing import Optional

import torch
from torch import Tensor, nn

from ..dropout import Dropout
from ..ragged import length_batches, padding_mask, score_parts
from .encoders import CreateEncoder
from .pooling import CreatePooling
from .windows import PairBatch, Windows, make_windows, piece_index, relative_positions


class PairSentence(nn.Module):
    """Scores of labels for pairs of mentions, from the window of each pair.

    The input of a token is

        v_t = [token vector; e1(distance to the head); e2(distance to the tail)]

    of width d_v = d_w + 2 d_p ("Attention-based deep residual network", "ResGRU-Att"). Pairs are
    processed in batches of similar length within `budget`. Training recomputes batches in the
    backward pass if there are several.

    n_in (int): Width of the token vectors, d_w.
    n_types (int): Number of mention types; unused.
    n_out (int): Number of scores of a pair.
    encoder (Callable[..., Module]): Creates the encoder.
    pooling (Callable[..., Module]): Creates the pooling of each part of the encoder's output.
    position_width (int): Width of each of the two position embeddings, d_p; 0 for none.
    max_distance (int): Maximum distance in tokens; larger distances are clipped.
    window (Optional[int]): Number of tokens of the window on either side of each mention; None for
        the sentences of both mentions.
    budget (int): Maximum size of a padded batch, pairs times the longest window.
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
        """Score pairs.

        tokens (Tensor): Token vectors. *Shape:* (tokens, n_in)
        mentions (Tensor): Start, end (exclusive), type. *Shape:* (mentions, 3)
        pairs (Tensor): Head and tail, indices into mentions. *Shape:* (pairs, 2)
        sentences (Tensor): Sentence index of each token, ascending through the batch. *Shape:*
            (tokens,)
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
        """Score a batch of pairs.

        tokens (Tensor): *Shape:* (tokens, n_in)
        mentions (Tensor): *Shape:* (mentions, 3)
        pairs (Tensor): Head and tail. *Shape:* (pairs, 2)
        windows (Windows): The window of each pair.
        rows (Tensor): Indices of the pairs. *Shape:* (batch,)
        RETURNS (Tensor): *Shape:* (batch, n_out)
        """
        index = windows.tokens(rows)  # (batch, longest)
        heads, tails = (mentions[ends] for ends in pairs[rows].unbind(1))  # (batch, 3) each
        limit = self.max_distance
        embedded = [
            embed(relative_positions(index, ends).clamp(-limit, limit) + limit)
            for embed, ends in zip(self.positions, (heads, tails))
        ]  # (batch, longest, position_width) each
        positions = torch.cat(embedded, dim=2)  # (batch, longest, 2 · position_width)
        mask = padding_mask(windows.lengths[rows])  # (batch, longest)
        batch = PairBatch(mask, piece_index(index, heads, tails), positions)
        gathered = tokens.index_select(0, index.flatten()).view(*index.shape, -1)
        x = self.dropout(torch.cat([gathered, positions], dim=2))  # (batch, longest, d_v)
        x = self.encoder(x * mask[:, :, None].to(x.dtype), mask)  # (batch, longest, widths)
        parts = x.split(self.encoder.widths, dim=2)  # (batch, longest, width) each
        pooled = [pool(part, batch) for pool, part in zip(self.poolings, parts)]
        return self.output(self.dropout(torch.cat(pooled, dim=1)))  # (batch, n_out)
