"""Normal forms of text."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from spacy_clinrel.tokens.markup import escape_html
from spacy_clinrel.tokens.normalize import fold_text, lookup_form, single_spaces


def test_lookup_form_folds_width_and_case():
    assert lookup_form("ＣＴ　ⅡＡ") == "ct iia"


def test_fold_text_removes_case_and_white_space():
    assert fold_text("STRASSE") == fold_text("straße")
    assert fold_text(" Ａ\u00a0b\t") == "a b"


@given(st.text())
def test_fold_text_is_idempotent(text):
    folded = fold_text(text)
    assert fold_text(folded) == folded and unicodedata.is_normalized("NFKC", folded)


def test_single_spaces_replaces_white_space():
    assert single_spaces("头痛 \r\n\t呕吐\n") == "头痛 呕吐"


def test_escape_html_escapes_and_replaces_forbidden_characters():
    assert escape_html('<a b="&">\x00\ud800') == "&lt;a b=&quot;&amp;&quot;&gt;\ufffd\ufffd"
