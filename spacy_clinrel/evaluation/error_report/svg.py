"""Figures of matplotlib as SVG that stands within a page and takes its colours and fonts."""

import re
from io import StringIO
from typing import Any, Dict
from xml.etree import ElementTree

from .markup import Markup

# What plots are drawn in, and the page's variable that takes each one's place.
INK, SOFT, RULE, MAIN, SECOND = "#010203", "#020304", "#030405", "#040506", "#050607"
VARIABLES: Dict[str, str] = {
    INK: "var(--ink)",
    SOFT: "var(--soft)",
    RULE: "var(--rule)",
    MAIN: "var(--main)",
    SECOND: "var(--second)",
}
SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"
FONT = re.compile(r"font: (?:[a-z]+ )?([\d.]+px)[^;]*")
REFERENCE = re.compile(r"#(?=[A-Za-z])")


def inline_svg(figure: Any, name: str, label: str) -> Markup:
    """Write a figure as an element of a page.

    figure (Figure): matplotlib's figure, drawn in the colours above.
    name (str): A name that no other figure of the page has.
    label (str): What it shows, for those who do not see it.
    RETURNS (Markup): An `svg` element. Text stays text.
    """
    buffer = StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    root = ElementTree.fromstring(buffer.getvalue())
    view = root.get("viewBox", "")
    for node in list(root.iter()):
        for child in list(node):
            # A style sheet would reach the page, and the metadata names outside addresses.
            if child.tag in (f"{SVG}metadata", f"{SVG}style"):
                node.remove(child)
        _localize(node, name)
    root.attrib.clear()
    root.attrib.update({"viewBox": view, "role": "img", "aria-label": label})
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _localize(node: Any, name: str) -> None:
    """Give an element ids of its figure's own, and colours and fonts of the page."""
    node.tag = node.tag.removeprefix(SVG)
    if HREF in node.attrib:
        node.set("href", node.attrib.pop(HREF))
    for key, value in node.attrib.items():
        if key == "id":
            node.set(key, f"{name}-{value}")
        elif key == "href" or value.startswith("url("):
            node.set(key, REFERENCE.sub(f"#{name}-", value))
        elif key == "style":
            for color, variable in VARIABLES.items():
                value = value.replace(color, variable)
            node.set(key, FONT.sub(r"font-size: \1", value))
