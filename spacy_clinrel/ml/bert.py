"""A BERT-like encoder as a layer that a pipeline owns, and token vectors from its word pieces."""

from functools import partial
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, cast

import numpy as np
import torch
from spacy.tokens import Doc
from spacy_transformers.align import apply_alignment
from thinc.api import ArgsKwargs, Model, Ops, reduce_mean
from thinc.types import Floats2d
from thinc.util import get_torch_default_device
from torch import Tensor, nn

from ..errors import Errors
from .encoder_files import (
    BertLike,
    Files,
    GetEncoder,
    encoder_files,
    encoder_from_files,
    outline_encoder,
)
from .pieces import GetSpans, Pieces, make_pieces
from .weights import Weights
from .wrap import LazyModule, Sizes, device_of, to_tensor, torch_layer

# Returns a module with the encoder as `transformer` and its tokenizer as `tokenizer`.
WrapEncoder = Callable[[BertLike], nn.Module]


def bert_layer(
    name: str,
    wrap: WrapEncoder,
    get_encoder: GetEncoder,
    convert_inputs: Callable,
    convert_outputs: Callable,
    *,
    check: Optional[Callable[[Any, str], None]] = None,
    width: Optional[int] = None,
    encoder_rate: float = 1.0,
    layer_decay: float = 1.0,
    mixed_precision: bool = False,
) -> Model:
    """Create a layer that owns a BERT-like encoder. A saved pipeline contains the encoder, its
    config and its tokenizer.

    name (str): The layer's name.
    wrap (Callable[[BertLike], Module]): Returns a module with the encoder as `transformer` and its
        tokenizer as `tokenizer`.
    get_encoder (Callable[[List[Doc]], BertLike]): Returns the encoder at initialization.
    convert_inputs (Callable): As in `torch_layer`.
    convert_outputs (Callable): As in `torch_layer`.
    check (Optional[Callable[[Module, str], None]]): Checks the module of a loaded encoder, given
        its model type.
    width (Optional[int]): Width of the encoder, nO. None to take it from the encoder.
    encoder_rate (float): The learning rate of the last layer as a multiple of the optimizer's.
    layer_decay (float): Each layer's learning rate as a multiple of the next higher layer's.
    mixed_precision (bool): Whether to use half precision on CUDA, and bfloat16 in training on a CPU
        that computes with it.
    RETURNS (Model): The layer. Its nO is the width of the encoder.
    RAISES (ValueError): If a rate is negative.
    """
    for what, value in (("encoder_rate", encoder_rate), ("layer_decay", layer_decay)):
        if value < 0.0:
            raise ValueError(Errors.M004.format(what=what, need="0 or more", value=value))
    layer = torch_layer(
        name,
        partial(_create, wrap),
        _no_sizes,
        convert_inputs,
        convert_outputs,
        dims={"nO": width},
        mixed_precision=mixed_precision,
        rate=partial(_rate, encoder_rate, layer_decay),
        outline=partial(_outline, wrap),
    )
    if mixed_precision:
        lazy = cast(LazyModule, layer.shims[0]._model)
        lazy.low_precision = computes_with_bfloat16()
    layer.init = partial(_load, wrap, check, get_encoder)
    return layer


def computes_with_bfloat16() -> bool:
    """Return whether the default device is a CPU with instructions for bfloat16. Without them,
    bfloat16 is slower than single precision.

    RETURNS (bool): Whether it is.
    """
    on_cpu = get_torch_default_device().type == "cpu"
    return on_cpu and torch.cpu._is_avx512_bf16_supported()


def _rate(encoder_rate: float, layer_decay: float, module: Any, weight: str) -> float:
    """Return the learning rate of a weight as a multiple of the optimizer's. The last layer has
    `encoder_rate`; each lower layer has the rate of the layer above times `layer_decay`. The
    embeddings count as the layer below the first.
    """
    n_layers = len(module.inner.transformer.encoder.layer)
    parts = weight.split(".")
    layer = int(parts[parts.index("layer") + 1]) if "encoder" in parts else -1
    return encoder_rate * layer_decay ** (n_layers - 1 - layer)


def _create(wrap: WrapEncoder, files: Files) -> nn.Module:
    return wrap(encoder_from_files(files))


def _outline(wrap: WrapEncoder, weights: Weights, sizes: Sizes) -> nn.Module:
    return wrap(BertLike(None, outline_encoder(sizes["files"], weights)))


def _no_sizes(model: Model, X: Any, Y: Any) -> Sizes:
    raise NotImplementedError("the encoder is loaded by _load and has no sizes to infer")


def _load(
    wrap: WrapEncoder,
    check: Optional[Callable[[Any, str], None]],
    get_encoder: GetEncoder,
    model: Model,
    X: Any = None,
    Y: Any = None,
) -> None:
    """Load the encoder, unless the model already has one.

    RAISES (ValueError): If its width is not that of the model.
    """
    lazy = cast(LazyModule, model.shims[0]._model)
    if lazy.inner is None:
        loaded = get_encoder(X or [])
        module = wrap(loaded)
        if check is not None:
            check(module, loaded.transformer.config.model_type)
        lazy.adopt(module, {"files": encoder_files(loaded)})
        lazy.to(get_torch_default_device())
    found = cast(Any, lazy.inner).transformer.config.hidden_size
    if model.has_dim("nO") and model.get_dim("nO") != found:
        raise ValueError(Errors.M040.format(width=model.get_dim("nO"), found=found))
    model.set_dim("nO", found)


def pieces_of(model: Model, docs: Sequence[Doc], get_spans: GetSpans) -> Pieces:
    """Split texts into the word pieces of a layer's encoder.

    model (Model): A layer from `bert_layer`.
    docs (Sequence[Doc]): The documents, at least one of them with a token.
    get_spans (Callable[[List[Doc]], List[List[Span]]]): Returns the windows of each document.
    RETURNS (Pieces): The pieces.
    RAISES (ValueError): If the layer has no encoder yet.
    """
    module = cast(LazyModule, model.shims[0]._model).inner
    if module is None:
        raise ValueError(Errors.M001.format(name=model.name))
    return make_pieces(docs, get_spans, module.tokenizer)


def piece_tensors(model: Model, inputs: Dict[str, np.ndarray]) -> Dict[str, Tensor]:
    """Convert the inputs of an encoder to tensors on its device.

    model (Model): A layer from `bert_layer`.
    inputs (Dict[str, ndarray]): The inputs, from `Pieces`.
    RETURNS (Dict[str, Tensor]): The tensors.
    """
    device = device_of(model)
    return {key: to_tensor(value, device) for key, value in inputs.items()}


def no_gradient(d_args: ArgsKwargs) -> None:
    """Return the gradient of word pieces, which are integers and have none.

    d_args (ArgsKwargs): Gradients of the module's arguments.
    """
    return None


def pool_pieces(
    ops: Ops, pieces: Pieces, states: Floats2d, docs: Sequence[Doc]
) -> Tuple[List[Floats2d], Callable[[List[Floats2d]], Floats2d]]:
    """Compute the vector of each token: the mean over its pieces in all windows; zeros if it has
    none.

    ops (Ops): The model's ops.
    pieces (Pieces): The pieces of the documents.
    states (Floats2d): A vector for each piece. Shape: (pieces, width)
    docs (Sequence[Doc]): The documents.
    RETURNS (Tuple[List[Floats2d], Callable]): An array of shape (tokens, width) for each document,
        and a callback that turns their gradients into that of `states`.
    """
    aligned, backprop_align = apply_alignment(ops, pieces.align, states)
    means, backprop_mean = reduce_mean()(aligned, True)
    lengths = ops.asarray1i([len(doc) for doc in docs])

    def backprop(d_vectors: List[Floats2d]) -> Floats2d:
        return backprop_align(backprop_mean(ops.flatten(d_vectors)))

    return cast(List[Floats2d], ops.unflatten(means, lengths)), backprop
