"""The English tokenizer for clinical text."""

import pytest
import spacy
from spacy.lang.en import English

from spacy_clinrel.tokens.tokenizer import ENGLISH_TOKENIZER, blank_pipeline


@pytest.fixture(scope="module")
def nlp():
    return blank_pipeline("en")


@pytest.fixture(scope="module")
def plain():
    """Return a pipeline with spaCy's own English tokenizer."""
    return spacy.blank("en")


@pytest.mark.parametrize(
    "marked",
    [
        "3|.|Metformin",
        "3|)|Metformin",
        "Tylenol|650 mg",
        "heparin|5000 units",
        "x|10days",
        "x|5d|,|no",
        "7.5|mg|-|15|mg",
        "10|-|20 mg",
        "PLT|-|230.5|*|#",
        "Na|-|138",
        "CABG|(|LIMA",
        "stent|(|3|)",
        "12**|]|.|Edema",
        "EKG|.|Repeat",
        "normal|.|on",
        "ataxia|.|3",
        "low|[|7|]|.",
        "stable|)|,|12",
        "5 mg/dL|,|6",
        "6 mg/dL|.",
        "12 IU/L|.",
        "5 cm H2O|.",
        "4 L|.",
        "for 3 d|.",
        "hepatitis B|.",
        "ANC|>|0.5",
        "EF|=|55|%",
        "<|5",
        "abc|+|def",
        "nausea|/|vomiting",
        "69 mg|/|24 h",
        "grade 8|)",
    ],
)
def test_tokens_begin_where_spaces_are_missing(nlp, marked):
    text = marked.replace("|", "")
    starts = {token.idx for token in nlp(text)}
    expected, offset = set(), 0
    for part in marked.split("|"):
        expected.add(offset)
        offset += len(part)
    assert expected <= starts, list(nlp(text))


@pytest.mark.parametrize(
    "word",
    [
        *("12.5", "120/80", "1,045", "10/12/2015", "24/7", "mg/dL", "mg/kg/d", "cells/µL", "1st"),
        *("IL-6", "COX-2", "HER2", "FiO2", "T2DM", "H&E", "pH7.4", "Na+", "q4h"),
        *("s/p", "c/o", "w/o", "Dr.", "e.g.", "a.m."),
        *("https://www.example.org/a?b=c", "name@example.org"),
    ],
)
def test_words_stay_whole(nlp, word):
    assert [token.text for token in nlp(f"{word} x")] == [word, "x"]


def test_hyphens_as_in_spacy(nlp, plain):
    for word in ("beta-blocker", "CT-guided", "x-ray", "2015-08-01", "C3-C4"):
        assert [t.text for t in nlp(word)] == [t.text for t in plain(word)]


def test_text_is_unchanged(nlp):
    text = "1.Aspirin 81mg\tx14days,no  (see[4]) \r\n** Hgb-9.8*.\n"
    assert nlp(text).text == text


def test_exceptions_of_spacy_are_kept(nlp, plain):
    for text in ("can't", "8p.m.", "Mr.", "I'm", "approx."):
        if text in English.Defaults.tokenizer_exceptions:
            expected = [token.text for token in plain(text)]
            assert [token.text for token in nlp(text)] == expected


def test_tokenizer_is_saved_with_the_pipeline(nlp, tmp_path):
    nlp.to_disk(tmp_path)
    text = "1.Aspirin 81mg/d, WBC-12.5*# see CXR.Started for 2 d. (8)"
    assert [t.text for t in spacy.load(tmp_path)(text)] == [t.text for t in nlp(text)]


def test_blank_pipelines_of_other_languages_are_unchanged():
    assert blank_pipeline("en").config["nlp"]["tokenizer"]["@tokenizers"] == ENGLISH_TOKENIZER
    for lang in ("zh", "xx", "de"):
        assert blank_pipeline(lang).config["nlp"] == spacy.blank(lang).config["nlp"]


def test_long_words_take_linear_time(nlp):
    for word in ("a" * 10_000, "1" * 10_000, "a/" * 2_000, "1.a" * 2_000):
        assert nlp(word).text == word
