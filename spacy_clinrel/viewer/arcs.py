"""Relations as arcs over lines of text: where they stand and how high they go.

An arc within a line goes from head to tail. One between lines becomes two stubs, each of which
names the mention at the other end, so that nothing has to be traced across the page.
"""

from typing import Dict, Hashable, Iterator, List, NamedTuple, Sequence, Tuple

from .layout import Box, Line, count_columns, shorten

# Width of a narrow character in an arc's label; a CJK one takes two.
LETTER = 6.3
GAP = 5.0
STUB = 10.0
MARGIN = 5.0
MAX_NAME = 16


class Edge(NamedTuple):
    """A relation to draw.

    head (int): Index of the head mention.
    tail (int): Index of the tail mention.
    label (str): What is written on the arc.
    """

    head: int
    tail: int
    label: str


class Foot(NamedTuple):
    """Where an arc meets a mention.

    x (float): Its place.
    nesting (int): The level of the mention's box.
    is_tail (bool): Whether the arrowhead is here.
    """

    x: float
    nesting: int
    is_tail: bool


class Wire(NamedTuple):
    """What is drawn of a relation on one line.

    relation (int): Index of the relation.
    feet (List[Foot]): Two for an arc, the left one first; one for a stub.
    label (str): The text on it.
    label_x (float): The text's middle.
    level (int): Its height among the arcs of the line, from 0.
    group (Hashable): The same for stubs that leave a mention on the same side.
    """

    relation: int
    feet: List[Foot]
    label: str
    label_x: float
    level: int
    group: Hashable

    @property
    def left(self) -> float:
        """RETURNS (float): Left end, that of the label included."""
        return min(self.feet[0].x, self.label_x - text_width(self.label) / 2)

    @property
    def right(self) -> float:
        """RETURNS (float): Right end, that of the label included."""
        return max(self.feet[-1].x, self.label_x + text_width(self.label) / 2)


class _End(NamedTuple):
    """One end of a relation, at one of its mentions."""

    relation: int
    is_tail: bool
    box: Box
    row: int
    direction: int  # of the other end, or of a stub: -1 to the left, 1 to the right
    distance: float  # of the other end, or length of a stub
    flag: str  # text of a stub; empty for an arc


def text_width(text: str) -> float:
    """How wide a label is.

    text (str): The label.
    RETURNS (float): The estimate, with a small margin.
    """
    return sum(count_columns(text)) * LETTER + 4


def draw_arcs(
    lines: Sequence[Line], edges: Sequence[Edge], names: Sequence[str], width: float
) -> List[List[Wire]]:
    """Place the relations of a text.

    lines (Sequence[Line]): The text's lines.
    edges (Sequence[Edge]): The relations.
    names (Sequence[str]): The mentions' texts, for stubs.
    width (float): The width of a line.
    RETURNS (List[List[Wire]]): For each line what is drawn over it. A relation has one wire if
        both its mentions begin on the same line, else two.
    """
    places = {
        box.mention: (row, box) for row, line in enumerate(lines) for box in line.boxes if box.first
    }
    ends = [end for i in range(len(edges)) for end in _ends(i, edges[i], places, names, width)]
    feet = _feet(ends, lines)
    wires: List[List[Wire]] = [[] for _ in lines]
    # Both ends of a relation follow one another.
    for head, tail in zip(ends[::2], ends[1::2]):
        if head.row != tail.row:
            for end in (head, tail):
                wires[end.row].append(_stub(end, feet[end.relation, end.is_tail], width))
        else:
            both = sorted(feet[head.relation, is_tail] for is_tail in (False, True))
            label = edges[head.relation].label
            middle = _clamp((both[0].x + both[1].x) / 2, text_width(label) / 2, width)
            wire = Wire(head.relation, both, label, middle, 0, ("arc", head.relation))
            wires[head.row].append(wire)
    return [_move_labels(_stack(row)) for row in wires]


def _ends(
    relation: int,
    edge: Edge,
    places: Dict[int, Tuple[int, Box]],
    names: Sequence[str],
    width: float,
) -> Iterator[_End]:
    for is_tail, mention, other in ((False, edge.head, edge.tail), (True, edge.tail, edge.head)):
        (row, box), (other_row, other_box) = places[mention], places[other]
        if row == other_row:
            offset = (other_box.left + other_box.right - box.left - box.right) / 2
            # Ends of a loop, or at two mentions in the same place, part sideways.
            direction = (1 if offset > 0 else -1) if offset else (1 if is_tail else -1)
            yield _End(relation, is_tail, box, row, direction, abs(offset), "")
            continue
        # The flag reads as the relation does: head, label, tail, in the order of the text.
        onward = other_row > row
        arrow = "→" if onward is not is_tail else "←"
        parts = [edge.label, arrow, shorten(" ".join(names[other].split()), MAX_NAME)]
        flag = " ".join(parts if onward else reversed(parts))
        length = STUB + text_width(flag)
        on_right = box.right - MARGIN + length <= width
        on_left = box.left + MARGIN - length >= 0
        to_right = on_right if on_left is not on_right else onward
        yield _End(relation, is_tail, box, row, 1 if to_right else -1, STUB, flag)


def _feet(ends: Sequence[_End], lines: Sequence[Line]) -> Dict[Tuple[int, bool], Foot]:
    """Where each end meets its mention: spread, and ordered so that arcs nest and do not cross."""
    by_mention: Dict[int, List[_End]] = {}
    for end in ends:
        by_mention.setdefault(end.box.mention, []).append(end)
    feet: Dict[Tuple[int, bool], Foot] = {}
    for here in by_mention.values():
        box = here[0].box
        left, right = _free_range(box, lines[here[0].row].boxes)
        # Of several relations between two mentions, the first is the outermost at both.
        here.sort(key=lambda e: (e.direction, -e.direction * e.distance, e.direction * e.relation))
        step = (right - left) / len(here)
        for k, end in enumerate(here):
            feet[end.relation, end.is_tail] = Foot(left + (k + 0.5) * step, box.level, end.is_tail)
    return feet


def _free_range(box: Box, boxes: Sequence[Box]) -> Tuple[float, float]:
    """The widest part of a box without smaller ones in it, where there is one worth the name."""
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


def _stub(end: _End, foot: Foot, width: float) -> Wire:
    half = text_width(end.flag) / 2
    middle = _clamp(foot.x + end.direction * (STUB + half), half, width)
    group = ("stub", end.box.mention, end.direction)
    return Wire(end.relation, [foot], end.flag, middle, 0, group)


def _clamp(middle: float, half: float, width: float) -> float:
    return max(half, min(middle, width - half))


def _stack(wires: Sequence[Wire]) -> List[Wire]:
    """Give each wire the lowest height at which it touches no other; short ones first.

    Stubs that leave a mention on the same side go up from the outermost foot inwards, so that
    none's leg runs through another's flag.
    """
    sizes: Dict[Hashable, float] = {}
    for wire in wires:
        sizes[wire.group] = max(sizes.get(wire.group, 0.0), wire.right - wire.left)

    def rank(wire: Wire) -> Tuple[float, str, float]:
        outwards = 1 if wire.label_x > wire.feet[0].x else -1
        return (sizes[wire.group], str(wire.group), -outwards * wire.feet[0].x)

    taken: List[List[Wire]] = []
    lowest: Dict[Hashable, int] = {}
    for wire in sorted(wires, key=rank):
        level = lowest.get(wire.group, 0)
        while level < len(taken) and any(_touch(wire, other) for other in taken[level]):
            level += 1
        taken.extend([] for _ in range(level + 1 - len(taken)))
        taken[level].append(wire._replace(level=level))
        lowest[wire.group] = level + 1
    return [wire for level in taken for wire in level]


def _touch(wire: Wire, other: Wire) -> bool:
    return wire.left < other.right + GAP and other.left < wire.right + GAP


def _move_labels(wires: List[Wire]) -> List[Wire]:
    """Move labels along their arcs, out of the way of the legs of higher ones."""
    moved = list(wires)
    for i, wire in enumerate(wires):
        if len(wire.feet) < 2:
            continue
        half = text_width(wire.label) / 2
        low, high = wire.feet[0].x + half + MARGIN, wire.feet[1].x - half - MARGIN
        if high < low:  # a label that is wider than its arc may stand aside
            low, high = wire.feet[0].x - MARGIN, wire.feet[1].x + MARGIN
        legs = [foot.x for other in wires if other.level > wire.level for foot in other.feet]
        beside = [other for other in moved if other.level == wire.level and other is not wire]
        for step in range(60):
            places = {wire.label_x + step * 6.0, wire.label_x - step * 6.0}
            free = [
                wire._replace(label_x=x)
                for x in sorted(places)
                if low <= x <= high and all(abs(leg - x) > half for leg in legs)
            ]
            free = [w for w in free if w.left >= 0 and not any(_touch(w, o) for o in beside)]
            if free:
                moved[i] = free[0]
                break
    return moved
