"""Conversion between flat mentions and BIEOS tags, and the transitions between tags.

Tag 0 is O. Label k has the tags 4k+1 (B), 4k+2 (I), 4k+3 (E) and 4k+4 (S).
"""

from typing import NamedTuple

import numpy as np

OUTSIDE = 0
BEGIN, INSIDE, END, SINGLE = 1, 2, 3, 4
POSITIONS = 4


class AllowedTransitions(NamedTuple):
    """The tag transitions that BIEOS allows.

    transitions (ndarray): From tag (row) to tag (column), bool. Shape: (tags, tags)
    start (ndarray): Tags that the first token may have, bool. Shape: (tags,)
    end (ndarray): Tags that the last token may have, bool. Shape: (tags,)
    """

    transitions: np.ndarray
    start: np.ndarray
    end: np.ndarray


def n_tags(n_labels: int) -> int:
    """Return the number of BIEOS tags.

    n_labels (int): Number of entity types.
    RETURNS (int): Four per type, and one for O.
    """
    return 1 + POSITIONS * n_labels


def tag_positions(n_labels: int) -> np.ndarray:
    """Return the position in a mention that each tag stands for.

    n_labels (int): Number of entity types.
    RETURNS (ndarray): OUTSIDE, BEGIN, INSIDE, END or SINGLE. Shape: (tags,)
    """
    tags = np.arange(n_tags(n_labels))
    return np.where(tags == OUTSIDE, OUTSIDE, (tags - 1) % POSITIONS + 1)


def allowed_transitions(n_labels: int) -> AllowedTransitions:
    """Return the transitions that occur in well-formed tag sequences.

    n_labels (int): Number of entity types.
    RETURNS (AllowedTransitions): Boolean masks.
    """
    tags = np.arange(n_tags(n_labels))
    position = tag_positions(n_labels)
    label = np.where(tags == OUTSIDE, -1, (tags - 1) // POSITIONS)
    is_open = np.isin(position, (BEGIN, INSIDE))  # the next token belongs to the same mention
    is_continuation = np.isin(position, (INSIDE, END))
    is_same_label = label[:, None] == label[None, :]
    inside = is_open[:, None] & is_continuation[None, :] & is_same_label
    between = ~is_open[:, None] & ~is_continuation[None, :]
    return AllowedTransitions(inside | between, ~is_continuation, ~is_open)


def spans_to_tags(spans: np.ndarray, length: int) -> np.ndarray:
    """Return the BIEOS tags of flat mentions.

    spans (ndarray): Start token, end token (exclusive) and label index of mentions that do not
        overlap. Shape: (spans, 3)
    length (int): Number of tokens.
    RETURNS (ndarray): The tag of each token. Shape: (length,)
    """
    tags = np.zeros(length, dtype="int64")
    if len(spans) == 0:
        return tags
    starts, ends, labels = spans.T
    sizes = ends - starts
    first_tags = 1 + POSITIONS * labels
    # Tag all tokens of mentions as I, then overwrite the first and last ones.
    offsets = np.cumsum(sizes) - sizes
    tokens = np.repeat(starts - offsets, sizes) + np.arange(sizes.sum())
    tags[tokens] = np.repeat(first_tags + INSIDE - 1, sizes)
    tags[starts] = first_tags + BEGIN - 1
    tags[ends - 1] = first_tags + END - 1
    is_single = sizes == 1
    tags[starts[is_single]] = first_tags[is_single] + SINGLE - 1
    return tags


def tags_to_spans(tags: np.ndarray) -> np.ndarray:
    """Return the flat mentions of a well-formed sequence of BIEOS tags.

    tags (ndarray): Tags that follow `allowed_transitions`. Shape: (length,)
    RETURNS (ndarray): Start token, end token (exclusive), label index. Shape: (spans, 3)
    """
    is_inside = tags != OUTSIDE
    position = np.where(is_inside, (tags - 1) % POSITIONS + 1, OUTSIDE)
    starts = np.flatnonzero((position == BEGIN) | (position == SINGLE))
    ends = np.flatnonzero((position == END) | (position == SINGLE)) + 1
    return np.stack([starts, ends, (tags[starts] - 1) // POSITIONS], axis=1)
