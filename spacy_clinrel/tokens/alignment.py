"""Alignment of gold mentions, relations and attributes with the tokens of the predicted Doc."""

from collections import Counter
from typing import List, NamedTuple, Optional, Tuple

import numpy as np
from spacy.attrs import ORTH, SPACY
from spacy.tokens import Span
from spacy.training import Example

from .assertion import assertion_matrix, has_assertion
from .attributes import attribute_rows
from .group import group_mentions
from .mentions import all_mentions
from .relation import relation_edges

# Start token and end token (exclusive) in the predicted Doc, hash of the entity type
MentionKey = Tuple[int, int, int]

NOT_ALIGNED = "a mention does not align with the tokens"


class AlignedRelations(NamedTuple):
    """Gold relations in the tokens of the predicted Doc.

    relations (List[Tuple[MentionKey, MentionKey, str]]): Head, tail and label of each relation.
    lost (Counter): Number of relations that could not be aligned, by reason.
    """

    relations: List[Tuple[MentionKey, MentionKey, str]]
    lost: Counter


class AlignedAttributes(NamedTuple):
    """Gold attributes of mentions in the tokens of the predicted Doc.

    attributes (List[Tuple[MentionKey, str]]): Mention and name of each attribute.
    lost (Counter): Number of attributes that could not be aligned, by reason.
    """

    attributes: List[Tuple[MentionKey, str]]
    lost: Counter


class AlignedAssertion(NamedTuple):
    """Gold mentions and their assertion attributes in the tokens of the predicted Doc.

    keys (List[MentionKey]): The mentions that align.
    holds (ndarray): Whether each assertion attribute holds, bool, in the order of `ASSERTIONS`.
        Shape: (mentions, 5)
    lost (Counter): Number of mentions that could not be aligned, by reason.
    """

    keys: List[MentionKey]
    holds: np.ndarray
    lost: Counter


def has_same_tokens(example: Example) -> bool:
    """Return whether the predicted and the reference Doc of an Example have the same tokens.

    example (Example): The example.
    RETURNS (bool): Whether texts and white space of all tokens agree.
    """
    attrs = [ORTH, SPACY]
    return np.array_equal(example.predicted.to_array(attrs), example.reference.to_array(attrs))


def align_spans(example: Example, spans: List[Span]) -> np.ndarray:
    """Return the token boundaries that spans of the reference have in the predicted Doc.

    example (Example): The example.
    spans (List[Span]): Spans of the reference.
    RETURNS (ndarray): Start and end token (exclusive) in the predicted Doc; -1 and -1 for a span
        whose boundaries are not token boundaries of that Doc. Shape: (spans, 2)
    """
    bounds = np.asarray([(s.start, s.end) for s in spans], dtype="int64").reshape(-1, 2)
    if len(bounds) == 0 or has_same_tokens(example):
        return bounds
    y2x, x2y = example.alignment.y2x, example.alignment.x2y
    aligned = np.full_like(bounds, -1)
    for i, (start, end) in enumerate(bounds):
        covered = y2x[int(start) : int(end)]
        # The span does not align if a predicted token also covers reference tokens outside it.
        if len(covered):
            first, last = int(covered.min()), int(covered.max()) + 1
            reference_tokens = x2y[first:last]
            if int(reference_tokens.min()) == start and int(reference_tokens.max()) + 1 == end:
                aligned[i] = first, last
    return aligned


def mention_keys(example: Example) -> List[MentionKey]:
    """Align the mentions of the reference's span group with the tokens of the predicted Doc.

    example (Example): The example.
    RETURNS (List[MentionKey]): One key per mention; start and end are -1 if it does not align.
    """
    spans = group_mentions(example.reference)
    bounds = align_spans(example, spans)
    return [(int(s), int(e), span.label) for (s, e), span in zip(bounds, spans)]


def align_attributes(example: Example) -> AlignedAttributes:
    """Align the gold attributes of an Example with the tokens of the predicted Doc.

    example (Example): The example.
    RETURNS (AlignedAttributes): The aligned attributes, and the number of those that do not align.
    """
    rows = attribute_rows(example.reference)
    keys = mention_keys(example) if rows else []
    aligned = [(keys[i], name) for i, name, _ in rows if keys[i][0] >= 0]
    n_lost = len(rows) - len(aligned)
    return AlignedAttributes(aligned, Counter({NOT_ALIGNED: n_lost} if n_lost else {}))


def align_assertion(example: Example) -> Optional[AlignedAssertion]:
    """Align the gold mentions of an Example, with and without attributes, with the tokens of the
    predicted Doc.

    example (Example): The example.
    RETURNS (Optional[AlignedAssertion]): The mentions and their attributes; None if the reference
        is not annotated with attributes.
    """
    if not has_assertion(example.reference):
        return None
    spans = all_mentions(example.reference)
    bounds = align_spans(example, spans)
    is_aligned = bounds[:, 0] >= 0
    keys = [(int(s), int(e), span.label) for (s, e), span in zip(bounds, spans)]
    n_lost = len(spans) - int(is_aligned.sum())
    return AlignedAssertion(
        [key for key, kept in zip(keys, is_aligned) if kept],
        assertion_matrix(example.reference, spans)[is_aligned],
        Counter({NOT_ALIGNED: n_lost} if n_lost else {}),
    )


def align_relations(example: Example) -> AlignedRelations:
    """Align the gold relations of an Example with the tokens of the predicted Doc.

    example (Example): The example.
    RETURNS (AlignedRelations): The aligned relations, and the number of those that do not align.
    """
    lost: Counter = Counter()
    edges = relation_edges(example.reference)
    if not edges:
        return AlignedRelations([], lost)
    keys = mention_keys(example)
    relations = []
    for head, tail, label, _ in edges:
        if keys[head][0] < 0 or keys[tail][0] < 0:
            lost[NOT_ALIGNED] += 1
        else:
            relations.append((keys[head], keys[tail], label))
    return AlignedRelations(relations, lost)
