"""Multi-head selection (Bekoulis et al. 2018): scores of relations between the last tokens of two
mentions."""

from typing import Optional

import torch
from torch import Tensor, nn

from .dropout import Dropout
from .mention_pair import DISTANCE_BUCKETS, distance_bucket
from .ragged import score_parts


class Selection(nn.Module):
    """Scores of relations between tokens, where the last token of a mention represents it:

        s(i, j) = V tanh(U z_i + W z_j + e(j - i) + b),  z = [token vector; embedding of its tag]

    for the last token i of the head and j of the tail. The distance embedding e is not in the
    paper. U and W are applied to tokens, not to pairs. Pairs are scored in chunks, which training
    recomputes in the backward pass if there are several.

    n_in (int): Width of the token vectors.
    n_tags (int): Number of tags.
    n_out (int): Number of relation labels.
    width (int): Width of a pair's vector.
    tag_width (int): Width of the tag embeddings; 0 for none.
    distance (bool): Whether scores depend on the distance of the tokens.
    chunk (int): Number of pairs scored at a time.
    """

    def __init__(
        self,
        *,
        n_in: int,
        n_tags: int,
        n_out: int,
        width: int,
        tag_width: int,
        distance: bool = False,
        chunk: int = 32768,
    ):
        super().__init__()
        self.chunk = chunk
        self.dropout = Dropout()
        self.tags = nn.Embedding(n_tags, tag_width)
        nn.init.normal_(self.tags.weight, std=0.1)
        self.head = nn.Linear(n_in + tag_width, width)
        self.tail = nn.Linear(n_in + tag_width, width, bias=False)
        self.distances: Optional[nn.Embedding] = None
        if distance:
            self.distances = nn.Embedding(2 * DISTANCE_BUCKETS + 1, width)
            nn.init.normal_(self.distances.weight, std=0.1)
        self.output = nn.Linear(width, n_out)

    def forward(self, tokens: Tensor, tags: Tensor, pairs: Tensor) -> Tensor:
        """Score pairs of tokens.

        tokens (Tensor): Token vectors. *Shape:* (tokens, n_in)
        tags (Tensor): The tag of each token. *Shape:* (tokens,)
        pairs (Tensor): Last tokens of head and tail. *Shape:* (pairs, 2)
        RETURNS (Tensor): Scores before the sigmoid. *Shape:* (pairs, n_out)
        """
        z = torch.cat([self.dropout(tokens), self.tags(tags)], dim=1)  # (tokens, n_in + tag_width)
        heads, tails = self.head(z), self.tail(z)  # (tokens, width) each
        parts = torch.arange(len(pairs), device=pairs.device).split(self.chunk)
        return score_parts(lambda rows: self.score(heads, tails, pairs[rows]), parts)

    def score(self, heads: Tensor, tails: Tensor, pairs: Tensor) -> Tensor:
        """Score a batch of pairs.

        heads (Tensor): U z + b of each token. *Shape:* (tokens, width)
        tails (Tensor): W z of each token. *Shape:* (tokens, width)
        pairs (Tensor): Last tokens of head and tail. *Shape:* (pairs, 2)
        RETURNS (Tensor): *Shape:* (pairs, n_out)
        """
        head, tail = pairs.unbind(1)  # (pairs,) each
        vectors = heads.index_select(0, head) + tails.index_select(0, tail)  # (pairs, width)
        if self.distances is not None:
            vectors = vectors + self.distances(distance_bucket(tail - head))  # (pairs, width)
        return self.output(self.dropout(vectors.tanh()))  # (pairs, n_out)
