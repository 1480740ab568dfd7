"""Where relations stand: distance and sentences of their mentions, size of the document."""

from typing import List, NamedTuple, Optional, Sequence

import numpy as np
from spacy.attrs import IDX
from spacy.tokens import Doc

from ...tokens.sentences import sentence_ids
from .intervals import Counts
from .matching import RelationKey

# The most that a bin holds; the last bin has no end.
DISTANCES = (5, 10, 20, 40, 80)
MENTIONS = (10, 20, 40, 80)
SENTENCES = ("same sentence", "other sentence")


class Found(NamedTuple):
    """The relations of all documents, gold and predicted ones apart.

    docs (ndarray): Index of each relation's document. Shape: (relations,)
    right (ndarray): Whether it is gold as well as predicted, bool. Shape: (relations,)
    gold (ndarray): Whether this is the gold side, bool; what is right stands on both. Shape:
        (relations,)
    """

    docs: np.ndarray
    right: np.ndarray
    gold: np.ndarray


class Places(NamedTuple):
    """Where the relations of a document stand.

    distances (ndarray): Tokens from the start of one mention to that of the other. Shape:
        (relations,)
    crosses (ndarray): 1 where the mentions start in two sentences, else 0. Shape: (relations,)
    """

    distances: np.ndarray
    crosses: np.ndarray


def places(doc: Doc, relations: Sequence[RelationKey]) -> Places:
    """Where relations stand, measured in the tokens of one document for gold and predicted ones.

    doc (Doc): The predicted document. Its sentences are taken where it has any; otherwise one ends
        at 。；;！？ and line breaks.
    relations (Sequence[RelationKey]): Relations over its text.
    RETURNS (Places): Of each relation.
    """
    starts = [[key.head[0], key.tail[0]] for key in relations]
    if not starts or not len(doc):
        none = np.zeros(len(starts), dtype="int64")
        return Places(none, none)
    offsets = doc.to_array([IDX]).ravel().astype("int64")
    tokens = np.searchsorted(offsets, np.asarray(starts), side="right") - 1  # (relations, 2)
    sentences = sentence_ids(doc, use_sents=True)[np.maximum(tokens, 0)]
    crosses = sentences[:, 0] != sentences[:, 1]
    return Places(np.abs(tokens[:, 0] - tokens[:, 1]), crosses.astype("int64"))


def bin_names(most: Sequence[int]) -> List[str]:
    """Names of bins of whole numbers.

    most (Sequence[int]): The largest number of each bin but the last, ascending.
    RETURNS (List[str]): E.g. "0–5", "6–10", "11 and more" for 5, 10.
    """
    lows = [0, *(n + 1 for n in most)]
    return [*(f"{low}–{high}" for low, high in zip(lows, most)), f"{lows[-1]} and more"]


def count_groups(
    found: Found, groups: Optional[np.ndarray], names: Sequence[str], docs: int
) -> Counts:
    """Count gold, predicted and right relations by document and group.

    found (Found): The relations.
    groups (Optional[ndarray]): Index of each relation's group; None where there is one alone.
        Shape: (relations,)
    names (Sequence[str]): The groups.
    docs (int): Number of documents.
    RETURNS (Counts): The counts.
    """
    table = np.zeros((docs, len(names), 3), dtype="int64")
    index = np.zeros(len(found.docs), dtype="int64") if groups is None else groups
    sides = (found.gold, ~found.gold, found.gold & found.right)
    for column, chosen in enumerate(sides):
        np.add.at(table, (found.docs[chosen], index[chosen], column), 1)
    return Counts(names, table)


def in_bins(values: np.ndarray, most: Sequence[int]) -> np.ndarray:
    """The bin of each number.

    values (ndarray): Whole numbers, 0 or more. Shape: (n,)
    most (Sequence[int]): As `bin_names` has it.
    RETURNS (ndarray): Shape: (n,)
    """
    return np.searchsorted(np.asarray(most), values, side="left")
