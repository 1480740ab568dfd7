"""The benchmark of speed and scale, at a small setting."""

import json
import os
import sys

import pytest
import spacy
from spacy import util


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """RETURNS (Path): Where the tests' pipelines are kept, trained once."""
    return tmp_path_factory.mktemp("speed")


@pytest.mark.slow
@pytest.mark.parametrize(
    "part,columns",
    [
        ("machine", ("operations_per_second", "bytes_per_second")),
        ("pipelines", ("characters_per_second", "ratio")),
        ("components", ("microseconds_per_character",)),
        ("updates", ("steps_per_second",)),
    ],
)
def test_parts(as_corpora, run_benchmark, work, tmp_path, part, columns):
    out = tmp_path / "speed.md"
    args = ("--data", as_corpora, "--work", work, "--out", out)
    code, _ = run_benchmark("speed.py", *args, "--small", "--steps", 2, "--only", part)
    assert code == 0
    rows = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))[part]["rows"]
    assert rows and all(row[column] > 0 for row in rows for column in columns)
    assert out.read_text(encoding="utf-8").count("\n|") == len(rows) + 2


def test_all_shipped_pipelines_can_be_made(benchmarks, tmp_path):
    from speed_systems import OURS, SPACY, Setting, system_config

    for lang, ours in OURS.items():
        for system in (SPACY, *ours):
            config = system_config(Setting(tmp_path, tmp_path, steps=7), lang, system)
            nlp = util.load_model_from_config(config.interpolate(), auto_fill=True)
            assert nlp.lang == lang and nlp.pipe_names
            assert config["training"]["max_steps"] == 7


def test_an_archive(as_corpora, benchmarks, tmp_path, monkeypatch):
    import speed_archive

    nlp = spacy.blank("zh")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "症状", "pattern": "痛"}])
    nlp.to_disk(tmp_path / "model")
    monkeypatch.setattr(speed_archive, "pipelines", lambda *_: {"rules": tmp_path / "model"})
    setting = speed_archive.Setting(as_corpora, tmp_path)
    [row] = speed_archive.measure_archive(setting, "rules", 400, 1, killed=False)
    # One of each way to be broken; the empty one and that with NUL are none.
    assert (row["broken"], row["documents"], row["quarantined"]) == (4, 398, 2)
    assert row["mentions"] > 100
    # Loading a pipeline takes more than that, starting a Python far less than this process has.
    assert row["peak_mib"] > 100
    assert speed_archive.run_to_end([sys.executable, "-c", "pass"], dict(os.environ)) < 50


@pytest.mark.parametrize("killed,same", [("a", "yes"), ("b", "NO")])
def test_another_output_after_kills_shows(benchmarks, tmp_path, killed, same):
    from speed_report import SECTIONS, write_report

    counts = dict.fromkeys(("broken", "processes", "documents", "quarantined"), 1)
    run = {**counts, "archive": 100, "seconds": 1.0, "peak_mib": 1.0}
    rows = [{**run, "kills": 0, "digest": "a"}, {**run, "kills": 3, "digest": killed}]
    part = {"rows": rows, "machine": "m", "commit": "c", "versions": {"spacy": "3"}}
    write_report({"archive": part}, tmp_path / "speed.md")
    lines = (tmp_path / "speed.md").read_text(encoding="utf-8").splitlines()
    [column] = [i for i, name in enumerate(SECTIONS["archive"].columns) if "same" in name]
    shown = [line.strip("| ").split(" | ") for line in lines if line.startswith("| 100 ")]
    assert [row[column] for row in shown] == ["yes", same]
