"""Gold relations of an Example, from reference to predicted tokens."""

from collections import Counter
from typing import List, NamedTuple, Tuple

import numpy as np
from spacy.attrs import ORTH, SPACY
from spacy.tokens import Span
from spacy.training import Example

from .relation import GROUP, relation_edges

# Start token, end token, hash of the type, all of the predicted Doc
Key = Tuple[int, int, int]


class AlignedRelations(NamedTuple):
    """Gold relations in the tokens of the predicted Doc.

    relations (List[Tuple[Key, Key, str]]): Head, tail and label of each.
    lost (Counter): How many could not be mapped, by reason.
    """

    relations: List[Tuple[Key, Key, str]]
    lost: Counter


def align_spans(example: Example, spans: List[Span]) -> np.ndarray:
    """Return the boundaries of spans of the reference in the tokens of the predicted Doc.

    example (Example): The pair of docs.
    spans (List[Span]): Spans of the reference.
    RETURNS (ndarray): Start and end token in the predicted Doc; -1, -1 where token boundaries
        do not allow it. Shape: (spans, 2)
    """
    bounds = np.asarray([(s.start, s.end) for s in spans], dtype="int64").reshape(-1, 2)
    attrs, reference = [ORTH, SPACY], example.reference
    same_tokens = np.array_equal(example.predicted.to_array(attrs), reference.to_array(attrs))
    if len(bounds) == 0 or same_tokens:
        return bounds
    y2x, x2y = example.alignment.y2x, example.alignment.x2y
    aligned = np.full_like(bounds, -1)
    for i, (start, end) in enumerate(bounds):
        covered = y2x[int(start) : int(end)]
        # The span does not align if a predicted token also covers reference tokens outside it.
        if len(covered):
            first, last = int(covered.min()), int(covered.max()) + 1
            back = x2y[first:last]
            if int(back.min()) == start and int(back.max()) + 1 == end:
                aligned[i] = first, last
    return aligned


def mention_keys(example: Example) -> List[Key]:
    """Return the mentions of the reference's span group in the tokens of the predicted Doc.

    example (Example): The pair of docs.
    RETURNS (List[Key]): For each mention; start and end are -1 where token boundaries do not
        allow it.
    """
    spans = list(example.reference.spans[GROUP])
    bounds = align_spans(example, spans)
    return [(int(s), int(e), span.label) for (s, e), span in zip(bounds, spans)]


def align_relations(example: Example) -> AlignedRelations:
    """Map the gold relations of an Example from its reference to its predicted Doc.

    example (Example): The pair of docs.
    RETURNS (AlignedRelations): The relations, and a count of those that token boundaries lose.
    """
    lost: Counter = Counter()
    edges = relation_edges(example.reference)
    if not edges:
        return AlignedRelations([], lost)
    keys = mention_keys(example)
    relations = []
    for head, tail, label, _ in edges:
        if keys[head][0] < 0 or keys[tail][0] < 0:
            lost["a mention does not align with the tokens"] += 1
        else:
            relations.append((keys[head], keys[tail], label))
    return AlignedRelations(relations, lost)
