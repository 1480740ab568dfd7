"""Probabilities of all candidate pairs of a corpus, as arrays."""

from typing import Any, Callable, Iterable, List, NamedTuple, Sequence, Tuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import minibatch

from ...errors import Errors
from ...evaluation.evaluate import entity_components

FACTORY = "relation_classifier"
BATCH_SIZE = 16


class ScoredPairs(NamedTuple):
    """Candidate pairs of a corpus.

    docs (ndarray): Index of the document. Shape: (pairs,)
    pairs (ndarray): Head and tail, as places among the document's mentions. Shape: (pairs, 2)
    p (ndarray): Probability of no relation, and of each label. Shape: (pairs, 1 + labels)
    """

    docs: np.ndarray
    pairs: np.ndarray
    p: np.ndarray

    def select(self, keep: np.ndarray) -> "ScoredPairs":
        """keep (ndarray): Bool, or indices.
        RETURNS (ScoredPairs): Only these pairs.
        """
        return ScoredPairs(*(values[keep] for values in self))

    @property
    def confidence(self) -> np.ndarray:
        """RETURNS (ndarray): Probability of each pair's best class. Shape: (pairs,)"""
        return self.p.max(axis=1, initial=0.0)

    @property
    def classes(self) -> np.ndarray:
        """RETURNS (ndarray): Each pair's best class, 0 for no relation. Shape: (pairs,)"""
        return self.p.argmax(axis=1) if self.p.size else np.zeros(0, dtype="int64")


def find_component(nlp: Language) -> str:
    """nlp (Language): A pipeline.
    RETURNS (str): The name of its component for relations.
    RAISES (ValueError): If it has none, or several.
    """
    names = [name for name in nlp.pipe_names if nlp.get_pipe_meta(name).factory == FACTORY]
    if len(names) != 1:
        raise ValueError(Errors.B001.format(n=len(names), factory=FACTORY))
    return names[0]


def score_pairs(
    nlp: Language,
    docs: Sequence[Doc],
    progress: Callable[[Iterable[Doc]], Iterable[Doc]] = iter,
) -> ScoredPairs:
    """Score the candidate pairs of documents that have their mentions.

    nlp (Language): A pipeline with one `relation_classifier`. What comes before it runs as well,
        but for components that would find mentions anew.
    docs (Sequence[Doc]): The documents. Copies of them are scored, so that what components leave
        upon them, such as vectors, takes the memory of one batch.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps the stream of documents.
    RETURNS (ScoredPairs): All candidate pairs.
    """
    name = find_component(nlp)
    component: Any = nlp.get_pipe(name)
    finders = entity_components(nlp)
    before = nlp.pipe_names[: nlp.pipe_names.index(name)]
    parts: List[ScoredPairs] = []
    done = 0
    with nlp.select_pipes(enable=[key for key in before if key not in finders]):
        copies = (doc.copy() for doc in progress(docs))
        for batch in minibatch(nlp.pipe(copies, batch_size=BATCH_SIZE), BATCH_SIZE):
            candidates, scores = component.predict(batch)
            owners = np.repeat(np.arange(len(batch)), candidates.pair_lengths) + done
            done += len(batch)
            exclusive = component.cfg["exclusive"]
            used = scores.sum(axis=1) if exclusive else scores.max(axis=1, initial=0.0)
            none = np.clip(1.0 - used, 0.0, 1.0)
            p = np.concatenate([none[:, None], scores], axis=1)
            parts.append(ScoredPairs(owners, candidates.pairs, p))
    empty = np.zeros(0, "int64"), np.zeros((0, 2), "int64")
    width = 1 + len(component.labels)
    parts.append(ScoredPairs(*empty, np.zeros((0, width), dtype="float32")))
    return ScoredPairs(*(np.concatenate(values) for values in zip(*parts)))


def gold_classes(nlp: Language, examples: Sequence[Example]) -> np.ndarray:
    """The gold class of every candidate pair, in the order of `score_pairs`.

    nlp (Language): A pipeline with one `relation_classifier`.
    examples (Sequence[Example]): The documents; their predicted side has the mentions.
    RETURNS (ndarray): 0 for no relation; of several labels the first; -1 for pairs that were not
        annotated, like those of a document without the span group. Shape: (pairs,)
    """
    gold, annotated = gold_labels(nlp, examples)
    return np.where(annotated, (1 + gold.argmax(axis=1)) * gold.any(axis=1), -1)


def gold_labels(nlp: Language, examples: Sequence[Example]) -> Tuple[np.ndarray, np.ndarray]:
    """The gold labels of every candidate pair, in the order of `score_pairs`.

    nlp (Language): A pipeline with one `relation_classifier`.
    examples (Sequence[Example]): The documents; their predicted side has the mentions.
    RETURNS (Tuple[ndarray, ndarray]): The labels, bool, shape (pairs, labels); and which pairs
        were annotated, bool, shape (pairs,).
    """
    component: Any = nlp.get_pipe(find_component(nlp))
    none = np.zeros((0, len(component.labels)), dtype=bool), np.zeros(0, dtype=bool)
    parts = [none, *map(component.gold_labels, minibatch(examples, BATCH_SIZE))]
    gold, annotated = (np.concatenate(values) for values in zip(*parts))
    return gold, annotated
