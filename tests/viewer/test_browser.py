"""Pages in a browser: filters, highlights, keyboard, screen sizes and network requests."""

import re
import time
from itertools import combinations

import pytest
import spacy
from spacy.tokens import Span

from spacy_clinrel import convert
from spacy_clinrel import viewer as displacy
from spacy_clinrel.files import read_docbin
from spacy_clinrel.tokens import Relation, all_mentions, get_relations, set_relations

from ..util import ROOT, make_doc
from .demo import make_demo

pytestmark = pytest.mark.browser

NOTE = (
    "患者[咳嗽|症状]三天，[胸片|检查]示[[肺|部位]炎|疾病]，予[头孢曲松|治疗]静滴后[咳嗽|症状]减轻。"
    "复查[血常规|检查]，[白细胞|检查]10.2×10^9/L，[双肺|部位]未闻[啰音|检查]。"
)
LINKS = [(1, 2, "TeRD"), (4, 2, "TrAD"), (2, 4, "TrAD"), (4, 5, "TrIS"), (9, 8, "TeAP")]
SCORES = (0.95, 0.8, 0.4, 0.6, 0.999)
NASTY = '"><script>document.title="bad"</script><img src="http://evil.example/x.png">\''
SLIDE = """(value) => { const slider = document.querySelector("input[type=range]");
    const began = performance.now();
    slider.value = value;
    slider.dispatchEvent(new Event("input", {bubbles: true}));
    document.body.getBoundingClientRect();
    return performance.now() - began; }"""
SHOWN = ">> visible=true"
ARCS = f".wide :is(.arc, .stub) {SHOWN}"
LABELS = f".wide .label {SHOWN}"
ROWS = f"tbody tr {SHOWN}"


@pytest.fixture
def note(zh):
    doc = make_doc(zh, NOTE, LINKS)
    doc._.relations = [r._replace(score=s) for r, s in zip(doc._.relations, SCORES)]
    return doc


def arcs(parent):
    """Return the relations with a visible arc or stub."""
    script = "arcs => arcs.map((arc) => arc.dataset.relation)"
    return set(parent.locator(ARCS).evaluate_all(script))


def lit(page):
    """Return the highlighted relations, mentions and rows of the wide drawing and the list."""
    return page.evaluate(
        """() => [".wide .label.on", ".wide .mention.on", "tbody tr.on"].map((selector) =>
        Array.from(new Set(Array.from(document.querySelectorAll(selector), ({dataset}) =>
        +(dataset.mention ?? dataset.relation)))).sort())"""
    )


def chosen(page, name):
    return page.locator(".chosen", has_text=re.compile(rf"^\s*{name}")).locator("input").first


def test_filters_change_the_arcs(show, note):
    page = show(displacy.to_html(note, page=True))
    count = page.locator(".shown")
    assert len(arcs(page)) == page.locator(ROWS).count() == len(LINKS)
    height = page.locator(".wide svg").first.bounding_box()["height"]
    chosen(page, "治疗用于疾病").click()
    assert len(arcs(page)) == page.locator(ROWS).count() == len(LINKS) - 2
    assert count.inner_text() == "3" and not page.locator(f"{LABELS} >> text=用于").count()
    # The remaining arcs move down.
    assert page.locator(".wide svg").first.bounding_box()["height"] < height
    chosen(page, "检查").click()
    assert page.locator(f".wide .mention {SHOWN}").count() == len(all_mentions(note)) - 4
    assert [row[:4] for row in page.locator(ROWS).all_inner_texts()] == ["头孢曲松"]
    page.get_by_role("button", name="重置").click()
    assert len(arcs(page)) == len(LINKS)
    assert page.locator(".wide svg").first.bounding_box()["height"] == height
    page.get_by_role("button", name="全不选").last.click()
    assert len(arcs(page)) == 0 and count.inner_text() == "0"


def test_slider_filters_by_confidence(show, note):
    page = show(displacy.to_html(note, page=True, threshold=0.5))
    assert len(arcs(page)) == len(LINKS) - 1
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("Home")
    assert len(arcs(page)) == len(LINKS)
    for _ in range(61):
        slider.press("ArrowRight")
    assert "≥ 61%" in page.locator(".slider").inner_text()
    labels = " ".join(page.locator(f"{LABELS} >> css=text").all_text_contents())
    assert sorted(set(re.findall(r"\w+ \d+%", labels))) == ["用于 80%", "结果 95%", "针对 99%"]
    slider.press("End")
    assert len(arcs(page)) == page.locator(ROWS).count() == 0


def test_keyboard_moves_and_selects(show, note):
    page = show(displacy.to_html(note, page=True))
    ends = [
        sorted(all_mentions(note).index(span) for span in relation[:2])
        for relation in sorted(note._.relations, key=lambda r: (r.head.start, r.tail.start))
    ]
    first = page.locator("tbody button").first
    page.get_by_role("button", name="重置").focus()
    for _ in range(3):  # the theme button, the drawing, the list
        page.keyboard.press("Tab")
    assert first.evaluate("button => button === document.activeElement")
    assert lit(page) == [[0], ends[0], [0]]
    outline = first.evaluate("button => getComputedStyle(button).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("ArrowDown")
    assert lit(page) == [[1], ends[1], [1]]
    page.keyboard.press("Enter")
    chosen_row = page.locator("tbody tr").nth(1)
    assert chosen_row.locator("button").get_attribute("aria-pressed") == "true"
    words = page.locator(".picked").inner_text()
    assert "→" in words and "%" in words
    page.keyboard.press("Shift+Tab")  # to the drawing, then along its labels
    page.keyboard.press("End")
    assert lit(page)[2] != [1] and len(lit(page)[1]) == 2
    page.keyboard.press("Escape")
    assert lit(page) == [[], [], []] and page.locator(".picked").inner_text() == ""
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    pressed = page.locator(".wide .label[aria-pressed=true]")
    assert pressed.count() == 1 and pressed.get_attribute("aria-label").count("→") == 2


def test_hover_and_click_highlight(show, note):
    page = show(displacy.to_html(note, page=True))
    page.locator(".wide .label").first.hover()
    relation = int(page.locator(".wide .label").first.get_attribute("data-relation"))
    assert lit(page)[0] == lit(page)[2] == [relation] and len(lit(page)[1]) == 2
    page.mouse.move(1, 1)
    assert lit(page) == [[], [], []]
    disease = [m.label_ for m in all_mentions(note)].index("疾病")
    box = page.locator(f".wide .mention[data-mention='{disease}'] rect").bounding_box()
    page.mouse.click(box["x"] + 45, box["y"] + 20)  # on the text, beside the nested mention
    page.mouse.move(1, 1)
    relations, mentions, rows = lit(page)
    assert len(relations) == 3 and relations == rows and len(mentions) == 3
    page.locator("h1").click()
    assert lit(page) == [[], [], []]


def test_tap_on_a_phone_selects(show, note):
    page = show(displacy.to_html(note, page=True), 390, has_touch=True, is_mobile=True)
    assert not page.locator(".panel").is_visible() and page.locator(".narrow").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    text, listed = (page.locator(s).bounding_box() for s in (".narrow", ".list"))
    assert listed["y"] >= text["y"] + text["height"]
    label = page.locator(".narrow .label").first
    label.tap()
    on = page.locator(".narrow .mention.on")
    assert page.locator("tbody tr.on").count() == 1 and on.count() == 2
    assert page.locator(".picked").is_visible()
    page.locator("summary").tap()
    assert page.locator(".panel").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_list_stands_beside_the_text(show, note):
    page = show(displacy.to_html(note, page=True), 1280)
    text, listed = (page.locator(s).bounding_box() for s in (".wide", ".list"))
    assert listed["x"] >= text["x"] + text["width"]
    page.set_viewport_size({"width": 1000, "height": 800})
    text, listed = (page.locator(s).bounding_box() for s in (".wide", ".list"))
    assert listed["y"] >= text["y"] + text["height"]


def test_light_dark_and_paper(show, note):
    page = show(displacy.to_html(note, page=True), color_scheme="dark")

    def ground():
        return page.evaluate("getComputedStyle(document.querySelector('.clinrel')).backgroundColor")

    assert ground() == "rgb(21, 24, 28)"
    page.get_by_role("button", name="深色").click()
    assert ground() == "rgb(255, 255, 255)"
    page.get_by_role("button", name="深色").click()
    chosen(page, "治疗用于疾病").click()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert ground() == "rgb(255, 255, 255)" and not page.locator(".bar").is_visible()
    assert len(arcs(page)) == page.locator(ROWS).count() == len(LINKS)
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert len(arcs(page)) == len(LINKS) - 2


def test_page_without_script_shows_everything(show, note):
    page = show(displacy.to_html(note, page=True, threshold=0.9), java_script_enabled=False)
    assert len(arcs(page)) == page.locator(ROWS).count() == len(LINKS)
    assert not page.locator(".bar").is_visible() and page.locator(".legend").is_visible()


def test_filters_by_assertion(show, zh):
    doc = make_demo(zh)
    page = show(displacy.to_html(doc, page=True))
    mentions = page.locator(f".wide .mention {SHOWN}")
    strikes = page.locator(f".wide .strike rect {SHOWN}")
    total = mentions.count()
    denied = page.get_by_role("checkbox", name="否认")
    denied.focus()
    page.keyboard.press("Space")
    assert mentions.count() == total - 6 and strikes.count() == 0
    assert page.locator(ROWS).count() == len(doc._.relations) - 3
    # Tests and body parts stay if affirmed mentions are hidden.
    page.get_by_role("checkbox", name="确认").click()
    assert mentions.count() == sum(
        not m._.is_negated and (bool(m._.assertion) or m.label_ in ("Test", "Body"))
        for m in all_mentions(doc)
    )
    page.get_by_role("button", name="重置").click()
    assert mentions.count() == total and strikes.count() == 6


def test_tooltip_and_status_of_a_mention(show, zh):
    page = show(displacy.to_html(make_demo(zh), page=True))
    box = page.locator(".wide .mention.uncertain > rect").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 12)  # on the text, above the box
    title = page.locator(".wide .text > title")
    assert title.count() == 1 and title.text_content().startswith("疾病 (Disease)\n疑似? (")
    page.mouse.down()
    page.mouse.up()
    assert "疑似? (" in page.locator(".picked").inner_text()
    page.mouse.move(1, 1)
    page.locator("h1").click()
    assert page.locator(".picked").inner_text() == ""


@pytest.mark.parametrize("width", [360, 1280])
def test_texts_of_badges_fit(show, zh, width):
    page = show(displacy.to_html(make_demo(zh), page=True, lang="en"), width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    name = "narrow" if width < 640 else "wide"
    sizes = page.evaluate(
        """(selector) => Array.from(document.querySelectorAll(selector), (rect) =>
        [rect, rect.nextElementSibling].map((part) => part.getBoundingClientRect().width))""",
        f".{name} :is(rect.mark, rect.value)",
    )
    assert len(sizes) > 10 and all(text <= rect for rect, text in sizes)


def test_two_outputs_in_a_notebook_are_independent(show, note, zh):
    other = make_doc(zh, "查[胸片|检查]示[肺炎|新类]。", [(0, 1, "TrAD")])
    page = show(displacy.to_html(note) + displacy.to_html(other, columns=(60, 30)))
    roots = page.locator(".clinrel").all()
    assert [len(arcs(root)) for root in roots] == [len(LINKS), 1]
    chosen(roots[0], "治疗用于疾病").click()
    roots[1].locator(".wide .label").hover()
    assert [len(arcs(root)) for root in roots] == [len(LINKS) - 2, 1]
    assert [root.locator("tr.on").count() for root in roots] == [0, 1]
    assert "1 / 1" in roots[1].locator("summary").inner_text()


def test_markup_in_a_note_is_text(show, zh):
    doc = zh(f"查{NASTY}示肺炎")
    doc.user_data["title"] = NASTY
    head, tail = Span(doc, 1, len(doc) - 3, NASTY), Span(doc, len(doc) - 2, len(doc), "疾病")
    set_relations(doc, [Relation(head, tail, NASTY, 0.5)])
    page = show(displacy.to_html([doc, doc], page=True, title=f"好{NASTY}", lang=NASTY))
    assert page.title() == f"好{NASTY}" and page.locator("img").count() == 0
    assert page.locator("h2").first.inner_text() == NASTY
    button = page.locator("tbody button").first
    assert button.inner_text() == NASTY and NASTY in button.get_attribute("aria-label")
    button.click()
    assert NASTY in page.locator(".picked").inner_text()


def overlapping(page, selector):
    """Return the labels of a drawing that overlap each other or extend beyond their line."""
    boxes = page.evaluate(
        """(selector) => Array.from(document.querySelectorAll(selector), (line) => {
        const frame = line.getBoundingClientRect();
        return Array.from(line.querySelectorAll(".label text"), (text) => {
        const b = text.getBoundingClientRect();
        return [text.textContent, b.left, b.right, b.top, b.bottom,
        b.left < frame.left || b.right > frame.right || b.top < frame.top]; }); })""",
        selector,
    )
    cut = [box[0] for line in boxes for box in line if box[5]]
    return cut + [
        (a[0], b[0])
        for line in boxes
        for a, b in combinations(line, 2)
        if a[1] < b[2] and b[1] < a[2] and a[3] + 2 < b[4] and b[3] + 2 < a[4]
    ]


@pytest.fixture(scope="module", params=["zh", "en"])
def own_notes(request, tmp_path_factory):
    """Return notes of this project with invented confidences."""
    folder, path = ROOT / "assets" / f"{request.param}_notes" / "dev", tmp_path_factory.mktemp("d")
    convert("brat", folder, path / "dev.spacy", lang=request.param)
    docs = read_docbin(path / "dev.spacy", spacy.blank(request.param).vocab)[:6]
    for doc in docs:
        relations = get_relations(doc)
        set_relations(doc, [r._replace(score=0.3 + 0.6 / (k + 1)) for k, r in enumerate(relations)])
    return docs


def test_no_labels_collide_in_our_notes(show, own_notes):
    html = displacy.to_html(own_notes, page=True)
    assert overlapping(show(html), ".wide svg.line") == []
    assert overlapping(show(html, 390), ".narrow svg.line") == []


def test_page_with_500_relations_is_fast(show, zh):
    marked = "查[胸片|检查]示[双[肺|部位]感染|疾病]，" * 125
    near = [(3 * i, 3 * i + k, "TeRD") for i in range(125) for k in (1, 2)]
    far = [(3 * i + 1, (3 * i + 3 * k) % 375, "TrIS") for i in range(125) for k in (2, 40)]
    doc = make_doc(zh, marked, near + far)
    relations = get_relations(doc)
    doc._.relations = [r._replace(score=(1 + k % 99) / 100) for k, r in enumerate(relations)]
    began = time.process_time()
    html = displacy.to_html(doc, page=True)
    assert time.process_time() - began < 2
    page = show(html)
    timing = page.evaluate("performance.getEntriesByType('navigation')[0].duration")
    assert timing < 2000
    assert page.locator(".shown").inner_text() == "500"
    times = [page.evaluate(SLIDE, value) for value in (80, 0, 70, 10)]
    assert page.locator(".shown").inner_text() == str(sum(r.score >= 0.1 for r in doc._.relations))
    # 112 to 142 ms on a busy machine. The limit is generous, as this is not a benchmark.
    assert min(times) < 400
