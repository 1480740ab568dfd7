"""The silver annotation of a run, as arrays and as documents."""

from pathlib import Path
from typing import Iterator, List, NamedTuple, Sequence

import numpy as np
from spacy.tokens import Doc, Span

from ...evaluation.pair_scores import ScoredPairs
from ...files import replacing
from ...tokens import read_mentions
from ...tokens.silver import SilverPair, store_silver

# Number of bits of each index in a pair's key. There can be at most 2 ** 21 documents, and as many
# mentions per document.
BITS = 21


class Silver(NamedTuple):
    """Pairs with silver annotation.

    docs (ndarray): Index of each pair's unlabelled document. Shape: (pairs,)
    pairs (ndarray): Indices of head and tail among the document's mentions. Shape: (pairs, 2)
    classes (ndarray): Class of each pair, 0 for "no relation". Shape: (pairs,)
    scores (ndarray): Confidence of the model that labelled the pair. Shape: (pairs,)
    rounds (ndarray): Round in which the pair was added. Shape: (pairs,)
    """

    docs: np.ndarray
    pairs: np.ndarray
    classes: np.ndarray
    scores: np.ndarray
    rounds: np.ndarray

    def add(self, chosen: ScoredPairs, number: int) -> "Silver":
        """Append pairs.

        chosen (ScoredPairs): The pairs to add.
        number (int): The round.
        RETURNS (Silver): The old and the new pairs.
        """
        rounds = np.full(len(chosen.docs), number, dtype="int64")
        added = (chosen.docs, chosen.pairs, chosen.classes, chosen.confidence, rounds)
        return Silver(*(np.concatenate(values) for values in zip(self, added)))

    def is_unannotated(self, scored: ScoredPairs) -> np.ndarray:
        """Return which pairs have no silver annotation.

        scored (ScoredPairs): Pairs of the unlabelled documents.
        RETURNS (ndarray): Boolean mask. Shape: (pairs,)
        """
        return ~np.isin(_keys(scored.docs, scored.pairs), _keys(self.docs, self.pairs))


NO_SILVER = Silver(
    np.zeros(0, "int64"),
    np.zeros((0, 2), "int64"),
    np.zeros(0, "int64"),
    np.zeros(0, "float32"),
    np.zeros(0, "int64"),
)


def _keys(docs: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Encode document, head and tail of each pair as one integer. Shape: (pairs,)"""
    return (docs << (2 * BITS)) | (pairs[:, 0] << BITS) | pairs[:, 1]


def save_silver(silver: Silver, path: Path) -> None:
    """Write silver annotation.

    silver (Silver): The pairs.
    path (Path): The .npz file to write.
    """
    with replacing(path) as draft, draft.open("wb") as out:
        np.savez_compressed(out, **silver._asdict())


def load_silver(path: Path) -> Silver:
    """Read silver annotation.

    path (Path): The file that `save_silver` wrote.
    RETURNS (Silver): The pairs.
    """
    with np.load(path, allow_pickle=False) as arrays:
        return Silver(**arrays)


def silver_docs(
    docs: Sequence[Doc], silver: Silver, labels: Sequence[str], mentions: str
) -> Iterator[Doc]:
    """Store silver annotation on the documents that have any.

    docs (Sequence[Doc]): All unlabelled documents.
    silver (Silver): The pairs.
    labels (Sequence[str]): The relation labels.
    mentions (str): Source of the pairs' mentions, see `read_mentions`.
    YIELDS (Doc): Copies of the documents with silver annotation, in order.
    """
    order = np.argsort(silver.docs, kind="stable")
    owners, starts = np.unique(silver.docs[order], return_index=True)
    for owner, rows in zip(owners.tolist(), np.split(order, starts[1:])):
        doc = docs[owner].copy()
        doc_mentions = read_mentions(doc, mentions)
        keys = zip(*(values.tolist() for values in doc_mentions))
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
