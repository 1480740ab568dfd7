"""What the store keeps of mentions besides boundaries and type, as rows for tables and files."""

import json
import math
from typing import Any, Dict, List, Optional, Sequence, Tuple

from spacy.tokens import Doc, Span

from ..types import ASSERTIONS
from .assertion import FLAGS, has_assertion
from .group import (
    ATTRIBUTES,
    CANDIDATES,
    DOSAGES,
    VALUES,
    group_mentions,
    mention_rows,
    span_key,
)
from .sections import section_ids

Row = Dict[str, Any]
Key = Tuple[int, int, int]

# spaCy's `entity_linker` gives this id to entities without a concept.
NIL = "NIL"


def mention_details(doc: Doc, mentions: Sequence[Span]) -> List[Row]:
    """Return what is known of mentions, as plain values.

    is_negated, is_uncertain, is_hypothetical, is_historical, is_family: bool; None if the document
        is not annotated with attributes.
    assertion: the scores of the assertion attributes that hold, by name; None if the document is
        not annotated with attributes.
    other_attributes: names of other attributes, e.g. "Polarity=Negative".
    section: the label of the section in `doc.spans["sections"]` in which the mention begins; None
        if there is none.
    value, dosage: `span._.value` and `span._.dosage`; None if there is none.
    kb_id: the code of the concept; None if there is none.
    candidates: codes, names and scores of candidate concepts.

    doc (Doc): The document.
    mentions (Sequence[Span]): Its mentions, e.g. from `all_mentions`.
    RETURNS (List[Row]): A row per mention.
    RAISES (ValueError): If the store refers to a mention that the span group does not have.
    """
    keys = [span_key(span) for span in group_mentions(doc)]
    attributes, candidates, values, dosages = (
        _rows_by_key(doc, name, keys) for name in (ATTRIBUTES, CANDIDATES, VALUES, DOSAGES)
    )
    codes = _codes(doc)
    sections = section_ids(doc, [span.start for span in mentions]).tolist()
    is_annotated = has_assertion(doc)
    rows = []
    for span, section in zip(mentions, sections):
        key = span_key(span)
        scores = {name: _finite(score) for name, score in attributes.get(key, ())}
        held = {name: scores[name] for name in ASSERTIONS if name in scores}
        row: Row = {flag: name in held if is_annotated else None for name, flag in FLAGS.items()}
        row["assertion"] = held if is_annotated else None
        row["other_attributes"] = [name for name in scores if name not in ASSERTIONS]
        row["section"] = doc.vocab.strings[section] or None
        row["value"] = _first(values.get(key))
        row["dosage"] = _first(dosages.get(key))
        row["kb_id"] = codes.get(key)
        row["candidates"] = [
            {"kb_id": code, "name": name, "score": _finite(score)}
            for code, name, score in candidates.get(key, ())
        ]
        rows.append(row)
    return rows


def relation_flags(head: Row, tail: Row) -> Row:
    """Return the assertion attributes of a relation: those of its head or its tail.

    head (Row): The row of the head, from `mention_details`.
    tail (Row): The row of the tail.
    RETURNS (Row): `is_negated` and so on; None if the document is not annotated with attributes.
    """
    return {
        flag: None if head[flag] is None else head[flag] or tail[flag] for flag in FLAGS.values()
    }


def to_json(value: Any) -> Optional[str]:
    """Return a plain value as JSON text. NaN and infinity, which JSON does not have, become null.

    value (Any): The value.
    RETURNS (Optional[str]): The text; None for None.
    """
    if value is None:
        return None
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        plain = json.loads(json.dumps(value), parse_constant=lambda name: None)
        return json.dumps(plain, ensure_ascii=False)


def _rows_by_key(doc: Doc, name: str, keys: Sequence[Key]) -> Dict[Key, List[List]]:
    """Return the rows of the store by mention, without the mention's index."""
    found: Dict[Key, List[List]] = {}
    for index, *row in mention_rows(doc, name):
        found.setdefault(keys[index], []).append(row)
    return found


def _codes(doc: Doc) -> Dict[Key, str]:
    """Return the codes of linked mentions. A component may set them on entities only."""
    spans = (*doc.ents, *group_mentions(doc))
    return {span_key(span): span.kb_id_ for span in spans if span.kb_id_ not in ("", NIL)}


def _first(rows: Optional[List[List]]) -> Optional[Row]:
    """Return the plain values of a mention by field, those of the first of several rows."""
    return rows[0][0] if rows and rows[0] and isinstance(rows[0][0], dict) else None


def _finite(score: float) -> Optional[float]:
    return float(score) if math.isfinite(score) else None
