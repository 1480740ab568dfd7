"""Encoders of padded windows.

Each maps an input of shape (batch, longest, n_in) and a token mask to an output of shape (batch,
longest, sum of `widths`), with zeros in padding. `widths` are the widths of the parts of the output
that are pooled separately.
"""

from typing import Callable, List, Sequence, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from ..recurrent import CELLS, BiRNN


class WindowEncoder(nn.Module):
    """Base class of the encoders.

    widths (List[int]): Widths of the parts of the output that are pooled separately.
    """

    widths: List[int]


# Creates an encoder for inputs of width `n_in`.
CreateEncoder = Callable[..., WindowEncoder]


class Convolution(nn.Conv1d):
    """A convolution over the tokens of padded windows that preserves the number of tokens.

    n_in (int): Width of the input.
    n_out (int): Number of filters.
    window (int): Number of tokens that a filter sees, odd.
    """

    def __init__(self, n_in: int, n_out: int, window: int):
        super().__init__(n_in, n_out, window)
        # This initialization preserves the variance through relus (He et al. 2015). Otherwise,
        # activations of deep stacks vanish.
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu")
        assert self.bias is not None
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the convolution.

        x (Tensor): *Shape:* (batch, longest, n_in)
        RETURNS (Tensor): *Shape:* (batch, longest, n_out)
        """
        # conv2d, unlike conv1d, accepts this memory layout (channels last) without a copy.
        image = x.transpose(1, 2)[:, :, None]  # (batch, n_in, 1, longest)
        padding = (0, self.kernel_size[0] // 2)
        y = conv2d(image, self.weight[:, :, None], self.bias, padding=padding)
        return y.squeeze(2).transpose(1, 2)  # (batch, longest, n_out)


class Convolutions(WindowEncoder):
    """Base class of encoders with parallel stacks of convolutions, one for each window size.

    n_in (int): Width of the input.
    filters (int): Width of the output of each stack.
    depth (int): Number of convolutions of a stack.
    windows (Sequence[int]): For each stack, the number of tokens that a convolution sees, odd.
    """

    def __init__(self, *, n_in: int, filters: int, depth: int, windows: Sequence[int]):
        super().__init__()
        self.widths = [filters * len(windows)]
        inputs = [n_in, *[filters] * (depth - 1)]
        self.stacks = nn.ModuleList(
            nn.ModuleList(Convolution(width, filters, size) for width in inputs) for size in windows
        )

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Encode windows.

        x (Tensor): *Shape:* (batch, longest, n_in)
        mask (Tensor): True for tokens, False for padding. *Shape:* (batch, longest)
        RETURNS (Tensor): *Shape:* (batch, longest, filters · windows)
        """
        keep = mask[:, :, None].to(x.dtype)  # (batch, longest, 1)
        outputs = [self.run(list(cast(nn.ModuleList, stack)), x, keep) for stack in self.stacks]
        return torch.cat(outputs, dim=2)

    def run(self, stack: List[nn.Module], x: Tensor, keep: Tensor) -> Tensor:
        """Apply a stack of convolutions.

        stack (List[Module]): The convolutions, in the order in which they are applied.
        x (Tensor): *Shape:* (batch, longest, n_in)
        keep (Tensor): 1 for tokens, 0 for padding. *Shape:* (batch, longest, 1)
        RETURNS (Tensor): *Shape:* (batch, longest, filters)
        """
        raise NotImplementedError


class CNN(Convolutions):
    """Convolutions without residual connections (Zeng et al. 2014):

    x ← relu(W * x + b)
    """

    def run(self, stack: List[nn.Module], x: Tensor, keep: Tensor) -> Tensor:
        """Apply a stack of convolutions. See `Convolutions.run`."""
        for conv in stack:
            x = conv(x).relu() * keep  # (batch, longest, filters)
        return x


class ResNet(Convolutions):
    """A convolution, then blocks of two convolutions, each block with a residual connection (He et
    al. 2016): equations 2 and 3 of "Attention-based deep residual network",

        ĉ = relu(W2 · relu(W1 · c + b1) + b2 + c)

    Equations 3 to 5 of "ResGRU-Att" have another relu on the second convolution before the sum
    (equation 5 adds c_l there; c_{l+1} is meant). This module uses the form above for both papers.
    The depth is odd: 5, 9, 11, 13 convolutions have 2, 4, 5, 6 blocks.
    """

    def __init__(self, *, n_in: int, filters: int, depth: int, windows: Sequence[int]):
        super().__init__(n_in=n_in, filters=filters, depth=depth, windows=windows)
        # Start each block as the identity (Zhang et al. 2019, "Fixup initialization"). With the
        # initialization of a plain stack, activations grow with each block and saturate an LSTM on
        # top of them; training then needs a learning rate at which the LSTM hardly changes.
        for stack in self.stacks:
            for conv in list(cast(nn.ModuleList, stack))[2::2]:
                nn.init.zeros_(cast(Convolution, conv).weight)

    def run(self, stack: List[nn.Module], x: Tensor, keep: Tensor) -> Tensor:
        """Apply a stack of convolutions. See `Convolutions.run`."""
        first, *blocks = stack
        x = first(x).relu() * keep  # (batch, longest, filters)
        for lower, upper in zip(blocks[::2], blocks[1::2]):
            x = (upper(lower(x).relu() * keep) + x).relu() * keep  # (batch, longest, filters)
        return x


class RNN(WindowEncoder):
    """LSTM or GRU layers, in both directions or forwards only.

    n_in (int): Width of the input.
    width (int): Width of the output; if bidirectional, half of it for each direction.
    depth (int): Number of layers.
    cell (str): "lstm" or "gru".
    bidirectional (bool): Read in both directions.
    """

    def __init__(self, *, n_in: int, width: int, depth: int, cell: str, bidirectional: bool):
        super().__init__()
        self.widths = [width]
        self.layers: nn.Module
        if bidirectional:
            self.layers = BiRNN(n_in=n_in, width=width, depth=depth, cell=cell, dropout=False)
        else:
            self.layers = CELLS[cell](n_in, width, num_layers=depth, batch_first=True)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Encode windows.

        x (Tensor): *Shape:* (batch, longest, n_in)
        mask (Tensor): True for tokens, False for padding. *Shape:* (batch, longest)
        RETURNS (Tensor): *Shape:* (batch, longest, width)
        """
        if isinstance(self.layers, BiRNN):
            y = self.layers.padded(x, mask)  # (batch, longest, width)
        else:
            # Padding follows the tokens, so a forward pass does not read it before them.
            y = self.layers(x)[0]  # (batch, longest, width)
        return y * mask[:, :, None].to(y.dtype)


class Stacked(WindowEncoder):
    """Encoders on top of each other, e.g. ResNet → BiLSTM.

    n_in (int): Width of the input.
    create (Sequence[Callable]): Functions that create the encoders, in the order in which they are
        applied.
    normalize (bool): Apply layer normalisation (Ba et al. 2016) between encoders. The activations
        of a residual network are unbounded. They can saturate a recurrent layer, whose gradient
        then vanishes.
    """

    def __init__(self, *, n_in: int, create: Sequence[CreateEncoder], normalize: bool):
        super().__init__()
        self.encoders = nn.ModuleList()
        self.norms = nn.ModuleList()
        self.widths = [n_in]
        for i, create_next in enumerate(create):
            norm = nn.LayerNorm(sum(self.widths)) if normalize and i else nn.Identity()
            encoder = create_next(n_in=sum(self.widths))
            self.norms.append(norm)
            self.encoders.append(encoder)
            self.widths = encoder.widths

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Encode windows.

        x (Tensor): *Shape:* (batch, longest, n_in)
        mask (Tensor): True for tokens, False for padding. *Shape:* (batch, longest)
        RETURNS (Tensor): *Shape:* (batch, longest, sum of widths)
        """
        keep = mask[:, :, None].to(x.dtype)  # (batch, longest, 1)
        for encoder, norm in zip(self.encoders, self.norms):
            x = encoder(norm(x) * keep, mask)  # (batch, longest, sum of the encoder's widths)
        return x


class Parallel(WindowEncoder):
    """Encoders side by side, each pooled separately, e.g. ResNet ⊕ BiGRU (equation 12 of
    "ResGRU-Att").

    n_in (int): Width of the input.
    create (Sequence[Callable]): Functions that create the encoders.
    """

    def __init__(self, *, n_in: int, create: Sequence[CreateEncoder]):
        super().__init__()
        encoders = [create_encoder(n_in=n_in) for create_encoder in create]
        self.encoders = nn.ModuleList(encoders)
        self.widths = [width for encoder in encoders for width in encoder.widths]

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Encode windows.

        x (Tensor): *Shape:* (batch, longest, n_in)
        mask (Tensor): True for tokens, False for padding. *Shape:* (batch, longest)
        RETURNS (Tensor): *Shape:* (batch, longest, sum of widths)
        """
        return torch.cat([encoder(x, mask) for encoder in self.encoders], dim=2)
