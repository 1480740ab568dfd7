"""Two models that label together."""

import json
import shutil

import numpy as np
import pytest
import spacy
from spacy.tokens import DocBin

from spacy_clinrel.active_learning.bootstrap import NO_GUARDS, BootstrapOptions, bootstrap
from spacy_clinrel.active_learning.bootstrap.ensemble import mean_scores
from spacy_clinrel.active_learning.bootstrap.selection import class_thresholds
from spacy_clinrel.active_learning.bootstrap.silver import load_silver
from spacy_clinrel.active_learning.bootstrap.training import measure
from spacy_clinrel.active_learning.pair_calibration import annotated_pairs
from spacy_clinrel.active_learning.pair_scores import ScoredPairs, score_pairs

from .conftest import other_config, small_config

ALL = BootstrapOptions(threshold=0.0, batch=10_000, max_rounds=1, guards=NO_GUARDS)


def read(path):
    return list(DocBin().from_disk(path).get_docs(spacy.blank("zh").vocab))


@pytest.fixture(scope="module")
def run(few_labels, tmp_path_factory):
    """RETURNS (Tuple[Dict, Path, Path]): What a run found, its folder, the models of round 0."""
    folder = tmp_path_factory.mktemp("together")
    out, models = folder / "run", folder / "models"

    def keep(record):
        if record["round"] == 0:
            shutil.copytree(out / "rounds" / "00", models)

    second = other_config()
    second["training"]["max_steps"] = 2  # so that it is not as good as the first
    result = bootstrap(small_config(), few_labels, out, ALL, second=second, on_round=keep)
    return result, out, models


def test_silver_is_what_the_mean_of_both_says(run):
    result, out, models = run
    first, second = (spacy.load(models / name) for name in ("model", "second"))
    said = [score_pairs(nlp, read(out / "data" / "unlabelled.spacy")) for nlp in (first, second)]
    p = (said[0].p + said[1].p) / 2
    kinds = p.argmax(axis=1)
    assert (said[0].p.max(axis=1) != p.max(axis=1)).any() and (said[1].classes != kinds).any()
    rows = {(doc, *pair): i for i, (doc, pair) in enumerate(zip(said[0].docs, said[0].pairs))}
    silver = load_silver(out / "rounds" / "01" / "silver.npz")
    own = [rows[(doc, *pair)] for doc, pair in zip(silver.docs, silver.pairs)]
    assert silver.classes.tolist() == kinds[own].tolist()
    assert silver.scores == pytest.approx(p.max(axis=1)[own], abs=1e-6)
    record = result["rounds"][1]
    assert record["relations"]["silver"] == (kinds > 0).sum() > 0, "no relation is left out"


def test_rounds_say_what_the_second_one_does(run, few_labels):
    result, out, models = run
    first, last = result["rounds"]
    nlp = spacy.load(models / "second")
    assert first["second"]["test"] == measure(nlp, read(few_labels.test))
    assert first["second"]["dev"] != first["dev"]
    assert set(last["second"]) == {"dev", "test"}
    component = spacy.load(out / "model-best").get_pipe_config("relation_classifier")
    assert component["model"]["@architectures"] == "spacy-clinrel.MentionPair.v1"


def test_two_that_must_agree_as_well(few_labels, out):
    """Only pairs of which each says the same as both together."""
    agree = NO_GUARDS._replace(agree=True)
    options = ALL._replace(guards=agree, max_rounds=1)
    models = out.parent / "models"

    def keep(record):
        if record["round"] == 0:
            shutil.copytree(out / "rounds" / "00", models)

    bootstrap(small_config(), few_labels, out, options, second=other_config(), on_round=keep)
    said = [
        score_pairs(spacy.load(models / name), read(out / "data" / "unlabelled.spacy"))
        for name in ("model", "second")
    ]
    same = said[0].classes == said[1].classes
    silver = load_silver(out / "rounds" / "01" / "silver.npz")
    assert (silver.classes > 0).sum() == (said[0].classes[same] > 0).sum() > 0
    assert not same.all()


def test_thresholds_are_those_of_both(few_labels, out):
    """A class's threshold is raised to where the mean of both bears it out on dev."""
    guards = NO_GUARDS._replace(class_thresholds=True)
    options = ALL._replace(threshold=0.75, guards=guards)
    models = out.parent / "models"

    def keep(record):
        if record["round"] == 0:
            shutil.copytree(out / "rounds" / "00", models)

    second = other_config()
    second["training"]["max_steps"] = 4
    result = bootstrap(small_config(), few_labels, out, options, second=second, on_round=keep)
    both = [spacy.load(models / name) for name in ("model", "second")]
    scored, gold = zip(*(annotated_pairs(nlp, read(few_labels.dev)) for nlp in both))
    wanted = class_thresholds(mean_scores(both, scored), gold[0], 0.75)
    names = ["none", *both[0].get_pipe("relation_classifier").labels]
    limits = result["rounds"][1]["thresholds"]
    assert limits == {name: limit for name, limit in zip(names, wanted) if limit <= 1}
    alone = [class_thresholds(one, gold[0], 0.75).tolist() for one in scored]
    assert wanted.tolist() not in alone and max(wanted) > 0.75
    silver = load_silver(out / "rounds" / "01" / "silver.npz")
    assert (silver.scores >= wanted[silver.classes].astype("float32")).all()


def test_models_that_see_other_pairs(few_labels, out):
    other = other_config()
    other["components"]["relation_classifier"]["candidates"]["max_distance"] = 3
    with pytest.raises(ValueError, match=r"B012.*candidates"):
        bootstrap(small_config(), few_labels, out, ALL, second=other)
    other = other_config()
    other["components"]["relation_classifier"]["typed"] = False
    with pytest.raises(ValueError, match=r"B012.*typed"):
        bootstrap(small_config(), few_labels, out, ALL, second=other)
    other = other_config()
    other["corpora"]["train"]["gold_entities"] = False
    with pytest.raises(ValueError, match=r"B002.*train"):
        bootstrap(small_config(), few_labels, out, ALL, second=other)
    assert not out.exists()


def test_going_on_with_another_second_model(few_labels, out):
    options = ALL._replace(max_rounds=0)
    bootstrap(small_config(), few_labels, out, options, second=other_config())
    settings = json.loads((out / "settings.json").read_text(encoding="utf-8"))
    assert settings["second_config"] != settings["config"]
    with pytest.raises(ValueError, match=r"B003.*second"):
        bootstrap(small_config(), few_labels, out, ALL, resume=True)
    other = other_config()
    other["components"]["relation_classifier"]["model"]["window"] = 5
    with pytest.raises(ValueError, match=r"B003.*second"):
        bootstrap(small_config(), few_labels, out, ALL, second=other, resume=True)


def test_means_of_the_same_pairs_alone():
    def model(*labels):
        nlp = spacy.blank("zh")
        pipe = nlp.add_pipe("relation_classifier")
        for label in labels:
            pipe.add_label(label)
        return nlp

    docs, pairs = np.asarray([0, 0]), np.asarray([[0, 1], [1, 0]])
    one = ScoredPairs(docs, pairs, np.asarray([[0.2, 0.8], [1.0, 0.0]]))
    two = ScoredPairs(docs, pairs, np.asarray([[0.6, 0.4], [0.5, 0.5]]))
    same = [model("改善"), model("改善")]
    assert mean_scores(same, [one, two]).p == pytest.approx(np.asarray([[0.4, 0.6], [0.75, 0.25]]))
    assert mean_scores(same[:1], [one]).p.tolist() == one.p.tolist()
    with pytest.raises(ValueError, match=r"B012.*labels"):
        mean_scores([model("改善"), model("加重")], [one, two])
    with pytest.raises(ValueError, match=r"B012.*pairs"):
        mean_scores(same, [one, two._replace(pairs=pairs[::-1])])
    with pytest.raises(ValueError, match=r"B012.*pairs"):
        mean_scores(same, [one, two.select(np.asarray([0]))])
