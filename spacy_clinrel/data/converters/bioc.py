"""BioC JSON: collections of documents with passages, annotations and relations.

A collection is `{"documents": [{"id": "227508", "passages": [{"offset": 0, "text": "…",
"annotations": [{"id": "1", "infons": {"type": "Chemical"}, "text": "Naloxone", "locations":
[{"offset": 0, "length": 8}]}], "relations": []}], "relations": [{"id": "R1", "infons": {"type":
"CID"}, "nodes": [{"refid": "1", "role": "Chemical"}, {"refid": "2", "role": "Disease"}]}]}]}`
(Comeau et al. 2013, doi:10.1093/database/bat064). Documents without a collection and collections of
PubTator (`{"PubTator3": […]}`) are read too.

Reading: the text consists of the texts of the passages, or of their sentences, at their offsets.
Line breaks and spaces fill the rest; after a larger gap, the text continues on the next line.
Offsets count from the start of the document. An annotation belongs to the last passage that starts
before it. The type of an annotation and the label of a relation are `infons["type"]`. The first
node of a relation is the head, the second is the tail. Relations between concepts or with another
number of nodes and all other `infons` are dropped and counted.
"""

from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from . import (
    Converter,
    Link,
    Mention,
    Record,
    Report,
    first_id,
    from_utf16,
    get_field,
    read_json,
)

COLLECTIONS = ("documents", "PubTator3")
TYPE = "type"
MAX_GAP = 100


class Part(NamedTuple):
    """A passage or a sentence.

    offset (int): The offset that the file gives.
    start (int): The offset in the text of the record.
    text (str): The text.
    """

    offset: int
    start: int
    text: str


def _documents(value: Any) -> List[Any]:
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object, got {type(value).__name__}")
    name = next((name for name in COLLECTIONS if name in value), None)
    return [value] if name is None else get_field(value, name, list)


def _parse(document: Dict[str, Any], record: Record, path: Path, report: Report) -> None:
    record.doc_id = first_id(document.get("id"))
    passages = get_field(document, "passages", list)
    sentences = [item for passage in passages for item in get_field(passage, "sentences", list, [])]
    parts = _join_parts([*passages, *sentences], record)
    if not record.text.strip():
        raise ValueError("has no text")
    holders = [document, *passages, *sentences]
    for holder in holders:
        for annotation in get_field(holder, "annotations", list, []):
            with report.guard(path, record.line):
                record.mentions.append(_mention(annotation, parts, record.line, report))
        for relation in get_field(holder, "relations", list, []):
            with report.guard(path, record.line):
                record.relations += _links(relation, record.line, report)


def _join_parts(holders: List[Dict[str, Any]], record: Record) -> List[Part]:
    """Set the text of a record. Return the passages or sentences that it consists of, in order."""
    found: List[Tuple[int, str]] = []
    for holder in holders:
        text = get_field(holder, "text", str, "")
        if text:
            found.append((get_field(holder, "offset", int), text))
    parts: List[Part] = []
    for offset, text in sorted(found, key=lambda item: item[0]):
        gap = offset - len(record.text)
        if parts and not 0 <= gap <= MAX_GAP:
            gap = 1  # offsets of a part of an article, or counted in bytes
        record.text += "\n" + " " * (gap - 1) if gap and parts else ""
        parts.append(Part(offset, len(record.text), text))
        record.text += text
    return parts


def _mention(
    annotation: Dict[str, Any], parts: List[Part], line: Optional[int], report: Report
) -> Mention:
    infons = get_field(annotation, "infons", dict)
    locations = [
        (get_field(place, "offset", int), get_field(place, "length", int))
        for place in get_field(annotation, "locations", list)
    ]
    if not locations:
        raise ValueError("annotation has no location")
    recorded = annotation.get("text")
    part = max((part for part in parts if part.offset <= min(locations)[0]), default=parts[0])
    fragments = sorted(
        (start - part.offset, start - part.offset + length) for start, length in locations
    )
    bounds = _fit(part.text, fragments, recorded)
    gaps = tuple((part.start + a[1], part.start + b[0]) for a, b in pairwise(bounds))
    report.lose("infon of an annotation not kept", count=len(infons.keys() - {TYPE}))
    return Mention(
        first_id(annotation.get("id")),
        part.start + bounds[0][0],
        part.start + bounds[-1][1],
        get_field(infons, TYPE, str),
        recorded if isinstance(recorded, str) else None,
        gaps,
        line,
    )


def _fit(text: str, fragments: List[Tuple[int, int]], recorded: Any) -> List[Tuple[int, int]]:
    """Return offsets in characters. The recorded text decides whether the file counts characters,
    UTF-16 code units or bytes in UTF-8."""
    if text.isascii() or not isinstance(recorded, str):
        return fragments
    byte_positions = [i for i, char in enumerate(text) for _ in char.encode("utf-8", "replace")]
    for positions in (range(len(text) + 1), from_utf16(text), [*byte_positions, len(text)]):
        if all(0 <= start <= end < len(positions) for start, end in fragments):
            bounds = [(positions[start], positions[end]) for start, end in fragments]
            found = "".join(text[start:end] for start, end in bounds)
            if found.split() == recorded.split():
                return bounds
    return fragments


def _links(relation: Dict[str, Any], line: Optional[int], report: Report) -> Iterator[Link]:
    infons = get_field(relation, "infons", dict)
    nodes = [str(node.get("refid")) for node in get_field(relation, "nodes", list, [])]
    if len(nodes) != 2:
        report.lose("relation that does not connect two mentions not kept")
        return
    report.lose("infon of a relation not kept", count=len(infons.keys() - {TYPE}))
    yield Link(nodes[0], nodes[1], get_field(infons, TYPE, str), line)


BIOC = Converter(
    description="BioC: JSON of passages, annotations and relations",
    patterns=("*.json", "*.jsonl"),
    read=partial(read_json, parse=_parse, unwrap=_documents),
    offsets=None,
)
