"""PubTator: title and abstract of articles, with mentions as tab-separated lines.

    227508|t|Naloxone reverses the antihypertensive effect of clonidine.
    227508|a|In unanesthetized rats …
    227508<tab>0<tab>8<tab>Naloxone<tab>Chemical<tab>D009270
    227508<tab>CID<tab>D003000<tab>D007022

The text is the title, a line break and the abstract; offsets count its characters, the end
excluded. Blank lines separate articles. Lines with four fields are relations between concepts, not
between mentions, and are dropped and counted, as are the concepts of mentions. The document id is
the number of the article.
"""

import re
from pathlib import Path
from typing import Dict, Iterator

from . import Converter, Mention, ReadOptions, Record, Report, read_lines
from .fields import whole_number
from .report import BROKEN_FILE

TEXT = re.compile(r"([^|\t]+)\|([a-zA-Z])\|(.*)")
TITLE = "t"


def read(path: Path, report: Report, options: ReadOptions) -> Iterator[Record]:
    """Read the records of a file.

    path (Path): The file.
    report (Report): Receives errors and counts.
    options (ReadOptions): How the file is read.
    YIELDS (Record): One record per article, in the order of the titles.
    """
    records: Dict[str, Record] = {}
    lines = read_lines(path, report, options) or []
    if lines and not any(TEXT.fullmatch(line) for _, line in lines):
        report.lose(BROKEN_FILE, path, None, "no line such as 227508|t|Title, file skipped")
        return
    for number, line in lines:
        with report.guard(path, number):
            match = TEXT.fullmatch(line)
            if match and (match[2] != TITLE or match[1] not in records):
                _add_text(records, match, number)
            elif match:
                raise ValueError(f"article {match[1]} has two titles")
            else:
                _add_annotation(records, line, number, report)
    yield from records.values()


def _add_text(records: Dict[str, Record], match: "re.Match[str]", number: int) -> None:
    record = records.setdefault(match[1], Record(match[1], "", line=number))
    record.text += ("\n" if match[2] != TITLE else "") + match[3]


def _add_annotation(records: Dict[str, Record], line: str, number: int, report: Report) -> None:
    fields = line.split("\t")
    if len(fields) < 4:
        raise ValueError("expected article<tab>start<tab>end<tab>mention<tab>type<tab>concept")
    if fields[0] not in records:
        raise ValueError(f"article {fields[0]} has no title")
    if len(fields) == 4 or not fields[1].isdigit():
        report.lose("relation between concepts, not mentions, not kept")
        return
    start, end = map(whole_number, fields[1:3])
    if start is None or end is None:
        raise ValueError(f"start and end must be whole numbers, got {' and '.join(fields[1:3])}")
    record = records[fields[0]]
    mention = Mention(
        str(len(record.mentions)),
        start,
        end,
        fields[4].strip(),
        fields[3],
        line=number,
    )
    record.mentions.append(mention)
    report.lose("concept of a mention not kept", count=bool("".join(fields[5:]).strip()))


PUBTATOR = Converter(
    description="PubTator: title and abstract, tab-separated mentions",
    patterns=("*.pubtator", "*.txt", "*.PubTator"),
    read=read,
    exclude=("readme*",),
)
