"""CCKS 2019 (Yidu-S4K): a JSON object a line.

`originalText` is the text, `entities` a list with `start_pos`, `end_pos` (the character after the
last) and `label_type`.
"""

from pathlib import Path
from typing import Any, Dict, Iterator

from .record import Mention, Record
from .registry import Converter
from .report import Report
from .text import get_field, read_json_lines


def read(path: Path, report: Report) -> Iterator[Record]:
    """Read one file.

    path (Path): The file.
    report (Report): Collects faults.
    YIELDS (Record): A record for each line.
    """
    return read_json_lines(path, report, _parse)


def _parse(entry: Dict[str, Any], record: Record, path: Path, report: Report) -> None:
    record.text = get_field(entry, "originalText", str)
    for number, entity in enumerate(get_field(entry, "entities", list)):
        with report.guard(path, record.line):
            start, end = get_field(entity, "start_pos", int), get_field(entity, "end_pos", int)
            kind = get_field(entity, "label_type", str)
            record.mentions.append(Mention(str(number), start, end, kind, line=record.line))


CCKS2019 = Converter(
    description="CCKS 2019 (Yidu-S4K): JSON lines with originalText and entities",
    patterns=("*.txt", "*.json", "*.jsonl"),
    read=read,
    exclude=("readme*",),
)
