"""Relation models that score pairs with a PyTorch module over token vectors."""

from typing import Any, Callable, Dict, List, Optional, Tuple

import numpy as np
import torch
from spacy.tokens import Doc
from thinc.api import ArgsKwargs, Model, torch2xp
from thinc.types import Floats2d
from torch import nn

from ..errors import Errors
from ..layers.mention_pair import MentionTags
from ..types import Candidates, Resize
from .encode import Encoder
from .resize import resize_module, resize_scores
from .wrap import Sizes, flatten, gradients, to_tensor, torch_layer, unflatten

RelationModel = Model[Tuple[List[Doc], Candidates], Floats2d]
# Token vectors, documents and candidates
FromVectors = Tuple[List[Floats2d], List[Doc], Candidates]
# Token vectors, candidates, and a number for each token if the module takes one
ScorerInput = Tuple[List[Floats2d], Candidates, Optional[np.ndarray]]
# Maps documents and candidates to an integer, or a row of integers, for each token
TokenNumbers = Callable[[List[Doc], Candidates], np.ndarray]


def pair_model(
    name: str,
    tok2vec: Optional[Model[List[Doc], List[Floats2d]]],
    create: Callable[..., nn.Module],
    *,
    context: Optional[Encoder] = None,
    token_numbers: Optional[TokenNumbers] = None,
    mixed_precision: bool = False,
) -> RelationModel:
    """Create a relation model from a PyTorch module that scores pairs.

    name (str): The scoring layer's name.
    tok2vec (Optional[Model[List[Doc], List[Floats2d]]]): The encoder, or a listener to one. None
        for a part of `spacy-clinrel.JointRelations.v1`, which passes token vectors to
        `score_vectors`.
    create (Callable[..., nn.Module]): Creates the module from `n_in` (width of the token vectors),
        `n_types` (number of type indices) and `n_out` (number of scores). The module takes token
        vectors (tokens, n_in), mentions as start, end (exclusive) and type index (mentions, 3), and
        pairs of head and tail (pairs, 2), and returns scores (pairs, n_out). Mentions and pairs are
        int64, and token and mention indices refer to the whole batch. The batch may have no pairs
        and no mentions.
    context (Optional[Encoder]): A sequence encoder over token vectors to which embeddings of the
        mentions are added. Its output is appended to the token vectors. None for the token vectors
        alone.
    token_numbers (Optional[TokenNumbers]): Returns an integer for each token of a batch, e.g. the
        number of its sentence. The module takes them as its fourth argument, int64 (tokens,).
    mixed_precision (bool): Whether to use half precision on CUDA.
    RETURNS (RelationModel): Documents and candidates to scores of shape (pairs, nO), before softmax
        or sigmoid.
    """
    scorer = torch_layer(
        name,
        create,
        _scorer_sizes,
        _scorer_inputs,
        _scorer_outputs,
        mixed_precision=mixed_precision,
    )
    layers: List[Model] = [scorer]
    if context is not None:
        tags = torch_layer("mention_tags", MentionTags, _tag_sizes, _tag_inputs, _tag_outputs)
        layers = [tags, context, scorer]
    refs: Dict[str, Optional[Model]] = {"output_layer": scorer}
    if tok2vec is not None:
        layers.insert(0, tok2vec)
        refs["tok2vec"] = tok2vec
    model: RelationModel = Model(
        f"{name}_model",
        _forward,
        init=_init,
        layers=layers,
        dims={"nO": None},
        refs=refs,
        attrs={"token_numbers": token_numbers, "resize": resize_pair_model},
    )
    return model


def resize_pair_model(model: RelationModel, resize: Resize) -> None:
    """Add labels and entity types to a model from `pair_model`.

    model (RelationModel): The model.
    resize (Resize): The new sizes.
    """
    *inner, scorer = _vector_layers(model)
    if inner:
        resize_module(inner[0], resize)
    resize_scores(scorer, resize)
    model.set_dim("nO", resize.sizes["n_out"], force=True)


def _vector_layers(model: RelationModel) -> List[Model]:
    """Return the layers after the encoder: mention tags and context, if any, and the scorer."""
    tok2vec = model.maybe_get_ref("tok2vec")
    return [layer for layer in model.layers if layer is not tok2vec]


def _init(model: RelationModel, X: Any = None, Y: Any = None) -> None:
    if X is None:
        _vector_layers(model)[-1].set_dim("nO", model.get_dim("nO"))
        for layer in model.layers:
            layer.initialize()
        return
    docs, candidates = X
    tok2vec = model.maybe_get_ref("tok2vec")
    if tok2vec is None:
        raise ValueError(Errors.M012.format(name=model.name))
    tok2vec.initialize(X=docs)
    initialize_from_vectors(model, (tok2vec.predict(docs), docs, candidates))


def initialize_from_vectors(model: RelationModel, X: FromVectors) -> None:
    """Initialize the layers after the encoder, each with the output of the previous one.

    model (RelationModel): A model from `pair_model`.
    X (FromVectors): Token vectors, documents and candidates.
    """
    vectors, docs, candidates = X
    *inner, scorer = _vector_layers(model)
    scorer.set_dim("nO", model.get_dim("nO"))
    if inner:
        tags, context = inner
        tags.initialize(X=(vectors, candidates, None))
        context.initialize(X=vectors)
        in_context = context.predict(vectors)
        vectors = [model.ops.xp.hstack(pair) for pair in zip(vectors, in_context)]
    scorer.initialize(X=(vectors, candidates, _numbers(model, docs, candidates)))


def _numbers(model: Model, docs: List[Doc], candidates: Candidates) -> Optional[np.ndarray]:
    token_numbers = model.attrs["token_numbers"]
    return None if token_numbers is None else token_numbers(docs, candidates)


def _forward(
    model: RelationModel, X: Tuple[List[Doc], Candidates], is_train: bool
) -> Tuple[Floats2d, Callable]:
    docs, candidates = X
    vectors, backprop_tok2vec = model.get_ref("tok2vec")(docs, is_train)
    scores, backprop_scores = score_vectors(model, (vectors, docs, candidates), is_train)
    return scores, lambda d_scores: backprop_tok2vec(backprop_scores(d_scores))


def score_vectors(
    model: RelationModel, X: FromVectors, is_train: bool
) -> Tuple[Floats2d, Callable[[Floats2d], List[Floats2d]]]:
    """Score pairs from token vectors: the forward pass without the encoder.

    model (RelationModel): A model from `pair_model`.
    X (FromVectors): Token vectors, documents and candidates.
    is_train (bool): Whether the backward pass will be used.
    RETURNS (Tuple[Floats2d, Callable]): Scores of shape (pairs, nO), and the backward pass, which
        turns the gradient of the scores into the gradient of the token vectors.
    """
    vectors, docs, candidates = X
    *inner, scorer = _vector_layers(model)
    if inner:
        tags, context = inner
        tagged, backprop_tags = tags((vectors, candidates, None), is_train)
        in_context, backprop_context = context(tagged, is_train)
        width = vectors[0].shape[1] if vectors else 0
        vectors = [model.ops.xp.hstack(pair) for pair in zip(vectors, in_context)]
    numbers = _numbers(model, docs, candidates)
    scores, backprop_scorer = scorer((vectors, candidates, numbers), is_train)

    def backprop(d_scores: Floats2d) -> List[Floats2d]:
        d_vectors = backprop_scorer(d_scores)
        if inner:
            d_tagged = backprop_tags(backprop_context([d[:, width:] for d in d_vectors]))
            d_vectors = [d[:, :width] + d_tag for d, d_tag in zip(d_vectors, d_tagged)]
        return d_vectors

    return scores, backprop


def _batch_mentions(X: ScorerInput, device: torch.device) -> torch.Tensor:
    vectors, candidates, _ = X
    lengths = np.asarray([len(x) for x in vectors])
    return to_tensor(candidates.batch_mentions(lengths), device)


def _width(X: ScorerInput) -> int:
    return X[0][0].shape[1]


def _scorer_sizes(model: Model, X: Optional[ScorerInput], Y: Any) -> Sizes:
    assert X is not None
    return {"n_in": _width(X), "n_types": X[1].n_types, "n_out": model.get_dim("nO")}


def _scorer_inputs(model: Model, X: ScorerInput, is_train: bool) -> Tuple[ArgsKwargs, Callable]:
    flat, backprop = flatten(model, X[0], is_train)
    args = [flat, _batch_mentions(X, flat.device), to_tensor(X[1].batch_pairs(), flat.device)]
    if X[2] is not None:
        args.append(to_tensor(X[2], flat.device))
    return ArgsKwargs(args=tuple(args), kwargs={}), backprop


def _scorer_outputs(model: Model, inputs_outputs: Tuple, is_train: bool) -> Tuple:
    (_, candidates, _), scores = inputs_outputs
    got, expected = tuple(scores.shape), (len(candidates), model.get_dim("nO"))
    if got != expected:
        raise ValueError(Errors.M005.format(name=model.name, got=got, expected=expected))

    def backprop(d_scores: Floats2d) -> ArgsKwargs:
        return gradients((scores,), (d_scores,))

    return torch2xp(scores.float()), backprop


def _tag_sizes(model: Model, X: Optional[ScorerInput], Y: Any) -> Sizes:
    assert X is not None
    return {"n_in": _width(X), "n_types": X[1].n_types}


def _tag_inputs(model: Model, X: ScorerInput, is_train: bool) -> Tuple[ArgsKwargs, Callable]:
    flat, backprop = flatten(model, X[0], is_train)
    return ArgsKwargs(args=(flat, _batch_mentions(X, flat.device)), kwargs={}), backprop


def _tag_outputs(model: Model, inputs_outputs: Tuple, is_train: bool) -> Tuple:
    (vectors, *_), flat = inputs_outputs
    return unflatten(model, flat, vectors)
