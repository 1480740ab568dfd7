"""Silver entities with probabilities: the distribution of BIEOS tags that models predict.

A document with such probabilities is a silver document. They are stored in the span group's
`attrs["silver_tags"]`, without those below 0.001: 9 bytes per token in a .spacy file of
200,000 tokens with 5 types.
"""

from typing import Any, Dict, NamedTuple, Optional, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc

from ..types import TagProbabilities
from .bieos import OUTSIDE, POSITIONS, n_tags
from .group import GROUP, SILVER_TAGS
from .silver import store_silver

# Smaller probabilities, and expected numbers of transitions, are not stored.
MIN_PROBABILITY = 1e-3


class SilverTags(NamedTuple):
    """The distribution of a document's tags.

    types (Tuple[str, ...]): The entity types.
    probabilities (TagProbabilities): Probabilities of the BIEOS tags of these types.
    """

    types: Tuple[str, ...]
    probabilities: TagProbabilities

    def with_types(self, types: Sequence[str]) -> TagProbabilities:
        """Return the distribution of the tags of other entity types.

        types (Sequence[str]): The types. The probabilities of a type that is missing here become
            those of no entity.
        RETURNS (TagProbabilities): The distribution.
        """
        if tuple(types) == self.types:
            return self.probabilities
        index = {name: i for i, name in enumerate(types)}
        new = np.full(n_tags(len(self.types)), OUTSIDE)
        for i, name in enumerate(self.types):
            if name in index:
                old, first = 1 + POSITIONS * i, 1 + POSITIONS * index[name]
                new[old : old + POSITIONS] = np.arange(first, first + POSITIONS)
        moved = np.zeros((len(new), n_tags(len(types))), dtype="float32")
        moved[np.arange(len(new)), new] = 1.0
        tags, transitions = self.probabilities
        return TagProbabilities(tags @ moved, moved.T @ transitions @ moved)


def store_silver_tags(doc: Doc, types: Sequence[str], probabilities: TagProbabilities) -> None:
    """Write the distribution of the tags to a Doc, which becomes a silver document. Mentions are
    the entities of the Doc; relations are removed.

    doc (Doc): The document.
    types (Sequence[str]): The entity types.
    probabilities (TagProbabilities): Probabilities of the BIEOS tags of these types.
    """
    store_silver(doc, list(doc.ents), [], [])
    doc.spans[GROUP].attrs[SILVER_TAGS] = {
        "types": list(types),
        "tags": _pack(probabilities.tags),
        "transitions": _pack(probabilities.transitions),
    }


def silver_tags(doc: Doc) -> Optional[SilverTags]:
    """Return the distribution of the tags of a silver document.

    doc (Doc): The document.
    RETURNS (Optional[SilverTags]): The distribution; None if the document has none, or other tokens
        than those that were labelled.
    """
    stored = doc.spans[GROUP].attrs.get(SILVER_TAGS) if GROUP in doc.spans else None
    if not stored or stored["tags"]["rows"] != len(doc):
        return None
    width = n_tags(len(stored["types"]))
    tags = _unpack(stored["tags"], width)
    transitions = _unpack(stored["transitions"], width)
    # The small values that were left out are distributed over the others.
    tags /= np.maximum(tags.sum(axis=1, keepdims=True), MIN_PROBABILITY)
    transitions *= max(len(doc) - 1, 0) / max(float(transitions.sum()), MIN_PROBABILITY)
    return SilverTags(tuple(stored["types"]), TagProbabilities(tags, transitions))


def _pack(values: np.ndarray) -> Dict[str, Any]:
    """Return the larger values of an array as plain values: the number of rows and, as bytes, the
    number of values of each row, their columns and the values."""
    is_kept = values >= MIN_PROBABILITY
    columns = np.nonzero(is_kept)[1]
    return {
        "rows": len(values),
        "counts": is_kept.sum(axis=1).astype("<u2").tobytes(),
        "columns": columns.astype("<u2").tobytes(),
        "values": values[is_kept].astype("<f2").tobytes(),
    }


def _unpack(stored: Dict[str, Any], width: int) -> np.ndarray:
    """Undo `_pack`. Shape: (rows, width)"""
    counts = np.frombuffer(stored["counts"], dtype="<u2")
    rows = np.repeat(np.arange(stored["rows"]), counts)
    columns = np.frombuffer(stored["columns"], dtype="<u2")
    values = np.zeros((stored["rows"], width), dtype="float32")
    values[rows, columns] = np.frombuffer(stored["values"], dtype="<f2")
    return values
