"""The model of `assertion_classifier`: one score per mention and attribute."""

from functools import partial
from typing import Any, Callable, List, Optional, Tuple

import numpy as np
import torch
from spacy.tokens import Doc
from thinc.api import ArgsKwargs, Model, torch2xp
from thinc.types import Floats2d

from ..errors import Errors
from ..layers.assertion import HEADS
from ..layers.assertion import MentionAssertion as MentionAssertionModule
from ..types import MentionBatch, Resize
from .resize import resize_scores
from .wrap import Sizes, flatten, gradients, to_tensor, torch_layer

AssertionModel = Model[Tuple[List[Doc], MentionBatch], Floats2d]
# Token vectors and mentions
ScorerInput = Tuple[List[Floats2d], MentionBatch]


def MentionAssertion(
    tok2vec: Model[List[Doc], List[Floats2d]],
    width: int = 64,
    before: int = 48,
    after: int = 16,
    mixed_precision: bool = False,
) -> AssertionModel:
    """Create a model that scores the attributes of mentions. See `layers.assertion` for the
    computation.

    tok2vec (Model[List[Doc], List[Floats2d]]): The encoder, or a listener to one.
    width (int): Width of the mention vectors, a multiple of 4.
    before (int): Number of tokens before a mention that the model attends to.
    after (int): Number of tokens after a mention's first token that the model attends to.
    mixed_precision (bool): Whether to use half precision on CUDA.
    RETURNS (AssertionModel): Documents and their mentions to scores of shape (mentions, nO), before
        the sigmoid.
    RAISES (ValueError): If the width is not a multiple of 4, or a number of tokens is negative.
    """
    if width < 1 or width % HEADS:
        need = f"a positive multiple of {HEADS}"
        raise ValueError(Errors.M004.format(what="width", need=need, value=width))
    for what, value in (("before", before), ("after", after)):
        if value < 0:
            raise ValueError(Errors.M004.format(what=what, need="0 or more", value=value))
    scorer = torch_layer(
        "mention_assertion",
        partial(MentionAssertionModule, width=width, before=before, after=after),
        _scorer_sizes,
        _scorer_inputs,
        _scorer_outputs,
        mixed_precision=mixed_precision,
    )
    model: AssertionModel = Model(
        "mention_assertion_model",
        _forward,
        init=_init,
        layers=[tok2vec, scorer],
        dims={"nO": None},
        refs={"tok2vec": tok2vec, "output_layer": scorer},
        attrs={"resize": resize_assertion_model, "set_prior_weights": set_prior_weights},
    )
    return model


def resize_assertion_model(model: AssertionModel, resize: Resize) -> None:
    """Add attributes and entity types to a model from `MentionAssertion`.

    model (AssertionModel): The model.
    resize (Resize): The new sizes.
    """
    resize_scores(model.get_ref("output_layer"), resize)
    model.set_dim("nO", resize.sizes["n_out"], force=True)


def set_prior_weights(model: AssertionModel, weights: np.ndarray) -> None:
    """Set the weights of what the cue rules say.

    model (AssertionModel): An initialized model.
    weights (ndarray): One for each attribute. Shape: (nO,)
    """
    lazy: Any = model.get_ref("output_layer").shims[0]._model
    prior = lazy.inner.prior
    with torch.no_grad():
        prior.copy_(torch.as_tensor(weights, dtype=prior.dtype, device=prior.device))


def _init(
    model: AssertionModel, X: Optional[Tuple[List[Doc], MentionBatch]] = None, Y: Any = None
) -> None:
    tok2vec, scorer = model.get_ref("tok2vec"), model.get_ref("output_layer")
    scorer.set_dim("nO", model.get_dim("nO"))
    if X is None:
        tok2vec.initialize()
        scorer.initialize()
        return
    docs, mentions = X
    tok2vec.initialize(X=docs)
    scorer.initialize(X=(tok2vec.predict(docs), mentions))


def _forward(
    model: AssertionModel, X: Tuple[List[Doc], MentionBatch], is_train: bool
) -> Tuple[Floats2d, Callable]:
    docs, mentions = X
    vectors, backprop_tok2vec = model.get_ref("tok2vec")(docs, is_train)
    scores, backprop_scores = model.get_ref("output_layer")((vectors, mentions), is_train)
    return scores, lambda d_scores: backprop_tok2vec(backprop_scores(d_scores))


def _scorer_sizes(model: Model, X: Optional[ScorerInput], Y: Any) -> Sizes:
    assert X is not None
    vectors, mentions = X
    return {
        "n_in": vectors[0].shape[1],
        "n_types": mentions.n_types,
        "n_features": mentions.features.shape[1],
        "n_out": model.get_dim("nO"),
    }


def _scorer_inputs(model: Model, X: ScorerInput, is_train: bool) -> Tuple[ArgsKwargs, Callable]:
    vectors, mentions = X
    lazy: Any = model.shims[0]._model
    found, expected = mentions.features.shape[1], (lazy.sizes or {}).get("n_features")
    if expected not in (None, found):
        raise ValueError(Errors.M030.format(name=model.name, expected=expected, found=found))
    flat, backprop = flatten(model, vectors, is_train)
    lengths = np.asarray([len(x) for x in vectors], dtype="int64")
    args = (
        flat,
        to_tensor(mentions.batch_mentions(lengths), flat.device),
        to_tensor(np.repeat(np.arange(len(lengths)), lengths), flat.device),
        flat.new_tensor(mentions.features),
        flat.new_tensor(mentions.prior),
    )
    return ArgsKwargs(args=args, kwargs={}), backprop


def _scorer_outputs(model: Model, inputs_outputs: Tuple, is_train: bool) -> Tuple:
    _, scores = inputs_outputs

    def backprop(d_scores: Floats2d) -> ArgsKwargs:
        return gradients((scores,), (d_scores,))

    return torch2xp(scores.float()), backprop
