"""HTML of mentions and relations."""

import re
import sys
from base64 import b64encode
from hashlib import sha256
from types import ModuleType
from xml.etree import ElementTree

import pytest
import spacy
from spacy import displacy as spacy_displacy
from spacy.tokens import Doc, Span

from spacy_clinrel import viewer as displacy
from spacy_clinrel.tokens import Relation, all_mentions, set_relations
from spacy_clinrel.viewer.document import to_percent
from spacy_clinrel.viewer.layout import lay_out, nesting_levels

from ..util import make_doc
from .conftest import LINKS

# Short names of relations without assertion. Labels without a name are shown as they are.
NAMES = {"TeRD": "结果", "TrAD": "用于", "TrIS": "缓解", "TeAP": "针对", "后续": "后续"}
NASTY = '<script>alert("x")</script>&\''


def drawing(html, name="wide"):
    """Return the parsed lines of a document's wide or narrow drawing."""
    match = re.search(rf'<div class="drawing {name}">(.*?)</div>', html, re.DOTALL)
    return list(ElementTree.fromstring(f"<x>{match[1]}</x>"))


def drawn(lines, css_class, key):
    """Return the numbers of the relations or mentions that elements of a CSS class belong to."""
    groups = (group for line in lines for group in line.iter("g"))
    return sorted(int(g.get(key)) for g in groups if g.get("class").split()[0] == css_class)


def rows(html):
    body = re.search(r"<tbody>(.*?)</tbody>", html, re.DOTALL)
    return re.findall(r"<tr\b[^>]*>(.*?)</tr>", body[1], re.DOTALL) if body else []


def body(html):
    """Return the text of a page, without style sheet, script and markup."""
    return plain(re.sub(r"<(style|script)>.*?</\1>", "", html, flags=re.DOTALL))


def plain(markup):
    return re.sub(r"<[^>]+>", "", markup)


@pytest.mark.parametrize("name, columns", [("wide", (100, 40)), ("narrow", (100, 30))])
def test_drawing_has_all_mentions_relations_and_text(note, name, columns):
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
    cells = [re.findall(r"<td>(.*?)</td>", row) for row in rows(displacy.to_html(note))]
    assert [[plain(cell) for cell in row] for row in cells] == [
        [r.head.text + r.head.label_, NAMES[r.label], r.tail.text + r.tail.label_]
        for r in relations
    ]


def test_scores_are_shown_if_any_is_below_1(note):
    assert "%" not in body(displacy.to_html(note))
    first, *rest = note._.relations
    note._.relations = [first._replace(score=0.734), *rest]
    html = displacy.to_html(note)
    assert "结果 73%" in html and "用于 100%" in html
    assert [plain(row)[-4:] for row in rows(html)].count("100%") == len(LINKS) - 1


@pytest.mark.parametrize(
    "score, shown",
    [
        *((-1.0, 0), (0.0, 0), (0.734, 73), (0.999, 99), (1.0, 100), (2.0, 100)),
        *((float("nan"), 0), (float("inf"), 100), (float("-inf"), 0)),
    ],
)
def test_to_percent(score, shown):
    assert to_percent(score) == shown


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
    for line in drawing(html):  # the SVG is well-formed and has the text of the document
        assert NASTY in [title.text for title in line.iter("title")]


def test_characters_forbidden_in_html_are_replaced(zh):
    html = displacy.to_html(zh("血压\x00正常\x1b[0m"), page=True)
    assert "\x00" not in html and "\x1b" not in html and html.count("\ufffd") == 4


def test_page_loads_nothing(note):
    html = displacy.to_html([note, note], page=True)
    assert html.startswith("<!DOCTYPE html>")
    requests = re.findall(
        r"https?:|src=|url\(|@import|<link|<iframe|javascript:|fetch\(|XMLH", html
    )
    assert requests == []
    # The policy only allows the style sheet and the script of the viewer. No tag has a style.
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', html)
    digests = [
        f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
        for _, text in re.findall(r"<(style|script)>(.*?)</\1>", html, re.DOTALL)
    ]
    assert policy == f"default-src 'none'; style-src {digests[0]}; script-src {digests[1]}"
    assert (
        re.findall(r"<[^>]*\b(style|on\w+)=", html.split("</style>")[1].split("<script")[0]) == []
    )
    assert re.findall(r'href="(.*?)"', html) == ["#document-1", "#document-2"]
    assert all(f'id="document-{i}"' in html for i in (1, 2))
    ids = re.findall(r'\bid="(.*?)"', html)
    assert len(ids) == len(set(ids))


def test_styles_of_two_outputs_in_a_notebook_do_not_conflict(note, zh):
    wide = displacy.to_html(note)
    small = displacy.to_html(make_doc(zh, "查[胸片|新类]", []), columns=(40, 30))
    rules = re.compile(r"([^{}]+)\{([^{}]*)\}")
    first, second = (
        {name: body for name, body in rules.findall(html.split("</style>")[0])}
        for html in (wide, small)
    )
    assert all(first[name] == second[name] for name in set(first) & set(second))
    assert "id=" not in wide + small


def test_boxes_of_nested_mentions_are_nested(zh):
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
    # Inner mentions are drawn later, so that outer mentions do not cover them.
    assert list(rects) == [1, 0, 2]


@pytest.mark.parametrize(
    "head, tail, flags",
    [
        (0, 1, ["结果 → 肺炎", "胸片 → 结果"]),
        (1, 0, ["结果 ← 肺炎", "胸片 ← 结果"]),
    ],
)
def test_relation_between_lines_has_two_stubs(zh, head, tail, flags):
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
    # Each stub names the mention at the other end. The stub at the tail has the arrowhead.
    assert labels == flags
    tips = [len(line.findall(".//path[@class='tip']")) for line in lines]
    assert tips == ([0, 1] if head == 0 else [1, 0])


def test_notes_on_missing_text_mentions_and_relations(zh):
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


def test_english_text_and_interface(zh):
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
        # No word is split, and no line starts with a space.
        assert [word for line in shown for word in line.split()] == text.split()
        assert not any(line[0].isspace() for line in shown)
    assert "头实体" in displacy.to_html(doc, lang="zh")


@pytest.fixture
def shown(monkeypatch):
    """Return the list of what is displayed, with a stand-in for IPython."""
    shown = []
    module = ModuleType("IPython.display")
    module.HTML = str
    module.display = shown.append
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return shown


def test_render_displays_in_a_notebook(note, shown, monkeypatch):
    assert displacy.render(note, jupyter=True) is None
    assert shown == [displacy.to_html(note)]
    monkeypatch.setattr(spacy_displacy, "RENDER_WRAPPER", lambda html: f"<p>{html}</p>")
    wrapped = displacy.render(note, jupyter=False, options={"columns": (60, 30)})
    assert wrapped == f"<p>{displacy.to_html(note, columns=(60, 30))}</p>"


def test_text_with_inline_styles_is_only_in_markup_for_another_page(zh):
    doc = make_doc(zh, "查[胸片|检查]：\n[[左肺|部位]肺炎|疾病]<b>。", [(0, 1, "TeRD")])
    assert '<div class="plain">' not in displacy.to_html(doc, page=True)
    text = displacy.to_html(doc).split('<div class="plain">')[1].split("<table>")[0]
    assert re.search(r"<br>.*左肺", text) and text.count("<b") == 1
    assert "查胸片 [检查]：左肺 [部位]肺炎 [疾病]&lt;b&gt;。" in plain(text)


def test_page_in_a_notebook_is_markup_for_another_page(note, shown):
    displacy.render(note, page=True, jupyter=True)
    assert shown == [displacy.to_html(note)] and "min-height:100vh" not in shown[0]


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
def test_viewer_errors(note, call, code):
    with pytest.raises(ValueError, match=code):
        call(note)
