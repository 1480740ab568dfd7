"""Drawing of mentions as SVG: boxes with a type and badges, and marks on denied text."""

from typing import Dict, List, NamedTuple, Optional, Sequence

from ..tokens.markup import escape_html
from .layout import MAX_LABEL, SMALL, Box, Frame, count_columns, shorten

# Sizes in pixels.
TEXT = 24.0  # height of a line of text with its box
NEST = 3.0  # distance that a box extends above the boxes inside it
SMALL_ROW = 11.0  # height of a row of type names
BADGE_ROW = 14.0  # height of a row of badges
BADGE = 12.0  # height of a badge
BADGE_GAP = 2.0  # distance between two badges
NARROW, WIDE = 6.2, 9.7  # width of a bold character in a badge: narrow, CJK
MAX_HEADING = 24  # maximum width of the name below a heading, in columns


class Badge(NamedTuple):
    """A short text in a small frame below a mention.

    text (str): The text.
    css_class (str): "mark" for an assertion attribute, "value" for a value or dose.
    """

    text: str
    css_class: str

    @property
    def width(self) -> float:
        """Return the estimated width in pixels."""
        return sum((0.0, NARROW, WIDE)[columns] for columns in count_columns(self.text)) + 7


class BoxStyle(NamedTuple):
    """How a mention or a section heading is drawn.

    name (str): The text below it.
    note (str): The tooltip.
    css_class (str): CSS classes.
    badges (Sequence[Badge]): The badges below the name.
    is_heading (bool): Whether this is a heading, which has no frame.
    is_denied (bool): Whether the text is struck through.
    data (Dict[str, str]): Data attributes for the script.
    """

    name: str
    note: str
    css_class: str
    badges: Sequence[Badge] = ()
    is_heading: bool = False
    is_denied: bool = False
    data: Optional[Dict[str, str]] = None


def measure_badges(badges: Sequence[Badge]) -> float:
    """Return the width that a box needs for its badges.

    badges (Sequence[Badge]): The badges.
    RETURNS (float): The width in pixels; 0 without badges.
    """
    if not badges:
        return 0.0
    return sum(badge.width for badge in badges) + BADGE_GAP * (len(badges) - 1) + 6


def make_frame(style: BoxStyle) -> Frame:
    """Return how a mention or heading widens the text.

    style (BoxStyle): How it is drawn.
    RETURNS (Frame): The minimum width.
    """
    if style.is_heading:
        return Frame(sum(count_columns(shorten(style.name, MAX_HEADING))) * NARROW, True)
    return Frame(measure_badges(style.badges))


def fit_badges(badges: Sequence[Badge], width: float) -> List[Badge]:
    """Return the first badges that fit in a width. The others are only in the tooltip.

    badges (Sequence[Badge]): The badges.
    width (float): The maximum width in pixels.
    RETURNS (List[Badge]): The badges that fit.
    """
    kept = list(badges)
    while kept and measure_badges(kept) > width:
        kept.pop()
    return kept


class Rows:
    """Heights of the rows below a line of text. Each nesting level has a row of names, and a row of
    badges if a mention of this level has any.
    """

    def __init__(self, boxes: Sequence[Box], styles: Sequence[BoxStyle]) -> None:
        """Compute the heights.

        boxes (Sequence[Box]): The boxes on the line.
        styles (Sequence[BoxStyle]): The style of each mention.
        """
        self.tops = [0.0]
        for level in range(1 + max((box.level for box in boxes), default=-1)):
            here = [styles[box.mention] for box in boxes if box.level == level and box.is_start]
            height = SMALL_ROW + (BADGE_ROW if any(style.badges for style in here) else 0.0)
            self.tops.append(self.tops[-1] + height)

    @property
    def height(self) -> float:
        """Return the height of all rows in pixels."""
        return self.tops[-1]


def render_box(box: Box, top: float, rows: Rows, style: BoxStyle) -> str:
    """Draw the box of a mention, and its type and badges if the mention starts on this line.

    box (Box): The box.
    top (float): The top of the text, in pixels.
    rows (Rows): The rows of the line.
    style (BoxStyle): The style of the mention.
    RETURNS (str): A `g` element.
    """
    y = top - NEST * box.level
    below = SMALL_ROW + (BADGE_ROW if style.badges else 0.0)
    height = TEXT + NEST * box.level + rows.tops[box.level] + below
    left, width = box.left + 0.75, box.right - box.left - 1.5
    parts = [f"<title>{escape_html(style.note)}</title>"]
    if not style.is_heading:
        parts.append(f'<rect x="{left:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="4"/>')
    if box.is_start:
        middle, base = (box.left + box.right) / 2, top + TEXT + rows.tops[box.level]
        least = MAX_HEADING if style.is_heading else MAX_LABEL
        short = shorten(style.name, max(least, int((width - 4) / SMALL)))
        x = box.left if style.is_heading else middle
        parts.append(f'<text x="{x:g}" y="{base + 7.5:g}">{escape_html(short)}</text>')
        parts.extend(_badges(style.badges, middle, base + SMALL_ROW))
    data = {"data-mention": str(box.mention), **(style.data or {})}
    if style.is_heading:
        data = {}
    attributes = "".join(f' {key}="{escape_html(value)}"' for key, value in data.items())
    return f'<g class="{style.css_class}"{attributes}>{"".join(parts)}</g>'


def _badges(badges: Sequence[Badge], middle: float, top: float) -> List[str]:
    """Draw badges side by side around a middle."""
    parts = []
    x = middle - (measure_badges(badges) - 6) / 2
    for badge in badges:
        parts.append(
            f'<rect class="{badge.css_class}" x="{x:g}" y="{top:g}" width="{badge.width:g}"'
            f' height="{BADGE:g}" rx="3"/>'
            f'<text class="{badge.css_class}" x="{x + badge.width / 2:g}" y="{top + 9:g}">'
            f"{escape_html(badge.text)}</text>"
        )
        x += badge.width + BADGE_GAP
    return parts


def render_strike(box: Box, top: float) -> str:
    """Draw a line through the text of a denied mention, and a veil that makes the text grey.

    box (Box): The box.
    top (float): The top of the text, in pixels.
    RETURNS (str): A `g` element, which must follow the text.
    """
    left, right, middle = box.left + 3, box.right - 3, top + TEXT / 2
    return (
        f'<g class="strike" data-mention="{box.mention}">'
        f'<rect x="{left:g}" y="{top + 2:g}" width="{right - left:g}" height="{TEXT - 4:g}"/>'
        f'<path d="M{left:g} {middle:g}H{right:g}"/></g>'
    )
