"""Writing of brat standoff."""

import re
from typing import Dict, List

from .. import Record, Report

# The part of a mention on one line, without surrounding white space.
FRAGMENT = re.compile(r"\S(?:[^\r\n]*\S)?")
# Characters that some readers of .ann files treat as the end of a line or field.
BREAK = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")


def write(record: Record, report: Report) -> Dict[str, str]:
    """Convert a record to the contents of its files.

    record (Record): The record.
    report (Report): Counts changed type and label names as repaired.
    RETURNS (Dict[str, str]): The contents of the `.txt` and the `.ann` file.
    """
    lines: List[str] = []
    ids: Dict[str, str] = {}
    for mention in record.mentions:
        surface = record.text[mention.start : mention.end]
        parts = [part.span() for part in FRAGMENT.finditer(surface)]
        offsets = ";".join(f"{mention.start + s} {mention.start + e}" for s, e in parts)
        shown = BREAK.sub(" ", " ".join(surface[s:e] for s, e in parts))
        ids[mention.id] = f"T{len(ids) + 1}"
        lines.append(f"{ids[mention.id]}\t{_name(mention.type, report)} {offsets}\t{shown}\n")
    for number, link in enumerate(record.relations, start=1):
        ends = f"Arg1:{ids[link.head]} Arg2:{ids[link.tail]}"
        lines.append(f"R{number}\t{_name(link.label, report)} {ends}\t\n")
    pairs = [(ids[m.id], attribute) for m in record.mentions for attribute in m.attributes]
    for number, (target, attribute) in enumerate(pairs, start=1):
        stored = _name(attribute, report)
        name, _, value = stored.partition("=")
        content = f"{name} {target} {value}" if name and value else f"{stored} {target}"
        lines.append(f"A{number}\t{content}\n")
    return {".txt": record.text, ".ann": "".join(lines)}


def _name(name: str, report: Report) -> str:
    stored = re.sub(r"\s", "_", name)
    if stored != name:
        report.repair("white space in a type, label or attribute written as _")
    return stored
