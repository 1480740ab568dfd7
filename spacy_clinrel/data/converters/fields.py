"""Values of JSON objects: ids, scores, and fields that a format does not read."""

from math import isfinite
from pathlib import Path
from typing import Any, Collection, Dict, List, Optional

from .report import Report, show_value

BAD_SCORE = "score that is not a number from 0 to 1 not kept"
NOT_READ = "field with annotation not read"
METADATA = "metadata not kept"
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
    annotated_by: Collection[str],
    report: Report,
    path: Path,
    line: Optional[int] = None,
) -> None:
    """Report the fields of a JSON object that a format does not read.

    An object with annotation in unknown fields alone belongs to another format, and is refused.

    entry (Dict[str, Any]): The object.
    known (Collection[str]): The fields that the format reads or ignores on purpose.
    annotated_by (Collection[str]): Those of them that hold annotation.
    report (Report): Receives a loss for each other field: with a message if it seems to hold
        annotation, else as metadata.
    path (Path): The file, for messages.
    line (Optional[int]): The line in the file.
    RAISES (ValueError): If only fields that the format does not read hold annotation.
    """
    others = [name for name in entry if name not in known]
    unread = [name for name in others if _holds_annotation(name, entry[name])]
    if unread and not any(entry.get(name) for name in annotated_by):
        expected = " or ".join(map(repr, annotated_by))
        names = ", ".join(map(repr, unread))
        raise ValueError(f"has no {expected}, but {names}. {_advice(entry, unread)}")
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
