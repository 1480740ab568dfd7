"""Flat entities: encoder → linear → CRF over BIEOS."""

from itertools import islice
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence

import numpy as np
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.vocab import Vocab
from thinc.api import Config, Model, Optimizer, set_dropout_rate

from ..errors import Errors
from ..types import Emissions
from .entity_data import gold_tags, set_tagged_entities
from .score_weights import ENTITIES

default_model_config = """
[model]
@architectures = "spacy-clinrel.CRFTagger.v1"

[model.tok2vec]
@architectures = "spacy.Tok2Vec.v2"

[model.tok2vec.embed]
@architectures = "spacy-clinrel.CharEmbed.v1"
width = 128
rows = 5000
pair_rows = 20000
include_static_vectors = false

[model.tok2vec.encode]
@architectures = "spacy-clinrel.BiRNN.v1"
width = 256
depth = 1
"""
DEFAULT_MODEL = Config().from_str(default_model_config)["model"]


@Language.factory(
    "clinical_ner",
    assigns=["doc.ents", "token.ent_iob", "token.ent_type"],
    default_config={
        "model": DEFAULT_MODEL,
        "scorer": {"@scorers": "spacy-clinrel.ner_scorer.v1"},
    },
    default_score_weights=ENTITIES,
)
def make_clinical_ner(
    nlp: Language,
    name: str,
    model: Model[List[Doc], Emissions],
    scorer: Optional[Callable],
) -> "ClinicalNER":
    """Create a ClinicalNER component.

    model (Model[List[Doc], Emissions]): The model, e.g. `spacy-clinrel.CRFTagger.v1`.
    scorer (Optional[Callable]): The scoring method.
    """
    return ClinicalNER(nlp.vocab, model, name, scorer=scorer)


class ClinicalNER(TrainablePipe):
    """Find flat entities with a conditional random field."""

    def __init__(
        self,
        vocab: Vocab,
        model: Model[List[Doc], Emissions],
        name: str = "clinical_ner",
        *,
        scorer: Optional[Callable] = None,
    ):
        """Initialize the component.

        vocab (Vocab): The shared vocabulary.
        model (Model[List[Doc], Emissions]): The model; it brings its loss and its decoding in
            `attrs["loss"]` and `attrs["decode"]`.
        name (str): The component's name in the pipeline.
        scorer (Optional[Callable]): The scoring method.
        """
        self.vocab = vocab
        self.model = model
        self.name = name
        self.scorer = scorer
        self.cfg: Dict[str, Any] = {"labels": []}

    @property
    def labels(self) -> Sequence[str]:  # type: ignore[override]
        """RETURNS (Tuple[str]): The entity types."""
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> List[str]:  # type: ignore[override]
        """RETURNS (List[str]): The entity types, as `spacy init labels` writes them."""
        return list(self.cfg["labels"])

    def add_label(self, label: str) -> int:
        """Add an entity type, before the model has its output layer.

        label (str): The type.
        RETURNS (int): 1 if it was added, 0 if it was there.
        RAISES (ValueError): If the model is already initialized.
        """
        if label in self.cfg["labels"]:
            return 0
        if self.model.has_dim("nO") or self._output_dim() is not None:
            count = len(self.cfg["labels"])
            raise ValueError(Errors.C002.format(label=label, name=self.name, n=count))
        self.cfg["labels"].append(label)
        self.vocab.strings.add(label)
        return 1

    def predict(self, docs: Iterable[Doc]) -> List[np.ndarray]:
        """Find the best tags without changing the docs.

        docs (Iterable[Doc]): The documents.
        RETURNS (List[np.ndarray]): BIEOS tags of each document. Shape of each: (tokens,)
        """
        docs = list(docs)
        if self._output_dim() is None:
            raise ValueError(Errors.C003.format(name=self.name))
        if not any(len(doc) for doc in docs):
            return [np.zeros(0, dtype="int64") for _ in docs]
        return self.model.attrs["decode"](self.model.predict(docs))

    def set_annotations(self, docs: Iterable[Doc], scores: List[np.ndarray]) -> None:
        """Write entities to the docs.

        docs (Iterable[Doc]): The documents.
        scores (List[np.ndarray]): What `predict` returned.
        """
        set_tagged_entities(docs, scores, self.cfg["labels"])

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        """Learn from a batch.

        examples (Iterable[Example]): The batch.
        drop (float): Dropout rate.
        sgd (Optional[Optimizer]): The optimizer.
        losses (Optional[Dict[str, float]]): Losses by component, updated in place.
        RETURNS (Dict[str, float]): The losses.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "ClinicalNER.update")
        if not any(len(eg.predicted) for eg in examples):
            return losses
        set_dropout_rate(self.model, drop)
        emissions, backprop = self.model.begin_update([eg.predicted for eg in examples])
        loss, gradient = self.get_loss(examples, emissions)
        backprop(gradient)
        if sgd is not None:
            self.finish_update(sgd)
        losses[self.name] += loss
        return losses

    def get_loss(self, examples: Iterable[Example], scores: Emissions):
        """The loss of a batch, and its gradient.

        examples (Iterable[Example]): The batch.
        scores (Emissions): What the model returned.
        RETURNS (Tuple[float, Emissions]): Mean negative log-likelihood of the gold tags, and
            its gradient with respect to the scores.
        """
        examples = list(examples)
        tags = [gold_tags(eg, self.cfg["labels"], self.name) for eg in examples]
        # Documents without entity annotation say nothing about entities.
        weight = [eg.reference.has_annotation("ENT_IOB") for eg in examples]
        return self.model.attrs["loss"](scores, np.concatenate(tags), np.asarray(weight, int))

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Optional[Language] = None,
        labels: Optional[List[str]] = None,
    ) -> None:
        """Collect the labels and give the model its sizes.

        get_examples (Callable[[], Iterable[Example]]): Returns the training examples.
        nlp (Optional[Language]): The pipeline.
        labels (Optional[List[str]]): The labels, as `spacy init labels` writes them.
        RAISES (ValueError): If there is no label.
        """
        validate_get_examples(get_examples, "ClinicalNER.initialize")
        if labels is None:
            found = {ent.label_ for eg in get_examples() for ent in eg.reference.ents}
            labels = sorted(found)
        for label in labels:
            self.add_label(label)
        if not self.labels:
            raise ValueError(Errors.C001.format(name=self.name, what="doc.ents"))
        filled = (eg.reference for eg in get_examples() if len(eg.reference))
        sample = list(islice(filled, 10))
        self.model.get_ref("output_layer").set_dim("nO", len(self.labels))
        self.model.initialize(X=sample)

    def _output_dim(self) -> Optional[int]:
        layer = self.model.get_ref("output_layer")
        return layer.get_dim("nO") if layer.has_dim("nO") else None
