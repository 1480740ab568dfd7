"""Reading of text files for converters, with a message for each error."""

from pathlib import Path
from typing import List, Optional, Sequence, Tuple

from ...files import (
    Encoding,
    decode_lines,
    decode_text,
    encoding_doubt,
    existing_path,
    read_encoded,
)
from .options import ReadOptions
from .report import BROKEN_FILE, BROKEN_LINE, Report

DOUBTFUL_ENCODING = "encoding is doubtful"
NO_ANNOTATIONS = "text without an annotation file, kept without annotations"

Lines = List[Tuple[int, str]]


def read_text(path: Path, report: Report, options: ReadOptions) -> Optional[str]:
    """Read a file unchanged. A byte order mark and `\\r\\n` are kept, because offsets may count
    them.

    path (Path): The file.
    report (Report): Receives an error if the file cannot be read.
    options (ReadOptions): How the files are read.
    RETURNS (Optional[str]): The text; None if it cannot be read.
    """
    content = read_content(path, report, options)
    if content is None:
        return None
    try:
        return decode_text(*content, path)
    except ValueError as error:
        report.lose(BROKEN_FILE, path, None, str(error))
        return None


def read_lines(path: Path, report: Report, options: ReadOptions) -> Optional[Lines]:
    """Read the lines of a file, without blank lines, byte order mark and line breaks. Lines that
    are not valid in the encoding of the file are left out.

    path (Path): The file.
    report (Report): Receives an error if the file or a line cannot be read.
    options (ReadOptions): How the files are read.
    RETURNS (Optional[Lines]): Number (from 1) and text of each line; None if the file cannot be
        read.
    """
    content = read_content(path, report, options)
    if content is None:
        return None
    lines: Lines = []
    for number, line, problem in decode_lines(*content):
        if problem:
            report.lose(BROKEN_LINE, path, number, problem)
        elif line.strip():
            lines.append((number, line))
    return lines


def read_content(
    path: Path, report: Report, options: ReadOptions
) -> Optional[Tuple[bytes, Encoding]]:
    """Return the content of a file and its encoding, and report doubts about the encoding."""
    try:
        data, encoding = read_encoded(path, options.encoding)
    except OSError as error:
        report.lose(BROKEN_FILE, path, None, f"cannot be read ({error.strerror}), skipped")
        return None
    except ValueError as error:
        report.lose(BROKEN_FILE, path, None, str(error))
        return None
    doubt = encoding_doubt(encoding, options.lang)
    if doubt:
        report.warn(DOUBTFUL_ENCODING, path, None, doubt)
    return data, encoding


def read_pair(
    text_path: Path, path: Path, report: Report, options: ReadOptions
) -> Optional[Tuple[str, Lines]]:
    """Read a text and the lines of its annotation file.

    text_path (Path): The file with the text.
    path (Path): The annotation file. If it does not exist, the document has no annotations.
    report (Report): Receives an error if a file is missing or cannot be read.
    options (ReadOptions): How the files are read.
    RETURNS (Optional[Tuple[str, Lines]]): The unchanged text, for `fit_offsets`, and the lines;
        None if a file cannot be read.
    """
    text_path, path = existing_path(text_path), existing_path(path)
    if path.exists() and not text_path.exists():
        report.lose(BROKEN_FILE, path, None, f"its text {text_path.name} is missing")
        return None
    text = read_text(text_path, report, options)
    if text is None:
        return None
    if not path.exists():
        report.repair(NO_ANNOTATIONS)
        return text, []
    lines = read_lines(path, report, options)
    return None if lines is None else (text, lines)


def join_lines(suffix: str, entries: Sequence[str]) -> str:
    """Join lines to the content of a file, one line per document.

    suffix (str): The suffix of the file; not used.
    entries (Sequence[str]): The lines, without line breaks.
    RETURNS (str): The content of the file.
    """
    return "".join(f"{entry}\n" for entry in entries)
