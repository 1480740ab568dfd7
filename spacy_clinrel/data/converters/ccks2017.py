"""CCKS 2017 and 2018: `NAME.txtoriginal.txt` holds the text, `NAME.txt` a mention a line.

A line is the mention's text, its start, its end and its type, separated by tabs. The end is the
mention's last character in 2017 and the character after it in 2018. Offsets count the text as it
stands, `\\r\\n` as two characters.
"""

from functools import partial
from pathlib import Path
from typing import Iterator

from .offsets import fit_offsets
from .record import Mention, Record
from .registry import Converter
from .report import Report
from .text import read_pair

TEXT_SUFFIX = "original.txt"


def read(path: Path, report: Report, *, inclusive: bool) -> Iterator[Record]:
    """Read one text and its annotations.

    path (Path): The file with the text.
    report (Report): Collects faults.
    inclusive (bool): Whether the end is the mention's last character.
    YIELDS (Record): One record, named by the file.
    """
    annotations = path.with_name(path.name.removesuffix(TEXT_SUFFIX))
    pair = read_pair(path, annotations, report)
    if pair is None:
        return
    text, lines = pair
    record = Record(annotations.stem, text, source=annotations)
    for number, line in lines:
        with report.guard(annotations, number):
            fields = line.rsplit("\t", 3)
            if len(fields) != 4:
                raise ValueError("expected mention<tab>start<tab>end<tab>type")
            surface, start, end, kind = fields
            after = int(end) + 1 if inclusive else int(end)
            record.mentions.append(
                Mention(str(number), int(start), after, kind.strip(), surface, line=number)
            )
    yield fit_offsets(record, report)


def text_file(path: Path) -> Path:
    """The file with the text, from either file of a document.

    path (Path): `NAME.txt` or `NAME.txtoriginal.txt`.
    RETURNS (Path): `NAME.txtoriginal.txt`.
    """
    if path.name.endswith(TEXT_SUFFIX):
        return path
    return path.with_name(path.name + TEXT_SUFFIX)


CCKS2017 = Converter(
    description="CCKS 2017: NAME.txtoriginal.txt with NAME.txt, last character included",
    patterns=("*.txt",),
    read=partial(read, inclusive=True),
    exclude=("readme*",),
    main_file=text_file,
)
CCKS2018 = Converter(
    description="CCKS 2018: as ccks2017, last character excluded",
    patterns=("*.txt",),
    read=partial(read, inclusive=False),
    exclude=("readme*",),
    main_file=text_file,
)
