"""The silver annotation of a run, as arrays and as documents."""

from pathlib import Path
from typing import Iterable, List, NamedTuple, Sequence

import numpy as np
from spacy.tokens import Doc, Span

from ...files import replacing
from ...tokens import read_mentions
from ...tokens.silver import SilverPair, store_silver
from ..pairs import ScoredPairs

# Documents and mentions that fit a key: 2 ** 21 each.
BITS = 21


class Silver(NamedTuple):
    """Pairs that joined the labelled set.

    docs (ndarray): Index of the unlabelled document. Shape: (pairs,)
    pairs (ndarray): Head and tail, as places among the document's mentions. Shape: (pairs, 2)
    classes (ndarray): 0 for no relation. Shape: (pairs,)
    scores (ndarray): Confidence of the model that said so. Shape: (pairs,)
    rounds (ndarray): The round they joined in. Shape: (pairs,)
    """

    docs: np.ndarray
    pairs: np.ndarray
    classes: np.ndarray
    scores: np.ndarray
    rounds: np.ndarray

    def add(self, chosen: ScoredPairs, number: int) -> "Silver":
        """chosen (ScoredPairs): Pairs that join.
        number (int): The round.
        RETURNS (Silver): With these.
        """
        rounds = np.full(len(chosen.docs), number, dtype="int64")
        new = (chosen.docs, chosen.pairs, chosen.classes, chosen.confidence, rounds)
        return Silver(*(np.concatenate(values) for values in zip(self, new)))

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
            pairs.append(SilverPair(head, tail, score, int(silver.rounds[row])))
            if silver.classes[row]:
                edges.append((head, tail, labels[silver.classes[row] - 1], score))
        store_silver(doc, spans, edges, pairs)
        yield doc
