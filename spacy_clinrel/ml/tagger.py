"""A CRF over BIEOS tags, on the token vectors of any encoder."""

from typing import Any, Callable, Iterable, List, Optional, Tuple, cast

import torch
from spacy.tokens import Doc
from thinc.api import ArgsKwargs, Model, chain, torch2xp, xp2torch
from thinc.types import Floats2d, Ints1d
from torch import Tensor

from ..errors import Errors
from ..layers import crf
from ..layers.ragged import length_batches, pad
from ..tokens.bieos import allowed_transitions, n_tags
from ..types import Emissions, Resize
from .resize import resize_module
from .weights import Weights
from .wrap import Sizes, flatten, gradients, to_tensor, torch_layer

# Maximum number of cells (documents × positions) of a padded batch in decoding; bounds memory.
MAX_CELLS = 200_000


def CRFTagger(
    tok2vec: Model[List[Doc], List[Floats2d]], mixed_precision: bool = False
) -> Model[List[Doc], Emissions]:
    """Create the tagger of `clinical_ner`: a linear layer over token vectors and a linear-chain
    CRF. The component calls `attrs["loss"]` for the loss and `attrs["decode"]` for the best tags.

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


def loss(emissions: Emissions, tags: Ints1d, weight: Ints1d) -> Tuple[float, Emissions]:
    """Return the negative log-likelihood of the gold tags, and its gradient.

    emissions (Emissions): Output of the model.
    tags (Ints1d): Gold tag of each token, documents concatenated. Shape: (tokens,)
    weight (Ints1d): 1 for each document that is annotated with entities, else 0. Shape: (docs,)
    RETURNS (Tuple[float, Emissions]): The loss, averaged over the documents, and its gradient.
    """
    tensors = _tensors(emissions, requires_grad=True)
    scores = tensors[0]
    lengths = to_tensor(emissions.lengths.tolist(), scores.device)
    nonempty = lengths > 0
    padded, mask = pad(scores, lengths[nonempty])  # (docs, longest, tags)
    gold, _ = pad(to_tensor(tags, scores.device)[:, None], lengths[nonempty])
    nll = crf.negative_log_likelihood(padded, gold.squeeze(2), mask, *tensors[1:])
    weights = to_tensor(weight, scores.device)[nonempty].float()
    total = (nll * weights).sum() / max(len(weight), 1)
    total.backward()
    grads = (torch.zeros_like(t) if t.grad is None else t.grad for t in tensors)
    return float(total.detach()), _emissions(grads, emissions.lengths)


def decode(emissions: Emissions) -> List[Ints1d]:
    """Return the best tags of each document, by Viterbi decoding.

    emissions (Emissions): Output of the model.
    RETURNS (List[Ints1d]): NumPy array of each document's tags. Shape of each: (tokens,)
    """
    scores, *transitions = _tensors(emissions, requires_grad=False)
    lengths = to_tensor(emissions.lengths.tolist(), torch.device("cpu"))
    results = [torch.zeros(0, dtype=torch.long)] * len(lengths)
    by_doc = scores.split(lengths.tolist())
    nonempty = lengths.nonzero().squeeze(1)
    for rows in length_batches(lengths[nonempty], MAX_CELLS):
        batch = nonempty[rows].tolist()
        sizes = lengths[batch].to(scores.device)
        padded, mask = pad(torch.cat([by_doc[i] for i in batch]), sizes)
        tags = crf.viterbi(padded, mask, *transitions).cpu()
        for i, row in zip(batch, tags):
            results[i] = row[: int(lengths[i])]
    return [cast(Ints1d, tags.numpy()) for tags in results]
