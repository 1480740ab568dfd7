"""doccano's JSON: texts with entities and relations (github.com/doccano/doccano).

An object of a sequence labelling project with relations is `{"id": 7, "text": "…", "entities":
[{"id": 0, "label": "Drug", "start_offset": 0, "end_offset": 7}, …], "relations": [{"id": 0,
"from_id": 0, "to_id": 1, "type": "TrAP"}], "Comments": []}`. An object without relations has
`"label": [[0, 7, "Drug"], …]` (`labels` in some versions). Older versions have `"annotations":
[{"label": 3, "start_offset": 0, "end_offset": 7, "user": 1}, …]`, where a label is a number of the
project. All forms are read, as lines or as a list.

Offsets usually count UTF-16 code units, as in JavaScript: a character beyond U+FFFF, such as an
emoji or a rare ideograph, counts as two. doccano 1.8.4 was tried. Projects with the option "Count
grapheme clusters as one character" count grapheme clusters, and `\\r\\n` as one. The file does not
say which, so a text in which this makes a difference is reported, and `--offsets` settles it.

The document id is `doc_id`, which doccano keeps as metadata, or `id` if there is no `doc_id`.
Comments and other metadata are dropped and counted. doccano shows overlapping mentions only in
projects that allow overlaps.

doccano has no attributes of mentions, but keeps other fields of an object. Attributes are therefore
a field `"attributes": [{"start_offset": 0, "end_offset": 7, "label": "Drug", "names":
["Hypothetical"]}]`, which annotators do not see. In reading, a mention gets the attributes of its
offsets, those of its type if there are several. Attributes of mentions that were removed are left
out and counted. `"has_assertion": true` says that the document is annotated with assertion
attributes.

Writing: offsets count UTF-16 code units. doccano creates only the types and labels that occur in
the data that it imports. The files `.span-types.json` and `.relation-types.json` have all of them;
import them on the page Labels of a project.
"""

from collections import defaultdict
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

import srsly

from ...files import json_text
from ...types import ASSERTIONS
from . import (
    Converter,
    Link,
    Mention,
    ReadOptions,
    Record,
    Report,
    check_fields,
    first_id,
    get_field,
    get_id,
    get_label,
    join_json,
    join_lines,
    read_json,
    to_utf16,
)
from .fields import get_names
from .report import show_value

TEXTS = ("text", "data")
NUMBERED_ENTITIES = "annotations"
ENTITIES = ("entities", "label", "labels", NUMBERED_ENTITIES)
COMMENTS = ("Comments", "comments")
ATTRIBUTES, HAS_ASSERTION = "attributes", "has_assertion"
KNOWN_METADATA = (
    *("id", "doc_id", "relations", "annotation_approver", "username", "meta"),
    *(ATTRIBUTES, HAS_ASSERTION),
)
UTF16 = "text beyond U+FFFF, its offsets counted in UTF-16 as doccano does"
NUMBERED = "types are label numbers of doccano"
SPAN_TYPES, RELATION_TYPES = ".span-types.json", ".relation-types.json"
# Colours of label types, light enough for black text.
COLOURS = ("#8dd3c7", "#ffed6f", "#bebada", "#fb8072", "#80b1d3", "#fdb462", "#b3de69", "#fccde5")


def write(record: Record, report: Report) -> Dict[str, str]:
    """Convert a record to a line.

    record (Record): The record.
    report (Report): Counts texts with characters beyond U+FFFF as repaired.
    RETURNS (Dict[str, str]): The line, as JSON, and the types and labels that occur.
    """
    offsets = to_utf16(record.text)
    if offsets[-1] > len(record.text):
        report.repair(UTF16)
    index = {mention.id: i for i, mention in enumerate(record.mentions)}
    places = [
        {
            "label": mention.type,
            "start_offset": offsets[mention.start],
            "end_offset": offsets[mention.end],
        }
        for mention in record.mentions
    ]
    attributes = [
        {**place, "names": list(mention.attributes)}
        for place, mention in zip(places, record.mentions)
        if mention.attributes
    ]
    entry = {
        "doc_id": record.doc_id,
        "text": record.text,
        **({HAS_ASSERTION: True} if record.assertions else {}),
        **({ATTRIBUTES: attributes} if attributes else {}),
        "entities": [{"id": i, **place} for i, place in enumerate(places)],
        "relations": [
            {"id": i, "from_id": index[link.head], "to_id": index[link.tail], "type": link.label}
            for i, link in enumerate(record.relations)
        ],
    }
    return {
        ".jsonl": json_text(entry),
        SPAN_TYPES: json_text([mention.type for mention in record.mentions]),
        RELATION_TYPES: json_text([link.label for link in record.relations]),
    }


def join(suffix: str, parts: Sequence[str]) -> str:
    """Join the lines, or the types or labels, of all documents into one file.

    suffix (str): The suffix of the file.
    parts (Sequence[str]): The line, or the list of types or labels, of each document.
    RETURNS (str): The content of the file.
    """
    if suffix not in (SPAN_TYPES, RELATION_TYPES):
        return join_lines(suffix, _with_equal_fields(parts))
    return label_types({name for part in parts for name in srsly.json_loads(part)})


def _with_equal_fields(lines: Sequence[str]) -> Sequence[str]:
    """Return lines that all have the fields about attributes if one has. doccano would fill a
    missing field with NaN, which its database may refuse."""
    if not any(f'"{HAS_ASSERTION}"' in line or f'"{ATTRIBUTES}"' in line for line in lines):
        return lines
    entries = [srsly.json_loads(line) for line in lines]
    defaults = {HAS_ASSERTION: False, ATTRIBUTES: []}
    used = {k: v for k, v in defaults.items() if any(k in entry for entry in entries)}
    return [json_text({**used, **entry}) for entry in entries]


def label_types(names: Iterable[str]) -> str:
    """Return the content of a file of label types, for import on the page Labels of a project.

    names (Iterable[str]): The entity types or relation labels.
    RETURNS (str): The JSON.
    """
    types = [
        {
            "text": name,
            "prefix_key": None,
            "suffix_key": None,
            "background_color": colour,
            "text_color": "#000000",
        }
        for name, colour in zip(sorted(set(names)), cycle(COLOURS))
    ]
    return join_json(SPAN_TYPES, [json_text(entry) for entry in types])


def read(path: Path, report: Report, options: ReadOptions) -> Iterator[Record]:
    """Read the records of a file.

    path (Path): The file.
    report (Report): Receives errors and counts.
    options (ReadOptions): How the file is read.
    YIELDS (Record): One record per object.
    """
    numbers: Set[str] = set()
    yield from read_json(path, report, options, partial(_parse, numbers=numbers))
    if numbers:
        names = " ".join(f"--rename {number}=NAME" for number in sorted(numbers)[:3])
        report.warn(NUMBERED, path, None, f"{', '.join(sorted(numbers))}. Name them with {names}")


def _parse(
    entry: Dict[str, Any], record: Record, path: Path, report: Report, *, numbers: Set[str]
) -> None:
    record.text = get_field(entry, next((name for name in TEXTS if name in entry), TEXTS[0]), str)
    record.doc_id = first_id(entry.get("doc_id"), entry.get("id"))
    known = (*TEXTS, *ENTITIES, *COMMENTS, *KNOWN_METADATA)
    check_fields(entry, known, (*ENTITIES, "relations"), report, path, record.line)
    for name in ENTITIES:
        for number, entity in enumerate(get_field(entry, name, list, [])):
            with report.guard(path, record.line):
                mention = _mention(entity, f"{name} {number}", record.line)
                record.mentions.append(mention)
                if name == NUMBERED_ENTITIES and mention.type.isdecimal():
                    numbers.add(mention.type)
    if entry.get(HAS_ASSERTION) is True:
        record.assertions = ASSERTIONS
    places: Dict[Tuple[int, int], List[int]] = defaultdict(list)
    for i, found in enumerate(record.mentions):
        places[found.start, found.end].append(i)
    for place in get_field(entry, ATTRIBUTES, list, []):
        with report.guard(path, record.line):
            _add_attributes(place, record, places, report)
    for relation in get_field(entry, "relations", list, []):
        with report.guard(path, record.line):
            head, tail = (get_id(relation, name) for name in ("from_id", "to_id"))
            record.relations.append(Link(head, tail, get_label(relation, "type"), record.line))
    for name in COMMENTS:
        report.lose("comment not kept", count=len(get_field(entry, name, list, [])))


def _add_attributes(
    place: Dict[str, Any],
    record: Record,
    places: Mapping[Tuple[int, int], List[int]],
    report: Report,
) -> None:
    """Add attributes to the mention of their offsets, also if its type was changed."""
    start, end = (get_field(place, key, int) for key in ("start_offset", "end_offset"))
    names = get_names(place, "names")
    found = places.get((start, end))
    if not found:
        report.left_out["attributes of mentions that were removed"] += len(names)
        return
    label = get_id(place, "label")
    index = next((i for i in found if record.mentions[i].type == label), found[0])
    mention = record.mentions[index]
    record.mentions[index] = mention._replace(attributes=(*mention.attributes, *names))


def _mention(entity: Any, name: str, line: Optional[int]) -> Mention:
    if isinstance(entity, list):
        if len(entity) != 3:
            raise ValueError(f"expected start, end and label, got {show_value(entity)}")
        entity = dict(zip(("start_offset", "end_offset", "label"), entity))
    start, end = (get_field(entity, key, int) for key in ("start_offset", "end_offset"))
    id = name if entity.get("id") is None else get_id(entity, "id")
    return Mention(id, start, end, get_id(entity, "label"), line=line)


DOCCANO = Converter(
    description="doccano: JSONL or JSON list with entities and relations",
    patterns=("*.jsonl", "*.json"),
    read=read,
    write=write,
    exclude=(f"*{SPAN_TYPES}", f"*{RELATION_TYPES}"),
    join=join,
    offsets="utf-16",
    keeps_attributes=True,
)
