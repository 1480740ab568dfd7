"""Layout of characters, mentions and arcs."""

import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from spacy_clinrel.viewer.arcs import Edge, draw_arcs, text_width
from spacy_clinrel.viewer.layout import COLUMN, count_columns, lay_out, nesting_levels, shorten


def one_line(edges, text="甲乙丙丁戊己庚辛", mentions=((0, 1), (3, 4), (6, 7))):
    lines = lay_out(text, [(*m, "X") for m in mentions], 100)
    assert len(lines) == 1
    names = [text[slice(*m)] for m in mentions]
    return lines[0], draw_arcs(lines, [Edge(*edge) for edge in edges], names, 100 * COLUMN)[0]


def test_nesting_levels_of_overlapping_and_equal_mentions():
    assert nesting_levels([(0, 3, "A"), (2, 6, "B"), (8, 9, "A"), (8, 9, "B")]) == [0, 1, 0, 1]


def test_opposite_arcs_do_not_collide():
    line, wires = one_line([(0, 1, "a"), (1, 0, "b")])
    assert sorted(wire.level for wire in wires) == [0, 1]
    assert len({foot.x for wire in wires for foot in wire.feet}) == 4
    arrows = {wire.relation: [foot.is_tail for foot in wire.feet] for wire in wires}
    assert arrows == {0: [False, True], 1: [True, False]}
    # The higher arc encloses the lower arc instead of crossing it.
    low, high = sorted(wires, key=lambda wire: wire.level)
    assert high.feet[0].x < low.feet[0].x < low.feet[1].x < high.feet[1].x
    assert all(line.boxes[0].left < wire.feet[0].x < line.boxes[0].right for wire in wires)


def test_adjacent_arcs_share_a_level_and_a_loop_is_drawn():
    _, wires = one_line([(0, 1, "a"), (1, 2, "b")])
    assert [wire.level for wire in wires] == [0, 0]
    _, (loop,) = one_line([(1, 1, "loop")])
    assert loop.feet[0].x < loop.feet[1].x and [f.is_tail for f in loop.feet] == [False, True]


def test_count_columns_and_shorten():
    assert count_columns("CT检，℃μé\u0301👍") == [1, 1, 2, 2, 2, 1, 1, 0, 2]
    assert count_columns("20℃’s") == [1, 1, 1, 1, 1]
    assert (
        shorten("Diagnostic_procedure", 12) == "Diagnostic_…"
        and shorten("疾病和诊断", 10) == "疾病和诊断"
    )
    assert sum(count_columns(shorten("疾病和诊断", 9))) <= 9


def test_lines_break_between_words_and_not_before_punctuation():
    text = "给予阿莫西林，（青霉素类）抗感染。\r\n体温37.5℃"
    lines = lay_out(text, [(2, 6, "药")], 12)
    shown = ["".join(glyph.char for glyph in line.glyphs) for line in lines]
    assert "".join(shown).replace("\u200b", "") == text.replace("\r\n", "")
    assert not any(line[0] in "，）。℃" or line[-1] in "（" for line in shown)
    assert [line.is_paragraph_start for line in lines if line.glyphs[0].char in "给体"] == [
        True,
        True,
    ]
    assert "阿莫西林，" in shown


def test_columns_of_a_table_are_aligned():
    text = "血红蛋白\t108\t(115-150)\nC反应蛋白\t86.4\t(0-10)"
    lines = lay_out(text, [(0, 4, "检查"), (19, 24, "检查")], 100)
    starts = [
        [line.glyphs[i + 1].x for i, glyph in enumerate(line.glyphs) if glyph.char == "\t"]
        for line in lines
    ]
    assert len(starts[0]) == 2 and starts[0] == starts[1]


TEXTS = st.text(alphabet="患者查CT示 肺炎，。\t\n（）a1’\r\u0301👍", min_size=1, max_size=60)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_layout_and_arcs_hold_for_any_text(data):
    text = data.draw(TEXTS)
    starts = data.draw(st.lists(st.integers(0, len(text) - 1), max_size=6))
    bounds = [
        (start, data.draw(st.integers(start + 1, len(text))), data.draw(st.sampled_from("XY")))
        for start in starts
    ]
    columns = data.draw(st.sampled_from([20, 40, 100]))
    lines = lay_out(text, bounds, columns)
    first = [box.mention for line in lines for box in line.boxes if box.is_start]
    assert sorted(first) == list(range(len(bounds)))
    shown = "".join(g.char for line in lines for g in line.glyphs)
    assert re.sub(r"[\s\u200b↵]", "", shown) == re.sub(r"\s", "", text)
    for line in lines:
        ends = [(g.x - g.columns * COLUMN / 2, g.x + g.columns * COLUMN / 2) for g in line.glyphs]
        assert all(a[1] <= b[0] + 1e-6 for a, b in pairwise(ends))
        assert all(box.left < box.right for box in line.boxes)
    if not bounds:
        return
    number = st.integers(0, len(bounds) - 1)
    edges = [
        Edge(*e, "关系 50%") for e in data.draw(st.lists(st.tuples(number, number), max_size=8))
    ]
    names = [text[start:end] for start, end, _ in bounds]
    wires = draw_arcs(lines, edges, names, columns * COLUMN)
    feet = [0] * len(edges)
    for line, over in zip(lines, wires):
        boxes = {box.mention: box for box in line.boxes if box.is_start}
        for wire in over:
            edge = edges[wire.relation]
            feet[wire.relation] += len(wire.feet)
            for foot in wire.feet:
                box = boxes[edge.tail if foot.is_tail else edge.head]
                assert box.left <= foot.x <= box.right and foot.nesting == box.level
            others = [w for w in over if w.level == wire.level and w is not wire]
            assert all(wire.right <= o.left or o.right <= wire.left for o in others)
            assert wire.right - wire.left >= text_width(wire.label) - 1e-6
    assert feet == [2] * len(edges)
