"""CMeEE: one text per line, followed by its mentions: `text|||start end type|||…|||`.

Ends are inclusive. Mentions may be nested.
"""

from pathlib import Path
from typing import Iterator

from . import Converter, Mention, ReadOptions, Record, Report, read_lines

SEPARATOR = "|||"


def read(path: Path, report: Report, options: ReadOptions) -> Iterator[Record]:
    """Read the records of a file.

    path (Path): The file.
    report (Report): Receives errors and counts.
    options (ReadOptions): How the file is read.
    YIELDS (Record): One record per line. Its id consists of the file name and the line number.
    """
    for line, content in read_lines(path, report, options) or ():
        if SEPARATOR not in content and content.lstrip().startswith("{"):
            report.lose("line of JSON, which CMeEE has none of", path, line)
            continue
        text, *parts = content.split(SEPARATOR)
        record = Record("", text, line=line)
        for number, part in enumerate(parts):
            with report.guard(path, line):
                if part.strip():
                    record.mentions.append(_mention(str(number), part, line))
        yield record


def _mention(id: str, part: str, line: int) -> Mention:
    fields = part.split()
    if len(fields) != 3:
        raise ValueError(f"expected start, end and type, got {part!r}")
    return Mention(id, int(fields[0]), int(fields[1]) + 1, fields[2], line=line)


CMEEE = Converter(
    description="CMeEE: lines of text|||start end type|||…, last character included",
    patterns=("*.txt",),
    read=read,
    exclude=("readme*",),
)
