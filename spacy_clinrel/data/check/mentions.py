"""Documents and mentions of a corpus."""

from typing import Any, Dict, Tuple

import numpy as np

from ...tokens import GROUP
from ...types import Mentions
from .table import Part, count


def describe_mentions(part: Part) -> Dict[str, Any]:
    """The figures of a part's documents and mentions.

    part (Part): The part.
    RETURNS (Dict[str, Any]): Counts of documents, of mentions by type and by how they lie.
    """
    inside, across, borders = 0, 0, 0
    for some, sentences in zip(part.mentions, part.sentences):
        nested, crossing = overlaps(some)
        inside += int(nested.sum())
        across += int(crossing.sum())
        borders += int((sentences[some.starts] != sentences[some.ends - 1]).sum())
    related = set(part.edges.doc.tolist())
    return {
        "documents": len(part.docs),
        "tokens": sum(map(len, part.docs)),
        "sentences": sum(int(ids[-1]) + 1 for ids in part.sentences if len(ids)),
        "empty_documents": sum(not doc.text.strip() for doc in part.docs),
        "without_mentions": sum(not len(some.starts) for some in part.mentions),
        "without_relations": len(part.docs) - len(related),
        "not_annotated": sum(GROUP not in doc.spans for doc in part.docs),
        "mentions": sum(len(some.starts) for some in part.mentions),
        "per_type": count(part, np.concatenate([some.labels for some in part.mentions])),
        "inside_another": inside,
        "across_another": across,
        "across_sentences": borders,
    }


def overlaps(mentions: Mentions) -> Tuple[np.ndarray, np.ndarray]:
    """Which mentions lie inside of another, and which begin inside of one and end outside.

    mentions (Mentions): The mentions of a document.
    RETURNS (Tuple[ndarray, ndarray]): Two masks, in the order of start and falling end. Shape:
        (mentions,)
    """
    order = np.lexsort([-mentions.ends, mentions.starts])
    starts, ends = mentions.starts[order], mentions.ends[order]
    reach = np.maximum.accumulate(np.concatenate([[0], ends]))[:-1]  # (mentions,)
    nested = ends <= reach
    return nested, ~nested & (starts < reach)
