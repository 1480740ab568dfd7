"""project.yml: what it promises, and the whole workflow with tiny settings."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import srsly

ROOT = Path(__file__).resolve().parent.parent
PROJECT = srsly.read_yaml(ROOT / "project.yml")


def run_spacy(*args, cwd):
    command = [sys.executable, "-m", "spacy", *args]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True)


@pytest.mark.parametrize("command", PROJECT["commands"], ids=lambda command: command["name"])
def test_every_command_says_what_it_does_needs_and_makes(command):
    assert command["help"] and command["script"] and command["deps"]
    assert command.get("outputs") or command.get("outputs_no_cache")
    assert all(line.startswith("python -m ") for line in command["script"])


def test_workflows_name_commands():
    names = {command["name"] for command in PROJECT["commands"]}
    assert {step for steps in PROJECT["workflows"].values() for step in steps} <= names
    assert {"all", "all_gpu", "en", "ccks2017", "cmeie", "maccrobat"} <= set(PROJECT["workflows"])


def test_the_readme_documents_the_project_as_it_is(tmp_path):
    for name in ("project.yml", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    run_spacy("project", "document", "--output", "README.md", cwd=tmp_path)
    expected = (ROOT / "README.md").read_text(encoding="utf-8")
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == expected


def test_a_missing_corpora_folder_is_named(tmp_path):
    shutil.copy(ROOT / "project.yml", tmp_path)
    args = ("project", "run", "cmeie-convert", ".", "--vars.corpora", "nowhere")
    result = run_spacy(*args, cwd=tmp_path)
    assert result.returncode == 1
    assert "nowhere/cmeie" in (result.stdout + result.stderr).replace("\\", "/")


@pytest.mark.parametrize(
    ("prefix", "lang", "config"), [("", "zh", "config"), ("en-", "en", "config_en")]
)
def test_the_whole_project_runs(tmp_path, prefix, lang, config):
    """From notes to figures and a page; the wheels are built by the workflow itself."""
    name = f"{lang}_clinrel"
    notes = len(list((ROOT / "assets" / f"{lang}_notes" / "test").glob("*.txt")))
    for part in ("project.yml", "configs", "assets"):
        source = ROOT / part
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / part)
    for step in ("convert", "train", "evaluate", "visualize"):
        tiny = (f"--vars.{config}", f"test/{name}")
        result = run_spacy("project", "run", f"{prefix}{step}", ".", *tiny, cwd=tmp_path)
        assert result.returncode == 0, result.stdout + result.stderr
    end_to_end = json.loads((tmp_path / "metrics" / f"{name}_end_to_end.json").read_text())
    gold = json.loads((tmp_path / "metrics" / f"{name}_gold_entities.json").read_text())
    assert end_to_end["documents"] == gold["documents"] == notes > 20
    assert "ents_f" in end_to_end["end_to_end"] and "gold_entities" not in end_to_end
    assert "rel_micro_f" in gold["gold_entities"] and "end_to_end" not in gold
    page = (tmp_path / "output" / f"{name}.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= notes
