"""Layout of relations as arcs over lines of text: their positions and heights.

A relation within a line is an arc from head to tail. A relation between lines becomes two stubs.
Each stub names the mention at the other end, so that readers do not have to trace lines across the
page.
"""

from typing import Dict, Hashable, Iterator, List, NamedTuple, Sequence, Tuple

from ..tokens.normalize import single_spaces
from .layout import Box, Line, count_columns, shorten

# Sizes in pixels.
LETTER = 6.3  # width of a narrow character in a label; a CJK character is twice as wide
GAP = 5.0  # minimum distance between two arcs or labels on the same level
STUB = 10.0  # length of a stub before its label
MARGIN = 5.0  # minimum distance of an arc's foot from the edge of a mention
MAX_NAME = 16  # maximum width of a mention's text in a stub, in columns


class Edge(NamedTuple):
    """A relation to draw.

    head (int): Index of the head mention.
    tail (int): Index of the tail mention.
    label (str): The text on the arc.
    """

    head: int
    tail: int
    label: str


class Foot(NamedTuple):
    """The point where an arc meets a mention.

    x (float): Horizontal position, in pixels.
    nesting (int): Level of the mention, see `nesting_levels`.
    is_tail (bool): Whether the mention is the tail, where the arrowhead is.
    """

    x: float
    nesting: int
    is_tail: bool


class Wire(NamedTuple):
    """An arc or a stub: the part of a relation that is drawn on a line.

    relation (int): Index of the relation.
    feet (List[Foot]): For an arc, the left and the right foot; for a stub, its only foot.
    label (str): The text on the arc or stub.
    label_x (float): Horizontal position of the middle of the text, in pixels.
    level (int): Level above the line, from 0 (lowest).
    group (Hashable): A key that is equal for stubs on the same side of the same mention.
    """

    relation: int
    feet: List[Foot]
    label: str
    label_x: float
    level: int
    group: Hashable

    @property
    def left(self) -> float:
        """Return the left end, including the label.

        RETURNS (float): Horizontal position, in pixels.
        """
        return min(self.feet[0].x, self.label_x - text_width(self.label) / 2)

    @property
    def right(self) -> float:
        """Return the right end, including the label.

        RETURNS (float): Horizontal position, in pixels.
        """
        return max(self.feet[-1].x, self.label_x + text_width(self.label) / 2)


class _End(NamedTuple):
    """An end of a relation, at its head or its tail."""

    relation: int
    is_tail: bool
    box: Box
    row: int
    direction: int  # of the other end or of the stub: -1 left, 1 right
    distance: float  # from the other end, or length of the stub, in pixels
    label: str  # text of a stub; empty for an arc


def text_width(text: str) -> float:
    """Estimate the width of a label.

    text (str): The label.
    RETURNS (float): The width in pixels, with a margin.
    """
    return sum(count_columns(text)) * LETTER + 4


def draw_arcs(
    lines: Sequence[Line], edges: Sequence[Edge], names: Sequence[str], width: float
) -> List[List[Wire]]:
    """Place the arcs and stubs of the relations of a text.

    lines (Sequence[Line]): The lines of the text.
    edges (Sequence[Edge]): The relations.
    names (Sequence[str]): The text of each mention, for stubs.
    width (float): The width of a line, in pixels.
    RETURNS (List[List[Wire]]): The arcs and stubs over each line. A relation is an arc if its
        mentions begin on the same line, otherwise two stubs.
    """
    starts = {
        box.mention: (row, box)
        for row, line in enumerate(lines)
        for box in line.boxes
        if box.is_start
    }
    ends = [end for i, edge in enumerate(edges) for end in _ends(i, edge, starts, names, width)]
    feet = _place_feet(ends, lines)
    wires: List[List[Wire]] = [[] for _ in lines]
    # `ends` alternates between the head and the tail of each relation.
    for head, tail in zip(ends[::2], ends[1::2]):
        if head.row != tail.row:
            for end in (head, tail):
                wires[end.row].append(_make_stub(end, feet[end.relation, end.is_tail], width))
        else:
            pair = sorted(feet[head.relation, is_tail] for is_tail in (False, True))
            label = edges[head.relation].label
            middle = _clamp((pair[0].x + pair[1].x) / 2, text_width(label) / 2, width)
            wire = Wire(head.relation, pair, label, middle, 0, ("arc", head.relation))
            wires[head.row].append(wire)
    return [_move_labels(_assign_levels(row)) for row in wires]


def _ends(
    relation: int,
    edge: Edge,
    starts: Dict[int, Tuple[int, Box]],
    names: Sequence[str],
    width: float,
) -> Iterator[_End]:
    """Yield the end of a relation at its head, then the end at its tail."""
    for is_tail, mention, other in ((False, edge.head, edge.tail), (True, edge.tail, edge.head)):
        (row, box), (other_row, other_box) = starts[mention], starts[other]
        if row == other_row:
            offset = (other_box.left + other_box.right - box.left - box.right) / 2
            # If the middles of both mentions are at the same position, the ends point outwards.
            direction = (1 if offset > 0 else -1) if offset else (1 if is_tail else -1)
            yield _End(relation, is_tail, box, row, direction, abs(offset), "")
            continue
        # The label follows the order of the text: first what is on the earlier line.
        is_earlier = other_row > row
        arrow = "→" if is_earlier is not is_tail else "←"
        parts = [edge.label, arrow, shorten(single_spaces(names[other]), MAX_NAME)]
        label = " ".join(parts if is_earlier else reversed(parts))
        length = STUB + text_width(label)
        fits_right = box.right - MARGIN + length <= width
        fits_left = box.left + MARGIN - length >= 0
        is_right = fits_right if fits_left is not fits_right else is_earlier
        yield _End(relation, is_tail, box, row, 1 if is_right else -1, STUB, label)


def _place_feet(ends: Sequence[_End], lines: Sequence[Line]) -> Dict[Tuple[int, bool], Foot]:
    """Return the foot of each end, in an order that avoids crossing arcs, by relation and tail or
    not."""
    by_mention: Dict[int, List[_End]] = {}
    for end in ends:
        by_mention.setdefault(end.box.mention, []).append(end)
    feet: Dict[Tuple[int, bool], Foot] = {}
    for group in by_mention.values():
        box = group[0].box
        left, right = _free_range(box, lines[group[0].row].boxes)
        # Of several relations between the same two mentions, the first is outermost at both
        # mentions.
        group.sort(key=lambda e: (e.direction, -e.direction * e.distance, e.direction * e.relation))
        step = (right - left) / len(group)
        for k, end in enumerate(group):
            feet[end.relation, end.is_tail] = Foot(left + (k + 0.5) * step, box.level, end.is_tail)
    return feet


def _free_range(box: Box, boxes: Sequence[Box]) -> Tuple[float, float]:
    """Return the widest range of a box without inner boxes, or the whole box if it is too
    narrow."""
    gaps: List[Tuple[float, float]] = []
    left = box.left
    inner = [other for other in boxes if other.level < box.level and other.right > box.left]
    for other in sorted(inner, key=lambda other: other.left):
        gaps.append((left, min(other.left, box.right)))
        left = max(left, other.right)
    gaps.append((left, box.right))
    low, high = max(gaps, key=lambda gap: gap[1] - gap[0])
    if high - low < 2 * MARGIN:
        low, high = box.left, box.right
    margin = min(MARGIN, (high - low) / 4)
    return low + margin, high - margin


def _make_stub(end: _End, foot: Foot, width: float) -> Wire:
    half = text_width(end.label) / 2
    middle = _clamp(foot.x + end.direction * (STUB + half), half, width)
    group = ("stub", end.box.mention, end.direction)
    return Wire(end.relation, [foot], end.label, middle, 0, group)


def _clamp(middle: float, half: float, width: float) -> float:
    """Return the middle of a label, moved if necessary so that the label stays within the line."""
    return max(half, min(middle, width - half))


def _assign_levels(wires: Sequence[Wire]) -> List[Wire]:
    """Assign each arc or stub, shortest first, to the lowest level where it fits.

    Among stubs that leave a mention on the same side, the outermost gets the lowest level, so that
    the vertical line of a stub does not cross the label of another stub.
    """
    sizes: Dict[Hashable, float] = {}
    for wire in wires:
        sizes[wire.group] = max(sizes.get(wire.group, 0.0), wire.right - wire.left)

    def rank(wire: Wire) -> Tuple[float, str, float]:
        outwards = 1 if wire.label_x > wire.feet[0].x else -1
        return (sizes[wire.group], str(wire.group), -outwards * wire.feet[0].x)

    levels: List[List[Wire]] = []
    lowest: Dict[Hashable, int] = {}
    for wire in sorted(wires, key=rank):
        level = lowest.get(wire.group, 0)
        while level < len(levels) and any(_touch(wire, other) for other in levels[level]):
            level += 1
        levels.extend([] for _ in range(level + 1 - len(levels)))
        levels[level].append(wire._replace(level=level))
        lowest[wire.group] = level + 1
    return [wire for wires_of_level in levels for wire in wires_of_level]


def _touch(wire: Wire, other: Wire) -> bool:
    return wire.left < other.right + GAP and other.left < wire.right + GAP


def _move_labels(wires: List[Wire]) -> List[Wire]:
    """Return the arcs, with labels moved away from the vertical lines of higher arcs."""
    moved = list(wires)
    for i, wire in enumerate(wires):
        if len(wire.feet) < 2:
            continue
        half = text_width(wire.label) / 2
        low, high = wire.feet[0].x + half + MARGIN, wire.feet[1].x - half - MARGIN
        if high < low:  # a label wider than its arc may extend beyond it
            low, high = wire.feet[0].x - MARGIN, wire.feet[1].x + MARGIN
        legs = [foot.x for other in wires if other.level > wire.level for foot in other.feet]
        neighbours = [other for other in moved if other.level == wire.level and other is not wire]
        for step in range(60):
            positions = {wire.label_x + step * 6.0, wire.label_x - step * 6.0}
            free = [
                wire._replace(label_x=x)
                for x in sorted(positions)
                if low <= x <= high and all(abs(leg - x) > half for leg in legs)
            ]
            free = [w for w in free if w.left >= 0 and not any(_touch(w, o) for o in neighbours)]
            if free:
                moved[i] = free[0]
                break
    return moved
