"""Self-attention among the mentions of a text."""

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from .dropout import Dropout
from .ragged import map_padded

HEADS = 4
# Maximum size of a padded batch, texts times the largest number of mentions.
BUDGET = 4096


class MentionAttention(nn.Module):
    """Transformer layers with normalisation first (Vaswani et al. 2017; Xiong et al. 2020) over the
    mentions of a text. So the relation of two mentions can depend on distant mentions.

    width (int): Width of the vectors, a multiple of HEADS.
    depth (int): Number of layers.
    """

    def __init__(self, *, width: int, depth: int):
        super().__init__()
        self.layers = nn.ModuleList(AttentionLayer(width) for _ in range(depth))

    def forward(self, vectors: Tensor, lengths: Tensor) -> Tensor:
        """Encode the mentions of texts.

        vectors (Tensor): Mentions of all texts, one text after the other. *Shape:* (mentions,
            width)
        lengths (Tensor): Number of mentions of each text that has any. *Shape:* (texts,)
        RETURNS (Tensor): *Shape:* (mentions, width)
        """
        if not len(vectors):
            return vectors
        return map_padded(self.padded, vectors, lengths, BUDGET)

    def padded(self, x: Tensor, mask: Tensor) -> Tensor:
        """Encode the mentions of padded texts.

        x (Tensor): *Shape:* (texts, longest, width)
        mask (Tensor): True for mentions, False for padding. *Shape:* (texts, longest)
        RETURNS (Tensor): *Shape:* (texts, longest, width)
        """
        for layer in self.layers:
            x = layer(x, mask)
        return x


class AttentionLayer(nn.Module):
    """Multi-head attention and a feed-forward network, each with a residual connection:

        x ← x + W_o Attention(norm(x)),  x ← x + FFN(norm(x))

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
        """Apply the layer.

        x (Tensor): *Shape:* (texts, longest, width)
        mask (Tensor): True for mentions, False for padding. *Shape:* (texts, longest)
        RETURNS (Tensor): *Shape:* (texts, longest, width)
        """
        shape = (*x.shape[:2], HEADS, -1)
        parts = self.inputs(self.norm(x)).chunk(3, dim=2)  # (texts, longest, width) each
        # (texts, heads, longest, width / heads) each
        query, key, value = (part.view(shape).transpose(1, 2) for part in parts)
        attended = scaled_dot_product_attention(
            query, key, value, attn_mask=mask[:, None, None, :]
        )  # (texts, heads, longest, width / heads)
        attended = attended.transpose(1, 2).flatten(2)  # (texts, longest, width)
        x = x + self.dropout(self.output(attended))  # (texts, longest, width)
        return x + self.dropout(self.inner(x))  # (texts, longest, width)


def mentions_of_texts(texts: Tensor, mentions: Tensor) -> Tensor:
    """Count the mentions of each text.

    texts (Tensor): Text index of each token, ascending. *Shape:* (tokens,)
    mentions (Tensor): Start, end (exclusive), type. *Shape:* (mentions, 3)
    RETURNS (Tensor): Counts of the texts that have mentions. *Shape:* (texts,)
    """
    return torch.unique_consecutive(texts[mentions[:, 0]], return_counts=True)[1]
