"""Pair heads: loss and probabilities from the scores of a relation model.

A relation model names its registered head in `attrs["head"]`. Without this attribute, the component
uses softmax or sigmoid, depending on its option `exclusive`. A new model can register a new head.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Optional, Tuple

import numpy as np
from spacy.util import registry
from thinc.api import Model
from thinc.backends import get_array_ops
from thinc.types import Floats2d

from ..types import IMPOSSIBLE, Candidates, GoldPairs, PairHead

SOFTMAX = "spacy-clinrel.SoftmaxHead.v1"
SIGMOID = "spacy-clinrel.SigmoidHead.v1"
# Smaller probabilities are raised to this before the logarithm.
MIN_PROBABILITY = 1e-9


def make_head(model: Model, default: str, allowed: Optional[np.ndarray]) -> PairHead:
    """Create the pair head of a model.

    model (Model): The relation model.
    default (str): Registered name of the head if the model's attributes do not give one.
    allowed (Optional[ndarray]): Labels that the types of head and tail allow, see
        `LabelSpace.allowed`.
    RETURNS (PairHead): The head.
    """
    return registry.misc.get(model.attrs.get("head", default))(allowed=allowed)


def mask_logits(logits: np.ndarray, pairs: Candidates, allowed: Optional[np.ndarray]) -> np.ndarray:
    """Mask the scores of labels that the types of a pair do not allow.

    logits (ndarray): Scores of the model. The last columns are those of the labels. Shape:
        (pairs, nO)
    pairs (Candidates): The pairs.
    allowed (Optional[ndarray]): Labels that the types allow, bool; None allows all. Shape:
        (types + 1, types + 1, labels)
    RETURNS (ndarray): The masked scores; a copy unless all labels are allowed. Shape: (pairs, nO)
    """
    if allowed is None:
        return logits
    head, tail = pairs.types[pairs.batch_pairs()].T
    logits = logits.copy()
    first = logits.shape[1] - allowed.shape[2]
    logits[:, first:][~allowed[head, tail]] = IMPOSSIBLE
    return logits


@dataclass(frozen=True, eq=False)
class OrderedHead:
    """Base class of the heads of models that score ordered pairs: each candidate separately.

    allowed (Optional[ndarray]): Labels that the types of head and tail allow, see `PairHead`.
    """

    allowed: Optional[np.ndarray] = None

    def model_pairs(self, candidates: Candidates) -> Candidates:
        """Return the candidates unchanged."""
        return candidates

    def model_gold(self, gold: GoldPairs) -> GoldPairs:
        """Return the gold annotation unchanged."""
        return gold

    def probabilities(self, output: Floats2d, candidates: Candidates) -> np.ndarray:
        """Return the probabilities of the candidates, see `PairHead`."""
        raise NotImplementedError

    def cross_entropy(self, p: np.ndarray, gold: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Return the loss of each score, and the target, the probability that it should have.

        p (ndarray): Probabilities. Shape: (pairs, nO)
        gold (ndarray): Gold labels, bool. Shape: (pairs, labels)
        RETURNS (Tuple[ndarray, ndarray]): Losses and targets. Shape of each: (pairs, nO)
        """
        raise NotImplementedError

    def loss(
        self,
        output: Floats2d,
        pairs: Candidates,
        gold: np.ndarray,
        counted: Optional[np.ndarray] = None,
    ) -> Tuple[float, Floats2d]:
        """Return the cross-entropy, averaged over the documents, and its gradient.

        The gradient of the cross-entropy with respect to the logits is p - target, both after a
        softmax and after a sigmoid. The arguments are those of `PairHead.loss`.
        """
        p = self.probabilities(output, pairs)
        losses, target = self.cross_entropy(p, gold)
        weight: Any = np.float32(1.0 / max(len(pairs.pair_lengths), 1))  # a mean over documents
        if counted is not None:
            weight = weight * counted[:, None].astype("float32")
        gradient = ((p - target) * weight).astype("float32")
        return float((losses * weight).sum()), get_array_ops(output).asarray2f(gradient)


@dataclass(frozen=True, eq=False)
class SigmoidHead(OrderedHead):
    """Pair head for any number of labels per pair: sigmoid and binary cross-entropy per label."""

    is_exclusive: ClassVar[bool] = False

    def n_outputs(self, n_labels: int) -> int:
        """Return the number of scores per pair: one for each label."""
        return n_labels

    def probabilities(self, output: Floats2d, candidates: Candidates) -> np.ndarray:
        """Return the sigmoid of each score. Shape: (pairs, labels)"""
        logits = get_array_ops(output).to_numpy(output)
        logits = mask_logits(logits, candidates, self.allowed)
        return 0.5 * (1.0 + np.tanh(0.5 * logits))  # does not overflow

    def cross_entropy(self, p: np.ndarray, gold: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Return the binary cross-entropy and the target of each score."""
        losses = -np.log(np.maximum(np.where(gold, p, 1.0 - p), MIN_PROBABILITY))
        return losses, gold.astype("float32")


@dataclass(frozen=True, eq=False)
class SoftmaxHead(OrderedHead):
    """Pair head for at most one label per pair: softmax with no relation in the first column, and
    cross-entropy. The weight of a pair is shared equally among its gold labels.
    """

    is_exclusive: ClassVar[bool] = True

    def n_outputs(self, n_labels: int) -> int:
        """Return the number of scores per pair: no relation and the labels."""
        return 1 + n_labels

    def probabilities(self, output: Floats2d, candidates: Candidates) -> np.ndarray:
        """Return the softmax of each row. Shape: (pairs, 1 + labels)"""
        logits = get_array_ops(output).to_numpy(output)
        logits = mask_logits(logits, candidates, self.allowed)
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True, initial=IMPOSSIBLE))
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    def cross_entropy(self, p: np.ndarray, gold: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
        """Return the cross-entropy and the target of each score."""
        target = np.concatenate([~gold.any(axis=1, keepdims=True), gold], axis=1).astype("float32")
        target /= target.sum(axis=1, keepdims=True)
        return -target * np.log(np.maximum(p, MIN_PROBABILITY)), target


@dataclass(frozen=True, eq=False)
class UnorderedHead:
    """Pair head for at most one label, in one direction, per unordered pair of mentions. The model
    scores each unordered pair once: no relation, then each label from the first mention to the
    second, then each label from the second to the first.

    allowed (Optional[ndarray]): Labels that the types of head and tail allow, see `PairHead`.
    """

    allowed: Optional[np.ndarray] = None
    is_exclusive: ClassVar[bool] = False

    def n_outputs(self, n_labels: int) -> int:
        """Return the number of scores per pair: no relation and the labels in both directions."""
        return 1 + 2 * n_labels

    def kept_outputs(self, n_before: int, n_after: int) -> np.ndarray:
        """Return the new index of each score when labels are added: those of the second direction
        move.

        n_before (int): Number of labels before.
        n_after (int): Number of labels after.
        RETURNS (ndarray): Shape: (1 + 2 * n_before,)
        """
        forward = 1 + np.arange(n_before)
        return np.concatenate([[0], forward, n_after + forward])

    def model_pairs(self, candidates: Candidates) -> Candidates:
        """Return the unordered pairs."""
        return fold(candidates).pairs

    def model_gold(self, gold: GoldPairs) -> GoldPairs:
        """Return the gold annotation of the unordered pairs: the labels in forward, then in
        backward direction.
        """
        folded = fold(gold.pairs)
        labels = np.zeros((len(folded.pairs), 2, gold.labels.shape[1]), dtype=bool)
        labels[folded.rows, folded.is_backward] = gold.labels
        annotated = np.zeros(len(folded.pairs), dtype=bool)
        annotated[folded.rows[gold.annotated]] = True
        return gold._replace(
            pairs=folded.pairs,
            labels=labels.reshape(len(labels), 2 * gold.labels.shape[1]),
            annotated=annotated,
        )

    def probabilities(self, output: Floats2d, candidates: Candidates) -> np.ndarray:
        """Return the probability of the best label and direction of each unordered pair, and 0 for
        the others. Shape: (ordered pairs, labels)
        """
        folded = fold(candidates)
        labels = self._softmax.probabilities(output, folded.pairs)[:, 1:]
        best = np.zeros_like(labels)
        if labels.size:
            cells = np.arange(len(labels)), labels.argmax(axis=1)
            best[cells] = labels[cells]
        directions = best.reshape(len(labels), 2, labels.shape[1] // 2)
        return directions[folded.rows, folded.is_backward]

    def loss(
        self,
        output: Floats2d,
        pairs: Candidates,
        gold: np.ndarray,
        counted: Optional[np.ndarray] = None,
    ) -> Tuple[float, Floats2d]:
        """Return the cross-entropy of unordered pairs, averaged over the documents, and its
        gradient.
        """
        return self._softmax.loss(output, pairs, gold, counted)

    @cached_property
    def _softmax(self) -> SoftmaxHead:
        if self.allowed is None:
            return SoftmaxHead(None)
        backward = self.allowed.transpose(1, 0, 2)
        return SoftmaxHead(np.concatenate([self.allowed, backward], axis=2))


class Folded(NamedTuple):
    """Ordered pairs of mentions, grouped into unordered pairs.

    pairs (Candidates): The unordered pairs, with the smaller mention index first.
    rows (ndarray): Index of each ordered pair's unordered pair. Shape: (ordered pairs,)
    is_backward (ndarray): 1 for an ordered pair from the second mention to the first, else 0.
        Shape: (ordered pairs,)
    """

    pairs: Candidates
    rows: np.ndarray
    is_backward: np.ndarray


def fold(candidates: Candidates) -> Folded:
    """Group ordered pairs into unordered pairs.

    candidates (Candidates): Ordered pairs.
    RETURNS (Folded): The unordered pairs, and the unordered pair of each ordered one.
    """
    keys = np.concatenate(
        [candidates.owners()[:, None], np.sort(candidates.pairs, axis=1)], axis=1
    )  # (ordered pairs, 3)
    unique, rows = np.unique(keys, axis=0, return_inverse=True)
    lengths = np.bincount(unique[:, 0], minlength=len(candidates.pair_lengths))
    pairs = replace(candidates, pairs=unique[:, 1:], pair_lengths=lengths.astype("int64"))
    is_backward = (candidates.pairs[:, 0] > candidates.pairs[:, 1]).astype("int64")
    return Folded(pairs, rows.ravel(), is_backward)
