"""Reading files as converters need them: no line break changed, every fault named."""

from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple, Type, TypeVar

import srsly

from .record import Record
from .report import BROKEN_FILE, Report

BOM = "\ufeff"
NO_ANNOTATIONS = "text without an annotation file, kept without annotations"

Value = TypeVar("Value")
Lines = List[Tuple[int, str]]


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


def read_json_lines(
    path: Path, report: Report, parse: Callable[[Dict[str, Any], Record, Path, Report], None]
) -> Iterator[Record]:
    """Read a file with a JSON object a line, a record each.

    path (Path): The file.
    report (Report): Takes the faults.
    parse (Callable): Fills in text and annotations of a record from its object. A ValueError,
        KeyError or TypeError there makes it a broken line.
    YIELDS (Record): Named by the file and the line.
    """
    for number, line in read_lines(path, report) or ():
        with report.guard(path, number):
            entry = srsly.json_loads(line)
            if not isinstance(entry, dict):
                raise ValueError(f"expected a JSON object, got {type(entry).__name__}")
            record = Record(f"{path.stem}-{number}", "", line=number)
            parse(entry, record, path, report)
            yield record


def field(entry: Dict[str, Any], name: str, kind: Type[Value]) -> Value:
    """A value of a JSON object, checked.

    entry (Dict[str, Any]): The object.
    name (str): The value's name.
    kind (Type[Value]): What it must be.
    RETURNS (Value): The value.
    RAISES (ValueError): If it is missing or of another kind.
    """
    if not isinstance(entry, dict):
        raise ValueError(f"expected a JSON object, got {entry!r}")
    if name not in entry:
        raise ValueError(f"has no {name!r}")
    value = entry[name]
    if type(value) is not kind:  # a bool is an int for isinstance
        raise ValueError(f"{name!r} must be {kind.__name__}, got {value!r}")
    return value
