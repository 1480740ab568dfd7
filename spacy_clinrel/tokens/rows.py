"""Rows of plain values by mention: values of tests, doses of treatments, codes of concepts.

A row is a list in the span group's `attrs`, e.g. in `attrs["values"]`: `[mention index, ...]`. The
views are `span._.value` and `span._.dosage`.
"""

from copy import deepcopy
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from spacy.tokens import Doc, Span

from ..errors import Errors
from ..types import DOSAGE_FIELDS, VALUE_FIELDS
from .group import (
    DOSAGES,
    GROUP,
    MENTION_ROWS,
    VALUES,
    MentionIndex,
    mention_rows,
    span_key,
    span_rows,
)
from .relation import relation_edges, store_relations


def write_mention_rows(
    doc: Doc, key: str, rows: Sequence[Tuple], *, keep_others: Sequence[Span] = ()
) -> None:
    """Replace the rows of plain values that the store keeps of mentions.

    Relations and the rows of other keys are kept. Mentions that have a row are added to
    `doc.spans["clinrel"]` if they are missing.

    doc (Doc): The document.
    key (str): Key of the rows in the group's `attrs`: "attributes", "candidates", "values" or
        "dosages".
    rows (Sequence[Tuple]): A mention and its plain values: strings, numbers, None, and lists and
        dictionaries of them. A mention can have several rows.
    keep_others (Sequence[Span]): If given, only the rows of these mentions are replaced.
    RAISES (ValueError): If the key is unknown, or a mention is not a Span of this Doc.
    """
    replace_rows(doc, {key: rows}, keep_others=keep_others)


def replace_rows(
    doc: Doc, rows: Mapping[str, Sequence[Tuple]], *, keep_others: Sequence[Span] = ()
) -> None:
    """Replace the rows of several keys, see `write_mention_rows`.

    doc (Doc): The document.
    rows (Mapping[str, Sequence[Tuple]]): The rows of each key.
    keep_others (Sequence[Span]): If given, only the rows of these mentions are replaced.
    RAISES (ValueError): If a key is unknown, or a mention is not a Span of this Doc.
    """
    for key in rows:
        if key not in MENTION_ROWS:
            raise ValueError(Errors.R023.format(key=key, known=", ".join(MENTION_ROWS)))
    if GROUP not in doc.spans:
        if not any(rows.values()):
            return
        store_relations(doc, [], [], from_ents=True)
    index = MentionIndex(doc)
    n_mentions = len(index.mentions)
    replaced = {span_key(span) for span in keep_others}
    keys = [span_key(span) for span in index.mentions] if replaced else []
    stored: Dict[str, List[List]] = {}
    for key, new in rows.items():
        others = mention_rows(doc, key) if replaced else []
        stored[key] = [[i, *row] for i, *row in others if keys[i] not in replaced]
        stored[key] += [[index.add(mention, "mention of a row"), *row] for mention, *row in new]
    if len(index.mentions) > n_mentions:
        store_relations(doc, index.mentions, relation_edges(doc), from_ents=index.from_ents)
    doc.spans[GROUP].attrs.update(stored)


def span_value(span: Span) -> Optional[Dict[str, Any]]:
    """Return the value of a test. This is the getter of `span._.value`.

    span (Span): The mention of the test: an entity, a mention of the span group, or any Span with
        the same boundaries and type.
    RETURNS (Optional[Dict[str, Any]]): Plain values by field, see
        `spacy_clinrel.measurements.Value`; a field that the text does not give is None. None if the
        mention has no value.
    """
    return _first_row(span, VALUES, VALUE_FIELDS)


def set_span_value(span: Span, value: Optional[Dict[str, Any]]) -> None:
    """Replace the value of a test. This is the setter of `span._.value`.

    span (Span): The mention.
    value (Optional[Dict[str, Any]]): Plain values by field. None removes the value.
    RAISES (ValueError): If `value` is not a dict.
    """
    _set_row(span, VALUES, value)


def span_dosage(span: Span) -> Optional[Dict[str, Any]]:
    """Return the dosage of a treatment. This is the getter of `span._.dosage`.

    span (Span): The mention of the treatment: an entity, a mention of the span group, or any Span
        with the same boundaries and type.
    RETURNS (Optional[Dict[str, Any]]): Plain values by field, see
        `spacy_clinrel.measurements.Dosage`; a field that the text does not give is None. Offsets of
        parts are relative to the first character of the mention. None if the mention has no dosage.
    """
    return _first_row(span, DOSAGES, DOSAGE_FIELDS)


def set_span_dosage(span: Span, dosage: Optional[Dict[str, Any]]) -> None:
    """Replace the dosage of a treatment. This is the setter of `span._.dosage`.

    span (Span): The mention.
    dosage (Optional[Dict[str, Any]]): Plain values by field. None removes the dosage.
    RAISES (ValueError): If `dosage` is not a dict.
    """
    _set_row(span, DOSAGES, dosage)


def _first_row(span: Span, key: str, fields: Sequence[str]) -> Optional[Dict[str, Any]]:
    rows = span_rows(span, key)
    return {**dict.fromkeys(fields), **deepcopy(rows[0][0])} if rows else None


def _set_row(span: Span, key: str, fields: Optional[Dict[str, Any]]) -> None:
    if not (fields is None or isinstance(fields, dict)):
        raise ValueError(Errors.R024.format(name=key[:-1], type=type(fields).__name__))
    rows = [(span, deepcopy(fields))] if fields is not None else []
    write_mention_rows(span.doc, key, rows, keep_others=[span])
