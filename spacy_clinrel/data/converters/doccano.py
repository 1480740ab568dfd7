"""doccano's JSONL: one text per line, with entities and relations (github.com/doccano/doccano).

A line of a sequence labelling project with relations is `{"id": 7, "text": "…", "entities": [{"id":
0, "label": "Drug", "start_offset": 0, "end_offset": 7}, …], "relations": [{"id": 0, "from_id": 0,
"to_id": 1, "type": "TrAP"}], "Comments": []}`. A line without relations has `"label": [[0, 7,
"Drug"], …]` (`labels` in some versions). Both forms are read.

Offsets are read and written in UTF-16 code units, as in JavaScript: a character beyond U+FFFF, such
as an emoji or a rare ideograph, counts as two. The report counts documents with such characters.
Projects with the option "Count grapheme clusters as one character" use other offsets, which are
wrong in texts with such characters or `\\r\\n`.

The document id is `doc_id`, which doccano keeps as metadata, or `id` if there is no `doc_id`.
Comments and other metadata are dropped and counted. doccano shows overlapping mentions only in
projects that allow overlaps.
"""

from functools import partial
from pathlib import Path
from typing import Any, Dict, List

import srsly

from . import (
    Converter,
    Link,
    Mention,
    Record,
    Report,
    first_id,
    from_utf16,
    get_field,
    join_lines,
    read_json,
    to_utf16,
)

TEXTS = ("text", "data")
ENTITIES = ("entities", "label", "labels")
COMMENTS = ("Comments", "comments")
KNOWN_METADATA = ("id", "doc_id", "relations", "annotation_approver", "username")
UTF16 = "text beyond U+FFFF, its offsets counted in UTF-16 as doccano does"


def write(record: Record, report: Report) -> Dict[str, str]:
    """Convert a record to a line.

    record (Record): The record.
    report (Report): Counts texts with characters beyond U+FFFF as repaired.
    RETURNS (Dict[str, str]): The line, as JSON.
    """
    offsets = to_utf16(record.text)
    if offsets[-1] > len(record.text):
        report.repair(UTF16)
    index = {mention.id: i for i, mention in enumerate(record.mentions)}
    entry = {
        "doc_id": record.doc_id,
        "text": record.text,
        "entities": [
            {
                "id": index[mention.id],
                "label": mention.type,
                "start_offset": offsets[mention.start],
                "end_offset": offsets[mention.end],
            }
            for mention in record.mentions
        ],
        "relations": [
            {"id": i, "from_id": index[link.head], "to_id": index[link.tail], "type": link.label}
            for i, link in enumerate(record.relations)
        ],
    }
    return {".jsonl": srsly.json_dumps(entry)}


def _parse(entry: Dict[str, Any], record: Record, path: Path, report: Report) -> None:
    record.text = get_field(entry, next((name for name in TEXTS if name in entry), TEXTS[0]), str)
    record.doc_id = first_id(entry.get("doc_id"), entry.get("id"))
    positions = from_utf16(record.text)
    if len(positions) > len(record.text) + 1:
        report.repair(UTF16)
    for name in ENTITIES:
        for number, entity in enumerate(get_field(entry, name, list, [])):
            with report.guard(path, record.line):
                record.mentions.append(_mention(entity, number, positions, record.line))
    for relation in get_field(entry, "relations", list, []):
        with report.guard(path, record.line):
            head, tail = (str(get_field(relation, name, int)) for name in ("from_id", "to_id"))
            record.relations.append(Link(head, tail, get_field(relation, "type", str), record.line))
    for name in COMMENTS:
        report.lose("comment not kept", count=len(get_field(entry, name, list, [])))
    metadata = entry.keys() - {*TEXTS, *ENTITIES, *COMMENTS, *KNOWN_METADATA}
    report.lose("metadata not kept", count=len(metadata))


def _mention(entity: Any, number: int, positions: List[int], line: Any) -> Mention:
    if isinstance(entity, list):
        start, end, label = entity
        entity = {"id": number, "start_offset": start, "end_offset": end, "label": label}
    bounds = []
    for name in ("start_offset", "end_offset"):
        offset = get_field(entity, name, int)
        if not 0 <= offset < len(positions):
            raise ValueError(f"offset {offset} is outside the text")
        if positions[offset] < 0:
            raise ValueError(f"offset {offset} is within a character, counted in UTF-16")
        bounds.append(positions[offset])
    name = str(get_field(entity, "id", int))
    return Mention(name, bounds[0], bounds[1], get_field(entity, "label", str), line=line)


DOCCANO = Converter(
    description="doccano: JSONL with entities and relations",
    patterns=("*.jsonl",),
    read=partial(read_json, parse=_parse),
    write=write,
    join=join_lines,
)
