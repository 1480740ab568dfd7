"""Mentions and relations of a document as rows of the two tables."""

import math
from typing import Any, Dict, List

import numpy as np
from spacy.tokens import Doc, Span

from ..errors import Errors
from ..tokens import Relation, all_mentions, get_doc_id, get_relations, sentence_ids
from ..tokens.relation import span_key
from .norms import NormalForm
from .schema import Row, Rows


def doc_rows(doc: Doc, number: int, normal_form: NormalForm, prefix: str = "") -> Rows:
    """The rows of one document.

    doc (Doc): The document.
    number (int): Its number in the export, from 1, which tells documents apart that have no id or
        the same one.
    normal_form (NormalForm): Mention → normal form.
    prefix (str): Put before each id.
    RETURNS (Rows): Mentions in the order of the text, relations in that in which they are stored.
    RAISES (ValueError): If a relation refers to a mention that is not there, or has no label.
    """
    source = {"doc": number, "doc_id": get_doc_id(doc) or ""}
    mentions: List[Row] = []
    ids: Dict[Any, str] = {}
    for i, span in enumerate(all_mentions(doc), start=1):
        ids[span_key(span)] = f"{prefix}d{number}-m{i}"
        mentions.append(
            {
                "id": ids[span_key(span)],
                **source,
                "start_char": span.start_char,
                "end_char": span.end_char,
                "text": span.text,
                "type": span.label_,
                "norm": normal_form(span),
            }
        )
    related = get_relations(doc)
    if not all(relation.label for relation in related):
        raise ValueError(Errors.R003.format(label=""))
    sentences = sentence_ids(doc, use_sents=True) if related else np.zeros(0, dtype="int64")
    relations: List[Row] = [
        {
            "id": f"{prefix}d{number}-r{i}",
            "head": ids[span_key(relation.head)],
            "tail": ids[span_key(relation.tail)],
            "label": relation.label,
            # Neither JSON nor Cypher has a number for these.
            "score": relation.score if math.isfinite(relation.score) else None,
            **source,
            **_evidence(relation, sentences),
        }
        for i, relation in enumerate(related, start=1)
    ]
    return mentions, relations


def _evidence(relation: Relation, sentences: np.ndarray) -> Row:
    """The sentences from one mention to the other, without white space around them."""
    ends = [_sentence(sentences, span) for span in (relation.head, relation.tail)]
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


def _sentence(sentences: np.ndarray, span: Span) -> Any:
    """Of a span's first and last token."""
    return sentences[span.start], sentences[span.end - 1]
