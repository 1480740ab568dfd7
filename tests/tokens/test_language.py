"""The language of texts, and tokens that do not fit it."""

import pytest
import spacy

from spacy_clinrel.tokens import guess_language, is_split_into_letters

ENGLISH = "The patient denies chest pain and fever; the film shows pneumonia."
CHINESE = "患者无胸痛，查CT示右下肺炎，予阿莫西林口服，WBC 12.3×10^9/L，CRP 8 mg/L，复查胸片好转，"


@pytest.mark.parametrize(
    "texts, lang",
    [
        ([ENGLISH], "en"),
        ([CHINESE * 2], "zh"),
        (["Patient mit Fieber, Husten und Schmerzen seit drei Tagen, keine Atemnot."], "en"),
        (["CT", "12.3"], None),
        ([], None),
    ],
)
def test_guess(texts, lang):
    assert guess_language(texts) == lang


def test_tokens_of_one_letter():
    zh, en = spacy.blank("zh"), spacy.blank("en")
    assert is_split_into_letters([zh(ENGLISH)])
    assert not is_split_into_letters([en(ENGLISH), en("")])
    assert not is_split_into_letters([zh(CHINESE)])
    assert not is_split_into_letters([])
