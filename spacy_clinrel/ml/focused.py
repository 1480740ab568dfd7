"""The joint model of focused attention: one BERT-like encoder for entities and relations."""

from functools import partial
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, cast

import numpy as np
import torch
from spacy.tokens import Doc
from thinc.api import ArgsKwargs, Model, torch2xp
from thinc.layers.pytorchwrapper import (
    convert_pytorch_default_inputs,
    convert_pytorch_default_outputs,
)
from thinc.types import Floats2d

from ..errors import Errors
from ..layers.focused import MASKS, PairHead, STREncoder
from ..types import Candidates, Resize, SelectionInput
from .bert import bert_layer, no_gradient, piece_tensors, pieces_of, pool_pieces
from .encoder_files import BertLike, GetEncoder
from .joint import joint_model
from .pieces import GetSpans, Pieces, place_pairs
from .resize import resize_scores
from .tagger import crf_layer
from .wrap import Sizes, gradients, to_tensor, torch_layer


class FocusedEncoding(NamedTuple):
    """Output of the encoder for a batch.

    vectors (List[Floats2d]): H_N^ner of each document's tokens. Shape of each: (tokens, width)
    hidden (Tensor): Input of the layers that are run for pairs, see `STREncoder`. It keeps its
        autograd graph in training. Shape: (pieces, 1 or 2, width)
    pieces (Pieces): The word pieces.
    """

    vectors: List[Floats2d]
    hidden: torch.Tensor
    pieces: Pieces


class PairGradient(NamedTuple):
    """Gradient that the pair head passes back to the encoder.

    vectors (Tensor): H_N^rc[0] of each pair, with its autograd graph. Shape: (pairs, width)
    gradient (Floats2d): Gradient of the loss with respect to `vectors`. Shape: (pairs, width)
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
    Chinese Medical Text" (Xue et al. 2019).

    Entities and relations share the first N-K layers of a BERT-like encoder. The last K layers run
    once without a mask, and a CRF on their output finds the entities. The same K layers run again
    for each pair of mentions, with a mask that restricts the attention of [CLS] to the two
    mentions. Each unordered pair is scored once, over no relation and each label in both
    directions.

    encoder (Callable[[List[Doc]], BertLike]): Returns the encoder, e.g.
        `spacy-clinrel.PretrainedEncoder.v1` or `spacy-clinrel.RandomEncoder.v1`.
    get_spans (Callable[[List[Doc]], List[List[Span]]]): Splits texts into windows that fit the
        encoder, as in spacy-transformers. If windows overlap, a token's vector is the mean over
        them, and a pair is scored in the middle one of the windows that contain it.
    focused_layers (int): K, the number of layers that are run for each task; 1 to N.
    mask (str): The paper's equation for the mask. With "eq13" the mentions attend to all word
        pieces and only [CLS] is masked; with "eq14" the mentions attend only to [CLS] and each
        other.
    budget (int): Maximum number of word pieces of a batch of pairs in the K layers; bounds memory.
    encoder_rate (float): The encoder's learning rate as a multiple of the optimizer's. The tagger
        and the pair head have the optimizer's rate.
    layer_decay (float): Each layer's learning rate as a multiple of the next higher layer's.
    mixed_precision (bool): Whether to use half precision on CUDA, and bfloat16 in training on a CPU
        that computes with it (AVX-512 BF16, AMX).
    RETURNS (Model): The model, with the refs "encoder", "tagger" and "relations", see
        `joint_model`.
    RAISES (ValueError): If an option is out of range.
    """
    if mask not in MASKS:
        raise ValueError(Errors.M004.format(what="mask", need=f"one of {MASKS}", value=mask))
    for what, value in (("focused_layers", focused_layers), ("budget", budget)):
        if value < 1:
            raise ValueError(Errors.M004.format(what=what, need="1 or more", value=value))
    bert = bert_layer(
        "str_encoder",
        partial(
            _wrap_encoder, partial(STREncoder, focused=focused_layers, mask=mask, budget=budget)
        ),
        encoder,
        _bert_inputs,
        _bert_outputs,
        check=_check_layers,
        encoder_rate=encoder_rate,
        layer_decay=layer_decay,
        mixed_precision=mixed_precision,
    )
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
        attrs={"resize": _resize_pairs},
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
    """Return which pairs can be scored: pairs with both mentions in one window.

    model (Model): The joint model.
    docs (Sequence[Doc]): The documents, not all of them empty.
    candidates (Candidates): Their pairs.
    encoded (Optional[FocusedEncoding]): Output of the encoder, if it was run.
    RETURNS (ndarray): Bool. Shape: (pairs,)
    """
    pieces = _pieces(model.get_ref("encoder"), docs) if encoded is None else encoded.pieces
    return place_pairs(pieces, candidates).windows >= 0


def _pieces(shared: Model, docs: Sequence[Doc]) -> Pieces:
    return pieces_of(shared.layers[0], docs, shared.attrs["get_spans"])


def _wrap_encoder(create: Callable[..., STREncoder], encoder: BertLike) -> STREncoder:
    """Create the module of an encoder.

    RAISES (ValueError): If the encoder has fewer than `focused_layers` layers.
    """
    module = create(encoder.transformer, encoder.tokenizer)
    n_layers = len(encoder.transformer.encoder.layer)
    if module.focused > n_layers:
        need = f"1 to {n_layers}, the number of the encoder's layers"
        raise ValueError(Errors.M004.format(what="focused_layers", need=need, value=module.focused))
    return module


@torch.no_grad()
def _check_layers(module: STREncoder, kind: str) -> None:
    """Check that running the layers one by one without a mask gives the same output as the encoder.
    The outputs differ if, for example, its layers normalize in other places than those of BERT.

    RAISES (ValueError): If the outputs differ.
    """
    module.eval()
    ids = torch.arange(1, 7)[None] % len(module.transformer.embeddings.word_embeddings.weight)
    mask = torch.ones_like(ids)
    inputs = {"input_ids": ids, "attention_mask": mask}
    try:
        device = module.transformer.device
        inputs = {key: value.to(device) for key, value in inputs.items()}
        plain = module.transformer(**inputs).last_hidden_state
        states, hidden = module.encode(inputs)
        # With a mention that spans the whole window, nothing is masked.
        size = mask.shape[1]
        indices = ([size], [0], [[1, size, size, size]])
        vectors = module.relate(hidden, *(torch.tensor(index, device=device) for index in indices))
        is_equal = all(
            torch.allclose(ours, theirs, atol=1e-4, rtol=1e-3)
            for ours, theirs in ((states, plain[0]), (vectors, plain[:, 0]))
        )
    except Exception as error:  # models that are not BERT-like raise various errors
        raise ValueError(Errors.M009.format(kind=kind)) from error
    if not is_equal:
        raise ValueError(Errors.M009.format(kind=kind))


def _init_encoder(model: Model, X: Any = None, Y: Any = None) -> None:
    model.layers[0].initialize(X=X)


def _bert_inputs(
    model: Model, inputs: Dict[str, np.ndarray], is_train: bool
) -> Tuple[ArgsKwargs, Callable]:
    return ArgsKwargs(args=("encode", piece_tensors(model, inputs)), kwargs={}), no_gradient


def _bert_outputs(model: Model, inputs_outputs: Tuple, is_train: bool) -> Tuple[Any, Callable]:
    _, (states, hidden) = inputs_outputs

    def backprop(d_outputs: Tuple[Floats2d, Optional[PairGradient]]) -> ArgsKwargs:
        d_states, d_pairs = d_outputs
        # One backward pass for both tasks, since the first pass frees the graph of shared layers.
        if d_pairs is None or not d_pairs.vectors.requires_grad:
            return gradients((states,), (d_states,))
        return gradients((states, d_pairs.vectors), (d_states, d_pairs.gradient))

    return (torch2xp(states.float()), hidden), backprop


def _encode(
    model: Model, docs: List[Doc], is_train: bool
) -> Tuple[FocusedEncoding, Callable[[Tuple[List[Floats2d], Optional[PairGradient]]], Any]]:
    bert, pieces = model.layers[0], _pieces(model, docs)
    (states, hidden), backprop_bert = bert(pieces.inputs, is_train)
    vectors, backprop_pool = pool_pieces(model.ops, pieces, states, docs)

    def backprop(d_outputs: Tuple[List[Floats2d], Optional[PairGradient]]) -> Any:
        d_vectors, d_pairs = d_outputs
        return backprop_bert((backprop_pool(d_vectors), d_pairs))

    return FocusedEncoding(vectors, hidden, pieces), backprop


def _init_pairs(model: Model, X: Any = None, Y: Any = None) -> None:
    head, bert = model.layers
    head.set_dim("nI", bert.get_dim("nO"))
    head.set_dim("nO", model.get_dim("nO"))
    head.initialize()


def _resize_pairs(model: Model, resize: Resize) -> None:
    resize_scores(model.layers[0], resize)
    model.set_dim("nO", resize.sizes["n_out"], force=True)


def _head_sizes(model: Model, X: Any, Y: Any) -> Sizes:
    return {"n_in": model.get_dim("nI"), "n_out": model.get_dim("nO")}


def _relate(
    model: Model, X: SelectionInput, is_train: bool
) -> Tuple[Floats2d, Callable[[Floats2d], PairGradient]]:
    head, bert = model.layers
    encoded = cast(FocusedEncoding, X.encoded)
    placed = place_pairs(encoded.pieces, X.candidates)
    indices = (encoded.pieces.lengths, placed.windows, placed.spans)
    device = encoded.hidden.device
    args = ("relate", encoded.hidden, *(to_tensor(index, device) for index in indices))
    # The encoder backpropagates through these vectors together with its own output.
    vectors, _ = bert.shims[0](ArgsKwargs(args=args, kwargs={}), is_train)
    scores, backprop_head = head(torch2xp(vectors.float()), is_train)
    return scores, lambda d_scores: PairGradient(vectors, backprop_head(d_scores))
