"""The pretraining objective of a bidirectional language model."""

import numpy as np
import pytest
import srsly
from spacy import registry, util
from spacy.training.initialize import init_nlp
from spacy.util import fix_random_seed
from thinc.api import Adam, NumpyOps

from spacy_clinrel.ml.features import token_features
from spacy_clinrel.pretraining.objective import PretrainNeighbours, neighbours

from ..util import CONFIGS, corpus_paths, make_notes, run_python, tok2vec

TEXTS = ("患者头痛", "", "无", "胸闷")


@pytest.fixture
def docs(zh):
    """Return short texts, one of them empty."""
    return [zh.make_doc(text) for text in TEXTS]


@pytest.mark.parametrize("distance", [1, 2, 5])
def test_neighbours(docs, distance):
    after, before = neighbours(docs, 50, distance)
    expected_after, expected_before = [], []
    for doc in docs:
        rows = [int(char) % 50 for char in token_features([doc])[:, 0]]
        for i in range(len(rows)):
            expected_after.append(rows[i + distance] if i + distance < len(rows) else -1)
            expected_before.append(rows[i - distance] if i >= distance else -1)
    assert after.tolist() == expected_after and before.tolist() == expected_before
    assert neighbours([], 50, distance)[0].shape == (0,)


def objective(docs, **options):
    encoder = tok2vec()
    encoder["encode"] = {"@architectures": "spacy-clinrel.BiRNN.v1", "width": 8}
    fix_random_seed(0)
    layer = registry.resolve({"model": encoder})["model"]
    model = PretrainNeighbours(**options)(docs[0].vocab, layer)
    model.initialize(X=docs)
    return model


def test_objective_gradient_matches_finite_differences(docs):
    loss = objective(docs, buckets=7, distance=2).attrs["loss"]
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(sum(map(len, docs)), 14))
    value, gradient = loss(NumpyOps(), docs, scores.copy())
    targets = neighbours(docs, 7, 2)
    counts = np.repeat([(target >= 0).sum() for target in targets], 7)
    step = 1e-5
    for i, j in np.ndindex(scores.shape):
        moved = scores.copy()
        moved[i, j] += step
        slope = (loss(NumpyOps(), docs, moved)[0] - value) / step
        assert slope / counts[j] == pytest.approx(gradient[i, j], abs=1e-4)


def test_each_half_gets_the_gradient_of_its_direction(docs):
    model = objective(docs, buckets=7)
    scores, backprop = model.begin_update(docs)
    assert scores.shape == (sum(map(len, docs)), 14)
    d_scores = np.zeros_like(scores)
    d_scores[:, :7] = 1.0
    backprop(d_scores)
    _, ahead, behind = model.layers
    assert ahead.get_grad("W").any() and not behind.get_grad("W").any()


def test_objective_decreases_the_loss(docs):
    model = objective(docs, buckets=50)
    first = model.attrs["loss"](model.ops, docs, model.predict(docs))[0]
    optimizer = Adam(0.02)
    for _ in range(30):
        scores, backprop = model.begin_update(docs)
        loss, gradient = model.attrs["loss"](model.ops, docs, scores)
        backprop(gradient)
        model.finish_update(optimizer)
    assert loss < first / 4


@pytest.mark.parametrize("option", [{"buckets": 0}, {"distance": 0}])
def test_objective_checks_its_settings(option):
    with pytest.raises(ValueError, match="M004"):
        PretrainNeighbours(**option)


@pytest.mark.slow
def test_training_starts_from_spacy_pretrain(made_up, zh, tmp_path):
    raw = tmp_path / "raw.jsonl"
    srsly.write_jsonl(raw, ({"text": note.text} for note in make_notes(zh, 20)))
    config = CONFIGS / "ner.cfg"
    paths = (*corpus_paths(made_up), "--paths.raw_text", raw)
    run_python("-m", "spacy", "pretrain", config, tmp_path / "out", *paths)
    weights = tmp_path / "out" / "model0.bin"
    loaded = []
    for start in (None, str(weights)):
        settings = util.load_config(config, interpolate=False)
        settings["paths"].update(
            train=str(made_up / "train.spacy"), dev=str(made_up / "dev.spacy"), init_tok2vec=start
        )
        nlp = init_nlp(settings)
        loaded.append(nlp.get_pipe("clinical_ner").model.get_ref("tok2vec"))
    fresh, pretrained = loaded
    assert fresh.to_bytes() != pretrained.to_bytes()
    assert pretrained.to_bytes() == fresh.from_bytes(weights.read_bytes()).to_bytes()
