"""Commands and workflows of project.yml, and complete workflows with tiny configs."""

import json
import shutil
import subprocess
import sys
import zipfile

import pytest
import srsly
from weasel.util import load_project_config

from benchmarks import project_summary

from .util import ROOT, invoke

PROJECT = srsly.read_yaml(ROOT / "project.yml")


def run_spacy(*args, cwd):
    command = [sys.executable, "-m", "spacy", *args]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True)


@pytest.mark.parametrize("command", PROJECT["commands"], ids=lambda command: command["name"])
def test_commands_have_help_script_deps_and_outputs(command):
    assert command["help"] and command["script"] and command["deps"]
    # Only what a command writes to the project's folder is an output.
    assert command.get("outputs") or command.get("outputs_no_cache") or command.get("no_skip")
    assert all(line.startswith("python -m ") for line in command["script"])


def test_project_variables_keep_lists_of_files():
    """The project's config joins list items that begin and end with variables."""
    config = load_project_config(ROOT, overrides={"vars.corpora": "/data"})
    loaded = {command["name"]: command for command in config["commands"]}
    for command in PROJECT["commands"]:
        for key in ("script", "deps", "outputs", "outputs_no_cache"):
            items = loaded[command["name"]].get(key, [])
            assert len(items) == len(command.get(key, [])), (command["name"], key)
            assert not any("${" in item for item in items)


def test_workflows_consist_of_commands():
    names = {command["name"] for command in PROJECT["commands"]}
    assert {step for steps in PROJECT["workflows"].values() for step in steps} <= names
    known = {"all", "all_gpu", "en", "transfer", "ccks2017", "assertion", "cmeie", "maccrobat"}
    assert known <= set(PROJECT["workflows"])


@pytest.mark.slow
def test_error_names_the_missing_corpora_folder(tmp_path):
    shutil.copy(ROOT / "project.yml", tmp_path)
    args = ("project", "run", "cmeie-convert", ".", "--vars.corpora", "nowhere")
    result = run_spacy(*args, cwd=tmp_path)
    assert result.returncode == 1
    assert "nowhere/cmeie" in (result.stdout + result.stderr).replace("\\", "/")


N_NOTES = 30  # notes of each part of a corpus in the copy of the project


def copy_project(folder):
    """Copy the project with the first notes of each part of the corpora."""
    for part in ("project.yml", "configs", "assets", "LICENSE"):
        source = ROOT / part
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / part)
    for part in (folder / "assets").glob("*_notes/*"):
        for note in sorted(part.glob("*.txt"))[N_NOTES:]:
            note.unlink()
            note.with_suffix(".ann").unlink()


def check_outputs(folder, lang):
    name = f"{lang}_clinrel"
    notes = len(list((folder / "assets" / f"{lang}_notes" / "test").glob("*.txt")))
    end_to_end = json.loads((folder / "metrics" / f"{name}_end_to_end.json").read_text())
    gold = json.loads((folder / "metrics" / f"{name}_gold_entities.json").read_text())
    assert end_to_end["documents"] == gold["documents"] == notes > 20
    assert "ents_f" in end_to_end["end_to_end"] and "gold_entities" not in end_to_end
    assert "rel_micro_f" in gold["gold_entities"] and "end_to_end" not in gold
    calibrated = folder / "training" / name / "model-calibrated" / "relation_classifier" / "cfg"
    assert json.loads(calibrated.read_text())["temperature"] != 1.0
    card = (folder / "training" / name / "release" / "README.md").read_text(encoding="utf-8")
    assert f"{notes} documents (`{lang}_notes_test.spacy`)" in card
    assert f"| Entities | {100 * end_to_end['end_to_end']['ents_p']:.1f} |" in card
    page = (folder / "output" / f"{name}.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= notes


STEPS = ("convert", "train", "calibrate", "evaluate", "model-card", "visualize")


@pytest.mark.slow
@pytest.mark.parametrize(
    "lang, prefix, config",
    [("zh", "", "config"), pytest.param("en", "en-", "config_en", marks=pytest.mark.study)],
)
def test_workflow_runs_without_the_wheels(tmp_path, monkeypatch, lang, prefix, config):
    """Run the scripts in this process, which is faster than starting new ones."""
    copy_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    for folder in PROJECT["directories"]:
        (tmp_path / folder).mkdir(exist_ok=True)
    commands = {command["name"]: command["script"] for command in PROJECT["commands"]}
    values = {**PROJECT["vars"], config: f"test/{lang}_clinrel"}
    for line in (line for step in STEPS for line in commands[prefix + step]):
        for key, value in values.items():
            line = line.replace(f"${{vars.{key}}}", str(value))
        python, option, module, *args = line.split()
        assert (python, option, module) == ("python", "-m", "spacy")
        result = invoke(*args)
        assert result.exit_code == 0, f"{line}\n{result.output}\n{result.exception!r}"
    check_outputs(tmp_path, lang)


def write_wheel(path, name, version):
    """Write the wheel of an empty package."""
    info = f"{name}-{version}.dist-info"
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", f"__version__ = {version!r}\n")
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


@pytest.mark.slow
@pytest.mark.parametrize(
    "step, name",
    [("install", "zh_clinrel"), pytest.param("en-install", "en_clinrel", marks=pytest.mark.study)],
)
def test_install_installs_the_wheel_each_time(tmp_path, monkeypatch, step, name):
    """It installs the wheel again when nothing has changed, since the environment may have."""
    shutil.copy(ROOT / "project.yml", tmp_path)
    version = PROJECT["vars"]["version"]
    wheels = tmp_path / "packages"
    write_wheel(wheels / f"{name}-{version}-py3-none-any.whl", name, version)
    for target in ("first", "second"):
        monkeypatch.setenv("PIP_TARGET", str(tmp_path / target))  # leave this environment alone
        result = invoke("project", "run", step, tmp_path)
        assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
        assert (tmp_path / target / name / "__init__.py").exists()


@pytest.mark.parametrize("lang, step", [("zh", ""), ("en", "en-")])
def test_commands_after_calibrate_use_the_calibrated_pipeline(lang, step):
    trained, calibrated = (
        f"training/{lang}_clinrel/model-{name}" for name in ("best", "calibrated")
    )
    users = {"evaluate", "model-card", "visualize"}
    for command in PROJECT["commands"]:
        if command["name"] in {f"{step}{name}" for name in users}:
            lines = [*command["script"], *command["deps"]]
            assert any(calibrated in line for line in lines)
            assert not any(trained in line for line in lines)


@pytest.mark.parametrize("workflow, step", [("all", ""), ("all_gpu", ""), ("en", "en-")])
def test_workflows_calibrate_after_training_and_install_after_packaging(workflow, step):
    steps = PROJECT["workflows"][workflow]
    assert steps.index(f"{step}install") == steps.index(f"{step}package") + 1
    assert "train" in steps[steps.index(f"{step}calibrate") - 1]


@pytest.mark.parametrize("lang, step", [("zh", ""), ("en", "en-")])
def test_wheels_and_installation_print_only_errors(lang, step):
    commands = {command["name"]: command["script"] for command in PROJECT["commands"]}
    lines = [*commands[f"{step}package"], *commands[f"{step}install"]]
    for line in lines:
        assert "-m build" not in line and "--build wheel" not in line
        assert ("pip" not in line) or " --quiet " in line, line


def test_summary_prints_scores_and_what_to_do_next(tmp_path, capsys):
    for setting, scores in (
        ("end_to_end", {"ents_f": 0.912, "rel_micro_f": 0.7}),
        ("gold_entities", {"rel_micro_f": 0.8}),
    ):
        path = tmp_path / "metrics" / f"zh_clinrel_{setting}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({setting: scores}), encoding="utf-8")
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "zh_clinrel.html").touch()
    project_summary.main("zh_clinrel", tmp_path)
    printed = capsys.readouterr().out
    assert "91.2" in printed and "70.0" in printed and "80.0" in printed
    assert "zh_clinrel.html" in printed and 'spacy.load("zh_clinrel")' in printed
    assert "challenge" not in printed and "Wheel" not in printed
