"""Layout of a text in lines of a fixed width: positions of characters and mentions.

Text cannot be measured without a browser, so characters are placed on a grid: a narrow character
takes one column, a CJK character two. Mentions are padded at both ends. The padding is wider if the
type is longer than the text.
"""

import unicodedata
from itertools import groupby
from math import ceil
from typing import Iterator, List, NamedTuple, Sequence, Tuple

COLUMN = 8.0  # width of a column in pixels
TAB = 8 * COLUMN  # distance of tab stops, so that the columns of a table are aligned
PADDING = 3.5  # pixels at each end of a mention
# Width of a narrow character in the name of a type, in pixels. A CJK character is twice as wide.
SMALL = 6.4
MAX_LABEL = 12  # maximum width of the name of a type, in columns
# Characters that cannot start a line, and characters that cannot end a line.
NO_START = "，。；：、！？）】》〉」』”’…·%％℃°‰,.;:!?)]}>"
NO_END = "（【《〈「『“‘([{<"
BREAK = "↵"
# Line breaks. They are replaced by single characters, so that offsets stay valid.
BREAKS = dict.fromkeys(map(ord, "\r\x0b\x0c\x85\u2028\u2029"), "\n")


class Glyph(NamedTuple):
    """A character on a line.

    char (str): The character.
    x (float): Position of the middle, in pixels.
    columns (int): Width: 2 for CJK characters, 0 for combining marks, 1 for all others.
    offset (int): Index of the character in the text.
    """

    char: str
    x: float
    columns: int
    offset: int


class Box(NamedTuple):
    """The part of a mention that is on a line.

    mention (int): Index of the mention.
    left (float): Left edge, in pixels.
    right (float): Right edge, in pixels.
    level (int): Level of the mention, see `nesting_levels`.
    is_start (bool): Whether the mention begins on this line.
    """

    mention: int
    left: float
    right: float
    level: int
    is_start: bool


class Line(NamedTuple):
    """A line of text.

    glyphs (List[Glyph]): The characters of the line.
    boxes (List[Box]): The boxes of the mentions on the line.
    is_paragraph_start (bool): Whether the line is the first of a paragraph.
    """

    glyphs: List[Glyph]
    boxes: List[Box]
    is_paragraph_start: bool


class Frame(NamedTuple):
    """What is drawn around or below a mention and widens the text.

    width (float): Minimum width of the mention, in pixels.
    is_left_aligned (bool): Whether to add space only after the text, and no padding: for headings.
    """

    width: float = 0.0
    is_left_aligned: bool = False


# First character, character after the last, type
Bounds = Tuple[int, int, str]


def count_columns(text: str) -> List[int]:
    """Return the width of each character.

    text (str): The text. If it has CJK characters, characters with ambiguous width in Unicode, such
        as ℃ and ×, count as wide, because they are drawn with the CJK font.
    RETURNS (List[int]): Width of each character in columns: 0, 1 or 2.
    """
    widths = [unicodedata.east_asian_width(char) for char in text]
    categories = [unicodedata.category(char) for char in text]
    has_cjk = "W" in widths

    def columns(width: str, category: str) -> int:
        if category in ("Mn", "Me", "Cf"):
            return 0
        return 2 if width in "WF" or (has_cjk and width == "A" and category[0] != "L") else 1

    return [columns(width, category) for width, category in zip(widths, categories)]


def shorten(text: str, limit: int = MAX_LABEL) -> str:
    """Truncate a text that is too wide.

    text (str): The text.
    limit (int): The maximum width in columns, including the ellipsis.
    RETURNS (str): The text, or its beginning and an ellipsis.
    """
    *widths, ellipsis = count_columns(f"{text}…")
    if sum(widths) <= limit:
        return text
    kept = 0
    while sum(widths[: kept + 1]) + ellipsis <= limit:
        kept += 1
    return f"{text[:kept]}…"


def nesting_levels(bounds: Sequence[Bounds]) -> List[int]:
    """Return the level of each mention. Boxes of overlapping mentions have different levels.

    bounds (Sequence[Bounds]): The mentions.
    RETURNS (List[int]): 0 for a mention that overlaps no shorter one; otherwise one more than the
        highest level of the shorter mentions that it overlaps.
    """
    levels = [0] * len(bounds)
    shorter: List[int] = []
    for i in sorted(range(len(bounds)), key=lambda i: (bounds[i][1] - bounds[i][0], i)):
        start, end, _ = bounds[i]
        overlapped = [levels[j] for j in shorter if bounds[j][0] < end and start < bounds[j][1]]
        levels[i] = max(overlapped, default=-1) + 1
        shorter.append(i)
    return levels


def lay_out(
    text: str, mentions: Sequence[Bounds], columns: int, frames: Sequence[Frame] = ()
) -> List[Line]:
    """Break a text into lines, and place the characters and mentions on them.

    text (str): The text. Empty lines are dropped.
    mentions (Sequence[Bounds]): The mentions, which may overlap.
    columns (int): The width of a line, in columns.
    frames (Sequence[Frame]): What else widens each mention, e.g. badges below it. Empty for
        nothing.
    RETURNS (List[Line]): The lines. Every mention has a box on at least one line.
    """
    last = len(text) - 1
    # An empty mention is drawn around the next character, so that it is visible.
    bounds = [(min(start, last), max(end, start + 1), label) for start, end, label in mentions]
    plain = text.replace("\r\n", "\u200b\n").translate(BREAKS)
    frames = frames or [Frame()] * len(bounds)
    return _Layout(plain, bounds if text else [], columns * COLUMN, frames).lines()


class _Layout:
    """The state of a `lay_out` call."""

    def __init__(
        self, text: str, bounds: Sequence[Bounds], width: float, frames: Sequence[Frame]
    ) -> None:
        self.text = text
        self.bounds = bounds
        self.width = width
        self.frames = frames
        self.levels = nesting_levels(bounds)
        self.columns = count_columns(text)
        # Whether a mention covers the character, and whether it also covers the preceding
        # character.
        self.is_inside = [False] * (len(text) + 1)
        self.is_joined = [False] * (len(text) + 1)
        for start, end, _ in bounds:
            self.is_inside[start:end] = [True] * (end - start)
            self.is_joined[start + 1 : end] = [True] * (end - start - 1)
        self.before = [0.0] * (len(text) + 1)
        self.after = [0.0] * (len(text) + 1)
        self.padding = self._add_padding()

    def _add_padding(self) -> List[Tuple[float, float]]:
        """Return the padding of characters before and after mentions. Inner mentions widen outer
        ones."""
        padding = [(0.0, 0.0)] * len(self.bounds)
        for i in sorted(range(len(self.bounds)), key=lambda i: self.levels[i]):
            start, end, label = self.bounds[i]
            inner = sum(self._width(j) for j in range(start, min(end, len(self.text))))
            needed = self.frames[i].width
            if self.frames[i].is_left_aligned:
                left, right = 0.0, max(0.0, needed + PADDING - inner)
            else:
                needed = max(needed, sum(count_columns(shorten(label))) * SMALL + 5)
                left = right = max(PADDING, (needed - inner) / 2)
            padding[i] = left, right
            self.before[start] += left
            self.after[end - 1] += right
        return padding

    def _width(self, i: int) -> float:
        """Return the width of a character with its padding, in pixels."""
        width = 2 if self.text[i] == "\n" and self.is_inside[i] else self.columns[i]
        return self.before[i] + width * COLUMN + self.after[i]

    def _span_width(self, start: int, end: int) -> float:
        return sum(self._width(i) for i in range(start, end))

    def _word_width(self, i: int, start: int, end: int) -> float:
        """Return the width that must be free before a character of a span that is wider than a
        line: that of its word at the start of a word that fits on a line, else its own width."""
        if i > start and not self.text[i - 1].isspace():
            return self._width(i)
        stop = next((j for j in range(i, end) if self.text[j].isspace()), end)
        width = self._span_width(i, stop)
        return width if width <= self.width else self._width(i)

    def _may_break(self, i: int) -> bool:
        """Check whether a line may end before this character."""
        last, char = self.text[i - 1], self.text[i]
        if self.is_joined[i] or char.isspace() or char in NO_START or last in NO_END:
            return False
        return last.isspace() or self.columns[i] == 2 or self.columns[i - 1] == 2

    def _atoms(self) -> Iterator[Tuple[int, int]]:
        """Yield the start and end of spans that are split only if they are wider than a line.

        A line break is a span of its own.
        """
        start = 0
        for i in range(1, len(self.text) + 1):
            if i == len(self.text) or "\n" in self.text[i - 1 : i + 1] or self._may_break(i):
                yield start, i
                start = i

    def _place(self) -> Tuple[List[int], List[float], List[bool]]:
        """Assign the characters to lines and positions.

        RETURNS (Tuple[List[int], List[float], List[bool]]): For each character, its line (-1 if it
            is not drawn) and its left edge in pixels; for each line, whether it starts a paragraph.
        """
        rows, lefts, starts = [-1] * len(self.text), [0.0] * len(self.text), [True]
        x = 0.0

        def put(i: int) -> None:
            nonlocal x
            rows[i], lefts[i] = len(starts) - 1, x + self.before[i]
            x += self._width(i)
            if self.text[i] == "\t" and not self.is_inside[i]:
                x = ceil(x / TAB) * TAB

        for start, end in self._atoms():
            if self.text[start] == "\n":
                if self.is_inside[start]:
                    put(start)
                starts.append(True)
                x = 0.0
                continue
            # Trailing white space may extend beyond the end of the line.
            solid = start + len(self.text[start:end].rstrip())
            fits = self._span_width(start, solid) <= self.width
            for i in range(start, end):
                if not fits:
                    needed = self._word_width(i, start, solid)
                else:
                    needed = self._span_width(start, solid) if i == start else 0.0
                if x and not self.text[i].isspace() and x + needed > self.width:
                    starts.append(False)
                    x = 0.0
                put(i)
        return rows, lefts, starts

    def lines(self) -> List[Line]:
        """Return all lines that are not empty.

        RETURNS (List[Line]): The lines.
        """
        rows, lefts, starts = self._place()
        lines: List[Line] = [Line([], [], is_start) for is_start in starts]
        for i, (row, left) in enumerate(zip(rows, lefts)):
            if row >= 0:
                char = BREAK if self.text[i] == "\n" else self.text[i]
                columns = 2 if char == BREAK else self.columns[i]
                lines[row].glyphs.append(Glyph(char, left + columns * COLUMN / 2, columns, i))
        for box, row in self._boxes(rows, lefts):
            lines[row].boxes.append(box)
        return [line for line in lines if line.boxes or any(g.char.strip() for g in line.glyphs)]

    def _boxes(self, rows: List[int], lefts: List[float]) -> Iterator[Tuple[Box, int]]:
        """Yield the boxes of the mentions, each with the index of its line."""
        # The padding of nested mentions adds up.
        left_padding = [0.0] * (len(self.text) + 1)
        right_padding = [0.0] * (len(self.text) + 1)
        for m in sorted(range(len(self.bounds)), key=lambda m: self.levels[m]):
            start, end, _ = self.bounds[m]
            left_padding[start] += self.padding[m][0]
            right_padding[end - 1] += self.padding[m][1]
            chars = [i for i in range(start, min(end, len(rows))) if rows[i] >= 0]
            for row, group in groupby(chars, key=rows.__getitem__):
                part = list(group)
                first, last = part[0], part[-1]
                right = lefts[last] + self._width(last) - self.before[last] - self.after[last]
                box = Box(
                    m,
                    lefts[first] - left_padding[first],
                    right + right_padding[last],
                    self.levels[m],
                    first == chars[0],
                )
                yield box, row
