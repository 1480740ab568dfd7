"""Labelling with the mean probabilities of two models."""

import shutil

import numpy as np
import pytest
import spacy

from spacy_clinrel.active_learning.bootstrap import NO_GUARDS, BootstrapOptions, bootstrap
from spacy_clinrel.active_learning.bootstrap.ensemble import mean_scores
from spacy_clinrel.active_learning.bootstrap.selection import class_thresholds
from spacy_clinrel.active_learning.bootstrap.silver import load_silver
from spacy_clinrel.active_learning.bootstrap.training import measure
from spacy_clinrel.evaluation.calibrate import annotated_pairs
from spacy_clinrel.evaluation.pair_scores import ScoredPairs, score_pairs

from .conftest import read_docs, second_config, small_config

# Every pair is added in one round.
ALL_PAIRS = BootstrapOptions(threshold=0.0, batch=10_000, max_rounds=1, guards=NO_GUARDS)


def bootstrap_and_keep_models(data, folder, options, second):
    """Run bootstrapping, and copy the models of round 0 before the run removes them.

    RETURNS (Tuple[Dict, Path, List[Language]]): The result, the run's folder, and the two models.
    """
    out, copies = folder / "run", folder / "models"

    def copy_models(record):
        if record["round"] == 0:
            shutil.copytree(out / "rounds" / "00", copies)

    result = bootstrap(small_config(), data, out, options, second=second, on_round=copy_models)
    return result, out, [spacy.load(copies / name) for name in ("model", "second")]


@pytest.fixture(scope="module")
def run(data, tmp_path_factory):
    """Return the result, folder and models of a run whose second model scores lower than the
    first."""
    second = second_config()
    second["training"]["max_steps"] = 2
    folder = tmp_path_factory.mktemp("ensemble")
    return bootstrap_and_keep_models(data, folder, ALL_PAIRS, second)


@pytest.mark.study
def test_silver_annotation_is_that_of_the_mean(run):
    result, out, models = run
    first, second = (score_pairs(nlp, read_docs(out / "data/unlabelled.spacy")) for nlp in models)
    p = (first.p + second.p) / 2
    classes = p.argmax(axis=1)
    assert (first.confidence != p.max(axis=1)).any() and (second.classes != classes).any()
    rows = {(doc, *pair): i for i, (doc, pair) in enumerate(zip(first.docs, first.pairs))}
    silver = load_silver(out / "rounds" / "01" / "silver.npz")
    silver_rows = [rows[(doc, *pair)] for doc, pair in zip(silver.docs, silver.pairs)]
    assert silver.classes.tolist() == classes[silver_rows].tolist()
    assert silver.scores == pytest.approx(p.max(axis=1)[silver_rows], abs=1e-6)
    record = result["rounds"][1]
    assert record["relations"]["silver"] == (classes > 0).sum() > 0, "all relations are added"


@pytest.mark.study
def test_records_have_the_scores_of_the_second_model(run, data):
    result, out, models = run
    first, last = result["rounds"]
    assert first["second"]["test"] == measure(models[1], read_docs(data.test))
    assert first["second"]["dev"] != first["dev"]
    assert set(last["second"]) == {"dev", "test"}
    component = spacy.load(out / "model-best").get_pipe_config("relation_classifier")
    assert component["model"]["@architectures"] == "spacy-clinrel.MentionPair.v1"


@pytest.mark.study
def test_both_models_must_agree(data, tmp_path):
    options = ALL_PAIRS._replace(guards=NO_GUARDS._replace(agree=True))
    _, out, models = bootstrap_and_keep_models(data, tmp_path, options, second_config())
    first, second = (score_pairs(nlp, read_docs(out / "data/unlabelled.spacy")) for nlp in models)
    is_same = first.classes == second.classes
    silver = load_silver(out / "rounds" / "01" / "silver.npz")
    assert (silver.classes > 0).sum() == (first.classes[is_same] > 0).sum() > 0
    assert not is_same.all()


@pytest.mark.study
def test_class_thresholds_use_the_mean(data, tmp_path):
    guards = NO_GUARDS._replace(class_thresholds=True)
    options = ALL_PAIRS._replace(threshold=0.75, guards=guards)
    second = second_config()
    second["training"]["max_steps"] = 4
    result, out, models = bootstrap_and_keep_models(data, tmp_path, options, second)
    scored, gold = zip(*(annotated_pairs(nlp, read_docs(data.dev)) for nlp in models))
    expected = class_thresholds(mean_scores(models, scored), gold[0], 0.75)
    names = ["none", *models[0].get_pipe("relation_classifier").labels]
    thresholds = result["rounds"][1]["thresholds"]
    assert thresholds == {name: limit for name, limit in zip(names, expected) if limit <= 1}
    of_one_model = [class_thresholds(pairs, gold[0], 0.75).tolist() for pairs in scored]
    assert expected.tolist() not in of_one_model and max(expected) > 0.75
    silver = load_silver(out / "rounds" / "01" / "silver.npz")
    assert (silver.scores >= expected[silver.classes].astype("float32")).all()


def test_models_with_different_candidates_are_refused(data, out):
    second = second_config()
    second["components"]["relation_classifier"]["candidates"]["max_distance"] = 3
    with pytest.raises(ValueError, match=r"B012.*candidates"):
        bootstrap(small_config(), data, out, ALL_PAIRS, second=second)
    second = second_config()
    second["components"]["relation_classifier"]["typed"] = False
    with pytest.raises(ValueError, match=r"B012.*typed"):
        bootstrap(small_config(), data, out, ALL_PAIRS, second=second)
    second = second_config()
    second["corpora"]["train"]["gold_entities"] = False
    with pytest.raises(ValueError, match=r"B002.*train"):
        bootstrap(small_config(), data, out, ALL_PAIRS, second=second)
    assert not out.exists()


def test_mean_scores_needs_the_same_labels_and_pairs():
    def pipeline(*labels):
        nlp = spacy.blank("zh")
        pipe = nlp.add_pipe("relation_classifier")
        for label in labels:
            pipe.add_label(label)
        return nlp

    docs, pairs = np.asarray([0, 0]), np.asarray([[0, 1], [1, 0]])
    first = ScoredPairs(docs, pairs, np.asarray([[0.2, 0.8], [1.0, 0.0]]))
    second = ScoredPairs(docs, pairs, np.asarray([[0.6, 0.4], [0.5, 0.5]]))
    models = [pipeline("改善"), pipeline("改善")]
    mean = np.asarray([[0.4, 0.6], [0.75, 0.25]])
    assert mean_scores(models, [first, second]).p == pytest.approx(mean)
    assert mean_scores(models[:1], [first]).p.tolist() == first.p.tolist()
    with pytest.raises(ValueError, match=r"B012.*labels"):
        mean_scores([pipeline("改善"), pipeline("加重")], [first, second])
    with pytest.raises(ValueError, match=r"B012.*pairs"):
        mean_scores(models, [first, second._replace(pairs=pairs[::-1])])
    with pytest.raises(ValueError, match=r"B012.*pairs"):
        mean_scores(models, [first, second.select(np.asarray([0]))])
