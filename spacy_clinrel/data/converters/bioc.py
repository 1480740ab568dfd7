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
node of a relation is the head, the second is the tail. Infons that are assertion attributes, such
as `"negated": "true"`, become attributes. Relations between concepts or with another number of
nodes and all other `infons` are dropped and counted.
"""

from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

from . import (
    Converter,
    Link,
    Mention,
    ReadOptions,
    Record,
    Report,
    first_id,
    get_field,
    get_label,
    read_json,
)
from .attributes import assertion_feature
from .offset_units import Unit
from .offsets import fit_offsets

COLLECTIONS = ("documents", "PubTator3")
TYPE = "type"
MAX_GAP = 100


@dataclass
class Part:
    """A passage or a sentence.

    offset (int): The offset that the file gives.
    start (int): The offset in the text of the record.
    text (str): The text.
    mentions (List[Mention]): The mentions, with offsets in the part.
    """

    offset: int
    start: int
    text: str
    mentions: List[Mention] = field(default_factory=list)


def _documents(value: Any) -> List[Any]:
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object, got {type(value).__name__}")
    name = next((name for name in COLLECTIONS if name in value), None)
    return [value] if name is None else get_field(value, name, list)


def read(path: Path, report: Report, options: ReadOptions) -> Iterator[Record]:
    """Read the records of a file.

    path (Path): The file.
    report (Report): Receives errors and counts.
    options (ReadOptions): How the file is read.
    RETURNS (Iterator[Record]): One record per document.
    """
    parse = partial(_parse, options=options)
    return read_json(path, report, options, parse, unwrap=_documents)


def _parse(
    document: Dict[str, Any], record: Record, path: Path, report: Report, *, options: ReadOptions
) -> None:
    record.doc_id = first_id(document.get("id"))
    passages = get_field(document, "passages", list)
    sentences = [item for passage in passages for item in get_field(passage, "sentences", list, [])]
    parts = _join_parts([*passages, *sentences], record)
    if not record.text.strip():
        raise ValueError("has no text")
    holders = [document, *passages, *sentences]
    ids: List[Dict[str, str]] = []
    for holder in holders:
        ids.append({})
        for annotation in get_field(holder, "annotations", list, []):
            with report.guard(path, record.line):
                part, mention = _mention(annotation, parts, record.line, report, options)
                id = str(sum(len(other.mentions) for other in parts))
                ids[-1].setdefault(mention.id or f"annotation {id}", id)
                part.mentions.append(mention._replace(id=id))
    for holder, own in zip(holders, ids):
        # Some files number the annotations of each passage from 0.
        known = {name: id for names in (*reversed(ids), own) for name, id in names.items()}
        for relation in get_field(holder, "relations", list, []):
            with report.guard(path, record.line):
                record.relations += _links(relation, known, record.line, report)
    record.mentions = _fit(parts, record, path, report, options.offsets)
    record.has_final_offsets = True


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
    annotation: Dict[str, Any],
    parts: List[Part],
    line: Optional[int],
    report: Report,
    options: ReadOptions,
) -> Tuple[Part, Mention]:
    """Return a mention with the offsets of the file in its part, and the part."""
    infons = get_field(annotation, "infons", dict)
    locations = sorted(
        (get_field(place, "offset", int), get_field(place, "length", int))
        for place in get_field(annotation, "locations", list)
    )
    if not locations:
        raise ValueError("annotation has no location")
    found = [part for part in parts if part.offset <= locations[0][0]]
    part = found[-1] if found else parts[0]
    bounds = [(start - part.offset, start - part.offset + length) for start, length in locations]
    gaps = tuple((a[1], b[0]) for a, b in pairwise(bounds))
    label = get_field(infons, TYPE, str)
    recorded = annotation.get("text")
    recorded = recorded if isinstance(recorded, str) else None
    others = {name: value for name, value in infons.items() if name != TYPE}
    found_attributes = (assertion_feature(*item, options.attributes) for item in others.items())
    attributes = tuple(filter(None, found_attributes))
    report.lose("infon of an annotation not kept", count=len(others) - len(attributes))
    id = first_id(annotation.get("id"))
    return part, Mention(id, bounds[0][0], bounds[-1][1], label, recorded, gaps, line, attributes)


def _fit(
    parts: List[Part], record: Record, path: Path, report: Report, chosen: Optional[str]
) -> List[Mention]:
    """Return the mentions of all parts with offsets in the text of the record. The offsets of each
    part are counted on their own, because those of the parts are not always counted alike."""
    records = [Record(record.doc_id, part.text, part.mentions, line=record.line) for part in parts]
    mentions = []
    for part, fitted in zip(parts, fit_offsets(records, Unit(), report, path, chosen=chosen)):
        for mention in fitted.mentions:
            gaps = tuple((part.start + start, part.start + end) for start, end in mention.gaps)
            start, end = (
                bound if bound < 0 else part.start + bound for bound in (mention.start, mention.end)
            )
            mentions.append(mention._replace(start=start, end=end, gaps=gaps))
    return mentions


def _links(
    relation: Dict[str, Any], ids: Dict[str, str], line: Optional[int], report: Report
) -> Iterator[Link]:
    infons = get_field(relation, "infons", dict)
    names = [first_id(node.get("refid")) for node in get_field(relation, "nodes", list, [])]
    nodes = [ids.get(name, name) for name in names]
    if len(nodes) != 2:
        report.lose("relation that does not connect two mentions not kept")
        return
    report.lose("infon of a relation not kept", count=len(infons.keys() - {TYPE}))
    yield Link(nodes[0], nodes[1], get_label(infons, TYPE), line)


BIOC = Converter(
    description="BioC: JSON of passages, annotations and relations",
    patterns=("*.json", "*.jsonl"),
    read=read,
)
