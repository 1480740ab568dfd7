"""Vectors of character pairs from the vocab."""

import numpy as np
import pytest
import spacy
from thinc.api import get_current_ops

from spacy_clinrel.ml.distinct import distinct_tokens
from spacy_clinrel.ml.embed import CharEmbed, pair_vectors_of
from spacy_clinrel.ml.features import token_features


@pytest.fixture
def nlp():
    nlp = spacy.blank("zh")
    rng = np.random.default_rng(0)
    for text in ("腹", "痛", "腹痛", "痛2"):
        nlp.vocab.set_vector(text, rng.normal(size=4).astype("float32"))
    return nlp


def test_characters_get_the_vectors_of_both_pairs(nlp):
    doc = nlp("腹痛２天")
    vectors = pair_vectors_of([doc], get_current_ops())
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


@pytest.mark.parametrize("pair_rows", [0, 50])
@pytest.mark.parametrize("with_vectors", [False, True])
def test_prediction_with_distinct_rows_equals_training(nlp, pair_rows, with_vectors):
    texts = ["腹痛2天，腹痛", "", "痛2", "腹痛２天，腹痛", "腹痛2天，腹痛"]
    docs = [nlp.make_doc(text) for text in texts]
    # A full-width digit shares the hash embeddings of the half-width one, but not its vector.
    nlp.vocab.set_vector("2", np.ones(4, dtype="float32"))
    vectors = {"include_static_vectors": with_vectors, "pair_vectors": with_vectors}
    model = CharEmbed(8, rows=50, pair_rows=pair_rows, **vectors)
    model.initialize(X=docs)
    in_training, _ = model(docs, is_train=True)
    predicted = model.predict(docs)
    assert [y.shape for y in predicted] == [(len(doc), 8) for doc in docs]
    for trained, rows in zip(in_training, predicted):
        assert np.allclose(trained, rows, atol=1e-5)
    assert np.array_equal(predicted[0][0], predicted[4][0])
    assert np.array_equal(predicted[0][2], predicted[3][2]) != with_vectors


def test_distinct_tokens():
    columns = [np.array(column, dtype="uint64") for column in ([1, 2, 1, 1], [5, 6, 5, 7], [8] * 4)]
    first, inverse = distinct_tokens(columns)
    assert sorted(first.tolist()) == [0, 1, 3]
    assert first[inverse].tolist() == [0, 1, 0, 3]


def test_documents_may_have_different_vocabs():
    docs = [spacy.blank("zh").make_doc(text) for text in ("腹痛", "无发热", "腹痛")]
    features = token_features(docs)
    assert np.array_equal(features[:2], features[-2:])
    alone = np.concatenate([token_features([doc]) for doc in docs])
    assert np.array_equal(features, alone)
