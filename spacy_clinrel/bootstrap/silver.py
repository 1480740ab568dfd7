"""The silver annotation of a run, as arrays and as documents."""

from pathlib import Path
from typing import Dict, Iterable, List, NamedTuple, Sequence

import numpy as np
from spacy.tokens import Doc, Span

from ..files import replacing
from ..tokens import read_mentions
from ..tokens.silver import SilverPair, store_silver
from ..unlabelled import ScoredPairs

# Documents and mentions that fit a key: 2 ** 21 each.
BITS = 21
# What is less probable is not learned: it may be a label that the types do not allow, of which a
# model with a temperature still says a little.
LEAST = 0.01


class Silver(NamedTuple):
    """Pairs that joined the labelled set.

    docs (ndarray): Index of the unlabelled document. Shape: (pairs,)
    pairs (ndarray): Head and tail, as places among the document's mentions. Shape: (pairs, 2)
    classes (ndarray): 0 for no relation. Shape: (pairs,)
    scores (ndarray): Confidence of the model that said so. Shape: (pairs,)
    rounds (ndarray): The round they joined in. Shape: (pairs,)
    p (ndarray): Probability of no relation, and of each label, where these are learned from; else
        without columns. Shape: (pairs, 1 + labels)
    """

    docs: np.ndarray
    pairs: np.ndarray
    classes: np.ndarray
    scores: np.ndarray
    rounds: np.ndarray
    p: np.ndarray

    def add(self, chosen: ScoredPairs, number: int, soft: bool = False) -> "Silver":
        """chosen (ScoredPairs): Pairs that join.
        number (int): The round.
        soft (bool): Whether they keep the probabilities of all classes.
        RETURNS (Silver): With these.
        """
        rounds = np.full(len(chosen.docs), number, dtype="int64")
        p = chosen.p if soft else chosen.p[:, :0]
        new = (chosen.docs, chosen.pairs, chosen.classes, chosen.confidence, rounds, p)
        old = self if len(self.docs) else self._replace(p=p[:0])
        return Silver(*(np.concatenate(values) for values in zip(old, new)))

    def unknown(self, scored: ScoredPairs) -> np.ndarray:
        """scored (ScoredPairs): Pairs of the unlabelled documents.
        RETURNS (ndarray): Those that have not joined yet, bool. Shape: (pairs,)
        """
        return ~np.isin(_keys(scored.docs, scored.pairs), _keys(self.docs, self.pairs))


NONE = Silver(
    np.zeros(0, "int64"),
    np.zeros((0, 2), "int64"),
    np.zeros(0, "int64"),
    np.zeros(0, "float32"),
    np.zeros(0, "int64"),
    np.zeros((0, 0), "float32"),
)


def _keys(docs: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    return (docs << (2 * BITS)) | (pairs[:, 0] << BITS) | pairs[:, 1]


def save_silver(silver: Silver, path: Path) -> None:
    """silver (Silver): The pairs.
    path (Path): The .npz file to write.
    """
    with replacing(path) as draft, draft.open("wb") as out:
        np.savez_compressed(out, **silver._asdict())


def load_silver(path: Path) -> Silver:
    """path (Path): What `save_silver` wrote.
    RETURNS (Silver): The pairs.
    """
    with np.load(path, allow_pickle=False) as arrays:
        return Silver(**arrays)


def silver_docs(
    docs: Sequence[Doc], silver: Silver, labels: Sequence[str], mentions: str
) -> Iterable[Doc]:
    """The documents that have silver annotation, with it.

    docs (Sequence[Doc]): All unlabelled documents.
    silver (Silver): The pairs.
    labels (Sequence[str]): The relation labels.
    mentions (str): Where the pairs' mentions come from, see `read_mentions`.
    YIELDS (Doc): Copies, in order.
    """
    order = np.argsort(silver.docs, kind="stable")
    owners, starts = np.unique(silver.docs[order], return_index=True)
    for owner, rows in zip(owners.tolist(), np.split(order, starts[1:])):
        doc = docs[owner].copy()
        found = read_mentions(doc, mentions)
        keys = zip(found.starts.tolist(), found.ends.tolist(), found.labels.tolist())
        spans = [Span(doc, start, end, label=label) for start, end, label in keys]
        pairs: List[SilverPair] = []
        edges = []
        for row in rows.tolist():
            head, tail = silver.pairs[row].tolist()
            score = float(silver.scores[row])
            said = _said(silver.p[row, 1:], labels) if silver.p.shape[1] else None
            pairs.append(SilverPair(head, tail, score, int(silver.rounds[row]), said))
            if silver.classes[row]:
                edges.append((head, tail, labels[silver.classes[row] - 1], score))
        store_silver(doc, spans, edges, pairs)
        yield doc


def _said(p: np.ndarray, labels: Sequence[str]) -> Dict[str, float]:
    """The labels that are worth keeping, and their probabilities."""
    return {labels[i]: float(p[i]) for i in np.flatnonzero(p >= LEAST).tolist()}
