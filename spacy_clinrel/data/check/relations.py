"""Relations of a corpus: counts, distances, duplicates and directions."""

from collections import defaultdict
from itertools import pairwise
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

from .table import Part, count

TOKEN_BINS = (0, 10, 20, 50, 100, 200, 500)
SENTENCE_BINS = (0, 1, 2, 3, 4, 5, 10)
# A direction that so small a share of a label's relations between two types has is called rare.
RARE = 0.1
# How many relations in the other direction that takes.
LEAST = 10


class Reverse(NamedTuple):
    """A label between two types in both directions.

    label (str): The label.
    types (Tuple[str, str]): The types in the more frequent direction.
    counts (Tuple[int, int]): Relations in that direction and in the other.
    examples (List[str]): Documents with the less frequent direction.
    """

    label: str
    types: Tuple[str, str]
    counts: Tuple[int, int]
    examples: List[str]

    @property
    def rare(self) -> bool:
        """RETURNS (bool): Whether the less frequent direction is so rare that it may be a slip."""
        return self.counts[0] >= LEAST and self.counts[1] <= RARE * sum(self.counts)


def describe_relations(part: Part) -> Dict[str, Any]:
    """The figures of a part's relations.

    part (Part): The part.
    RETURNS (Dict[str, Any]): Counts by label and by signature, distances, and which relations are
        there twice.
    """
    edges = part.edges
    signatures, counts = np.unique(edges.signature, axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return {
        "relations": len(edges.doc),
        "per_label": count(part, edges.signature[:, 1]),
        "per_signature": [
            [*part.strings(row), int(n)] for row, n in zip(signatures[order], counts[order])
        ],
        "distance_in_tokens": _histogram(edges.tokens, TOKEN_BINS),
        "distance_in_sentences": _histogram(edges.sentences, SENTENCE_BINS),
        "same_twice": _repeated(part),
        "both_directions": _both_directions(part),
    }


def reverses(parts: Sequence[Part]) -> List[Reverse]:
    """Labels whose two types occur in both directions.

    parts (Sequence[Part]): All parts.
    RETURNS (List[Reverse]): The rarest direction first.
    """
    places: Dict[Tuple[str, ...], List[str]] = defaultdict(list)
    for part in parts:
        signatures, index = np.unique(part.edges.signature, axis=0, return_inverse=True)
        names = [tuple(part.strings(row)) for row in signatures]
        for which, doc in zip(index.ravel().tolist(), part.edges.doc.tolist()):
            places[names[which]].append(part.title(doc))
    found = []
    for (head, label, tail), docs in places.items():
        other = places.get((tail, label, head), [])
        if head != tail and other and (-len(docs), head) < (-len(other), tail):
            examples = list(dict.fromkeys(other))
            found.append(Reverse(label, (head, tail), (len(docs), len(other)), examples))
    return sorted(found, key=lambda reverse: reverse.counts[1] / sum(reverse.counts))


def _histogram(values: np.ndarray, bins: Sequence[int]) -> Dict[str, int]:
    """Counts by bin: "0", "10–19" or "500+"."""
    counts, _ = np.histogram(values, [*bins, np.inf])
    names = [str(low) if high == low + 1 else f"{low}–{high - 1}" for low, high in pairwise(bins)]
    return dict(zip([*names, f"{bins[-1]}+"], counts.tolist()))


def _repeated(part: Part) -> List[str]:
    """Label and document of each relation that is there twice."""
    edges = part.edges
    rows = np.column_stack([edges.doc, edges.ends, edges.signature[:, 1].view("int64")])
    return _twice(part, rows)


def _both_directions(part: Part) -> List[str]:
    """Label and document of each two mentions that one label relates in both directions."""
    edges = part.edges
    labels = edges.signature[:, 1].view("int64")
    forward = np.column_stack([edges.doc, edges.ends, labels])
    # Seen from the earlier mention each relation goes one way or the other.
    ascending = np.unique(forward[edges.ends[:, 0] < edges.ends[:, 1]], axis=0)
    descending = np.unique(forward[edges.ends[:, 0] > edges.ends[:, 1]], axis=0)
    return _twice(part, np.concatenate([ascending, descending[:, [0, 2, 1, 3]]]))


def _twice(part: Part, rows: np.ndarray) -> List[str]:
    """Label and document of the rows (document, mention, mention, label) that are there twice."""
    unique, counts = np.unique(rows, axis=0, return_counts=True)
    found = unique[counts > 1]
    labels = part.strings(found[:, 3].astype("int64").view("uint64"))
    return [f"{label} in {part.title(int(i))}" for label, i in zip(labels, found[:, 0])]
