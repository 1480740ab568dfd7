"""Which formats a corpus may have, for messages about a corpus that could not be read."""

from itertools import islice
from pathlib import Path
from typing import List, Optional

from .files import find_files
from .offsets import matches_text
from .options import ReadOptions
from .reading import read_records
from .registry import Converter, converters
from .report import Report

# Reading a few files is enough, and larger files take too long.
MAX_FILES, MAX_RECORDS, MAX_BYTES = 3, 20, 2**22


def guess_formats(
    path: Path, options: ReadOptions, without: Optional[Converter] = None
) -> List[str]:
    """Find the formats in which a corpus can be read with mentions and without losses.

    path (Path): A file or a folder.
    options (ReadOptions): How the files are read.
    without (Optional[Converter]): A format that is left out, because it was tried.
    RETURNS (List[str]): The names of the formats, in alphabetical order.
    """
    return [
        name
        for name, converter in sorted(converters.get_all().items())
        if converter is not without and _is_readable(path, converter, options)
    ]


def _is_readable(path: Path, converter: Converter, options: ReadOptions) -> bool:
    report = Report()
    try:
        files = find_files(path, converter)[:MAX_FILES]
        if any(file.stat().st_size > MAX_BYTES for file in files):
            return False
        records = [
            record
            for _, record in islice(read_records(converter, files, report, options), MAX_RECORDS)
        ]
    except (ValueError, OSError, ImportError):
        return False
    mentions = [(record, mention) for record in records for mention in record.mentions]
    return (
        bool(mentions)
        and not report.losses
        and all(
            0 <= mention.start < mention.end <= len(record.text)
            and matches_text(record.text, mention)
            for record, mention in mentions
        )
    )
