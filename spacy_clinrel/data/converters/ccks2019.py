"""CCKS 2019 (Yidu-S4K): JSON lines or a JSON list.

`originalText` is the text; `entities` is a list of objects with `start_pos`, `end_pos` (exclusive)
and `label_type`. A text without `entities` has no annotations.
"""

from functools import partial
from pathlib import Path
from typing import Any, Dict

from . import Converter, Mention, Record, Report, check_fields, get_field, read_json

KNOWN = ("originalText", "entities", "id")


def _parse(entry: Dict[str, Any], record: Record, path: Path, report: Report) -> None:
    record.text = get_field(entry, "originalText", str)
    check_fields(entry, KNOWN, ("entities",), report, path, record.line)
    for number, entity in enumerate(get_field(entry, "entities", list, [])):
        with report.guard(path, record.line):
            start, end = get_field(entity, "start_pos", int), get_field(entity, "end_pos", int)
            label = get_field(entity, "label_type", str)
            record.mentions.append(Mention(str(number), start, end, label, line=record.line))


CCKS2019 = Converter(
    description="CCKS 2019 (Yidu-S4K): JSON list or lines with originalText and entities",
    patterns=("*.txt", "*.json", "*.jsonl"),
    read=partial(read_json, parse=_parse),
    exclude=("readme*",),
)
