"""Conversion of a document to the nested columns `mentions`, `relations` and `sections`."""

import math
from typing import Any, Dict, Sequence

from spacy.tokens import Doc, Span

from ..exporters.columns import mention_columns
from ..tokens import get_relations, get_sections, has_sections
from ..tokens.details import relation_flags
from ..tokens.group import span_key

Row = Dict[str, Any]


def annotation_row(doc: Doc, spans: Sequence[Span]) -> Row:
    """Return the mentions and relations of a document as plain values.

    doc (Doc): The document.
    spans (Sequence[Span]): Its mentions, from `all_mentions`.
    RETURNS (Row): The values of the columns `mentions`, `relations` and `sections` of
        `output_schema`.
    RAISES (ValueError): If the store refers to a mention that does not exist.
    """
    mentions: Sequence[Row] = [
        {
            "start_char": span.start_char,
            "end_char": span.end_char,
            "text": span.text,
            "type": span.label_,
            **details,
        }
        for span, details in zip(spans, mention_columns(doc, spans))
    ]
    indices = {span_key(span): i for i, span in enumerate(spans)}
    relations = []
    for head, tail, label, score in get_relations(doc):
        ends = indices[span_key(head)], indices[span_key(tail)]
        relation = {
            "head": ends[0],
            "tail": ends[1],
            "label": label,
            "score": score if math.isfinite(score) else None,
            **relation_flags(*(mentions[i] for i in ends)),
        }
        relations.append(relation)
    sections = [
        {
            "label": section.label,
            "start_char": section.start,
            "content_start": section.content_start,
            "end_char": section.end,
        }
        for section in get_sections(doc)
    ]
    return {
        "mentions": mentions,
        "relations": relations,
        "sections": sections if has_sections(doc) else None,
    }
