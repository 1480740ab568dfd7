"""Conversion of a document to rows of the tables of mentions and relations."""

import math
from typing import Any, Dict, List, Sequence

import numpy as np
from spacy.tokens import Doc, Span

from ..errors import Errors
from ..files import printable
from ..tokens import Relation, Sentences, all_mentions, get_doc_id, get_relations
from ..tokens.details import relation_flags, to_json
from ..tokens.group import span_key
from .columns import mention_columns
from .norms import NormalForm
from .schema import Row, Rows


def doc_rows(doc: Doc, number: int, normal_form: NormalForm, prefix: str = "") -> Rows:
    """Return the rows of a document.

    doc (Doc): The document.
    number (int): Number of the document in the export, from 1. It distinguishes documents with
        equal or missing ids.
    normal_form (NormalForm): Function that returns the normal form of a mention.
    prefix (str): Prefix of all ids.
    RETURNS (Rows): The mentions in text order, and the relations in the order of `doc._.relations`.
        Scores that are NaN or infinite are None. Lone surrogates in ids and labels are escaped.
    RAISES (ValueError): If a relation has no label or refers to a mention that does not exist.
    """
    source = {"doc": number, "doc_id": printable(get_doc_id(doc) or "")}
    rows: Dict[Any, Row] = {}
    spans = all_mentions(doc)
    for i, (span, details) in enumerate(zip(spans, _details(doc, spans)), start=1):
        rows[span_key(span)] = {
            "id": f"{prefix}d{number}-m{i}",
            **source,
            "start_char": span.start_char,
            "end_char": span.end_char,
            "text": span.text,
            "type": span.label_,
            "norm": normal_form(span),
            **details,
        }
    doc_relations = get_relations(doc)
    if not all(relation.label for relation in doc_relations):
        raise ValueError(Errors.R003.format(label=""))
    sentences = Sentences(use_sents=True).ids(doc) if doc_relations else np.zeros(0, dtype="int64")
    relations: List[Row] = [
        {
            "id": f"{prefix}d{number}-r{i}",
            "head": rows[span_key(relation.head)]["id"],
            "tail": rows[span_key(relation.tail)]["id"],
            "label": printable(relation.label),
            # JSON and Cypher cannot represent NaN and infinity.
            "score": relation.score if math.isfinite(relation.score) else None,
            **source,
            **_evidence(relation, sentences),
            **relation_flags(*(rows[span_key(span)] for span in relation[:2])),
        }
        for i, relation in enumerate(doc_relations, start=1)
    ]
    return list(rows.values()), relations


def _details(doc: Doc, spans: Sequence[Span]) -> List[Row]:
    """Return the columns of mentions from the store. All values fit into a property of a graph."""
    rows = mention_columns(doc, spans)
    for row in rows:
        del row["candidates"]
        row["assertion"] = to_json(row["assertion"] or None)
        names = [printable(name) for name in row["other_attributes"]]
        row["other_attributes"] = names or None
    return rows


def _evidence(relation: Relation, sentences: np.ndarray) -> Row:
    """Return the columns about the evidence: the sentences from the head to the tail or vice versa.

    relation (Relation): The relation.
    sentences (ndarray): Sentence number of each token. Shape: (tokens,)
    """
    ends = [_sentence_range(sentences, span) for span in (relation.head, relation.tail)]
    first, last = min(low for low, _ in ends), max(high for _, high in ends)
    start = int(np.searchsorted(sentences, first, side="left"))
    end = int(np.searchsorted(sentences, last, side="right"))
    span = relation.head.doc[start:end]
    text = span.text
    begin = span.start_char + len(text) - len(text.lstrip())
    return {
        "same_sentence": bool(first == last),
        "evidence_start": begin,
        "evidence_end": begin + len(text.strip()),
        "evidence": text.strip(),
    }


def _sentence_range(sentences: np.ndarray, span: Span) -> Any:
    """Return the sentence numbers of a span's first and last token."""
    return sentences[span.start], sentences[span.end - 1]
