"""Mentions of a document as arrays."""

from typing import Iterable, List, Tuple

import numpy as np
from spacy.tokens import Doc, Span

from ..types import Mentions
from .relation import FROM_ENTS, GROUP, span_key

SOURCES = ("auto", "ents", "group")


def all_mentions(doc: Doc) -> List[Span]:
    """Every annotated mention of a Doc, flat entities and the store's own, each once.

    doc (Doc): The document.
    RETURNS (List[Span]): Ordered by start, end and label.
    """
    group = doc.spans[GROUP] if GROUP in doc.spans else []
    spans = {span_key(span): span for span in (*doc.ents, *group)}
    return [spans[key] for key in sorted(spans)]


def read_mentions(doc: Doc, source: str = "auto") -> Mentions:
    """The mentions that take part in candidate pairs.

    doc (Doc): The document.
    source (str): "ents" takes `doc.ents`, "group" takes `doc.spans["clinrel"]`, "auto" takes
        both where the group has mentions of its own (gold mentions, nested corpora) and
        `doc.ents` where it has none or holds copies of entities from an earlier prediction.
    RETURNS (Mentions): Arrays, each mention once.
    """
    spans: List[Span] = []
    if source != "group":
        spans.extend(doc.ents)
    if GROUP in doc.spans and (source == "group" or (source == "auto" and has_own_mentions(doc))):
        spans.extend(doc.spans[GROUP])
    return _arrays(span_key(span) for span in spans)


def has_own_mentions(doc: Doc) -> bool:
    """Whether the store's mentions are more than copies of entities from an earlier prediction.

    doc (Doc): The document.
    RETURNS (bool): True for gold and nested mentions.
    """
    if GROUP not in doc.spans:
        return False
    group = doc.spans[GROUP]
    return len(group) > 0 and not group.attrs.get(FROM_ENTS, False)


def _arrays(keys: Iterable[Tuple[int, int, int]]) -> Mentions:
    rows = sorted(set(keys))
    starts, ends, labels = zip(*rows) if rows else ((), (), ())
    return Mentions(
        np.asarray(starts, dtype="int64"),
        np.asarray(ends, dtype="int64"),
        np.asarray(labels, dtype="uint64"),
    )
