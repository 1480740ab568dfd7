"""The joint model of focused attention: one BERT-like encoder, run for entities and for pairs."""

from functools import partial
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, cast

import numpy as np
import torch
from spacy.tokens import Doc
from spacy_transformers.align import apply_alignment
from thinc.api import ArgsKwargs, Model, reduce_mean, torch2xp
from thinc.layers.pytorchwrapper import (
    convert_pytorch_default_inputs,
    convert_pytorch_default_outputs,
)
from thinc.types import Floats2d
from thinc.util import get_torch_default_device

from ..errors import Errors
from ..layers.focused import MASKS, PairHead, STREncoder
from ..types import Candidates, SelectionInput
from .encoder_files import BertLike, Files, GetEncoder, encoder_files, encoder_from_files
from .joint import joint_model
from .pieces import GetSpans, Pieces, make_pieces, place_pairs
from .tagger import crf_layer
from .wrap import LazyModule, Sizes, device_of, gradients, to_tensor, torch_layer


class FocusedEncoding(NamedTuple):
    """What the encoder returns for a batch.

    vectors (List[Floats2d]): H_N^ner of each document's tokens. Shape: (tokens, width)
    hidden (Tensor): What the pairs start from, see `STREncoder`, with its graph in training. Shape:
        (pieces, 1 or 2, width)
    pieces (Pieces): The word pieces.
    """

    vectors: List[Floats2d]
    hidden: torch.Tensor
    pieces: Pieces


class PairGradient(NamedTuple):
    """What goes back from pairs to the encoder.

    vectors (Tensor): H_N^rc[0] of each pair, with its graph. Shape: (pairs, width)
    gradient (Floats2d): Its gradient. Shape: (pairs, width)
    """

    vectors: torch.Tensor
    gradient: Floats2d


def FocusedAttention(
    encoder: GetEncoder,
    get_spans: GetSpans,
    focused_layers: int = 4,
    mask: str = "eq14",
    budget: int = 8192,
    encoder_rate: float = 1.0,
    layer_decay: float = 1.0,
    mixed_precision: bool = False,
) -> Model:
    """Create the joint model of "Fine-tuning BERT for Joint Entity and Relation Extraction in
    Chinese Medical Text" (Xue et al. 2019): the first N-K layers of a BERT-like encoder are shared;
    the last K run once with everything in sight, upon which a CRF finds entities, and again with
    the same weights for each pair of mentions, with a mask that focuses [CLS] upon these. A pair is
    scored once, whichever mention comes first: over no relation and each label in either direction.

    encoder (Callable[[List[Doc]], BertLike]): Where the encoder comes from,
        `spacy-clinrel.PretrainedEncoder.v1` or `spacy-clinrel.RandomEncoder.v1`.
    get_spans (Callable[[List[Doc]], List[List[Span]]]): Cuts texts into windows that the encoder
        can take, as in spacy-transformers. Where these overlap, a token's vector is the mean over
        them; a pair is scored in the window in whose middle it stands.
    focused_layers (int): K, the number of layers run for each task; 1 to N.
    mask (str): "eq13" or "eq14", after the paper's equations: whether the mentions, other than
        [CLS], still see all, or only [CLS] and each other.
    budget (int): Most word pieces that run through the K layers for pairs at a time.
    encoder_rate (float): The encoder's learning rate as a share of the optimizer's, which the
        layers upon it have.
    layer_decay (float): Each layer's learning rate as a share of that of the layer above it.
    mixed_precision (bool): Half precision on CUDA.
    RETURNS (Model): With the refs "encoder", "tagger" and "relations", see `joint_model`.
    RAISES (ValueError): If an option is out of range.
    """
    if mask not in MASKS:
        raise ValueError(Errors.M004.format(what="mask", need=f"one of {MASKS}", value=mask))
    for what, value in (("focused_layers", focused_layers), ("budget", budget)):
        if value < 1:
            raise ValueError(Errors.M004.format(what=what, need="1 or more", value=value))
    create = partial(STREncoder, focused=focused_layers, mask=mask, budget=budget)
    bert = torch_layer(
        "str_encoder",
        partial(_create, create),
        _no_sizes,
        _bert_inputs,
        _bert_outputs,
        dims={"nO": None},
        mixed_precision=mixed_precision,
        rate=partial(_rate, encoder_rate, layer_decay),
    )
    bert.init = partial(_load, create, encoder)
    shared: Model = Model(
        "focused_encoder",
        _encode,
        init=_init_encoder,
        layers=[bert],
        attrs={"get_spans": get_spans},
    )
    head: Model[Floats2d, Floats2d] = torch_layer(
        "pair_head",
        PairHead,
        _head_sizes,
        convert_pytorch_default_inputs,
        convert_pytorch_default_outputs,
    )
    relations: Model[SelectionInput, Floats2d] = Model(
        "focused_pairs",
        _relate,
        init=_init_pairs,
        layers=[head, bert],
        dims={"nO": None},
    )
    return joint_model(
        "focused_attention",
        shared,
        crf_layer(),
        relations,
        head="spacy-clinrel.UnorderedHead.v1",
        can_score=can_score,
    )


def can_score(
    model: Model, docs: Sequence[Doc], candidates: Candidates, encoded: Optional[FocusedEncoding]
) -> np.ndarray:
    """Return which pairs can be scored: those whose mentions are in one window.

    model (Model): The joint model.
    docs (Sequence[Doc]): The documents, at least one of them with a token.
    candidates (Candidates): Their pairs.
    encoded (Optional[FocusedEncoding]): The encoder's output, if it was run.
    RETURNS (ndarray): Bool. Shape: (pairs,)
    """
    pieces = _pieces(model.get_ref("encoder"), docs) if encoded is None else encoded.pieces
    return place_pairs(pieces, candidates).windows >= 0


def _pieces(shared: Model, docs: Sequence[Doc]) -> Pieces:
    tokenizer = shared.layers[0].shims[0]._model.inner.tokenizer
    return make_pieces(docs, shared.attrs["get_spans"], tokenizer)


def _rate(encoder_rate: float, layer_decay: float, module: Any, weight: str) -> float:
    """The learning rate of a weight as a share of the optimizer's: the layers' count down from the
    last, the embeddings stand below the first."""
    layers = len(module.inner.transformer.encoder.layer)
    parts = weight.split(".")
    layer = int(parts[parts.index("layer") + 1]) if "encoder" in parts else -1
    return encoder_rate * layer_decay ** (layers - 1 - layer)


def _create(create: Callable[..., STREncoder], files: Files) -> STREncoder:
    return _put_in(create, encoder_from_files(files))


def _put_in(create: Callable[..., STREncoder], encoder: BertLike) -> STREncoder:
    """RAISES (ValueError): If the encoder has fewer layers than are to be focused."""
    module = create(encoder.transformer, encoder.tokenizer)
    most = len(encoder.transformer.encoder.layer)
    if module.focused > most:
        need = f"1 to {most}, the layers of the encoder"
        raise ValueError(Errors.M004.format(what="focused_layers", need=need, value=module.focused))
    return module


def _load(
    create: Callable[..., STREncoder],
    get_encoder: GetEncoder,
    model: Model,
    X: Any = None,
    Y: Any = None,
) -> None:
    """Take the encoder from where it comes from, unless the model has one already."""
    lazy = cast(LazyModule, model.shims[0]._model)
    if lazy.inner is None:
        loaded = get_encoder(X or [])
        module = _put_in(create, loaded)
        _check_layers(module, loaded.transformer.config.model_type)
        lazy.adopt(module, {"files": encoder_files(loaded)})
        lazy.to(get_torch_default_device())
    encoder = cast(STREncoder, lazy.inner)
    model.set_dim("nO", encoder.transformer.config.hidden_size)


@torch.no_grad()
def _check_layers(module: STREncoder, kind: str) -> None:
    """Refuse an encoder whose layers, run one by one with everything in sight, are not what it
    does: it normalises elsewhere than BERT, say."""
    module.eval()
    ids = torch.arange(1, 7)[None] % len(module.transformer.embeddings.word_embeddings.weight)
    mask = torch.ones_like(ids)
    inputs = {"input_ids": ids, "attention_mask": mask}
    try:
        device = module.transformer.device
        inputs = {key: value.to(device) for key, value in inputs.items()}
        plain = module.transformer(**inputs).last_hidden_state
        states, hidden = module.encode(inputs)
        # A mention that spans the window leaves nothing out of sight.
        size = mask.shape[1]
        indices = ([size], [0], [[1, size, size, size]])
        again = module.relate(hidden, *(torch.tensor(some, device=device) for some in indices))
        same = all(
            torch.allclose(ours, theirs, atol=1e-4, rtol=1e-3)
            for ours, theirs in ((states, plain[0]), (again, plain[:, 0]))
        )
    except Exception as error:  # whatever a model of another make says
        raise ValueError(Errors.M009.format(kind=kind)) from error
    if not same:
        raise ValueError(Errors.M009.format(kind=kind))


def _no_sizes(model: Model, X: Any, Y: Any) -> Sizes:
    raise NotImplementedError("the encoder comes from its source, see _load")


def _init_encoder(model: Model, X: Any = None, Y: Any = None) -> None:
    model.layers[0].initialize(X=X)


def _bert_inputs(
    model: Model, inputs: Dict[str, np.ndarray], is_train: bool
) -> Tuple[ArgsKwargs, Callable]:
    device = device_of(model)
    tensors = {key: to_tensor(value, device) for key, value in inputs.items()}
    return ArgsKwargs(args=("encode", tensors), kwargs={}), lambda d_inputs: None


def _bert_outputs(model: Model, inputs_outputs: Tuple, is_train: bool) -> Tuple[Any, Callable]:
    _, (states, hidden) = inputs_outputs

    def backprop(d_outputs: Tuple[Floats2d, Optional[PairGradient]]) -> ArgsKwargs:
        d_states, of_pairs = d_outputs
        # One way back for both tasks: the second would find the graph of the first layers gone.
        if of_pairs is None or not of_pairs.vectors.requires_grad:
            return gradients((states,), (d_states,))
        return gradients((states, of_pairs.vectors), (d_states, of_pairs.gradient))

    return (torch2xp(states.float()), hidden), backprop


def _encode(
    model: Model, docs: List[Doc], is_train: bool
) -> Tuple[FocusedEncoding, Callable[[Tuple[List[Floats2d], Optional[PairGradient]]], Any]]:
    bert, pieces = model.layers[0], _pieces(model, docs)
    (states, hidden), backprop_bert = bert(pieces.inputs, is_train)
    aligned, backprop_align = apply_alignment(model.ops, pieces.align, states)
    means, backprop_mean = reduce_mean()(aligned, is_train)
    lengths = model.ops.asarray1i([len(doc) for doc in docs])
    vectors = cast(List[Floats2d], model.ops.unflatten(means, lengths))

    def backprop(d_outputs: Tuple[List[Floats2d], Optional[PairGradient]]) -> Any:
        d_vectors, of_pairs = d_outputs
        d_states = backprop_align(backprop_mean(model.ops.flatten(d_vectors)))
        return backprop_bert((d_states, of_pairs))

    return FocusedEncoding(vectors, hidden, pieces), backprop


def _init_pairs(model: Model, X: Any = None, Y: Any = None) -> None:
    head, bert = model.layers
    head.set_dim("nI", bert.get_dim("nO"))
    head.set_dim("nO", model.get_dim("nO"))
    head.initialize()


def _head_sizes(model: Model, X: Any, Y: Any) -> Sizes:
    return {"n_in": model.get_dim("nI"), "n_out": model.get_dim("nO")}


def _relate(
    model: Model, X: SelectionInput, is_train: bool
) -> Tuple[Floats2d, Callable[[Floats2d], PairGradient]]:
    head, bert = model.layers
    encoded = cast(FocusedEncoding, X.encoded)
    where = place_pairs(encoded.pieces, X.candidates)
    indices = (encoded.pieces.lengths, where.windows, where.spans)
    device = encoded.hidden.device
    args = ("relate", encoded.hidden, *(to_tensor(index, device) for index in indices))
    # The way back leads through the encoder, with its own.
    vectors, _ = bert.shims[0](ArgsKwargs(args=args, kwargs={}), is_train)
    scores, backprop_head = head(torch2xp(vectors.float()), is_train)
    return scores, lambda d_scores: PairGradient(vectors, backprop_head(d_scores))
