"""Registered encoders and poolings of `spacy-clinrel.PairSentence.v1`. Each function checks its
arguments and returns a function that creates the module for an input width.
"""

from functools import partial
from typing import Any, Sequence

from ..errors import Errors
from ..layers import pair_sentence as layers
from ..layers.pair_sentence.encoders import CreateEncoder
from ..layers.pair_sentence.pooling import CreatePooling
from ..layers.recurrent import CELLS


def _check(is_valid: bool, what: str, need: str, value: Any) -> None:
    if not is_valid:
        raise ValueError(Errors.M004.format(what=what, need=need, value=value))


def _check_windows(filters: int, windows: Sequence[int]) -> None:
    _check(filters > 0, "filters", "1 or more", filters)
    are_odd = bool(windows) and all(size > 0 and size % 2 for size in windows)
    _check(are_odd, "windows", "odd numbers", windows)


def CNN(filters: int = 128, depth: int = 1, windows: Sequence[int] = (3,)) -> CreateEncoder:
    """Create an encoder of convolutions without residual connections (Zeng et al. 2014).

    filters (int): Number of filters of each convolution.
    depth (int): Number of convolutions of a stack.
    windows (Sequence[int]): For each of the parallel stacks, the number of characters that a
        convolution sees, odd.
    RETURNS (Callable[..., Module]): Creates the encoder for an input width `n_in`.
    RAISES (ValueError): If an argument is out of range.
    """
    _check_windows(filters, windows)
    _check(depth > 0, "depth of CNN", "1 or more", depth)
    return partial(layers.CNN, filters=filters, depth=depth, windows=tuple(windows))


def ResNet(filters: int = 128, depth: int = 9, windows: Sequence[int] = (3,)) -> CreateEncoder:
    """Create a residual network (He et al. 2016): a convolution, then blocks of two.

    filters (int): Number of filters of each convolution.
    depth (int): Number of convolutions, odd: one, plus two per block.
    windows (Sequence[int]): For each of the parallel stacks, the number of characters that a
        convolution sees, odd.
    RETURNS (Callable[..., Module]): Creates the encoder for an input width `n_in`.
    RAISES (ValueError): If an argument is out of range.
    """
    _check_windows(filters, windows)
    _check(depth > 2 and depth % 2 == 1, "depth of ResNet", "odd and 3 or more", depth)
    return partial(layers.ResNet, filters=filters, depth=depth, windows=tuple(windows))


def RNN(
    width: int = 256, depth: int = 1, cell: str = "lstm", bidirectional: bool = True
) -> CreateEncoder:
    """Create an encoder of recurrent layers.

    width (int): Width of the output; if bidirectional, half of it for each direction.
    depth (int): Number of layers.
    cell (str): "lstm" or "gru".
    bidirectional (bool): Read in both directions, or forwards only.
    RETURNS (Callable[..., Module]): Creates the encoder for an input width `n_in`.
    RAISES (ValueError): If an argument is out of range.
    """
    _check(cell in CELLS, "cell", " or ".join(CELLS), cell)
    _check(depth > 0, "depth of RNN", "1 or more", depth)
    is_valid = width > 0 and (not bidirectional or width % 2 == 0)
    _check(is_valid, "width of RNN", "even" if bidirectional else "1 or more", width)
    return partial(layers.RNN, width=width, depth=depth, cell=cell, bidirectional=bidirectional)


def Stacked(*encoders: CreateEncoder, normalize: bool = False) -> CreateEncoder:
    """Stack encoders on top of each other.

    encoders (Callable[..., Module]): The encoders, in the order in which they are applied.
    normalize (bool): Apply layer normalisation between encoders. A recurrent layer on a residual
        network hardly learns without it.
    RETURNS (Callable[..., Module]): Creates the encoder for an input width `n_in`.
    RAISES (ValueError): If there are no encoders.
    """
    _check(len(encoders) > 0, "the encoders of Stacked", "one or more", encoders)
    return partial(layers.Stacked, create=encoders, normalize=normalize)


def Parallel(*encoders: CreateEncoder) -> CreateEncoder:
    """Run encoders side by side, each with a separate pooling.

    encoders (Callable[..., Module]): The encoders.
    RETURNS (Callable[..., Module]): Creates the encoder for an input width `n_in`.
    RAISES (ValueError): If there are no encoders.
    """
    _check(len(encoders) > 0, "the encoders of Parallel", "one or more", encoders)
    return partial(layers.Parallel, create=encoders)


def MaxPool() -> CreatePooling:
    """Create a pooling that takes the maximum of each feature over the window.

    RETURNS (Callable[..., Module]): Creates the pooling.
    """
    return layers.MaxPool


def PiecewiseMaxPool() -> CreatePooling:
    """Create a pooling that takes the maximum over each of the three pieces into which the mentions
    divide the window (Zeng et al. 2015).

    RETURNS (Callable[..., Module]): Creates the pooling.
    """
    return layers.PiecewiseMaxPool


def AttentionPool() -> CreatePooling:
    """Create character attention (equations 10 and 11 of "ResGRU-Att").

    RETURNS (Callable[..., Module]): Creates the pooling.
    """
    return layers.AttentionPool


def PositionAttentionPool(window: int = 3, width: int = 128) -> CreatePooling:
    """Create position attention (equations 4 and 5 of "Attention-based deep residual network").

    window (int): Number of characters, centred on each character, over which features are
        max-pooled; odd.
    width (int): Width of the attention's hidden layer.
    RETURNS (Callable[..., Module]): Creates the pooling.
    RAISES (ValueError): If an argument is out of range.
    """
    _check(window > 0 and window % 2 == 1, "window of PositionAttentionPool", "odd", window)
    _check(width > 0, "width of PositionAttentionPool", "1 or more", width)
    return partial(layers.PositionAttentionPool, window=window, width=width)
