"""A BERT-like encoder as a tok2vec, which the components of a pipeline can share."""

from functools import partial
from typing import Any, Callable, Dict, List, Optional, Tuple, cast

import numpy as np
from spacy.tokens import Doc
from thinc.api import ArgsKwargs, Model, torch2xp
from thinc.types import Floats2d
from torch import Tensor, nn

from ..errors import Errors
from ..layers.windows import WindowEncoder
from .bert import bert_layer, no_gradient, piece_tensors, pieces_of, pool_pieces
from .encoder_files import BertLike, GetEncoder
from .pieces import GetSpans
from .wrap import gradients


def Transformer(
    encoder: GetEncoder,
    get_spans: GetSpans,
    width: Optional[int] = None,
    layers: Optional[int] = None,
    budget: int = 8192,
    encoder_rate: float = 1.0,
    layer_decay: float = 1.0,
    mixed_precision: bool = False,
) -> Model[List[Doc], List[Floats2d]]:
    """Create a BERT-like encoder (Devlin et al. 2019) for the component `tok2vec`. Other components
    share it through `spacy.Tok2VecListener.v1`. A saved pipeline contains the encoder.

    The vector of a token is the mean of the vectors of its word pieces, over all windows that
    contain the token. Tokens of white space have no pieces; their vectors are zeros.

    encoder (Callable[[List[Doc]], BertLike]): Returns the encoder, e.g.
        `spacy-clinrel.PretrainedEncoder.v1` or `spacy-clinrel.RandomEncoder.v1`.
    get_spans (Callable[[List[Doc]], List[List[Span]]]): Splits texts into windows that fit the
        encoder, which may overlap, as in spacy-transformers.
    width (Optional[int]): Width of the encoder (its hidden_size), to which the listeners can refer.
        An encoder of another width is an error. None for any width.
    layers (Optional[int]): Number of layers to use, from the first. None for all.
    budget (int): Maximum number of word pieces, with padding, that run through the encoder at once.
        If a batch has more, training computes the encoder a second time in the backward pass, which
        bounds the memory.
    encoder_rate (float): The encoder's learning rate as a multiple of the optimizer's.
    layer_decay (float): Each layer's learning rate as a multiple of the next higher layer's.
    mixed_precision (bool): Whether to use half precision on CUDA, and bfloat16 in training on a CPU
        that computes with it (AVX-512 BF16, AMX).
    RETURNS (Model[List[Doc], List[Floats2d]]): The model. Its nO is the width.
    RAISES (ValueError): If an option is out of range.
    """
    for what, value in (("width", width), ("layers", layers), ("budget", budget)):
        if value is not None and value < 1:
            raise ValueError(Errors.M004.format(what=what, need="1 or more", value=value))
    bert = bert_layer(
        "window_encoder",
        partial(_wrap, budget),
        partial(_first_layers, encoder, layers),
        _convert_inputs,
        _convert_outputs,
        width=width,
        encoder_rate=encoder_rate,
        layer_decay=layer_decay,
        mixed_precision=mixed_precision,
    )
    return Model(
        "transformer",
        _forward,
        init=_init,
        layers=[bert],
        dims={"nO": width},
        attrs={"get_spans": get_spans},
    )


# Module-level functions, not closures, since spawned processes receive models by pickling.
def _wrap(budget: int, encoder: BertLike) -> WindowEncoder:
    return WindowEncoder(encoder.transformer, encoder.tokenizer, budget=budget)


def _first_layers(get_encoder: GetEncoder, layers: Optional[int], docs: List[Doc]) -> BertLike:
    """Load an encoder and keep its first layers.

    RAISES (ValueError): If it has fewer.
    """
    loaded = get_encoder(docs)
    found = cast(nn.ModuleList, loaded.transformer.encoder.layer)
    if layers is not None:
        if layers > len(found):
            need = f"1 to {len(found)}, the number of the encoder's layers"
            raise ValueError(Errors.M004.format(what="layers", need=need, value=layers))
        loaded.transformer.encoder.layer = found[:layers]
        loaded.transformer.config.num_hidden_layers = layers
    return loaded


def _init(model: Model, X: Any = None, Y: Any = None) -> None:
    (bert,) = model.layers
    bert.initialize(X=X)
    model.set_dim("nO", bert.get_dim("nO"))


def _convert_inputs(
    model: Model, inputs: Dict[str, np.ndarray], is_train: bool
) -> Tuple[ArgsKwargs, Callable]:
    return ArgsKwargs(args=(piece_tensors(model, inputs),), kwargs={}), no_gradient


def _convert_outputs(
    model: Model, inputs_outputs: Tuple[Any, Tensor], is_train: bool
) -> Tuple[Floats2d, Callable[[Floats2d], ArgsKwargs]]:
    _, states = inputs_outputs

    def backprop(d_states: Floats2d) -> ArgsKwargs:
        return gradients((states,), (d_states,))

    return cast(Floats2d, torch2xp(states.float())), backprop


def _forward(
    model: Model, docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable[[List[Floats2d]], List[Doc]]]:
    (bert,) = model.layers
    if not any(len(doc) for doc in docs):
        width = bert.get_dim("nO")
        return [model.ops.alloc2f(0, width) for _ in docs], lambda d_vectors: []
    pieces = pieces_of(bert, docs, model.attrs["get_spans"])
    states, backprop_bert = bert(pieces.inputs, is_train)
    vectors, backprop_pool = pool_pieces(model.ops, pieces, states, docs)

    def backprop(d_vectors: List[Floats2d]) -> List[Doc]:
        backprop_bert(backprop_pool(d_vectors))
        return []

    return vectors, backprop
