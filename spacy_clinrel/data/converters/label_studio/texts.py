"""The text of a task: plain, the text of HTML, or the paragraphs of a dialogue.

Each class has the `text` of the document and a method that returns the place of a region in it.
"""

from functools import partial
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, Union

from .. import from_utf16, get_field
from ..report import show_value
from .html import Node, Page, is_html, parse_page

Value = Dict[str, Any]
Place = Tuple[int, int]


class PlainText:
    """A text whose regions have offsets.

    text (str): The text.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def place(self, value: Value) -> Place:
        """Return the start and the end of a region.

        value (Dict[str, Any]): The value of the region.
        RETURNS (Tuple[int, int]): The offsets, as recorded.
        RAISES (ValueError): If an offset is missing or not a whole number.
        """
        return get_field(value, "start", int), get_field(value, "end", int)


class PageText:
    """The text of HTML, whose regions have global offsets, or XPaths with offsets in text nodes.

    nodes (List[Node]): The nodes of the page.
    by_path (bool): Prefer XPaths to global offsets.
    with_head (bool): Whether the head of the page is counted, see `Page`.
    in_utf16 (bool): Whether offsets count UTF-16 code units, see `Page`.
    """

    def __init__(
        self, nodes: List[Node], *, by_path: bool, with_head: bool, in_utf16: bool
    ) -> None:
        self.page = Page(nodes, with_head=with_head, in_utf16=in_utf16)
        self.text = self.page.text
        self.by_path = by_path

    def place(self, value: Value) -> Place:
        """Return the start and the end of a region.

        value (Dict[str, Any]): The value of the region.
        RETURNS (Tuple[int, int]): The offsets in characters of the text.
        RAISES (ValueError): If the place is missing or is not in the text.
        """
        by_path, by_offsets = self._by_path(value), self._by_offsets(value)
        found = by_path or by_offsets if self.by_path else by_offsets or by_path
        if found is None:
            raise ValueError(f"its text has no place {show_value(value.get('start'))}")
        return self.page.locate(*found)

    def _by_offsets(self, value: Value) -> Optional[Place]:
        offsets = value.get("globalOffsets")
        if not isinstance(offsets, dict):
            if is_path(value.get("start")):
                return None
            offsets = value
        return get_field(offsets, "start", int), get_field(offsets, "end", int)

    def _by_path(self, value: Value) -> Optional[Place]:
        ends = []
        for side in ("start", "end"):
            path = value.get(side)
            if not isinstance(path, str) or value.get(f"{side}Offset") is None:
                return None
            offset = self.page.find(path, get_field(value, f"{side}Offset", int))
            if offset is None:
                return None
            ends.append(offset)
        return ends[0], ends[1]


class Dialogue:
    """The paragraphs of a dialogue, whose regions have numbers of paragraphs and offsets in them.
    The text is that of the paragraphs, one per line.

    paragraphs (Sequence[str]): The text of each paragraph.
    key (str): The key of the texts.
    in_utf16 (bool): Whether offsets count UTF-16 code units.
    """

    def __init__(self, paragraphs: Sequence[str], key: str, *, in_utf16: bool) -> None:
        self.key = key
        self.text = "\n".join(paragraphs)
        self.starts: List[int] = []
        self.units: List[List[int]] = []
        start = 0
        for paragraph in paragraphs:
            self.starts.append(start)
            start += len(paragraph) + 1
            every = list(range(len(paragraph) + 1))
            self.units.append(from_utf16(paragraph) if in_utf16 else every)

    def place(self, value: Value) -> Place:
        """Return the start and the end of a region.

        value (Dict[str, Any]): The value of the region.
        RETURNS (Tuple[int, int]): The offsets in characters of the text.
        RAISES (ValueError): If the place is missing or is not in a paragraph.
        """
        ends = []
        for side in ("start", "end"):
            number = int(value[side]) if isinstance(value.get(side), str) else None
            number = get_field(value, side, int) if number is None else number
            offset = get_field(value, f"{side}Offset", int)
            units = self.units[number] if 0 <= number < len(self.units) else []
            if not 0 <= offset < len(units) or units[offset] < 0:
                raise ValueError(f"offset {offset} is not in the paragraph {number}")
            ends.append(self.starts[number] + units[offset])
        return ends[0], ends[1]


TaskText = Union[PlainText, PageText, Dialogue]


def is_path(value: Any) -> bool:
    """Return whether a place is an XPath, as in HTML.

    value (Any): The start or end of a region.
    RETURNS (bool): Whether it is an XPath.
    """
    return isinstance(value, str) and "/" in value


def open_text(
    content: Any, values: Sequence[Value], *, is_page: bool = False, unit: Optional[str] = None
) -> TaskText:
    """Return the text of a field, read in the way that fits most of the recorded texts of regions.

    content (Any): The content of the field, a string or a list of paragraphs.
    values (Sequence[Dict[str, Any]]): The values of the regions.
    is_page (bool): Whether the regions show that the content is HTML.
    unit (Optional[str]): How offsets are counted in HTML and dialogues. None decides between
        characters and UTF-16 code units.
    RETURNS (TaskText): The text.
    """
    in_utf16 = (False, True) if unit is None else ("utf-16" in unit.lower(),)
    if isinstance(content, list):
        return _best(_dialogues(content, in_utf16), values)
    is_page = is_page or any(is_path(value.get("start")) for value in values)
    if is_page or (not values and is_html(content)):
        return _best(_pages(content, in_utf16), values)
    return PlainText(content)


def is_uncertain(text: TaskText, content: Any, values: Sequence[Value]) -> bool:
    """Return whether offsets of HTML or of a dialogue would give other mentions in UTF-16 code
    units, and no recorded text decides.

    text (TaskText): The text from `open_text`.
    content (Any): The content of its field.
    values (Sequence[Dict[str, Any]]): The values of the regions.
    RETURNS (bool): Whether the places of the regions are uncertain.
    """
    if isinstance(text, PlainText) or any(recorded_text(value) is not None for value in values):
        return False
    if all(char <= "\uffff" for char in text.text):
        return False
    other = open_text(content, values, is_page=isinstance(text, PageText), unit="utf-16")
    return any(_place(text, value) != _place(other, value) for value in values)


def count_matches(text: TaskText, values: Iterable[Value]) -> int:
    """Return the number of regions whose recorded text is that at their place.

    text (TaskText): The text.
    values (Iterable[Dict[str, Any]]): The values of the regions.
    RETURNS (int): The number of regions.
    """
    return sum(_matches(text, value) for value in values)


def recorded_text(value: Value) -> Optional[str]:
    """Return the text that a region records.

    value (Dict[str, Any]): The value of the region.
    RETURNS (Optional[str]): The text; None if there is none. Line breaks are recorded as `\\n`.
    """
    recorded = value.get("text")
    return recorded.replace("\\n", "\n") if isinstance(recorded, str) else None


def text_key(paragraphs: Any) -> List[str]:
    """Return the keys of paragraphs that may have their text, the most likely one first.

    paragraphs (Any): The content of a field.
    RETURNS (List[str]): The keys; empty if the content is not a list of paragraphs.
    """
    if not isinstance(paragraphs, list) or not all(isinstance(item, dict) for item in paragraphs):
        return []
    lengths: Dict[str, int] = {}
    for paragraph in paragraphs:
        for key, value in paragraph.items():
            if isinstance(value, str):
                lengths[key] = lengths.get(key, 0) + len(value)
    return sorted(lengths, key=lambda key: (key != "text", -lengths[key]))


def _best(readings: Iterable[Callable[[], TaskText]], values: Sequence[Value]) -> TaskText:
    """Return the first reading that fits all recorded texts, else the first of those that fit most
    of them."""
    n_recorded = sum(recorded_text(value) is not None for value in values)
    best: Optional[TaskText] = None
    most = -1
    for reading in readings:
        text = reading()
        matches = count_matches(text, values)
        if matches > most:
            best, most = text, matches
        if matches == n_recorded:
            break
    if best is None:
        raise ValueError("its list has no paragraphs with a text")
    return best


def _pages(html: str, units: Sequence[bool]) -> Iterator[Callable[[], TaskText]]:
    nodes = parse_page(html)
    for with_head in (False, True):
        for in_utf16 in units:
            for by_path in (False, True):
                yield partial(
                    PageText, nodes, by_path=by_path, with_head=with_head, in_utf16=in_utf16
                )


def _dialogues(paragraphs: List[Any], units: Sequence[bool]) -> Iterator[Callable[[], TaskText]]:
    for key in text_key(paragraphs):
        texts = [paragraph.get(key) for paragraph in paragraphs]
        texts = [text if isinstance(text, str) else "" for text in texts]
        for in_utf16 in units:
            yield partial(Dialogue, texts, key, in_utf16=in_utf16)


def _matches(text: TaskText, value: Value) -> bool:
    recorded, place = recorded_text(value), _place(text, value)
    if recorded is None or place is None:
        return False
    found = text.text[max(place[0], 0) : max(place[1], 0)]
    return "".join(found.split()) == "".join(recorded.split())


def _place(text: TaskText, value: Value) -> Optional[Place]:
    try:
        return text.place(value)
    except ValueError:
        return None
