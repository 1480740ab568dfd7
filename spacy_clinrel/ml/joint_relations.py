"""A joint model of a tagger and any pair model with a shared encoder."""

from typing import Any, Callable, List, Tuple

from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

from ..errors import Errors
from ..types import Resize, SelectionInput
from .joint import joint_model, shared_encoder
from .pair_model import RelationModel, initialize_from_vectors, score_vectors
from .tagger import crf_layer

PLACEHOLDER = "shared_vectors"


def JointRelations(
    tok2vec: Model[List[Doc], List[Floats2d]],
    relations: RelationModel,
    mixed_precision: bool = False,
) -> Model:
    """Create a joint model from an encoder and a pair model.

    A CRF over the token vectors finds the entities. The pair model scores pairs of entities from
    the same vectors, with a sigmoid for each label. The losses of both tasks train the encoder.

    tok2vec (Model[List[Doc], List[Floats2d]]): The shared encoder.
    relations (RelationModel): A pair model without an encoder (`tok2vec = null`), e.g.
        `spacy-clinrel.MentionPair.v1`.
    mixed_precision (bool): Whether to use half precision in the tagger on CUDA.
    RETURNS (Model): The model, with the refs "encoder", "tagger" and "relations", see
        `joint_model`.
    RAISES (ValueError): If the pair model has its own encoder.
    """
    tok2vec_of_pairs = relations.maybe_get_ref("tok2vec")
    if tok2vec_of_pairs is not None and tok2vec_of_pairs.name != PLACEHOLDER:
        raise ValueError(Errors.M011)
    scorer: Model[SelectionInput, Floats2d] = Model(
        "joint_relations", _relate, init=_init, layers=[relations], dims={"nO": None}
    )
    if "resize" in relations.attrs:
        scorer.attrs["resize"] = _resize
    tagger = crf_layer(tok2vec, mixed_precision=mixed_precision)
    return joint_model("joint_relations", shared_encoder(tok2vec), tagger, scorer)


def SharedVectors() -> Model[List[Doc], List[Floats2d]]:
    """Create a placeholder for the encoder of a pair model in `JointRelations`.

    Pipelines of earlier versions have it in their config. New configs set `tok2vec = null` instead.

    RETURNS (Model[List[Doc], List[Floats2d]]): A layer that raises an error when it is run.
    """
    return Model(PLACEHOLDER, _cannot_run)


def _cannot_run(model: Model, docs: List[Doc], is_train: bool) -> Tuple[Any, Callable]:
    raise ValueError(Errors.M011)


def _init(model: Model, X: Any = None, Y: Any = None) -> None:
    relations = model.layers[0]
    relations.set_dim("nO", model.get_dim("nO"))
    initialize_from_vectors(relations, X)


def _resize(model: Model, resize: Resize) -> None:
    relations = model.layers[0]
    relations.attrs["resize"](relations, resize)
    model.set_dim("nO", resize.sizes["n_out"], force=True)


def _relate(
    model: Model, X: SelectionInput, is_train: bool
) -> Tuple[Floats2d, Callable[[Floats2d], List[Floats2d]]]:
    return score_vectors(model.layers[0], (X.encoded.vectors, X.docs, X.candidates), is_train)
