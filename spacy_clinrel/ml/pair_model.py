"""Relation models that score pairs from token vectors: the frame around a PyTorch module."""

from typing import Any, Callable, List, Optional, Tuple

import numpy as np
import torch
from spacy.tokens import Doc
from thinc.api import ArgsKwargs, Model, torch2xp
from thinc.types import Floats2d
from torch import nn

from ..errors import Errors
from ..layers.mention_pair import MentionTags
from ..types import Candidates
from .encode import Encoder
from .wrap import Sizes, flatten, gradients, to_tensor, torch_layer, unflatten

RelationModel = Model[Tuple[List[Doc], Candidates], Floats2d]
# Token vectors, candidates, and a number for each token where the module wants one.
VectorsInput = Tuple[List[Floats2d], Candidates, Optional[np.ndarray]]
# Documents → an integer for each of their tokens, (tokens,)
TokenNumbers = Callable[[List[Doc]], np.ndarray]


def pair_model(
    name: str,
    tok2vec: Model[List[Doc], List[Floats2d]],
    create: Callable[..., nn.Module],
    *,
    context: Optional[Encoder] = None,
    token_numbers: Optional[TokenNumbers] = None,
    mixed_precision: bool = False,
) -> RelationModel:
    """Create a relation model from a module that scores pairs.

    name (str): The scoring layer's name.
    tok2vec (Model[List[Doc], List[Floats2d]]): The encoder, or a listener to one.
    create (Callable[..., nn.Module]): Creates the module from `n_in` (width of the token vectors),
        `n_types` (number of mention types) and `n_out` (number of scores). The module takes token
        vectors (tokens, n_in), mentions as start, end (exclusive) and type (mentions, 3; type 0
        is one unseen in training), and pairs of head and tail (pairs, 2), all int64 and counted
        through the batch, and returns (pairs, n_out). There may be no pairs, or no mentions.
    context (Optional[Encoder]): A sequence encoder over token vectors that have been told where
        the mentions stand; the module gets its output beside the token vectors. None leaves the
        token vectors as they come.
    token_numbers (Optional[Callable[[List[Doc]], ndarray]]): Gives an integer for each token of a
        batch, e.g. the number of its sentence, which the module then takes as its fourth argument,
        int64 (tokens,).
    mixed_precision (bool): Half precision on CUDA.
    RETURNS (RelationModel): Documents and their candidates to scores of shape (pairs, nO), before
        any softmax or sigmoid.
    """
    scorer = torch_layer(
        name,
        create,
        _scorer_sizes,
        _scorer_inputs,
        _scorer_outputs,
        mixed_precision=mixed_precision,
    )
    layers: List[Model] = [tok2vec, scorer]
    if context is not None:
        tags = torch_layer("mention_tags", MentionTags, _tag_sizes, _tag_inputs, _tag_outputs)
        layers = [tok2vec, tags, context, scorer]
    model: RelationModel = Model(
        f"{name}_model",
        _forward,
        init=_init,
        layers=layers,
        dims={"nO": None},
        refs={"tok2vec": tok2vec, "output_layer": scorer},
        attrs={"token_numbers": token_numbers},
    )
    return model


def _init(model: RelationModel, X: Any = None, Y: Any = None) -> None:
    """Initialize the layers one after the other, each with what the one before returns."""
    tok2vec, *inner, scorer = model.layers
    scorer.set_dim("nO", model.get_dim("nO"))
    if X is None:
        for layer in model.layers:
            layer.initialize()
        return
    docs, candidates = X
    tok2vec.initialize(X=docs)
    vectors = tok2vec.predict(docs)
    if inner:
        tags, context = inner
        tags.initialize(X=(vectors, candidates, None))
        context.initialize(X=vectors)
        in_context = context.predict(vectors)
        vectors = [model.ops.xp.hstack(pair) for pair in zip(vectors, in_context)]
    scorer.initialize(X=(vectors, candidates, _numbers(model, docs)))


def _numbers(model: Model, docs: List[Doc]) -> Optional[np.ndarray]:
    count = model.attrs["token_numbers"]
    return None if count is None else count(docs)


def _forward(
    model: RelationModel, X: Tuple[List[Doc], Candidates], is_train: bool
) -> Tuple[Floats2d, Callable]:
    docs, candidates = X
    tok2vec, *inner, scorer = model.layers
    vectors, backprop_tok2vec = tok2vec(docs, is_train)
    if inner:
        tags, context = inner
        tagged, backprop_tags = tags((vectors, candidates, None), is_train)
        in_context, backprop_context = context(tagged, is_train)
        width = vectors[0].shape[1] if vectors else 0
        vectors = [model.ops.xp.hstack(pair) for pair in zip(vectors, in_context)]
    scores, backprop_scorer = scorer((vectors, candidates, _numbers(model, docs)), is_train)

    def backprop(d_scores: Floats2d) -> Any:
        gradient = backprop_scorer(d_scores)
        if inner:
            through = backprop_tags(backprop_context([d[:, width:] for d in gradient]))
            gradient = [d[:, :width] + more for d, more in zip(gradient, through)]
        return backprop_tok2vec(gradient)

    return scores, backprop


def _batch_mentions(X: VectorsInput, device: torch.device) -> torch.Tensor:
    vectors, candidates, _ = X
    lengths = np.asarray([len(x) for x in vectors])
    return to_tensor(candidates.batch_mentions(lengths), device)


def _width(X: VectorsInput) -> int:
    return X[0][0].shape[1]


def _scorer_sizes(model: Model, X: Optional[VectorsInput], Y: Any) -> Sizes:
    assert X is not None
    return {"n_in": _width(X), "n_types": X[1].n_types, "n_out": model.get_dim("nO")}


def _scorer_inputs(model: Model, X: VectorsInput, is_train: bool) -> Tuple[ArgsKwargs, Callable]:
    flat, backprop = flatten(model, X[0], is_train)
    args = [flat, _batch_mentions(X, flat.device), to_tensor(X[1].batch_pairs(), flat.device)]
    if X[2] is not None:
        args.append(to_tensor(X[2], flat.device))
    return ArgsKwargs(args=tuple(args), kwargs={}), backprop


def _scorer_outputs(model: Model, inputs_outputs: Tuple, is_train: bool) -> Tuple:
    (_, candidates, _), scores = inputs_outputs
    wanted = (len(candidates), model.get_dim("nO"))
    if tuple(scores.shape) != wanted:
        got = tuple(scores.shape)
        raise ValueError(Errors.M005.format(name=model.name, got=got, wanted=wanted))

    def backprop(d_scores: Floats2d) -> ArgsKwargs:
        return gradients((scores,), (d_scores,))

    return torch2xp(scores.float()), backprop


def _tag_sizes(model: Model, X: Optional[VectorsInput], Y: Any) -> Sizes:
    assert X is not None
    return {"n_in": _width(X), "n_types": X[1].n_types}


def _tag_inputs(model: Model, X: VectorsInput, is_train: bool) -> Tuple[ArgsKwargs, Callable]:
    flat, backprop = flatten(model, X[0], is_train)
    return ArgsKwargs(args=(flat, _batch_mentions(X, flat.device)), kwargs={}), backprop


def _tag_outputs(model: Model, inputs_outputs: Tuple, is_train: bool) -> Tuple:
    (vectors, *_), flat = inputs_outputs
    return unflatten(model, flat, vectors)
