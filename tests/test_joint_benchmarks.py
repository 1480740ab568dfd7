"""The benchmarks of joint models, at a small setting."""

import json
import shutil
from argparse import Namespace

import pytest
from spacy import util

from .util import ROOT, run_python

SCRIPT = ROOT / "benchmarks" / "joint.py"


@pytest.mark.slow
def test_tables_and_going_on(as_corpora, run_benchmark, tmp_path):
    def bench():
        paths = ("--data", as_corpora, "--results", tmp_path / "joint", "--work", tmp_path / "w")
        options = ("--vectors", "none", "--scale", "small", "--seeds", 0, "--jobs", 1)
        args = (*paths, *options, "--only", "layer", "--systems", *systems)
        assert run_benchmark("joint.py", *args)[0] == 0

    systems = ("Pipeline, an encoder each", "Focused, K = 2, eq14")
    bench()
    report = (tmp_path / "joint_small.md").read_text(encoding="utf-8")
    figures = json.loads((tmp_path / "joint_small.json").read_text(encoding="utf-8"))
    assert {result["system"] for result in figures} == set(systems)
    for result in figures:
        row = next(line for line in report.splitlines() if f"| {result['system']} | 1 |" in line)
        for setting, key in (("end_to_end", "ents_f"), ("gold_entities", "rel_micro_f")):
            assert f"{100 * result['test'][setting][key]:.2f}" in row
    # Every system has a row, measured or not.
    assert "| Multi-head | 0 |" in report and "| Focused, K = 6, eq13 | 0 |" in report
    before = [path.stat().st_mtime_ns for path in sorted((tmp_path / "joint").iterdir())]
    bench()
    assert before == [path.stat().st_mtime_ns for path in sorted((tmp_path / "joint").iterdir())]


def test_every_system_has_a_config_that_is_whole(as_corpora, benchmarks, tmp_path):
    from joint_settings import ABLATIONS, CORPORA, SYSTEMS, Cell, configs

    for system in (*SYSTEMS, *ABLATIONS):
        for corpus in CORPORA:
            cell = Cell(system, corpus, 1, "cpu", as_corpora, tmp_path, "vectors")
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
                # The best step is that of the score that is reported.
                weights = config["training"]["score_weights"]
                scores = {key for key, value in weights.items() if value}
                assert scores <= {"ents_f", f"{CORPORA[corpus].score}_f"}
                # Relations alone are chosen where relations can be found.
                if "relations alone" in system:
                    assert config["corpora"]["dev"]["gold_entities"] and "ents_f" not in scores
                    assert config["components"]["joint_extractor"]["keep_entities"]


@pytest.mark.parametrize("ablations", [False, True])
def test_a_process_runs_the_cell_that_it_is_for(benchmarks, monkeypatch, tmp_path, ablations):
    from jobs import cell_command
    from joint import arguments, cells, stem

    def options(*args):
        monkeypatch.setattr("sys.argv", [str(arg) for arg in args])
        return arguments()

    own = ("--data", tmp_path / "data", "--vectors", "none", "--work", tmp_path / "w")
    every = options(SCRIPT, *own, *(["--ablations"] if ablations else []), "--seeds", 3, 4)
    made = cells(every)
    assert {cell.corpus for cell in made} == ({"layer"} if ablations else {"layer", "cmeie"})
    assert {cell.seed for cell in made} == {3, 4}
    assert len({stem(cell) for cell in made}) == len(made)
    for command in [cell_command(cell, "--systems") for cell in made]:
        asked = options(*command)
        assert asked.cell and [cells(asked)] == [[made.pop(0)]]


def test_the_small_encoder_is_made_once_for_its_texts(as_corpora, benchmarks, tmp_path):
    from joint import make_bert

    def made(data, vectors="none"):
        make_bert(Namespace(data=data, vectors=vectors, scale="small"), tmp_path / "encoder")
        return (tmp_path / "encoder" / "model.safetensors").stat().st_mtime_ns

    copy = shutil.copytree(as_corpora, tmp_path / "copy")
    first = made(as_corpora)
    assert made(as_corpora) == first != made(copy)


@pytest.mark.slow
def test_speed_of_focused_pairs(benchmarks, tmp_path):
    out = tmp_path / "speed.md"
    sizes = ("--sizes", "small, K = 2", "--tokens", 40, "--pairs", 12, "--repeat", 1)
    run_python(benchmarks / "focused_speed.py", *sizes, "--out", out)
    rows = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    assert [row["mask"] for row in rows] == ["eq13", "eq14"]
    for row in rows:
        assert row["difference"] <= 1e-5 and row["seconds"] > 0 and row["whole"] > 0
        assert row["ratio"] == pytest.approx(row["whole"] / row["seconds"])
        line = f"| {row['mask']} | {row['size']} |"
        [shown] = [
            some for some in out.read_text(encoding="utf-8").splitlines() if some.startswith(line)
        ]
        assert f"| {row['ratio']:.1f} |" in shown
