"""The CRF tagger: loss, gradients and decoding."""

import numpy as np
import pytest
import torch
from spacy import registry
from spacy.util import fix_random_seed

from spacy_clinrel.ml.tagger import CRFTagger, decode, marginals
from spacy_clinrel.tokens.bieos import allowed_transitions, n_tags
from spacy_clinrel.types import Emissions, TagProbabilities

from ..util import tok2vec

TEXTS = ["头痛三天", "", "咳", "给予补液治疗"]


@pytest.fixture
def docs(zh):
    """Return docs of different lengths, including an empty one."""
    return [zh.make_doc(text) for text in TEXTS]


@pytest.fixture
def model(docs):
    """Return a tagger for two entity types with random weights."""
    fix_random_seed(0)
    model = CRFTagger(registry.resolve({"model": tok2vec(width=8)})["model"])
    model.get_ref("output_layer").set_dim("nO", 2)
    model.initialize(X=docs)
    with torch.no_grad():
        for parameter in model.get_ref("output_layer").shims[0]._model.parameters():
            parameter.normal_()
    return model


def gold(docs, seed=0):
    """Return a random well-formed tag sequence."""
    allowed = allowed_transitions(2)
    dice = np.random.default_rng(seed)
    tags = []
    for doc in docs:
        row = []
        for i in range(len(doc)):
            is_allowed = allowed.transitions[row[-1]] if row else allowed.start
            is_allowed = is_allowed & allowed.end if i == len(doc) - 1 else is_allowed
            # There is always an allowed tag: an open mention can end at the next token.
            row.append(int(dice.choice(np.flatnonzero(is_allowed))))
        tags.extend(row)
    return np.asarray(tags)


def loss_of(model, docs, tags, weight):
    loss, _ = model.attrs["loss"](model.predict(docs), tags, weight)
    return loss


def test_shapes_of_emissions(model, docs):
    emissions = model.predict(docs)
    assert emissions.scores.shape == (11, n_tags(2)) and emissions.transitions.shape == (9, 9)
    assert emissions.lengths.tolist() == [4, 0, 1, 6]


def test_loss_is_a_negative_log_likelihood(model, docs):
    tags, weight = gold(docs), np.ones(4, dtype=int)
    loss, gradient = model.attrs["loss"](model.predict(docs), tags, weight)
    assert loss > 0 and isinstance(loss, float)
    best = np.concatenate(decode(model.predict(docs)))
    assert loss_of(model, docs, best, weight) < loss
    # The loss is averaged over all documents, including the empty one.
    parts, start = [], 0
    for doc in docs:
        doc_tags = tags[start : start + len(doc)]
        parts.append(loss_of(model, [doc], doc_tags, np.ones(1, dtype=int)) if len(doc) else 0.0)
        start += len(doc)
    assert loss == pytest.approx(sum(parts) / 4, rel=1e-5)
    assert gradient.scores.shape == (11, 9)


def test_documents_without_entities_do_not_count(model, docs):
    tags = gold(docs)
    weight = np.asarray([1, 0, 1, 0])
    loss, gradient = model.attrs["loss"](model.predict(docs), tags, weight)
    assert gradient.scores[:4].any() and not gradient.scores[5:].any()
    assert loss < loss_of(model, docs, tags, np.ones(4, dtype=int))
    none, gradient = model.attrs["loss"](model.predict(docs), tags, np.zeros(4, dtype=int))
    assert none == 0.0 and not any(np.any(part) for part in gradient[:4])


def test_gradient_equals_finite_differences(model, docs):
    """Check weights of the CRF layer and of the encoder."""
    tags, weight = gold(docs), np.ones(4, dtype=int)
    emissions, backprop = model.begin_update(docs)
    _, gradient = model.attrs["loss"](emissions, tags, weight)
    backprop(gradient)
    checked = 0
    for node in model.walk():
        for shim in node.shims:
            for name, parameter in shim._model.named_parameters():
                analytic = parameter.grad.flatten()
                # Check the largest entry, since rounding dominates small ones.
                place = int(analytic.abs().argmax())
                flat = parameter.data.view(-1)

                def at(value, flat=flat, place=place):
                    before = float(flat[place])
                    flat[place] = before + value
                    loss = loss_of(model, docs, tags, weight)
                    flat[place] = before
                    return loss

                numeric = (at(3e-3) - at(-3e-3)) / 6e-3
                assert float(analytic[place]) == pytest.approx(numeric, rel=0.05, abs=2e-3), name
                checked += 1
        for name in node.param_names:
            if not node.has_grad(name):
                continue
            parameter, analytic = node.get_param(name), node.get_grad(name)
            place = np.unravel_index(np.abs(analytic).argmax(), analytic.shape)
            values = []
            for change in (3e-3, -3e-3):
                nudged = parameter.copy()
                nudged[place] += change
                node.set_param(name, nudged)
                values.append(loss_of(model, docs, tags, weight))
            node.set_param(name, parameter)
            numeric = (values[0] - values[1]) / 6e-3
            assert analytic[place] == pytest.approx(numeric, rel=0.1, abs=5e-3), (node.name, name)
            checked += 1
    assert checked > 8


def test_decoded_tags_are_well_formed(model, docs):
    best = decode(model.predict(docs))
    assert [len(tags) for tags in best] == [4, 0, 1, 6]
    allowed = allowed_transitions(2)
    for tags in best:
        if len(tags):
            assert allowed.start[tags[0]] and allowed.end[tags[-1]]
            assert allowed.transitions[tags[:-1], tags[1:]].all()
    for doc, tags in zip(docs, best):
        if len(doc):
            assert np.array_equal(decode(model.predict([doc]))[0], tags)


def test_decoding_does_not_depend_on_the_batch_size(model, docs, monkeypatch):
    expected = decode(model.predict(docs * 3))
    for cells in (1, 5, 12):
        monkeypatch.setattr("spacy_clinrel.ml.tagger.MAX_CELLS", cells)
        for tags, expected_tags in zip(decode(model.predict(docs * 3)), expected):
            assert np.array_equal(tags, expected_tags)


def test_decode_docs_without_tokens(model, docs):
    emissions = model.predict(docs[:1])
    for lengths in ([], [0], [0, 0]):
        none = Emissions(emissions.scores[:0], *emissions[1:4], np.asarray(lengths, dtype="int32"))
        assert [tags.tolist() for tags in decode(none)] == [[] for _ in lengths]


def one_hot(docs, tags):
    """Return tags as probabilities of 0 and 1."""
    probabilities, start = [], 0
    for doc in docs:
        own = tags[start : start + len(doc)]
        start += len(doc)
        transitions = np.zeros((n_tags(2), n_tags(2)), dtype="float32")
        np.add.at(transitions, (own[:-1], own[1:]), 1)
        hot = np.eye(n_tags(2), dtype="float32")[own]
        probabilities.append(TagProbabilities(hot, transitions))
    return probabilities


def test_loss_of_certain_silver_tags_is_that_of_gold_tags(model, docs):
    tags, weight = gold(docs), np.ones(4, dtype=int)
    emissions = model.predict(docs)
    expected, gradient = model.attrs["loss"](emissions, tags, weight)
    silver = one_hot(docs, tags)
    silver[0] = None  # a gold document in the same batch
    found, found_gradient = model.attrs["loss"](emissions, tags, weight, silver)
    assert found == pytest.approx(expected, rel=1e-5)
    for part, found_part in zip(gradient, found_gradient):
        assert found_part == pytest.approx(part, abs=1e-5)


def test_gradient_is_zero_for_the_own_probabilities(model, docs):
    emissions = model.predict(docs)
    probabilities = marginals(emissions)
    assert [len(tags) for tags, _ in probabilities] == [len(doc) for doc in docs]
    wrong, weight = np.zeros(sum(map(len, docs)), dtype=int), np.ones(4, dtype=int)
    loss, gradient = model.attrs["loss"](emissions, wrong, weight, probabilities)
    assert loss > 0, "the entropy of the probabilities"
    for part in gradient[:4]:
        assert part == pytest.approx(np.zeros_like(part), abs=1e-5)
