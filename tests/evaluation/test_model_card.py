"""The function and the command `model-card`."""

import json
import os
import time

import pytest
import spacy
import srsly
from spacy.cli.package import package

import spacy_clinrel
from spacy_clinrel.evaluation.model_card import read_settings
from spacy_clinrel.evaluation.model_card.markdown import code, escape, percent

from ..util import ROOT, gold_examples, invoke, make_doc, relation_config, write_docs

SETTINGS = {
    "name": "tiny",
    "description": "A pipeline\nfor tests",
    "author": "A | B",
    "license": "MIT",
    "license_file": "LICENSE",
    "sources": [{"name": "notes_a", "author": "B", "license": "CC0 1.0"}],
    "parts": {"train": "train.spacy", "dev": "dev.spacy"},
    "evaluations": [
        {
            "title": "Own *test*",
            "end_to_end": "end_to_end.json",
            "gold_entities": "gold.json",
            "per_label": True,
        },
        {"title": "Other", "end_to_end": "other.json"},
    ],
    "limits": ["Nobody has\n read it."],
    "reproduce": ["python -m spacy project run all"],
}
LABEL = {"p": 0.5, "r": 0.25, "f": 1 / 3, "gold": 8, "predicted": 4, "right": 2}
END_TO_END = {
    **dict.fromkeys(("ents_p", "ents_r", "ents_f"), 0.9),
    **dict.fromkeys(("rel_micro_p", "rel_micro_r", "rel_micro_f"), 0.625),
    "ents_per_type": {"Symptom": {"p": 0.9, "r": 0.9, "f": 0.9}},
    "rel_per_type": {
        "TrIS": LABEL,
        "a|b": {**LABEL, "f": 0.0},
        "unseen": {**LABEL, "f": 0, "gold": 0},
    },
}
GOLD = {
    **dict.fromkeys(("rel_micro_p", "rel_micro_r", "rel_micro_f"), 0.75),
    "rel_per_type": {"TrIS": {**LABEL, "f": 0.4}},
    "assertion_exact": 0.875,
    **dict.fromkeys(("assertion_micro_p", "assertion_micro_r", "assertion_micro_f"), 0.8),
    "assertion_per_attribute": {"negated": LABEL},
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Return the folder of a pipeline for relations and attributes, and a .spacy file."""
    nlp = spacy.blank("zh")
    patterns = [{"label": "Symptom", "pattern": "头痛"}, {"label": "Treatment", "pattern": "补液"}]
    nlp.add_pipe("entity_ruler").add_patterns(patterns)
    nlp.add_pipe("assertion_rules", config={"types": ["Symptom"]})
    nlp.add_pipe("relation_classifier", config=relation_config())
    doc = make_doc(nlp, "[补液|Treatment]后[头痛|Symptom]缓解。", [(0, 1, "TrIS")])
    with nlp.select_pipes(enable=["relation_classifier"]):
        nlp.initialize(lambda: gold_examples(nlp, [doc]))
    folder = tmp_path_factory.mktemp("card")
    nlp.to_disk(folder / "model")
    doc.ents[1]._.assertion = ["historical"]
    write_docs(folder / "train.spacy", [doc])
    return folder


def write_files(model, folder):
    """Write the files that SETTINGS names to a folder, except those of "dev" and "Other"."""
    (folder / "LICENSE").write_text("Licence text\n")
    (folder / "train.spacy").write_bytes((model / "train.spacy").read_bytes())
    facts = {"data": "corpus/test.spacy", "documents": 12, "seed": 3, "spacy_clinrel": "0.1.0"}
    srsly.write_json(folder / "end_to_end.json", {**facts, "end_to_end": END_TO_END})
    srsly.write_json(folder / "gold.json", {**facts, "gold_entities": GOLD})
    srsly.write_yaml(folder / "card.yml", SETTINGS)


@pytest.fixture
def project(model, tmp_path, monkeypatch):
    """Change to a folder with these files, and return the pipeline's folder."""
    monkeypatch.chdir(tmp_path)
    write_files(model, tmp_path)
    return model / "model"


@pytest.fixture(scope="module")
def card(model, tmp_path_factory):
    """Return the card that SETTINGS and these files give."""
    folder = tmp_path_factory.mktemp("project")
    write_files(model, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return spacy_clinrel.model_card(model / "model", "out", "card.yml")


def change(**settings):
    srsly.write_yaml("card.yml", {**SETTINGS, **settings})


def test_card_explains_labels(card):
    assert card.startswith("# zh_tiny\n\nA pipeline for tests\n")
    assert "| `Symptom` | Symptom | 症状 |" in card
    assert "| `TrIS` | treatment relieves symptom | 治疗缓解症状 |" in card
    assert "| `negated` | denied, not found or not given | 被否认、未见或未给予 |" in card


def test_card_reports_figures_from_the_metrics(card):
    assert "### Own \\*test\\*" in card
    assert (
        "12 documents (`test.spacy`), measured with spacy-clinrel 0.1.0. Training seed 3." in card
    )
    assert "| Entities | 90.0 | 90.0 | 90.0 |" in card
    assert "| Relations, end to end | 62.5 | 62.5 | 62.5 |" in card
    assert "| Relations between gold entities | 75.0 | 75.0 | 75.0 |" in card
    assert "| `TrIS` | 50.0 | 25.0 | 33.3 | 50.0 | 25.0 | 40.0 | 8 |" in card
    assert "| `a\\|b` | 50.0 | 25.0 | 0.0 | – | – | – | 8 |" in card
    assert "All attributes are correct for 87.5 %" in card
    # The attributes were not scored end to end.
    assert "Assertion attributes, end to end" not in card


def test_card_says_what_was_not_measured(project):
    os.remove("gold.json")
    card = spacy_clinrel.model_card(project, "out", "card.yml")
    assert "### Other\n\nNot measured: `other.json` does not exist.\n" in card
    assert "| `dev` | not counted |  |  |  |  |" in card
    assert "| Relations between gold entities | not measured |  |  |" in card
    assert "Not measured: `gold.json` does not exist." in card
    change(evaluations=[])
    assert "## Figures\n\nNot measured.\n" in spacy_clinrel.model_card(project, "out", "card.yml")


def test_metrics_of_an_earlier_pipeline_are_not_reported(project):
    before = time.time() - 24 * 60 * 60
    os.utime("end_to_end.json", (before, before))
    card = spacy_clinrel.model_card(project, "out", "card.yml")
    assert "Not measured: `end_to_end.json` is older than the pipeline." in card
    assert "90.0" not in card and "The relations with the lowest F" not in card
    assert "| Relations between gold entities | 75.0 |" in card


def test_card_lists_limits(card):
    assert "- Nobody has read it.\n" in card
    weakest = "(Own \\*test\\*): `a\\|b` 0.0 (8 in the data), `TrIS` 33.3 (8 in the data)."
    assert f"- The relations with the lowest F, end to end {weakest}" in card
    assert "- The scores of `relation_classifier` are not calibrated" in card


def test_card_says_that_scores_are_calibrated(project, tmp_path):
    nlp = spacy.load(project)
    nlp.get_pipe("relation_classifier").cfg["temperature"] = 1.5
    nlp.to_disk(tmp_path / "calibrated")
    card = spacy_clinrel.model_card(tmp_path / "calibrated", "out", "card.yml")
    assert "The scores of `relation_classifier` are calibrated, with temperature 1.500." in card


def test_card_describes_training_data_and_licence(card):
    assert "| `train` | 1 | 8 | 2 | 1 | 1 |" in card
    assert "Pipeline: MIT, A \\| B. notes\\_a: CC0 1.0." in card
    assert "| **Author** | A \\| B |" in card
    assert "```bash\npython -m spacy project run all\n```" in card


def test_copy_has_card_licence_and_metadata(project, tmp_path):
    card = spacy_clinrel.model_card(project, "out", "card.yml", version="1.2.3")
    assert (tmp_path / "out" / "README.md").read_text(encoding="utf-8") == card
    assert (tmp_path / "out" / "LICENSE").read_text() == "Licence text\n"
    meta = spacy.load("out").meta
    assert (meta["name"], meta["version"], meta["author"]) == ("tiny", "1.2.3", "A | B")
    assert (meta["license"], meta["description"]) == ("MIT", "A pipeline for tests")
    assert meta["sources"] == SETTINGS["sources"]
    assert "| **Version** | `1.2.3` |" in card
    # The pipeline itself is unchanged.
    assert not (project / "README.md").exists()
    assert json.loads((project / "meta.json").read_text())["author"] == ""


def test_spacy_packages_the_card(project, tmp_path):
    card = spacy_clinrel.model_card(project, "out", "card.yml", version="1.2.3")
    package(tmp_path / "out", tmp_path, create_sdist=False)
    folder = tmp_path / "zh_tiny-1.2.3"
    inner = folder / "zh_tiny" / "zh_tiny-1.2.3"
    for place in (folder, inner):
        assert (place / "README.md").read_text(encoding="utf-8") == card
        assert (place / "LICENSE").exists()
    assert srsly.read_json(folder / "meta.json")["license"] == "MIT"


def test_a_copy_is_replaced_but_no_other_folder(project, tmp_path):
    spacy_clinrel.model_card(project, "out", "card.yml")
    spacy_clinrel.model_card(project, "out", "card.yml")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").touch()
    with pytest.raises(ValueError, match="B009"):
        spacy_clinrel.model_card(project, "mine", "card.yml")
    for output in (project, project / "card", project.parent):
        with pytest.raises(ValueError, match="F174"):
            spacy_clinrel.model_card(project, output, "card.yml")
    with pytest.raises(OSError, match="F173"):
        spacy_clinrel.model_card("mine", "out", "card.yml")


@pytest.mark.parametrize(
    "content, message",
    [
        ("name: [", "F170"),
        ("- a", "F170.*expected a mapping"),
        ("name: a", "F171.*'description' of the model card is missing"),
        ({**SETTINGS, "licence": "MIT"}, "F171.*'licence' of the model card is unknown"),
        ({**SETTINGS, "limits": "none"}, "F171.*'limits' .* must be a list of texts"),
        ({**SETTINGS, "parts": ["a"]}, "F171.*'parts' .* must be a mapping of texts"),
        ({**SETTINGS, "sources": ["a"]}, "F171.*'sources' .* must be a list of mappings"),
        ({**SETTINGS, "evaluations": [{}]}, "F171.*'evaluations.title' .* is missing"),
        (
            {**SETTINGS, "evaluations": [{"title": "a", "per_label": "yes"}]},
            "F171.*'evaluations.per_label' .* must be true or false",
        ),
    ],
)
def test_invalid_settings_are_an_error(project, tmp_path, content, message):
    if isinstance(content, str):
        (tmp_path / "card.yml").write_text(content)
    else:
        srsly.write_yaml("card.yml", content)
    with pytest.raises(ValueError, match=message):
        spacy_clinrel.model_card(project, "out", "card.yml")


@pytest.mark.parametrize("content", ["{", "[]", '{"gold_entities": {}}'])
def test_file_without_these_scores_is_an_error(project, tmp_path, content):
    (tmp_path / "end_to_end.json").write_text(content)
    with pytest.raises(ValueError, match=r"F172.*end_to_end\.json has no scores 'end_to_end'"):
        spacy_clinrel.model_card(project, "out", "card.yml")


def test_command(project, tmp_path):
    result = invoke("clinrel", "model-card", project, "out", "card.yml", "--version", "2.0.0")
    assert result.exit_code == 0, result.output
    assert srsly.read_json(tmp_path / "out" / "meta.json")["version"] == "2.0.0"
    result = invoke("clinrel", "model-card", project, "out", "missing.yml")
    assert result.exit_code == 1 and "F170" in result.output


def test_markdown():
    assert escape("a|b_c\n*d* <e> [f]") == "a\\|b\\_c \\*d\\* \\<e\\> \\[f\\]"
    assert code("a|b") == "`a\\|b`" and code("a`b") == "`` a`b ``"
    assert (percent(0.12345), percent(None)) == ("12.3", "–")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_settings_of_the_shipped_pipelines(lang):
    card = read_settings(ROOT / "configs" / "cards" / f"{lang}_clinrel.yml")
    assert card.author == "spacy-clinrel contributors" and card.license == "MIT"
    assert (ROOT / str(card.license_file)).is_file()
    outputs = {
        output
        for command in srsly.read_yaml(ROOT / "project.yml")["commands"]
        for output in command.get("outputs", [])
    }
    assert set(card.parts.values()) <= outputs
    for evaluation in card.evaluations:
        assert {evaluation.end_to_end, evaluation.gold_entities} <= outputs
