"""Scores of the assertion attributes of mentions from token vectors and features."""

import math

import torch
from torch import Tensor, nn

from .dropout import Dropout
from .mention_pair import DISTANCE_BUCKETS, distance_bucket, segment_max
from .ragged import score_parts

HEADS = 4
# Bound of what the model adds to what the cue rules say. Without it, the model memorizes the few
# mentions of the training data that the rules get wrong.
BOUND = 4.0
# Weight of what the rules say, until it is set from the training data.
PRIOR_WEIGHT = 3.0
# Maximum number of values (mentions × tokens of a window × width) scored at a time, which bounds
# the memory.
MAX_VALUES = 2**22


class MentionAssertion(nn.Module):
    """Scores of attributes for single mentions. The vector of a mention is

        m = relu(W [first; last; max; type; context; features] + b)

    from its first and last token vector, the maximum over its tokens, its type, the tokens around
    it, and features. The scores are

        BOUND tanh((U m + c) / BOUND) + w ∘ prior

    where the prior is what the cue rules say of each attribute. The weights w are below BOUND, so
    that the model can overrule the rules.

    The context is multi-head attention from the mention, represented by its first and last token,
    over a window of tokens of its text. To the score of each token, each head adds a learned value
    for its distance from the mention.

    n_in (int): Width of the token vectors.
    n_types (int): Number of mention types.
    n_features (int): Number of features of a mention, 0 for none.
    n_out (int): Number of scores of a mention.
    width (int): Width of the vectors; a multiple of HEADS.
    before (int): Number of tokens before the mention in its window.
    after (int): Number of tokens after the mention's first token in its window.
    """

    def __init__(
        self,
        *,
        n_in: int,
        n_types: int,
        n_features: int,
        n_out: int,
        width: int,
        before: int,
        after: int,
    ):
        super().__init__()
        self.before, self.after = before, after
        self.dropout = Dropout()
        self.types = nn.Embedding(n_types, width)
        self.query = nn.Linear(2 * n_in, width)
        self.keys = nn.Linear(n_in, 2 * width)  # keys and values
        self.distance = nn.Embedding(2 * DISTANCE_BUCKETS + 1, HEADS)
        self.mention = nn.Linear(3 * n_in + 2 * width + n_features, width)
        self.output = nn.Linear(width, n_out)
        self.prior = nn.Parameter(torch.full((n_out,), PRIOR_WEIGHT))
        nn.init.normal_(self.types.weight, std=0.1)
        nn.init.zeros_(self.distance.weight)

    def forward(
        self, tokens: Tensor, mentions: Tensor, texts: Tensor, features: Tensor, prior: Tensor
    ) -> Tensor:
        """Score mentions.

        tokens (Tensor): Token vectors. *Shape:* (tokens, n_in)
        mentions (Tensor): Start, end (exclusive), type. *Shape:* (mentions, 3)
        texts (Tensor): Text index of each token, ascending. *Shape:* (tokens,)
        features (Tensor): *Shape:* (mentions, n_features)
        prior (Tensor): 1, -1 or 0 for each attribute. *Shape:* (mentions, n_out)
        RETURNS (Tensor): *Shape:* (mentions, n_out)
        """
        tokens = self.dropout(tokens)  # (tokens, n_in)
        keys, values = self.keys(tokens).chunk(2, dim=1)  # (tokens, width) each
        size = self.before + self.after + 1
        chunk = max(1, MAX_VALUES // (size * keys.shape[1]))
        parts = torch.arange(len(mentions), device=tokens.device).split(chunk)
        return score_parts(
            lambda rows: self.score(
                tokens, keys, values, texts, mentions[rows], features[rows], prior[rows]
            ),
            parts,
            recompute=False,
        )

    def score(
        self,
        tokens: Tensor,
        keys: Tensor,
        values: Tensor,
        texts: Tensor,
        mentions: Tensor,
        features: Tensor,
        prior: Tensor,
    ) -> Tensor:
        """Score a part of the mentions.

        tokens (Tensor): *Shape:* (tokens, n_in)
        keys, values (Tensor): Projected token vectors. *Shape:* (tokens, width) each
        texts (Tensor): Text index of each token. *Shape:* (tokens,)
        mentions (Tensor): Start, end (exclusive), type. *Shape:* (mentions, 3)
        features (Tensor): *Shape:* (mentions, n_features)
        prior (Tensor): 1, -1 or 0 for each attribute. *Shape:* (mentions, n_out)
        RETURNS (Tensor): *Shape:* (mentions, n_out)
        """
        starts, ends, types = mentions.unbind(1)  # (mentions,) each
        first = tokens.index_select(0, starts)  # (mentions, n_in)
        last = tokens.index_select(0, ends - 1)  # (mentions, n_in)
        pooled = segment_max(tokens, starts, ends)  # (mentions, n_in)
        query = self.query(torch.cat([first, last], dim=1))  # (mentions, width)
        context = self.attend(query, keys, values, texts, starts)  # (mentions, width)
        parts = [first, last, pooled, self.types(types), context, features]
        m = self.dropout(self.mention(torch.cat(parts, dim=1)).relu())  # (mentions, width)
        scores = BOUND * (self.output(m) / BOUND).tanh()  # (mentions, n_out)
        return scores + self.prior * prior

    def attend(
        self, query: Tensor, keys: Tensor, values: Tensor, texts: Tensor, starts: Tensor
    ) -> Tensor:
        """Attend from mentions to the tokens of their windows.

        query (Tensor): *Shape:* (mentions, width)
        keys, values (Tensor): *Shape:* (tokens, width) each
        texts (Tensor): Text index of each token. *Shape:* (tokens,)
        starts (Tensor): First token of each mention. *Shape:* (mentions,)
        RETURNS (Tensor): *Shape:* (mentions, width)
        """
        n_mentions, width = query.shape
        distance = torch.arange(-self.before, self.after + 1, device=keys.device)  # (window,)
        index = starts[:, None] + distance  # (mentions, window)
        inside = index.clamp(0, max(len(keys) - 1, 0))  # (mentions, window)
        mask = (index == inside) & (texts[inside] == texts[starts][:, None])
        shape = (n_mentions, len(distance), HEADS, width // HEADS)
        flat = inside.flatten()
        window_keys = keys.index_select(0, flat).view(shape)  # (mentions, window, heads, size)
        window_values = values.index_select(0, flat).view(shape)
        queries = query.view(n_mentions, HEADS, width // HEADS)  # (mentions, heads, size)
        scores = torch.einsum("mhd,mwhd->mwh", queries, window_keys) / math.sqrt(width // HEADS)
        scores = scores + self.distance(distance_bucket(distance))  # (mentions, window, heads)
        # The window includes the mention's first token, so no row is masked as a whole.
        scores = scores.masked_fill(~mask[:, :, None], torch.finfo(scores.dtype).min)
        weights = scores.softmax(dim=1)  # (mentions, window, heads)
        return torch.einsum("mwh,mwhd->mhd", weights, window_values).flatten(1)
