"""brat standoff: `NAME.txt` with `NAME.ann` (https://brat.nlplab.org/standoff.html).

Reading keeps mentions (T) and binary relations (R). Arg1 is the head of a relation and Arg2 the
tail; if the arguments have other names, the first is the head. The trigger of an event (E) is kept
as a mention, and a relation to the event becomes a relation to the trigger. Attributes (A, M) of
mentions and events are kept: `A1 Negated T1` as "Negated", `A2 Polarity T3 Negative` as
"Polarity=Negative". Attributes of relations, event arguments, normalisations (N), notes (#) and
equivalences (*) are dropped and counted. brat splits mentions at line ends: fragments separated by
white space alone are read as one mention. Other discontinuous mentions are replaced by their
covering span and counted. A text without `.ann` has no annotations.

Writing splits a mention that contains line breaks into one fragment per line. White space in types,
labels and attributes becomes "_", because brat separates these from offsets and ids by a space.
Other characters are kept, although brat's configuration allows only `[a-zA-Z0-9_-]` in type names.
"""

import re
from itertools import pairwise
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple

from . import (
    BROKEN_LINE,
    Converter,
    Link,
    Mention,
    ReadOptions,
    Record,
    Report,
    fit_offsets,
    read_pair,
)

NOT_KEPT = {
    "N": "normalisation not kept",
    "#": "note not kept",
    "*": "equivalence not kept",
}
MENTION = re.compile(r"(\S+) (\d+ \d+(?:;\d+ \d+)*)\s*")
RELATION = re.compile(r"(\S+) +([^\s:]+):(\S+) +([^\s:]+):(\S+)\s*")
EVENT = re.compile(r"[^\s:]+:(\S+)((?: +[^\s:]+:\S+)*)\s*")
ATTRIBUTE = re.compile(r"(\S+) +(\S+)(?: +(\S+))?\s*")
# The part of a mention on one line, without surrounding white space.
FRAGMENT = re.compile(r"\S(?:[^\r\n]*\S)?")
# Characters that some readers of .ann files treat as the end of a line or field.
BREAK = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")


class Attribute(NamedTuple):
    """An attribute of a mention, event or relation.

    target (str): The id of the mention, event or relation.
    name (str): The name, or name and value separated by "=".
    line (int): Line number in the file, for messages.
    """

    target: str
    name: str
    line: int


def read(path: Path, report: Report, options: ReadOptions) -> Iterator[Record]:
    """Read a text and its annotations.

    path (Path): The `.txt` file.
    report (Report): Receives errors and counts.
    options (ReadOptions): How the file is read.
    YIELDS (Record): A single record. Its id is the file name.
    """
    ann = path.with_suffix(".ann")
    pair = read_pair(path, ann, report, options)
    if pair is None:
        return
    text, lines = pair
    record = Record("", text, source=ann)
    triggers: Dict[str, str] = {}
    attributes: List[Attribute] = []
    for number, line in lines:
        with report.guard(ann, number):
            id, _, data = line.partition("\t")
            if id.startswith("T"):
                record.mentions.append(_mention(id, data, number))
            elif id.startswith("R"):
                record.relations.append(_relation(data, number))
            elif id.startswith("E"):
                triggers[id] = _trigger(data, report)
            elif id.startswith(("A", "M")):
                attributes.append(_attribute(data, number))
            elif id[:1] in NOT_KEPT:
                report.lose(NOT_KEPT[id[0]])
            else:
                report.lose(BROKEN_LINE, ann, number, f"unknown annotation type {id!r}")
    record.relations = [
        link._replace(
            head=triggers.get(link.head, link.head), tail=triggers.get(link.tail, link.tail)
        )
        for link in record.relations
    ]
    _add_attributes(record, triggers, attributes, report)
    yield fit_offsets(record, report)


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


def _mention(id: str, data: str, line: int) -> Mention:
    head, tab, text = data.partition("\t")
    match = MENTION.fullmatch(head)
    if match is None:
        raise ValueError("expected T1<tab>Type start end<tab>text")
    pairs = [pair.split() for pair in match[2].split(";")]
    fragments = sorted((int(start), int(end)) for start, end in pairs)
    gaps = tuple((a[1], b[0]) for a, b in pairwise(fragments))
    recorded = text if tab else None
    start, end = fragments[0][0], fragments[-1][1]
    return Mention(id, start, end, match[1], recorded, gaps, line)


def _relation(data: str, line: int) -> Link:
    match = RELATION.fullmatch(data)
    if match is None:
        raise ValueError("expected R1<tab>Type Arg1:T1 Arg2:T2")
    label, first, head, second, tail = match.groups()
    if (first, second) == ("Arg2", "Arg1"):
        head, tail = tail, head
    return Link(head, tail, label, line)


def _trigger(data: str, report: Report) -> str:
    match = EVENT.fullmatch(data)
    if match is None:
        raise ValueError("expected E1<tab>Type:T1 Role:T2 …")
    report.lose("event reduced to its trigger")
    report.lose("event argument not kept", count=len(match[2].split()))
    return match[1]


def _attribute(data: str, line: int) -> Attribute:
    match = ATTRIBUTE.fullmatch(data)
    if match is None:
        raise ValueError("expected A1<tab>Name T1 or A1<tab>Name T1 Value")
    name, target, value = match.groups()
    return Attribute(target, name if value is None else f"{name}={value}", line)


def _add_attributes(
    record: Record, triggers: Dict[str, str], attributes: List[Attribute], report: Report
) -> None:
    """Add attributes to the mentions of a record. Attributes of events are added to triggers."""
    names: Dict[str, List[str]] = {mention.id: [] for mention in record.mentions}
    for target, name, line in attributes:
        id = triggers.get(target, target)
        if id in names:
            names[id].append(name)
        elif target.startswith("R"):
            report.lose("attribute of a relation not kept")
        else:
            report.lose("attribute of an unknown mention", record.source, line, f"{name}: {target}")
    record.mentions = [m._replace(attributes=tuple(names[m.id])) for m in record.mentions]


def _name(name: str, report: Report) -> str:
    stored = re.sub(r"\s", "_", name)
    if stored != name:
        report.repair("white space in a type, label or attribute written as _")
    return stored


BRAT = Converter(
    description="brat standoff: NAME.txt with NAME.ann",
    patterns=("*.txt", "*.ann"),
    read=read,
    write=write,
    exclude=("readme*",),
    main_file=lambda path: path.with_suffix(".txt"),
    keeps_attributes=True,
)
