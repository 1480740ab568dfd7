"""Exchange of information between the candidate pairs of a text.

The pairs are entries of a table with a row for each head and a column for each tail, in the order
of the mentions in the text. The table is sparse: only candidate pairs are stored.
"""

from typing import Iterator, Tuple

import torch
from torch import Tensor, nn

from .dropout import Dropout

# Width of the vectors of pairs in the table.
TABLE_WIDTH = 64


class PairTable(nn.Module):
    """Scores of pairs that depend on their neighbours in the table. From the vector z of each pair,

        x = P z,  x ← x + dropout(relu(conv_d(norm(x)))) for each layer,  scores = U norm(x)

    with convolutions of 3 × 3 entries whose distance d is 1 in the first layer, 2 in the second,
    and so on, after W2NER (Li et al. 2022). Entries that are no candidate pairs are zero. Memory is
    linear in the number of pairs.

    n_in (int): Width of z.
    n_out (int): Number of scores of a pair.
    depth (int): Number of layers.
    """

    def __init__(self, *, n_in: int, n_out: int, depth: int):
        super().__init__()
        self.input = nn.Linear(n_in, TABLE_WIDTH)
        self.norms = nn.ModuleList(nn.LayerNorm(TABLE_WIDTH) for _ in range(depth))
        # The products with all nine matrices of a kernel at once.
        self.convs = nn.ModuleList(nn.Linear(TABLE_WIDTH, 9 * TABLE_WIDTH) for _ in range(depth))
        self.norm = nn.LayerNorm(TABLE_WIDTH)
        self.dropout = Dropout()
        # No bias: the scores are added to others, which have one.
        self.output = nn.Linear(TABLE_WIDTH, n_out, bias=False)

    def forward(self, vectors: Tensor, pairs: Tensor, texts: Tensor) -> Tensor:
        """Score pairs.

        vectors (Tensor): P z of each pair, from `input`. *Shape:* (pairs, TABLE_WIDTH)
        pairs (Tensor): Head and tail, each pair once. *Shape:* (pairs, 2)
        texts (Tensor): Text index of each mention. *Shape:* (mentions,)
        RETURNS (Tensor): *Shape:* (pairs, n_out)
        """
        for distance, (norm, conv) in enumerate(zip(self.norms, self.convs), start=1):
            parts = conv(norm(vectors)).chunk(9, dim=1)  # (pairs, TABLE_WIDTH) each
            total = torch.zeros_like(parts[0])
            for part, (targets, sources) in zip(parts, neighbours(pairs, texts, distance)):
                total = total.index_add(0, targets, part.index_select(0, sources))
            vectors = vectors + self.dropout(total.relu())
        return self.output(self.norm(vectors))  # (pairs, n_out)


def neighbours(pairs: Tensor, texts: Tensor, distance: int) -> Iterator[Tuple[Tensor, Tensor]]:
    """Find the neighbours of pairs in the table.

    pairs (Tensor): Head and tail, each pair once. *Shape:* (pairs, 2)
    texts (Tensor): Text index of each mention. *Shape:* (mentions,)
    distance (int): Number of rows and of columns between neighbours.
    YIELDS (Tuple[Tensor, Tensor]): For each of nine directions, the pairs that have a neighbour
        there, and that neighbour. *Shape:* (found,) each
    """
    n_mentions, last = len(texts), max(len(texts) - 1, 0)
    head, tail = pairs.unbind(1)  # (pairs,) each
    keys, order = (head * n_mentions + tail).sort()  # (pairs,) each
    for rows in (-distance, 0, distance):
        for columns in (-distance, 0, distance):
            row, column = head + rows, tail + columns  # (pairs,) each
            is_inside = (row >= 0) & (row <= last) & (column >= 0) & (column <= last)
            is_inside &= texts[row.clamp(0, last)] == texts[head]
            wanted = row * n_mentions + column  # (pairs,)
            place = torch.searchsorted(keys, wanted).clamp(max=max(len(keys) - 1, 0))  # (pairs,)
            is_found = is_inside & (keys[place] == wanted)  # (pairs,)
            yield is_found.nonzero().squeeze(1), order[place[is_found]]
