"""The component `relation_classifier`: relations between mentions, from candidate pairs."""

from typing import Any, Callable, Iterable, List, Optional, Tuple, Union

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import Model

from ..errors import Errors
from ..types import Candidates, CandidateStrategy
from .base import SAMPLE_SIZE, GetExamples, TrainingBatch, option_error
from .defaults import CANDIDATES, RELATION_MODEL
from .gold import read_gold, sample_pairs
from .heads import SIGMOID, SOFTMAX
from .options import MentionSource, NonNegative, Positive, Probability
from .predictions import PairPredictions, annotate_relations
from .relation_pipe import RelationPipe
from .score_weights import RELATIONS
from .temperature import temper

# The output is the input of the model's pair head, usually scores of shape (pairs, nO).
RelationModel = Model[Tuple[List[Doc], Candidates], Any]


@Language.factory(
    "relation_classifier",
    assigns=["doc._.relations"],
    default_config={
        "model": RELATION_MODEL,
        "candidates": CANDIDATES,
        "threshold": 0.5,
        "exclusive": True,
        "typed": True,
        "mentions": "auto",
        "negatives": None,
        "temperature": 1.0,
        "scorer": {"@scorers": "spacy-clinrel.relation_scorer.v1"},
    },
    default_score_weights=RELATIONS,
)
def make_relation_classifier(
    nlp: Language,
    name: str,
    model: RelationModel,
    candidates: Optional[CandidateStrategy],
    threshold: Probability,
    exclusive: bool,
    typed: bool,
    mentions: MentionSource,
    negatives: Optional[NonNegative],
    temperature: Positive,
    scorer: Optional[Callable],
) -> "RelationClassifier":
    """Create a RelationClassifier component.

    model (Model[Tuple[List[Doc], Candidates], Any]): Maps documents and candidates to scores.
    candidates (Optional[CandidateStrategy]): Proposes pairs of mentions.
    threshold (float): Minimum probability of a predicted relation, 0 to 1.
    exclusive (bool): Whether a pair has at most one label (softmax with no relation as a class).
        False for any number of labels (sigmoid).
    typed (bool): Whether to predict only (head type, label, tail type) signatures seen in training.
    mentions (str): Source of the mentions: "auto", "ents" or "group", see `read_mentions`.
    negatives (Optional[float]): Number of pairs without a relation per pair with one, in training.
        None for all pairs.
    temperature (float): Temperature of the probabilities, see `temper`; 1.0 leaves them unchanged.
    scorer (Optional[Callable]): The scoring method.
    RETURNS (RelationClassifier): The component.
    """
    return RelationClassifier(
        nlp.vocab,
        model,
        candidates,
        name,
        threshold=threshold,
        exclusive=exclusive,
        typed=typed,
        mentions=mentions,
        negatives=negatives,
        temperature=temperature,
        scorer=scorer,
    )


class RelationClassifier(RelationPipe):
    """Component that predicts relations between the mentions of documents."""

    def __init__(
        self,
        vocab: Vocab,
        model: RelationModel,
        candidates: Optional[CandidateStrategy],
        name: str = "relation_classifier",
        *,
        threshold: float = 0.5,
        exclusive: bool = True,
        typed: bool = True,
        mentions: str = "auto",
        negatives: Optional[float] = None,
        temperature: float = 1.0,
        scorer: Union[Callable, str, None] = "spacy-clinrel.relation_scorer.v1",
    ):
        """Initialize the component. The arguments are those of `make_relation_classifier`.

        RAISES (ValueError): If there is no candidate strategy, or the model's head does not support
            `exclusive`.
        """
        if candidates is None:
            raise ValueError(Errors.C005.format(name=name))
        self.strategy = candidates
        self.default_head = SOFTMAX if exclusive else SIGMOID
        options = {
            "threshold": threshold,
            "exclusive": exclusive,
            "typed": typed,
            "mentions": mentions,
            "negatives": negatives,
            "temperature": temperature,
        }
        super().__init__(vocab, model, name, scorer, options)
        if self.head.is_exclusive != exclusive:
            allowed = f"{self.head.is_exclusive} with this model".lower()
            raise option_error(name, "exclusive", exclusive, allowed)

    def predict(self, docs: Iterable[Doc]) -> PairPredictions:
        """Score all candidate pairs without changing the documents.

        docs (Iterable[Doc]): The documents.
        RETURNS (PairPredictions): The candidates and their probabilities.
        RAISES (ValueError): If the component is not initialized.
        """
        docs = list(docs)
        self.check_initialized()
        exclusive = self.head.is_exclusive
        candidates = self.make_candidates(docs)
        if not len(candidates):
            width = len(self.labels) + exclusive
            return PairPredictions(candidates, np.zeros((0, width), dtype="float32"), exclusive)
        output = self.model.predict((docs, self.head.model_pairs(candidates)))
        probabilities = self.head.probabilities(output, candidates)
        probabilities = temper(probabilities, self.cfg["temperature"], exclusive=exclusive)
        return PairPredictions(candidates, probabilities, exclusive)

    def set_annotations(self, docs: Iterable[Doc], scores: PairPredictions) -> None:
        """Write relations to the documents.

        docs (Iterable[Doc]): The documents.
        scores (PairPredictions): Output of `predict`.
        """
        threshold, source = self.cfg["threshold"], self.cfg["mentions"]
        annotate_relations(docs, scores, threshold, self.labels, source)

    def gold_labels(self, examples: Iterable[Example]) -> Tuple[np.ndarray, np.ndarray]:
        """Return the gold labels of the candidate pairs that `predict` scores.

        examples (Iterable[Example]): Examples whose predicted Doc has mentions.
        RETURNS (Tuple[ndarray, ndarray]): The gold labels among the component's labels, bool, shape
            (pairs, labels); and which pairs are annotated, bool, shape (pairs,).
        """
        examples = list(examples)
        candidates = self.make_candidates([eg.predicted for eg in examples])
        gold = read_gold(examples, candidates, self.space, self.name, strict=False)
        return gold.labels, gold.annotated

    def make_batch(self, examples: List[Example], *, every_pair: bool = False) -> TrainingBatch:
        """Create the training batch from examples. The mentions are those of the predicted
        documents, set by a reader of gold entities or by annotating components.

        examples (List[Example]): The batch.
        every_pair (bool): Whether to include unannotated pairs and pairs that are not sampled.
        RETURNS (TrainingBatch): Documents and pairs, and the gold labels of the pairs.
        """
        docs = [eg.predicted for eg in examples]
        candidates = self.make_candidates(docs)
        gold = self.head.model_gold(read_gold(examples, candidates, self.space, self.name))
        if every_pair:
            return TrainingBatch((docs, gold.pairs), gold=gold.labels, counted=gold.annotated)
        pairs, labels = sample_pairs(gold, self.cfg["negatives"])
        return TrainingBatch((docs, pairs), gold=labels)

    def get_loss(  # type: ignore[override]
        self, examples: Iterable[Example], scores: Any, batch: Optional[TrainingBatch] = None
    ) -> Tuple[float, Any]:
        """Return the loss of a batch, and its gradient.

        examples (Iterable[Example]): The batch.
        scores (Any): Output of the model.
        batch (Optional[TrainingBatch]): The batch that the model was run on. None for all
            candidates of the examples.
        RETURNS (Tuple[float, Any]): The loss, averaged over the documents, and its gradient, which
            is 0 for pairs that are not annotated.
        """
        if batch is None:
            batch = self.make_batch(list(examples), every_pair=True)
        assert batch.gold is not None
        return self.head.loss(scores, batch.inputs[1], batch.gold, batch.counted)

    def output_sizes(self) -> List[Tuple[Model, int]]:
        """Return the model, with the number of scores per pair."""
        return [(self.model, self.head.n_outputs(len(self.labels)))]

    def sample_inputs(self, get_examples: GetExamples) -> Tuple[List[Doc], Candidates]:
        """Return a sample of the model's input: gold documents that have relations and candidates.

        get_examples (Callable[[], Iterable[Example]]): Returns the training examples.
        RETURNS (Tuple[List[Doc], Candidates]): Documents and their pairs.
        RAISES (ValueError): If no document has both relations and candidates.
        """
        sample: List[Doc] = []
        n_gold = n_docs = 0
        for example in get_examples():
            n_docs += 1
            n_relations = len(example.reference._.relations)
            n_gold += n_relations
            if n_relations and len(self.make_candidates([example.reference])):
                sample.append(example.reference)
            if len(sample) == SAMPLE_SIZE:
                break
        if not sample:
            raise ValueError(Errors.C004.format(name=self.name, gold=n_gold, docs=n_docs))
        return sample, self.head.model_pairs(self.make_candidates(sample))
