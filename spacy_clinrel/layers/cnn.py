"""Residual convolutions over tokens."""

from torch import Tensor, nn

from .dropout import Dropout
from .ragged import pad, unpad


class ResidualCNN(nn.Module):
    """Convolutions with normalisation and a residual connection each (He et al. 2016).

    Each layer is x + dropout(relu(norm(conv(x)))); padding is zero at every layer, so that what
    stands beside a text in the batch never changes its output.

    n_in (int): Width of the input.
    width (int): Width of the output; a linear map comes first where the two differ.
    depth (int): Number of convolutions.
    window (int): Tokens on either side that a convolution sees.
    """

    def __init__(self, *, n_in: int, width: int, depth: int, window: int):
        super().__init__()
        self.project = nn.Linear(n_in, width) if n_in != width else nn.Identity()
        size = 2 * window + 1
        self.convs = nn.ModuleList(
            nn.Conv1d(width, width, size, padding=window) for _ in range(depth)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(depth))
        self.dropout = Dropout()

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """tokens (Tensor): Token vectors of all texts. *Shape:* (tokens, n_in)
        lengths (Tensor): Tokens of each text. *Shape:* (texts,)
        RETURNS (Tensor): *Shape:* (tokens, width)
        """
        x = self.project(self.dropout(tokens))
        if not len(tokens):
            return x
        x, mask = pad(x, lengths)  # (texts, longest, width)
        hole = ~mask[:, :, None]
        for conv, norm in zip(self.convs, self.norms):
            y = conv(x.transpose(1, 2)).transpose(1, 2)  # (texts, longest, width)
            y = self.dropout(norm(y).relu())
            x = (x + y).masked_fill(hole, 0.0)
        return unpad(x, mask)
