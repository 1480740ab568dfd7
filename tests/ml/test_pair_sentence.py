"""The pair-sentence architecture: documents and candidates to scores."""

import numpy as np
import pytest
import spacy
from spacy import registry, util
from spacy.util import fix_random_seed

from spacy_clinrel.ml.pair_sentence import batch_sentences
from spacy_clinrel.pipeline.candidates import SentencePairs, make_candidates

from ..util import gold_examples, make_notes

TYPES = ["治疗", "检查", "疾病", "症状"]
RESNET = {"@misc": "spacy-clinrel.ResNet.v1", "filters": 4, "depth": 3, "windows": [3, 5]}
BIGRU = {"@misc": "spacy-clinrel.RNN.v1", "width": 4, "cell": "gru"}
ENCODERS = {
    "cnn": {"@misc": "spacy-clinrel.CNN.v1", "filters": 4},
    "resnet": RESNET,
    "lstm": {"@misc": "spacy-clinrel.RNN.v1", "width": 3, "bidirectional": False},
    "stacked": {"@misc": "spacy-clinrel.Stacked.v1", "*": {"resnet": RESNET, "bigru": BIGRU}},
    "parallel": {"@misc": "spacy-clinrel.Parallel.v1", "*": {"resnet": RESNET, "bigru": BIGRU}},
}
POOLINGS = ("MaxPool", "PiecewiseMaxPool", "AttentionPool", "PositionAttentionPool")
# Each encoder and each pooling once: they do not depend on each other.
MODELS = [*((name, POOLINGS[-1]) for name in ENCODERS), *(("cnn", name) for name in POOLINGS[:-1])]


def config(encoder="parallel", pooling="PositionAttentionPool", **options):
    return {
        "@architectures": "spacy-clinrel.PairSentence.v1",
        "tok2vec": {"@architectures": "spacy-clinrel.CharTable.v1", "width": 6, "rows": 50},
        "encoder": ENCODERS[encoder],
        "pooling": {"@misc": f"spacy-clinrel.{pooling}.v1"},
        "position_width": 3,
        **options,
    }


def candidates_of(docs, sentences=0):
    return make_candidates(docs, SentencePairs(max_sentences=sentences), types=TYPES)


@pytest.fixture
def docs(zh):
    """Return notes, an empty Doc and a Doc without mentions."""
    first, second, third = make_notes(zh, 3)
    return [first, zh.make_doc(""), second, zh.make_doc("未见异常。"), third]


def make_model(docs, **options):
    fix_random_seed(0)
    model = registry.resolve({"model": config(**options)})["model"]
    model.set_dim("nO", 3)
    model.initialize(X=(docs, candidates_of(docs)))
    return model


@pytest.mark.parametrize("encoder, pooling", MODELS)
def test_scores_do_not_depend_on_the_batch(encoder, pooling, docs):
    model = make_model(docs, encoder=encoder, pooling=pooling)
    for sentences in (0, 1):
        batch = candidates_of(docs, sentences)
        together = model.predict((docs, batch))
        assert together.shape == (len(batch), 3) and together.std(axis=0).min() > 0
        start = 0
        for doc, count in zip(docs, batch.pair_lengths):
            alone = candidates_of([doc], sentences)
            scores = model.predict(([doc], alone))
            np.testing.assert_allclose(scores, together[start : start + count], atol=1e-5)
            start += count
        one_by_one = [
            model.predict((docs, batch.select(np.asarray([i])))) for i in range(0, len(batch), 7)
        ]
        np.testing.assert_allclose(np.concatenate(one_by_one), together[::7], atol=1e-5)


def test_scores_do_not_depend_on_the_budget(docs):
    batch = candidates_of(docs, 1)
    scores = [make_model(docs, budget=budget).predict((docs, batch)) for budget in (1, 100, 10**6)]
    np.testing.assert_allclose(scores[0], scores[2], atol=1e-5)
    np.testing.assert_allclose(scores[1], scores[2], atol=1e-5)


def test_tokens_outside_the_window_are_ignored(docs, zh):
    model = make_model(docs, window=2)
    texts = ("予补液后头痛缓解甲乙丙丁。", "予补液后头痛缓解甲己庚辛。")
    scores = []
    for text in texts:
        doc = zh.make_doc(text)
        doc.ents = [
            doc.char_span(1, 3, label="治疗"),
            doc.char_span(4, 6, label="症状"),
        ]
        scores.append(model.predict(([doc], candidates_of([doc]))))
    np.testing.assert_allclose(*scores, atol=1e-6)


def test_default_window_is_300_tokens(docs, zh):
    texts = [f"予补液后头痛缓解{'甲' * count}" for count in (300, 400, 1000)]
    batch = []
    for text in texts:
        doc = zh.make_doc(text)
        doc.ents = [doc.char_span(1, 3, label="治疗"), doc.char_span(4, 6, label="症状")]
        batch.append(doc)
    bounded = make_model(docs).predict((batch, candidates_of(batch)))
    np.testing.assert_allclose(bounded[:2], bounded[2:4], atol=1e-6)
    np.testing.assert_allclose(bounded[:2], bounded[4:], atol=1e-6)
    unbounded = make_model(docs, window=None).predict((batch, candidates_of(batch)))
    assert abs(unbounded[:2] - unbounded[4:]).max() > 1e-4


@pytest.mark.parametrize("pooling", POOLINGS)
def test_without_position_embeddings(pooling, tmp_path):
    """The model trains and round-trips, and scores do not depend on which mention is the head."""
    nlp = spacy.blank("zh")
    model = config(pooling=pooling, position_width=0)
    pipe = nlp.add_pipe("relation_classifier", config={"model": model})
    examples = gold_examples(nlp, make_notes(nlp, 4))
    docs = [example.predicted for example in examples]
    fix_random_seed(0)
    optimizer = nlp.initialize(lambda: examples)
    losses = [nlp.update(examples, sgd=optimizer)[pipe.name] for _ in range(3)]
    assert losses[2] < losses[0]
    candidates = candidates_of(docs)
    logits = pipe.model.predict((docs, candidates))
    rows = {(head, tail): i for i, (head, tail) in enumerate(candidates.batch_pairs().tolist())}
    reverse = [rows[tail, head] for head, tail in rows]
    np.testing.assert_allclose(logits, logits[reverse], atol=1e-6)
    nlp.to_disk(tmp_path)
    loaded = util.load_model(tmp_path).get_pipe(pipe.name)
    assert np.array_equal(loaded.predict(docs).scores, pipe.predict(docs).scores)


def test_context_encoder_reads_tokens_outside_the_window(docs, zh):
    birnn = {"@architectures": "spacy-clinrel.BiRNN.v1", "width": 4}
    model = make_model(docs, window=1, context=birnn)
    doc, batch = docs[0], candidates_of(docs[:1])
    scores = model.predict(([doc], batch))
    other = zh.make_doc(doc.text.replace("患者", "病人"))
    spans = [(ent.start_char, ent.end_char, ent.label_) for ent in doc.ents]
    other.ents = [other.char_span(*bounds[:2], label=bounds[2]) for bounds in spans]
    changed = model.predict(([other], candidates_of([other])))
    assert scores.shape == changed.shape and not np.allclose(scores, changed)


def test_gradient_reaches_the_embeddings(docs):
    model = make_model(docs)
    batch = candidates_of(docs)
    scores, backprop = model.begin_update((docs, batch))
    backprop(np.ones_like(scores))
    table = model.get_ref("tok2vec")
    assert table.get_grad("E").any()
    assert all(weight.grad is not None for weight in model.layers[1].shims[0]._model.parameters())


def test_batch_without_pairs(docs):
    model = make_model(docs)
    empty = candidates_of(docs[3:4])
    scores, backprop = model.begin_update((docs[3:4], empty))
    assert scores.shape == (0, 3)
    backprop(scores)


def test_sentence_numbers_count_through_the_batch(zh):
    docs = [zh.make_doc(text) for text in ("甲。乙", "", "丙", "丁；\n戊")]
    candidates = make_candidates(docs, SentencePairs(ends="。；"))
    assert batch_sentences(docs, candidates, None).tolist() == [0, 0, 1, 2, 3, 3, 4, 5]
    # Configs of earlier versions set the characters.
    assert batch_sentences(docs, candidates, "。").tolist() == [0, 0, 1, 2, 3, 3, 3, 4]
    assert batch_sentences([], make_candidates([], SentencePairs()), None).shape == (0,)


def test_model_and_candidates_share_the_sentence_rule(zh):
    """Line breaks do not split sentences in the model if the candidates ignore them."""
    docs = [zh.make_doc("甲\n乙。丙")]
    candidates = make_candidates(docs, SentencePairs(line_breaks=False))
    assert batch_sentences(docs, candidates, None).tolist() == [0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    "options",
    [{"position_width": -1}, {"max_distance": 0}, {"budget": 0}, {"window": -1}],
    ids=str,
)
def test_sizes_out_of_range_are_errors(options):
    with pytest.raises(ValueError, match="M004"):
        registry.resolve({"model": config(**options)})


@pytest.mark.parametrize(
    "block",
    [
        {"@misc": "spacy-clinrel.CNN.v1", "windows": [2]},
        {"@misc": "spacy-clinrel.CNN.v1", "windows": []},
        {"@misc": "spacy-clinrel.CNN.v1", "depth": 0},
        {"@misc": "spacy-clinrel.ResNet.v1", "depth": 4},
        {"@misc": "spacy-clinrel.ResNet.v1", "filters": 0},
        {"@misc": "spacy-clinrel.RNN.v1", "width": 3},
        {"@misc": "spacy-clinrel.RNN.v1", "cell": "rnn"},
        {"@misc": "spacy-clinrel.RNN.v1", "depth": 0},
        {"@misc": "spacy-clinrel.Stacked.v1", "*": {}},
        {"@misc": "spacy-clinrel.Parallel.v1", "*": {}},
        {"@misc": "spacy-clinrel.PositionAttentionPool.v1", "window": 2},
    ],
    ids=str,
)
def test_layer_options_out_of_range_are_errors(block):
    with pytest.raises(ValueError, match="M004"):
        registry.resolve({"block": block})
