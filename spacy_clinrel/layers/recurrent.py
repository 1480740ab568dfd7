"""Bidirectional recurrent layers over tokens."""

import torch
from torch import Tensor, nn

from .dropout import Dropout
from .ragged import map_padded

# The most (text × token) places of a padded batch. On the CPU few, of texts of like length, are
# more than twice as fast as many with much padding (benchmarks/NOTES.md).
PLACES, CPU_PLACES = 65536, 4096

CELLS = {"lstm": nn.LSTM, "gru": nn.GRU}


class BiRNN(nn.Module):
    """Bidirectional LSTM or GRU layers with dropout before each and after the last.

    n_in (int): Width of the input.
    width (int): Width of the output, half of it for each direction; even.
    depth (int): Number of layers.
    cell (str): "lstm" or "gru".
    shared_dropout (bool): Drop the same features at all tokens of a text.
    dropout (bool): Whether there is any dropout.
    """

    def __init__(
        self,
        *,
        n_in: int,
        width: int,
        depth: int,
        cell: str = "lstm",
        shared_dropout: bool = True,
        dropout: bool = True,
    ):
        super().__init__()
        sizes = [(n_in if i == 0 else width, width // 2) for i in range(depth)]
        self.forward_layers = nn.ModuleList(CELLS[cell](*s, batch_first=True) for s in sizes)
        self.backward_layers = nn.ModuleList(CELLS[cell](*s, batch_first=True) for s in sizes)
        self.dropout = Dropout(shared=shared_dropout) if dropout else nn.Identity()
        self.width = width

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """tokens (Tensor): Token vectors of all texts. *Shape:* (tokens, n_in)
        lengths (Tensor): Tokens of each text. *Shape:* (texts,)
        RETURNS (Tensor): *Shape:* (tokens, width)
        """
        if not len(tokens):
            # A product, so that the gradient, empty as well, finds its way back.
            return tokens @ tokens.new_zeros(tokens.shape[1], self.width)
        places = CPU_PLACES if tokens.device.type == "cpu" else PLACES
        return map_padded(self.padded, tokens, lengths, places)

    def padded(self, x: Tensor, mask: Tensor) -> Tensor:
        """x (Tensor): Token vectors, a text a row. *Shape:* (texts, longest, n_in)
        mask (Tensor): Which places hold a token. *Shape:* (texts, longest)
        RETURNS (Tensor): Whatever where the mask is false. *Shape:* (texts, longest, width)
        """
        mirror = mirrored(mask, mask.sum(1))
        for forth, back in zip(self.forward_layers, self.backward_layers):
            x = self.dropout(x)
            ahead, _ = forth(x)  # (texts, longest, width / 2)
            behind, _ = back(take(x, mirror))
            x = torch.cat([ahead, take(behind, mirror)], dim=2)  # (texts, longest, width)
        return self.dropout(x)


def mirrored(mask: Tensor, lengths: Tensor) -> Tensor:
    """Positions that turn each text round and leave its padding where it is.

    Texts of one batch are turned each by its own length, so both directions start at a token,
    and padding, which comes last in both, never reaches one. (Packed sequences do the same,
    but a training pass over 16 texts of 50 to 900 characters took 2.5 s with them and 0.6 s this
    way, on one thread.)

    mask (Tensor): Which places hold a token. *Shape:* (texts, longest)
    lengths (Tensor): Tokens of each text. *Shape:* (texts,)
    RETURNS (Tensor): Its own inverse. *Shape:* (texts, longest)
    """
    place = torch.arange(mask.shape[1], device=mask.device).expand_as(mask)
    return torch.where(mask, lengths[:, None] - 1 - place, place)


def take(x: Tensor, index: Tensor) -> Tensor:
    """Reorder the positions of each text.

    x (Tensor): *Shape:* (texts, longest, width)
    index (Tensor): *Shape:* (texts, longest)
    RETURNS (Tensor): *Shape:* (texts, longest, width)
    """
    return x.gather(1, index[:, :, None].expand_as(x))
