"""Flat mentions as BIEOS tags and back, and which tag may follow which.

Tag 0 is O; label k has the tags 4k+1 (B), 4k+2 (I), 4k+3 (E) and 4k+4 (S).
"""

from typing import NamedTuple

import numpy as np

OUTSIDE = 0
BEGIN, INSIDE, END, SINGLE = 1, 2, 3, 4
POSITIONS = 4


class AllowedTransitions(NamedTuple):
    """Which tags may follow one another under BIEOS.

    transitions (ndarray): From tag (row) to tag (column), bool. Shape: (tags, tags)
    start (ndarray): Tags that may begin a text, bool. Shape: (tags,)
    end (ndarray): Tags that may end a text, bool. Shape: (tags,)
    """

    transitions: np.ndarray
    start: np.ndarray
    end: np.ndarray


def n_tags(n_labels: int) -> int:
    """The number of BIEOS tags.

    n_labels (int): Number of entity types.
    RETURNS (int): Four a type, and O.
    """
    return 1 + POSITIONS * n_labels


def allowed_transitions(n_labels: int) -> AllowedTransitions:
    """The transitions that yield well-formed mentions.

    n_labels (int): Number of entity types.
    RETURNS (AllowedTransitions): Boolean masks.
    """
    tags = np.arange(n_tags(n_labels))
    position = np.where(tags == OUTSIDE, OUTSIDE, (tags - 1) % POSITIONS + 1)
    label = np.where(tags == OUTSIDE, -1, (tags - 1) // POSITIONS)
    is_open = np.isin(position, (BEGIN, INSIDE))  # the mention goes on
    goes_on = np.isin(position, (INSIDE, END))  # continues an open mention
    same = label[:, None] == label[None, :]
    inside = is_open[:, None] & goes_on[None, :] & same
    between = ~is_open[:, None] & ~goes_on[None, :]
    return AllowedTransitions(inside | between, ~goes_on, ~is_open)


def spans_to_tags(spans: np.ndarray, length: int) -> np.ndarray:
    """BIEOS tags of flat mentions.

    spans (ndarray): Start token, end token (exclusive), label index; not overlapping.
        Shape: (spans, 3)
    length (int): Number of tokens.
    RETURNS (ndarray): A tag for each token. Shape: (length,)
    """
    tags = np.zeros(length, dtype="int64")
    if len(spans) == 0:
        return tags
    starts, ends, labels = spans.T
    sizes = ends - starts
    first_tags = 1 + POSITIONS * labels
    # All tokens of all mentions become I, then the outer ones are overwritten.
    offsets = np.cumsum(sizes) - sizes
    tokens = np.repeat(starts - offsets, sizes) + np.arange(sizes.sum())
    tags[tokens] = np.repeat(first_tags + INSIDE - 1, sizes)
    tags[starts] = first_tags + BEGIN - 1
    tags[ends - 1] = first_tags + END - 1
    single = sizes == 1
    tags[starts[single]] = first_tags[single] + SINGLE - 1
    return tags


def tags_to_spans(tags: np.ndarray) -> np.ndarray:
    """Flat mentions of a well-formed sequence of BIEOS tags.

    tags (ndarray): Tags that follow `allowed_transitions`. Shape: (length,)
    RETURNS (ndarray): Start token, end token (exclusive), label index. Shape: (spans, 3)
    """
    inside = tags != OUTSIDE
    position = np.where(inside, (tags - 1) % POSITIONS + 1, OUTSIDE)
    starts = np.flatnonzero((position == BEGIN) | (position == SINGLE))
    ends = np.flatnonzero((position == END) | (position == SINGLE)) + 1
    return np.stack([starts, ends, (tags[starts] - 1) // POSITIONS], axis=1)
