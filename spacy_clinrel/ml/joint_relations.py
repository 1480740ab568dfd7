"""A joint model of a tagger and any relation model, upon one encoder."""

from contextlib import contextmanager
from typing import Any, Callable, Iterator, List, Tuple

from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

from ..errors import Errors
from ..types import SelectionInput
from .joint import joint_model, shared_encoder
from .pair_model import RelationModel
from .tagger import crf_layer

NAME = "shared_vectors"


def JointRelations(
    tok2vec: Model[List[Doc], List[Floats2d]],
    relations: RelationModel,
    mixed_precision: bool = False,
) -> Model:
    """Create a joint model from an encoder and a relation model: a CRF over the encoder's token
    vectors finds entities, the relation model scores pairs of these from the same vectors, a
    sigmoid for each label. The losses of both move the encoder.

    tok2vec (Model[List[Doc], List[Floats2d]]): The shared encoder.
    relations (RelationModel): E.g. `spacy-clinrel.MentionPair.v1`, whose own tok2vec is
        `spacy-clinrel.SharedVectors.v1`.
    mixed_precision (bool): Half precision of the tagger on CUDA.
    RETURNS (Model): With the refs "encoder", "tagger" and "relations", see `joint_model`.
    """
    part: Model[SelectionInput, Floats2d] = Model(
        "joint_relations", _relate, init=_init, layers=[relations], dims={"nO": None}
    )
    tagger = crf_layer(tok2vec, mixed_precision=mixed_precision)
    return joint_model("joint_relations", shared_encoder(tok2vec), tagger, part, tokens=False)


def SharedVectors() -> Model[List[Doc], List[Floats2d]]:
    """Create what stands for the encoder in the relation model of `JointRelations`: it hands on the
    vectors that the joint model's encoder made.

    RETURNS (Model[List[Doc], List[Floats2d]]): Documents to token vectors.
    """
    return Model(NAME, _hand_on, attrs={"vectors": None, "gradient": None})


def _hand_on(
    model: Model, docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable[[List[Floats2d]], List[Doc]]]:
    def backprop(gradient: List[Floats2d]) -> List[Doc]:
        model.attrs["gradient"] = gradient
        return docs

    return model.attrs["vectors"], backprop


def _shared(model: Model) -> Model:
    """The relation model's stand-in for the encoder."""
    for node in model.walk():
        if node.name == NAME:
            return node
    raise ValueError(Errors.M011)


@contextmanager
def _holding(shared: Model, vectors: List[Floats2d]) -> Iterator[None]:
    """Nothing of a batch stays behind: attributes are saved with the model."""
    shared.attrs["vectors"] = vectors
    try:
        yield
    finally:
        shared.attrs["vectors"] = None


def _init(model: Model, X: Any = None, Y: Any = None) -> None:
    relations = model.layers[0]
    relations.set_dim("nO", model.get_dim("nO"))
    vectors, docs, candidates = X
    shared = _shared(model)
    with _holding(shared, vectors):
        relations.initialize(X=(docs, candidates))


def _relate(
    model: Model, X: SelectionInput, is_train: bool
) -> Tuple[Floats2d, Callable[[Floats2d], List[Floats2d]]]:
    shared = _shared(model)
    with _holding(shared, X.encoded.vectors):
        scores, backprop_relations = model.layers[0]((X.docs, X.candidates), is_train)

    def backprop(d_scores: Floats2d) -> List[Floats2d]:
        backprop_relations(d_scores)
        gradient = shared.attrs["gradient"]
        shared.attrs["gradient"] = None
        return gradient

    return scores, backprop
