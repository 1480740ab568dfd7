"""Residual convolutions over tokens."""

from torch import Tensor, nn

from .dropout import Dropout
from .ragged import pad, unpad


class ResidualCNN(nn.Module):
    """Convolutions with layer normalisation and a residual connection each (He et al. 2016):

        x ← x + dropout(relu(norm(conv(x))))

    Padding is set to zero before every layer, so that the output of a text does not depend on the
    other texts of the batch.

    n_in (int): Width of the input.
    width (int): Width of the output. If it differs from `n_in`, a linear map precedes the
        convolutions.
    depth (int): Number of convolutions.
    window (int): Number of tokens on either side that a convolution sees.
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
        """Encode texts.

        tokens (Tensor): Token vectors. *Shape:* (tokens, n_in)
        lengths (Tensor): Number of tokens of each text. *Shape:* (texts,)
        RETURNS (Tensor): *Shape:* (tokens, width)
        """
        x = self.project(self.dropout(tokens))  # (tokens, width)
        if not len(tokens):
            return x
        x, mask = pad(x, lengths)  # (texts, longest, width), (texts, longest)
        padding = ~mask[:, :, None]  # (texts, longest, 1)
        for conv, norm in zip(self.convs, self.norms):
            y = conv(x.transpose(1, 2)).transpose(1, 2)  # (texts, longest, width)
            y = self.dropout(norm(y).relu())  # (texts, longest, width)
            x = (x + y).masked_fill(padding, 0.0)  # (texts, longest, width)
        return unpad(x, mask)  # (tokens, width)
