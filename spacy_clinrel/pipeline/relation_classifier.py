"""Relations between mentions: candidates → scores of labels for each pair."""

from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple, cast

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example, validate_examples, validate_get_examples
from spacy.vocab import Vocab
from thinc.api import Config, Model, Optimizer, set_dropout_rate
from thinc.types import Floats2d

from ..errors import Errors
from ..tokens.mentions import SOURCES
from ..types import Candidates, CandidateStrategy, Emissions
from .candidates import make_candidates
from .relation_data import (
    annotate,
    annotated_pairs,
    collect_labels,
    gold_matrix,
    pairs_to_learn,
    recall_ceiling,
    warn_lost,
)
from .relation_pipe import RelationPipe
from .relation_scores import (
    allowed_labels,
    cross_entropy,
    probabilities,
    without_impossible,
)
from .score_weights import RELATIONS
from .temperature import temper

default_config = """
[candidates]
@misc = "spacy-clinrel.SentencePairs.v1"

[model]
@architectures = "spacy-clinrel.MentionPair.v1"
width = 128
between = 32

[model.tok2vec]
@architectures = "spacy.Tok2Vec.v2"

[model.tok2vec.embed]
@architectures = "spacy-clinrel.CharEmbed.v1"
width = 128
rows = 5000
pair_rows = 20000
include_static_vectors = false

[model.tok2vec.encode]
@architectures = "spacy-clinrel.ResidualCNN.v1"
width = 128
depth = 2

[model.context]
@architectures = "spacy-clinrel.BiRNN.v1"
width = 256
depth = 1
"""
DEFAULT = Config().from_str(default_config)

# Scores of shape (pairs, nO), or Emissions where the pairs make up chains
RelationModel = Model[Tuple[List[Doc], Candidates], Any]


class Predictions(NamedTuple):
    """What `RelationClassifier.predict` returns.

    candidates (Candidates): The pairs of the batch.
    scores (ndarray): Probability of each relation label for each pair, no-relation left out.
        NumPy. Shape: (pairs, labels)
    """

    candidates: Candidates
    scores: np.ndarray


@Language.factory(
    "relation_classifier",
    assigns=["doc._.relations"],
    default_config={
        "model": DEFAULT["model"],
        "candidates": DEFAULT["candidates"],
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
    threshold: float,
    exclusive: bool,
    typed: bool,
    mentions: str,
    negatives: Optional[float],
    temperature: float,
    scorer: Optional[Callable],
) -> "RelationClassifier":
    """Create a RelationClassifier component.

    model (Model[Tuple[List[Doc], Candidates], Floats2d]): Documents and candidates → scores; or
        Emissions, with `spacy-clinrel.PairCRF.v1`.
    candidates (Optional[CandidateStrategy]): Proposes pairs of mentions.
    threshold (float): The probability from which a relation is predicted, 0 to 1.
    exclusive (bool): One label or none for a pair (softmax with a no-relation class), or any
        number of labels (sigmoid).
    typed (bool): Allow only the pairs of types, and the labels for them, seen in training.
    mentions (str): Where mentions come from: "auto", "ents" or "group".
    negatives (Optional[float]): In training, how many pairs without a relation to keep for
        each pair with one. None keeps all.
    temperature (float): Calibration of the probabilities, see `calibration.temper`; 1.0 leaves
        them as they are.
    scorer (Optional[Callable]): The scoring method.
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
    """Find relations between mentions that are there already."""

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
        scorer: Optional[Callable] = None,
    ):
        """Initialize the component. The arguments are those of `make_relation_classifier`.

        RAISES (ValueError): If there is no candidate strategy, or an option is unknown.
        """
        if candidates is None:
            raise ValueError(Errors.C005.format(name=name))
        self.vocab = vocab
        self.model = model
        self.name = name
        few = negatives is None or negatives >= 0.0
        self.check_option("mentions", mentions, mentions in SOURCES, SOURCES)
        self.check_option("threshold", threshold, 0.0 <= threshold <= 1.0, "0 to 1")
        self.check_option("negatives", negatives, few, "0 or more")
        self.check_option("temperature", temperature, temperature > 0.0, "above 0")
        one = exclusive or not self._chained
        self.check_option("exclusive", exclusive, one, "true with a CRF over pairs")
        self.strategy = candidates
        self.scorer = scorer
        self.cfg: Dict[str, Any] = {
            "threshold": threshold,
            "exclusive": exclusive,
            "typed": typed,
            "mentions": mentions,
            "negatives": negatives,
            "temperature": temperature,
            "labels": [],
            "types": [],
            "signatures": [],
        }

    def make_candidates(self, docs: Sequence[Doc]) -> Candidates:
        """The candidate pairs of a batch, as this component sees them.

        docs (Sequence[Doc]): The documents, with their mentions.
        RETURNS (Candidates): Mentions and pairs.
        """
        allowed = allowed_labels(self.cfg)
        return make_candidates(
            docs,
            self.strategy,
            source=self.cfg["mentions"],
            types=self.cfg["types"],
            allowed=None if allowed is None else np.any(allowed, axis=2),
        )

    def predict(self, docs: Iterable[Doc]) -> Predictions:
        """Score all candidate pairs without changing the docs.

        docs (Iterable[Doc]): The documents.
        RETURNS (Predictions): The candidates and their probabilities.
        RAISES (ValueError): If the component is not initialized.
        """
        docs = list(docs)
        self.check_initialized()
        candidates = self.make_candidates(docs)
        if not len(candidates):
            return Predictions(candidates, np.zeros((0, len(self.labels)), dtype="float32"))
        output = self.model.predict((docs, candidates))
        if self._chained:
            p = self.model.attrs["chain_scores"](self._typed(output, candidates))
        else:
            p = probabilities(self.model.ops.to_numpy(output), candidates, self.cfg)
        p = temper(p, self.cfg["temperature"], exclusive=self.cfg["exclusive"])
        return Predictions(candidates, p[:, self._first :])

    def set_annotations(self, docs: Iterable[Doc], scores: Predictions) -> None:
        """Write relations to the docs.

        docs (Iterable[Doc]): The documents.
        scores (Predictions): What `predict` returned.
        """
        threshold = self.least_score
        if self.cfg["exclusive"] and scores.scores.size:
            best = scores.scores.argmax(axis=1)
            rows = np.flatnonzero(scores.scores.max(axis=1) >= threshold)
            columns = best[rows]
        else:
            rows, columns = np.nonzero(scores.scores >= threshold)
        annotate(docs, scores.candidates, rows, columns, scores.scores, self.cfg)

    def recall_ceiling(self, examples: Iterable[Example]) -> Dict[str, Any]:
        """How many gold relations the candidates reach, whatever the model says of them.

        examples (Iterable[Example]): Documents whose predicted side has its mentions.
        RETURNS (Dict[str, Any]): "gold" relations, "reached" ones, their share "recall" and the
            number of the others by reason, "lost".
        """
        return recall_ceiling(self.name, examples, self.make_candidates, self.cfg)

    def gold_labels(self, examples: Iterable[Example]) -> Tuple[np.ndarray, np.ndarray]:
        """The gold labels of the candidate pairs that `predict` scores.

        examples (Iterable[Example]): Documents whose predicted side has its mentions.
        RETURNS (Tuple[ndarray, ndarray]): The labels, without those that the component does not
            know, bool, shape (pairs, labels); and which pairs were annotated, bool, shape (pairs,).
        """
        examples = list(examples)
        candidates = self.make_candidates([eg.predicted for eg in examples])
        gold = gold_matrix(examples, candidates, self.cfg, self.name, strict=False)
        return gold, annotated_pairs(examples, candidates, self.cfg)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        """Learn from a batch. Mentions are those of the predicted docs, so that a reader of
        gold entities or annotating components decide what is learned from.

        examples (Iterable[Example]): The batch.
        drop (float): Dropout rate.
        sgd (Optional[Optimizer]): The optimizer.
        losses (Optional[Dict[str, float]]): Losses by component, updated in place.
        RETURNS (Dict[str, float]): The losses.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "RelationClassifier.update")
        if not any(len(eg.predicted) for eg in examples):
            return losses
        docs = [eg.predicted for eg in examples]
        candidates = self.make_candidates(docs)
        gold = gold_matrix(examples, candidates, self.cfg, self.name)
        keep = pairs_to_learn(examples, candidates, gold, self.cfg)
        if keep is not None:
            candidates, gold = candidates.select(keep), gold[keep]
        set_dropout_rate(self.model, drop)
        # A batch without candidates goes through as well: a shared encoder waits for it.
        output, backprop = self.model.begin_update((docs, candidates))
        loss, gradient = self._loss(candidates, gold, output)
        backprop(gradient)
        if sgd is not None:
            self.finish_update(sgd)
        losses[self.name] += loss
        return losses

    def get_loss(self, examples: Iterable[Example], scores: Any) -> Tuple[float, Any]:
        """The loss of a batch, and its gradient.

        examples (Iterable[Example]): The batch.
        scores (Union[Floats2d, Emissions]): What the model returned for all candidates.
        RETURNS (Tuple[float, Union[Floats2d, Emissions]]): Cross-entropy, averaged over the
            documents, and its gradient, zero in documents that are not annotated with relations.
        """
        examples = list(examples)
        candidates = self.make_candidates([eg.predicted for eg in examples])
        gold = gold_matrix(examples, candidates, self.cfg, self.name)
        return self._loss(candidates, gold, scores, annotated_pairs(examples, candidates, self.cfg))

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
        RAISES (ValueError): If there are no relations, or no candidate for any.
        """
        validate_get_examples(get_examples, "RelationClassifier.initialize")
        data = labels or collect_labels(eg.reference for eg in get_examples())
        self.take_labels(data)
        if not self.labels:
            raise ValueError(Errors.C001.format(name=self.name, what="doc._.relations"))
        sample: List[Doc] = []
        gold = docs = 0
        for example in get_examples():
            docs += 1
            count = len(example.reference._.relations)
            gold += count
            if count and len(self.make_candidates([example.reference])):
                sample.append(example.reference)
            if len(sample) == 10:
                break
        if not sample:
            raise ValueError(Errors.C004.format(name=self.name, gold=gold, docs=docs))
        self.model.set_dim("nO", len(self.labels) + self._first)
        self.model.initialize(X=(sample, self.make_candidates(sample)))
        warn_lost(self.name, get_examples(), self.make_candidates, self.cfg)

    @property
    def _first(self) -> int:
        """Column of the first label; where labels are exclusive, no-relation comes before it."""
        return 1 if self.cfg["exclusive"] else 0

    @property
    def _chained(self) -> bool:
        """Whether the model joins the pairs to chains, as `spacy-clinrel.PairCRF.v1` does."""
        return "chain_loss" in self.model.attrs

    def _typed(self, emissions: Emissions, candidates: Candidates) -> Emissions:
        """Emissions without the labels that the types do not allow."""
        ops = self.model.ops
        scores = without_impossible(ops.to_numpy(emissions.scores), candidates, self.cfg)
        return emissions._replace(scores=ops.asarray2f(cast(Floats2d, scores)))

    def _loss(
        self,
        candidates: Candidates,
        gold: np.ndarray,
        output: Any,
        counted: Optional[np.ndarray] = None,
    ) -> Tuple[float, Any]:
        """counted (Optional[ndarray]): Pairs to learn from, bool; None for all. Shape: (pairs,)"""
        counted = np.ones(len(candidates), dtype=bool) if counted is None else counted
        docs = max(len(candidates.pair_lengths), 1)
        if self._chained:
            # A pair has one place in its chain: of several labels the first.
            columns = np.where(gold.any(axis=1), 1 + gold.argmax(axis=1), 0)
            emissions = self._typed(output, candidates)
            loss, gradient = self.model.attrs["chain_loss"](emissions, columns, counted)
            shares = (part / docs for part in gradient[:4])
            return loss / docs, type(gradient)(*shares, gradient.lengths)
        p = probabilities(self.model.ops.to_numpy(output), candidates, self.cfg)
        loss, d_some = cross_entropy(p[counted], gold[counted], self.cfg["exclusive"])
        d_output = np.zeros_like(p)
        d_output[counted] = d_some / docs
        return loss / docs, self.model.ops.asarray2f(cast(Floats2d, d_output))
