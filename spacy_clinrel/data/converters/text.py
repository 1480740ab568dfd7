"""Reading files as converters need them: no line break changed, every fault named."""

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
    """Read a file as it stands: a byte order mark and `\\r\\n` are kept, as offsets may count them.

    path (Path): A file in UTF-8.
    report (Report): Names the file if it can't be read.
    RETURNS (Optional[str]): Its text, None if it can't be read.
    """
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        report.lose(BROKEN_FILE, path, None, f"not UTF-8 (byte {error.start}), skipped")
    except OSError as error:
        report.lose(BROKEN_FILE, path, None, f"can't be read ({error.strerror}), skipped")
    return None


def read_lines(path: Path, report: Report) -> Optional[Lines]:
    """Read a file's lines, blank ones left out, without byte order mark and line ends.

    path (Path): A file in UTF-8.
    report (Report): Names the file if it can't be read.
    RETURNS (Optional[Lines]): Number (from 1) and text of each, None if it can't be read.
    """
    text = read_text(path, report)
    if text is None:
        return None
    # Not str.splitlines, which also breaks at characters that may stand inside of a text.
    lines = enumerate(text.removeprefix(BOM).split("\n"), start=1)
    return [(number, line.removesuffix("\r")) for number, line in lines if line.strip()]


def read_pair(text_path: Path, path: Path, report: Report) -> Optional[Tuple[str, Lines]]:
    """Read a text and the lines of the file that annotates it.

    text_path (Path): The text.
    path (Path): The annotations. If there is no such file, the text counts as one without any.
    report (Report): Takes the faults.
    RETURNS (Optional[Tuple[str, Lines]]): Text (for `fit_offsets`) and lines, None if one of them
        can't be read.
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
    """Read a file with a JSON object a line, a record each.

    path (Path): The file.
    report (Report): Takes the faults.
    parse (Callable): Fills in text and annotations of a record from its object. A ValueError,
        KeyError or TypeError there makes it a broken line; if it returns False, the record is left
        out.
    YIELDS (Record): Named by the file and the line.
    """
    for number, line in read_lines(path, report) or ():
        with report.guard(path, number):
            yield from _record(srsly.json_loads(line), number, path, report, parse)


def read_json_list(path: Path, report: Report, parse: Parse) -> Iterator[Record]:
    """Read a file with a list of JSON objects, a record each. Messages count them from 1.

    path (Path): The file.
    report (Report): Takes the faults.
    parse (Callable): As `read_json_lines` has it.
    YIELDS (Record): Named by the file and the number.
    """
    text = read_text(path, report)
    if text is None:
        return
    try:
        entries = srsly.json_loads(text.removeprefix(BOM))
        if not isinstance(entries, list):
            raise ValueError(f"expected a list, got {type(entries).__name__}")
    except ValueError as error:
        report.lose(BROKEN_FILE, path, None, f"no list in JSON ({error}), skipped")
        return
    for number, entry in enumerate(entries, start=1):
        with report.guard(path, number):
            yield from _record(entry, number, path, report, parse)


def _record(entry: Any, number: int, path: Path, report: Report, parse: Parse) -> Iterator[Record]:
    if not isinstance(entry, dict):
        raise ValueError(f"expected a JSON object, got {type(entry).__name__}")
    record = Record(f"{path.stem}-{number}", "", line=number)
    if parse(entry, record, path, report) is not False:
        yield record


def join_json(suffix: str, entries: Sequence[str]) -> str:
    """Make the content of a file with a list.

    suffix (str): The file's suffix.
    entries (Sequence[str]): The elements as JSON.
    RETURNS (str): The list, an element a line.
    """
    return "[\n" + ",\n".join(entries) + "\n]\n"


def join_lines(suffix: str, entries: Sequence[str]) -> str:
    """Make the content of a file with a line for each document.

    suffix (str): The file's suffix.
    entries (Sequence[str]): The lines, without their ends.
    RETURNS (str): The content.
    """
    return "".join(f"{entry}\n" for entry in entries)


def first_name(*values: Any) -> str:
    """The first of several possible names of a document.

    values (Any): The names; None where there is none. The last must be one.
    RETURNS (str): The name.
    """
    return str(next(value for value in values if value is not None))


def field(
    entry: Dict[str, Any], name: str, kind: Type[Value], default: Optional[Value] = None
) -> Value:
    """A value of a JSON object, checked.

    entry (Dict[str, Any]): The object.
    name (str): The value's name.
    kind (Type[Value]): What it must be.
    default (Optional[Value]): Stands for one that is missing or null. None if there must be one.
    RETURNS (Value): The value.
    RAISES (ValueError): If it is missing or of another kind.
    """
    if not isinstance(entry, dict):
        raise ValueError(f"expected a JSON object, got {entry!r}")
    if default is not None and entry.get(name) is None:
        return default
    if name not in entry:
        raise ValueError(f"has no {name!r}")
    value = entry[name]
    if type(value) is not kind:  # a bool is an int for isinstance
        raise ValueError(f"{name!r} must be {kind.__name__}, got {value!r}")
    return value
