"""The error report in a browser: sections, filters and narrow screens."""

import pytest
from spacy.training import Example

from spacy_clinrel.evaluation.error_report import analyze, render_page
from spacy_clinrel.evaluation.evaluate import evaluate_examples

from ...util import make_doc, make_notes

pytestmark = pytest.mark.browser

GOLD = "[心电图|检查]提示[房颤|疾病]，予[补液|治疗]后[头痛|症状]缓解。"


def report(zh):
    """Return the page for a pipeline that predicts nothing."""
    docs = [make_doc(zh, GOLD, [(0, 1, "证实"), (2, 3, "改善")]), *make_notes(zh, 3)]
    examples = [Example(zh.make_doc(doc.text), doc) for doc in docs]
    result = {"data": "dev.spacy", "scheme": None, **evaluate_examples(zh, examples)}
    return render_page(analyze(zh, examples, result))


def test_browser_shows_sections_and_filters(show, zh):
    page = show(report(zh))
    shown = [link.get_attribute("href") for link in page.locator("nav a").all()]
    assert len(shown) > 5
    for target in shown:
        assert page.locator(target).is_visible()
    arcs = page.locator(".compare .wide :is(.arc, .stub) >> visible=true")
    before = arcs.count()
    page.get_by_role("checkbox", name="证实").uncheck()
    assert 0 < arcs.count() < before


def test_page_fits_a_narrow_screen(show, zh):
    page = show(report(zh), width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
