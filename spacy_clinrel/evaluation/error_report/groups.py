"""Groups of relations: by distance and sentences of their mentions, and by document size."""

from typing import List, NamedTuple, Sequence

import numpy as np
from spacy.attrs import IDX
from spacy.tokens import Doc

from ...tokens.sentences import Sentences
from ..scorers import RelationKey
from .intervals import Counts

# Upper bounds of the bins, inclusive. A last bin without an upper bound follows.
DISTANCE_BOUNDS = (5, 10, 20, 40, 80)
MENTION_BOUNDS = (10, 20, 40, 80)
SENTENCE_GROUPS = ("same sentence", "other sentence")


class RelationSides(NamedTuple):
    """The gold and the predicted relations of all documents. A correct relation occurs on both
    sides.

    docs (ndarray): Index of the document. Shape: (relations,)
    is_right (ndarray): Whether the relation is gold and predicted, bool. Shape: (relations,)
    is_gold (ndarray): Whether this is the gold side, bool. Shape: (relations,)
    """

    docs: np.ndarray
    is_right: np.ndarray
    is_gold: np.ndarray


class Distances(NamedTuple):
    """Distances between the mentions of relations.

    tokens (ndarray): Tokens from the start of one mention to the start of the other. Shape:
        (relations,)
    is_other_sentence (ndarray): 1 if the mentions start in different sentences, else 0. Shape:
        (relations,)
    """

    tokens: np.ndarray
    is_other_sentence: np.ndarray


def measure_distances(doc: Doc, relations: Sequence[RelationKey], rule: Sentences) -> Distances:
    """Measure distances in the tokens of one document, for gold and predicted relations alike.

    doc (Doc): The predicted document.
    relations (Sequence[RelationKey]): Relations over its text.
    rule (Sentences): The pipeline's sentence rule.
    RETURNS (Distances): The distances of each relation.
    """
    starts = [[key.head[0], key.tail[0]] for key in relations]
    if not starts or not len(doc):
        zeros = np.zeros(len(starts), dtype="int64")
        return Distances(zeros, zeros)
    offsets = doc.to_array([IDX]).ravel().astype("int64")
    tokens = np.searchsorted(offsets, np.asarray(starts), side="right") - 1  # (relations, 2)
    sentences = rule.ids(doc)[np.maximum(tokens, 0)]
    is_other = sentences[:, 0] != sentences[:, 1]
    return Distances(np.abs(tokens[:, 0] - tokens[:, 1]), is_other.astype("int64"))


def bin_names(upper_bounds: Sequence[int]) -> List[str]:
    """Name bins of whole numbers.

    upper_bounds (Sequence[int]): Inclusive upper bounds of all bins but the last, ascending.
    RETURNS (List[str]): E.g. "0–5", "6–10", "≥ 11" for 5, 10.
    """
    lower_bounds = [0, *(bound + 1 for bound in upper_bounds)]
    ranges = [f"{low}–{high}" for low, high in zip(lower_bounds, upper_bounds)]
    return [*ranges, f"≥ {lower_bounds[-1]}"]


def bin_indices(values: np.ndarray, upper_bounds: Sequence[int]) -> np.ndarray:
    """Return the bin of each number.

    values (ndarray): Whole numbers, 0 or more. Shape: (n,)
    upper_bounds (Sequence[int]): As in `bin_names`.
    RETURNS (ndarray): Indices of bins. Shape: (n,)
    """
    return np.searchsorted(np.asarray(upper_bounds), values, side="left")


def count_groups(
    sides: RelationSides, groups: np.ndarray, names: Sequence[str], n_docs: int
) -> Counts:
    """Count gold, predicted and correct relations by document and group.

    sides (RelationSides): The relations.
    groups (ndarray): Index of each relation's group. Shape: (relations,)
    names (Sequence[str]): Names of the groups.
    n_docs (int): Number of documents.
    RETURNS (Counts): The counts.
    """
    table = np.zeros((n_docs, len(names), 3), dtype="int64")
    columns = (sides.is_gold, ~sides.is_gold, sides.is_gold & sides.is_right)
    for column, mask in enumerate(columns):
        np.add.at(table, (sides.docs[mask], groups[mask], column), 1)
    return Counts(names, table)
