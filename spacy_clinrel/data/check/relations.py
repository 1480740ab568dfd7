"""Statistics of relations: counts, distances, duplicates and directions."""

from collections import defaultdict
from itertools import pairwise
from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

from .table import Part, count

TOKEN_BINS = (0, 10, 20, 50, 100, 200, 500)
SENTENCE_BINS = (0, 1, 2, 3, 4, 5, 10)
# Maximum share of a rare direction among a label's relations between two types.
RARE_SHARE = 0.1
# Minimum number of relations in the frequent direction. With fewer, nothing is called rare.
MIN_FREQUENT = 10


class TwoWayLabel(NamedTuple):
    """A label that relates two types in both directions.

    label (str): The label.
    types (Tuple[str, str]): Head and tail type in the more frequent direction.
    counts (Tuple[int, int]): Number of relations in the more and in the less frequent direction.
    examples (List[str]): Documents with relations in the less frequent direction.
    """

    label: str
    types: Tuple[str, str]
    counts: Tuple[int, int]
    examples: List[str]

    @property
    def is_rare(self) -> bool:
        """Whether the less frequent direction is so rare that it may be an annotation error."""
        frequent, rare = self.counts
        return frequent >= MIN_FREQUENT and rare <= RARE_SHARE * (frequent + rare)


def describe_relations(part: Part) -> Dict[str, Any]:
    """Count the relations of a part.

    part (Part): A part of the corpus, e.g. its training documents.
    RETURNS (Dict[str, Any]): Counts by label and by signature (head type, label, tail type),
        histograms of distances, duplicate relations, and pairs of mentions that are related in both
        directions.
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
        "same_twice": _duplicates(part),
        "both_directions": _both_directions(part),
    }


def two_way_labels(parts: Sequence[Part]) -> List[TwoWayLabel]:
    """Find labels that relate two types in both directions.

    parts (Sequence[Part]): All parts.
    RETURNS (List[TwoWayLabel]): The labels, sorted by the share of the less frequent direction.
    """
    titles = _titles_by_signature(parts)
    rows = []
    for (head, label, tail), forward in titles.items():
        backward = titles.get((tail, label, head), [])
        # Add one row for both directions, when the loop reaches the more frequent one.
        if head != tail and backward and (-len(forward), head) < (-len(backward), tail):
            counts = (len(forward), len(backward))
            rows.append(TwoWayLabel(label, (head, tail), counts, list(dict.fromkeys(backward))))
    return sorted(rows, key=lambda row: row.counts[1] / sum(row.counts))


def _titles_by_signature(parts: Sequence[Part]) -> Dict[Tuple[str, ...], List[str]]:
    """Return the titles of the documents of all relations, by head type, label and tail type."""
    titles: Dict[Tuple[str, ...], List[str]] = defaultdict(list)
    for part in parts:
        signatures, index = np.unique(part.edges.signature, axis=0, return_inverse=True)
        names = [tuple(part.strings(row)) for row in signatures]
        for row, doc in zip(index.ravel().tolist(), part.edges.doc.tolist()):
            titles[names[row]].append(part.title(doc))
    return titles


def _histogram(values: np.ndarray, bins: Sequence[int]) -> Dict[str, int]:
    """Return the number of values in each bin. Bins are named like "0", "10–19" or "500+"."""
    counts, _ = np.histogram(values, [*bins, np.inf])
    names = [str(low) if high == low + 1 else f"{low}–{high - 1}" for low, high in pairwise(bins)]
    return dict(zip([*names, f"{bins[-1]}+"], counts.tolist()))


def _duplicates(part: Part) -> List[str]:
    """Return the label and document of each relation that occurs more than once."""
    edges = part.edges
    rows = np.column_stack([edges.doc, edges.ends, edges.signature[:, 1].view("int64")])
    return _repeated_rows(part, rows)


def _both_directions(part: Part) -> List[str]:
    """Return the label and document of each pair that the same label relates in both directions."""
    edges = part.edges
    labels = edges.signature[:, 1].view("int64")
    forward = np.column_stack([edges.doc, edges.ends, labels])
    # Swap the ends of relations from the later to the earlier mention, so that opposite relations
    # become equal rows.
    ascending = np.unique(forward[edges.ends[:, 0] < edges.ends[:, 1]], axis=0)
    descending = np.unique(forward[edges.ends[:, 0] > edges.ends[:, 1]], axis=0)
    return _repeated_rows(part, np.concatenate([ascending, descending[:, [0, 2, 1, 3]]]))


def _repeated_rows(part: Part, rows: np.ndarray) -> List[str]:
    """Return the label and document of repeated rows (document, mention, mention, label)."""
    unique, counts = np.unique(rows, axis=0, return_counts=True)
    repeated = unique[counts > 1]
    labels = part.strings(repeated[:, 3].astype("int64").view("uint64"))
    return [f"{label} in {part.title(int(i))}" for label, i in zip(labels, repeated[:, 0])]
