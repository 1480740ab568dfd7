"""Dropout with a rate that can be set after the module is built."""

import torch
from torch import Tensor, nn


class Dropout(nn.Module):
    """Dropout of single values or, with `shared`, of whole features of a sequence.

    The rate is 0 until `set_dropout` sets it from spaCy's `drop`.

    shared (bool): Drop a feature at all positions of a sequence together (variational dropout,
        Gal & Ghahramani 2016), for recurrent layers.
    """

    def __init__(self, *, shared: bool = False):
        super().__init__()
        self.shared = shared
        self.rate = 0.0

    def forward(self, x: Tensor) -> Tensor:
        """Apply dropout in training.

        x (Tensor): *Shape:* (..., width), with `shared` (batch, positions, width)
        RETURNS (Tensor): The same shape.
        """
        if not self.training or self.rate <= 0.0:
            return x
        if not self.shared:
            return nn.functional.dropout(x, self.rate)
        keep = 1.0 - self.rate
        mask = torch.empty_like(x[:, :1]).bernoulli_(keep) / keep  # (batch, 1, width)
        return x * mask  # (batch, positions, width)


def set_dropout(module: nn.Module, rate: float) -> None:
    """Set the rate of every `Dropout` in a module.

    module (Module): The module.
    rate (float): Probability that a value is set to zero in training, 0 to 1.
    """
    for part in module.modules():
        if isinstance(part, Dropout):
            part.rate = rate
