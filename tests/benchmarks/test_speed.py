"""The benchmark of speed and scale, with a small configuration."""

import json
import os
import sys

import pytest
import spacy
from spacy import util

from benchmarks.common import read_records
from benchmarks.speed import __main__ as command
from benchmarks.speed import archive, versions
from benchmarks.speed.report import SECTIONS, report
from benchmarks.speed.systems import OURS, SPACY, Setting, system_config


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Return the folder of the pipelines, which are trained once for all tests."""
    return tmp_path_factory.mktemp("speed")


def measure_in_this_process(section, job, options):
    setting = Setting(options.data, options.work, steps=options.steps)
    job, records = json.loads(json.dumps(job)), command.measure(section, job, setting)
    return json.loads(json.dumps(records))


@pytest.mark.slow
@pytest.mark.parametrize(
    "section,columns",
    [
        ("machine", ("operations_per_second", "bytes_per_second")),
        pytest.param("pipelines", ("characters_per_second", "ratio"), marks=pytest.mark.study),
        pytest.param("components", ("microseconds_per_character",), marks=pytest.mark.study),
        pytest.param("updates", ("steps_per_second",), marks=pytest.mark.study),
    ],
)
def test_sections(as_corpora, monkeypatch, work, tmp_path, section, columns):
    out = tmp_path / "speed.md"
    args = ("--data", as_corpora, "--work", work, "--out", out, "--small", "--steps", 2)
    monkeypatch.setattr("sys.argv", ["speed", *map(str, args), "--only", section])
    if section != "machine":
        # Starting a process for each measurement takes longer than measuring.
        monkeypatch.setattr(command, "measure_in_process", measure_in_this_process)
    assert command.main() == 0
    rows = read_records(out.with_suffix(".jsonl"))
    assert rows and {row["section"] for row in rows} == {section}
    assert all(row[column] > 0 for row in rows for column in columns)
    assert out.read_text(encoding="utf-8").count("\n|") == len(rows) + 2


@pytest.mark.study
def test_two_versions_are_compared(as_corpora, monkeypatch, work, tmp_path, capsys):
    nlp = spacy.blank("zh")
    nlp.add_pipe("ner").add_label("症状")
    nlp.initialize()
    nlp.to_disk(tmp_path / "model")
    monkeypatch.setattr(versions, "LEAST_CHARACTERS", 6000)
    options = ("--model", tmp_path / "model", "--data", as_corpora, "--repeats", 1)
    monkeypatch.setattr("sys.argv", ["speed", "--against", sys.executable, *map(str, options)])
    assert command.main() == 0
    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows if row[0]] == ["Task", "---", "start", "annotate", "train"]
    for _, new, _, old, _, ratio in rows[2:5]:
        assert float(ratio) == pytest.approx(float(old) / float(new), rel=0.1)


@pytest.mark.slow
def test_every_system_has_a_valid_config(tmp_path):
    for lang, ours in OURS.items():
        for system in (SPACY, *ours):
            config = system_config(Setting(tmp_path, tmp_path, steps=7), lang, system)
            nlp = util.load_model_from_config(config.interpolate(), auto_fill=True)
            assert nlp.lang == lang and nlp.pipe_names
            assert config["training"]["max_steps"] == 7


@pytest.mark.study
def test_an_archive(as_corpora, tmp_path, monkeypatch):
    nlp = spacy.blank("zh")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "症状", "pattern": "痛"}])
    nlp.to_disk(tmp_path / "model")
    monkeypatch.setattr(archive, "pipelines", lambda *_: {"rules": tmp_path / "model"})
    setting = Setting(as_corpora, tmp_path)
    [row] = archive.measure_archive(setting, "rules", 400, 1, killed=False)
    # One document of each broken content; the empty one is annotated.
    assert (row["broken"], row["documents"], row["quarantined"]) == (4, 397, 3)
    assert row["mentions"] > 100
    # Loading a pipeline takes more. A new Python takes less, unlike this process.
    assert row["peak_mib"] > 100
    assert archive.run_to_end([sys.executable, "-c", "pass"], dict(os.environ)) < 50


@pytest.mark.parametrize("killed,same", [("a", "yes"), ("b", "NO")])
def test_different_output_after_kills_is_reported(killed, same):
    counts = dict.fromkeys(("broken", "processes", "documents", "quarantined"), 1)
    run = {**counts, "archive": 100, "seconds": 1.0, "peak_mib": 1.0}
    rows = [{**run, "kills": 0, "digest": "a"}, {**run, "kills": 3, "digest": killed}]
    source = {"machine": "m", "commit": "c", "spacy": "3", "torch": "2"}
    lines = report([{"section": "archive", **row, **source} for row in rows]).splitlines()
    [column] = [i for i, name in enumerate(SECTIONS["archive"].columns) if "same" in name]
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| 100 ")]
    assert [row[column] for row in cells] == ["yes", same]
