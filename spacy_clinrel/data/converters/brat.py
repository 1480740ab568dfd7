"""brat standoff: `NAME.txt` with `NAME.ann` (https://brat.nlplab.org/standoff.html).

Reading. Mentions (T) and binary relations (R) are kept. Relations with the arguments Arg1 and
Arg2 go from Arg1 to Arg2, with other names from the first to the second. Of an event (E) its
trigger is kept as a mention, and a relation to the event is one to its trigger; its arguments,
attributes (A, M), normalisations (N), notes (#) and equivalences (*) are not kept, and counted.
A mention in several fragments with nothing but white space between them, as brat splits mentions
at line ends, is one mention; any other is kept as its covering span, from the first start to the
last end, and counted as a loss of shape. A text without `.ann` is a document without annotations.

Writing. The text is written as it is. A mention that runs over line breaks is written in
fragments, one a line. brat separates types from offsets by a space, so white space in types and
labels is written as "_"; everything else in them is written as it is, though brat's own
configuration allows only `[a-zA-Z0-9_-]` in the names of types.
"""

import re
from itertools import pairwise
from pathlib import Path
from typing import Dict, Iterator, List

from .offsets import fit_offsets
from .record import Link, Mention, Record
from .registry import Converter
from .report import BROKEN_LINE, Report
from .text import read_pair

NOT_KEPT = {
    "A": "attribute not kept",
    "M": "attribute not kept",
    "N": "normalisation not kept",
    "#": "note not kept",
    "*": "equivalence not kept",
}
MENTION = re.compile(r"(\S+) (\d+ \d+(?:;\d+ \d+)*)\s*")
RELATION = re.compile(r"(\S+) +([^\s:]+):(\S+) +([^\s:]+):(\S+)\s*")
EVENT = re.compile(r"[^\s:]+:(\S+)((?: +[^\s:]+:\S+)*)\s*")
# A mention's part on one line, without white space around it.
FRAGMENT = re.compile(r"\S(?:[^\r\n]*\S)?")
# What would end a line or a field of the .ann file, for one reader or another.
BREAK = re.compile(r"[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")


def read(path: Path, report: Report) -> Iterator[Record]:
    """Read one text and its annotations.

    path (Path): The `.txt` file.
    report (Report): Collects faults.
    YIELDS (Record): One record, named by the file.
    """
    ann = path.with_suffix(".ann")
    pair = read_pair(path, ann, report)
    if pair is None:
        return
    text, lines = pair
    record = Record(path.stem, text, source=ann)
    triggers: Dict[str, str] = {}
    for number, line in lines:
        with report.guard(ann, number):
            id, _, data = line.partition("\t")
            if id.startswith("T"):
                record.mentions.append(_mention(id, data, number))
            elif id.startswith("R"):
                record.relations.append(_relation(data, number))
            elif id.startswith("E"):
                triggers[id] = _trigger(data, report)
            elif id[:1] in NOT_KEPT:
                report.lose(NOT_KEPT[id[0]])
            else:
                report.lose(BROKEN_LINE, ann, number, f"unknown kind of annotation {id!r}")
    record.relations = [
        link._replace(
            head=triggers.get(link.head, link.head), tail=triggers.get(link.tail, link.tail)
        )
        for link in record.relations
    ]
    yield fit_offsets(record, report)


def write(record: Record, report: Report) -> Dict[str, str]:
    """Make the two files of a record.

    record (Record): The document.
    report (Report): Counts the names that had to be changed as repaired.
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


def _name(name: str, report: Report) -> str:
    stored = re.sub(r"\s", "_", name)
    if stored != name:
        report.repair("white space in a type or label written as _")
    return stored


BRAT = Converter(
    description="brat standoff: NAME.txt with NAME.ann",
    patterns=("*.txt", "*.ann"),
    read=read,
    write=write,
    exclude=("readme*",),
    main_file=lambda path: path.with_suffix(".txt"),
)
