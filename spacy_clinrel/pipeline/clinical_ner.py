"""The component `clinical_ner`: flat entities by a CRF over BIEOS tags."""

from typing import Any, Callable, Iterable, List, Optional, Sequence, Tuple, Union

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import Model

from ..tokens.bieos import allowed_transitions
from ..types import IMPOSSIBLE, Emissions, TagProbabilities
from .base import GetExamples, TrainingBatch
from .constraints import constrain, warn_of_forbidden
from .defaults import NER_MODEL
from .entities import gold_tags, has_gold_entities, set_tagged_entities, silver_probabilities
from .label_space import LabelData, collect_types
from .score_weights import ENTITIES
from .typed import TypedPipe

# Smaller probabilities have the same logarithm in decoding.
MIN_PROBABILITY = 1e-6


@Language.factory(
    "clinical_ner",
    assigns=["doc.ents", "token.ent_iob", "token.ent_type"],
    default_config={
        "model": NER_MODEL,
        "overwrite_ents": False,
        "scorer": {"@scorers": "spacy-clinrel.ner_scorer.v1"},
    },
    default_score_weights=ENTITIES,
)
def make_clinical_ner(
    nlp: Language,
    name: str,
    model: Model[List[Doc], Emissions],
    overwrite_ents: bool,
    scorer: Optional[Callable],
) -> "ClinicalNER":
    """Create a ClinicalNER component.

    model (Model[List[Doc], Emissions]): The model, e.g. `spacy-clinrel.CRFTagger.v1`.
    overwrite_ents (bool): Whether to replace the entities that a Doc already has, e.g. from an
        `entity_ruler`. By default they are kept, and predictions do not overlap them.
    scorer (Optional[Callable]): The scoring method.
    RETURNS (ClinicalNER): The component.
    """
    return ClinicalNER(nlp.vocab, model, name, overwrite_ents=overwrite_ents, scorer=scorer)


class ClinicalNER(TypedPipe):
    """Component that finds flat entities with a conditional random field.

    The model provides its loss, its decoding and its probabilities as `attrs["loss"]`,
    `attrs["decode"]` and `attrs["marginals"]`.
    """

    learns = ("entities",)
    annotation = "doc.ents"

    def __init__(
        self,
        vocab: Vocab,
        model: Model[List[Doc], Emissions],
        name: str = "clinical_ner",
        *,
        overwrite_ents: bool = False,
        scorer: Union[Callable, str, None] = "spacy-clinrel.ner_scorer.v1",
    ):
        """Initialize the component.

        vocab (Vocab): The shared vocabulary.
        model (Model[List[Doc], Emissions]): The model.
        name (str): The component's name in the pipeline.
        overwrite_ents (bool): Whether to replace the entities that a Doc already has.
        scorer (Optional[Callable]): The scoring method.
        """
        super().__init__(vocab, model, name, scorer, {"overwrite_ents": overwrite_ents})

    def gold_labels_of(self, docs: Iterable[Doc]) -> LabelData:
        """Return the entity types of gold documents.

        docs (Iterable[Doc]): The documents.
        RETURNS (Dict[str, List]): "types".
        """
        return {"types": collect_types(docs)}

    def output_sizes(self) -> List[Tuple[Model, int]]:
        """Return the CRF layer, and the number of entity types."""
        return [(self.model.get_ref("output_layer"), len(self.labels))]

    def check_examples(self, get_examples: GetExamples) -> None:
        """Warn about gold entities that cannot be predicted.

        get_examples (Callable[[], Iterable[Example]]): Returns the training examples.
        """
        warn_of_forbidden((eg.reference for eg in get_examples()), self.name)

    def predict(self, docs: Iterable[Doc]) -> List[np.ndarray]:
        """Predict tags without changing the documents.

        docs (Iterable[Doc]): The documents.
        RETURNS (List[np.ndarray]): BIEOS tags of each document. Shape of each: (tokens,)
        RAISES (ValueError): If the component is not initialized.
        """
        docs = list(docs)
        self.check_initialized()
        if not any(len(doc) for doc in docs):
            return [np.zeros(0, dtype="int64") for _ in docs]
        return self.model.attrs["decode"](self._predict_emissions(docs))

    def predict_probabilities(self, docs: Iterable[Doc]) -> List[TagProbabilities]:
        """Predict the probabilities of the tags without changing the documents.

        docs (Iterable[Doc]): The documents, at least one with tokens.
        RETURNS (List[TagProbabilities]): The marginals of the CRF for each document.
        RAISES (ValueError): If the component is not initialized.
        """
        self.check_initialized()
        return self.model.attrs["marginals"](self._predict_emissions(list(docs)))

    def decode_probabilities(self, probabilities: Sequence[TagProbabilities]) -> List[np.ndarray]:
        """Find the well-formed tags with the highest product of probabilities.

        probabilities (Sequence[TagProbabilities]): Probabilities of each document, e.g. the mean of
            several models.
        RETURNS (List[np.ndarray]): BIEOS tags of each document. Shape of each: (tokens,)
        """
        allowed = allowed_transitions(len(self.labels))
        masks = (np.where(mask, 0.0, IMPOSSIBLE).astype("float32") for mask in allowed)
        tags = np.concatenate([document.tags for document in probabilities]).astype("float32")
        lengths = np.asarray([len(document.tags) for document in probabilities], dtype="int32")
        scores = np.log(np.maximum(tags, MIN_PROBABILITY))
        return self.model.attrs["decode"](Emissions(scores, *masks, lengths))  # type: ignore[call-arg, arg-type]

    def _predict_emissions(self, docs: List[Doc]) -> Emissions:
        emissions = self.model.predict(docs)
        return constrain(emissions, docs, self.labels, self.cfg["overwrite_ents"])

    def set_annotations(self, docs: Iterable[Doc], scores: List[np.ndarray]) -> None:
        """Write entities to the documents.

        docs (Iterable[Doc]): The documents.
        scores (List[np.ndarray]): Output of `predict`.
        """
        set_tagged_entities(docs, scores, self.labels, self.cfg["overwrite_ents"])

    def make_batch(self, examples: List[Example]) -> TrainingBatch:
        """Create the training batch from examples.

        examples (List[Example]): The batch.
        RETURNS (TrainingBatch): The documents, their gold tags, and the probabilities of the tags
            of silver documents.
        """
        tags = [gold_tags(eg, self.labels, self.name) for eg in examples]
        return TrainingBatch(
            [eg.predicted for eg in examples],
            tags=np.concatenate(tags),
            silver=silver_probabilities(examples, self.labels),
        )

    def get_loss(  # type: ignore[override]
        self, examples: Iterable[Example], scores: Any, batch: Optional[TrainingBatch] = None
    ) -> Tuple[float, Emissions]:
        """Return the loss of a batch, and its gradient.

        examples (Iterable[Example]): The batch.
        scores (Emissions): Output of the model.
        batch (Optional[TrainingBatch]): The batch that the model was run on. None to create it from
            the examples.
        RETURNS (Tuple[float, Emissions]): The negative log-likelihood of the gold tags, averaged
            over the documents, and its gradient. For silver documents with probabilities, it is the
            cross-entropy. Documents without entity annotation add 0.
        """
        examples = list(examples)
        batch = batch or self.make_batch(examples)
        weight = has_gold_entities(examples)
        # Other models may have a loss without this argument.
        silver = () if batch.silver is None else (batch.silver,)
        return self.model.attrs["loss"](scores, batch.tags, weight, *silver)
