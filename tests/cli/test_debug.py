"""The command `debug`."""

import json

import pytest
import spacy
from spacy.cli._util import app
from typer.testing import CliRunner

from spacy_clinrel.data.check import Checks, debug
from spacy_clinrel.types import LabelNames

from ..util import CONFIGS, make_doc, make_notes, write_docs

NLP = spacy.blank("zh")


@pytest.fixture
def corpus(tmp_path):
    """Return a folder with dev.spacy and train.spacy."""
    write_docs(tmp_path / "train.spacy", make_notes(NLP, 25))
    far = make_doc(NLP, "[头痛|症状]。" + "无" * 30 + "[补液|治疗]", [(1, 0, "改善")])
    write_docs(tmp_path / "dev.spacy", [*make_notes(NLP, 4, seed=9), far])
    return tmp_path


def run(*args):
    return CliRunner().invoke(app, ["clinrel", "debug", *(str(arg) for arg in args)])


def test_debug_prints_figures_and_findings(corpus):
    out = corpus / "new" / "a.json"
    result = run(corpus, "--json", out)
    assert result.exit_code == 0, result.output
    output = " ".join(result.output.split())
    for part in ("Documents and mentions", "Directions", "Candidates", "Summary"):
        assert part in output
    assert "documents 25 5" in output and "治疗 — 改善 → 症状 25 5" in output
    assert "dev: SentencePairs reaches 8 of 9 relations (88.9 %)" in output
    assert "█" in output and "max_sentences" not in output
    figures = json.loads(out.read_text(encoding="utf-8"))
    assert list(figures["parts"]) == ["train", "dev"]
    assert figures["parts"]["dev"]["distance_in_sentences"]["1"] == 1
    assert figures["candidates"]["dev"]["SentencePairs"]["reached"] == 8


@pytest.mark.parametrize("options", [("--max-sentences", 1), ("--config",)])
def test_debug_candidate_settings(corpus, options):
    out = corpus / "a.json"
    if options[0] == "--config":
        text = (CONFIGS / "relations.cfg").read_text(encoding="utf-8")
        text = text.replace("max_sentences = 0", "max_sentences = 1")
        (corpus / "a.cfg").write_text(text, encoding="utf-8")
        options = ("--config", corpus / "a.cfg")
    assert run(corpus, *options, "--json", out).exit_code == 0
    (row,) = json.loads(out.read_text(encoding="utf-8"))["candidates"]["dev"].values()
    assert row["recall"] == 1


def test_debug_error_findings_exit_1(tmp_path):
    write_docs(tmp_path / "train.spacy", [NLP.make_doc("无")])
    result = run(tmp_path, "--json", tmp_path / "a.json")
    assert result.exit_code == 1 and "train has no relations" in result.output
    assert (tmp_path / "a.json").exists()


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("missing.spacy",), "F001"),
        (("bad.spacy",), "F003"),
        (("train.spacy", "--json", "train.spacy"), "F017"),
        (("train.spacy", "--config", "a.cfg", "--max-sentences", "3"), "F042"),
        (("train.spacy", "--config", "a.cfg"), "F040"),
    ],
)
def test_debug_errors_exit_1(corpus, monkeypatch, args, code):
    monkeypatch.chdir(corpus)
    (corpus / "bad.spacy").write_bytes(b"no DocBin")
    result = run(*args)
    assert result.exit_code == 1 and code in result.output


def test_debug_finds_sections_if_candidates_depend_on_them(corpus):
    split = make_doc(NLP, "主诉：[头痛|症状] 现病史：予[补液|治疗]", [(1, 0, "改善")])
    write_docs(corpus / "dev.spacy", [*make_notes(NLP, 4, seed=9), split])
    text = (CONFIGS / "relations.cfg").read_text(encoding="utf-8")
    text = text.replace("max_sentences = 0", "within_sections = true")
    text = text.replace("pipeline = [", 'pipeline = ["clinical_sectionizer",')
    text += '\n[components.clinical_sectionizer]\nfactory = "clinical_sectionizer"\n'
    (corpus / "a.cfg").write_text(text, encoding="utf-8")
    out = corpus / "a.json"
    assert run(corpus, "--config", corpus / "a.cfg", "--json", out).exit_code == 0
    (row,) = json.loads(out.read_text(encoding="utf-8"))["candidates"]["dev"].values()
    assert (row["reached"], row["gold"]) == (8, 9)


def test_debug_checks_the_types_of_assertion_rules_of_a_pipeline(corpus):
    text = (CONFIGS / "relations.cfg").read_text(encoding="utf-8")
    text = text.replace("pipeline = [", 'pipeline = ["assertion_rules",')
    text += '\n[components.assertion_rules]\nfactory = "assertion_rules"\ntypes = ["Symptom"]\n'
    (corpus / "model").mkdir()
    (corpus / "model" / "config.cfg").write_text(text, encoding="utf-8")
    result = run(corpus / "train.spacy", "--config", corpus / "model")
    assert result.exit_code == 0, result.output
    assert "types that do not occur in the corpus: Symptom" in " ".join(result.output.split())


def test_debug_finds_names_that_a_pipeline_does_not_have(corpus):
    known = LabelNames(["症状", "检查", "疾病", "治疗"], ["证实"], [], [])
    result = debug(corpus / "train.spacy", Checks(known=known))
    (finding,) = [f for f in result["findings"] if f["code"] == "unknown_name"]
    assert (finding["level"], finding["section"], finding["places"]) == (
        "warning",
        "consistency",
        25,
    )
    assert "relation label that the pipeline does not have: 改善 (25)" in finding["text"]


def test_debug_strict_fails_on_inconsistent_annotation(corpus):
    rules = corpus / "rules.yml"
    text = "never: [补液]\nchecks: {unmarked_string: false}\n"
    rules.write_text(text, encoding="utf-8")
    out = corpus / "a.json"
    assert run(corpus, "--rules", rules).exit_code == 0
    result = run(corpus, "--rules", rules, "--strict", "--json", out)
    assert result.exit_code == 1 and "never_mention" in result.output
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["consistency"]["checks"]["never_mention"]["places"][0]["text"] == "补液"
    assert {f["code"] for f in found["findings"]} >= {"never_mention", ""}
    text += "accept: [{string: 补液, reason: a test}]\n"
    rules.write_text(text, encoding="utf-8")
    assert run(corpus, "--rules", rules, "--strict").exit_code == 0


@pytest.mark.parametrize(("text", "code"), [("never: 1", "F150"), ("[", "C042")])
def test_debug_invalid_rules_exit_1(corpus, text, code):
    (corpus / "rules.yml").write_text(text, encoding="utf-8")
    result = run(corpus, "--rules", corpus / "rules.yml")
    assert result.exit_code == 1 and code in result.output
