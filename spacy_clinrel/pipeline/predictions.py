"""Predictions of the components, and functions that write them to documents."""

from typing import Iterable, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc, Span

from ..tokens import group_mentions, store_relations
from ..tokens.group import described_mentions, span_key
from ..tokens.mentions import has_own_mentions
from ..tokens.relation import Edge
from ..types import Candidates, Mentions


class PairPredictions(NamedTuple):
    """Predictions for the candidate pairs of a batch.

    candidates (Candidates): The pairs.
    probabilities (ndarray): Probabilities of no relation and of each label if `is_exclusive`, else
        of each label. Shape: (pairs, 1 + labels) or (pairs, labels)
    is_exclusive (bool): Whether the labels and no relation exclude each other.
    """

    candidates: Candidates
    probabilities: np.ndarray
    is_exclusive: bool

    @property
    def scores(self) -> np.ndarray:
        """Return the probability of each label. Shape: (pairs, labels)"""
        return self.probabilities[:, 1:] if self.is_exclusive else self.probabilities

    @property
    def classes(self) -> np.ndarray:
        """Return the probabilities of no relation and of each label. If the labels do not exclude
        each other, the probability of no relation is 1 minus that of the best label. Shape: (pairs,
        1 + labels)
        """
        if self.is_exclusive:
            return self.probabilities
        best = self.probabilities.max(axis=1, initial=0.0, keepdims=True)
        return np.concatenate([1.0 - best, self.probabilities], axis=1)

    def chosen(self, threshold: float) -> Tuple[np.ndarray, np.ndarray]:
        """Choose the labels that reach a threshold. If the labels exclude each other, only the best
        label of a pair is chosen.

        threshold (float): Minimum probability, 0 to 1. Labels with probability 0, which the types
            do not allow, are never chosen.
        RETURNS (Tuple[ndarray, ndarray]): Pair and label index of each relation. Shape of each:
            (relations,)
        """
        scores = self.scores
        minimum = max(threshold, float(np.finfo("float32").tiny))
        if not self.is_exclusive or not scores.size:
            rows, columns = np.nonzero(scores >= minimum)
            return rows, columns
        rows = np.flatnonzero(scores.max(axis=1) >= minimum)
        return rows, scores[rows].argmax(axis=1)


class JointPredictions(NamedTuple):
    """Predictions of `JointExtractor`.

    tags (Optional[List[ndarray]]): BIEOS tags of each document; None if the component keeps the
        entities of the documents. Shape of each: (tokens,)
    pairs (PairPredictions): The candidate pairs and their probabilities.
    """

    tags: Optional[List[np.ndarray]]
    pairs: PairPredictions

    @property
    def candidates(self) -> Candidates:
        """Return the candidate pairs."""
        return self.pairs.candidates

    @property
    def scores(self) -> np.ndarray:
        """Return the probability of each label. Shape: (pairs, labels)"""
        return self.pairs.scores


def annotate_relations(
    docs: Iterable[Doc],
    predictions: PairPredictions,
    threshold: float,
    labels: Sequence[str],
    source: str,
) -> None:
    """Write the relations that reach a threshold to the documents.

    docs (Iterable[Doc]): The documents that were predicted.
    predictions (PairPredictions): The predictions.
    threshold (float): Minimum probability, 0 to 1.
    labels (Sequence[str]): The relation labels.
    source (str): Source of the mentions, see `read_mentions`.
    """
    candidates = predictions.candidates
    rows, columns = predictions.chosen(threshold)
    bounds = np.searchsorted(rows, np.cumsum([0, *candidates.pair_lengths]))
    pairs = candidates.pairs[rows].tolist()
    values = predictions.scores[rows, columns].tolist()
    names = [labels[column] for column in columns.tolist()]
    edges = [(h, t, label, score) for (h, t), label, score in zip(pairs, names, values)]
    for i, (doc, (mentions, _)) in enumerate(zip(docs, candidates.by_doc())):
        keep_group = source != "ents" and has_own_mentions(doc)
        write_relations(doc, mentions, edges[bounds[i] : bounds[i + 1]], keep_group)


def write_relations(doc: Doc, mentions: Mentions, edges: Sequence[Edge], keep_group: bool) -> None:
    """Replace the relations of a document.

    doc (Doc): The document.
    mentions (Mentions): The mentions that the edges refer to.
    edges (Sequence[Edge]): Head index, tail index, label, score.
    keep_group (bool): Whether to keep the span group's mentions (gold or nested). If not, the group
        gets copies of the entities that have a relation, an attribute or another row.
    """
    if keep_group:
        spans = group_mentions(doc)
    else:
        keys = set(zip(*(column.tolist() for column in mentions)))
        described = {span_key(span): span for span in described_mentions(doc)}
        spans = [span for key, span in described.items() if key in keys]
    index = {span_key(span): i for i, span in enumerate(spans)}
    stored: List[Edge] = []
    for head, tail, label, score in edges:
        ends = []
        for i in (head, tail):
            start, end, label_hash = (int(column[i]) for column in mentions)
            if (start, end, label_hash) not in index:
                index[start, end, label_hash] = len(spans)
                spans.append(Span(doc, start, end, label=label_hash))
            ends.append(index[start, end, label_hash])
        stored.append((ends[0], ends[1], label, score))
    store_relations(doc, spans, stored, from_ents=not keep_group)
