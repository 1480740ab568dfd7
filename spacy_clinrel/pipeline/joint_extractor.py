"""Entities and the relations between them by one component with one shared encoder."""

import warnings
from functools import partial
from itertools import islice
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple, cast

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.vocab import Vocab
from thinc.api import Config, Model, Optimizer, set_dropout_rate
from thinc.types import Floats2d

from ..errors import Errors, Warnings
from ..types import Candidates, CandidateStrategy, SelectionInput
from .candidates import make_candidates, pair_mentions
from .entity_data import gold_tags, own_tags, set_tagged_entities
from .joint_data import TASKS, TRAIN_PAIRS, gold_pairs, tagged_mentions
from .relation_data import (
    annotate,
    collect_labels,
    pairs_to_learn,
    recall_ceiling,
    warn_lost,
)
from .relation_pipe import RelationPipe
from .relation_scores import allowed_labels, cross_entropy, probabilities
from .score_weights import JOINT
from .unordered import both_directions, fold, fold_gold, unfold_scores

default_config = """
[candidates]
@misc = "spacy-clinrel.SentencePairs.v1"

[model]
@architectures = "spacy-clinrel.MultiHeadSelection.v1"
width = 128
tag_width = 32

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
depth = 2
"""
DEFAULT = Config().from_str(default_config)
DEFAULT_WEIGHTS = {task: 1.0 for task in TASKS}


class JointPredictions(NamedTuple):
    """What `JointExtractor.predict` returns.

    tags (Optional[List[ndarray]]): BIEOS tags of each document; None where the docs' own mentions
        were taken. Shape of each: (tokens,)
    candidates (Candidates): The pairs of the batch.
    scores (ndarray): Probability of each relation label for each pair. NumPy. Shape: (pairs,
        labels)
    """

    tags: Optional[List[np.ndarray]]
    candidates: Candidates
    scores: np.ndarray


@Language.factory(
    "joint_extractor",
    assigns=["doc.ents", "token.ent_iob", "token.ent_type", "doc._.relations"],
    default_config={
        "model": DEFAULT["model"],
        "candidates": DEFAULT["candidates"],
        "threshold": 0.5,
        "typed": True,
        "train_pairs": "tokens",
        "negatives": None,
        "loss_weights": DEFAULT_WEIGHTS,
        "keep_entities": False,
        "scorer": {"@scorers": "spacy-clinrel.joint_scorer.v1"},
    },
    default_score_weights=JOINT,
)
def make_joint_extractor(
    nlp: Language,
    name: str,
    model: Model,
    candidates: Optional[CandidateStrategy],
    threshold: float,
    typed: bool,
    train_pairs: str,
    negatives: Optional[float],
    loss_weights: Dict[str, float],
    keep_entities: bool,
    scorer: Optional[Callable],
) -> "JointExtractor":
    """Create a JointExtractor component.

    model (Model): The joint model, e.g. `spacy-clinrel.MultiHeadSelection.v1`.
    candidates (Optional[CandidateStrategy]): Proposes pairs, of mentions or, in training, of
        tokens.
    threshold (float): The probability from which a relation is predicted, 0 to 1.
    typed (bool): Allow only the pairs of types, and the labels for them, seen in training.
    train_pairs (str): What the relation scorer learns from: "tokens", each two tokens of a
        stretch, as in multi-head selection, or "mentions", the gold mentions alone. Other models
        take the latter.
    negatives (Optional[float]): In training, how many pairs without a relation to keep for each
        pair with one. None keeps all.
    loss_weights (Dict[str, float]): What the loss of "entities" and that of "relations" is
        multiplied by, 0 or more. 0 leaves the task untrained.
    keep_entities (bool): Take the mentions that a Doc already has instead of finding entities.
    scorer (Optional[Callable]): The scoring method.
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
        scorer=scorer,
    )


class JointExtractor(RelationPipe):
    """Find entities and the relations between them."""

    def __init__(
        self,
        vocab: Vocab,
        model: Model,
        candidates: Optional[CandidateStrategy],
        name: str = "joint_extractor",
        *,
        threshold: float = 0.5,
        typed: bool = True,
        train_pairs: str = "tokens",
        negatives: Optional[float] = None,
        loss_weights: Dict[str, float] = DEFAULT_WEIGHTS,
        keep_entities: bool = False,
        scorer: Optional[Callable] = None,
    ):
        """Initialize the component. The arguments are those of `make_joint_extractor`.

        RAISES (ValueError): If there is no candidate strategy, or an option is out of range.
        """
        if candidates is None:
            raise ValueError(Errors.C005.format(name=name))
        self.vocab = vocab
        self.model = model
        self.name = name
        self.strategy = candidates
        self.scorer = scorer
        self.warned = False
        kinds = TRAIN_PAIRS if model.attrs["tokens"] else TRAIN_PAIRS[1:]
        few = negatives is None or negatives >= 0.0
        weighed = set(loss_weights) == set(TASKS) and min(loss_weights.values()) >= 0.0
        self.check_option("train_pairs", train_pairs, train_pairs in kinds, kinds)
        self.check_option("threshold", threshold, 0.0 <= threshold <= 1.0, "0 to 1")
        self.check_option("negatives", negatives, few, "0 or more")
        self.check_option("loss_weights", loss_weights, weighed, f"0 or more for each of {TASKS}")
        self.cfg: Dict[str, Any] = {
            "threshold": threshold,
            "exclusive": False,
            "typed": typed,
            "train_pairs": train_pairs,
            "negatives": negatives,
            "loss_weights": dict(loss_weights),
            "keep_entities": keep_entities,
            "labels": [],
            "types": [],
            "signatures": [],
        }

    @property
    def output_model(self) -> Model:
        """RETURNS (Model): The part that scores relations."""
        return self._part("relations")

    def predict(self, docs: Iterable[Doc]) -> JointPredictions:
        """Find entities and score the pairs of them, without changing the docs.

        docs (Iterable[Doc]): The documents.
        RETURNS (JointPredictions): Tags, candidate pairs and their probabilities.
        RAISES (ValueError): If the component is not initialized.
        """
        docs = list(docs)
        self.check_initialized()
        keep = self.cfg["keep_entities"]
        if not any(len(doc) for doc in docs):
            tags = [np.zeros(0, dtype="int64") for _ in docs]
            none = np.zeros((0, len(self.labels)))
            return JointPredictions(None if keep else tags, self._own_pairs(docs), none)
        encoded = self._part("encoder").predict(docs)
        if keep:
            own = [own_tags(doc, self.cfg["types"]) for doc in docs]
            candidates = self._own_pairs(docs)
        else:
            own = self.model.attrs["decode"](self._part("tagger").predict(encoded.vectors))
            mentions = [tagged_mentions(tags, self.cfg["types"], self.vocab) for tags in own]
            candidates = pair_mentions(
                docs, mentions, self.strategy, types=self.cfg["types"], allowed=self._allowed()
            )
        candidates = candidates.select(self._reach(docs, candidates, encoded))
        scores = self._score(SelectionInput(docs, encoded, np.concatenate(own), candidates))
        return JointPredictions(None if keep else own, candidates, scores)

    def _score(self, inputs: SelectionInput) -> np.ndarray:
        """Probability of each label for each ordered pair. Shape: (pairs, labels)"""
        candidates = inputs.candidates
        if not len(candidates):
            return np.zeros((0, len(self.labels)), dtype="float32")
        predict, to_numpy = self._part("relations").predict, self.model.ops.to_numpy
        if self.model.attrs["reach"] is None:
            return probabilities(to_numpy(predict(inputs)), candidates, self.cfg)
        folded = fold(candidates)
        logits = to_numpy(predict(inputs._replace(candidates=folded.candidates)))
        p = probabilities(logits, folded.candidates, both_directions(self.cfg))
        return unfold_scores(folded, p)

    def set_annotations(self, docs: Iterable[Doc], scores: JointPredictions) -> None:
        """Write entities and relations to the docs.

        docs (Iterable[Doc]): The documents.
        scores (JointPredictions): What `predict` returned.
        """
        docs = list(docs)
        source = "auto" if scores.tags is None else "ents"
        if scores.tags is not None:
            set_tagged_entities(docs, scores.tags, self.cfg["types"])
        rows, columns = np.nonzero(scores.scores >= self.least_score)
        cfg = {**self.cfg, "mentions": source}
        annotate(docs, scores.candidates, rows, columns, scores.scores, cfg)

    def make_candidates(self, docs: Sequence[Doc], source: str = "auto") -> Candidates:
        """The candidate pairs of the mentions that documents have, which the model can score.

        docs (Sequence[Doc]): The documents, with their mentions.
        source (str): Where mentions come from, see `read_mentions`.
        RETURNS (Candidates): Mentions and pairs.
        """
        candidates = self._own_pairs(docs, source)
        if self.model.attrs["reach"] is None or not len(candidates):
            return candidates
        reached = self.model.attrs["reach"](self.model, docs, candidates, None)
        return candidates.select(np.flatnonzero(reached))

    def recall_ceiling(self, examples: Iterable[Example]) -> Dict[str, Any]:
        """How many gold relations the candidates reach between the mentions that are there.

        examples (Iterable[Example]): Documents whose predicted side has its mentions.
        RETURNS (Dict[str, Any]): As `RelationClassifier.recall_ceiling` has it.
        """

        return recall_ceiling(self.name, examples, self.make_candidates, self.cfg)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        """Learn from a batch: the losses of both tasks are added.

        examples (Iterable[Example]): The batch.
        drop (float): Dropout rate.
        sgd (Optional[Optimizer]): The optimizer.
        losses (Optional[Dict[str, float]]): Losses by component, updated in place.
        RETURNS (Dict[str, float]): The losses.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "JointExtractor.update")
        docs = [eg.predicted for eg in examples]
        if not any(len(doc) for doc in docs):
            return losses
        set_dropout_rate(self.model, drop)
        tags = [gold_tags(eg, self.cfg["types"], self.name) for eg in examples]
        encoded, backprop_encoder = self._part("encoder").begin_update(docs)
        entity_loss, d_vectors = self._learn_entities(examples, encoded.vectors, tags)
        relation_loss, d_relations = 0.0, None
        if self.cfg["loss_weights"]["relations"]:
            relation_loss, d_relations = self._learn_relations(examples, encoded, tags)
        backprop_encoder((d_vectors, d_relations))
        if sgd is not None:
            self.finish_update(sgd)
        losses[self.name] += entity_loss + relation_loss
        return losses

    def _learn_entities(
        self, examples: Sequence[Example], vectors: List[Floats2d], tags: List[np.ndarray]
    ) -> Tuple[float, List[Floats2d]]:
        """The entities' loss, and its gradient with respect to the token vectors."""
        emissions, backprop = self._part("tagger").begin_update(vectors)
        # Documents without entity annotation say nothing about entities.
        counted = np.asarray([eg.reference.has_annotation("ENT_IOB") for eg in examples], int)
        loss, gradient = self.model.attrs["loss"](emissions, np.concatenate(tags), counted)
        weight = self.cfg["loss_weights"]["entities"]
        weighed = (weight * part for part in gradient[:-1])
        return weight * loss, backprop(type(gradient)(*weighed, gradient.lengths))

    def _learn_relations(
        self, examples: Sequence[Example], encoded: Any, tags: List[np.ndarray]
    ) -> Tuple[float, Any]:
        """The relations' loss, and its gradient with respect to what the encoder returned."""
        candidates, gold = gold_pairs(
            examples, tags, self.strategy, self.cfg, self.name, self.vocab, self._allowed()
        )
        docs = [eg.predicted for eg in examples]
        # Each two tokens have no types.
        cfg = {**self.cfg, "typed": self.cfg["typed"] and self.cfg["train_pairs"] == "mentions"}
        if self.model.attrs["reach"] is not None:
            folded = fold(candidates)
            cfg, gold = both_directions(cfg), fold_gold(folded, gold)
            candidates = folded.candidates
            near = self._reach(docs, candidates, encoded)
            candidates, gold = candidates.select(near), gold[near]
        keep = pairs_to_learn(examples, candidates, gold, self.cfg)
        if keep is not None:
            candidates, gold = candidates.select(keep), gold[keep]
        inputs = SelectionInput(docs, encoded, np.concatenate(tags), candidates)
        logits, backprop = self._part("relations").begin_update(inputs)
        p = probabilities(self.model.ops.to_numpy(logits), candidates, cfg)
        loss, gradient = cross_entropy(p, gold, exclusive=cfg["exclusive"])
        share = self.cfg["loss_weights"]["relations"] / len(examples)
        d_logits = self.model.ops.asarray(cast(Floats2d, gradient.astype("float32") * share))
        return loss * share, backprop(d_logits)

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Optional[Language] = None,
        labels: Optional[dict] = None,
    ) -> None:
        """Collect labels, types and signatures, and give the model its sizes.

        get_examples (Callable[[], Iterable[Example]]): Returns the training examples.
        nlp (Optional[Language]): The pipeline.
        labels (Optional[dict]): What `spacy init labels` wrote.
        RAISES (ValueError): If there are no entities or no relations.
        """
        validate_get_examples(get_examples, "JointExtractor.initialize")
        data = labels or collect_labels(eg.reference for eg in get_examples())
        entities = any(eg.reference.ents for eg in get_examples())
        for found, what in ((entities, "doc.ents"), (data["labels"], "doc._.relations")):
            if not found:
                raise ValueError(Errors.C001.format(name=self.name, what=what))
        self.take_labels(data)
        filled = (eg.reference for eg in get_examples() if len(eg.reference))
        count = len(self.cfg["labels"])
        both = self.model.attrs["reach"] is not None
        self._part("tagger").set_dim("nO", len(self.cfg["types"]))
        self._part("relations").set_dim("nO", 1 + 2 * count if both else count)
        sample = list(islice(filled, 10))
        self.model.initialize(X=(sample, self._own_pairs(sample)))
        pairs = partial(self.make_candidates, source="ents")
        warn_lost(self.name, get_examples(), pairs, self.cfg)

    def _part(self, name: str) -> Model:
        return self.model.get_ref(name)

    def _own_pairs(self, docs: Sequence[Doc], source: str = "auto") -> Candidates:
        """The pairs of the mentions that documents have; of entities alone, as it learns from
        them, with "ents"."""
        types, allowed = self.cfg["types"], self._allowed()
        return make_candidates(docs, self.strategy, source=source, types=types, allowed=allowed)

    def _reach(self, docs: Sequence[Doc], candidates: Candidates, encoded: Any) -> np.ndarray:
        """Indices of the pairs that the model can score. Warns of others. Shape: (reached,)"""
        if self.model.attrs["reach"] is None:
            return np.arange(len(candidates))
        reached = np.flatnonzero(self.model.attrs["reach"](self.model, docs, candidates, encoded))
        lost = len(candidates) - len(reached)
        if lost and not self.warned:  # once, not for each batch
            self.warned = True
            message = Warnings.W004.format(name=self.name, lost=lost, total=len(candidates))
            warnings.warn(message, stacklevel=2)
        return reached

    def _allowed(self) -> Optional[np.ndarray]:
        allowed = allowed_labels(self.cfg)
        return None if allowed is None else np.any(allowed, axis=2)
