"""Values of JSON objects: ids, scores, and fields that a format does not read."""

import re
from math import isfinite
from pathlib import Path
from typing import Any, Collection, Dict, List, Optional, Sequence, Tuple, Type, TypeVar

from .report import Report, show_value

BAD_SCORE = "score that is not a number from 0 to 1 not kept"
NOT_READ = "field with annotation not read"
METADATA = "metadata not kept"
# The largest number up to which floats represent each whole number.
MAX_NUMBER = 2**53
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.0*)?")
TYPE_NAMES: Dict[type, str] = {
    str: "a string",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}
# Names under which tools and corpora store annotation.
ANNOTATION_NAMES = {
    "annotation",
    "annotations",
    "completions",
    "entities",
    "label",
    "labels",
    "mentions",
    "ner",
    "ner_tags",
    "prediction",
    "predictions",
    "relations",
    "result",
    "result_list",
    "results",
    "spans",
    "spo_list",
    "tags",
    "triples",
}
# Names of fields that occur in one format only, and its name.
TELLTALE = {
    "originalText": "ccks2019",
    "spo_list": "cmeie",
    "spans": "prodigy",
    "orig_id": "spert",
    "completions": "label-studio",
    "predictions": "label-studio-predictions",
}

Value = TypeVar("Value")


def get_id(entry: Dict[str, Any], name: str) -> str:
    """Return an id of a JSON object: a string or a whole number.

    entry (Dict[str, Any]): The object.
    name (str): The key.
    RETURNS (str): The id. The id 2 is the same as "2" and 2.0.
    RAISES (ValueError): If the id is missing, empty, or of another type.
    """
    if not isinstance(entry, dict):
        raise ValueError(f"expected a JSON object, got {show_value(entry)}")
    value = entry.get(name)
    if isinstance(value, str) and value:
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int:  # isinstance would accept bool
        raise ValueError(f"{name!r} must be a string or a whole number, got {show_value(value)}")
    return str(value)


def get_names(entry: Dict[str, Any], name: str) -> Tuple[str, ...]:
    """Return the attributes of a mention in a JSON object.

    entry (Dict[str, Any]): The object.
    name (str): The key. Its value is a list of names, or an object of values by name, e.g.
        {"negated": true}.
    RETURNS (Tuple[str, ...]): The attributes, as in `Mention.attributes`; empty if there is no key.
    RAISES (ValueError): If the value is of another type.
    """
    value = entry.get(name)
    if value is None:
        return ()
    if isinstance(value, dict):
        pairs = [(key, item) for key, item in value.items() if not isinstance(item, (dict, list))]
        return tuple(key if item is None else f"{key}={item}" for key, item in pairs)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise ValueError(f"{name!r} must be a list of names, got {show_value(value)}")


def get_score(
    entry: Dict[str, Any],
    report: Report,
    path: Path,
    line: Optional[int] = None,
    *,
    name: str = "score",
    default: float = 1.0,
) -> float:
    """Return the score of a JSON object. A value that is not a number from 0 to 1 is reported, and
    the default is used.

    entry (Dict[str, Any]): The object.
    report (Report): Receives a loss for an invalid score.
    path (Path): The file, for messages.
    line (Optional[int]): The line in the file.
    name (str): The key.
    default (float): The score if the value is missing, null or invalid.
    RETURNS (float): The score, from 0 to 1.
    """
    value = entry.get(name)
    if value is None:
        return default
    try:
        score = float("nan") if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        score = float("nan")
    if isfinite(score) and 0 <= score <= 1:
        return score
    report.lose(BAD_SCORE, path, line, f"{name} {show_value(value)}")
    return default


def check_fields(
    entry: Dict[str, Any],
    known: Collection[str],
    annotated_by: Sequence[str],
    report: Report,
    path: Path,
    line: Optional[int] = None,
) -> None:
    """Report the fields of a JSON object that a format does not read.

    An object with annotation in unknown fields alone belongs to another format, and is refused. An
    object without any annotation, as in the test part of a published corpus, is counted as
    repaired.

    entry (Dict[str, Any]): The object.
    known (Collection[str]): The fields that the format reads or ignores on purpose.
    annotated_by (Sequence[str]): Those of them that hold annotation.
    report (Report): Receives a loss for each other field: with a message if it seems to hold
        annotation, else as metadata.
    path (Path): The file, for messages.
    line (Optional[int]): The line in the file.
    RAISES (ValueError): If only fields that the format does not read hold annotation.
    """
    others = [name for name in entry if name not in known]
    unread = [name for name in others if _holds_annotation(name, entry[name])]
    is_bare = all(entry.get(name) is None for name in annotated_by)
    if is_bare:  # an empty list of another format shows that the object belongs to it
        empty = (name for name in others if entry[name] in ([], {}))
        unread += [name for name in empty if name in TELLTALE]
    if unread and not any(entry.get(name) for name in annotated_by):
        expected = " or ".join(map(repr, annotated_by))
        names = ", ".join(map(repr, unread))
        raise ValueError(f"has no {expected}, but {names}. {_advice(entry, unread)}")
    if is_bare and annotated_by:
        report.repair(f"text without {annotated_by[0]!r}, kept without annotations")
    for name in unread:
        report.lose(NOT_READ, path, line, f"{name!r}. {_advice(entry, [name])}")
    report.lose(METADATA, count=len(others) - len(unread))


def _holds_annotation(name: str, value: Any) -> bool:
    """Check whether a field seems to hold annotation: by its name, or because it is a list of lists
    or of objects."""
    if name.lower() in ANNOTATION_NAMES:
        return bool(value)
    return isinstance(value, list) and any(isinstance(item, (list, dict)) for item in value)


def _advice(entry: Dict[str, Any], names: List[str]) -> str:
    """Return a hint at the format that stores annotation in these fields."""
    formats = sorted({TELLTALE[name] for name in names if name in TELLTALE})
    items = [item for name in names for item in _items(entry[name])]
    if any("start_offset" in item for item in items) or "label" in names:
        formats.append("doccano")
    if formats:
        return f"Is the format {' or '.join(formats)}?"
    return "Check the format"


def _items(value: Any) -> List[Dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def first_id(*values: Any) -> str:
    """Return the first document id that is not None.

    values (Any): Candidate ids; None if missing.
    RETURNS (str): The id; empty if all are missing. The id 2 is the same as "2" and 2.0.
    RAISES (ValueError): If the id is not a string or a number.
    """
    value = next((value for value in values if value is not None), "")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    is_number = type(value) is int or (isinstance(value, float) and isfinite(value))
    if not (is_number or isinstance(value, str)):
        raise ValueError(f"a document id must be a string or a number, got {show_value(value)}")
    return str(value)


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
        raise ValueError(f"{name!r} must be {TYPE_NAMES[type_]}, got {show_value(entry[name])}")
    return value


def get_label(entry: Dict[str, Any], name: str) -> str:
    """Return the label of a relation.

    entry (Dict[str, Any]): The object.
    name (str): The key.
    RETURNS (str): The label; empty if it is missing or null, for `--default-label`.
    RAISES (ValueError): If the value is not a string.
    """
    return get_field(entry, name, str, "")


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
