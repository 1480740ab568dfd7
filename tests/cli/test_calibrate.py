"""The command `calibrate` and the function `calibrate`."""

import numpy as np
import pytest
import spacy
from spacy.tokens import DocBin

from spacy_clinrel.active_learning.bootstrap import NO_GUARDS, BootstrapOptions, bootstrap
from spacy_clinrel.active_learning.bootstrap.training import train_round
from spacy_clinrel.evaluation.calibrate import calibrate
from spacy_clinrel.evaluation.calibration import expected_calibration_error, reliability, temper
from spacy_clinrel.tokens import GROUP, get_relations
from spacy_clinrel.tokens.silver import store_silver

from ..active_learning.bootstrap.conftest import small_config
from ..util import gold_examples, invoke, make_doc, own_scheme, write_docs


@pytest.fixture(scope="module")
def model(few_labels, tmp_path_factory):
    """Return a relation pipeline for gold entities."""
    folder = tmp_path_factory.mktemp("calibrate") / "run"
    bootstrap(small_config(), few_labels, folder, BootstrapOptions(max_rounds=0, guards=NO_GUARDS))
    return folder / "model-best"


def test_calibrate_saves_the_temperature(model, few_labels, tmp_path):
    result = invoke("clinrel", "calibrate", model, few_labels.dev, tmp_path / "new")
    assert result.exit_code == 0, result.output
    temperature = spacy.load(tmp_path / "new").get_pipe("relation_classifier").cfg["temperature"]
    assert temperature != 1.0 and f"{temperature:.3f}" in result.output
    assert spacy.load(model).get_pipe("relation_classifier").cfg["temperature"] == 1.0
    # Calibrating a calibrated pipeline fits the same temperature.
    result = invoke("clinrel", "calibrate", tmp_path / "new", few_labels.dev, tmp_path / "second")
    second = spacy.load(tmp_path / "second").get_pipe("relation_classifier").cfg["temperature"]
    assert second == pytest.approx(temperature)


@pytest.fixture
def scheme():
    """Yield a scheme that removes "2" from labels."""
    with own_scheme("without-2", {"改善2": "改善", "证实2": "证实"}) as name:
        yield name


def test_calibrate_projects_labels_to_a_scheme(model, few_labels, scheme, tmp_path):
    """Labels that the pipeline does not know count as no relation, with a warning."""
    nlp = spacy.blank("zh")
    docs = list(DocBin().from_disk(few_labels.dev).get_docs(nlp.vocab))
    for doc in docs:
        doc._.relations = [r._replace(label=f"{r.label}2") for r in get_relations(doc)]
    write_docs(tmp_path / "dev.spacy", docs)
    other = tmp_path / "dev.spacy"
    plain = calibrate(model, few_labels.dev, tmp_path / "a")
    assert calibrate(model, other, tmp_path / "b", scheme=scheme) == plain
    with pytest.warns(UserWarning, match=r"W007.*改善2, 证实2.*--scheme"):
        unknown = calibrate(model, other, tmp_path / "c")
    assert unknown.temperature != plain.temperature
    result = invoke("clinrel", "calibrate", model, other, tmp_path / "d", "--scheme", "nothing")
    assert result.exit_code == 1 and "F023" in result.output


def test_calibrate_without_exclusive_labels(few_labels, tmp_path):
    """If a pair may have several labels, the probability of each label is part of the calibration
    error."""
    config = small_config()
    config["components"]["relation_classifier"]["exclusive"] = False
    train_round(config, few_labels.labelled, few_labels.dev, tmp_path, 0, -1)
    calibration = calibrate(tmp_path / "model-best", few_labels.dev, tmp_path / "new")
    nlp = spacy.load(tmp_path / "new")
    docs = list(DocBin().from_disk(few_labels.dev).get_docs(nlp.vocab))
    examples = gold_examples(nlp, docs)
    component = nlp.get_pipe("relation_classifier")
    gold, annotated = component.gold_labels(examples)
    scores = component.predict([example.predicted for example in examples]).scores
    p, right = scores[annotated].ravel(), gold[annotated].ravel()
    confidence = np.maximum(p, 1 - p)
    expected = expected_calibration_error(reliability(confidence, (p > 0.5) == right, bins=15))
    assert component.cfg["temperature"] == pytest.approx(calibration.temperature) != 1.0
    assert calibration.errors["all_calibrated"] == pytest.approx(expected, abs=1e-5)
    loss = -np.log(np.where(right, p, 1 - p)).mean()
    for other in (0.5, 2.0):
        q = temper(p[:, None], other, exclusive=False)[:, 0]
        assert loss < -np.log(np.where(right, q, 1 - q)).mean()


def test_calibrate_refuses_wrong_input(model, few_labels, trained_model, tmp_path):
    result = invoke("clinrel", "calibrate", model, few_labels.dev, model)
    assert result.exit_code == 1 and "B009" in result.output
    result = invoke("clinrel", "calibrate", model, "nowhere.spacy", tmp_path / "x")
    assert result.exit_code == 1 and "F001" in result.output
    nlp = spacy.blank("zh")
    nlp.to_disk(tmp_path / "blank")
    result = invoke("clinrel", "calibrate", tmp_path / "blank", few_labels.dev, tmp_path / "x")
    assert result.exit_code == 1 and "B001" in result.output
    write_docs(tmp_path / "raw.spacy", [nlp("没有标注。")])
    result = invoke("clinrel", "calibrate", model, tmp_path / "raw.spacy", tmp_path / "x")
    assert result.exit_code == 1 and "B010" in result.output and not (tmp_path / "x").exists()
    silver = tmp_path / "silver.spacy"
    doc = make_doc(nlp, "[补液|治疗]后[头痛|症状]缓解。", [(0, 1, "改善")])
    store_silver(doc, list(doc.spans[GROUP]), [], [])
    write_docs(silver, [doc])
    for command in (("calibrate", model, silver, tmp_path / "x"), ("evaluate", model, silver)):
        result = invoke("clinrel", *command)
        assert result.exit_code == 1 and "B011" in result.output
