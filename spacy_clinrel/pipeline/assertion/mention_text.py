"""The texts of documents and the characters of their mentions."""

from typing import List, NamedTuple, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc

from ...tokens.sections import get_sections
from ...types import Mentions
from .text import covered_chars
from .words import normalize

# Longer mentions are no terms: cues in them count for the mentions that they contain.
MAX_TERM = 60
# Ends every scope.
SEPARATOR = "\n。\n"


class MentionText(NamedTuple):
    """A text and its mentions, as offsets of characters.

    original (str): The text, in which a line may begin with a capital.
    text (str): The text, from `normalize`.
    starts (ndarray): First character of each mention. Shape: (mentions,)
    ends (ndarray): Character after the last of each mention. Shape: (mentions,)
    labels (ndarray): Hash of the entity type of each mention, uint64; 0 if it is not known. Shape:
        (mentions,)
    in_term (ndarray): Whether a character is part of a mention of usual length that has no other
        mention in it, bool. Shape: (characters,)
    sections (List[Tuple[str, int, int]]): Id, start and end of each section, in the order of the
        text.
    """

    original: str
    text: str
    starts: np.ndarray
    ends: np.ndarray
    labels: np.ndarray
    in_term: np.ndarray
    sections: List[Tuple[str, int, int]]


def mention_text(doc: Doc, mentions: Mentions) -> MentionText:
    """Return the text of a document and the characters of its mentions.

    doc (Doc): The document.
    mentions (Mentions): The mentions, which have tokens.
    RETURNS (MentionText): The text and the mentions.
    """
    original = doc.text
    text = normalize(original)
    offsets = doc.to_array(["IDX", "LENGTH"]).astype("int64").reshape(-1, 2)
    bounds = np.append(offsets, [[len(text), 0]], axis=0)
    first = bounds[np.asarray(mentions.starts, dtype="int64"), 0]
    last = np.maximum(bounds[np.asarray(mentions.ends, dtype="int64") - 1].sum(axis=1), first)
    is_term = (last - first <= MAX_TERM) & ~_contain_others(first, last)
    in_term = covered_chars(first[is_term], last[is_term], len(text)) > 0
    sections = [(section.label, section.start, section.end) for section in get_sections(doc)]
    return MentionText(original, text, first, last, mentions.labels, in_term, sections)


def join_texts(texts: Sequence[MentionText]) -> MentionText:
    """Concatenate texts, separated so that no cue reaches from one into another. One analysis of
    many short texts is faster than an analysis of each.

    texts (Sequence[MentionText]): At least one text.
    RETURNS (MentionText): The texts as one.
    """
    if len(texts) == 1:
        return texts[0]
    sizes = np.asarray([len(part.text) + len(SEPARATOR) for part in texts])
    offsets = (np.cumsum(sizes) - sizes).tolist()
    gap = np.zeros(len(SEPARATOR), dtype=bool)
    return MentionText(
        "".join(part.original + SEPARATOR for part in texts),
        "".join(part.text + SEPARATOR for part in texts),
        np.concatenate([part.starts + offset for part, offset in zip(texts, offsets)]),
        np.concatenate([part.ends + offset for part, offset in zip(texts, offsets)]),
        np.concatenate([part.labels for part in texts]),
        np.concatenate([values for part in texts for values in (part.in_term, gap)]),
        [
            (label, start + offset, end + offset)
            for part, offset in zip(texts, offsets)
            for label, start, end in part.sections
        ],
    )


def _contain_others(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return which spans contain a shorter one.

    starts (ndarray): The starts. Shape: (spans,)
    ends (ndarray): The ends. Shape: (spans,)
    RETURNS (ndarray): bool. Shape: (spans,)
    """
    # In this order, the spans within a span follow it.
    rows, index = np.unique(np.stack([starts, -ends], axis=1), axis=0, return_inverse=True)
    last = np.iinfo("int64").max
    first_end = np.minimum.accumulate(np.append(-rows[:, 1], last)[::-1])[::-1]
    return (first_end[1:] <= -rows[:, 1])[index.reshape(-1)]
