"""Scores of spans, nested ones included, on the token vectors of any encoder."""

import math
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Tuple, cast

import numpy as np
import torch
from spacy.tokens import Doc
from thinc.api import ArgsKwargs, Model, chain, torch2xp, xp2torch
from thinc.types import Floats2d, Ints1d
from torch import Tensor

from ..errors import Errors
from ..layers.global_pointer import GlobalPointer as Module
from ..layers.global_pointer import band_mask, band_scores, span_loss
from ..types import Resize, ScoredSpans, SpanTerms
from .resize import resize_module
from .wrap import Sizes, flatten, gradients, to_tensor, torch_layer

# Maximum number of scores (starts × lengths × types) that are computed at once; bounds memory.
MAX_CELLS = 2_000_000
# How much lower the biases of a type are that is added to a trained model.
NEW_TYPE_MARGIN = 5.0


def GlobalPointer(
    tok2vec: Model[List[Doc], List[Floats2d]], width: int = 64, mixed_precision: bool = False
) -> Model[List[Doc], SpanTerms]:
    """Create the model of `span_ner`: scores of all spans up to a length, by the efficient form of
    Global Pointer (Su et al. 2022, arXiv 2208.03054). A product of query and key with rotary
    positions, shared by all types, and biases of each type at start and end. The component calls
    `attrs["loss"]` for the loss and `attrs["decode"]` for the spans.

    tok2vec (Model[List[Doc], List[Floats2d]]): The encoder, or a listener to one.
    width (int): Width of queries and keys, even.
    mixed_precision (bool): Whether to use half precision on CUDA, except for the scores.
    RETURNS (Model[List[Doc], SpanTerms]): The model. Its nO is the number of labels.
    RAISES (ValueError): If the width is not an even number above 0.
    """
    if width < 2 or width % 2:
        raise ValueError(Errors.M004.format(what="width", need="an even number", value=width))
    n_in = tok2vec.get_dim("nO") if tok2vec.has_dim("nO") else None
    layer = torch_layer(
        "global_pointer",
        Module,
        _infer_sizes,
        _inputs,
        _outputs,
        dims={"nI": n_in, "nO": None},
        mixed_precision=mixed_precision,
    )
    layer.attrs["width"] = width
    model = chain(tok2vec, layer)
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("output_layer", layer)
    model.attrs["loss"] = loss
    model.attrs["decode"] = decode
    model.attrs["resize"] = resize_pointer
    return model


def resize_pointer(model: Model, resize: Resize) -> None:
    """Add labels to a model from `GlobalPointer`.

    The product of query and key is shared by all types, and says that a span is a mention. So a new
    type is predicted everywhere if its biases are random. It starts with the mean of the other
    types, less a margin.

    model (Model): The model.
    resize (Resize): The new sizes.
    """
    layer, n_labels = model.get_ref("output_layer"), resize.sizes["n_labels"]
    n_before = layer.get_dim("nO")
    resize_module(layer, resize)
    pointer: Any = cast(Any, layer.shims[0])._model.inner
    with torch.no_grad():
        for linear in (pointer.start, pointer.end):
            linear.weight[n_before:] = linear.weight[:n_before].mean(0)
            linear.bias[n_before:] = linear.bias[:n_before].mean() - NEW_TYPE_MARGIN
    layer.set_dim("nO", n_labels, force=True)
    if model.has_dim("nO"):
        model.set_dim("nO", n_labels, force=True)


def _infer_sizes(model: Model, X: Optional[List[Floats2d]], Y: Any) -> Sizes:
    if X is not None and model.has_dim("nI") is None:
        model.set_dim("nI", X[0].shape[1])
    n_in, n_labels = model.get_dim("nI"), model.get_dim("nO")
    return {"n_in": n_in, "n_labels": n_labels, "width": model.attrs["width"]}


def _inputs(model: Model, X: List[Floats2d], is_train: bool) -> Tuple[ArgsKwargs, Callable]:
    flat, backprop = flatten(model, X, is_train)
    return ArgsKwargs(args=(flat,), kwargs={}), backprop


def _outputs(model: Model, inputs_outputs: Tuple, is_train: bool) -> Tuple[SpanTerms, Callable]:
    X, tensors = inputs_outputs
    lengths = model.ops.asarray1i([len(x) for x in X])

    def backprop(gradient: SpanTerms) -> ArgsKwargs:
        return gradients(tensors, gradient[:4])

    return _terms((t.float() for t in tensors), lengths), backprop


def _terms(tensors: Any, lengths: Ints1d) -> SpanTerms:
    queries, keys, starts, ends = (cast(Floats2d, torch2xp(t)) for t in tensors)
    return SpanTerms(queries, keys, starts, ends, lengths)


def _tensors(terms: SpanTerms, *, requires_grad: bool) -> Tuple[Tensor, ...]:
    return tuple(xp2torch(cast(Any, x), requires_grad=requires_grad) for x in terms[:4])


class _Part(NamedTuple):
    """Consecutive start tokens of one or more documents.

    first (int): The first start token, as an index into the batch.
    stop (int): The token after the last.
    docs (ndarray): Number of each token's document. Shape: (starts,)
    """

    first: int
    stop: int
    docs: np.ndarray


def _parts(lengths: List[int], limit: int) -> Iterator[_Part]:
    """Cut the tokens of a batch into parts. Only a document above the limit is itself cut."""
    sizes = [min(limit, n - i) for n in lengths for i in range(0, n, limit)]
    docs = np.repeat(np.arange(len(lengths)), lengths)
    first = stop = 0
    for size in sizes:
        if stop > first and stop + size - first > limit:
            yield _Part(first, stop, docs[first:stop])
            first = stop
        stop += size
    if stop > first:
        yield _Part(first, stop, docs[first:stop])


def loss(
    terms: SpanTerms, gold: np.ndarray, segments: np.ndarray, weight: Ints1d, max_length: int
) -> Tuple[float, SpanTerms]:
    """Return the loss of the scores of all spans, see `layers.global_pointer.span_loss`, and its
    gradient.

    terms (SpanTerms): Output of the model.
    gold (ndarray): Start and end (exclusive) of each gold span in the tokens of the batch, and its
        type, sorted by start. Shape: (spans, 3)
    segments (ndarray): Number of each token's segment. Spans of several segments are not scored.
        Shape: (tokens,)
    weight (Ints1d): 1 for each annotated document, else 0. Shape: (docs,)
    max_length (int): Maximum number of tokens of a span.
    RETURNS (Tuple[float, SpanTerms]): The loss, averaged over the documents, and its gradient. A
        document of more tokens than fit into memory at once counts as several.
    """
    tensors = _tensors(terms, requires_grad=True)
    device = tensors[0].device
    numbers = to_tensor(segments, device)
    n_docs = max(len(weight), 1)
    limit = max(MAX_CELLS // (max_length * terms.starts.shape[1]), 1)
    total = 0.0
    for first, stop, docs in _parts(terms.lengths.tolist(), limit):
        is_counted = np.asarray(weight)[docs] > 0
        if not is_counted.any():
            continue
        scores = band_scores(tensors, first, stop, max_length)
        valid = band_mask(numbers, first, stop, max_length)
        valid = valid & torch.as_tensor(is_counted, device=device)[:, None]
        low, high = np.searchsorted(gold[:, 0], [first, stop])
        starts, ends, types = gold[low:high].T
        rows = np.stack([starts - first, ends - starts - 1, types], axis=1)
        cells = to_tensor(rows[is_counted[rows[:, 0]]], device)
        part = span_loss(scores, valid, cells, to_tensor(docs - docs[0], device)) / n_docs
        part.backward()
        total += float(part.detach())
    grads = [torch.zeros_like(t) if t.grad is None else t.grad for t in tensors]
    return total, _terms(grads, terms.lengths)


def decode(
    terms: SpanTerms,
    segments: np.ndarray,
    forbidden: Tuple[np.ndarray, np.ndarray],
    max_length: int,
    threshold: float,
) -> ScoredSpans:
    """Return all spans whose probability is above a threshold.

    terms (SpanTerms): Output of the model.
    segments (ndarray): Number of each token's segment; a span is within one. Shape: (tokens,)
    forbidden (Tuple[ndarray, ndarray]): Tokens where no span starts, and where none ends, bool.
        Shape of each: (tokens,)
    max_length (int): Maximum number of tokens of a span.
    threshold (float): The threshold, 0 to 1. 0.5 is a score of 0.
    RETURNS (ScoredSpans): The spans, in the tokens of the batch, sorted by start and end.
    """
    tensors = _tensors(terms, requires_grad=False)
    device = tensors[0].device
    numbers = to_tensor(segments, device)
    no_start, no_end = (torch.as_tensor(tokens, device=device) for tokens in forbidden)
    limit = max(MAX_CELLS // (max_length * terms.starts.shape[1]), 1)
    least = _logit(threshold)
    found = [np.zeros((0, 3), dtype="int64")]
    values = [np.zeros(0, dtype="float32")]
    with torch.no_grad():
        for first, stop, _ in _parts([len(numbers)], limit):
            scores = band_scores(tensors, first, stop, max_length)
            valid = band_mask(numbers, first, stop, max_length) & ~no_start[first:stop, None]
            is_chosen = (scores > least) & valid[:, :, None]
            starts, columns, types = is_chosen.nonzero().T
            ends = starts + columns + first  # the last token of each span
            keep = ~no_end[ends]
            spans = torch.stack([starts + first, ends + 1, types], dim=1)[keep]
            found.append(spans.cpu().numpy())
            values.append(scores[starts, columns, types][keep].sigmoid().cpu().numpy())
    starts, ends, types = np.concatenate(found).T
    return ScoredSpans(starts, ends, types, np.concatenate(values))


def _logit(probability: float) -> float:
    if not 0 < probability < 1:
        return -math.inf if probability <= 0 else math.inf
    return math.log(probability / (1 - probability))
