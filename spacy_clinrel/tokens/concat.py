"""Concatenation of documents with their relations and attributes."""

from typing import Dict, List, Sequence

from spacy.tokens import Doc, Span

from ..errors import Errors
from .assertion import has_assertion
from .group import (
    ASSERTION,
    FROM_ENTS,
    GROUP,
    MENTION_ROWS,
    SILVER,
    VALUES,
    group_mentions,
    mention_rows,
)
from .measurements import MEASUREMENTS, get_measurements
from .relation import Edge, relation_edges, store_relations
from .sections import HEADINGS, SECTIONS, get_sections
from .silver import SilverPair, silver_pairs


def concat_docs(docs: Sequence[Doc], *, ensure_whitespace: bool = False) -> Doc:
    """Concatenate documents and keep their relations, attributes, values and so on, which
    `Doc.from_docs` drops.

    The result is a silver document if any of the documents is: only the pairs of its silver
    documents then count as annotated.

    docs (Sequence[Doc]): The documents, at least one, all with the same vocab.
    ensure_whitespace (bool): Put a space between documents. Off by default, since Chinese text
        needs none.
    RETURNS (Doc): The concatenated document.
    RAISES (ValueError): If there are no documents.
    """
    if not docs:
        raise ValueError(Errors.R004)
    mentions = [group_mentions(doc) for doc in docs]
    joined = Doc.from_docs(list(docs), ensure_whitespace=ensure_whitespace)
    spans: List[Span] = []
    edges: List[Edge] = []
    rows: Dict[str, List[List]] = {key: [] for key in MENTION_ROWS}
    silver: List[SilverPair] = []
    offset = 0
    groups = [doc.spans[GROUP] for doc in docs if GROUP in doc.spans]
    for doc, doc_mentions in zip(docs, mentions):
        first = len(spans)
        for span in doc_mentions:
            start, end = offset + span.start, offset + span.end
            spans.append(
                Span(joined, start, end, label=span.label, kb_id=span.kb_id, span_id=span.id)
            )
        edges.extend((first + h, first + t, label, s) for h, t, label, s in relation_edges(doc))
        for key in MENTION_ROWS:
            rows[key].extend([first + i, *row] for i, *row in mention_rows(doc, key))
        silver.extend(
            pair._replace(head=first + pair.head, tail=first + pair.tail)
            for pair in silver_pairs(doc) or ()
        )
        offset += len(doc)
    if groups:
        from_ents = all(group.attrs.get(FROM_ENTS, False) for group in groups)
        store_relations(joined, spans, edges, from_ents=from_ents)
        for key in MENTION_ROWS:
            if any(key in group.attrs for group in groups):
                joined.spans[GROUP].attrs[key] = rows[key]
        if any(map(has_assertion, docs)):
            joined.spans[GROUP].attrs[ASSERTION] = all(map(has_assertion, docs))
        if any(SILVER in group.attrs for group in groups):
            joined.spans[GROUP].attrs[SILVER] = [list(pair) for pair in silver]
    if MEASUREMENTS in joined.spans:
        measurements = [values for doc in docs for _, values in get_measurements(doc)]
        joined.spans[MEASUREMENTS].attrs[VALUES] = measurements
    if SECTIONS in joined.spans:
        sections = [section for doc in docs for section in get_sections(doc)]
        headings = [section.content_start - section.start for section in sections]
        joined.spans[SECTIONS].attrs[HEADINGS] = headings
    return joined
