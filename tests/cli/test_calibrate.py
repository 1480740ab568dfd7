"""`clinrel calibrate`: the pipeline carries its temperature."""

import pytest
import spacy

from spacy_clinrel.bootstrap import UNGUARDED, Options, bootstrap

from ..bootstrap.conftest import small_config
from ..util import invoke, write_docs


@pytest.fixture(scope="module")
def model(few_labels, tmp_path_factory):
    """RETURNS (Path): A pipeline of relations between gold entities."""
    folder = tmp_path_factory.mktemp("calibrate") / "run"
    bootstrap(small_config(), few_labels, folder, Options(max_rounds=0, guards=UNGUARDED))
    return folder / "model-best"


def test_the_temperature_is_saved(model, few_labels, tmp_path):
    result = invoke("clinrel", "calibrate", model, few_labels.dev, tmp_path / "new")
    assert result.exit_code == 0, result.output
    temperature = spacy.load(tmp_path / "new").get_pipe("relation_classifier").cfg["temperature"]
    assert temperature != 1.0 and f"{temperature:.3f}" in result.output
    assert spacy.load(model).get_pipe("relation_classifier").cfg["temperature"] == 1.0
    # Once more, from where it is now.
    result = invoke("clinrel", "calibrate", tmp_path / "new", few_labels.dev, tmp_path / "again")
    again = spacy.load(tmp_path / "again").get_pipe("relation_classifier").cfg["temperature"]
    assert again == pytest.approx(temperature)


def test_what_is_wrong_is_said(model, few_labels, trained_model, tmp_path):
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
