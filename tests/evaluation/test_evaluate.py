"""The public functions `evaluate` and `calibrate`."""

import pytest
import spacy

import spacy_clinrel
from spacy_clinrel.evaluation.evaluate import evaluate_examples

from ..util import fit, gold_examples, make_notes, relation_config, write_docs

COMPONENT = "relation_classifier"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return a pipeline for relations between gold entities, and a .spacy
    file."""
    nlp = spacy.blank("zh")
    nlp.add_pipe(COMPONENT, config=relation_config())
    notes = make_notes(nlp, 8)
    fit(nlp, gold_examples(nlp, notes), steps=10)
    return nlp, write_docs(tmp_path_factory.mktemp("evaluate") / "dev.spacy", notes)


def test_evaluate_accepts_a_loaded_pipeline_or_its_path(trained, tmp_path, capfd):
    nlp, path = trained
    nlp.to_disk(tmp_path / "model")
    result = spacy_clinrel.evaluate(nlp, str(path), gold_entities=True, report=tmp_path / "report")
    loaded = spacy_clinrel.evaluate(tmp_path / "model", path, gold_entities=True)
    assert loaded == {**result, "model_path": str(tmp_path / "model")}
    assert result["model_path"] is None
    assert (tmp_path / "report" / "report.html").is_file()
    # The library does not print.
    assert capfd.readouterr() == ("", "")


def test_evaluate_examples_agrees_with_evaluate(trained):
    nlp, path = trained
    docs = make_notes(nlp, 8)
    scores = evaluate_examples(nlp, gold_examples(nlp, docs), gold_entities=True)
    result = spacy_clinrel.evaluate(nlp, path, gold_entities=True)
    assert result == {"data": str(path), "scheme": None, "model_path": None, **scores}


def test_evaluate_compares_scores_with_correct_relations(trained):
    nlp, path = trained
    scores = spacy_clinrel.evaluate(nlp, path, gold_entities=True)["gold_entities"]
    confidence = scores["rel_confidence"]
    assert confidence["right"] == pytest.approx(scores["rel_micro_p"])
    counts = scores["rel_per_type"].values()
    assert confidence["predictions"] == sum(count["predicted"] for count in counts) > 0
    threshold = nlp.get_pipe(COMPONENT).cfg["threshold"]
    assert threshold <= confidence["mean_score"] <= 1.0


def test_evaluate_refuses_documents_without_annotation(trained, zh, tmp_path):
    path = write_docs(tmp_path / "raw.spacy", [zh("没有标注。")])
    with pytest.raises(ValueError, match="F009"):
        spacy_clinrel.evaluate(trained[0], path, gold_entities=True)


def test_calibrate_sets_the_temperature_of_a_loaded_pipeline(trained, tmp_path, capfd):
    nlp, path = trained
    nlp.to_disk(tmp_path / "model")
    calibration = spacy_clinrel.calibrate(nlp, path)
    assert nlp.get_pipe(COMPONENT).cfg["temperature"] == calibration.temperature != 1.0
    assert spacy_clinrel.calibrate(tmp_path / "model", path, tmp_path / "new") == calibration
    saved = spacy.load(tmp_path / "new")
    assert saved.get_pipe(COMPONENT).cfg["temperature"] == calibration.temperature
    assert capfd.readouterr() == ("", "")
