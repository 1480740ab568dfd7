"""Lexicon features: the search for words, their sets, types and embeddings."""

import numpy as np
import pytest
from spacy.tokens import DocBin
from spacy.util import registry

from spacy_clinrel.ml.embed import CharEmbed
from spacy_clinrel.ml.lexicon import (
    Lexicon,
    create_lexicon,
    find_words,
    hide_own_words,
)
from spacy_clinrel.ml.lexicon_embed import (
    LexiconEmbed,
    lexicon_lookup,
    mean_vectors,
    set_entries,
    type_features,
)
from spacy_clinrel.terminology.lexicon import LexiconWord, read_lexicon

from ..util import with_vectors

WORDS = ["头", "头痛", "偏头痛", "痛风", "mg"]


def word(text, **scores):
    return LexiconWord(text, 1.0, scores or {"": 1.0}, {})


def small_lexicon():
    words = [word("头", body=0.5), word("头痛", symptom=1.0), word("偏头痛", disease=1.0)]
    return create_lexicon([*words, word("痛风", disease=1.0)], ["body", "disease", "symptom"])


def texts_of(docs, matches, lexicon_words):
    text = "".join(doc.text for doc in docs)
    found = [text[s : s + n] for s, n in zip(matches.starts, matches.lengths)]
    assert [lexicon_words[i].text for i in matches.words] == [part.lower() for part in found]
    return sorted(found)


def write_words(path, *lines):
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def lookup_layer(model):
    [layer] = [node for node in model.walk() if node.name == "lexicon_lookup"]
    return layer


def test_words_are_found_within_documents(zh):
    lexicon, words = create_lexicon([word(text) for text in WORDS], [""])
    docs = [zh.make_doc("偏头痛5MG头"), zh.make_doc(""), zh.make_doc("痛风")]
    matches = find_words(lexicon, docs)
    assert texts_of(docs, matches, words) == ["MG", "偏头痛", "头", "头", "头痛", "痛风"]
    # 头 ends the first document, so 头痛 is not found across the border.
    assert (matches.starts == 6).sum() == 1
    for nothing in ([], [zh.make_doc("")], [zh.make_doc("无")]):
        assert len(find_words(lexicon, nothing).words) == 0


@pytest.mark.parametrize("seed", range(5))
def test_search_agrees_with_a_plain_search(zh, seed):
    random = np.random.default_rng(seed)
    chars = list("头痛风偏热")
    known = {"".join(random.choice(chars, random.integers(1, 6))) for _ in range(60)}
    lexicon, words = create_lexicon([word(text) for text in sorted(known)], [""])
    docs = [zh.make_doc("".join(random.choice(chars, n))) for n in (50, 3, 0, 1, 20)]
    expected = sorted(
        doc.text[i:j]
        for doc in docs
        for i in range(len(doc))
        for j in range(i + 1, len(doc) + 1)
        if doc.text[i:j] in known
    )
    assert texts_of(docs, find_words(lexicon, docs), words) == expected


def test_sets_and_type_features(zh):
    lexicon, _ = small_lexicon()
    matches = find_words(lexicon, [zh.make_doc("偏头痛")])
    entries = set_entries(matches)
    texts = [int(matches.lengths[i]) for i in entries.matches]
    # 偏: B(3); 头: B(头痛), M(偏头痛), S(头); 痛: E(头痛), E(偏头痛)
    assert entries.bags.tolist() == [0, 4, 5, 7, 10, 10]
    assert sorted(texts) == [1, 2, 2, 3, 3, 3]
    scores = lexicon.scores[matches.words]
    features = type_features(entries, matches.lengths, scores, 3, 3)
    assert features.shape == (3, 15)
    best, longest = features[:, :12].reshape(3, 4, 3), features[:, 12:]
    assert best[1, 3].tolist() == pytest.approx([128 / 255, 0, 0])
    assert best[1, 1].tolist() == [0, 1, 0] and best[1, 0].tolist() == [0, 0, 1]
    np.testing.assert_allclose(longest, [[0, 1, 0], [1 / 3, 1, 2 / 3], [0, 1, 2 / 3]])


def test_word_lists(tmp_path):
    plain = write_words(tmp_path / "drug.txt", "阿司匹林 20", "Ａ药", "", "硝苯地平 缓释片")
    typed = write_words(tmp_path / "other.txt", "心脏\t5\tbody", "头孢\t\t", "超长的词语")
    words = {item.text: item for item in read_lexicon([plain, typed], max_length=4)}
    assert set(words) == {"阿司匹林", "a药", "心脏", "头孢"}
    assert words["阿司匹林"].scores == {"drug": 1.0} and words["头孢"].scores == {"other": 1.0}
    assert words["心脏"].scores == {"body": 1.0}
    assert words["阿司匹林"].weight > words["心脏"].weight > words["a药"].weight == 1.0
    with pytest.raises(ValueError, match="M062"):
        read_lexicon([plain], max_length=1)
    with pytest.raises(ValueError, match="F001"):
        read_lexicon([tmp_path / "no.txt"], max_length=4)
    with pytest.raises(ValueError, match="M063"):
        read_lexicon([tmp_path], max_length=4)


def test_dictionary_of_jieba(tmp_path, monkeypatch):
    (tmp_path / "jieba").mkdir()
    write_words(tmp_path / "jieba" / "dict.txt", "AT&T 3 nz", "头痛 200 n")
    (tmp_path / "jieba" / "__init__.py").write_text("raise RuntimeError", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    words = {item.text: item for item in read_lexicon(["jieba"], max_length=4)}
    assert set(words) == {"at&t", "头痛"} and words["头痛"].scores == {"jieba": 1.0}
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match="P001"):
        read_lexicon(["jieba"], max_length=4)


def annotated(zh, text, *spans):
    doc = zh.make_doc(text)
    doc.set_ents([doc.char_span(start, end, label=label) for start, end, label in spans])
    return doc


def test_mentions_of_training_data(zh, tmp_path):
    docs = [
        annotated(zh, "头痛、发热", (0, 2, "Symptom"), (3, 5, "Symptom")),
        annotated(zh, "头痛，不发热", (0, 2, "Symptom")),
        annotated(zh, "头痛", (0, 2, "Disease")),
    ]
    path = tmp_path / "train.spacy"
    DocBin(docs=docs).to_disk(path)
    words = read_lexicon([path], max_length=4)
    scores = {item.text: item.scores for item in words}
    assert scores["头痛"] == {"Symptom": pytest.approx(2 / 3), "Disease": pytest.approx(1 / 3)}
    assert scores["发热"] == {"Symptom": 0.5}
    lexicon, order = create_lexicon(words, ["Disease", "Symptom"])
    matches = find_words(lexicon, docs)
    found = lexicon.scores[matches.words]
    kept = hide_own_words(lexicon, docs, matches, found)
    hidden = [
        (order[w].text, int(start), kind)
        for w, start, changed in zip(matches.words, matches.starts, kept != found)
        for kind, is_hidden in zip(("Disease", "Symptom"), changed)
        if is_hidden
    ]
    # 发热 is a Symptom only in the first document, 头痛 a Disease only in the third one.
    assert sorted(hidden) == [("发热", 3, "Symptom"), ("头痛", 11, "Disease")]


def test_other_sources_are_not_hidden(zh, tmp_path):
    doc = annotated(zh, "头痛", (0, 2, "Symptom"))
    DocBin(docs=[doc]).to_disk(tmp_path / "train.spacy")
    same = write_words(tmp_path / "words.txt", "头痛\t1\tSymptom")
    for sources in ([tmp_path / "train.spacy", same], [same, tmp_path / "train.spacy"]):
        [item] = read_lexicon(sources, max_length=4)
        assert item.owners == {}


def test_vectors_of_words_pairs_and_characters():
    nlp, vectors = with_vectors(["阿司匹林", "头痛", "痛风", "热", "发"])
    found, known = mean_vectors(nlp.vocab, ["阿司匹林", "头痛风", "发热", "肝"])
    assert known.tolist() == [True, True, True, False]
    np.testing.assert_allclose(found[0], vectors["阿司匹林"])
    np.testing.assert_allclose(found[1], (vectors["头痛"] + vectors["痛风"]) / 2)
    np.testing.assert_allclose(found[2], (vectors["热"] + vectors["发"]) / 2)


def test_pooling_weights_words_by_frequency(zh, tmp_path):
    path = write_words(tmp_path / "words.txt", "头痛 1", "头 1", "偏头痛 1", "痛 9")
    layer = lexicon_lookup([path], 3, 10, 10)
    doc = zh.make_doc("头痛")
    layer.initialize(X=[doc])
    output = layer.predict([doc])
    table, rows = layer.get_param("E"), layer.attrs["rows"]
    assert table.shape == (5, 3) and output.dataXd.shape == (2, 4 * 3 + 5)
    lexicon = Lexicon(**layer.attrs["lexicon"])
    pair = table[rows[lexicon.offsets[2]]]  # the only word of two characters
    ache, head = (table[rows[i]] for i in np.argsort(-lexicon.weights[:2]))
    weight, empty = 1 + np.log(9), table[0]
    first = np.concatenate([pair, empty, empty, head])
    np.testing.assert_allclose(output.dataXd[0, :12], first, rtol=1e-5)
    second = np.concatenate([empty, empty, pair, weight * ache]) * 4 / (3 + weight)
    np.testing.assert_allclose(output.dataXd[1, :12], second, rtol=1e-5)


def test_gradient_of_pooling(zh, tmp_path):
    path = write_words(tmp_path / "words.txt", "头痛 7", "头 1", "痛 2")
    layer = lexicon_lookup([path], 2, 10, 10)
    docs = [zh.make_doc("头痛头"), zh.make_doc("好")]
    layer.initialize(X=docs)
    output, backprop = layer(docs, is_train=True)
    random = np.random.default_rng(0).normal(size=output.dataXd.shape).astype("float32")
    backprop(type(output)(random, output.lengths))
    gradient = layer.get_grad("E").copy()
    table = layer.get_param("E").copy()
    for i in range(table.shape[0]):
        changed = table.copy()
        changed[i, 1] += 0.5
        layer.set_param("E", changed)
        difference = (layer.predict(docs).dataXd - output.dataXd) * random
        assert difference.sum() / 0.5 == pytest.approx(gradient[i, 1], abs=1e-4)


def test_rows_are_shared_if_there_are_too_many_words(zh, tmp_path):
    path = write_words(tmp_path / "words.txt", *(f"词{chr(0x4E00 + i)} {i + 1}" for i in range(30)))
    layer = lexicon_lookup([path], 2, 10, 10)
    layer.initialize(X=[zh.make_doc("词")])
    rows, weights = layer.attrs["rows"], layer.attrs["lexicon"]["weights"]
    assert layer.get_param("E").shape == (11, 2) and rows.min() >= 1 and rows.max() <= 10
    own = np.argsort(-weights)[:5]
    assert sorted(rows[own]) == [1, 2, 3, 4, 5] and (np.delete(rows, own) > 5).all()


def test_layer_is_saved_without_the_files(zh, tmp_path):
    path = write_words(tmp_path / "words.txt", *WORDS)
    docs = [zh.make_doc("偏头痛3mg"), zh.make_doc(""), zh.make_doc("痛风")]
    model = LexiconEmbed(CharEmbed(8, 50, 50), path, width=4, output_width=6)
    model.initialize(X=docs)
    expected = model.predict(docs)
    assert [part.shape for part in expected] == [(6, 14), (0, 14), (2, 14)]
    assert model.predict([]) == []
    _, backprop = model(docs, is_train=True)
    backprop(expected)
    assert lookup_layer(model).get_grad("E").any()
    loaded = LexiconEmbed(CharEmbed(8, 50, 50), "gone.txt", width=4, output_width=6)
    loaded.from_bytes(model.to_bytes())
    for part, other in zip(expected, loaded.predict(docs)):
        np.testing.assert_array_equal(part, other)


def test_options_are_checked(zh, tmp_path):
    embed = CharEmbed(8, 50, 50)
    with pytest.raises(ValueError, match="M061"):
        LexiconEmbed(embed, [])
    for option in ("width", "rows", "output_width", "max_length"):
        with pytest.raises(ValueError, match=option):
            LexiconEmbed(embed, "words.txt", **{option: 0})
    nlp, _ = with_vectors(["头痛"], width=4)
    path = write_words(tmp_path / "words.txt", *WORDS)
    with pytest.raises(ValueError, match="M006"):
        LexiconEmbed(embed, path, width=5).initialize(X=[nlp.make_doc("头痛")])
    assert registry.architectures.get("spacy-clinrel.LexiconEmbed.v1") is LexiconEmbed
