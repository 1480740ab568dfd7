"""Dropout whose rate can be set from outside."""

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Dropout over the last dimension or, with `shared`, over whole features of a sequence.

    Its rate is set by `set_dropout`, so that spaCy's `drop` reaches it.

    shared (bool): Drop a feature at all positions of a sequence together (variational dropout,
        Gal & Ghahramani 2016), which recurrent layers take better.
    """

    def __init__(self, *, shared: bool = False):
        super().__init__()
        self.shared = shared
        self.rate = 0.0

    def forward(self, x: Tensor) -> Tensor:
        """x (Tensor): *Shape:* (..., width), with `shared` (batch, positions, width).
        RETURNS (Tensor): Of the same shape.
        """
        if not self.training or self.rate <= 0.0:
            return x
        if not self.shared:
            return nn.functional.dropout(x, self.rate)
        keep = 1.0 - self.rate
        mask = torch.empty_like(x[:, :1]).bernoulli_(keep) / keep  # (batch, 1, width)
        return x * mask


def set_dropout(module: nn.Module, rate: float) -> None:
    """Set the rate of every Dropout within a module.

    module (nn.Module): The module.
    rate (float): Share of values set to zero in training, 0 to 1.
    """
    for part in module.modules():
        if isinstance(part, Dropout):
            part.rate = rate
