"""Exchange of information between the candidate pairs of a text.

The pairs are entries of a table with a row for each head and a column for each tail. The table is
sparse: only candidate pairs are stored.
"""

from typing import Tuple

from torch import Tensor, nn

from .mention_attention import BUDGET, AttentionLayer
from .ragged import map_padded

# Width of the vectors of pairs in the table.
TABLE_WIDTH = 64


class PairTable(nn.Module):
    """Scores of pairs that depend on the other pairs of the text. From the vector z of each pair,

        x = P z,  x ← row(x),  x ← column(x) for each layer,  scores = U norm(x)

    where `row` is self-attention among the pairs with the same head and `column` among those with
    the same tail, with a feed-forward network each (axial attention, Ho et al. 2019). Texts share
    no mentions, so the scores of a text do not depend on the other texts of a batch. Memory is
    linear in the number of pairs.

    n_in (int): Width of z.
    n_out (int): Number of scores of a pair.
    depth (int): Number of layers.
    """

    def __init__(self, *, n_in: int, n_out: int, depth: int):
        super().__init__()
        self.input = nn.Linear(n_in, TABLE_WIDTH)
        self.rows = nn.ModuleList(AttentionLayer(TABLE_WIDTH) for _ in range(depth))
        self.columns = nn.ModuleList(AttentionLayer(TABLE_WIDTH) for _ in range(depth))
        self.norm = nn.LayerNorm(TABLE_WIDTH)
        # No bias: the scores are added to others, which have one.
        self.output = nn.Linear(TABLE_WIDTH, n_out, bias=False)

    def forward(self, vectors: Tensor, pairs: Tensor) -> Tensor:
        """Score pairs.

        vectors (Tensor): P z of each pair, from `input`. *Shape:* (pairs, TABLE_WIDTH)
        pairs (Tensor): Head and tail, different mentions for different texts. *Shape:* (pairs, 2)
        RETURNS (Tensor): *Shape:* (pairs, n_out)
        """
        if len(pairs):
            by_head, by_tail = group(pairs[:, 0]), group(pairs[:, 1])
            for row, column in zip(self.rows, self.columns):
                vectors = within_groups(row, vectors, *by_head)
                vectors = within_groups(column, vectors, *by_tail)
        return self.output(self.norm(vectors))  # (pairs, n_out)


def group(keys: Tensor) -> Tuple[Tensor, Tensor]:
    """Group items by a key.

    keys (Tensor): Integers. *Shape:* (items,)
    RETURNS (Tuple[Tensor, Tensor]): Indices of the items, one group after the other, and the sizes
        of the groups. *Shape:* (items,) and (groups,)
    """
    ordered, order = keys.sort(stable=True)  # (items,) each
    return order, ordered.unique_consecutive(return_counts=True)[1]


def within_groups(layer: nn.Module, vectors: Tensor, order: Tensor, sizes: Tensor) -> Tensor:
    """Apply a layer to the items of each group.

    layer (Module): Takes padded sequences and their mask, as `AttentionLayer`.
    vectors (Tensor): *Shape:* (items, width)
    order, sizes (Tensor): From `group`. *Shape:* (items,) and (groups,)
    RETURNS (Tensor): *Shape:* (items, width)
    """
    changed = map_padded(layer, vectors.index_select(0, order), sizes, BUDGET)  # (items, width)
    return changed.index_select(0, order.argsort())
