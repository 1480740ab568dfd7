"""Vectors of character pairs from the vocab."""

import numpy as np
import pytest
import spacy
from thinc.api import get_current_ops

from spacy_clinrel.ml.embed import CharEmbed, doc_features, doc_pair_vectors, equal_tokens


@pytest.fixture
def nlp():
    nlp = spacy.blank("zh")
    rng = np.random.default_rng(0)
    for text in ("腹", "痛", "腹痛", "痛2"):
        nlp.vocab.set_vector(text, rng.normal(size=4).astype("float32"))
    return nlp


def test_characters_get_the_vectors_of_both_pairs(nlp):
    doc = nlp("腹痛２天")
    vectors = doc_pair_vectors(doc, get_current_ops())
    vector, none = nlp.vocab.get_vector, np.zeros(4)
    expected = [
        [none, vector("腹痛")],
        [vector("腹痛"), vector("痛2")],  # full-width digits are looked up as half-width ones
        [vector("痛2"), none],
        [none, none],
    ]
    assert np.allclose(vectors, np.asarray(expected).reshape(4, 8))


def test_pair_vectors_are_trained_and_independent_of_the_batch(nlp):
    docs = [nlp("腹痛2天"), nlp(""), nlp("痛")]
    model = CharEmbed(8, rows=50, pair_rows=50, include_static_vectors=True, pair_vectors=True)
    model.initialize(X=docs)
    together, backprop = model.begin_update(docs)
    assert [y.shape for y in together] == [(4, 8), (0, 8), (1, 8)]
    for i in (0, 2):
        assert np.allclose(model.predict([docs[i]])[0], together[i], atol=1e-6)
    backprop([np.ones_like(y) for y in together])
    linear = next(node for node in model.walk() if node.name == "linear")
    assert np.abs(linear.get_grad("W")).sum() > 0


def test_missing_vectors_are_an_error():
    nlp = spacy.blank("zh")
    model = CharEmbed(8, rows=50, pair_rows=50, pair_vectors=True)
    with pytest.raises(ValueError, match="M003"):
        model.initialize(X=[nlp("腹痛")])


def test_equal_tokens_are_embedded_once(nlp):
    texts = ["腹痛2天，腹痛", "", "痛2", "腹痛２天，腹痛", "腹痛2天，腹痛"]
    docs = [nlp.make_doc(text) for text in texts]
    model = CharEmbed(8, rows=50, pair_rows=50, include_static_vectors=True, pair_vectors=True)
    model.initialize(X=docs)
    # A full-width digit shares the hash embeddings of the half-width one, but not its vector.
    nlp.vocab.set_vector("2", np.ones(4, dtype="float32"))
    first, inverse = equal_tokens(docs, np.concatenate([doc_features(doc) for doc in docs]))
    tokens = [token.text for doc in docs for token in doc]
    assert [tokens[i] for i in first[inverse]] == tokens
    assert inverse[0] == inverse[-7] and inverse[2] != inverse[2 + 7 + 2]
    in_training, _ = model(docs, is_train=True)
    for trained, predicted in zip(in_training, model.predict(docs)):
        assert np.allclose(trained, predicted, atol=1e-6)
