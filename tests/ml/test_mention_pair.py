"""The mention-pair model: documents and candidates to scores."""

from dataclasses import replace

import numpy as np
import pytest
from spacy import registry
from spacy.util import fix_random_seed

from spacy_clinrel.pipeline.candidates import SentencePairs, make_candidates

from ..util import gold_examples, make_notes, relation_config

TYPES = ["治疗", "检查", "疾病", "症状"]


def candidates_of(docs):
    return make_candidates(docs, SentencePairs(), types=TYPES)


@pytest.fixture
def docs(zh):
    """Return notes, an empty Doc, a Doc without mentions, and one without pairs."""
    first, second, third = make_notes(zh, 3)
    alone = zh.make_doc("头痛")
    alone.set_ents([alone.char_span(0, 2, label="症状")])
    return [first, zh.make_doc(""), second, zh.make_doc("未见异常。"), alone, third]


@pytest.fixture(params=[(True, 0), (False, 0), (False, 1)], ids=["context", "plain", "table"])
def config(request):
    """Return the config of a model with context, without it, or with a table."""
    context, table_layers = request.param
    return {**relation_config(context=context)["model"], "table_layers": table_layers}


@pytest.fixture
def model(config, docs):
    """Return an initialized model with three labels."""
    fix_random_seed(0)
    model = registry.resolve({"model": config})["model"]
    model.set_dim("nO", 3)
    model.initialize(X=(docs, candidates_of(docs)))
    return model


def test_scores_do_not_depend_on_the_batch(model, docs):
    batch = candidates_of(docs)
    together = model.predict((docs, batch))
    assert together.shape == (len(batch), 3) and len(batch) > 10
    start = 0
    for doc, count in zip(docs, batch.pair_lengths):
        alone = candidates_of([doc])
        assert len(alone) == count
        if count:
            scores = model.predict(([doc], alone))
            np.testing.assert_allclose(scores, together[start : start + count], atol=1e-5)
        start += count
    assert start == len(batch)


def test_batches_without_pairs(model, docs):
    for batch in (docs[1:2], docs[3:4], docs[4:5], docs[3:5]):
        candidates = candidates_of(batch)
        assert len(candidates) == 0
        assert model.predict((batch, candidates)).shape == (0, 3)
    scores, backprop = model.begin_update((docs[3:5], candidates_of(docs[3:5])))
    backprop(scores)
    # The encoder must get a gradient of zeros, since a shared tok2vec waits for it.
    (table, *_) = [node for node in model.walk() if node.name == "hashembed"]
    assert table.has_grad("E") and not table.get_grad("E").any()


def test_every_layer_gets_a_gradient(model, docs):
    batch = candidates_of(docs)
    scores, backprop = model.begin_update((docs, batch))
    backprop(np.ones_like(scores))
    names = []
    for node in model.walk():
        for name in node.param_names:
            if node.has_param(name) and node.has_grad(name) and node.get_grad(name).any():
                names.append(name)
        for shim in node.shims:
            for name, parameter in shim._model.named_parameters():
                assert parameter.grad is not None and parameter.grad.any(), (node.name, name)
    assert names.count("E") == 3  # the hash embeddings of tok2vec


def test_gradient_of_embeddings_equals_finite_differences(model, docs):
    batch = candidates_of(docs)
    dice = np.random.default_rng(0)
    scores, backprop = model.begin_update((docs, batch))
    d_scores = dice.normal(size=scores.shape).astype("float32")
    backprop(d_scores)
    (table, *_) = [node for node in model.walk() if node.name == "hashembed"]
    analytic, before = table.get_grad("E").copy(), table.get_param("E").copy()
    values = []
    direction = analytic / np.linalg.norm(analytic)
    for step in (1e-2, -1e-2):
        table.set_param("E", before + step * direction)
        values.append(float((model.predict((docs, batch)).astype("float64") * d_scores).sum()))
    numeric = (values[0] - values[1]) / 2e-2
    assert np.linalg.norm(analytic) == pytest.approx(numeric, rel=0.05)


def test_scores_depend_on_entity_types(model, docs):
    batch = docs[:1]
    typed, untyped = candidates_of(batch), make_candidates(batch, SentencePairs())
    untyped = replace(untyped, n_types=typed.n_types)
    assert not np.allclose(model.predict((batch, typed)), model.predict((batch, untyped)))


def test_model_round_trips_through_bytes(model, config, docs):
    batch = candidates_of(docs)
    other = registry.resolve({"model": config})["model"].from_bytes(model.to_bytes())
    assert other.get_dim("nO") == 3
    assert np.array_equal(other.predict((docs, batch)), model.predict((docs, batch)))


def test_model_without_an_encoder_is_refused(zh):
    """`tok2vec = null` is for JointRelations, which passes token vectors."""
    model = {"@architectures": "spacy-clinrel.MentionPair.v1", "tok2vec": None}
    zh.add_pipe("relation_classifier", config={"model": model})
    with pytest.raises(ValueError, match=r"M012.*tok2vec = null"):
        zh.initialize(lambda: gold_examples(zh, make_notes(zh, 2)))
