"""`clinrel bootstrap`: what it prints and writes, and that killing it loses nothing."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from ..active_learning.bootstrap.conftest import other_config
from ..util import CONFIGS, invoke

STEPS = ("--training.max_steps", 12, "--training.eval_frequency", 6)


def command(data, out, *options):
    texts = [f"--{part}={getattr(data, part)}" for part in data._fields]
    config = CONFIGS / "relations.cfg"
    return ("clinrel", "bootstrap", config, *texts, "--output", out, *options, *STEPS)


def figures(folder):
    lines = (folder / "rounds.jsonl").read_text(encoding="utf-8").splitlines()
    return [{**json.loads(line), "seconds": None} for line in lines]


def test_rounds_chart_and_pipeline(few_labels, tmp_path):
    options = ("--threshold", 0.5, "--batch", 12, "--max-rounds", 1)
    result = invoke(*command(few_labels, tmp_path / "run", *options))
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    first, second = figures(tmp_path / "run")
    rows = [line.split() for line in result.output.splitlines()]
    for record in (first, second):
        figures_of_round = (f"{100 * record[part]['f']:.2f}" for part in ("dev", "test"))
        [row] = [row for row in rows if row[:1] == [str(record["round"])]]
        assert row[4:6] == list(figures_of_round)
        assert row[2] == str(record["relations"]["silver"])
    assert (tmp_path / "run" / "rounds.png").stat().st_size > 5000
    assert (tmp_path / "run" / "model-best" / "meta.json").exists()
    settings = json.loads((tmp_path / "run" / "settings.json").read_text(encoding="utf-8"))
    assert settings["guard_agree"] is False and settings["guard_repeat"] is True
    assert settings["guard_patience"] == 2


def test_a_second_model(few_labels, tmp_path):
    """Overrides hold for both configs."""
    other_config().to_disk(tmp_path / "other.cfg", interpolate=False)
    options = ("--second", tmp_path / "other.cfg", "--threshold", 0, "--batch", 500)
    result = invoke(*command(few_labels, tmp_path / "run", *options, "--max-rounds", 1))
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    first, second = figures(tmp_path / "run")
    assert second["unknown_before"] == first["unknown"]
    assert 0 <= first["second"]["dev"]["f"] <= 1 and second["relations"]["silver"] > 0
    result = invoke(*command(few_labels, tmp_path / "b", "--second", tmp_path / "no.cfg"))
    assert result.exit_code == 1 and "no.cfg" in result.output


def test_nothing_is_sure(few_labels, tmp_path):
    """What was sure, and from where each class would be, is said."""
    # Ten right ones of a class on dev are 11/12 with one right and one wrong added.
    result = invoke(*command(few_labels, tmp_path / "run", "--threshold", 0.95))
    assert result.exit_code == 0, result.output
    refused = json.loads((tmp_path / "run" / "result.json").read_text(encoding="utf-8"))["refused"]
    said = " ".join(result.output.split())
    assert f"{refused['reliable']} of {refused['unknown_before']} unlabelled pairs are" in said
    assert "--no-class-thresholds" in said and "nothing above the threshold" in said


def test_the_bare_algorithm_killed_and_resumed(few_labels, tmp_path):
    options = ("--no-guards", "--threshold", 0.5, "--batch", 12, "--max-rounds", 3)
    whole, part = tmp_path / "whole", tmp_path / "part"
    assert invoke(*command(few_labels, whole, *options)).exit_code == 0
    args = [sys.executable, "-m", "spacy", *map(str, command(few_labels, part, *options))]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    running = subprocess.Popen(args, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 120
        while not (part / "rounds" / "01").exists() and running.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.01)
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    assert len(figures(part)) < 4, "it was killed before its end"
    again = invoke(*command(few_labels, part, *options))
    assert again.exit_code == 1 and "B004" in again.output
    assert invoke(*command(few_labels, part, *options, "--resume")).exit_code == 0
    assert figures(part) == figures(whole)
    name = "model-best/relation_classifier/model"
    assert (part / name).read_bytes() == (whole / name).read_bytes()


@pytest.mark.parametrize(
    "options, message",
    [
        (("--threshold", 1.5), "B006"),
        (("--ner", "nowhere"), "nowhere"),
        (("--unlabelled", "nowhere.spacy"), "F001"),
        (("--max-round", 3), "No such option"),
    ],
)
def test_what_is_wrong_is_said(few_labels, tmp_path, options, message):
    result = invoke(*command(few_labels, tmp_path / "run", *options))
    assert result.exit_code == 1 and message in result.output
