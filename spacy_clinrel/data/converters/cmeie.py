"""CMeIE: a JSON object a line, with triples of strings, which have no place in the text.

`text` is the text, `spo_list` its triples. A subject or object becomes one mention, at the
string's first occurrence in the text, whatever stands around it there; a string that occurs with
two types gives two mentions. Since a triple is a matter of strings, figures compare the mentions'
texts, not their places. `Combined`, which says whether a triple joins several sentences, is not
kept, as it follows from the text.
"""

from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

from .record import Link, Mention, Record
from .registry import Converter
from .report import LOST_WITH_MENTION, Report
from .text import get_field, read_json_lines

VALUE = "@value"


def read(path: Path, report: Report) -> Iterator[Record]:
    """Read one file.

    path (Path): The file.
    report (Report): Collects faults.
    YIELDS (Record): A record for each line.
    """
    return read_json_lines(path, report, _parse)


def _parse(entry: Dict[str, Any], record: Record, path: Path, report: Report) -> None:
    record.text = get_field(entry, "text", str)
    mentions: Dict[Tuple[str, str], Mention] = {}
    for triple in get_field(entry, "spo_list", list):
        with report.guard(path, record.line):
            label = get_field(triple, "predicate", str)
            subject = get_field(triple, "subject", str), get_field(triple, "subject_type", str)
            target = _value(triple, "object", report), _value(triple, "object_type", report)
            ids = []
            for string, kind in (subject, target):
                start = record.text.find(string) if string.strip() else -1
                if start < 0:
                    report.lose("string not found in the text", path, record.line, repr(string))
                    continue
                id = f"{kind}:{string}"
                mentions[(kind, string)] = Mention(
                    id, start, start + len(string), kind, line=record.line
                )
                ids.append(id)
            if len(ids) == 2:
                record.relations.append(Link(ids[0], ids[1], label, record.line))
            else:
                report.lose(LOST_WITH_MENTION, path, record.line, label)
    record.mentions = list(mentions.values())


def _value(triple: Dict[str, Any], name: str, report: Report) -> str:
    values = get_field(triple, name, dict)
    for other in values.keys() - {VALUE}:
        report.lose(f"{name} part {other!r} not kept")
    return get_field(values, VALUE, str)


CMEIE = Converter(
    description="CMeIE: JSON lines with text and spo_list, triples without offsets",
    patterns=("*.json", "*.jsonl"),
    read=read,
    exclude=("*schema*",),
)
