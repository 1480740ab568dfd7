"""Trainable character embeddings, initialized from vectors."""

import numpy as np
import pytest
import spacy

from spacy_clinrel.ml.char_table import CharTable

from ..util import with_vectors


def test_char_table_is_initialized_from_vectors():
    nlp, vectors = with_vectors(["头", "痛", "头痛", "a"])
    model = CharTable(width=4, rows=10)
    doc = nlp.make_doc("头Ａ痛A肝")
    model.initialize(X=[doc])
    assert model.get_param("E").shape == (3 + 10, 4)
    [rows] = model.predict([doc])
    expected = np.stack([vectors[char] for char in ("头", "a", "痛", "a")])
    # The directions of the vectors, with the scale of the random embeddings.
    ratio = rows[:4] / expected
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-5)
    assert rows[4].any() and not np.allclose(rows[4] / expected[0], ratio[0, 0])


def test_lookup_form_takes_precedence():
    for units in (["Ａ", "a", "A"], ["A", "Ａ", "a"]):
        nlp, vectors = with_vectors(units)
        model = CharTable(width=4, rows=1)
        doc = nlp.make_doc("Aa")
        model.initialize(X=[doc])
        [rows] = model.predict([doc])
        assert np.array_equal(rows[0], rows[1])
        ratio = rows[0] / vectors["a"]
        np.testing.assert_allclose(ratio, ratio[0], rtol=1e-5)


def test_char_table_without_vectors_hashes_characters(zh):
    model = CharTable(width=4, rows=7)
    doc = zh.make_doc("头痛头")
    model.initialize(X=[doc])
    assert model.get_param("E").shape == (7, 4)
    [rows] = model.predict([doc])
    assert np.array_equal(rows[0], rows[2]) and not np.array_equal(rows[0], rows[1])


def test_char_table_is_trained_and_loads_without_vectors():
    nlp, _ = with_vectors(["头", "痛"])
    model = CharTable(width=4, rows=3)
    docs = [nlp.make_doc("头痛头"), nlp.make_doc(""), nlp.make_doc("肝")]
    model.initialize(X=docs[:1])
    vectors, backprop = model.begin_update(docs)
    backprop([np.ones_like(x) for x in vectors])
    head = int(np.searchsorted(model.attrs["keys"], nlp.vocab.strings["头"]))
    assert model.get_grad("E")[head].tolist() == [2.0] * 4
    assert model.get_grad("E").sum() == 4 * 4
    other = CharTable(width=4, rows=3).from_bytes(model.to_bytes())
    plain = spacy.blank("zh")
    for doc, expected in zip(docs, vectors):
        assert np.array_equal(other.predict([plain.make_doc(doc.text)])[0], expected)


def test_char_table_rejects_vectors_of_another_width():
    nlp, _ = with_vectors(["头"], width=5)
    with pytest.raises(ValueError, match=r"M006.*width 5.*width 4"):
        CharTable(width=4).initialize(X=[nlp.make_doc("头")])
