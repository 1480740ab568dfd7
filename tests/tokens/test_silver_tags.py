"""Probabilities of the tags of silver documents: storage and other labels."""

import numpy as np
import pytest
import spacy
from spacy.tokens import DocBin

from spacy_clinrel.tokens import GROUP
from spacy_clinrel.tokens.silver import silver_pairs
from spacy_clinrel.tokens.silver_tags import silver_tags, store_silver_tags
from spacy_clinrel.types import TagProbabilities

from ..util import make_doc

TYPES = ("症状", "治疗")


def probabilities(length, seed=0):
    """Return random probabilities of the tags of two types, most of them 0."""
    dice = np.random.default_rng(seed)
    tags = dice.random((length, 9)) ** 8 + 1e-9
    transitions = dice.random((9, 9))
    tags /= tags.sum(axis=1, keepdims=True)
    return TagProbabilities(tags, transitions * (length - 1) / transitions.sum())


@pytest.fixture
def doc(zh):
    doc = make_doc(zh, "[头痛|症状]，予[补液|治疗]。")
    store_silver_tags(doc, TYPES, probabilities(len(doc)))
    return doc


def check_equal(found, expected):
    assert found.tags == pytest.approx(expected.tags, abs=0.01)
    assert found.transitions == pytest.approx(expected.transitions, abs=0.01)
    assert found.tags.sum(axis=1) == pytest.approx(1.0, abs=1e-5)


def test_probabilities_survive_docbin_and_bytes(doc, tmp_path):
    DocBin(docs=[doc]).to_disk(tmp_path / "silver.spacy")
    [read] = DocBin().from_disk(tmp_path / "silver.spacy").get_docs(spacy.blank("zh").vocab)
    for found in (doc, doc.copy(), read, type(doc)(doc.vocab).from_bytes(doc.to_bytes())):
        assert silver_tags(found).types == TYPES
        check_equal(silver_tags(found).probabilities, probabilities(len(doc)))
        assert [span.text for span in found.spans[GROUP]] == ["头痛", "补液"]
    assert silver_pairs(read) == [], "the relations of the document are unannotated"


def test_documents_without_probabilities(doc, zh):
    assert silver_tags(zh("无。")) is None
    assert silver_tags(make_doc(zh, "[[头|部位]痛|症状]。")) is None
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[0:2])
    assert silver_tags(doc) is None, "there are other tokens than those that were labelled"


def test_other_order_of_types(doc):
    given = silver_tags(doc).probabilities
    order = [0, 5, 6, 7, 8, 1, 2, 3, 4]
    found = silver_tags(doc).with_types(["治疗", "症状"])
    assert found.tags == pytest.approx(given.tags[:, order])
    assert found.transitions == pytest.approx(given.transitions[order][:, order])


def test_missing_and_additional_types(doc):
    given = silver_tags(doc).probabilities
    found = silver_tags(doc).with_types(["疾病", "治疗"])
    assert found.tags[:, 0] == pytest.approx(given.tags[:, :5].sum(axis=1))
    assert not found.tags[:, 1:5].any()
    assert found.tags[:, 5:] == pytest.approx(given.tags[:, 5:])
    assert found.transitions.sum() == pytest.approx(len(doc) - 1)


def test_empty_document(zh):
    doc = zh.make_doc("")
    store_silver_tags(doc, TYPES, TagProbabilities(np.zeros((0, 9)), np.zeros((9, 9))))
    assert silver_tags(doc).probabilities.tags.shape == (0, 9)
