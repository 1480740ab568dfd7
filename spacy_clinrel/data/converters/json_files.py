"""Reading of JSON files for converters: a list, one object per line, or objects one after the
other. A broken object costs one record, not the file."""

import json
import re
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from ...files import DecodedLine, decode_lines
from .fields import first_id
from .options import ReadOptions
from .record import Record
from .report import BROKEN_FILE, Report
from .text import read_content

# Python refuses to convert longer numbers to int.
MAX_DIGITS = 1000
# A string, complete or cut off at the end of the file, a bracket or a comma.
TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[\[\]{},]', re.DOTALL)
CLOSING = {"[": "]", "{": "}"}
NOT_CLOSED = "the list is not closed, so its end may be missing"

Parse = Callable[[Dict[str, Any], Record, Path, Report], Optional[bool]]
# Returns a value of a file, or raises the error that it causes.
Load = Callable[[], Any]


def read_json(
    path: Path,
    report: Report,
    options: ReadOptions,
    parse: Parse,
    unwrap: Optional[Callable[[Any], List[Any]]] = None,
) -> Iterator[Record]:
    """Read a file of JSON objects: a list, one object per line, or one or several objects. Each
    object is a record.

    path (Path): The file.
    report (Report): Receives an error for each broken line or element.
    options (ReadOptions): How the files are read.
    parse (Callable): Function that fills a record from a JSON object: text, annotations and, if
        present, the id. Any exception is reported as a broken line. If the function returns
        False, the record is left out.
    unwrap (Optional[Callable]): For files whose objects contain several records: function that
        returns the JSON objects of the records, given an object of the file.
    YIELDS (Record): The records. Unless `parse` or the options set the id, it is file name and line
        number or, in a list, the number of the element (from 1).
    """
    content = read_content(path, report, options)
    if content is None:
        return
    lines = [line for line in decode_lines(*content) if line.text.strip()]
    for number, load in _values(lines, path, report):
        with report.guard(path, number):
            items = [load()] if unwrap is None else unwrap(load())
            for position, item in enumerate(items, start=1):
                place = number if len(items) == 1 else position
                with report.guard(path, place):
                    record = _parse_record(item, place, path, report, options, parse)
                    if record is not None:
                        yield record


def join_json(suffix: str, entries: Sequence[str]) -> str:
    """Join JSON objects to a JSON list, one object per line.

    suffix (str): The suffix of the file; not used.
    entries (Sequence[str]): The JSON of each object.
    RETURNS (str): The JSON of the list.
    """
    return "[\n" + ",\n".join(entries) + "\n]\n"


def load_json(text: str) -> Any:
    """Parse JSON. NaN, Infinity and control characters in strings, which some tools write, are
    accepted.

    text (str): The JSON.
    RETURNS (Any): The value.
    RAISES (ValueError): If the text is not JSON, is nested too deeply, or an object has a key twice
        with different values, of which one would be lost.
    """
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error.msg} at character {error.pos + 1})") from error
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _load_object(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    entry = dict(pairs)
    if len(entry) < len(pairs):
        for name, value in pairs:
            if entry[name] != value:
                raise ValueError(f"the key {name[:40]!r} occurs twice with different values")
    return entry


def _load_int(digits: str) -> Any:
    return int(digits) if len(digits) <= MAX_DIGITS else float(digits)


_DECODER = json.JSONDecoder(object_pairs_hook=_load_object, parse_int=_load_int, strict=False)


def _values(lines: Sequence[DecodedLine], path: Path, report: Report) -> Iterator[Tuple[int, Load]]:
    """Yield the number of each value of a file, and the function that loads it."""
    if not lines:
        return
    is_list = lines[0].text.lstrip()[:1] == "["
    if not is_list and _is_object(lines[0].text):
        yield from _lines(lines)
        return
    text = "\n".join(line.text for line in lines)
    problem = next((line for line in lines if line.problem), None)
    try:
        if problem is not None:
            raise ValueError(problem.problem)
        whole = load_json(text)
    except ValueError as error:
        parts, is_closed = split_values(text)
        objects = [part for part in parts if part[0] == "{" and _is_object(part)]
        is_split = is_list or len(objects) == len(parts)
        if not is_split and any(_is_object(line.text) for line in lines):
            yield from _lines(lines)
        elif problem is not None or not objects:
            detail = f"{error}, skipped" if problem is None else str(error)
            report.lose(BROKEN_FILE, path, problem and problem.number, detail)
        else:
            for number, part in enumerate(parts, start=1):
                yield number, partial(load_json, part)
            if not is_closed:
                report.lose(BROKEN_FILE, path, None, NOT_CLOSED)
    else:
        entries = whole if isinstance(whole, list) else [whole]
        for number, entry in enumerate(entries, start=1):
            yield number, partial(_same, entry)


def _lines(lines: Sequence[DecodedLine]) -> Iterator[Tuple[int, Load]]:
    for line in lines:
        yield line.number, partial(_load_line, line)


def split_values(text: str) -> Tuple[List[str], bool]:
    """Split a JSON list, or JSON values one after the other, without parsing the values.

    text (str): The text, which need not be valid JSON.
    RETURNS (Tuple[List[str], bool]): The JSON of each value, and whether the list is closed.
    """
    outer = int(text.lstrip()[:1] == "[")
    parts: List[str] = []
    opened: List[str] = []
    start = 0
    for token in TOKEN.finditer(text):
        symbol = token[0]
        if symbol in "[{":
            opened.append(symbol)
            if len(opened) == outer:
                start = token.end()
        elif symbol in "]}" and opened and symbol == CLOSING[opened[-1]]:
            opened.pop()
            if len(opened) <= outer:
                parts.append(text[start : token.end() if len(opened) == outer else token.start()])
                start = token.end()
        elif symbol == "," and len(opened) == outer:
            parts.append(text[start : token.start()])
            start = token.end()
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()], not opened


def _load_line(line: DecodedLine) -> Any:
    if line.problem:
        raise ValueError(line.problem)
    return load_json(line.text)


def _same(entry: Any) -> Any:
    return entry


def _is_object(text: str) -> bool:
    try:
        return isinstance(load_json(text), dict)
    except ValueError:
        return False


def _parse_record(
    entry: Any, number: int, path: Path, report: Report, options: ReadOptions, parse: Parse
) -> Optional[Record]:
    if not isinstance(entry, dict):
        raise ValueError(f"expected a JSON object, got {type(entry).__name__}")
    record = Record("", "", line=number)
    if parse(entry, record, path, report) is False:
        return None
    if options.id_field is not None:
        record.doc_id = _field_at(entry, options.id_field)
    return record


def _field_at(entry: Dict[str, Any], names: str) -> str:
    """Return a nested field as a string, given the names separated by dots."""
    value: Any = entry
    for name in names.split("."):
        if not isinstance(value, dict) or value.get(name) is None:
            raise ValueError(f"the field {names!r} (--id-field) is missing")
        value = value[name]
    return first_id(value)
