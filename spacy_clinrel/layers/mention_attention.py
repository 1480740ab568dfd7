"""Self-attention among the mentions of a text."""

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from .dropout import Dropout
from .ragged import map_padded

HEADS = 4
# The most (text × mention) places of a padded batch.
PLACES = 4096


class MentionAttention(nn.Module):
    """Let each mention see the others of its text (Vaswani et al. 2017, normalised first): what a
    disease is said of decides how the mentions around it are related, however far it stands.

    width (int): Width of the vectors, a multiple of HEADS.
    depth (int): Number of layers.
    """

    def __init__(self, *, width: int, depth: int):
        super().__init__()
        self.layers = nn.ModuleList(AttentionLayer(width) for _ in range(depth))

    def forward(self, vectors: Tensor, lengths: Tensor) -> Tensor:
        """vectors (Tensor): Mentions of all texts, one text after the other. *Shape:* (mentions,
            width)
        lengths (Tensor): Mentions of each text that has any. *Shape:* (texts,)
        RETURNS (Tensor): *Shape:* (mentions, width)
        """
        if not len(vectors):
            return vectors
        return map_padded(self.padded, vectors, lengths, PLACES)

    def padded(self, x: Tensor, mask: Tensor) -> Tensor:
        """x (Tensor): *Shape:* (texts, most, width)
        mask (Tensor): Which places hold a mention. *Shape:* (texts, most)
        RETURNS (Tensor): *Shape:* (texts, most, width)
        """
        for layer in self.layers:
            x = layer(x, mask)
        return x


class AttentionLayer(nn.Module):
    """Attention, then a layer of relus, each around a shortcut.

    width (int): Width of the vectors.
    """

    def __init__(self, width: int):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.inputs = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.inner = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width)
        )
        self.dropout = Dropout()

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """x (Tensor): *Shape:* (texts, most, width)
        mask (Tensor): Which places hold a mention. *Shape:* (texts, most)
        RETURNS (Tensor): *Shape:* (texts, most, width)
        """
        shape = (*x.shape[:2], HEADS, -1)
        parts = self.inputs(self.norm(x)).chunk(3, dim=2)
        query, key, value = (part.view(shape).transpose(1, 2) for part in parts)
        seen = scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None, :])
        x = x + self.dropout(self.output(seen.transpose(1, 2).flatten(2)))
        return x + self.dropout(self.inner(x))


def mentions_of_texts(texts: Tensor, mentions: Tensor) -> Tensor:
    """How many mentions each text has.

    texts (Tensor): The number of each token's text, ascending. *Shape:* (tokens,)
    mentions (Tensor): Start, end (exclusive), type. *Shape:* (mentions, 3)
    RETURNS (Tensor): Of the texts that have any. *Shape:* (texts,)
    """
    return torch.unique_consecutive(texts[mentions[:, 0]], return_counts=True)[1]
