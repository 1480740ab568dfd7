"""Pictures of mentions and relations."""

import re
import sys
from base64 import b64encode
from hashlib import sha256
from http.client import HTTPConnection
from itertools import pairwise
from threading import Thread
from types import ModuleType
from wsgiref.simple_server import WSGIServer
from xml.etree import ElementTree

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy import displacy as spacy_displacy
from spacy.displacy.render import EntityRenderer
from spacy.tokens import Doc, Span
from spacy.util import registry

from spacy_clinrel import displacy
from spacy_clinrel.displacy.arcs import Edge, draw_arcs, text_width
from spacy_clinrel.displacy.colors import DARK_INK, INK, PALETTE, contrast, make_tint, pick_tints
from spacy_clinrel.displacy.document import percent
from spacy_clinrel.displacy.layout import COLUMN, count_columns, lay_out, nesting_levels, shorten
from spacy_clinrel.displacy.page import read_asset
from spacy_clinrel.displacy.server import make_server
from spacy_clinrel.tokens import Relation, all_mentions, set_relations

from .util import make_doc

NOTE = (
    "患者[咳嗽|症状]三天，[胸片|检查]示[肺炎|疾病]，予[头孢曲松|治疗]静滴后[咳嗽|症状]减轻。"
    "复查[血常规|检查]，[白细胞|检查]10.2×10^9/L，[双肺|部位]未闻[啰音|检查]。"
)
LINKS = [(1, 2, "TeRD"), (3, 2, "TrAD"), (3, 4, "TrIS"), (8, 7, "TeAP"), (1, 5, "后续")]
NASTY = '<script>alert("x")</script>&\''


@pytest.fixture
def note(zh):
    return make_doc(zh, NOTE, LINKS)


def drawing(html, name="wide"):
    """The lines of one of a document's drawings, parsed."""
    found = re.search(rf'<div class="drawing {name}">(.*?)</div>', html, re.DOTALL)
    return list(ElementTree.fromstring(f"<x>{found[1]}</x>"))


def drawn(lines, kind, key):
    """Which relations or mentions the elements of a kind belong to."""
    groups = (group for line in lines for group in line.iter("g"))
    return sorted(int(g.get(key)) for g in groups if g.get("class").split()[0] == kind)


def rows(html):
    body = re.search(r"<tbody>(.*?)</tbody>", html, re.DOTALL)
    return re.findall(r"<tr\b[^>]*>(.*?)</tr>", body[1], re.DOTALL) if body else []


def body(html):
    """What a page says: no style sheet, no script, no markup."""
    return plain(re.sub(r"<(style|script)>.*?</\1>", "", html, flags=re.DOTALL))


def plain(markup):
    return re.sub(r"<[^>]+>", "", markup)


@pytest.mark.parametrize("name, columns", [("wide", (100, 40)), ("narrow", (100, 30))])
def test_everything_is_drawn(note, name, columns):
    html = displacy.to_html(note, columns=columns)
    lines = drawing(html, name)
    assert drawn(lines, "mention", "data-mention") == list(range(len(all_mentions(note))))
    arcs = drawn(lines, "arc", "data-relation")
    stubs = drawn(lines, "stub", "data-relation")
    assert sorted({*arcs, *stubs}) == list(range(len(LINKS)))
    assert len(arcs) == len(set(arcs)) and stubs == sorted(2 * list(set(stubs)))
    assert not set(arcs) & set(stubs)
    assert drawn(lines, "label", "data-relation") == sorted(arcs + stubs)
    tips = [path for line in lines for path in line.iter("path") if path.get("class") == "tip"]
    assert len(tips) == len(LINKS)
    assert bool(stubs) is (name == "narrow" or len(lines) > 1)
    shown = "".join(text for line in lines for text in line.find("text[@class='text']").itertext())
    assert shown == note.text


def test_table_has_a_row_for_each_relation(note):
    relations = sorted(note._.relations, key=lambda r: (r.head.start, r.tail.start))
    found = [re.findall(r"<td>(.*?)</td>", row) for row in rows(displacy.to_html(note))]
    assert [[plain(cell) for cell in row] for row in found] == [
        [r.head.text + r.head.label_, r.label, r.tail.text + r.tail.label_] for r in relations
    ]


def test_scores_are_shown_unless_all_are_certain(note):
    assert "%" not in body(displacy.to_html(note))
    first, *rest = note._.relations
    note._.relations = [first._replace(score=0.734), *rest]
    html = displacy.to_html(note)
    assert "TeRD 73%" in html and "TrAD 100%" in html
    assert [plain(row)[-4:] for row in rows(html)].count("100%") == len(LINKS) - 1


@pytest.mark.parametrize(
    "score, shown", [(-1.0, 0), (0.0, 0), (0.734, 73), (0.999, 99), (1.0, 100), (2.0, 100)]
)
def test_percent(score, shown):
    assert percent(score) == shown


def test_markup_is_escaped(zh):
    doc = zh(f"查{NASTY}示肺炎")
    doc.user_data["title"] = NASTY
    head, tail = (
        Span(doc, 1, len(doc) - 3, label=NASTY),
        Span(doc, len(doc) - 2, len(doc), label="D"),
    )
    set_relations(doc, [Relation(head, tail, NASTY, 0.5)])
    for style in ("relations", "ent", "dep", "span"):
        html = displacy.render(doc, style=style, page=True, jupyter=False)
        assert "alert(&quot;x&quot;)" in html and "&lt;script&gt;" in html, style
        assert html.count("<script") == (style == "relations") and "<script>alert" not in html
    html = displacy.to_html(doc, page=True, title=NASTY, lang=NASTY)
    assert html.count("<script") == 1 and 'lang="&lt;script&gt;alert(&quot;x&quot;)' in html
    for line in drawing(html):  # is well-formed, and says what the document does
        assert NASTY in [title.text for title in line.iter("title")]


def test_characters_that_html_forbids(zh):
    html = displacy.to_html(zh("血压\x00正常\x1b[0m"), page=True)
    assert "\x00" not in html and "\x1b" not in html and html.count("\ufffd") == 4


def test_page_loads_nothing(note):
    html = displacy.to_html([note, note], page=True)
    assert html.startswith("<!DOCTYPE html>")
    found = re.findall(r"https?:|src=|url\(|@import|<link|<iframe|javascript:|fetch\(|XMLH", html)
    assert found == []
    # Nothing but our own style sheet and script may be used, and no style within a tag.
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', html)
    own = [
        f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
        for _, text in re.findall(r"<(style|script)>(.*?)</\1>", html, re.DOTALL)
    ]
    assert policy == f"default-src 'none'; style-src {own[0]}; script-src {own[1]}"
    assert (
        re.findall(r"<[^>]*\b(style|on\w+)=", html.split("</style>")[1].split("<script")[0]) == []
    )
    assert re.findall(r'href="(.*?)"', html) == ["#document-1", "#document-2"]
    assert all(f'id="document-{i}"' in html for i in (1, 2))
    ids = re.findall(r'\bid="(.*?)"', html)
    assert len(ids) == len(set(ids))


def test_several_in_one_notebook(note, zh):
    wide = displacy.to_html(note)
    small = displacy.to_html(make_doc(zh, "查[胸片|新类]", []), columns=(40, 30))
    rules = re.compile(r"([^{}]+)\{([^{}]*)\}")
    first, second = (
        {name: body for name, body in rules.findall(html.split("</style>")[0])}
        for html in (wide, small)
    )
    assert all(first[name] == second[name] for name in set(first) & set(second))
    assert "id=" not in wide + small


def test_nested_mentions(zh):
    doc = make_doc(zh, "诊断：[[左[股骨|部位]颈|部位]骨折|疾病]。", [(0, 1, "DAP"), (0, 2, "DAP")])
    bounds = [(m.start_char, m.end_char, m.label_) for m in all_mentions(doc)]
    assert [doc.text[start:end] for start, end, _ in bounds] == ["左股骨颈", "左股骨颈骨折", "股骨"]
    assert nesting_levels(bounds) == [1, 2, 0]
    boxes = {box.mention: box for box in lay_out(doc.text, bounds, 100)[0].boxes}
    assert boxes[1].left < boxes[0].left < boxes[2].left
    assert boxes[2].right < boxes[0].right < boxes[1].right
    lines = drawing(displacy.to_html(doc))
    rects = {
        int(group.get("data-mention")): {k: float(v) for k, v in group.find("rect").attrib.items()}
        for group in lines[0].iter("g")
        if group.get("class").startswith("mention")
    }
    for outer, inner in ((1, 0), (0, 2)):
        assert rects[outer]["y"] < rects[inner]["y"]
        bottoms = [rects[i]["y"] + rects[i]["height"] for i in (outer, inner)]
        assert bottoms[0] > bottoms[1]
    # Inner ones are drawn later, so that outer ones do not hide them.
    assert list(rects) == [1, 0, 2]


def test_staggered_and_equal_mentions():
    assert nesting_levels([(0, 3, "A"), (2, 6, "B"), (8, 9, "A"), (8, 9, "B")]) == [0, 1, 0, 1]


def one_line(edges, text="甲乙丙丁戊己庚辛", mentions=((0, 1), (3, 4), (6, 7))):
    lines = lay_out(text, [(*m, "X") for m in mentions], 100)
    assert len(lines) == 1
    names = [text[slice(*m)] for m in mentions]
    return lines[0], draw_arcs(lines, [Edge(*edge) for edge in edges], names, 100 * COLUMN)[0]


def test_opposite_arcs_do_not_collide():
    line, wires = one_line([(0, 1, "a"), (1, 0, "b")])
    assert sorted(wire.level for wire in wires) == [0, 1]
    assert len({foot.x for wire in wires for foot in wire.feet}) == 4
    arrows = {wire.relation: [foot.is_tail for foot in wire.feet] for wire in wires}
    assert arrows == {0: [False, True], 1: [True, False]}
    # The higher one goes around the lower one instead of crossing it.
    low, high = sorted(wires, key=lambda wire: wire.level)
    assert high.feet[0].x < low.feet[0].x < low.feet[1].x < high.feet[1].x
    assert all(line.boxes[0].left < wire.feet[0].x < line.boxes[0].right for wire in wires)


def test_neighbours_share_a_height_and_a_loop_is_drawn():
    _, wires = one_line([(0, 1, "a"), (1, 2, "b")])
    assert [wire.level for wire in wires] == [0, 0]
    _, (loop,) = one_line([(1, 1, "loop")])
    assert loop.feet[0].x < loop.feet[1].x and [f.is_tail for f in loop.feet] == [False, True]


@pytest.mark.parametrize(
    "head, tail, flags",
    [
        (0, 1, ["TeRD → 肺炎", "胸片 → TeRD"]),
        (1, 0, ["TeRD ← 肺炎", "胸片 ← TeRD"]),
    ],
)
def test_relations_between_lines(zh, head, tail, flags):
    text = "查[胸片|检查]，\n\n示[肺炎|疾病]。"
    doc = make_doc(zh, text, [(head, tail, "TeRD")])
    lines = drawing(displacy.to_html(doc))
    assert len(lines) == 2 and all("opens" in line.get("class") for line in lines)
    assert drawn(lines, "stub", "data-relation") == [0, 0]
    labels = [
        group.find("text").text
        for line in lines
        for group in line.iter("g")
        if group.get("class").startswith("label")
    ]
    # Each names the other end; that of the tail has the arrowhead.
    assert labels == flags
    tips = [len(line.findall(".//path[@class='tip']")) for line in lines]
    assert tips == ([0, 1] if head == 0 else [1, 0])


def test_nothing_to_show(zh):
    sentence = zh("今日无特殊。")
    assert "此文档中未发现实体" in displacy.to_html(sentence)
    assert drawing(displacy.to_html(sentence))[0].find("text") is not None
    sentence.set_ents([Span(sentence, 0, 2, "时间")])
    html = displacy.to_html(sentence)
    assert "此文档中未发现关系" in html and "<table" not in html
    assert drawn(drawing(html), "mention", "data-mention") == [0]
    for empty in (zh(""), zh(" \n "), Doc(zh.vocab)):
        html = displacy.to_html(empty)
        assert "此文档没有文本" in html and "<svg" not in html
    assert "所有文档均无实体和关系" in displacy.to_html([zh("好"), zh("可")], page=True)
    assert "There are no documents." in displacy.to_html([], page=True)


def test_english(zh):
    nlp = spacy.blank("en")
    text = "An electrocardiogram revealed ST elevation; the patient’s chest pain did not improve."
    doc = nlp(text)
    test, finding = doc[1:2], doc[3:5]
    relation = Relation(
        Span(doc, test.start, test.end, "Test"),
        Span(doc, finding.start, finding.end, "Symptom"),
        "REVEALS",
    )
    doc._.relations = [relation]
    html = displacy.to_html(doc, columns=(40, 24))
    assert '<th scope="col">Relation</th>' in html and "2 mentions, 1 relations" in html
    for name in ("wide", "narrow"):
        lines = drawing(html, name)
        shown = ["".join(line.find("text[@class='text']").itertext()) for line in lines]
        assert "".join(shown).replace("\xa0", " ") == text
        # No word is broken, no line starts with a blank.
        assert [word for line in shown for word in line.split()] == text.split()
        assert not any(line[0].isspace() for line in shown)
    assert "头实体" in displacy.to_html(doc, lang="zh")


def test_widths():
    assert count_columns("CT检，℃μé\u0301👍") == [1, 1, 2, 2, 2, 1, 1, 0, 2]
    assert count_columns("20℃’s") == [1, 1, 1, 1, 1]
    assert (
        shorten("Diagnostic_procedure", 12) == "Diagnostic_…"
        and shorten("疾病和诊断", 10) == "疾病和诊断"
    )
    assert sum(count_columns(shorten("疾病和诊断", 9))) <= 9


def test_lines_break_where_people_break_them():
    text = "给予阿莫西林，（青霉素类）抗感染。\r\n体温37.5℃"
    lines = lay_out(text, [(2, 6, "药")], 12)
    shown = ["".join(glyph.char for glyph in line.glyphs) for line in lines]
    assert "".join(shown).replace("\u200b", "") == text.replace("\r\n", "")
    assert not any(line[0] in "，）。℃" or line[-1] in "（" for line in shown)
    assert [line.opens for line in lines if line.glyphs[0].char in "给体"] == [True, True]
    assert "阿莫西林，" in shown


TEXTS = st.text(alphabet="患者查CT示 肺炎，。\n（）a1’\r\u0301👍", min_size=1, max_size=60)


@settings(max_examples=150, deadline=None)
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
    first = [box.mention for line in lines for box in line.boxes if box.first]
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
        boxes = {box.mention: box for box in line.boxes if box.first}
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


def test_displacy_dep(note):
    parsed = displacy.to_displacy(note, "dep")
    assert "".join(word["text"] for word in parsed["words"]) == note.text
    tagged = [word["text"] for word in parsed["words"] if word["tag"]]
    assert tagged == [mention.text for mention in all_mentions(note)]
    words = [word["text"] for word in parsed["words"]]
    found = {
        (words[a["start"]], a["label"], words[a["end"]])
        if a["dir"] == "right"
        else (words[a["end"]], a["label"], words[a["start"]])
        for a in parsed["arcs"]
    }
    assert found == {(r.head.text, r.label, r.tail.text) for r in note._.relations}
    assert len(parsed["arcs"]) == len(LINKS)
    html = displacy.render(note, style="dep", jupyter=False)
    assert html.count("displacy-arrowhead") == len(LINKS)
    assert html.count('class="displacy-word"') == len(words)


def test_displacy_of_nested_mentions(zh):
    doc = make_doc(zh, "[[股骨|部位]骨折|疾病]", [(0, 1, "DAP"), (0, 0, "loop")])
    doc.user_data["title"] = "一"
    dep = displacy.to_displacy(doc, "dep")
    assert [(w["text"], w["tag"]) for w in dep["words"]] == [("股骨", "部位"), ("股骨骨折", "疾病")]
    assert [(a["start"], a["end"], a["dir"]) for a in dep["arcs"]] == [(0, 1, "left")]
    ent = displacy.to_displacy(doc)
    assert ent["ents"] == [{"start": 0, "end": 4, "label": "疾病"}] and ent["title"] == "一"
    spans = displacy.to_displacy(doc, "span")["spans"]
    assert [(s["start_token"], s["end_token"], s["label"]) for s in spans] == [
        (0, 2, "部位"),
        (0, 4, "疾病"),
    ]
    for style in ("ent", "span", "dep"):
        assert "疾病" in displacy.render(doc, style=style, jupyter=False)


def test_colors():
    assert registry.displacy_colors.get("clinrel") is displacy.COLORS
    assert EntityRenderer({}).colors["疾病"] == displacy.COLORS["疾病"]
    tints = pick_tints(["disease", "Zzz", "Yyy", "部位"], {"部位": "#12b4e6", "Yyy": "red;}"})
    assert tints["disease"].fill == displacy.COLORS["DISEASE"]
    assert tints["部位"].fill == "#12b4e6"
    assert (tints["Yyy"].fill, tints["Zzz"].fill) == PALETTE[:2]
    tint = make_tint("#ffb5bc")
    assert tint.ink < tint.fill and all(re.fullmatch("#[0-9a-f]{6}", c) for c in tint[1:])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 0xFFFFFF))
def test_text_can_be_read_on_any_colour(color):
    tint = make_tint(f"#{color:06x}")
    pairs = [(INK, tint.fill), (tint.ink, tint.fill), (tint.ink, "#ffffff")]
    pairs += [(DARK_INK, tint.dark_fill), (tint.dark_ink, tint.dark_fill)]
    pairs += [(tint.dark_ink, "#15181c")]
    assert min(contrast(*pair) for pair in pairs) >= 4.5
    assert INK in (css := read_asset("viewer.css")) and DARK_INK in css and "#15181c" in css
    if contrast(INK, f"#{color:06x}") >= 4.5:
        assert tint.fill == f"#{color:06x}"


def test_serve(note, monkeypatch, capsys):
    def visit(server):
        thread = Thread(target=server.handle_request)
        thread.start()
        return thread

    def get(path="/", name="127.0.0.1"):
        with make_server("<p>页", "127.0.0.1", 0) as server:
            thread = visit(server)
            connection = HTTPConnection("127.0.0.1", server.server_port, timeout=5)
            connection.request("GET", path, headers={"Host": f"{name}:{server.server_port}"})
            response = connection.getresponse()
            text = response.read().decode()
            thread.join()
        return response.status, text

    assert get() == (200, "<p>页") and get(name="localhost") == (200, "<p>页")
    assert get("/favicon.ico")[0] == 404
    assert get(name="evil.example") == (403, "403 Forbidden")

    def interrupt(server):
        raise KeyboardInterrupt

    monkeypatch.setattr(WSGIServer, "serve_forever", interrupt)
    displacy.serve(note, port=0)
    assert "Serving on http://127.0.0.1:" in capsys.readouterr().out


def test_render_in_a_notebook(note, monkeypatch):
    shown = []
    module = ModuleType("IPython.display")
    module.HTML = str
    module.display = shown.append
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    assert displacy.render(note, jupyter=True) is None
    assert shown == [displacy.to_html(note)]
    monkeypatch.setattr(spacy_displacy, "RENDER_WRAPPER", lambda html: f"<p>{html}</p>")
    wrapped = displacy.render(note, jupyter=False, options={"columns": (60, 30)})
    assert wrapped == f"<p>{displacy.to_html(note, columns=(60, 30))}</p>"


@pytest.mark.parametrize(
    "call, code",
    [
        (lambda doc: displacy.render(doc, style="tree"), "V001"),
        (lambda doc: displacy.to_displacy(doc, "relations"), "V001"),
        (lambda doc: displacy.to_html(doc, columns=(100, 5)), "V002"),
        (lambda doc: displacy.to_html(doc[:2]), "V003"),
        (lambda doc: displacy.to_html(["text"]), "V003"),
        (lambda doc: displacy.render(doc, options={"colours": {}}), "V004"),
        (lambda doc: displacy.to_html(doc, threshold=70), "V020"),
    ],
)
def test_errors(note, call, code):
    with pytest.raises(ValueError, match=code):
        call(note)
