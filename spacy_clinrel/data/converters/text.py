"""Reading of text and JSON files for converters, with a message for each error."""

from pathlib import Path
from typing import (
    Any,
    Callable,
    Dict,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
    Type,
    TypeVar,
)

import srsly

from .record import Record
from .report import BROKEN_FILE, Report

BOM = "\ufeff"
NO_ANNOTATIONS = "text without an annotation file, kept without annotations"

Value = TypeVar("Value")
Lines = List[Tuple[int, str]]
Parse = Callable[[Dict[str, Any], Record, Path, Report], Optional[bool]]


def read_text(path: Path, report: Report) -> Optional[str]:
    """Read a file unchanged. A byte order mark and `\\r\\n` are kept, because offsets may count
    them.

    path (Path): A file in UTF-8.
    report (Report): Receives an error if the file cannot be read.
    RETURNS (Optional[str]): The text; None if it cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        report.lose(BROKEN_FILE, path, None, f"not UTF-8 (byte {error.start}), skipped")
    except OSError as error:
        report.lose(BROKEN_FILE, path, None, f"cannot be read ({error.strerror}), skipped")
    return None


def read_lines(path: Path, report: Report) -> Optional[Lines]:
    """Read the lines of a file, without blank lines, byte order mark and line breaks.

    path (Path): A file in UTF-8.
    report (Report): Receives an error if the file cannot be read.
    RETURNS (Optional[Lines]): Number (from 1) and text of each line; None if the file cannot be
        read.
    """
    text = read_text(path, report)
    if text is None:
        return None
    # Not str.splitlines, which also splits at characters that can occur within a text.
    lines = enumerate(text.removeprefix(BOM).split("\n"), start=1)
    return [(number, line.removesuffix("\r")) for number, line in lines if line.strip()]


def read_pair(text_path: Path, path: Path, report: Report) -> Optional[Tuple[str, Lines]]:
    """Read a text and the lines of its annotation file.

    text_path (Path): The file with the text.
    path (Path): The annotation file. If it does not exist, the document has no annotations.
    report (Report): Receives an error if a file is missing or cannot be read.
    RETURNS (Optional[Tuple[str, Lines]]): The unchanged text, for `fit_offsets`, and the lines;
        None if a file cannot be read.
    """
    if path.exists() and not text_path.exists():
        report.lose(BROKEN_FILE, path, None, f"its text {text_path.name} is missing")
        return None
    text = read_text(text_path, report)
    if text is None:
        return None
    if not path.exists():
        report.repair(NO_ANNOTATIONS)
        return text, []
    lines = read_lines(path, report)
    return None if lines is None else (text, lines)


def read_json_lines(path: Path, report: Report, parse: Parse) -> Iterator[Record]:
    """Read a file with one JSON object per line. Each object is a record.

    path (Path): The file.
    report (Report): Receives an error for each broken line.
    parse (Callable): Function that fills a record from a JSON object: text, annotations and, if
        present, the id. Any exception is reported as a broken line. If the function returns
        False, the record is left out.
    YIELDS (Record): The records. Unless `parse` sets the id, it is file name and line number.
    """
    for number, line in read_lines(path, report) or ():
        with report.guard(path, number):
            yield from _parse_record(srsly.json_loads(line), number, path, report, parse)


def read_json_list(path: Path, report: Report, parse: Parse) -> Iterator[Record]:
    """Read a file with a JSON list of objects. Each object is a record.

    path (Path): The file.
    report (Report): Receives an error for each broken element.
    parse (Callable): As in `read_json_lines`.
    YIELDS (Record): The records. Unless `parse` sets the id, it is file name and number (from 1).
    """
    text = read_text(path, report)
    if text is None:
        return
    try:
        entries = srsly.json_loads(text.removeprefix(BOM))
        if not isinstance(entries, list):
            raise ValueError(f"expected a list, got {type(entries).__name__}")
    except ValueError as error:
        report.lose(BROKEN_FILE, path, None, f"not a JSON list ({error}), skipped")
        return
    for number, entry in enumerate(entries, start=1):
        with report.guard(path, number):
            yield from _parse_record(entry, number, path, report, parse)


def _parse_record(
    entry: Any, number: int, path: Path, report: Report, parse: Parse
) -> Iterator[Record]:
    if not isinstance(entry, dict):
        raise ValueError(f"expected a JSON object, got {type(entry).__name__}")
    record = Record(f"{path.stem}-{number}", "", line=number)
    if parse(entry, record, path, report) is not False:
        yield record


def join_json(suffix: str, entries: Sequence[str]) -> str:
    """Join JSON objects to a JSON list, one object per line.

    suffix (str): The suffix of the file; not used.
    entries (Sequence[str]): The JSON of each object.
    RETURNS (str): The JSON of the list.
    """
    return "[\n" + ",\n".join(entries) + "\n]\n"


def join_lines(suffix: str, entries: Sequence[str]) -> str:
    """Join lines to the content of a file, one line per document.

    suffix (str): The suffix of the file; not used.
    entries (Sequence[str]): The lines, without line breaks.
    RETURNS (str): The content of the file.
    """
    return "".join(f"{entry}\n" for entry in entries)


def first_id(*values: Any) -> str:
    """Return the first document id that is not None.

    values (Any): Candidate ids; None if missing. The last id must not be None.
    RETURNS (str): The id.
    """
    return str(next(value for value in values if value is not None))


def get_field(
    entry: Dict[str, Any], name: str, type_: Type[Value], default: Optional[Value] = None
) -> Value:
    """Return a value of a JSON object and check its type.

    entry (Dict[str, Any]): The object.
    name (str): The key.
    type_ (Type[Value]): The expected type.
    default (Optional[Value]): Value to return if the value is missing or null. If None, the value
        is required.
    RETURNS (Value): The value.
    RAISES (ValueError): If a required value is missing, or a value has the wrong type.
    """
    if not isinstance(entry, dict):
        raise ValueError(f"expected a JSON object, got {entry!r}")
    if default is not None and entry.get(name) is None:
        return default
    if name not in entry:
        raise ValueError(f"has no {name!r}")
    value = entry[name]
    if type(value) is not type_:  # isinstance would accept bool as int
        raise ValueError(f"{name!r} must be {type_.__name__}, got {value!r}")
    return value
