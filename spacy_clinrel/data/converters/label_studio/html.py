"""The text of HTML as a browser has it, and positions in that text by global offset or XPath.

Label Studio counts a region of a HyperText object in the text nodes of the page, with one character
for a `<br>`. The text of a document also has a line break between blocks such as paragraphs and
table cells, so that their words stay apart.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Dict, List, NamedTuple, Optional, Tuple

from .. import from_utf16

VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
    ]
)
# Label Studio removes these elements with their text.
REMOVED = frozenset(["script", "textarea", "option", "noscript", "iframe"])
# Elements whose text is counted but not displayed.
HIDDEN = frozenset(("style", "title"))
IN_HEAD = HIDDEN | REMOVED | {"meta", "link", "base"}
# Elements that are not part of a path, because they are the root or browsers add them.
TRANSPARENT = frozenset(["html", "head", "body", "tbody"])
INLINE = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
        "label",
        "mark",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
    ]
)
# Browsers do not nest elements deeper either.
MAX_DEPTH = 512
# Elements that a start tag ends, because their end tag may be omitted.
_CELLS = frozenset(("td", "th"))
_ENDED_BY = {
    "li": frozenset(("li",)),
    "tr": _CELLS | {"tr"},
    "td": _CELLS,
    "th": _CELLS,
    "dt": frozenset(("dt", "dd")),
    "dd": frozenset(("dt", "dd")),
}
_TAGS = re.compile(r"\s*<(!doctype|[a-z][a-z0-9]*)\b[^<>]*>.*>\s*", re.DOTALL | re.IGNORECASE)
_HIDDEN_STEPS = re.compile(r"/(?:html|head|body|tbody)(?:\[\d+\])?(?=/|$)")
_STEP = re.compile(r"(?<=[\w)])(?=/|$)")


def is_html(text: str) -> bool:
    """Return whether a text begins and ends with tags.

    text (str): The text.
    RETURNS (bool): Whether it looks like HTML.
    """
    return _TAGS.fullmatch(text) is not None


class Node(NamedTuple):
    """A part of a page.

    text (str): The text of a text node, a line break for `<br>`, or empty for a boundary of blocks.
    path (str): The XPath of a text node.
    is_displayed (bool): Whether the text is displayed.
    in_head (bool): Whether it is in the head of the page.
    """

    text: str
    path: str = ""
    is_displayed: bool = True
    in_head: bool = False


@dataclass
class _Element:
    tag: str
    path: str
    children: Counter = field(default_factory=Counter)


class _PageParser(HTMLParser):
    """Collect the nodes of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.nodes: List[Node] = []
        self.open = [_Element("", "")]
        self.text: List[str] = []
        self.in_head = True

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        self.end_text()
        if tag in TRANSPARENT:
            self.in_head = self.in_head and tag != "body"
            self.nodes.append(Node(""))
            return
        if tag not in IN_HEAD:
            self.in_head = False
        ended = _ENDED_BY.get(tag, frozenset() if tag in INLINE else frozenset(("p",)))
        while self.open[-1].tag in ended:
            self.open.pop()
        parent = self.open[-1]
        parent.children[tag] += 1
        if tag not in INLINE:
            self.nodes.append(Node("\n" if tag == "br" else ""))
        if tag not in VOID and len(self.open) < MAX_DEPTH:
            self.open.append(_Element(tag, f"{parent.path}/{tag}[{parent.children[tag]}]"))

    def handle_startendtag(self, tag: str, attrs: List[Tuple[str, Optional[str]]]) -> None:
        # As in browsers, the slash has no meaning.
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self.end_text()
        if tag not in INLINE:
            self.nodes.append(Node(""))
        if tag == "head":
            self.in_head = False
        if tag not in TRANSPARENT and any(element.tag == tag for element in self.open):
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def end_text(self) -> None:
        """Add the text since the last tag as a node."""
        text = "".join(self.text)
        self.text.clear()
        tags = {element.tag for element in self.open}
        if not text or tags & REMOVED:
            return
        parent = self.open[-1]
        parent.children["text()"] += 1
        path = f"{parent.path}/text()[{parent.children['text()']}]"
        if tags & HIDDEN:
            self.nodes.append(Node(text, path, False, self.in_head))
            return
        if self.in_head:
            # The body of a page without <body> begins with the first character of a word.
            stripped = text.lstrip()
            self.nodes.append(Node(text[: len(text) - len(stripped)], path, True, True))
            text = stripped
        if text:
            self.in_head = False
            self.nodes.append(Node(text, path))


def parse_page(html: str) -> List[Node]:
    """Return the text nodes, line breaks and boundaries of blocks of a page, in order.

    html (str): The HTML.
    RETURNS (List[Node]): The nodes.
    """
    parser = _PageParser()
    html = html.replace("\r\n", "\n").replace("\r", "\n")
    # No tag ends in the rest. The parser would search it for the end of each tag again.
    n_tagged = html.rfind(">") + 1
    parser.feed(html[:n_tagged])
    parser.close()
    parser.handle_data(unescape(html[n_tagged:]))
    parser.end_text()
    return parser.nodes


class Page:
    """The text of a page, and positions in it.

    nodes (List[Node]): The nodes of the page.
    with_head (bool): Whether the head and white space before the first text are counted. They are
        if Label Studio shows the page within its own page (`inline="true"`).
    in_utf16 (bool): Whether offsets count UTF-16 code units, as older versions do.
    """

    def __init__(self, nodes: List[Node], *, with_head: bool, in_utf16: bool) -> None:
        counted: List[str] = []
        shown: List[str] = []
        self.starts: List[int] = []
        self.ends: List[int] = []
        self.paths: Dict[str, Tuple[int, str]] = {}
        needs_break = False
        for node in nodes:
            text = "" if node.in_head and not with_head else node.text
            if node.path:
                start, before = self.paths.get(node.path, (len(counted), ""))
                self.paths[node.path] = (start, before + text)
            elif not text:
                needs_break = True
            for char in text:
                if needs_break and node.is_displayed:
                    if shown and not shown[-1].isspace() and not char.isspace():
                        shown.append("\n")
                    needs_break = False
                self.starts.append(len(shown))
                if node.is_displayed:
                    shown.append(char)
                self.ends.append(len(shown))
            counted += text
        self.text = "".join(shown)
        self.units = from_utf16("".join(counted)) if in_utf16 else None

    def locate(self, start: int, end: int) -> Tuple[int, int]:
        """Return the offsets in `text` for global offsets.

        start (int): Offset of the first character.
        end (int): Offset after the last character.
        RETURNS (Tuple[int, int]): The offsets in characters.
        RAISES (ValueError): If the offsets are outside the text or within a character.
        """
        first, last = (_to_characters(offset, self.units) for offset in (start, end))
        if not 0 <= first < last <= len(self.starts):
            raise ValueError(f"offsets {start}–{end} are outside the text of the HTML")
        return self.starts[first], self.ends[last - 1]

    def find(self, path: str, offset: int) -> Optional[int]:
        """Return the global offset of a place in a text node.

        path (str): The XPath of the node.
        offset (int): The offset in the node.
        RETURNS (Optional[int]): The global offset; None if there is no such node.
        """
        path = _STEP.sub("[1]", _HIDDEN_STEPS.sub("", path))
        start, text = self.paths.get(path, (0, ""))
        if self.units is None:
            return start + offset if text and 0 <= offset <= len(text) else None
        if not text or not 0 <= offset < len(from_utf16(text)):
            return None
        return self.units.index(start) + offset


def _to_characters(offset: int, units: Optional[List[int]]) -> int:
    if units is None:
        return offset
    return units[offset] if 0 <= offset < len(units) else -1
