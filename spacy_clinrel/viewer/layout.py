"""Where every character and every mention stands: text in lines of a fixed width.

Nothing can be measured without a browser, so characters stand on a grid: one column for a narrow
one, two for a CJK one. Mentions get room at both ends, and more where their type needs it.
"""

import unicodedata
from itertools import groupby
from typing import Iterator, List, NamedTuple, Sequence, Tuple

COLUMN = 8.0
PAD = 3.5
# Width of a narrow character in the small letters of a type; a CJK one takes two.
SMALL = 6.4
MAX_LABEL = 12
# No line starts with the first, none ends with the second.
NO_START = "，。；：、！？）】》〉」』”’…·%％℃°‰,.;:!?)]}>"
NO_END = "（【《〈「『“‘([{<"
BREAK = "↵"
# Everything that ends a line, a character for a character, so that offsets stay right.
BREAKS = dict.fromkeys(map(ord, "\r\x0b\x0c\x85\u2028\u2029"), "\n")


class Glyph(NamedTuple):
    """A character on a line.

    char (str): The character.
    x (float): Its middle.
    columns (int): Its width: 2 for CJK, 1 for others, 0 for a mark on the one before.
    """

    char: str
    x: float
    columns: int


class Box(NamedTuple):
    """A mention on a line, or the part of it that stands there.

    mention (int): Index of the mention.
    left (float): Left edge.
    right (float): Right edge.
    level (int): 0 for a mention that holds no other, else above all those it overlaps.
    first (bool): Whether the mention begins here.
    """

    mention: int
    left: float
    right: float
    level: int
    first: bool


class Line(NamedTuple):
    """A line of text.

    glyphs (List[Glyph]): Its characters.
    boxes (List[Box]): The mentions on it.
    opens (bool): Whether it starts a paragraph.
    """

    glyphs: List[Glyph]
    boxes: List[Box]
    opens: bool


# First character, character after the last, type
Bounds = Tuple[int, int, str]


def count_columns(text: str) -> List[int]:
    """The width of each character.

    text (str): The text. Where it has CJK characters, signs whose width Unicode calls ambiguous,
        such as ℃ and ×, count as wide, for they come from the same font.
    RETURNS (List[int]): Columns of each: 0, 1 or 2.
    """
    widths = [unicodedata.east_asian_width(char) for char in text]
    kinds = [unicodedata.category(char) for char in text]
    cjk = "W" in widths

    def columns(width: str, kind: str) -> int:
        if kind in ("Mn", "Me", "Cf"):
            return 0
        return 2 if width in "WF" or (cjk and width == "A" and kind[0] != "L") else 1

    return [columns(width, kind) for width, kind in zip(widths, kinds)]


def shorten(text: str, limit: int = MAX_LABEL) -> str:
    """Cut a text that takes too many columns.

    text (str): The text.
    limit (int): How many it may take, the ellipsis included.
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
    """How many mentions each one has to be drawn around.

    bounds (Sequence[Bounds]): The mentions.
    RETURNS (List[int]): 0 for one that holds no other; of two that overlap, the longer is higher.
    """
    levels = [0] * len(bounds)
    done: List[int] = []
    for i in sorted(range(len(bounds)), key=lambda i: (bounds[i][1] - bounds[i][0], i)):
        start, end, _ = bounds[i]
        under = [levels[j] for j in done if bounds[j][0] < end and start < bounds[j][1]]
        levels[i] = max(under, default=-1) + 1
        done.append(i)
    return levels


def lay_out(text: str, mentions: Sequence[Bounds], columns: int) -> List[Line]:
    """Break a text into lines and place its characters and mentions.

    text (str): The text. Lines without characters are left out.
    mentions (Sequence[Bounds]): The mentions, which may overlap.
    columns (int): The width of a line.
    RETURNS (List[Line]): The lines. Every mention has a box on at least one of them.
    """
    last = len(text) - 1
    # A mention without characters is drawn around the next one, rather than not at all.
    bounds = [(min(start, last), max(end, start + 1), label) for start, end, label in mentions]
    plain = text.replace("\r\n", "\u200b\n").translate(BREAKS)
    return _Layout(plain, bounds if text else [], columns * COLUMN).lines()


class _Layout:
    """The state of one `lay_out`."""

    def __init__(self, text: str, bounds: Sequence[Bounds], width: float) -> None:
        self.text = text
        self.bounds = bounds
        self.width = width
        self.levels = nesting_levels(bounds)
        self.columns = count_columns(text)
        self.inside = [False] * (len(text) + 1)  # a mention covers this character
        self.joined = [False] * (len(text) + 1)  # ... and the one before it
        for start, end, _ in bounds:
            self.inside[start:end] = [True] * (end - start)
            self.joined[start + 1 : end] = [True] * (end - start - 1)
        self.before = [0.0] * (len(text) + 1)
        self.after = [0.0] * (len(text) + 1)
        self.pads = self._make_room()

    def _make_room(self) -> List[float]:
        """Room at both ends of each mention; innermost first, as it widens those around it."""
        pads = [0.0] * len(self.bounds)
        for i in sorted(range(len(self.bounds)), key=lambda i: self.levels[i]):
            start, end, label = self.bounds[i]
            inner = sum(self._cell(j) for j in range(start, min(end, len(self.text))))
            needed = sum(count_columns(shorten(label))) * SMALL + 5
            pads[i] = max(PAD, (needed - inner) / 2)
            self.before[start] += pads[i]
            self.after[end - 1] += pads[i]
        return pads

    def _cell(self, i: int) -> float:
        width = 2 if self.text[i] == "\n" and self.inside[i] else self.columns[i]
        return self.before[i] + width * COLUMN + self.after[i]

    def _may_break(self, i: int) -> bool:
        """Whether a line may end before this character."""
        last, char = self.text[i - 1], self.text[i]
        if self.joined[i] or char.isspace() or char in NO_START or last in NO_END:
            return False
        return last.isspace() or self.columns[i] == 2 or self.columns[i - 1] == 2

    def _atoms(self) -> Iterator[Tuple[int, int]]:
        """Stretches that stay on one line where they fit; a line break is one of its own."""
        start = 0
        for i in range(1, len(self.text) + 1):
            if i == len(self.text) or "\n" in self.text[i - 1 : i + 1] or self._may_break(i):
                yield start, i
                start = i

    def _place(self) -> Tuple[List[int], List[float], List[bool]]:
        """Line and left edge of each character, -1 for those not drawn; which lines open."""
        rows, lefts, opens = [-1] * len(self.text), [0.0] * len(self.text), [True]
        x = 0.0

        def put(i: int) -> None:
            nonlocal x
            rows[i], lefts[i] = len(opens) - 1, x + self.before[i]
            x += self._cell(i)

        for start, end in self._atoms():
            if self.text[start] == "\n":
                if self.inside[start]:
                    put(start)
                opens.append(True)
                x = 0.0
                continue
            # Blanks may hang over the end of the line.
            solid = end - start - (len(self.text[start:end]) - len(self.text[start:end].rstrip()))
            size = sum(self._cell(i) for i in range(start, start + solid))
            for i in range(start, end):
                fits = size <= self.width
                needed = (size if i == start else 0.0) if fits else self._cell(i)
                if x and not self.text[i].isspace() and x + needed > self.width:
                    opens.append(False)
                    x = 0.0
                put(i)
        return rows, lefts, opens

    def lines(self) -> List[Line]:
        """RETURNS (List[Line]): The lines that have something on them."""
        rows, lefts, opens = self._place()
        lines: List[Line] = [Line([], [], first) for first in opens]
        for i, (row, left) in enumerate(zip(rows, lefts)):
            if row >= 0:
                char = BREAK if self.text[i] == "\n" else self.text[i]
                columns = 2 if char == BREAK else self.columns[i]
                lines[row].glyphs.append(Glyph(char, left + columns * COLUMN / 2, columns))
        for box, row in self._boxes(rows, lefts):
            lines[row].boxes.append(box)
        return [line for line in lines if line.boxes or any(g.char.strip() for g in line.glyphs)]

    def _boxes(self, rows: List[int], lefts: List[float]) -> Iterator[Tuple[Box, int]]:
        left_room = [0.0] * (len(self.text) + 1)
        right_room = [0.0] * (len(self.text) + 1)
        for m in sorted(range(len(self.bounds)), key=lambda m: self.levels[m]):
            start, end, _ = self.bounds[m]
            left_room[start] += self.pads[m]
            right_room[end - 1] += self.pads[m]
            chars = [i for i in range(start, min(end, len(rows))) if rows[i] >= 0]
            for row, group in groupby(chars, key=rows.__getitem__):
                here = list(group)
                first, last = here[0], here[-1]
                right = lefts[last] + self._cell(last) - self.before[last] - self.after[last]
                box = Box(
                    m,
                    lefts[first] - left_room[first],
                    right + right_room[last],
                    self.levels[m],
                    first == chars[0],
                )
                yield box, row
