"""Mentions of a document as arrays."""

from typing import List

import numpy as np
from spacy.tokens import Doc, Span

from ..types import Mentions
from .group import FROM_ENTS, GROUP, group_mentions, span_key

SOURCES = ("auto", "ents", "group")


def all_mentions(doc: Doc) -> List[Span]:
    """Return all mentions of a document, from `doc.ents` and the span group, without duplicates.

    doc (Doc): The document.
    RETURNS (List[Span]): Ordered by start, end and label.
    """
    spans = {span_key(span): span for span in (*doc.ents, *group_mentions(doc))}
    return [spans[key] for key in sorted(spans)]


def read_mentions(doc: Doc, source: str = "auto") -> Mentions:
    """Return the mentions that take part in candidate pairs.

    doc (Doc): The document.
    source (str): "ents" for `doc.ents`; "group" for `doc.spans["clinrel"]`; "auto" for both sources
        if the group has gold or nested mentions, else for `doc.ents`.
    RETURNS (Mentions): The mentions, without duplicates.
    """
    rows = sorted({span_key(span) for span in _source_spans(doc, source)})
    starts, ends, labels = zip(*rows) if rows else ((), (), ())
    return Mentions(
        np.asarray(starts, dtype="int64"),
        np.asarray(ends, dtype="int64"),
        np.asarray(labels, dtype="uint64"),
    )


def mention_spans(doc: Doc, source: str = "auto") -> List[Span]:
    """Return the mentions of `read_mentions` as Spans.

    doc (Doc): The document.
    source (str): See `read_mentions`.
    RETURNS (List[Span]): Ordered by start, end and label, without duplicates.
    """
    spans = {span_key(span): span for span in _source_spans(doc, source)}
    return [spans[key] for key in sorted(spans)]


def _source_spans(doc: Doc, source: str) -> List[Span]:
    spans: List[Span] = []
    if source != "group":
        spans.extend(doc.ents)
    if source == "group" or (source == "auto" and has_own_mentions(doc)):
        spans.extend(group_mentions(doc))
    return spans


def has_own_mentions(doc: Doc) -> bool:
    """Return whether the span group has mentions that are not copies of predicted entities.

    doc (Doc): The document.
    RETURNS (bool): True for gold and nested mentions.
    """
    if GROUP not in doc.spans:
        return False
    group = doc.spans[GROUP]
    return len(group) > 0 and not group.attrs.get(FROM_ENTS, False)
