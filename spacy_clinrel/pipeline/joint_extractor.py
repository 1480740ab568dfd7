"""The component `joint_extractor`: entities and their relations by one model."""

from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple, Union

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import Model

from ..errors import Errors
from ..types import Candidates, CandidateStrategy, JointInput, JointOutput, SelectionInput
from .base import GetExamples, TrainingBatch, option_error
from .candidates import make_candidates
from .constraints import constrain, warn_of_forbidden
from .defaults import CANDIDATES, JOINT_MODEL
from .entities import (
    add_kept_entities,
    entity_tags,
    gold_tags,
    has_gold_entities,
    set_tagged_entities,
    tagged_mentions,
    token_mentions,
)
from .gold import read_gold, sample_pairs
from .heads import SIGMOID, make_head
from .label_space import LabelData, LabelSpace
from .options import NonNegative, Probability, Task, TrainPairs
from .predictions import JointPredictions, PairPredictions, annotate_relations
from .relation_pipe import RelationPipe
from .score_weights import JOINT

DEFAULT_WEIGHTS: Dict[Task, float] = {"entities": 1.0, "relations": 1.0}


@Language.factory(
    "joint_extractor",
    assigns=["doc.ents", "token.ent_iob", "token.ent_type", "doc._.relations"],
    default_config={
        "model": JOINT_MODEL,
        "candidates": CANDIDATES,
        "threshold": 0.5,
        "typed": True,
        "train_pairs": "tokens",
        "negatives": None,
        "loss_weights": DEFAULT_WEIGHTS,
        "keep_entities": False,
        "overwrite_ents": False,
        "scorer": {"@scorers": "spacy-clinrel.joint_scorer.v1"},
    },
    default_score_weights=JOINT,
)
def make_joint_extractor(
    nlp: Language,
    name: str,
    model: Model,
    candidates: Optional[CandidateStrategy],
    threshold: Probability,
    typed: bool,
    train_pairs: TrainPairs,
    negatives: Optional[NonNegative],
    loss_weights: Dict[Task, NonNegative],
    keep_entities: bool,
    overwrite_ents: bool,
    scorer: Optional[Callable],
) -> "JointExtractor":
    """Create a JointExtractor component.

    model (Model): The joint model, e.g. `spacy-clinrel.MultiHeadSelection.v1`.
    candidates (Optional[CandidateStrategy]): Proposes pairs of mentions. In training with
        `train_pairs = "tokens"` it proposes pairs of tokens.
    threshold (float): Minimum probability of a predicted relation, 0 to 1.
    typed (bool): Whether to predict only (head type, label, tail type) signatures seen in training.
    train_pairs (str): Pairs to learn relations from: "mentions" for pairs of gold mentions, or
        "tokens" for all pairs of tokens that the candidate strategy proposes. "tokens" is for
        multi-head selection only.
    negatives (Optional[float]): Number of pairs without a relation per pair with one, in training.
        None for all pairs.
    loss_weights (Dict[str, float]): Weight of the loss of "entities" and of "relations", 0 or more.
        A task with weight 0 is not trained.
    keep_entities (bool): Whether to keep the mentions of a Doc instead of predicting entities.
    overwrite_ents (bool): Whether to replace the entities that a Doc already has, e.g. from an
        `entity_ruler`. By default they are kept, predicted entities do not overlap them, and
        relations may refer to them. With `keep_entities` nothing is replaced.
    scorer (Optional[Callable]): The scoring method.
    RETURNS (JointExtractor): The component.
    """
    return JointExtractor(
        nlp.vocab,
        model,
        candidates,
        name,
        threshold=threshold,
        typed=typed,
        train_pairs=train_pairs,
        negatives=negatives,
        loss_weights=loss_weights,
        keep_entities=keep_entities,
        overwrite_ents=overwrite_ents,
        scorer=scorer,
    )


class JointExtractor(RelationPipe):
    """Component that predicts entities and the relations between them.

    The model has the refs and attributes that `ml.joint.joint_model` sets.
    """

    default_head = SIGMOID
    learns = ("entities", "relations")
    gold_source = "ents"  # the tagger learns flat entities only

    def __init__(
        self,
        vocab: Vocab,
        model: Model,
        candidates: Optional[CandidateStrategy],
        name: str = "joint_extractor",
        *,
        threshold: float = 0.5,
        typed: bool = True,
        train_pairs: TrainPairs = "tokens",
        negatives: Optional[float] = None,
        loss_weights: Dict[Task, float] = DEFAULT_WEIGHTS,
        keep_entities: bool = False,
        overwrite_ents: bool = False,
        scorer: Union[Callable, str, None] = "spacy-clinrel.joint_scorer.v1",
    ):
        """Initialize the component. The arguments are those of `make_joint_extractor`.

        RAISES (ValueError): If there is no candidate strategy, or the model does not support
            `train_pairs`.
        """
        if candidates is None:
            raise ValueError(Errors.C005.format(name=name))
        allowed = model.attrs["train_pairs"]
        if train_pairs not in allowed:
            supported = f"{' or '.join(map(repr, allowed))} with this model"
            raise option_error(name, "train_pairs", train_pairs, supported)
        self.strategy = candidates
        options = {
            "threshold": threshold,
            "exclusive": False,
            "typed": typed,
            "train_pairs": train_pairs,
            "negatives": negatives,
            "loss_weights": dict(loss_weights),
            "keep_entities": keep_entities,
            "overwrite_ents": overwrite_ents,
        }
        super().__init__(vocab, model, name, scorer, options)

    def check_examples(self, get_examples: GetExamples) -> None:
        """Warn about gold entities and relations that cannot be predicted.

        get_examples (Callable[[], Iterable[Example]]): Returns the training examples.
        """
        super().check_examples(get_examples)
        warn_of_forbidden((eg.reference for eg in get_examples()), self.name)

    def predict(self, docs: Iterable[Doc]) -> JointPredictions:
        """Predict entities and score pairs of them, without changing the documents.

        docs (Iterable[Doc]): The documents.
        RETURNS (JointPredictions): Tags, candidate pairs and their probabilities.
        RAISES (ValueError): If the component is not initialized.
        """
        docs = list(docs)
        self.check_initialized()
        keep, types = self.cfg["keep_entities"], self.space.types
        if not any(len(doc) for doc in docs):
            tags = [np.zeros(0, dtype="int64") for _ in docs]
            return JointPredictions(None if keep else tags, self._score(self.make_candidates(docs)))
        encoded = self.model.get_ref("encoder").predict(docs)
        if keep:
            tags = [entity_tags(doc, types) for doc in docs]
            candidates = self.make_candidates(docs, encoded=encoded, warn=True)
        else:
            overwrite = self.cfg["overwrite_ents"]
            emissions = self.model.get_ref("tagger").predict(encoded.vectors)
            tags = self.model.attrs["decode"](constrain(emissions, docs, types, overwrite))
            mentions = [tagged_mentions(doc_tags, types, self.vocab) for doc_tags in tags]
            if not overwrite:
                mentions = list(map(add_kept_entities, docs, mentions))
            candidates = self.make_candidates(docs, mentions=mentions, encoded=encoded, warn=True)
        pairs = self.head.model_pairs(candidates)
        inputs = SelectionInput(docs, encoded, np.concatenate(tags), pairs)
        return JointPredictions(None if keep else tags, self._score(candidates, inputs))

    def _score(
        self, candidates: Candidates, inputs: Optional[SelectionInput] = None
    ) -> PairPredictions:
        scores = np.zeros((0, len(self.labels)), dtype="float32")
        if len(candidates):
            output = self.model.get_ref("relations").predict(inputs)
            scores = self.head.probabilities(output, candidates)
        return PairPredictions(candidates, scores, is_exclusive=False)

    def set_annotations(self, docs: Iterable[Doc], scores: JointPredictions) -> None:
        """Write entities and relations to the documents.

        docs (Iterable[Doc]): The documents.
        scores (JointPredictions): Output of `predict`.
        """
        docs = list(docs)
        if scores.tags is not None:
            set_tagged_entities(docs, scores.tags, self.space.types, self.cfg["overwrite_ents"])
        source = "auto" if scores.tags is None else "ents"
        annotate_relations(docs, scores.pairs, self.cfg["threshold"], self.labels, source)

    def make_batch(self, examples: List[Example]) -> TrainingBatch:
        """Create the training batch from examples: gold tags, and the pairs to learn from.

        examples (List[Example]): The batch.
        RETURNS (TrainingBatch): A JointInput, the tags, and the labels of the pairs.
        """
        docs = [eg.predicted for eg in examples]
        tags = [gold_tags(eg, self.space.types, self.name) for eg in examples]
        all_tags = np.concatenate(tags)
        if not self.cfg["loss_weights"]["relations"]:
            return TrainingBatch(JointInput(docs, all_tags, None), tags=all_tags)
        by_token = self.cfg["train_pairs"] == "tokens"
        if by_token:
            mentions = [token_mentions(doc) for doc in docs]
            candidates = make_candidates(docs, self.strategy, mentions=mentions)
        else:
            mentions = [
                tagged_mentions(doc_tags, self.space.types, self.vocab) for doc_tags in tags
            ]
            candidates = self.make_candidates(docs, mentions=mentions, warn=True)
        gold = read_gold(examples, candidates, self.space, self.name, by_last_token=by_token)
        pairs, labels = sample_pairs(self.head.model_gold(gold), self.cfg["negatives"])
        return TrainingBatch(JointInput(docs, all_tags, pairs), tags=all_tags, gold=labels)

    def get_loss(  # type: ignore[override]
        self, examples: Iterable[Example], scores: Any, batch: Optional[TrainingBatch] = None
    ) -> Tuple[float, JointOutput]:
        """Return the weighted sum of the losses of both tasks, and its gradient.

        examples (Iterable[Example]): The batch.
        scores (JointOutput): Output of the model.
        batch (Optional[TrainingBatch]): The batch that the model was run on. None to create it from
            the examples.
        RETURNS (Tuple[float, JointOutput]): The loss, averaged over the documents, and its
            gradient. Documents that are not annotated for a task add 0 to its loss.
        """
        examples = list(examples)
        batch = batch or self.make_batch(examples)
        weights = self.cfg["loss_weights"]
        loss, d_emissions = self.model.attrs["loss"](
            scores.emissions, batch.tags, has_gold_entities(examples)
        )
        loss *= weights["entities"]
        d_emissions = d_emissions.scaled(weights["entities"])
        if scores.relations is None:
            return loss, JointOutput(d_emissions, None)
        assert batch.gold is not None
        relation_loss, d_relations = self.training_head.loss(
            scores.relations, batch.inputs.candidates, batch.gold
        )
        loss += weights["relations"] * relation_loss
        return loss, JointOutput(d_emissions, weights["relations"] * d_relations)

    def set_space(self, space: LabelSpace) -> None:
        """Replace the label space and update the heads.

        space (LabelSpace): The new label space.
        """
        super().set_space(space)
        self.training_head = self.head
        if self.cfg["train_pairs"] == "tokens":  # mask no label, since tokens have no type
            self.training_head = make_head(self.model, self.default_head, None)

    def output_sizes(self) -> List[Tuple[Model, int]]:
        """Return tagger and relation scorer, with the number of types and of scores per pair."""
        outputs = self.head.n_outputs(len(self.labels))
        tagger, relations = self.model.get_ref("tagger"), self.model.get_ref("relations")
        return [(tagger, len(self.space.types)), (relations, outputs)]

    def read_labels(self, get_examples: GetExamples, labels: Optional[LabelData]) -> None:
        """Set labels, types and signatures, see `RelationPipe.read_labels`.

        RAISES (ValueError): If there are no entities or no relations.
        """
        if not any(eg.reference.ents for eg in get_examples()):
            raise ValueError(Errors.C001.format(name=self.name, what="doc.ents"))
        super().read_labels(get_examples, labels)

    def sample_inputs(self, get_examples: GetExamples) -> JointInput:
        """Return a sample of the model's input.

        get_examples (Callable[[], Iterable[Example]]): Returns the training examples.
        RETURNS (JointInput): Gold documents with tokens, and the pairs of their entities.
        """
        docs = super().sample_inputs(get_examples)
        tags = np.concatenate([entity_tags(doc, self.space.types) for doc in docs])
        return JointInput(docs, tags, make_candidates(docs, self.strategy, types=self.space.types))
