"""The field of a task that has its text, and the regions that belong to it."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Set

from .addresses import is_address
from .texts import TaskText, Value, count_matches, is_uncertain, open_text, recorded_text, text_key

TEXT = "text"
NOT_TEXT = ("doc_id",)


@dataclass
class ChosenText:
    """The text of a task.

    field (str): The field of the data that has the text.
    text (TaskText): The text.
    objects (Set[Optional[str]]): The names of the objects of the labelling interface that show
        this text (`to_name` of a region).
    is_converted (bool): Whether the field has HTML, paragraphs or an address instead of the text.
    is_uncertain (bool): Whether the regions would have other places in UTF-16 code units.
    """

    field: str
    text: TaskText
    objects: Set[Optional[str]]
    is_converted: bool
    is_uncertain: bool


Regions = Mapping[Optional[str], List[Value]]
ReadFile = Callable[[str], Optional[str]]


def choose_text(
    data: Dict[str, Any],
    regions: Regions,
    pages: Set[Optional[str]],
    read_file: ReadFile,
    unit: Optional[str] = None,
) -> Optional[ChosenText]:
    """Choose the field that has the text: that of the regions if recorded texts or names show which
    one it is, else "text", else the only field with a text.

    A labelling interface can show several texts, and the export does not record which field a text
    object shows. Regions of other objects must not be placed in the text.

    data (Dict[str, Any]): The data of the task.
    regions (Mapping[Optional[str], List[Dict[str, Any]]]): The values of the regions, by the name
        of their object.
    pages (Set[Optional[str]]): The objects whose regions show that they are HTML.
    read_file (Callable[[str], Optional[str]]): Function that reads the file at an address. It
        returns None if the file cannot be read, and raises a ValueError if there is none.
    unit (Optional[str]): How offsets are counted, see `open_text`.
    RETURNS (Optional[ChosenText]): The text; None if its file cannot be read.
    RAISES (ValueError): If no field has a text, or its file is missing.
    """
    contents = {
        name: content
        for name, content in data.items()
        if name not in NOT_TEXT and (isinstance(content, str) or text_key(content))
    }
    addresses = {name for name in contents if _is_address(contents[name], regions)}
    shown = _shown_fields(contents, addresses, regions)
    field = _choose_field(contents, addresses, regions, shown)
    content = contents[field]
    if field in addresses:
        content = read_file(content)
        if content is None:
            return None
    objects = {name for name in regions if shown.get(name) == field}
    if not objects and len(regions) == 1 and not set(shown.values()) - {None, field}:
        objects = set(regions)
    values = [value for name in objects for value in regions[name]]
    text = open_text(content, values, is_page=bool(objects & pages), unit=unit)
    doubtful = unit is None and is_uncertain(text, content, values)
    return ChosenText(field, text, objects, text.text != data[field], doubtful)


def _is_address(content: Any, regions: Regions) -> bool:
    """Check whether a field has the address of the text. The text of the regions of an address is
    not recorded, or differs."""
    if not isinstance(content, str) or not is_address(content):
        return False
    values = [value for group in regions.values() for value in group]
    return not values or count_matches(open_text(content, values), values) < len(values)


def _shown_fields(
    contents: Dict[str, Any], addresses: Set[str], regions: Regions
) -> Dict[Optional[str], Optional[str]]:
    """Return the field that each object shows, or None if it is unknown."""
    shown: Dict[Optional[str], Optional[str]] = {}
    for name, values in regions.items():
        matches = {
            field: 0 if field in addresses else count_matches(open_text(content, values), values)
            for field, content in contents.items()
        }
        found = [field for field in contents if matches[field] or field == name]
        shown[name] = max(
            found,
            key=lambda field: (matches[field] > 0, field == name, matches[field], field == TEXT),
            default=None,
        )
    unknown = [name for name, field in shown.items() if field is None]
    rest = contents.keys() - set(shown.values())
    if len(unknown) == len(rest) == 1 and _may_show(unknown, regions):
        shown[unknown[0]] = rest.pop()
    return shown


def _may_show(names: List[Optional[str]], regions: Regions) -> bool:
    """Check that the regions of an object record no texts, which would have been found."""
    return all(recorded_text(value) is None for name in names for value in regions[name])


def _choose_field(
    contents: Dict[str, Any],
    addresses: Set[str],
    regions: Regions,
    shown: Dict[Optional[str], Optional[str]],
) -> str:
    counts: Counter = Counter()
    for name, field in shown.items():
        if field is not None and field not in addresses:
            counts[field] += len(regions[name])
    if TEXT in contents and (counts[TEXT] or not counts):
        return TEXT
    if counts:
        return counts.most_common(1)[0][0]
    texts = [field for field in contents if field not in addresses]
    for names in (texts, list(contents)):
        if len(names) == 1:
            return names[0]
    if not contents:
        raise ValueError(f"has no {TEXT!r} in 'data'")
    found = ", ".join(map(repr, contents))
    raise ValueError(f"has no {TEXT!r} in 'data'. Rename the field that has the text ({found})")


def group_regions(regions: List[Value]) -> Dict[Optional[str], List[Value]]:
    """Return the values of regions by the name of their object.

    regions (List[Dict[str, Any]]): The results with regions.
    RETURNS (Dict[Optional[str], List[Dict[str, Any]]]): The values, by `to_name`.
    """
    groups: Dict[Optional[str], List[Value]] = defaultdict(list)
    for region in regions:
        groups[object_name(region)].append(region["value"])
    return groups


def object_name(result: Value) -> Optional[str]:
    """Return the name of the object that a result belongs to.

    result (Dict[str, Any]): The result.
    RETURNS (Optional[str]): The name; None if it is missing.
    """
    name = result.get("to_name")
    return name if isinstance(name, str) else None
