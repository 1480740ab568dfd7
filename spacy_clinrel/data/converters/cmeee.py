"""CMeEE, as CBLUE publishes it and in its older form. Mentions may be nested.

CBLUE publishes a JSON list or JSON lines: `text` is the text; `entities` is a list of objects with
`start_idx`, `end_idx`, `type` and the text of the mention, `entity`. The end is inclusive; if the
recorded texts of a record show that it is exclusive, it is read as such. A text without `entities`,
as in the test part, has no annotations.

The older form has one text per line, followed by its mentions: `text|||start end type|||…|||`. The
end is inclusive. A file in which no line has `|||` is refused.
"""

import re
from pathlib import Path
from typing import Any, Dict, Iterator

from . import (
    BROKEN_FILE,
    Converter,
    Mention,
    ReadOptions,
    Record,
    Report,
    check_fields,
    get_field,
    read_json,
    read_lines,
)
from .fields import whole_number
from .report import show_value

SEPARATOR = "|||"
KNOWN = ("text", "entities", "id")
# The beginning of a JSON object or list. A text may also begin with a bracket.
JSON_START = re.compile(r'\s*(?:\{\s*["}]|\[\s*[\[{"\]])')
UNEXPECTED_LINE = "line without ||| kept as a text without mentions"


def read(path: Path, report: Report, options: ReadOptions) -> Iterator[Record]:
    """Read the records of a file.

    path (Path): The file.
    report (Report): Receives errors and counts.
    options (ReadOptions): How the file is read.
    YIELDS (Record): One record per line or JSON object. Its id consists of the file name and the
        number.
    """
    lines = read_lines(path, report, options) or []
    if JSON_START.match("\n".join(content for _, content in lines[:2])):
        yield from read_json(path, report, options, _parse)
        return
    if lines and not any(SEPARATOR in content for _, content in lines):
        detail = f"no line has {SEPARATOR}, which separates text and mentions; check the format"
        report.lose(BROKEN_FILE, path, None, detail)
        return
    for line, content in lines:
        text, *parts = content.split(SEPARATOR)
        if not parts:
            report.warn(UNEXPECTED_LINE, path, line)
        record = Record("", text, line=line)
        for number, part in enumerate(parts):
            with report.guard(path, line):
                if part.strip():
                    record.mentions.append(_mention(str(number), part, line))
        yield record


def _mention(id: str, part: str, line: int) -> Mention:
    fields = part.split()
    bounds = [whole_number(field) for field in fields[:2]]
    if len(fields) != 3 or None in bounds:
        raise ValueError(f"expected start, end and type, got {show_value(part)}")
    start, last = map(int, fields[:2])
    return Mention(id, start, last + 1, fields[2], line=line)


def _parse(entry: Dict[str, Any], record: Record, path: Path, report: Report) -> None:
    record.text = get_field(entry, "text", str)
    check_fields(entry, KNOWN, ("entities",), report, path, record.line)
    for number, entity in enumerate(get_field(entry, "entities", list, [])):
        with report.guard(path, record.line):
            start, last = get_field(entity, "start_idx", int), get_field(entity, "end_idx", int)
            entity_type = get_field(entity, "type", str)
            recorded = None if entity.get("entity") is None else get_field(entity, "entity", str)
            record.mentions.append(
                Mention(str(number), start, last + 1, entity_type, recorded, line=record.line)
            )


CMEEE = Converter(
    description="CMeEE: JSON list or lines with text and entities; or text|||start end type|||…",
    patterns=("*.txt", "*.json", "*.jsonl"),
    read=read,
    offsets="characters+inclusive",
    exclude=("readme*", "*schema*"),
)
