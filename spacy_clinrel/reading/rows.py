"""Conversion of a row of the output of `apply` to a Doc: the inverse of `annotation_row`."""

import json
import math
from itertools import pairwise
from typing import Any, Collection, Dict, List, Mapping, Sequence, Tuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans
from spacy.vocab import Vocab

from ..errors import Errors
from ..tokens import set_doc_id, set_sections, store_relations
from ..tokens.group import ASSERTION, ATTRIBUTES, CANDIDATES, DOSAGES, GROUP, VALUES, span_key
from .annotated import MENTIONS, RELATIONS, SECTIONS

Row = Mapping[str, Any]
# Types of exceptions that values of unexpected types raise.
DAMAGE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def row_to_doc(row: Row, text: str, nlp: Language, vocab: Vocab, doc_id: str = "") -> Doc:
    """Create the Doc of an annotated document, with entities, mentions, relations, assertion
    attributes, values, dosages, codes and sections.

    Of overlapping mentions, only the longest becomes an entity (`doc.ents`). A token is split where
    a mention begins or ends within it. Attributes other than the assertion attributes get the score
    1.0, because the output does not contain their scores.

    row (Row): The columns `mentions` and `relations` of the output of `apply` and, if they are
        there, `sections`.
    text (str): The text of the document.
    nlp (Language): Pipeline whose tokenizer is used.
    vocab (Vocab): The vocabulary of the document.
    doc_id (str): The document id; empty for none.
    RETURNS (Doc): The document.
    RAISES (ValueError): If the row does not have the structure of the output of `apply`, or does
        not fit the text.
    """
    try:
        doc = _build(row, text, nlp, vocab)
    except DAMAGE as error:
        is_known = isinstance(error, ValueError) and str(error).startswith("[")
        # Other messages may quote the text.
        detail = str(error) if is_known else Errors.F192.format(error=type(error).__name__)
        raise ValueError(detail) from error
    if doc_id:
        set_doc_id(doc, doc_id)
    return doc


def _build(row: Row, text: str, nlp: Language, vocab: Vocab) -> Doc:
    mentions: Sequence[Row] = row[MENTIONS]
    for number, mention in enumerate(mentions):
        start, end = mention["start_char"], mention["end_char"]
        if not 0 <= start < end <= len(text) or text[start:end] != mention.get("text"):
            raise ValueError(Errors.F193.format(number=number, start=start, end=end))
    bounds = {mention[key] for mention in mentions for key in ("start_char", "end_char")}
    doc = tokenize(text, nlp, vocab, bounds)
    spans = [_mention_span(doc, mention, number) for number, mention in enumerate(mentions)]
    unique = {span_key(span): span for span in spans}
    ents = filter_spans(unique.values())
    doc.set_ents(ents, default="outside")
    index = {key: i for i, key in enumerate(unique)}
    places = [index[span_key(span)] for span in spans]
    store_relations(
        doc, list(unique.values()), _edges(row, places), from_ents=len(ents) == len(unique)
    )
    doc.spans[GROUP].attrs.update(_mention_rows(mentions, places))
    if any(mention.get("is_negated") is not None for mention in mentions):
        doc.spans[GROUP].attrs[ASSERTION] = True
    _set_custom_attributes(doc, mentions, spans)
    if row.get(SECTIONS) is not None:
        names = ("label", "start_char", "content_start", "end_char")
        set_sections(doc, [tuple(section[name] for name in names) for section in row[SECTIONS]])
    return doc


def _mention_span(doc: Doc, mention: Row, number: int) -> Span:
    start, end = mention["start_char"], mention["end_char"]
    span = doc.char_span(start, end, label=mention["type"], kb_id=mention.get("kb_id") or "")
    if span is None:  # it begins or ends with white space
        raise ValueError(Errors.F193.format(number=number, start=start, end=end))
    return span


def tokenize(text: str, nlp: Language, vocab: Vocab, bounds: Collection[int] = ()) -> Doc:
    """Create a Doc without annotation.

    text (str): The text.
    nlp (Language): Pipeline whose tokenizer is used.
    vocab (Vocab): The vocabulary of the document.
    bounds (Collection[int]): Characters at which a token must begin or end. Other tokens are split
        there.
    RETURNS (Doc): The document.
    """
    doc = nlp.make_doc(text)
    starts = np.asarray([token.idx for token in doc], dtype="int64")
    ends = starts + np.asarray([len(token) for token in doc], dtype="int64")
    inside: Dict[int, List[int]] = {}
    for bound in sorted(bounds):
        number = int(np.searchsorted(starts, bound, side="left")) - 1
        if number >= 0 and bound < ends[number]:
            inside.setdefault(number, []).append(bound - int(starts[number]))
    if not inside and doc.vocab is vocab:
        return doc
    words, spaces = [], []
    for token in doc:
        cuts = [0, *inside.get(token.i, ()), len(token)]
        parts = [token.text[start:end] for start, end in pairwise(cuts)]
        words += parts
        spaces += [False] * (len(parts) - 1) + [bool(token.whitespace_)]
    return Doc(vocab, words=words, spaces=spaces)


def _edges(row: Row, places: Sequence[int]) -> List[Tuple[int, int, str, float]]:
    edges = []
    for number, relation in enumerate(row.get(RELATIONS) or ()):
        head, tail, label = relation["head"], relation["tail"], relation["label"]
        if not (0 <= head < len(places) and 0 <= tail < len(places)) or not label:
            raise ValueError(Errors.F194.format(number=number, mentions=len(places)))
        score = relation.get("score")
        edges.append((places[head], places[tail], label, math.nan if score is None else score))
    return edges


def _mention_rows(mentions: Sequence[Row], places: Sequence[int]) -> Dict[str, List[List]]:
    """Return the rows of plain values that the store keeps of mentions."""
    rows: Dict[str, List[List]] = {key: [] for key in (ATTRIBUTES, VALUES, DOSAGES, CANDIDATES)}
    for i, mention in zip(places, mentions):
        for name, score in (mention.get("assertion") or {}).items():
            if score is not None:
                rows[ATTRIBUTES].append([i, name, float(score)])
        rows[ATTRIBUTES] += [[i, name, 1.0] for name in mention.get("other_attributes") or ()]
        for key, column in ((VALUES, "value"), (DOSAGES, "dosage")):
            if mention.get(column) is not None:
                rows[key].append([i, json.loads(mention[column])])
        rows[CANDIDATES] += [
            [i, candidate["kb_id"], candidate["name"], _number(candidate["score"])]
            for candidate in mention.get("candidates") or ()
        ]
    return {key: found for key, found in rows.items() if found}


def _number(score: Any) -> float:
    return math.nan if score is None else float(score)


def _set_custom_attributes(doc: Doc, mentions: Sequence[Row], spans: Sequence[Span]) -> None:
    """Set the values of the attributes of `apply --attr`, which `span._` shows where an extension
    of that name is registered."""
    user_data: Dict[Any, Any] = doc.user_data
    for mention, span in zip(mentions, spans):
        for name, value in (mention.get(ATTRIBUTES) or {}).items():
            user_data["._.", name, span.start_char, span.end_char] = value
