"""Drawing of a line of text with its mentions and arcs as SVG."""

from itertools import groupby
from typing import Dict, List, NamedTuple, Sequence, Set

from ..tokens.markup import escape_html
from .arcs import Wire, text_width
from .boxes import NEST, TEXT, BoxStyle, Rows, render_box, render_strike
from .layout import COLUMN, Glyph, Line

# Sizes in pixels.
SIDE = 6.0  # left and right margin
STEP = 18.0  # height of a level of arcs
BASELINE = 17.5  # distance of the text's baseline from the top of its box
ROUND = 5.0  # radius of an arc's corners
LABEL = 15.0  # height of an arc's label
# Zero-width characters, which are not drawn.
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"


class RelationStyle(NamedTuple):
    """How a relation is drawn.

    css_class (str): CSS classes besides "arc", "stub" and "label".
    note (str): The tooltip.
    """

    css_class: str
    note: str


class Style(NamedTuple):
    """Settings for all lines of a document.

    boxes (Sequence[BoxStyle]): How each mention and heading is drawn.
    relations (Sequence[RelationStyle]): How each relation is drawn.
    bold (Set[int]): Offsets of the characters that are bold: section headings.
    measured (Dict[int, int]): Index of the measurement that a character belongs to, by offset. They
        are underlined.
    columns (int): Width of a line, in columns.
    """

    boxes: Sequence[BoxStyle]
    relations: Sequence[RelationStyle]
    bold: Set[int]
    measured: Dict[int, int]
    columns: int


def svg_width(columns: int) -> float:
    """Return the width of the drawing of a line.

    columns (int): Width of the line, in columns.
    RETURNS (float): The width in pixels, including margins.
    """
    return columns * COLUMN + 2 * SIDE


def render_line(line: Line, wires: Sequence[Wire], style: Style) -> str:
    """Draw a line of text.

    line (Line): The text and its mentions.
    wires (Sequence[Wire]): The arcs and stubs over the line.
    style (Style): Settings of the document.
    RETURNS (str): An `svg` element.
    """
    arc_height = STEP * (1 + max((wire.level for wire in wires), default=-1))
    nested = max((box.level for box in line.boxes), default=0)
    top = arc_height + 2 + NEST * nested + (6 if wires else 0)
    rows = Rows(line.boxes, style.boxes)
    width, height = svg_width(style.columns), top + TEXT + rows.height + 3
    # Draw outer mentions first, so that they do not cover inner mentions.
    boxes = sorted(line.boxes, key=lambda box: -box.level)
    parts = [render_box(box, top, rows, style.boxes[box.mention]) for box in boxes]
    parts.extend(_underlines(line.glyphs, top + BASELINE + 4, style.measured))
    parts.append(_text(line.glyphs, top + BASELINE, style.bold))
    denied = [box for box in boxes if style.boxes[box.mention].is_denied]
    parts.extend(render_strike(box, top) for box in denied)
    parts.extend(_path(wire, arc_height, top, style) for wire in wires)
    # Draw labels after all paths, so that no path crosses a label.
    parts.extend(_label(wire, arc_height, style) for wire in wires)
    css_class = "line opens" if line.is_paragraph_start else "line"
    box = f"{-SIDE:g} 0 {width:g} {height:g}"
    size = f'viewBox="{box}" width="{width:g}" height="{height:g}"'
    # The script reduces the height when levels become empty. The alignment crops the top then.
    size += ' preserveAspectRatio="xMidYMax slice"'
    return f'<svg class="{css_class}" {size} data-step="{STEP:g}">{"".join(parts)}</svg>'


def _text(glyphs: Sequence[Glyph], y: float, bold: Set[int]) -> str:
    """Draw each character at its own position, so that boxes fit their text in every font."""
    spans: List[str] = []

    def look(glyph: Glyph) -> str:
        names = ("w" if glyph.columns == 2 else "", "bold" if glyph.offset in bold else "")
        return " ".join(filter(None, names))

    for css_class, run in groupby(glyphs, key=look):
        chars = [glyph for glyph in run if glyph.columns or glyph.char not in INVISIBLE]
        # SVG counts UTF-16 code units: a character above U+FFFF needs two positions.
        xs = " ".join(f"{g.x:g}" for g in chars for _ in range(1 + (ord(g.char) > 0xFFFF)))
        text = escape_html("".join("\u00a0" if g.char.isspace() else g.char for g in chars))
        attribute = f' class="{css_class}"' if css_class else ""
        spans.append(f'<tspan{attribute} x="{xs}">{text}</tspan>')
    return f'<text class="text" y="{y:g}">{"".join(spans)}</text>'


def _underlines(glyphs: Sequence[Glyph], y: float, measured: Dict[int, int]) -> List[str]:
    """Draw a line below each measurement."""
    lines = []
    for index, run in groupby(glyphs, key=lambda glyph: measured.get(glyph.offset)):
        if index is not None:
            part = list(run)
            left = part[0].x - part[0].columns * COLUMN / 2
            right = part[-1].x + part[-1].columns * COLUMN / 2
            lines.append(f'<path class="measured" d="M{left:g} {y:g}H{right:g}"/>')
    return lines


def _path(wire: Wire, arc_height: float, top: float, style: Style) -> str:
    """Draw the line of an arc or stub, with an arrowhead at the tail."""
    y = arc_height - STEP * wire.level - STEP / 2
    left, right = wire.feet[0], wire.feet[-1]
    ends = [top - NEST * foot.nesting - (1 if foot.is_tail else 0) for foot in wire.feet]
    if len(wire.feet) == 2:
        # A label that is wider than its arc is placed above it.
        y += 7 if right.x - left.x < text_width(wire.label) + 2 * ROUND else 0
        bend = min(ROUND, (right.x - left.x) / 2)
        line = (
            f"M{left.x:g} {ends[0]:g}V{y + bend:g}q0 {-bend:g} {bend:g} {-bend:g}"
            f"H{right.x - bend:g}q{bend:g} 0 {bend:g} {bend:g}V{ends[1]:g}"
        )
    elif abs(left.x - wire.label_x) < text_width(wire.label) / 2:
        line = f"M{left.x:g} {ends[0]:g}V{y + LABEL / 2:g}"  # vertical line up to the label
    else:
        line = f"M{left.x:g} {ends[0]:g}V{y:g}H{wire.label_x:g}"
    heads = "".join(
        f'<path class="tip" d="M{foot.x - 3.5:g} {end - 6:g}h7l-3.5 6z"/>'
        for foot, end in zip(wire.feet, ends)
        if foot.is_tail
    )
    return _group(wire, f'<path d="{line}"/>{heads}', style)


def _label(wire: Wire, arc_height: float, style: Style) -> str:
    """Draw the label of an arc or stub on a background that hides the line behind it."""
    y = arc_height - STEP * wire.level - STEP / 2
    width = text_width(wire.label)
    left, size = wire.label_x - width / 2, f'width="{width:g}" height="{LABEL:g}"'
    background = f'<rect x="{left:g}" y="{y - LABEL / 2:g}" {size}/>'
    text = f'<text x="{wire.label_x:g}" y="{y + 4:g}">{escape_html(wire.label)}</text>'
    return _group(wire, background + text, style, "label")


def _group(wire: Wire, content: str, style: Style, css_class: str = "") -> str:
    """Wrap a part of an arc or stub in a group with the attributes that the script reads."""
    css_class = css_class or ("arc" if len(wire.feet) == 2 else "stub")
    data = f'data-relation="{wire.relation}" data-level="{wire.level}"'
    of_relation = style.relations[wire.relation]
    title = f"<title>{escape_html(of_relation.note)}</title>"
    return f'<g class="{css_class} {of_relation.css_class}" {data}>{title}{content}</g>'
