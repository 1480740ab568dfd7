"""The texts of the report's page: complete and Chinese with the language zh."""

import re
from string import Formatter

import pytest

from spacy_clinrel.evaluation.error_report import render_page
from spacy_clinrel.evaluation.error_report.budget import CAUSES
from spacy_clinrel.evaluation.error_report.texts import get_texts
from spacy_clinrel.types import ASSERTIONS

from .test_report import (  # noqa: F401
    HOSTILE,
    Page,
    example,
    nlp,
)

CHINESE = re.compile("[\u4e00-\u9fff]")
# Names that the page has in any language: of programs, of scores and of the data in the test.
NAMES = r"spacy-clinrel|spaCy|Python|evaluate|ECE|bootstrap|token|95 %|\bF\b|\bP\b|\bR\b|--\w+|Esc"


def flatten(texts, path=()):
    """Yield the path and the text of each leaf."""
    items = texts.items() if isinstance(texts, dict) else enumerate(texts)
    for key, value in items:
        if isinstance(value, str):
            yield (*path, key), value
        else:
            yield from flatten(value, (*path, key))


def fields(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_languages_have_the_same_keys_and_fields():
    english, chinese = (dict(flatten(get_texts(lang))) for lang in ("en", "zh"))
    assert english.keys() == chinese.keys()
    assert not [path for path in english if fields(english[path]) != fields(chinese[path])]
    for texts in map(get_texts, ("en", "zh")):
        assert set(texts["causes"]) == set(CAUSES) and set(texts["attributes"]) == set(ASSERTIONS)
    assert get_texts("de") is get_texts("de") and get_texts("de") == get_texts("en")


def test_all_sentences_are_chinese():
    left = [
        text
        for _, text in flatten(get_texts("zh"))
        if not CHINESE.search(text) and re.sub(rf"{NAMES}|\{{\w+\}}|[\W\d]", "", text)
    ]
    assert left == []


@pytest.mark.parametrize(
    "lang, title", [("zh", "错误分析报告"), (None, "错误分析报告"), ("de", "Error")]
)
def test_page_is_in_the_language(example, lang, title):  # noqa: F811
    """By default, the page is in the language of the pipeline."""
    analysis, _ = example
    html = render_page(analysis, lang)
    assert f'<html lang="{"en" if lang == "de" else "zh"}">' in html and f"<h1>{title}" in html


def test_chinese_page_has_no_english_text(example):  # noqa: F811
    analysis, result = example
    page = Page(re.sub(r"<(style|script)\b.*?</\1>", "", render_page(analysis, "zh"), flags=re.S))
    texts = [
        *page.text,
        *(value for _, name, value in page.attributes if name in ("title", "aria-label")),
    ]
    # The hostile label is shortened beside plots.
    known = [HOSTILE, HOSTILE[:25], "<b>first</b>", result["data"], "dev.spacy", result["model"]]
    left = set()
    for text in texts:
        for word in known:
            text = text.replace(word, "")
        left.update(re.findall(r"[A-Za-z]{2,}", re.sub(NAMES, "", text)))
    assert left == set()
    assert "实体漏检" in " ".join(texts)
