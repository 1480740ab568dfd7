"""Bidirectional recurrent layers over tokens."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from .dropout import Dropout
from .ragged import pad, unpad

CELLS = {"lstm": nn.LSTM, "gru": nn.GRU}


class BiRNN(nn.Module):
    """Bidirectional LSTM or GRU layers with dropout before each and after the last.

    n_in (int): Width of the input.
    width (int): Width of the output, half of it for each direction; even.
    depth (int): Number of layers.
    cell (str): "lstm" or "gru".
    shared_dropout (bool): Drop the same features at all tokens of a text.
    """

    def __init__(
        self, *, n_in: int, width: int, depth: int, cell: str = "lstm", shared_dropout: bool = True
    ):
        super().__init__()
        self.layers = nn.ModuleList(
            CELLS[cell](
                n_in if i == 0 else width, width // 2, bidirectional=True, batch_first=True
            )
            for i in range(depth)
        )
        self.dropout = Dropout(shared=shared_dropout)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """tokens (Tensor): Token vectors of all texts. *Shape:* (tokens, n_in)
        lengths (Tensor): Tokens of each text. *Shape:* (texts,)
        RETURNS (Tensor): *Shape:* (tokens, width)
        """
        # The recurrence takes no empty text.
        filled = lengths[lengths > 0]
        if not len(filled):
            return tokens.new_zeros(0, 2 * self.layers[0].hidden_size)
        x, mask = pad(tokens, filled)  # (texts, longest, n_in)
        sizes = filled.cpu()
        for layer in self.layers:
            packed = pack_padded_sequence(
                self.dropout(x), sizes, batch_first=True, enforce_sorted=False
            )
            output, _ = layer(packed)
            x, _ = pad_packed_sequence(output, batch_first=True)  # (texts, longest, width)
        return unpad(self.dropout(x), mask)

    def _load_from_state_dict(self, *args, **kwargs):
        super()._load_from_state_dict(*args, **kwargs)
        for layer in self.layers:
            if next(layer.parameters()).is_cuda:
                with torch.no_grad():
                    layer.flatten_parameters()
