"""The command `calibrate` and the function `calibrate`."""

import numpy as np
import pytest
import spacy
from spacy.tokens import DocBin

from spacy_clinrel.active_learning.bootstrap import NO_GUARDS, BootstrapOptions, bootstrap
from spacy_clinrel.active_learning.bootstrap.training import train_round
from spacy_clinrel.cli.calibrate import print_calibration
from spacy_clinrel.evaluation.calibrate import Calibration, calibrate
from spacy_clinrel.evaluation.calibration import expected_calibration_error, reliability, temper
from spacy_clinrel.evaluation.evaluate import evaluate
from spacy_clinrel.evaluation.threshold import FittedThreshold
from spacy_clinrel.tokens import GROUP, get_relations, set_relations
from spacy_clinrel.tokens.silver import store_silver

from ..active_learning.bootstrap.conftest import small_config
from ..util import (
    fit,
    gold_examples,
    invoke,
    make_doc,
    make_notes,
    own_scheme,
    relation_config,
    write_docs,
)


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
    # Remove relations, since a model that is never wrong cannot be calibrated.
    docs = list(DocBin().from_disk(few_labels.dev).get_docs(spacy.blank("zh").vocab))
    for doc in docs[::3]:
        set_relations(doc, [])
    write_docs(tmp_path / "dev.spacy", docs)
    calibration = calibrate(tmp_path / "model-best", tmp_path / "dev.spacy", tmp_path / "new")
    nlp = spacy.load(tmp_path / "new")
    docs = list(DocBin().from_disk(tmp_path / "dev.spacy").get_docs(nlp.vocab))
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


@pytest.fixture(scope="module")
def end_to_end(tmp_path_factory):
    """Return a folder with a pipeline whose rules find some of the entities, and notes."""
    folder = tmp_path_factory.mktemp("end_to_end")
    nlp = spacy.blank("zh")
    nlp.add_pipe("relation_classifier", config=relation_config())
    notes = make_notes(nlp, 8)
    fit(nlp, gold_examples(nlp, notes), steps=10)
    write_docs(folder / "dev.spacy", notes)
    nlp.to_disk(folder / "gold")
    found = {(ent.text, ent.label_) for doc in notes[:5] for ent in doc.ents}
    ruler = nlp.add_pipe("entity_ruler", before="relation_classifier")
    # The rules find one entity with a wrong type.
    wrong = min(text for text, _ in found)
    labels = {text: "错误" if text == wrong else label for text, label in found}
    ruler.add_patterns([{"label": label, "pattern": text} for text, label in labels.items()])
    nlp.to_disk(folder / "model")
    return folder


def test_calibrate_end_to_end_counts_pairs_of_wrong_mentions_as_no_relation(end_to_end):
    nlp, path = spacy.load(end_to_end / "model"), end_to_end / "dev.spacy"
    calibration = calibrate(nlp, path, end_to_end=True)
    assert calibration.temperature != calibrate(nlp, path).temperature
    component = nlp.get_pipe("relation_classifier")
    component.cfg["temperature"] = 1.0
    losses = {0.7: 0.0, 1.0: 0.0, 1.4: 0.0}
    for gold in DocBin().from_disk(path).get_docs(nlp.vocab):
        relations = {
            (r.head.start, r.head.end, r.head.label_, r.tail.start, r.tail.end, r.tail.label_): (
                1 + component.labels.index(r.label)
            )
            for r in get_relations(gold)
        }
        with nlp.select_pipes(disable="relation_classifier"):
            doc = nlp(gold.text)
        ents = [(ent.start, ent.end, ent.label_) for ent in doc.ents]
        predictions = component.predict([doc])
        for pair, p in zip(predictions.candidates.pairs, predictions.classes):
            label = relations.get((*ents[pair[0]], *ents[pair[1]]), 0)
            for factor in losses:
                tempered = temper(p[None], calibration.temperature * factor)
                losses[factor] -= np.log(tempered[0, label])
    assert min(losses, key=losses.get) == 1.0


def test_calibrate_end_to_end_needs_entities(end_to_end, tmp_path):
    arguments = (end_to_end / "gold", end_to_end / "dev.spacy", tmp_path / "x", "--end-to-end")
    result = invoke("clinrel", "calibrate", *arguments)
    assert result.exit_code == 1 and "B040" in result.output
    nlp = spacy.load(end_to_end / "gold")
    ruler = nlp.add_pipe("entity_ruler", first=True)
    ruler.add_patterns([{"label": "疾病", "pattern": "不存在的病"}])
    with pytest.raises(ValueError, match="B010"):
        calibrate(nlp, end_to_end / "dev.spacy", end_to_end=True)


@pytest.mark.parametrize("is_end_to_end", [True, False])
def test_fitted_threshold_has_the_best_score(end_to_end, is_end_to_end):
    nlp, path = spacy.load(end_to_end / "model"), end_to_end / "dev.spacy"
    setting = "end_to_end" if is_end_to_end else "gold_entities"

    def micro_f():
        return evaluate(nlp, path, gold_entities=not is_end_to_end)[setting]["rel_micro_f"]

    cfg = nlp.get_pipe("relation_classifier").cfg
    cfg["temperature"] = 3.0
    before = micro_f()
    fitted = calibrate(nlp, path, end_to_end=is_end_to_end, fit_threshold=True).threshold
    assert before == pytest.approx(fitted.previous_f)
    assert cfg["threshold"] == fitted.threshold
    assert nlp.get_pipe_config("relation_classifier")["threshold"] == fitted.threshold
    scores = {}
    for cfg["threshold"] in (fitted.threshold, fitted.previous, 0.05, 0.3, 0.7, 0.95):
        scores[cfg["threshold"]] = micro_f()
    assert scores[fitted.threshold] == pytest.approx(fitted.f) == max(scores.values())


def test_a_lower_score_after_calibration_is_a_warning(capsys):
    for f, is_lower in ((0.7, True), (0.8, False)):
        threshold = FittedThreshold(0.4, f, 0.5, 0.75)
        print_calibration(Calibration(1.5, {}, threshold=threshold))
        output = capsys.readouterr().out
        assert "micro F of the relations" in output and ("lower micro F" in output) == is_lower


def test_calibrate_replaces_a_pipeline_with_force(end_to_end, tmp_path):
    options = ("--end-to-end", "--fit-threshold")
    arguments = ("calibrate", end_to_end / "model", end_to_end / "dev.spacy", tmp_path / "new")
    outputs = [invoke("clinrel", *arguments, *options, *force) for force in ((), ("--force",))]
    assert outputs[0].exit_code == outputs[1].exit_code == 0, outputs[1].output
    assert outputs[0].output == outputs[1].output and "Threshold 0." in outputs[0].output
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    saved = spacy.load(tmp_path / "new").get_pipe("relation_classifier").cfg
    assert f"Threshold {saved['threshold']:.2f}" in outputs[0].output
    result = invoke("clinrel", *arguments)
    assert result.exit_code == 1 and "B009" in result.output
    # A folder of other files is never replaced.
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").touch()
    result = invoke("clinrel", *arguments[:3], tmp_path / "notes", "--force")
    assert result.exit_code == 1 and "B009" in result.output
