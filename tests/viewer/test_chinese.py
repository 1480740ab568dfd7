"""With the language zh, all texts of the viewer are Chinese, whatever the language of the notes."""

import re
from html.parser import HTMLParser
from threading import Thread
from urllib.request import urlopen

import pytest
import spacy

from spacy_clinrel import viewer as displacy
from spacy_clinrel.tokens import all_mentions
from spacy_clinrel.viewer.server import make_server
from spacy_clinrel.viewer.translations import TRANSLATIONS

from ..util import make_doc
from .demo import make_demo

ATTRIBUTES = ("title", "aria-label", "placeholder", "alt")
WORD = re.compile("[A-Za-z]{2,}")


class Texts(HTMLParser):
    """The texts and the texts of attributes of a page, without its style and script."""

    def __init__(self, html):
        super().__init__()
        self.found, self.skipped = [], False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.skipped = tag in ("style", "script")
        self.found += [value or "" for name, value in attrs if name in ATTRIBUTES]

    def handle_endtag(self, tag):
        self.skipped = False

    def handle_data(self, data):
        if not self.skipped:
            self.found.append(data)


def words_of(html):
    return {word for text in Texts(html).found for word in WORD.findall(text)}


def labels_of(doc):
    """Return the words of the note, its labels and codes, which stay as they are."""
    labels = [*(m.label_ for m in all_mentions(doc)), *(r.label for r in doc._.relations)]
    codes = [mention.kb_id_ for mention in all_mentions(doc)]
    sections = [span.label_ for span in doc.spans.get("sections", [])]
    return set(WORD.findall(" ".join([doc.text, *labels, *codes, *sections])))


@pytest.mark.parametrize("page", [True, False])
def test_all_texts_are_chinese(zh, page):
    doc = make_demo(zh)
    empty, plain = zh.make_doc(""), zh.make_doc("一般情况可")
    html = displacy.to_html([doc, empty, plain], page=page, lang="zh", threshold=0.5)
    assert words_of(html) - labels_of(doc) == set()
    assert "疾病" in html and "此文档没有文本" in html and "第 2 份文档" not in html
    assert words_of(displacy.to_html([], page=page, lang="zh")) == set()


def test_english_notes_have_a_chinese_page():
    doc = make_doc(
        spacy.blank("en"), "[Chest X-ray|test] showed [pneumonia|problem].", [(0, 1, "TeRP")]
    )
    html = displacy.render(doc, jupyter=False, page=True, options={"lang": "zh"})
    assert words_of(html) - labels_of(doc) == set()
    for text in ("医疗问题", "检查显示或排除问题", "关系类型", TRANSLATIONS["zh"]["not_asserted"]):
        assert text in html


def test_served_page_is_chinese(zh):
    doc = make_demo(zh)
    html = displacy.render(doc, jupyter=False, page=True, options={"lang": "zh"})
    with make_server(html, "127.0.0.1", 0) as server:
        Thread(target=server.handle_request, daemon=True).start()
        with urlopen(f"http://127.0.0.1:{server.server_port}/", timeout=10) as response:
            served = response.read().decode("utf-8")
    assert '<html lang="zh"' in served and words_of(served) - labels_of(doc) == set()
