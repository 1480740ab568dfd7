"""The command `bootstrap`: output, files and errors, and resuming after the process was killed."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from ..active_learning.bootstrap.conftest import read_records, second_config
from ..util import CONFIGS, invoke

OVERRIDES = ("--training.max_steps", 12, "--training.eval_frequency", 6)


def make_command(data, out, *options):
    parts = [f"--{part}={getattr(data, part)}" for part in data._fields if part != "texts"]
    config = CONFIGS / "relations.cfg"
    return ("clinrel", "bootstrap", config, *parts, "--output", out, *options, *OVERRIDES)


def test_bootstrap_prints_a_row_for_each_round(few_labels, tmp_path):
    options = ("--threshold", 0.5, "--batch", 12, "--max-rounds", 1)
    result = invoke(*make_command(few_labels, tmp_path / "run", *options))
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    rows = [line.split() for line in result.output.splitlines()]
    records = read_records(tmp_path / "run")
    assert len(records) == 2
    for record in records:
        [row] = [row for row in rows if row[:1] == [str(record["round"])]]
        assert row[4:6] == [f"{100 * record[part]['f']:.2f}" for part in ("dev", "test")]
        assert row[2] == str(record["relations"]["silver"])
    assert (tmp_path / "run" / "rounds.png").stat().st_size > 5000
    assert (tmp_path / "run" / "model-best" / "meta.json").exists()
    settings = json.loads((tmp_path / "run" / "settings.json").read_text(encoding="utf-8"))
    assert settings["guard_agree"] is False and settings["guard_repeat"] is True
    assert settings["guard_patience"] == 2


@pytest.mark.slow
def test_overrides_apply_to_the_second_config(few_labels, tmp_path):
    second_config().to_disk(tmp_path / "second.cfg", interpolate=False)
    options = ("--second", tmp_path / "second.cfg", "--threshold", 0, "--batch", 500)
    result = invoke(*make_command(few_labels, tmp_path / "run", *options, "--max-rounds", 1))
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    first, second = read_records(tmp_path / "run")
    assert second["unknown_before"] == first["unknown"]
    assert 0 <= first["second"]["dev"]["f"] <= 1 and second["relations"]["silver"] > 0
    result = invoke(*make_command(few_labels, tmp_path / "b", "--second", tmp_path / "no.cfg"))
    assert result.exit_code == 1 and "no.cfg" in result.output


@pytest.mark.slow
def test_bootstrap_reports_that_no_relation_is_reliable(few_labels, tmp_path):
    # 10 of 10 correct predictions of a class on dev are a smoothed precision of 11/12 < 0.95.
    result = invoke(*make_command(few_labels, tmp_path / "run", "--threshold", 0.95))
    assert result.exit_code == 0, result.output
    refused = json.loads((tmp_path / "run" / "result.json").read_text(encoding="utf-8"))["refused"]
    output = " ".join(result.output.split())
    assert f"{refused['reliable']} of {refused['unknown_before']} unlabelled pairs are" in output
    assert "--no-class-thresholds" in output and "nothing above the threshold" in output


@pytest.mark.study
def test_killed_run_is_resumed(few_labels, tmp_path):
    options = ("--no-guards", "--threshold", 0.5, "--batch", 12, "--max-rounds", 3)
    complete, killed = tmp_path / "complete", tmp_path / "killed"
    assert invoke(*make_command(few_labels, complete, *options)).exit_code == 0
    args = [sys.executable, "-m", "spacy", *map(str, make_command(few_labels, killed, *options))]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(args, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while not (killed / "rounds" / "01").exists() and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert len(read_records(killed)) < 4, "the run was killed before its end"
    result = invoke(*make_command(few_labels, killed, *options))
    assert result.exit_code == 1 and "B004" in result.output
    assert invoke(*make_command(few_labels, killed, *options, "--resume")).exit_code == 0
    assert read_records(killed) == read_records(complete)
    name = "model-best/relation_classifier/model"
    assert (killed / name).read_bytes() == (complete / name).read_bytes()


@pytest.mark.parametrize(
    "options, message",
    [
        (("--threshold", 1.5), "B006"),
        (("--ner", "nowhere"), "nowhere"),
        (("--unlabelled", "nowhere.spacy"), "F001"),
        (("--max-round", 3), "No such option"),
    ],
)
def test_bootstrap_errors(few_labels, tmp_path, options, message):
    result = invoke(*make_command(few_labels, tmp_path / "run", *options))
    assert result.exit_code == 1 and message in result.output
