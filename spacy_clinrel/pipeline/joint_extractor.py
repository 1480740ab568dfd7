"""Entities and the relations between them by one component with one shared encoder."""

from itertools import islice
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple, cast

import numpy as np
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.vocab import Vocab
from thinc.api import Config, Model, Optimizer, set_dropout_rate
from thinc.types import Floats2d

from ..candidates import make_candidates, pair_mentions
from ..errors import Errors
from ..scorers import score_joint
from ..types import Candidates, CandidateStrategy, SelectionInput
from .entity_data import gold_tags, set_tagged_entities
from .joint_data import TRAIN_PAIRS, gold_pairs, tagged_mentions
from .relation_data import LabelData, annotate, annotated_pairs, collect_labels, sample_pairs
from .relation_scores import allowed_labels, cross_entropy, probabilities

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
        "keep_entities": False,
        "scorer": {"@scorers": "spacy-clinrel.joint_scorer.v1"},
    },
    default_score_weights={
        "ents_f": 0.5,
        "ents_p": 0.0,
        "ents_r": 0.0,
        "ents_per_type": None,
        "ents_boundary_f": None,
        "ents_boundary_p": None,
        "ents_boundary_r": None,
        "rel_micro_f": 0.5,
        "rel_micro_p": 0.0,
        "rel_micro_r": 0.0,
        "rel_macro_f": 0.0,
        "rel_boundary_f": None,
        "rel_boundary_p": None,
        "rel_boundary_r": None,
        "rel_text_f": None,
        "rel_text_p": None,
        "rel_text_r": None,
        "rel_per_type": None,
    },
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
        stretch, as in multi-head selection, or "mentions", the gold mentions alone.
    negatives (Optional[float]): In training, how many pairs without a relation to keep for each
        pair with one. None keeps all.
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
        keep_entities=keep_entities,
        scorer=scorer,
    )


class JointExtractor(TrainablePipe):
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
        keep_entities: bool = False,
        scorer: Optional[Callable] = score_joint,
    ):
        """Initialize the component. The arguments are those of `make_joint_extractor`.

        RAISES (ValueError): If there is no candidate strategy, or an option is out of range.
        """
        if candidates is None:
            raise ValueError(Errors.C005.format(name=name))
        checks: Dict[str, Tuple[Any, bool, Any]] = {
            "train_pairs": (train_pairs, train_pairs in TRAIN_PAIRS, TRAIN_PAIRS),
            "threshold": (threshold, 0.0 <= threshold <= 1.0, "0 to 1"),
            "negatives": (negatives, negatives is None or negatives >= 0.0, "0 or more"),
        }
        for option, (value, good, allowed) in checks.items():
            if not good:
                raise ValueError(
                    Errors.C006.format(option=option, name=name, allowed=allowed, value=value)
                )
        self.vocab = vocab
        self.model = model
        self.name = name
        self.strategy = candidates
        self.scorer = scorer
        self.cfg: Dict[str, Any] = {
            "threshold": threshold,
            "exclusive": False,
            "typed": typed,
            "train_pairs": train_pairs,
            "negatives": negatives,
            "keep_entities": keep_entities,
            "labels": [],
            "types": [],
            "signatures": [],
        }

    @property
    def labels(self) -> Sequence[str]:  # type: ignore[override]
        """RETURNS (Tuple[str]): The relation labels."""
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> LabelData:  # type: ignore[override]
        """RETURNS (Dict[str, List]): Labels, entity types and (head type, label, tail type)
        signatures, as `spacy init labels` writes them.
        """
        return {key: list(self.cfg[key]) for key in ("labels", "types", "signatures")}

    def add_label(self, label: str) -> int:
        """Add a relation label, before the model has its output layer.

        label (str): The label.
        RETURNS (int): 1 if it was added, 0 if it was there.
        RAISES (ValueError): If the model is already initialized.
        """
        if label in self.cfg["labels"]:
            return 0
        if self._part("relations").has_dim("nO"):
            count = len(self.cfg["labels"])
            raise ValueError(Errors.C002.format(label=label, name=self.name, n=count))
        self.cfg["labels"].append(label)
        self.vocab.strings.add(label)
        return 1

    def predict(self, docs: Iterable[Doc]) -> JointPredictions:
        """Find entities and score the pairs of them, without changing the docs.

        docs (Iterable[Doc]): The documents.
        RETURNS (JointPredictions): Tags, candidate pairs and their probabilities.
        RAISES (ValueError): If the component is not initialized.
        """
        docs = list(docs)
        if not self._part("relations").has_dim("nO"):
            raise ValueError(Errors.C003.format(name=self.name))
        keep = self.cfg["keep_entities"]
        if not any(len(doc) for doc in docs):
            empty = make_candidates(docs, self.strategy, types=self.cfg["types"])
            tags = [np.zeros(0, dtype="int64") for _ in docs]
            return JointPredictions(None if keep else tags, empty, np.zeros((0, len(self.labels))))
        encoded = self._part("tok2vec").predict(docs)
        if keep:
            own = [gold_tags(Example(doc, doc), self.cfg["types"], self.name) for doc in docs]
            candidates = make_candidates(
                docs, self.strategy, types=self.cfg["types"], allowed=self._allowed()
            )
        else:
            own = self.model.attrs["decode"](self._part("tagger").predict(encoded))
            mentions = [tagged_mentions(tags, self.cfg["types"], self.vocab) for tags in own]
            candidates = pair_mentions(
                docs, mentions, self.strategy, types=self.cfg["types"], allowed=self._allowed()
            )
        scores = np.zeros((0, len(self.labels)), dtype="float32")
        if len(candidates):
            inputs = SelectionInput(encoded, np.concatenate(own), candidates)
            logits = self.model.ops.to_numpy(self._part("relations").predict(inputs))
            scores = probabilities(logits, candidates, self.cfg)
        return JointPredictions(None if keep else own, candidates, scores)

    def set_annotations(self, docs: Iterable[Doc], scores: JointPredictions) -> None:
        """Write entities and relations to the docs.

        docs (Iterable[Doc]): The documents.
        scores (JointPredictions): What `predict` returned.
        """
        docs = list(docs)
        source = "auto" if scores.tags is None else "ents"
        if scores.tags is not None:
            set_tagged_entities(docs, scores.tags, self.cfg["types"])
        # Above zero, which is the score of labels that the types do not allow.
        threshold = max(self.cfg["threshold"], np.finfo("float32").tiny)
        rows, columns = np.nonzero(scores.scores >= threshold)
        cfg = {**self.cfg, "mentions": source}
        annotate(docs, scores.candidates, rows, columns, scores.scores, cfg)

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
        encoded, backprop_encoder = self._part("tok2vec").begin_update(docs)
        emissions, backprop_tagger = self._part("tagger").begin_update(encoded)
        tags = [gold_tags(eg, self.cfg["types"], self.name) for eg in examples]
        # Documents without entity annotation say nothing about entities.
        weight = np.asarray([eg.reference.has_annotation("ENT_IOB") for eg in examples], int)
        entity_loss, gradient = self.model.attrs["loss"](emissions, np.concatenate(tags), weight)
        d_encoded = backprop_tagger(gradient)
        relation_loss, d_relations = self._learn_relations(examples, encoded, tags)
        backprop_encoder([a + b for a, b in zip(d_encoded, d_relations)])
        if sgd is not None:
            self.finish_update(sgd)
        losses[self.name] += entity_loss + relation_loss
        return losses

    def _learn_relations(
        self, examples: Sequence[Example], encoded: List[Floats2d], tags: List[np.ndarray]
    ) -> Tuple[float, List[Floats2d]]:
        """The relations' loss, and its gradient with respect to the encoder's output."""
        candidates, gold = gold_pairs(
            examples, tags, self.strategy, self.cfg, self.name, self.vocab
        )
        keep = sample_pairs(gold, annotated_pairs(examples, candidates), self.cfg["negatives"])
        if keep is not None:
            candidates, gold = candidates.select(keep), gold[keep]
        inputs = SelectionInput(encoded, np.concatenate(tags), candidates)
        logits, backprop = self._part("relations").begin_update(inputs)
        # Each two tokens have no types.
        cfg = {**self.cfg, "typed": self.cfg["typed"] and self.cfg["train_pairs"] == "mentions"}
        p = probabilities(self.model.ops.to_numpy(logits), candidates, cfg)
        loss, gradient = cross_entropy(p, gold, exclusive=False)
        share = 1.0 / len(examples)
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
        for key, what in (("types", "doc.ents"), ("labels", "doc._.relations")):
            if not data[key]:
                raise ValueError(Errors.C001.format(name=self.name, what=what))
        signatures = [list(signature) for signature in data["signatures"]]
        self.cfg.update(types=list(data["types"]), signatures=signatures)
        for label in data["labels"]:
            self.add_label(label)
        for kind in self.cfg["types"]:
            self.vocab.strings.add(kind)
        filled = (eg.reference for eg in get_examples() if len(eg.reference))
        self._part("tagger").set_dim("nO", len(self.cfg["types"]))
        self._part("relations").set_dim("nO", len(self.cfg["labels"]))
        self.model.initialize(X=list(islice(filled, 10)))

    def _part(self, name: str) -> Model:
        return self.model.get_ref(name)

    def _allowed(self) -> Optional[np.ndarray]:
        allowed = allowed_labels(self.cfg)
        return None if allowed is None else np.any(allowed, axis=2)
