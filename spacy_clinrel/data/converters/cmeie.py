"""CMeIE: a JSON list or JSON lines, with triples of strings instead of mentions.

`text` is the text, `spo_list` the list of triples. A text without `spo_list`, as in the test part,
has no annotations. `object` and `object_type` are objects with the key `@value` or, as in the first
version of DuIE, strings. Each subject or object becomes one mention, at
the first occurrence of its string in the text. A string with two types becomes two mentions. As
triples have no offsets, evaluate predictions by the texts of mentions. `Combined`, which marks
triples across sentences, is dropped, because it can be derived from the text.
"""

from functools import partial
from pathlib import Path
from typing import Any, Dict, Tuple

from . import (
    LOST_WITH_MENTION,
    Converter,
    Link,
    Mention,
    Record,
    Report,
    check_fields,
    get_field,
    get_label,
    read_json,
)

VALUE = "@value"


def _parse(entry: Dict[str, Any], record: Record, path: Path, report: Report) -> None:
    record.text = get_field(entry, "text", str)
    check_fields(entry, ("text", "spo_list", "id"), ("spo_list",), report, path, record.line)
    mentions: Dict[Tuple[str, str], Mention] = {}
    for triple in get_field(entry, "spo_list", list, []):
        with report.guard(path, record.line):
            label = get_label(triple, "predicate")
            subject = get_field(triple, "subject", str), get_field(triple, "subject_type", str)
            target = _value(triple, "object", report), _value(triple, "object_type", report)
            ids = []
            for string, entity_type in (subject, target):
                start = record.text.find(string) if string.strip() else -1
                if start < 0:
                    detail = f"{entity_type} of {len(string)} characters"
                    report.lose("string not found in the text", path, record.line, detail)
                    continue
                mention = Mention(
                    str(len(mentions)),
                    start,
                    start + len(string),
                    entity_type,
                    line=record.line,
                )
                ids.append(mentions.setdefault((entity_type, string), mention).id)
            if len(ids) == 2:
                record.relations.append(Link(ids[0], ids[1], label, record.line))
            else:
                report.lose(LOST_WITH_MENTION, path, record.line, label)
    record.mentions = list(mentions.values())


def _value(triple: Dict[str, Any], name: str, report: Report) -> str:
    if isinstance(triple.get(name), str):
        return get_field(triple, name, str)
    values = get_field(triple, name, dict)
    for other in values.keys() - {VALUE}:
        report.lose(f"{name} part {other!r} not kept")
    return get_field(values, VALUE, str)


CMEIE = Converter(
    description="CMeIE: JSON list or lines with text and spo_list, triples without offsets",
    patterns=("*.json", "*.jsonl"),
    read=partial(read_json, parse=_parse),
    offsets=None,
    exclude=("*schema*",),
)
