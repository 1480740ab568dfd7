"""Prodigy's JSONL for relations: input of the recipe `rel.manual`, output of `db-out`.

A line is `{"text": "…", "tokens": [{"text": "Aspirin", "start": 0, "end": 7, "id": 0, "ws": true},
…], "spans": [{"start": 0, "end": 7, "token_start": 0, "token_end": 0, "label": "Drug"}, …],
"relations": [{"head": 0, "child": 2, "label": "TrAP", "head_span": {…}, "child_span": {…}}],
"answer": "accept"}` (https://prodi.gy/docs/api-interfaces#relations). Offsets count characters;
`token_end` is inclusive. `head` and `child` are the last tokens of the head and the tail of a
relation. `head_span` and `child_span`, if present and labelled, identify the spans.

Reading: lines with the answer "reject" or "ignore" are left out and counted. Lines without an
answer are kept. A relation with a token outside all spans is dropped, with a message. The tokens of
a span show how its offsets were counted. A text that was annotated in several sessions becomes
several documents, which are reported if they differ; `--copies` chooses one. The document id is
`meta.doc_id`; other metadata is dropped and counted.

Attributes of mentions are a list of names in the span: `"attributes": ["Negated"]`. Prodigy does
not show this field; a span that is drawn again does not have it. `meta.has_assertion` is true if
the document is annotated with assertion attributes.

Writing: the text is split into tokens at white space, around each Chinese or Japanese character and
at the boundaries of mentions. White space other than a single space after a token becomes a
disabled token. Nested and overlapping spans, which Prodigy's relations interface does not show, are
written and counted.
"""

from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from ...files import json_text
from ...types import ASSERTIONS
from . import (
    METADATA,
    Converter,
    Link,
    Mention,
    Record,
    Report,
    check_fields,
    first_id,
    get_field,
    get_label,
    join_lines,
    read_json,
)
from .fields import get_names, whole_number
from .report import show_value
from .tokenizer import token_spans

FIELDS = (
    "text",
    "tokens",
    "spans",
    "relations",
    "meta",
    "answer",
    "options",
    "html",
    "config",
    "path",
)
ANSWERS = ("accept", "reject", "ignore")
ATTRIBUTES, HAS_ASSERTION = "attributes", "has_assertion"
OVERLAP = "span inside or across another, which Prodigy's view of relations does not show"
# Keys of the token and the span of a head, and of a tail.
ENDS = (("head", "head_span"), ("child", "child_span"))

Key = Tuple[int, int, str]


def write(record: Record, report: Report) -> Dict[str, str]:
    """Convert a record to a line.

    record (Record): The record.
    report (Report): Counts spans that Prodigy does not show, as repairs.
    RETURNS (Dict[str, str]): The line, as JSON.
    """
    tokens = _tokens(record)
    first = {token["start"]: token["id"] for token in tokens}
    last = {token["end"]: token["id"] for token in tokens}
    spans: Dict[str, Dict[str, Any]] = {}
    reach = 0
    for mention in sorted(record.mentions, key=lambda m: (m.start, m.end)):
        tokens_of = {"token_start": first[mention.start], "token_end": last[mention.end]}
        place = {"start": mention.start, "end": mention.end}
        spans[mention.id] = {**place, **tokens_of, "label": mention.type}
        if mention.attributes:
            spans[mention.id][ATTRIBUTES] = list(mention.attributes)
        if mention.start < reach:
            report.repair(OVERLAP)
        reach = max(reach, mention.end)
    relations = [
        {
            "head": spans[link.head]["token_end"],
            "child": spans[link.tail]["token_end"],
            "label": link.label,
            "head_span": spans[link.head],
            "child_span": spans[link.tail],
        }
        for link in record.relations
    ]
    meta: Dict[str, Any] = {"doc_id": record.doc_id}
    if record.assertions:
        meta[HAS_ASSERTION] = True
    entry = {
        "text": record.text,
        "tokens": tokens,
        "spans": list(spans.values()),
        "relations": relations,
        "meta": meta,
        "answer": ANSWERS[0],
    }
    return {".jsonl": json_text(entry)}


def _tokens(record: Record) -> List[Dict[str, Any]]:
    """Return the tokens of a record. Tokens and the spaces after them cover the whole text."""
    text = record.text
    starts = {mention.start for mention in record.mentions}
    ends = {mention.end for mention in record.mentions}
    words = {bound for span in token_spans(record) for bound in span}
    tokens: List[Dict[str, Any]] = []
    for start, end in pairwise(sorted({0, len(text), *words, *starts, *ends})):
        piece = text[start:end]
        if piece == " " and tokens and start not in starts and end not in ends:
            tokens[-1]["ws"] = True
            continue
        token = {"text": piece, "start": start, "end": end, "id": len(tokens), "ws": False}
        tokens.append(token if piece.strip() else {**token, "disabled": True})
    return tokens


def _parse(entry: Dict[str, Any], record: Record, path: Path, report: Report) -> bool:
    record.text = get_field(entry, "text", str)
    answer = get_field(entry, "answer", str, ANSWERS[0])
    if answer not in ANSWERS:
        raise ValueError(f"'answer' must be one of {', '.join(ANSWERS)}, got {show_value(answer)}")
    if answer != ANSWERS[0]:
        report.left_out[f"documents with the answer {show_value(answer)}"] += 1
        return False
    meta = get_field(entry, "meta", dict, {})
    record.doc_id = first_id(meta.get("doc_id"))
    # Prodigy's own fields begin with an underscore.
    known = {*FIELDS, *(name for name in entry if name.startswith("_"))}
    check_fields(entry, known, ("spans", "relations"), report, path, record.line)
    report.lose(METADATA, count=len(meta.keys() - {"doc_id", HAS_ASSERTION}))
    if meta.get(HAS_ASSERTION) is True:
        record.assertions = ASSERTIONS
    ids: Dict[Key, str] = {}
    for number, span in enumerate(get_field(entry, "spans", list, [])):
        with report.guard(path, record.line):
            start, end, label = key = _key(span)
            ids.setdefault(key, str(number))
            recorded = span.get("text")
            if recorded is None:
                recorded = _token_text(span, entry)
            mention = Mention(str(number), start, end, label, recorded, line=record.line)
            record.mentions.append(mention._replace(attributes=get_names(span, ATTRIBUTES)))
    for relation in get_field(entry, "relations", list, []):
        with report.guard(path, record.line):
            head, tail = (_mention_id(relation, *names, ids, entry) for names in ENDS)
            record.relations.append(Link(head, tail, get_label(relation, "label"), record.line))
    return True


def _token_text(span: Dict[str, Any], entry: Dict[str, Any]) -> Optional[str]:
    """Return the text of a span by its tokens. None if it has no tokens, or if their offsets
    differ from those of the span."""
    tokens = entry.get("tokens")
    first, last = (whole_number(span.get(name)) for name in ("token_start", "token_end"))
    if not isinstance(tokens, list) or first is None or last is None:
        return None
    if not 0 <= first <= last < len(tokens):
        return None
    found = [token if isinstance(token, dict) else {} for token in tokens[first : last + 1]]
    if (found[0].get("start"), found[-1].get("end")) != (span.get("start"), span.get("end")):
        return None
    return "".join(str(token.get("text", "")) for token in found)


def _key(span: Dict[str, Any]) -> Key:
    return get_field(span, "start", int), get_field(span, "end", int), get_field(span, "label", str)


def _mention_id(
    relation: Dict[str, Any],
    token_name: str,
    span_name: str,
    ids: Dict[Key, str],
    entry: Dict[str, Any],
) -> str:
    """Return the mention id of a head or tail, or a description of an unknown one for messages."""
    span = get_field(relation, span_name, dict, {})
    if span.get("label"):
        key = _key(span)
        return ids.get(key, f"the span {key}, which is not in 'spans'")
    number = get_field(relation, token_name, int)
    found = _at_token(entry, number, ids)
    return f"token {number}, which is in no span" if found is None else ids[found]


def _at_token(entry: Dict[str, Any], number: int, ids: Dict[Key, str]) -> Optional[Key]:
    """Return the span that contains a token: the span that ends with the token, else the
    shortest."""
    tokens = get_field(entry, "tokens", list)
    if not 0 <= number < len(tokens):
        raise ValueError(f"token {number} is outside the text")
    start, end = (get_field(tokens[number], name, int) for name in ("start", "end"))
    around = [key for key in ids if key[0] <= start and end <= key[1]]
    return min(around, key=lambda key: (key[1] != end, key[1] - key[0]), default=None)


PRODIGY = Converter(
    description="Prodigy: JSONL of the relations interface",
    patterns=("*.jsonl",),
    read=partial(read_json, parse=_parse),
    write=write,
    join=join_lines,
    keeps_attributes=True,
)
