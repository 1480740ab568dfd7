"""Reading of text and JSON files for converters, with a message for each error."""

import re
from functools import partial
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

from ...files import (
    DecodedLine,
    Encoding,
    decode_lines,
    decode_text,
    encoding_doubt,
    existing_path,
    read_encoded,
)
from .options import ReadOptions
from .record import Record
from .report import BROKEN_FILE, BROKEN_LINE, Report, show_value

# The largest number up to which floats represent each whole number.
MAX_NUMBER = 2**53
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.0*)?")
DOUBTFUL_ENCODING = "encoding is doubtful"
NO_ANNOTATIONS = "text without an annotation file, kept without annotations"

Value = TypeVar("Value")
Lines = List[Tuple[int, str]]
Parse = Callable[[Dict[str, Any], Record, Path, Report], Optional[bool]]


def read_text(path: Path, report: Report, options: ReadOptions) -> Optional[str]:
    """Read a file unchanged. A byte order mark and `\\r\\n` are kept, because offsets may count
    them.

    path (Path): The file.
    report (Report): Receives an error if the file cannot be read.
    options (ReadOptions): How the files are read.
    RETURNS (Optional[str]): The text; None if it cannot be read.
    """
    content = _read_content(path, report, options)
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
    content = _read_content(path, report, options)
    if content is None:
        return None
    lines: Lines = []
    for number, line, problem in decode_lines(*content):
        if problem:
            report.lose(BROKEN_LINE, path, number, problem)
        elif line.strip():
            lines.append((number, line))
    return lines


def _read_content(
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


def read_json(
    path: Path,
    report: Report,
    options: ReadOptions,
    parse: Parse,
    unwrap: Optional[Callable[[Any], List[Any]]] = None,
) -> Iterator[Record]:
    """Read a file of JSON objects: a list, one object per line, or a single object. Each object is
    a record.

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
    content = _read_content(path, report, options)
    if content is None:
        return
    lines = [line for line in decode_lines(*content) if line.text.strip()]
    for number, entry in _json_entries(lines, path, report):
        with report.guard(path, number):
            items = [entry()] if unwrap is None else unwrap(entry())
            for position, item in enumerate(items, start=1):
                place = number if len(items) == 1 else position
                with report.guard(path, place):
                    record = _parse_record(item, place, path, report, options, parse)
                    if record is not None:
                        yield record


def _json_entries(
    lines: Sequence[DecodedLine], path: Path, report: Report
) -> Iterator[Tuple[int, Callable[[], Any]]]:
    """Yield the number of each object and a function that returns it or raises its error."""
    if not lines:
        return
    if lines[0].text.lstrip()[:1] == "[" or not _is_json(lines[0].text):
        problem = next((line for line in lines if line.problem), None)
        try:
            whole = srsly.json_loads("\n".join(line.text for line in lines))
            if problem is not None:
                raise ValueError("invalid line")
        except (ValueError, RecursionError) as error:
            if len(lines) == 1 or not any(_is_json(line.text) for line in lines[1:]):
                if problem is None:
                    report.lose(BROKEN_FILE, path, None, f"not JSON ({error}), skipped")
                else:
                    report.lose(BROKEN_FILE, path, problem.number, problem.problem or "")
                return
        else:
            entries = whole if isinstance(whole, list) else [whole]
            for number, entry in enumerate(entries, start=1):
                yield number, partial(_same, entry)
            return
    for line in lines:
        yield line.number, partial(_load_line, line)


def _load_line(line: DecodedLine) -> Any:
    if line.problem:
        raise ValueError(line.problem)
    return srsly.json_loads(line.text)


def _same(entry: Any) -> Any:
    return entry


def _is_json(line: str) -> bool:
    try:
        return isinstance(srsly.json_loads(line), dict)
    except (ValueError, RecursionError):
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
            raise ValueError(f"has no field {names!r} for its id")
        value = value[name]
    return first_id(value)


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

    values (Any): Candidate ids; None if missing.
    RETURNS (str): The id; empty if all are missing. The id 2 is the same as "2" and 2.0.
    RAISES (ValueError): If the id is not a string or a number.
    """
    value = next((value for value in values if value is not None), "")
    if isinstance(value, (dict, list)):
        raise ValueError(f"a document id must be a string or a number, got {show_value(value)}")
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def get_field(
    entry: Dict[str, Any], name: str, type_: Type[Value], default: Optional[Value] = None
) -> Value:
    """Return a value of a JSON object and check its type.

    entry (Dict[str, Any]): The object.
    name (str): The key.
    type_ (Type[Value]): The expected type. For int, 2.0 and "2" are read as 2.
    default (Optional[Value]): Value to return if the value is missing or null. If None, the value
        is required.
    RETURNS (Value): The value.
    RAISES (ValueError): If a required value is missing, or a value has the wrong type.
    """
    if not isinstance(entry, dict):
        raise ValueError(f"expected a JSON object, got {show_value(entry)}")
    if default is not None and entry.get(name) is None:
        return default
    if name not in entry:
        raise ValueError(f"has no {name!r}")
    value = entry[name]
    if type_ is int:
        value = whole_number(value)
    if type(value) is not type_:  # isinstance would accept bool as int
        expected = "a whole number" if type_ is int else type_.__name__
        raise ValueError(f"{name!r} must be {expected}, got {show_value(entry[name])}")
    return value


def get_annotations(entry: Dict[str, Any], name: str, report: Report) -> List[Any]:
    """Return the list of annotations of a JSON object, or no annotations for a text without them,
    as in the test part of a published corpus.

    entry (Dict[str, Any]): The object.
    name (str): The key of the list.
    report (Report): Counts a text without annotations as repaired.
    RETURNS (List[Any]): The annotations.
    RAISES (ValueError): If the value is not a list, or it is missing and another field may hold
        the annotation.
    """
    if entry.get(name) is not None:
        return get_field(entry, name, list)
    others = [key for key, value in entry.items() if isinstance(value, (dict, list))]
    if others:
        fields = ", ".join(map(repr, others))
        raise ValueError(f"has no {name!r}, but {fields}; check the format")
    report.repair(f"text without {name!r}, kept without annotations")
    return []


def whole_number(value: Any) -> Optional[int]:
    """Return a whole number that JSON stores as a number or a string, such as 2, 2.0 or "2".

    value (Any): The value.
    RETURNS (Optional[int]): The number; None if the value is anything else, or too large for the
        numbers of JavaScript.
    """
    if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is int and abs(value) <= MAX_NUMBER:
        return value
    return None
