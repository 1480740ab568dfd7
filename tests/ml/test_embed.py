"""Embeddings of characters and character pairs."""

import numpy as np
import pytest
import spacy
from thinc.api import Adam

from spacy_clinrel.ml.embed import CharEmbed
from spacy_clinrel.ml.features import CHARACTER, LEFT_PAIR, RIGHT_PAIR, token_features

TEXTS = ["患者头痛3天。", "", "Ｃｔ示：ＣＴ", "痛头"]


@pytest.fixture
def docs(zh):
    """Return documents, including an empty one."""
    return [zh.make_doc(text) for text in TEXTS]


def features(nlp, text):
    return token_features([nlp.make_doc(text)])


@pytest.mark.parametrize(
    "first, second", [("ＣＴ３．５", "ct3.5"), ("：，", ":,"), ("ＡbＣ", "aBc")]
)
def test_features_ignore_character_width_and_case(zh, first, second):
    assert np.array_equal(features(zh, first), features(zh, second))


def test_features_differ_between_characters(zh):
    hashes = features(zh, "左右上下")
    assert hashes.shape == (4, 3) and hashes.dtype == np.uint64
    assert len(set(hashes[:, CHARACTER].tolist())) == 4


def test_features_do_not_depend_on_the_position(zh):
    hashes = features(zh, "左膝痛，右膝痛")
    assert hashes[1, CHARACTER] == hashes[5, CHARACTER]
    assert hashes[1, RIGHT_PAIR] == hashes[5, RIGHT_PAIR]  # 膝痛
    assert hashes[1, LEFT_PAIR] != hashes[5, LEFT_PAIR]  # 左膝, 右膝
    assert hashes[2, LEFT_PAIR] == hashes[1, RIGHT_PAIR]  # the same pair, seen from either end


def test_pair_features_depend_on_the_order(zh):
    forward, reverse = features(zh, "头痛"), features(zh, "痛头")
    assert forward[0, RIGHT_PAIR] != reverse[0, RIGHT_PAIR]
    assert forward[0, CHARACTER] == reverse[1, CHARACTER]
    repeated = features(zh, "痛痛")
    assert repeated[0, RIGHT_PAIR] not in (forward[0, RIGHT_PAIR], reverse[0, RIGHT_PAIR])


def test_pair_features_at_the_edges(zh):
    inside, alone = features(zh, "头痛头"), features(zh, "痛")
    assert inside[1, CHARACTER] == alone[0, CHARACTER]
    assert inside[1, LEFT_PAIR] != alone[0, LEFT_PAIR]
    assert inside[1, RIGHT_PAIR] != alone[0, RIGHT_PAIR]
    assert alone[0, LEFT_PAIR] != alone[0, RIGHT_PAIR]


def test_features_do_not_depend_on_the_vocab(zh):
    assert np.array_equal(features(zh, "患者头痛"), features(spacy.blank("en"), "患 者 头 痛"))


def test_features_of_an_empty_doc(zh):
    assert features(zh, "").shape == (0, 3)


@pytest.mark.parametrize("pair_rows", [0, 50])
def test_embedding_does_not_depend_on_the_batch(docs, pair_rows):
    model = CharEmbed(8, rows=50, pair_rows=pair_rows)
    model.initialize(X=docs)
    together = model.predict(docs)
    assert [x.shape for x in together] == [(len(doc), 8) for doc in docs]
    for doc, vectors in zip(docs, together):
        np.testing.assert_allclose(model.predict([doc])[0], vectors, atol=1e-6)


def test_embedding_without_pairs_ignores_neighbours(zh):
    docs = [zh.make_doc("头痛"), zh.make_doc("痛头")]
    plain, pairs = CharEmbed(8, rows=50, pair_rows=0), CharEmbed(8, rows=50, pair_rows=50)
    for model, equal in ((plain, True), (pairs, False)):
        model.initialize(X=docs)
        first, second = model.predict(docs)
        assert np.allclose(first[0], second[1]) is equal


def test_char_embed_round_trips_through_bytes(docs):
    model, other = CharEmbed(8, rows=50, pair_rows=50), CharEmbed(8, rows=50, pair_rows=50)
    model.initialize(X=docs)
    other.from_bytes(model.to_bytes())
    for expected, vectors in zip(model.predict(docs), other.predict(docs)):
        assert np.array_equal(expected, vectors)


def test_char_embed_is_trained(docs):
    model = CharEmbed(8, rows=50, pair_rows=50)
    model.initialize(X=docs)
    before = model.predict(docs)[0]
    outputs, backprop = model.begin_update(docs)
    assert backprop([np.ones_like(x) for x in outputs]) == []
    model.finish_update(Adam(0.1))
    assert (model.predict(docs)[0].sum(1) < before.sum(1)).mean() > 0.5


def test_missing_vectors_are_an_error(docs):
    with pytest.raises(ValueError, match="M003"):
        CharEmbed(8, include_static_vectors=True).initialize(X=docs)


def test_static_vectors_distinguish_characters(zh):
    for i, char in enumerate("头痛腹胀"):
        zh.vocab.set_vector(char, np.eye(4, dtype="float32")[i])
    # With a single row in the character table, only the vectors distinguish characters.
    docs = [zh.make_doc("头痛"), zh.make_doc("腹胀"), zh.make_doc("无")]
    model = CharEmbed(8, rows=1, pair_rows=0, include_static_vectors=True)
    model.initialize(X=docs)
    first, second, unknown = model.predict(docs)
    assert not np.allclose(first[0], first[1]) and not np.allclose(first, second)
    assert unknown.shape == (1, 8)
    plain = CharEmbed(8, rows=1, pair_rows=0)
    plain.initialize(X=docs)
    assert np.allclose(*(x[0] for x in plain.predict(docs[:2])))


def test_char_embed_multiplies_with_numpy(docs):
    model = CharEmbed(8, 50, 50)
    model.initialize(X=docs)
    loaded = CharEmbed(8, 50, 50).from_bytes(model.to_bytes())
    for embed in (model, loaded):
        assert not any(node.ops.use_blis for node in embed.walk())
    for expected, vectors in zip(model.predict(docs), loaded.predict(docs)):
        np.testing.assert_array_equal(expected, vectors)
