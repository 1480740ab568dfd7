"""HTML and dialogues of Label Studio."""

import time

import pytest

from . import annotation as tools
from .label_studio_tasks import EXPECTED, RESULT, TEXT, at, region, task


def test_html_by_global_offsets(read_tasks):
    html = "<html><head><title>T</title></head><body>\n<h1>主诉</h1><p>患者<b>发热</b>，<br>"
    html += "予&lt;布洛芬&gt;。</p><script>x</script></body></html>"
    result = [
        region(
            "a",
            at(
                "/p[1]/b[1]/text()[1]",
                "/p[1]/b[1]/text()[1]",
                "发热",
                startOffset=0,
                endOffset=2,
                globalOffsets={"start": 5, "end": 7},
            ),
            "症状",
            kind="hypertextlabels",
        ),
        region(
            "b",
            at(
                "/p[1]/text()[3]",
                "/p[1]/text()[3]",
                "布洛芬",
                startOffset=2,
                endOffset=5,
                globalOffsets={"start": 11, "end": 14},
            ),
            "药物",
            kind="hypertextlabels",
        ),
        RESULT[2],
    ]
    (doc,), report = read_tasks(task({"html": html}, result))
    assert doc.text == "\n主诉\n患者发热，\n予<布洛芬>。"
    assert tools.texts(doc) == EXPECTED and not report.losses


@pytest.mark.parametrize("places", ["offsets", "paths"])
@pytest.mark.parametrize("unit", ["characters", "utf16"])
def test_html_with_any_place_and_unit(read_tasks, places, unit):
    """The recorded texts show whether offsets count characters or UTF-16 code units."""
    shift = unit == "utf16"
    spans = {"a": (3 + shift, 5 + shift), "b": (7 + shift, 10 + shift)}
    result = [RESULT[2]]
    for name, text, path in (
        ("a", "发热", "/div[1]/p/text()"),
        ("b", "布洛芬", "/div/p[2]/text()[1]"),
    ):
        start, end = spans[name]
        offsets = {"globalOffsets": {"start": start, "end": end}} if places == "offsets" else {}
        first = start if name == "a" else 1
        offsets.update(startOffset=first, endOffset=first + end - start)
        path = path if places == "paths" else "/gone[1]/text()[1]"
        result.append(region(name, at(path, path, text, **offsets), name))
    html = "<div><p>😀患者发热，</p><p>予布洛芬。</p></div>"
    (doc,), report = read_tasks(task({"text": html}, result))
    assert doc.text == "😀患者发热，\n予布洛芬。" and not report.losses, report.messages
    assert tools.texts(doc) == EXPECTED


def test_regions_of_html_on_a_plain_text(read_tasks):
    places = {"a": (2, 4), "b": (6, 9)}
    result = [
        region(name, at("/text()[1]", "/text()[1]", startOffset=s, endOffset=e), name)
        for name, (s, e) in places.items()
    ]
    (doc,), report = read_tasks(task({"text": TEXT}, [*result, RESULT[2]]))
    assert tools.texts(doc) == EXPECTED and not report.losses and not report.repaired


def test_place_outside_html_costs_one_region(read_tasks):
    bad = region("c", at("/p[9]/text()[1]", "/p[9]/text()[1]", startOffset=0, endOffset=2), "X")
    far = region("d", at("/p[1]", "/p[1]", globalOffsets={"start": 5, "end": 99}), "X")
    good = region("a", at("/p[1]", "/p[1]", globalOffsets={"start": 2, "end": 4}), "症状")
    (doc,), report = read_tasks(task({"text": f"<p>{TEXT}</p>"}, [bad, far, good]))
    assert tools.mentions(doc) == [(2, 4, "症状")] and report.losses == 2


def test_html_in_linear_time(read_tasks):
    """Deep nesting, many regions and stray brackets."""
    start = time.perf_counter()
    html = "<b>" * 4000 + "<" * 4000 + TEXT + "</b>" * 4000 + "<!--<a " * 4000
    (doc,), _ = read_tasks(task({"text": html + "<p>x</p>"}, []))
    assert TEXT in doc.text
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize("key", ["text", "phrase"])
def test_paragraphs_of_a_dialogue(read_tasks, key):
    dialogue = [
        {"author": "医生", key: "哪里不适？😀"},
        {"author": "患者", key: "😀发热，服布洛芬"},
    ]
    result = [
        region(
            "a", at("1", "1", "发热", startOffset=1, endOffset=3), "症状", kind="paragraphlabels"
        ),
        region("b", at(1, 1, "布洛芬", startOffset=5, endOffset=8), "药物"),
        region("c", at("0", "1", startOffset=2, endOffset=3), "X", kind="paragraphlabels"),
        region("d", at("2", "2", startOffset=0, endOffset=1), "X", kind="paragraphlabels"),
        RESULT[2],
    ]
    (doc,), report = read_tasks(task({"dialogue": dialogue}, result))
    assert doc.text == "哪里不适？😀\n😀发热，服布洛芬"
    assert tools.texts(doc) == EXPECTED and (2, 10, "X") in tools.mentions(doc)
    assert report.lost == {"broken line": 1, "metadata not kept": 1}
    assert any("data.dialogue.author" in message for message in report.messages)


def test_paragraphs_with_utf16_offsets(read_tasks):
    dialogue = [{"text": "😀发热"}]
    result = [region("a", at("0", "0", "发热", startOffset=2, endOffset=4), "症状")]
    (doc,), report = read_tasks(task({"dialogue": dialogue}, result))
    assert tools.mentions(doc) == [(1, 3, "症状")] and not report.losses


def test_html_without_recorded_texts_may_be_ambiguous(read_tasks):
    """Characters beyond U+FFFF count as one or two."""
    places = {"globalOffsets": {"start": 3, "end": 5}}
    entry = task(
        {"text": "<p>😀患者发热，予布洛芬。</p>"},
        [region("a", at("/p[1]", "/p[1]", **places), "X")],
    )
    (doc,), report = read_tasks(entry)
    assert tools.mentions(doc) == [(3, 5, "X")] and "Choose with --offsets" in report.messages[0]
    (doc,), report = read_tasks(entry, offsets="utf-16")
    assert tools.mentions(doc) == [(2, 4, "X")] and not report.doubtful
    (doc,), report = read_tasks(entry, offsets="characters")
    assert tools.mentions(doc) == [(3, 5, "X")] and not report.doubtful
