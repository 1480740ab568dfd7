"""A CRF over BIEOS tags, on the token vectors of any encoder."""

from typing import Any, Callable, Iterable, Iterator, List, Optional, Sequence, Tuple, cast

import numpy as np
import torch
from spacy.tokens import Doc
from thinc.api import ArgsKwargs, Model, chain, torch2xp, xp2torch
from thinc.types import Floats2d, Ints1d
from torch import Tensor

from ..errors import Errors
from ..layers import crf
from ..layers.ragged import length_batches, pad
from ..tokens.bieos import allowed_transitions, n_tags
from ..types import Emissions, Resize, TagProbabilities
from .resize import resize_module
from .weights import Weights
from .wrap import Sizes, flatten, gradients, to_tensor, torch_layer

# Maximum number of cells (documents × positions) of a padded batch in decoding; bounds memory.
MAX_CELLS = 200_000


def CRFTagger(
    tok2vec: Model[List[Doc], List[Floats2d]], mixed_precision: bool = False
) -> Model[List[Doc], Emissions]:
    """Create the tagger of `clinical_ner`: a linear layer over token vectors and a linear-chain
    CRF. The component calls `attrs["loss"]` for the loss, `attrs["decode"]` for the best tags, and
    `attrs["marginals"]` for the probabilities of the tags.

    tok2vec (Model[List[Doc], List[Floats2d]]): The encoder, or a listener to one.
    mixed_precision (bool): Whether to use half precision on CUDA.
    RETURNS (Model[List[Doc], Emissions]): The model. Its nO is the number of labels.
    """
    layer = crf_layer(tok2vec, mixed_precision=mixed_precision)
    model = chain(tok2vec, layer)
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("output_layer", layer)
    model.attrs["loss"] = loss
    model.attrs["decode"] = decode
    model.attrs["marginals"] = marginals
    model.attrs["resize"] = resize_tagger
    return model


def crf_layer(
    tok2vec: Optional[Model[List[Doc], List[Floats2d]]] = None, mixed_precision: bool = False
) -> Model[List[Floats2d], Emissions]:
    """Create the tagger's last layer: token vectors to emissions and transitions.

    tok2vec (Optional[Model[List[Doc], List[Floats2d]]]): The encoder, whose nO is the layer's nI.
        None to infer the width at initialization.
    mixed_precision (bool): Whether to use half precision on CUDA.
    RETURNS (Model[List[Floats2d], Emissions]): The layer. Its nO is the number of labels.
    """
    width = tok2vec.get_dim("nO") if tok2vec is not None and tok2vec.has_dim("nO") else None
    layer = torch_layer(
        "crf_tagger",
        _create,
        _infer_sizes,
        _inputs,
        _outputs,
        dims={"nI": width, "nO": None},
        mixed_precision=mixed_precision,
        outline=_outline,
    )
    layer.attrs["resize"] = resize_crf
    return layer


def resize_tagger(model: Model, resize: Resize) -> None:
    """Add labels to a tagger from `CRFTagger`.

    model (Model): The tagger.
    resize (Resize): The new sizes.
    """
    resize_crf(model.get_ref("output_layer"), resize)
    if model.has_dim("nO"):
        model.set_dim("nO", resize.sizes["n_labels"], force=True)


def resize_crf(model: Model, resize: Resize) -> None:
    """Add labels to a layer from `crf_layer`. The tags of new labels follow the others, so that
    emissions and transitions between the old tags stay the same.

    model (Model): The layer.
    resize (Resize): The new sizes.
    """
    resize_module(model, resize)
    model.set_dim("nO", resize.sizes["n_labels"], force=True)


def _outline(weights: Weights, sizes: Sizes) -> crf.CRFTagger:
    # The masks are NumPy arrays, whose size grows with the square of the number of labels.
    if n_tags(sizes["n_labels"]) != len(weights["inner.start"]):
        raise ValueError(Errors.M020.format(name="crf_tagger", error="wrong number of labels"))
    return _create(**sizes)


def _create(n_in: int, n_labels: int) -> crf.CRFTagger:
    allowed = allowed_transitions(n_labels)
    return crf.CRFTagger(n_in=n_in, **allowed._asdict())


def _infer_sizes(model: Model, X: Optional[List[Floats2d]], Y: Any) -> Sizes:
    if X is not None and model.has_dim("nI") is None:
        model.set_dim("nI", X[0].shape[1])
    return {"n_in": model.get_dim("nI"), "n_labels": model.get_dim("nO")}


def _inputs(model: Model, X: List[Floats2d], is_train: bool) -> Tuple[ArgsKwargs, Callable]:
    flat, backprop = flatten(model, X, is_train)
    return ArgsKwargs(args=(flat,), kwargs={}), backprop


def _outputs(model: Model, inputs_outputs: Tuple, is_train: bool) -> Tuple[Emissions, Callable]:
    X, tensors = inputs_outputs
    lengths = model.ops.asarray1i([len(x) for x in X])

    def backprop(gradient: Emissions) -> ArgsKwargs:
        return gradients(tensors, gradient[:4])

    return _emissions((t.float() for t in tensors), lengths), backprop


def _emissions(tensors: Iterable[Tensor], lengths: Ints1d) -> Emissions:
    arrays = cast(Tuple[Any, Any, Any, Any], tuple(torch2xp(t) for t in tensors))
    return Emissions(*arrays, lengths)


def _tensors(emissions: Emissions, *, requires_grad: bool) -> Tuple[Tensor, ...]:
    arrays = cast(Iterable[Floats2d], emissions[:4])
    return tuple(xp2torch(x, requires_grad=requires_grad) for x in arrays)


def loss(
    emissions: Emissions,
    tags: Ints1d,
    weight: Ints1d,
    silver: Optional[Sequence[Optional[TagProbabilities]]] = None,
) -> Tuple[float, Emissions]:
    """Return the negative log-likelihood of the gold tags, and its gradient. For documents with
    probabilities of other models, it is the cross-entropy of the model and these probabilities, the
    expected negative log-likelihood (Wang et al. 2021, "Structural Knowledge Distillation").

    emissions (Emissions): Output of the model.
    tags (Ints1d): Gold tag of each token, documents concatenated. Shape: (tokens,)
    weight (Ints1d): 1 for each document that is annotated with entities, else 0. Shape: (docs,)
    silver (Optional[Sequence[Optional[TagProbabilities]]]): Probabilities of the tags of each
        document; None for a document with gold tags.
    RETURNS (Tuple[float, Emissions]): The loss, averaged over the documents, and its gradient.
    """
    tensors = _tensors(emissions, requires_grad=True)
    scores = tensors[0]
    lengths = to_tensor(emissions.lengths.tolist(), scores.device)
    nonempty = lengths > 0
    padded, mask = pad(scores, lengths[nonempty])  # (docs, longest, tags)
    gold, _ = pad(to_tensor(tags, scores.device)[:, None], lengths[nonempty])
    score = crf.sequence_score(padded, gold.squeeze(2), mask, *tensors[1:])
    if silver is not None and any(doc is not None for doc in silver):
        kept = [doc for doc, is_kept in zip(silver, nonempty.tolist()) if is_kept]
        is_silver, q, counts = _silver_tensors(kept, padded)
        expected = crf.expected_score(padded, q, counts, mask, *tensors[1:])
        score = torch.where(is_silver, expected, score)
    nll = crf.log_partition(padded, mask, *tensors[1:]) - score
    weights = to_tensor(weight, scores.device)[nonempty].float()
    total = (nll * weights).sum() / max(len(weight), 1)
    total.backward()
    grads = (torch.zeros_like(t) if t.grad is None else t.grad for t in tensors)
    return float(total.detach()), _emissions(grads, emissions.lengths)


def _silver_tensors(
    docs: Sequence[Optional[TagProbabilities]], like: Tensor
) -> Tuple[Tensor, Tensor, Tensor]:
    """Return which documents have probabilities, and these as padded tensors; zeros for the others.
    Shapes: (docs,), (docs, longest, tags), (docs, tags, tags)"""
    q = torch.zeros(like.shape, dtype=like.dtype)
    counts = q.new_zeros(len(docs), like.shape[2], like.shape[2])
    for i, doc in enumerate(docs):
        if doc is not None:
            q[i, : len(doc.tags)] = torch.as_tensor(doc.tags)
            counts[i] = torch.as_tensor(doc.transitions)
    is_silver = torch.tensor([doc is not None for doc in docs], device=like.device)
    return is_silver, q.to(like.device), counts.to(like.device)


def decode(emissions: Emissions) -> List[Ints1d]:
    """Return the best tags of each document, by Viterbi decoding.

    emissions (Emissions): Output of the model.
    RETURNS (List[Ints1d]): NumPy array of each document's tags. Shape of each: (tokens,)
    """
    results = [torch.zeros(0, dtype=torch.long)] * len(emissions.lengths)
    for docs, padded, mask, transitions in _padded_batches(emissions):
        tags = crf.viterbi(padded, mask, *transitions).cpu()
        for i, row in zip(docs, tags):
            results[i] = row[: int(emissions.lengths[i])]
    return [cast(Ints1d, tags.numpy()) for tags in results]


def marginals(emissions: Emissions) -> List[TagProbabilities]:
    """Return the probabilities of the tags of each document, by the forward-backward algorithm.

    emissions (Emissions): Output of the model.
    RETURNS (List[TagProbabilities]): NumPy arrays of each document.
    """
    width = emissions.scores.shape[1]
    none = TagProbabilities(np.zeros((0, width), "float32"), np.zeros((width, width), "float32"))
    results = [none] * len(emissions.lengths)
    for docs, padded, mask, transitions in _padded_batches(emissions):
        found = crf.forward_backward(padded, mask, *transitions, by_row=True)
        tags, counts = found.tags.cpu().numpy(), found.transitions.cpu().numpy()
        for row, i in enumerate(docs):
            results[i] = TagProbabilities(tags[row, : int(emissions.lengths[i])], counts[row])
    return results


def _padded_batches(
    emissions: Emissions,
) -> Iterator[Tuple[List[int], Tensor, Tensor, Tuple[Tensor, ...]]]:
    """Yield batches of similar length of the documents with tokens: their indices, the padded
    scores, the mask, and the transition, start and end scores."""
    scores, *transitions = _tensors(emissions, requires_grad=False)
    lengths = to_tensor(emissions.lengths.tolist(), torch.device("cpu"))
    by_doc = scores.split(lengths.tolist())
    nonempty = lengths.nonzero().squeeze(1)
    for rows in length_batches(lengths[nonempty], MAX_CELLS):
        batch = nonempty[rows].tolist()
        sizes = lengths[batch].to(scores.device)
        padded, mask = pad(torch.cat([by_doc[i] for i in batch]), sizes)
        yield batch, padded, mask, tuple(transitions)
