"""Normal forms of text."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from spacy_clinrel.tokens.markup import escape_html
from spacy_clinrel.tokens.normalize import fold_text, lookup_form, single_spaces


def test_lookup_form():
    assert lookup_form("ＣＴ　ⅡＡ") == "ct iia"


def test_fold_text():
    assert fold_text("STRASSE") == fold_text("straße")
    assert fold_text(" Ａ\u00a0b\t") == "a b"


@given(st.text())
def test_fold_text_is_stable(text):
    folded = fold_text(text)
    assert fold_text(folded) == folded and unicodedata.is_normalized("NFKC", folded)


def test_single_spaces():
    assert single_spaces("头痛 \r\n\t呕吐\n") == "头痛 呕吐"


def test_escape_html():
    assert escape_html('<a b="&">\x00\ud800') == "&lt;a b=&quot;&amp;&quot;&gt;\ufffd\ufffd"
