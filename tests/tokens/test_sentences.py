"""The sentence rule of candidates and models."""

import pytest
import spacy

from spacy_clinrel.tokens import Sentences
from spacy_clinrel.tokens.boundaries import LINE_BREAKS


@pytest.mark.parametrize("char", [*LINE_BREAKS, "\r\n", "\n  "])
def test_every_line_break_ends_a_sentence(char):
    doc = spacy.blank("zh")(f"头痛{char}发热。胸闷")
    assert Sentences().ids(doc).tolist() == [0, 0, 0, 1, 1, 1, 2, 2]
    assert Sentences(line_breaks=False).ids(doc).tolist() == [0, 0, 0, 0, 0, 0, 1, 1]


def test_use_sents_follows_the_clinical_sentencizer():
    nlp = spacy.blank("en")
    nlp.add_pipe("clinical_sentencizer")
    doc = nlp("1. Metoprolol 25 mg\n   twice daily\n2. Senna")
    rule, sents = Sentences(use_sents=True), list(doc.sents)
    assert [sent.start for sent in sents] == [0, 9]
    assert rule.ids(doc).tolist() == [i for i, sent in enumerate(sents) for _ in sent]
