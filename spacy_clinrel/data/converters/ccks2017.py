"""CCKS 2017 and 2018: the text in `NAME.txtoriginal.txt`, one mention per line in `NAME.txt`.

A line contains the text, start, end and type of a mention, separated by tabs. In 2017, the end is
inclusive; in 2018, it is exclusive. Offsets count `\\r\\n` as two characters. The recorded texts
of mentions show if a document was counted in another way, e.g. as in the other year.
"""

from functools import partial
from pathlib import Path
from typing import Iterator

from . import (
    Converter,
    Mention,
    ReadOptions,
    Record,
    Report,
    read_pair,
)

TEXT_SUFFIX = "original.txt"


def read(path: Path, report: Report, options: ReadOptions, *, inclusive: bool) -> Iterator[Record]:
    """Read a text and its annotations.

    path (Path): The file with the text.
    report (Report): Receives errors and counts.
    options (ReadOptions): How the file is read.
    inclusive (bool): Whether ends are inclusive (2017).
    YIELDS (Record): The only record. Its id is the file name.
    """
    annotations = path.with_name(path.name.removesuffix(TEXT_SUFFIX))
    pair = read_pair(path, annotations, report, options)
    if pair is None:
        return
    text, lines = pair
    record = Record("", text, source=annotations)
    for number, line in lines:
        with report.guard(annotations, number):
            fields = line.rsplit("\t", 3)
            if len(fields) != 4:
                raise ValueError("expected mention<tab>start<tab>end<tab>type")
            surface, start, end, entity_type = fields
            after = int(end) + 1 if inclusive else int(end)
            record.mentions.append(
                Mention(str(number), int(start), after, entity_type.strip(), surface, line=number)
            )
    yield record


def text_file(path: Path) -> Path:
    """Return the text file of a document.

    path (Path): One of the two files of the document, `NAME.txt` or `NAME.txtoriginal.txt`.
    RETURNS (Path): `NAME.txtoriginal.txt`.
    """
    if path.name.endswith(TEXT_SUFFIX):
        return path
    return path.with_name(path.name + TEXT_SUFFIX)


CCKS2017 = Converter(
    description="CCKS 2017: NAME.txtoriginal.txt with NAME.txt, last character included",
    patterns=("*.txt",),
    read=partial(read, inclusive=True),
    offsets="characters+inclusive",
    exclude=("readme*",),
    name_suffix=f".txt{TEXT_SUFFIX}",
    main_file=text_file,
    has_text_file=True,
)
CCKS2018 = Converter(
    description="CCKS 2018: as ccks2017, last character excluded",
    patterns=("*.txt",),
    read=partial(read, inclusive=False),
    exclude=("readme*",),
    name_suffix=f".txt{TEXT_SUFFIX}",
    main_file=text_file,
    has_text_file=True,
)
