"""Relations as arcs over lines of text: where they stand and how high they go.

An arc within a line goes from head to tail. One between lines becomes two stubs, each of which
names the mention at the other end, so that nothing has to be traced across the page.
"""

from dataclasses import dataclass
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from .layout import Box, Line, count_columns, shorten

# Width of a narrow character in an arc's label; a CJK one takes two.
LETTER = 5.9
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


@dataclass
class Wire:
    """What is drawn of a relation on one line.

    relation (int): Index of the relation.
    feet (List[Tuple[float, int, bool]]): Where it meets a mention: x, the mention's level, and
        whether that is the tail, which gets the arrowhead. Two for an arc, one for a stub.
    label (str): The text on it.
    left (float): Left end, that of the label included.
    right (float): Right end.
    label_x (float): The label's middle.
    level (int): Its height among the arcs of the line, from 0.
    """

    relation: int
    feet: List[Tuple[float, int, bool]]
    label: str
    left: float
    right: float
    label_x: float
    level: int = 0


class _End(NamedTuple):
    """One end of a relation: which, at which mention, and where its other end is."""

    relation: int
    is_tail: bool
    direction: int  # -1 to the left, 1 to the right
    distance: float


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
        box.mention: (row, box)
        for row, line in enumerate(lines)
        for box in line.boxes
        if box.first
    }
    feet = _feet(lines, places, edges)
    wires: List[List[Wire]] = [[] for _ in lines]
    for i, edge in enumerate(edges):
        (head_row, head), (tail_row, tail) = places[edge.head], places[edge.tail]
        start = (feet[i, False], head.level, False)
        end = (feet[i, True], tail.level, True)
        if head_row == tail_row:
            wires[head_row].append(_arc(i, start, end, edge.label, width))
            continue
        forward = head_row < tail_row
        for row, foot, other in ((head_row, start, edge.tail), (tail_row, end, edge.head)):
            name = shorten(" ".join(names[other].split()), MAX_NAME)
            # The stub reads as the relation does: head, label, tail, in the order of the text.
            right = forward is not foot[2]
            parts = [edge.label, "→" if forward else "←", name]
            label = " ".join(parts if right else reversed(parts))
            wires[row].append(_stub(i, foot, label, right, width))
    for row_wires in wires:
        _stack(row_wires)
        _place_labels(row_wires)
    return wires


def _arc(
    relation: int,
    start: Tuple[float, int, bool],
    end: Tuple[float, int, bool],
    label: str,
    width: float,
) -> Wire:
    left, right = sorted((start[0], end[0]))
    half = text_width(label) / 2
    middle = _clamp((left + right) / 2, half, width)
    feet = sorted((start, end))
    return Wire(
        relation, feet, label, min(left, middle - half), max(right, middle + half), middle
    )


def _stub(
    relation: int, foot: Foot, label: str, direction: int, width: float
) -> Wire:
    x, half = foot.x, text_width(label) / 2
    middle = _clamp(x + direction * (STUB + half), half, width)
    return Wire(
        relation, [foot], label, min(x, middle - half), max(x, middle + half), middle
    )


def _clamp(middle: float, half: float, width: float) -> float:
    return max(half, min(middle, width - half))


def _feet(
    lines: Sequence[Line], places: Dict[int, Tuple[int, Box]], edges: Sequence[Edge]
) -> Dict[Tuple[int, bool], float]:
    """Where each end of each relation meets its mention: spread, so that arcs nest, not cross."""
    ends: Dict[int, List[_End]] = {}
    for i, edge in enumerate(edges):
        for is_tail, mention, other in ((False, edge.head, edge.tail), (True, edge.tail, edge.head)):
            (row, box), (other_row, other_box) = places[mention], places[other]
            if row != other_row:
                direction, distance = (1 if other_row > row else -1), STUB
            else:
                offset = (other_box.left + other_box.right) - (box.left + box.right)
                # The ends of a loop, or at two mentions in the same place, part sideways.
                direction = (1 if offset > 0 else -1) if offset else (1 if is_tail else -1)
                distance = abs(offset) / 2
            ends.setdefault(mention, []).append(_End(i, is_tail, direction, distance))
    feet: Dict[Tuple[int, bool], float] = {}
    for mention, here in ends.items():
        row, box = places[mention]
        left, right = _free_range(box, lines[row].boxes)
        here.sort(key=lambda end: (end.direction, -end.direction * end.distance))
        step = (right - left) / len(here)
        for k, end in enumerate(here):
            feet[end.relation, end.is_tail] = left + (k + 0.5) * step
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
    widest = max(gaps, key=lambda gap: gap[1] - gap[0])
    if widest[1] - widest[0] < 2 * MARGIN:
        widest = (box.left, box.right)
    margin = min(MARGIN, (widest[1] - widest[0]) / 4)
    return widest[0] + margin, widest[1] - margin


def _stack(wires: List[Wire]) -> None:
    """Give each wire the lowest height at which it touches no other; short ones first."""
    taken: List[List[Wire]] = []
    for wire in sorted(wires, key=lambda wire: (wire.right - wire.left, wire.left)):
        for level, others in enumerate(taken):
            if all(wire.left > o.right + GAP or wire.right < o.left - GAP for o in others):
                break
        else:
            level = len(taken)
            taken.append([])
        wire.level = level
        taken[level].append(wire)


def _place_labels(wires: List[Wire]) -> None:
    """Move labels along their arcs, out of the way of the legs of higher ones."""
    for wire in wires:
        half = text_width(wire.label) / 2
        low, high = wire.left + half, wire.right - half
        if len(wire.feet) < 2 or high <= low:
            continue
        legs = [foot[0] for other in wires if other.level > wire.level for foot in other.feet]
        steps = [sign * step * 6.0 for step in range(40) for sign in (1, -1)]
        free = (
            x
            for x in (wire.label_x + step for step in steps)
            if low + 3 <= x <= high - 3 and all(abs(leg - x) > half for leg in legs)
        )
        wire.label_x = _first(free, wire.label_x)


def _first(values, default: float) -> float:
    found: Optional[float] = next(iter(values), None)
    return default if found is None else found
