"""Statistics of documents and mentions."""

from typing import Any, Dict, Tuple

import numpy as np

from ...tokens import GROUP
from ...types import Mentions
from .table import Part, count


def describe_mentions(part: Part) -> Dict[str, Any]:
    """Count the documents and mentions of a part.

    part (Part): A part of the corpus, e.g. its training documents.
    RETURNS (Dict[str, Any]): The number of documents, and the numbers of mentions by type and by
        overlap.
    """
    inside, across, across_sentences = 0, 0, 0
    for mentions, sentences in zip(part.mentions, part.sentences):
        nested, crossing = overlaps(mentions)
        inside += int(nested.sum())
        across += int(crossing.sum())
        is_across = sentences[mentions.starts] != sentences[mentions.ends - 1]
        across_sentences += int(is_across.sum())
    with_relations = set(part.edges.doc.tolist())
    return {
        "documents": len(part.docs),
        "tokens": sum(map(len, part.docs)),
        "sentences": sum(int(ids[-1]) + 1 for ids in part.sentences if len(ids)),
        "empty_documents": sum(not doc.text.strip() for doc in part.docs),
        "without_mentions": sum(not len(mentions.starts) for mentions in part.mentions),
        "without_relations": len(part.docs) - len(with_relations),
        "not_annotated": sum(GROUP not in doc.spans for doc in part.docs),
        "mentions": sum(len(mentions.starts) for mentions in part.mentions),
        "per_type": count(part, np.concatenate([mentions.labels for mentions in part.mentions])),
        "inside_another": inside,
        "across_another": across,
        "across_sentences": across_sentences,
    }


def overlaps(mentions: Mentions) -> Tuple[np.ndarray, np.ndarray]:
    """Find nested mentions (inside another mention) and crossing mentions (only their start is
    inside).

    mentions (Mentions): The mentions of a document.
    RETURNS (Tuple[ndarray, ndarray]): Boolean masks of the nested and of the crossing mentions, for
        mentions sorted by ascending start and descending end. Shape of each: (mentions,)
    """
    order = np.lexsort([-mentions.ends, mentions.starts])
    starts, ends = mentions.starts[order], mentions.ends[order]
    reach = np.maximum.accumulate(np.concatenate([[0], ends]))[:-1]  # (mentions,)
    nested = ends <= reach
    return nested, ~nested & (starts < reach)
