"""The command `evaluate` and the function `evaluate`."""

import json
import warnings

import pytest
import spacy
from spacy.cli._util import app
from typer.testing import CliRunner

from spacy_clinrel.evaluation.evaluate import evaluate
from spacy_clinrel.tokens import relabel_relations

from ..util import fit, gold_examples, make_notes, relation_config, run_python, write_docs

# 11-labels has no label for the second.
LABELS = {"证实": "TeBS", "改善": "TrIS"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with dev.spacy, whose relations have LABELS, and a trained model."""
    folder = tmp_path_factory.mktemp("evaluate")
    nlp = spacy.blank("zh")
    nlp.add_pipe("relation_classifier", config=relation_config())
    notes = make_notes(nlp, 12)
    for note in notes:
        relabel_relations(note, LABELS)
    fit(nlp, gold_examples(nlp, notes[:8]))
    nlp.to_disk(folder / "model")
    write_docs(folder / "dev.spacy", notes)
    return folder


def run(folder, *args, code=0):
    """Run the command with --gold-entities and return its output."""
    paths = [str(folder / "model"), str(folder / "dev.spacy")]
    result = CliRunner().invoke(app, ["clinrel", "evaluate", *paths, "-G", *map(str, args)])
    assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
    return result.output


def test_a_pipeline_that_finds_no_entities_needs_gold_entities(folder):
    with pytest.warns(UserWarning, match="W102.*--gold-entities"):
        evaluate(folder / "model", folder / "dev.spacy")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        evaluate(folder / "model", folder / "dev.spacy", gold_entities=True)


def test_evaluate_projects_labels_to_a_scheme(folder, tmp_path):
    """Gold and predicted labels are mapped to the scheme. Labels outside the scheme are ignored."""
    assert "TeBS" in run(folder) and "TrIS" in run(folder)
    out = tmp_path / "figures.json"
    printed = run(folder, "--scheme", "11-labels", "-o", out)
    assert "TeAS" in printed and "TeBS" not in printed and "TrIS" not in printed
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["scheme"] == "11-labels"
    scores = result["gold_entities"]
    plain = evaluate(folder / "model", folder / "dev.spacy", gold_entities=True)
    found = plain["gold_entities"]["rel_per_type"]
    assert set(found) == {"TeBS", "TrIS"} and found["TeBS"]["f"] > 0.5
    assert scores["rel_per_type"] == {"TeAS": found["TeBS"]}
    assert scores["rel_micro_f"] == scores["rel_macro_f"] == found["TeBS"]["f"]
    ceiling = scores["candidates"]["relation_classifier"]
    assert ceiling["gold"] == ceiling["reached"] == 12
    assert f"{100 * scores['rel_micro_f']:.2f}" in printed


def test_evaluate_refuses_an_unknown_scheme(folder, tmp_path):
    out = tmp_path / "x.json"
    printed = " ".join(run(folder, "--scheme", "12-labels", "-o", out, code=1).split())
    assert "F023" in printed and "'12-labels'" in printed and "11-labels, 15-labels" in printed
    assert not out.exists()


@pytest.mark.slow
def test_evaluate_uses_a_scheme_from_a_code_file(folder, tmp_path):
    """The code file registers a scheme as documented in `data.schemes`."""
    code, out = tmp_path / "mine.py", tmp_path / "mine.json"
    code.write_text(
        "from spacy_clinrel.data.schemes import schemes\n\n\n"
        '@schemes.register("mine")\ndef mine():\n    return {"TrIS": "helps"}\n',
        encoding="utf-8",
    )
    command = ("-m", "spacy", "clinrel", "evaluate", folder / "model", folder / "dev.spacy", "-G")
    printed = run_python(*command, "--scheme", "mine", "--code", code, "--output", out)
    scores = json.loads(out.read_text(encoding="utf-8"))["gold_entities"]
    assert set(scores["rel_per_type"]) == {"helps"} and "helps" in printed


def test_evaluate_writes_a_report_with_the_printed_scores(folder, tmp_path):
    out, figures = tmp_path / "report", tmp_path / "figures.json"
    printed = run(folder, "--report", out, "--samples", 20, "-o", figures)
    assert "report.html" in printed
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    scores = json.loads(figures.read_text(encoding="utf-8"))["gold_entities"]
    micro = report["relations"]["micro"]
    assert [micro[key] for key in "prf"] == [scores[f"rel_micro_{key}"] for key in "prf"]
    assert report["evaluated"]["setting"] == "gold_entities" and report["entities"] is None
    assert report["intervals"]["samples"] == 20
    page = (out / "report.html").read_text(encoding="utf-8")
    assert f"{100 * micro['f']:.2f}" in printed and f"{100 * micro['f']:.2f}" in page
    # The pipeline was never named.
    assert all(f"zh_pipeline ({folder / 'model'})" in text for text in (printed, page))
    assert report["evaluated"]["model_path"] == str(folder / "model")


def test_evaluate_writes_a_report_with_a_scheme(folder, tmp_path):
    run(folder, "--report", tmp_path, "--samples", 5, "--scheme", "11-labels")
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [row["name"] for row in report["relations"]["groups"]] == ["TeAS"]
    assert report["evaluated"]["scheme"] == "11-labels"


def test_evaluate_writes_nothing_if_the_report_cannot_be_written(folder, tmp_path):
    taken, out = tmp_path / "taken", tmp_path / "x.json"
    taken.write_text("mine", encoding="utf-8")
    assert "F060" in run(folder, "--report", taken, "-o", out, code=1)
    assert taken.read_text(encoding="utf-8") == "mine" and not out.exists()
