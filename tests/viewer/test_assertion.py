"""Assertion attributes, values, doses and sections on a page."""

import re

import numpy as np
import pytest

from spacy_clinrel import viewer as displacy
from spacy_clinrel.tokens import MentionAttribute, all_mentions, set_attributes, write_assertion
from spacy_clinrel.types import ASSERTIONS
from spacy_clinrel.viewer.facts import summarize_amount

from ..util import make_doc
from .demo import make_demo, mark
from .test_pages import NASTY, body, drawing, drawn, rows


@pytest.fixture
def demo(zh):
    return make_demo(zh)


def box_of(html, doc, text):
    """Return the box and the tooltip of the last mention with this text."""
    index = [i for i, mention in enumerate(all_mentions(doc)) if mention.text == text][-1]
    for line in drawing(html):
        for group in line.iter("g"):
            is_mention = group.get("class").startswith("mention")
            if is_mention and group.get("data-mention") == str(index):
                return group, group.find("title").text.split("\n")
    raise AssertionError(text)


def marks(group):
    return [text.text for text in group.findall("text")[1:]]


@pytest.mark.parametrize(
    "text, classes, shown",
    [
        ("咳痰", [], []),
        ("积液", ["negated"], ["否认"]),
        ("社区获得性肺炎", ["uncertain"], ["疑似?"]),
        ("发热", ["hypothetical"], ["假设"]),
        ("高血压", ["historical"], ["既往"]),
        ("肺癌", ["family"], ["家族"]),
        ("糖尿病", ["negated", "family"], ["否认", "家族"]),
        ("肺结核", ["negated", "historical"], ["否认", "既往"]),
    ],
)
def test_mentions_show_their_assertion(demo, text, classes, shown):
    group, note = box_of(displacy.to_html(demo), demo, text)
    assert group.get("class").split()[2:] == classes and marks(group) == shown
    assert [line.split(" (")[0] for line in note[1 : 1 + len(shown)]] == shown
    assert all(re.search(r"\(9\d%\)$", line) for line in note[1 : 1 + len(shown)])


def test_denied_mentions_are_struck_through(demo):
    html = displacy.to_html(demo)
    denied = [i for i, mention in enumerate(all_mentions(demo)) if mention._.is_negated]
    assert drawn(drawing(html), "strike", "data-mention") == denied and len(denied) == 6
    for line in drawing(html):
        order = [part.get("class") for part in line]
        assert "strike" not in order or order.index("strike") > order.index("text")


def test_relations_of_denied_mentions(demo):
    html = displacy.to_html(demo)
    listed = [row for row in rows(html) if "否认" in row]
    assert [re.sub("<[^>]+>", "", row) for row in listed] == [
        "胸部CT检查未见积液症状否认97%",
        "积液症状否认未见于胸腔部位95%",
        "莫西沙星治疗缓解发热症状否认82%",
    ]
    assert html.count('class="denied"') == 3
    denied = [
        group
        for line in drawing(html)
        for group in line.iter("g")
        if group.get("class").startswith("arc") and "denied" in group.get("class")
    ]
    _, treated = denied  # the third relation is between two lines
    note = treated.find("title").text.split("\n")
    assert note[0] == "莫西沙星 → 缓解 → 发热 (82%)" and note[1] == "治疗缓解症状 (TrIS)"
    assert re.fullmatch(r"发热: 否认 \(9\d%\)", note[2])
    assert "CT → 未见 → 积液 (97%)" in html and "CT → 显示 → 斑片影 (93%)" in html


def test_filters_and_legend_count_mentions_by_assertion(demo):
    html = displacy.to_html(demo)
    boxes = re.findall(
        r'name="assertion" checked><span class="words">(.*?)</span><small>(\d+)', html
    )
    names = ["确认", "否认", "疑似?", "假设", "既往", "家族"]
    assert [name for name, _ in boxes] == names
    # Tests and body parts are neither affirmed nor denied.
    findings = [m for m in all_mentions(demo) if m.label_ not in ("Test", "Body")]
    assert int(boxes[0][1]) == sum(not mention._.assertion for mention in findings)
    assert int(boxes[1][1]) == 6
    legend = re.search(r'<div class="legend">(.*?)</div>', html, re.DOTALL)[1]
    assert all(f">{name}<" in legend for name in names)
    for label in ("TeCP", "TeRS", "TeRD", "SAP", "SNAP", "TrIS"):
        assert f"<small>{label}</small>" in legend
    assert "灰色虚线" in legend


def test_unknown_assertion_is_not_shown_as_affirmed(note, zh):
    html = displacy.to_html(note)
    assert "未标注状态" in html and 'name="assertion"' not in html and "灰色虚线" not in html
    mark(note, [""] * len(all_mentions(note)))
    html = displacy.to_html(note)
    assert "未标注状态" not in html and ">确认</span><small>4<" in html
    assert "显示" in body(html)  # the relation TeRD is now known to be affirmed
    assert "未标注状态" not in displacy.to_html(zh("无实体。"))


def test_values_doses_sections_and_concepts(demo):
    mention = all_mentions(demo)[0]
    mention.kb_id_ = "R05"
    demo.ents = [mention, *demo.ents[1:]]
    html = displacy.to_html(demo)
    group, note = box_of(html, demo, "白细胞")
    assert marks(group) == ["14.6×10^9/L↑"] and note[1:] == ["14.6×10^9/L↑", "章节: 辅助检查"]
    assert group.findall("text")[1].get("class") == "value flagged"
    group, note = box_of(html, demo, "氨溴索")
    assert marks(group) == ["30mg bid"] and "章节: 诊疗经过" in note
    assert "概念: R05" in html
    underlined = [
        path for line in drawing(html) for path in line.findall("path[@class='measured']")
    ]
    assert len(underlined) == 6
    bold = ["".join(line.find("text").itertext()) for line in drawing(html)]
    bold = [
        part.text
        for line in drawing(html)
        for part in line.find("text[@class='text']")
        if "bold" in part.get("class", "")
    ]
    assert bold == ["主诉：", "现病史：", "既往史：", "家族史：", "辅助检查：", "诊疗经过："]
    # The name of a section is added where the heading does not contain it.
    english = drawing(displacy.to_html(demo, lang="en"))
    captions = [
        group.find("text").text
        for line in english
        for group in line.iter("g")
        if group.get("class") == "heading"
    ]
    assert captions[:2] == ["Chief complaint", "Present illness"]


@pytest.mark.parametrize(
    "row, shown",
    [
        ({"text": "108g/L", "flag": "low"}, "108g/L ↓"),
        ({"text": "血红蛋白浓度 108.5 g/L", "number": 108.5, "flag": "low"}, "108.5 ↓"),
        ({"text": "一次两片，每日三次，饭后口服", "dose": 2.0, "unit": "片"}, "2片"),
        ({"text": "一次两片，每日三次，饭后口服", "number": None, "dose": None}, "一次两片，…"),
        ({"number": 5, "comparison": "<", "unit": "mg"}, "<5mg"),
        ({}, ""),
    ],
)
def test_summarize_amount(row, shown):
    assert summarize_amount(row) == shown


def test_other_attributes_are_in_the_tooltip(note):
    set_attributes(note, [MentionAttribute(all_mentions(note)[0], "Polarity=Low")])
    assert box_of(displacy.to_html(note), note, "肺炎")[1] == ["疾病"]
    titles = [
        title.text for line in drawing(displacy.to_html(note)) for title in line.iter("title")
    ]
    assert "症状\nPolarity=Low" in titles


def test_texts_of_rows_are_escaped_and_bad_scores_are_shown(note):
    mentions = all_mentions(note)
    holds = np.ones((len(mentions), len(ASSERTIONS)), dtype=bool)
    write_assertion(note, mentions, holds, np.where(holds, np.nan, 0.0))
    last = [mention for mention in mentions if mention.text == "咳嗽"][-1]
    last._.value = {"text": NASTY, "flag": NASTY}
    html = displacy.to_html(note, page=True, columns=(100, 20))
    assert html.count("<script") == 1 and NASTY in box_of(html, note, "咳嗽")[1]
    assert "否认 (0%)" in html
    # Badges that do not fit on a narrow line are left out there, and are in the tooltip.
    groups = [group for line in drawing(html, "narrow") for group in line.iter("g")]
    boxes = [group for group in groups if group.get("class").startswith("mention")]
    assert all(len(marks(box)) == 4 for box in boxes)
    assert len(marks(box_of(html, note, "咳嗽")[0])) == 6


def test_longest_words_of_mentions_are_kept_on_narrow_lines(zh):
    text = "Note: [a temporary dual-chamber pacemaker implantation|Treatment]."
    doc = make_doc(zh, text)
    lines = drawing(displacy.to_html(doc, columns=(100, 24)), "narrow")
    shown = ["".join(line.find("text[@class='text']").itertext()) for line in lines]
    words = doc.text.split()
    assert [word for line in shown for word in line.replace("\xa0", " ").split()] == words
