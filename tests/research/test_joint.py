"""The study of joint models, with a small configuration."""

import shutil

import pytest
from spacy import util

from benchmarks.common import read_records
from research.common.cells import Cell
from research.common.corpora import CORPORA
from research.common.runner import parse_options
from research.joint.settings import ABLATIONS, SYSTEMS, configs
from research.joint.study import JointStudy

from ..util import run_python


@pytest.mark.study
def test_joint_tables_and_resuming(as_corpora, run_study, tmp_path):
    systems = ("Pipeline, an encoder each", "Focused, K = 2, eq14")
    args = ("--data", as_corpora, "--corpora", "layer", "--systems", *systems)
    failed, output = run_study(JointStudy(), *args)
    assert failed == 0, output
    report = (tmp_path / "results" / "joint_small.md").read_text(encoding="utf-8")
    figures = read_records(tmp_path / "results" / "joint_small.jsonl")
    assert {result["system"] for result in figures} == set(systems)
    for result in figures:
        row = next(line for line in report.splitlines() if f"| {result['system']} | 1 |" in line)
        for score in ("entities", "gold_entities"):
            assert f"{100 * result['test'][score]['f']:.2f}" in row
    # Every system has a row, even if it was not measured.
    assert "| Multi-head | 0 |" in report and "| Focused, K = 6, eq13 | 0 |" in report
    cells = sorted((tmp_path / "work" / "cells").iterdir())
    modified = [path.stat().st_mtime_ns for path in cells]
    assert run_study(JointStudy(), *args)[0] == 0
    assert modified == [path.stat().st_mtime_ns for path in cells]


@pytest.mark.study
def test_every_joint_system_has_a_valid_config(as_corpora, tmp_path):
    for system in (*SYSTEMS, *ABLATIONS):
        for corpus in JointStudy.corpora:
            cell = Cell(system, corpus, 1, "cpu", as_corpora, "vectors", work=tmp_path)
            made = configs(cell)
            assert len(made) == (2 if system == "Pipeline, an encoder each" else 1)
            for config in made:
                assert config["system"]["seed"] == 1
                steps = {"layer": 600, "cmeie": 900}[corpus] * (2 if "twice" in system else 1)
                rate = config["training"]["optimizer"]["learn_rate"]
                assert config["training"]["max_steps"] == rate["total_steps"] == steps
                assert config["training"]["eval_frequency"] == rate["warmup_steps"] == steps // 10
                nlp = util.load_model_from_config(config, auto_fill=False, validate=True)
                assert nlp.pipe_names
                # The best step is chosen by the score that is reported.
                weights = config["training"]["score_weights"]
                scores = {key for key, value in weights.items() if value}
                assert scores <= {"ents_f", f"{CORPORA[corpus].score}_f"}
                # A model of relations alone is chosen between gold entities.
                if "relations alone" in system:
                    assert config["corpora"]["dev"]["gold_entities"] and "ents_f" not in scores
                    assert config["components"]["joint_extractor"]["keep_entities"]


@pytest.mark.parametrize("ablations", [False, True])
def test_ablations_run_on_the_layer_alone(ablations):
    args = ["--run", *(["--ablations"] if ablations else [])]
    cells = JointStudy().cells(parse_options(JointStudy(), args))
    assert {cell.corpus for cell in cells} == ({"layer"} if ablations else {"layer", "cmeie"})
    assert {cell.system for cell in cells} == set(ABLATIONS if ablations else SYSTEMS)


def test_encoders_are_made_once_for_their_texts(as_corpora, tmp_path):
    args = ["--run", "--scale", "small", "--vectors", "none", "--corpora", "layer", "cmeie"]
    args += [
        "--work",
        str(tmp_path / "work"),
        "--systems",
        "Focused, K = 2, eq14",
        "Multi-head, e5",
    ]

    def modified_after_making(data):
        JointStudy().prepare(parse_options(JointStudy(), [*args, "--data", str(data)]))
        files = sorted((tmp_path / "work").glob("*/model.safetensors"))
        assert [file.parent.name for file in files] == ["encoder.e5.small", "encoder.small.small"]
        return [file.stat().st_mtime_ns for file in files]

    copy = shutil.copytree(as_corpora, tmp_path / "copy")
    first = modified_after_making(as_corpora)
    again = modified_after_making(as_corpora)
    other = modified_after_making(copy)
    assert first == again and not set(first) & set(other)


@pytest.mark.study
def test_speed_of_focused_pairs(tmp_path):
    out = tmp_path / "speed.md"
    sizes = ("--sizes", "small, K = 2", "--tokens", 40, "--pairs", 12, "--repeat", 1)
    run_python("-m", "research.joint.focused_speed", *sizes, "--out", out)
    rows = read_records(out.with_suffix(".jsonl"))
    assert [row["mask"] for row in rows] == ["eq13", "eq14"]
    for row in rows:
        assert row["difference"] <= 1e-5 and row["seconds"] > 0 and row["whole"] > 0
        assert row["ratio"] == pytest.approx(row["whole"] / row["seconds"])
        line = f"| {row['mask']} | {row['size']} |"
        lines = out.read_text(encoding="utf-8").splitlines()
        [table_row] = [text for text in lines if text.startswith(line)]
        assert f"| {row['ratio']:.1f} |" in table_row
