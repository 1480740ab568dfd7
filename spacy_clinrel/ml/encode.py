"""Sequence encoders, e.g. for the `encode` block of `spacy.Tok2Vec.v2`."""

from functools import partial
from typing import Any, Callable, List, Optional

from thinc.api import Model
from thinc.types import Floats2d
from torch import nn

from ..errors import Errors
from ..layers.cnn import ResidualCNN as ResidualCNNModule
from ..layers.recurrent import CELLS
from ..layers.recurrent import BiRNN as BiRNNModule
from .wrap import Sizes, sequence_inputs, sequence_outputs, torch_layer

Encoder = Model[List[Floats2d], List[Floats2d]]


def ResidualCNN(width: int, depth: int, window: int = 1, mixed_precision: bool = False) -> Encoder:
    """Create an encoder of convolutions with residual connections (He et al. 2016).

    width (int): Width of the output.
    depth (int): Number of convolutions.
    window (int): Number of tokens on either side that each convolution sees.
    mixed_precision (bool): Use half precision on CUDA.
    RETURNS (Model[List[Floats2d], List[Floats2d]]): The encoder.
    """
    create = partial(ResidualCNNModule, width=width, depth=depth, window=window)
    return sequence_encoder("residual_cnn", create, width, mixed_precision)


def BiRNN(
    width: int,
    depth: int = 1,
    cell: str = "lstm",
    shared_dropout: bool = True,
    mixed_precision: bool = False,
) -> Encoder:
    """Create an encoder of bidirectional recurrent layers.

    width (int): Width of the output, half of it for each direction; even.
    depth (int): Number of layers.
    cell (str): "lstm" or "gru".
    shared_dropout (bool): Drop the same features at all tokens of a text.
    mixed_precision (bool): Use half precision on CUDA.
    RETURNS (Model[List[Floats2d], List[Floats2d]]): The encoder.
    RAISES (ValueError): If the width is odd or the cell unknown.
    """
    if cell not in CELLS:
        raise ValueError(Errors.M004.format(what="cell", need=" or ".join(CELLS), value=cell))
    if width % 2:
        raise ValueError(Errors.M004.format(what="width of BiRNN", need="even", value=width))
    create = partial(
        BiRNNModule, width=width, depth=depth, cell=cell, shared_dropout=shared_dropout
    )
    return sequence_encoder(f"bi{cell}", create, width, mixed_precision)


def sequence_encoder(
    name: str, create: Callable[..., nn.Module], width: int, mixed_precision: bool = False
) -> Encoder:
    """Wrap a module that maps concatenated token vectors and lengths to token vectors.

    name (str): The layer's name.
    create (Callable[..., nn.Module]): Creates the module; takes `n_in`.
    width (int): Width of the module's output.
    mixed_precision (bool): Use half precision on CUDA.
    RETURNS (Model[List[Floats2d], List[Floats2d]]): The encoder.
    """
    return torch_layer(
        name,
        create,
        _infer_sizes,
        sequence_inputs,
        sequence_outputs,
        dims={"nI": None, "nO": width},
        mixed_precision=mixed_precision,
    )


def _infer_sizes(model: Model, X: Optional[List[Floats2d]], Y: Any) -> Sizes:
    if X is not None and model.has_dim("nI") is None:
        model.set_dim("nI", X[0].shape[1])
    return {"n_in": model.get_dim("nI")}
