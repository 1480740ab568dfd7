"""Joint models: one encoder with a tagger for entities and a scorer for relations."""

from functools import partial
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc
from thinc.api import ArgsKwargs, Model, torch2xp
from thinc.types import Floats2d

from ..errors import Errors
from ..layers.selection import Selection
from ..tokens.bieos import n_tags
from ..types import Candidates, JointInput, JointOutput, Resize, SelectionInput
from .resize import resize_scores
from .tagger import crf_layer, decode, loss
from .wrap import Sizes, flatten, gradients, to_tensor, torch_layer

TRAIN_PAIRS = ("tokens", "mentions")
CanScore = Callable[[Model, Sequence[Doc], Candidates, Any], np.ndarray]


def MultiHeadSelection(
    tok2vec: Model[List[Doc], List[Floats2d]],
    width: int = 128,
    tag_width: int = 32,
    distance: bool = False,
    mixed_precision: bool = False,
) -> Model:
    """Create the joint model of "BERT-based multi-head joint model" (after Bekoulis et al. 2018).

    A CRF over the token vectors finds the entities. A pair of mentions is scored from the vectors
    and the tag embeddings of their last tokens, with a sigmoid for each label, so that a mention
    can have several relations.

    tok2vec (Model[List[Doc], List[Floats2d]]): The shared encoder, e.g. a BiLSTM over embeddings,
        or a transformer through spacy-transformers.
    width (int): Width of the pair vectors.
    tag_width (int): Width of the tag embeddings; 0 for none.
    distance (bool): Whether to add an embedding of the distance between the two tokens, which the
        paper does not have.
    mixed_precision (bool): Whether to use half precision on CUDA.
    RETURNS (Model): The model, with the refs "encoder", "tagger" and "relations", see
        `joint_model`.
    RAISES (ValueError): If a size is out of range.
    """
    for name, value, least in (("width", width, 1), ("tag_width", tag_width, 0)):
        if value < least:
            raise ValueError(Errors.M004.format(what=name, need=f"{least} or more", value=value))
    tagger = crf_layer(tok2vec, mixed_precision=mixed_precision)
    relations = torch_layer(
        "selection",
        partial(Selection, width=width, tag_width=tag_width, distance=distance),
        _selection_sizes,
        _selection_inputs,
        _selection_outputs,
        dims={"nI": None, "nO": None, "nT": None},
        mixed_precision=mixed_precision,
    )
    relations.attrs["resize"] = _resize_selection
    encoder = shared_encoder(tok2vec)
    return joint_model("multi_head_selection", encoder, tagger, relations, train_pairs=TRAIN_PAIRS)


def joint_model(
    name: str,
    encoder: Model,
    tagger: Model,
    relations: Model,
    *,
    train_pairs: Sequence[str] = ("mentions",),
    head: Optional[str] = None,
    can_score: Optional[CanScore] = None,
) -> Model:
    """Combine the parts of a joint model.

    In training the model takes a JointInput and returns a JointOutput. For prediction the component
    runs the parts one after the other, since the candidate pairs depend on the predicted tags.

    name (str): The model's name.
    encoder (Model): The shared encoder. It maps documents to an object with the token vectors of
        each document in `vectors`. Its backward pass takes the gradients of both tasks.
    tagger (Model): Maps token vectors to Emissions.
    relations (Model): Maps a SelectionInput to scores; its nO is the number of scores per pair.
    train_pairs (Sequence[str]): The pairs that the model can learn relations from: "mentions",
        "tokens" or both.
    head (Optional[str]): Registered name of the pair head. None for the component's default.
    can_score (Optional[CanScore]): Takes the model, documents, pairs, and the encoder's output or
        None, and returns which pairs can be scored, bool. Shape: (pairs,). None for all.
    RETURNS (Model): The model, with the refs "encoder", "tagger" and "relations".
    """
    attrs: Dict[str, Any] = {
        "loss": loss,
        "decode": decode,
        "train_pairs": list(train_pairs),
    }
    if "resize" in tagger.attrs and "resize" in relations.attrs:
        attrs["resize"] = resize_joint
    if head is not None:
        attrs["head"] = head
    if can_score is not None:
        attrs["can_score"] = can_score
    return Model(
        name,
        _forward,
        init=_init,
        layers=[encoder, tagger, relations],
        refs={"encoder": encoder, "tagger": tagger, "relations": relations},
        attrs=attrs,
    )


def resize_joint(model: Model, resize: Resize) -> None:
    """Add entity types and relation labels to a model from `joint_model`.

    model (Model): The model.
    resize (Resize): The new sizes.
    """
    for name in ("tagger", "relations"):
        part = model.get_ref(name)
        part.attrs["resize"](part, resize)


def _resize_selection(model: Model, resize: Resize) -> None:
    resize_scores(model, resize)
    model.set_dim("nT", resize.sizes["n_tags"], force=True)


class SharedEncoding(NamedTuple):
    """Output of the shared encoder.

    vectors (List[Floats2d]): Token vectors of each document. Shape of each: (tokens, width)
    """

    vectors: List[Floats2d]


def shared_encoder(tok2vec: Model[List[Doc], List[Floats2d]]) -> Model:
    """Create the encoder of a joint model from a tok2vec.

    tok2vec (Model[List[Doc], List[Floats2d]]): Documents to token vectors.
    RETURNS (Model): Documents to SharedEncoding. Its backward pass adds the gradients of both
        tasks.
    """
    return Model(
        "shared_encoder", _share, init=_init_shared, layers=[tok2vec], refs={"tok2vec": tok2vec}
    )


def _share(model: Model, docs: List[Doc], is_train: bool) -> Tuple[SharedEncoding, Callable]:
    vectors, backprop = model.layers[0](docs, is_train)

    def backprop_sum(gradients: Tuple[List[Floats2d], Optional[List[Floats2d]]]) -> Any:
        d_tags, d_pairs = gradients
        return backprop(d_tags if d_pairs is None else [a + b for a, b in zip(d_tags, d_pairs)])

    return SharedEncoding(vectors), backprop_sum


def _init_shared(model: Model, X: Any = None, Y: Any = None) -> None:
    model.layers[0].initialize(X=X)


def _forward(model: Model, X: JointInput, is_train: bool) -> Tuple[JointOutput, Callable]:
    encoded, backprop_encoder = model.get_ref("encoder")(X.docs, is_train)
    emissions, backprop_tagger = model.get_ref("tagger")(encoded.vectors, is_train)
    scores = None
    if X.candidates is not None:
        inputs = SelectionInput(X.docs, encoded, X.tags, X.candidates)
        scores, backprop_relations = model.get_ref("relations")(inputs, is_train)

    def backprop(gradient: JointOutput) -> Any:
        d_vectors = backprop_tagger(gradient.emissions)
        if scores is None or gradient.relations is None:
            return backprop_encoder((d_vectors, None))
        return backprop_encoder((d_vectors, backprop_relations(gradient.relations)))

    return JointOutput(emissions, scores), backprop


def _init(model: Model, X: Any = None, Y: Any = None) -> None:
    """Initialize the parts from a JointInput: documents and the pairs of their entities."""
    encoder, tagger, relations = model.layers
    docs, _, candidates = X
    encoder.initialize(X=docs)
    vectors = encoder.predict(docs).vectors
    tagger.initialize(X=vectors)
    if relations.has_dim("nT") is None:
        relations.set_dim("nT", n_tags(tagger.get_dim("nO")))
    relations.initialize(X=(vectors, docs, candidates))


def _selection_sizes(model: Model, X: Any, Y: Any) -> Sizes:
    if model.has_dim("nI") is None:
        model.set_dim("nI", X[0][0].shape[1])
    sizes = {"n_in": "nI", "n_tags": "nT", "n_out": "nO"}
    return {name: model.get_dim(dim) for name, dim in sizes.items()}


def _selection_inputs(
    model: Model, X: SelectionInput, is_train: bool
) -> Tuple[ArgsKwargs, Callable]:
    flat, backprop = flatten(model, X.encoded.vectors, is_train)
    lengths = np.asarray([len(x) for x in X.encoded.vectors])
    ends = X.candidates.batch_mentions(lengths)[:, 1] - 1
    pairs = to_tensor(ends[X.candidates.batch_pairs()], flat.device)
    args = (flat, to_tensor(X.tags, flat.device), pairs)
    return ArgsKwargs(args=args, kwargs={}), backprop


def _selection_outputs(model: Model, inputs_outputs: Tuple, is_train: bool) -> Tuple:
    _, scores = inputs_outputs

    def backprop(d_scores: Floats2d) -> ArgsKwargs:
        return gradients((scores,), (d_scores,))

    return torch2xp(scores.float()), backprop
