"""The model of `assertion_classifier`."""

from dataclasses import replace

import numpy as np
import pytest
import spacy
import torch
from spacy.util import registry

from spacy_clinrel.layers.assertion import MentionAssertion
from spacy_clinrel.types import MentionBatch, Mentions, Resize

from ..util import gradients, tok2vec

NLP = spacy.blank("zh")


def make_model(**options):
    config = {
        "@architectures": "spacy-clinrel.MentionAssertion.v1",
        "tok2vec": tok2vec(),
        "width": 8,
        "before": 4,
        "after": 2,
        **options,
    }
    return registry.resolve({"model": config})["model"]


def batch(*bounds, n_features=3, n_out=3):
    """Return a batch of mentions, given as a list of start and end for each document."""
    rows = np.asarray([row for doc in bounds for row in doc], dtype="int64").reshape(-1, 2)
    n = len(rows)
    features = np.random.default_rng(0).random((n, n_features)).astype("float32")
    return MentionBatch(
        Mentions(rows[:, 0], rows[:, 1], np.zeros(n, dtype="uint64")),
        np.ones(n, dtype="int64"),
        np.asarray([len(doc) for doc in bounds]),
        features,
        np.where(features[:, :1] > 0.5, 1.0, -1.0).astype("float32").repeat(n_out, axis=1),
        2,
    )


def initialized(**options):
    model = make_model(**options)
    model.set_dim("nO", 3)
    model.initialize(X=([NLP.make_doc("无发热头痛")], batch([(1, 3)])))
    return model


def test_scores_do_not_depend_on_the_batch():
    model = initialized()
    docs = list(map(NLP.make_doc, ("无发热、头痛", "", "既往有高血压病史十年余")))
    rows = ([(1, 3), (4, 6)], [], [(3, 6)])
    together = batch(*rows)
    scores = model.predict((docs, together))
    assert scores.shape == (3, 3)
    last = batch(rows[2])
    last.features[:], last.prior[:] = together.features[2:], together.prior[2:]
    assert np.allclose(model.predict((docs[2:], last)), scores[2:], atol=1e-6)


def test_batch_without_mentions_backpropagates_zeros():
    model = initialized()
    scores, backprop = model.begin_update(([NLP.make_doc("无发热")], batch([])))
    assert scores.shape == (0, 3)
    backprop(scores)
    assert not any(gradients(model))


def test_all_weights_get_a_gradient():
    model = initialized()
    mentions = batch([(1, 3), (3, 5)])
    mentions.prior[:] = 1.0
    scores, backprop = model.begin_update(([NLP.make_doc("无发热头痛")], mentions))
    backprop(np.ones_like(scores))
    assert any(gradients(model.get_ref("tok2vec")))
    assert all(
        p.grad is not None and p.grad.any()
        for name, p in model.get_ref("output_layer").shims[0]._model.named_parameters()
        if name not in ("inner.keys.bias",)
    )


def test_tokens_outside_the_window_do_not_count():
    torch.manual_seed(0)
    module = MentionAssertion(
        n_in=4, n_types=1, n_features=0, n_out=2, width=8, before=3, after=1
    ).eval()
    tokens = torch.randn(10, 4)
    mentions, features, prior = torch.tensor([[5, 6, 0]]), torch.zeros(1, 0), torch.zeros(1, 2)
    texts = torch.tensor([0] * 4 + [1] * 6)
    before = module(tokens, mentions, texts, features, prior)
    for token, changes in ((1, False), (3, False), (4, True), (5, True), (6, True), (8, False)):
        changed = tokens.clone()
        changed[token] += 1.0
        after = module(changed, mentions, texts, features, prior)
        assert torch.allclose(before, after) != changes, token


def test_large_batches_are_scored_in_parts(monkeypatch):
    module = MentionAssertion(
        n_in=4, n_types=1, n_features=2, n_out=2, width=8, before=3, after=1
    ).eval()
    tokens, texts = torch.randn(50, 4), torch.zeros(50, dtype=torch.long)
    starts = torch.arange(40)
    mentions = torch.stack([starts, starts + 3, torch.zeros_like(starts)], dim=1)
    features, prior = torch.randn(40, 2), torch.randn(40, 2)
    whole = module(tokens, mentions, texts, features, prior)
    monkeypatch.setattr("spacy_clinrel.layers.assertion.MAX_VALUES", 300)
    assert torch.allclose(module(tokens, mentions, texts, features, prior), whole, atol=1e-6)


def test_resized_models_keep_their_scores():
    model = initialized()
    docs, mentions = [NLP.make_doc("无发热头痛")], batch([(1, 3)])
    before = model.predict((docs, mentions))
    model.attrs["resize"](model, Resize({"n_types": 3, "n_out": 5}, np.arange(3)))
    after = model.predict((docs, replace(mentions, prior=mentions.prior[:, [0, 0, 0, 0, 0]])))
    assert after.shape == (1, 5) and np.allclose(after[:, :3], before)


def test_features_of_another_width_are_refused():
    with pytest.raises(ValueError, match=r"M030.*3 features.*gets 2"):
        initialized().predict(([NLP.make_doc("无发热")], batch([(1, 3)], n_features=2)))


@pytest.mark.parametrize("option, value", [("width", 10), ("width", 0), ("before", -1)])
def test_invalid_sizes(option, value):
    with pytest.raises(ValueError, match=f"M004.*{option}"):
        make_model(**{option: value})


def test_scores_begin_near_the_prior():
    """An untrained model does what the cue rules say."""
    model = initialized()
    docs, mentions = [NLP.make_doc("无发热头痛")], batch([(1, 3), (3, 5)])
    for sign in (1.0, -1.0):
        prior = np.full_like(mentions.prior, sign)
        assert (sign * model.predict((docs, replace(mentions, prior=prior))) > 1.0).all()
    none = np.zeros_like(mentions.prior)
    assert (np.abs(model.predict((docs, replace(mentions, prior=none)))) < 1.5).all()
