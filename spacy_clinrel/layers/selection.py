"""Multi-head selection: for two tokens, a score for each relation between the mentions that end
there (Bekoulis et al. 2018)."""

from typing import Optional

import torch
from torch import Tensor, nn

from .dropout import Dropout
from .mention_pair import DISTANCE_BUCKETS, distance_bucket
from .ragged import score_parts


class Selection(nn.Module):
    """Scores of relations between tokens, each of which stands for the mention that it ends:

        s(i, j) = V tanh(U z_i + W z_j + e(j - i) + b),  z = [token vector; embedding of its tag]

    with i the last token of the head and j that of the tail; e embeds their distance and is not in
    the paper. U and W are applied to tokens, not to pairs. Pairs go through in chunks; in training,
    where there is more than one, a chunk is computed again on the way back instead of being kept.

    n_in (int): Width of the token vectors.
    n_tags (int): Number of tags.
    n_out (int): Number of relation labels.
    width (int): Width of a pair's vector.
    tag_width (int): Width of the tags' embeddings; 0 leaves them out.
    distance (bool): Whether scores know how far apart the tokens are.
    chunk (int): Pairs scored at a time.
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
        """tokens (Tensor): Token vectors of all texts. *Shape:* (tokens, n_in)
        tags (Tensor): The tag of each token. *Shape:* (tokens,)
        pairs (Tensor): Tokens that end head and tail. *Shape:* (pairs, 2)
        RETURNS (Tensor): Before the sigmoid. *Shape:* (pairs, n_out)
        """
        z = torch.cat([self.dropout(tokens), self.tags(tags)], dim=1)
        heads, tails = self.head(z), self.tail(z)
        parts = torch.arange(len(pairs), device=pairs.device).split(self.chunk)
        return score_parts(lambda rows: self.score(heads, tails, pairs[rows]), parts)

    def score(self, heads: Tensor, tails: Tensor, pairs: Tensor) -> Tensor:
        """heads, tails (Tensor): *Shape:* (tokens, width)
        pairs (Tensor): *Shape:* (pairs, 2)
        RETURNS (Tensor): *Shape:* (pairs, n_out)
        """
        head, tail = pairs.unbind(1)
        both = heads.index_select(0, head) + tails.index_select(0, tail)
        if self.distances is not None:
            both = both + self.distances(distance_bucket(tail - head))
        return self.output(self.dropout(both.tanh()))
