"""Evaluation and calibration of a pipeline with assertion_classifier."""

import json

import pytest
import spacy

from spacy_clinrel.evaluation.calibrate import calibrate
from spacy_clinrel.evaluation.evaluate import evaluate

from ..pipeline.test_assertion_classifier import NAME, initialized, make_notes
from ..util import fit, gold_examples, invoke, make_doc, ner_config, write_docs


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with a pipeline that finds entities and their attributes, and notes."""
    path = tmp_path_factory.mktemp("assertion")
    nlp = initialized()
    nlp.add_pipe("clinical_ner", before=NAME, config=ner_config())
    fit(nlp, gold_examples(nlp, make_notes(nlp)), steps=8)
    nlp.to_disk(path / "model")
    write_docs(path / "dev.spacy", make_notes(nlp, 6, seed=1))
    write_docs(path / "plain.spacy", [make_doc(nlp, "[头痛|症状]缓解。")])
    return path


def test_gold_mentions_and_end_to_end_are_not_mixed(folder):
    on_gold = evaluate(folder / "model", folder / "dev.spacy", gold_entities=True)
    assert "end_to_end" not in on_gold and "ents_f" not in on_gold["gold_entities"]
    names = {key for key in on_gold["gold_entities"] if key.startswith("assertion_")}
    assert names == {
        *("assertion_exact", "assertion_per_attribute"),
        *("assertion_micro_p", "assertion_micro_r", "assertion_micro_f"),
    }
    end_to_end = evaluate(folder / "model", folder / "dev.spacy")["end_to_end"]
    assert {"ents_f", "assertion_e2e_f", "assertion_e2e_per_attribute"} <= end_to_end.keys()
    assert end_to_end["assertion_exact"] <= on_gold["gold_entities"]["assertion_exact"]


def test_command_prints_and_saves_the_scores(folder, tmp_path):
    output = tmp_path / "scores.json"
    arguments = (folder / "model", folder / "dev.spacy", "--output", output)
    result = invoke("clinrel", "evaluate", *arguments, "--gold-entities")
    assert result.exit_code == 0, result.output
    assert "Gold mentions with all attributes correct" in result.output
    assert "Attributes of correct mentions" in result.output and "end to end" not in result.output
    scores = json.loads(output.read_text())["gold_entities"]
    assert {"p", "r", "f", "gold"} <= scores["assertion_per_attribute"]["negated"].keys()
    result = invoke("clinrel", "evaluate", *arguments)
    assert "Attributes, end to end" in result.output
    assert "assertion_e2e_f" in json.loads(output.read_text())["end_to_end"]


def test_calibration_sets_the_temperature(folder, tmp_path):
    fitted = calibrate(folder / "model", folder / "dev.spacy", tmp_path / "new")
    assert fitted.temperature is None and fitted.errors == {}
    assert set(fitted.assertion.errors) == {
        *("all", "all_calibrated", "attributes", "attributes_calibrated")
    }
    loaded = spacy.load(tmp_path / "new")
    saved = loaded.get_pipe(NAME).cfg["temperature"]
    assert saved == pytest.approx(fitted.assertion.temperature) != 1.0
    assert loaded.get_pipe_config(NAME)["temperature"] == pytest.approx(saved)
    # Calibrating a calibrated pipeline fits the same temperature.
    result = invoke("clinrel", "calibrate", tmp_path / "new", folder / "dev.spacy", tmp_path / "b")
    assert result.exit_code == 0 and f"{fitted.assertion.temperature:.3f}" in result.output
    assert "all mentions and attributes" in result.output


def test_calibration_needs_annotated_mentions(folder, tmp_path):
    with pytest.raises(ValueError, match=r"C054.*'assertion_classifier'"):
        calibrate(folder / "model", folder / "plain.spacy", tmp_path / "new")
