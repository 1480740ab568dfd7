"""The benchmark of relation models, at a small setting, and the models that only it has."""

import json
import mmap
import os
import shutil
import sys
from itertools import count, permutations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import spacy
from spacy import registry, util
from spacy.training.initialize import init_nlp

from spacy_clinrel.data.readers import Corpus
from spacy_clinrel.data.schemes import get_scheme

from .util import ROOT, edges, run_python

SCRIPT = ROOT / "benchmarks" / "relations.py"


@pytest.fixture
def bench(run_benchmark, tmp_path):
    """RETURNS (Callable): Runs the benchmark at its small setting, and returns what it prints."""

    def run(data, *args, failed=0):
        paths = ("--data", data, "--results", tmp_path / "relations", "--work", tmp_path / "work")
        options = ("--vectors", "none", "--scale", "small", "--seeds", 0, "--jobs", 1)
        code, printed = run_benchmark("relations.py", *paths, *options, *args)
        assert code == failed, printed
        return printed

    return run


@pytest.mark.slow
def test_tables_plots_and_going_on(as_corpora, bench, tmp_path):
    models = ("SVM", "PCNN", "Mention pair")
    run = ("--only", "11-labels", "--models", *models)
    bench(as_corpora, *run)
    report = (tmp_path / "relations_small.md").read_text(encoding="utf-8")
    figures = json.loads((tmp_path / "relations_small.json").read_text(encoding="utf-8"))
    assert [result["model"] for result in figures] == sorted(models, key=str.lower)
    for result in figures:
        test = result["test"]
        assert test["f"] == pytest.approx(
            2 * test["p"] * test["r"] / (test["p"] + test["r"]) if test["f"] else 0.0
        )
        assert f"| {result['model']} | 1 |" in report
        assert f"{100 * test['f']:.2f}" in report
        assert set(test["per_label"]) <= set(get_scheme("11-labels").values())
    svm = figures[-1]
    assert svm["test"]["f"] > 0.2, "a linear model learns something from 24 notes"
    # Every model of the papers has a row, measured or not.
    assert report.count("| ResGRU-Att |") >= 3 and "| CNN-Max | 0 |" in report
    for plot in ("f", "depth", "time"):
        assert (tmp_path / f"relations_small_{plot}.png").stat().st_size > 5000
    # What is there is not measured again; what is missing is.
    results = sorted((tmp_path / "relations").glob("*.json"))
    kept, gone = results[0], results[-1]
    before = kept.stat().st_mtime_ns, json.loads(gone.read_text(encoding="utf-8"))["test"]
    gone.unlink()
    bench(as_corpora, *run)
    assert kept.stat().st_mtime_ns == before[0]
    assert json.loads(gone.read_text(encoding="utf-8"))["test"] == before[1]


@pytest.mark.slow
def test_a_cell_that_fails_is_named_and_the_rest_goes_on(as_corpora, bench, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(as_corpora, folder)
    (folder / "cmeie_train.spacy").write_bytes(b"no DocBin")
    args = ("--models", "SVM", "--only", "cmeie", "11-labels")
    assert "small.cmeie.svm.0: failed" in bench(folder, *args, failed=1)
    assert [path.name for path in (tmp_path / "relations").glob("*.json")] == [
        "small.11-labels.svm.0.json"
    ]


def test_the_svm_saves_loads_and_scores_the_same(as_corpora, benchmarks, tmp_path):
    from relation_settings import Cell
    from relation_svm import train_svm

    cell = Cell("SVM", "15-labels", 0, "small", as_corpora)
    train_svm(cell, tmp_path / "svm", 0)
    nlp = util.load_model(tmp_path / "svm")
    reader = Corpus(cell.file("test"), gold_entities=True, scheme="15-labels")
    docs = [example.predicted for example in reader(nlp)]
    pipe = nlp.get_pipe("relation_classifier")
    together = pipe.predict(docs)
    alone = np.concatenate([pipe.predict([doc]).scores for doc in docs])
    assert np.array_equal(together.scores, alone) and together.scores.any()
    nlp.to_disk(tmp_path / "again")
    again = util.load_model(tmp_path / "again")
    copies = [example.predicted for example in reader(again)]
    assert np.array_equal(again.get_pipe("relation_classifier").predict(copies).scores, alone)
    assert any(edges(doc) for doc in nlp.pipe(docs))


def test_pair_features_name_their_part(benchmarks):
    from relation_svm import pair_features

    doc = spacy.blank("zh").make_doc("予补液后头痛缓解")
    features = pair_features(doc, (1, 3, 2), (4, 6, 1), 1)
    assert {"head=补液", "tail=头痛", "between=后", "after=缓解", "before=予"} <= set(features)
    assert {"types=2-1", "forwards=True", "distance=0", "steps=1"} <= set(features)
    back = pair_features(doc, (4, 6, 1), (1, 3, 2), -1)
    assert {"between=后", "before=予", "after=缓解", "forwards=False"} <= set(back)
    nested = pair_features(doc, (1, 6, 2), (4, 6, 1), 1)
    assert not any(feature.startswith("between=") for feature in nested)


@pytest.mark.slow
def test_speed_and_memory(tmp_path):
    """One model in processes of their own, with few pairs and with more."""
    out = tmp_path / "speed.md"
    options = ("--models", "CNN-Max", "--pairs", 1, 300, "--threads", 1, "--out", out)
    run_python(SCRIPT.with_name("relation_speed.py"), *options)
    figures = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    few, many = figures["results"]
    assert figures["threads"] == 1 and few["model"] == many["model"] == "CNN-Max"
    # Whole sentences, each with the same number of pairs.
    assert 1 <= few["pairs"] < many["pairs"] <= 300 and many["pairs"] % few["pairs"] == 0
    for result in (few, many):
        assert result["seconds"] > 0
        # PyTorch and spaCy alone take more than 100 MiB, and these pairs take little.
        assert 100 < result["before_mib"] <= result["peak_mib"] < 10_000
    report = out.read_text(encoding="utf-8")
    header = [f"peak MiB, {result['pairs']} pairs (before)" for result in (few, many)]
    assert " | ".join(header) in report
    assert "1 threads" in report
    [row] = [line for line in report.splitlines() if line.startswith("| CNN-Max |")]
    rate, *memory = row.strip("| ").split(" | ")[1:]
    assert int(rate.replace(",", "")) == pytest.approx(many["pairs"] / many["seconds"], abs=1)
    assert memory == [f"{one['peak_mib']:,.0f} ({one['before_mib']:,.0f})" for one in (few, many)]


def written_mib(size: int) -> mmap.mmap:
    """Memory of the system's own: an array may lie in what an earlier test has left in the heap."""
    pages = mmap.mmap(-1, size * 2**20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for _ in range(size):
        pages.write(b"1" * 2**20)
    return pages


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux can tell")
def test_what_was_given_back_hides_nothing(benchmarks):
    import memory

    given_back = written_mib(256)
    high = memory.peak_mib()
    given_back.close()
    before = memory.now_mib()
    assert before < high - 200, "what was given back is forgotten"
    kept = written_mib(64)
    assert 60 < memory.peak_mib() - before < 130
    kept.close()
    assert memory.peak_mib() - before > 60, "and the peak stays"
    assert memory.in_mib(2**20) == (1 if sys.platform == "darwin" else 1024)


def test_speed_of_several_models(benchmarks, tmp_path):
    """Each row has the figures of its own model, the rate that of many pairs."""
    import relation_speed

    figures = {
        "A": ((10, 1.0, 400.0), (2000, 4.0, 900.0)),
        "B": ((10, 2.0, 500.0), (2000, 1.0, 7e3)),
    }
    results = [
        {"model": model, "pairs": pairs, "seconds": seconds, "peak_mib": peak, "before_mib": 9}
        for model, rows in figures.items()
        for pairs, seconds, peak in rows
    ]
    relation_speed.report(results, 2, 32768, tmp_path / "speed.md")
    lines = (tmp_path / "speed.md").read_text(encoding="utf-8").splitlines()
    assert lines[-2:] == ["| A | 500 | 400 (9) | 900 (9) |", "| B | 2,000 | 500 (9) | 7,000 (9) |"]
    assert "peak MiB, 10 pairs (before) | peak MiB, 2,000 pairs (before)" in lines[-4]
    assert "at most 32,768 characters" in lines[2]


@pytest.fixture
def checkout(benchmarks):
    """RETURNS (Path): A checkout of explosion/projects, which only some have; skips without it."""
    path = os.environ.get("CLINREL_TUTORIAL")
    if not path:
        pytest.skip("set CLINREL_TUTORIAL to a checkout of explosion/projects")
    return Path(path)


def test_a_checkout_without_the_tutorial(benchmarks, tmp_path):
    from relation_tutorial import load_tutorial

    with pytest.raises(ValueError, match="checkout of explosion/projects"):
        load_tutorial(tmp_path)


def test_the_tutorial_component_in_the_tables(as_corpora, bench, checkout, tmp_path):
    name = "Tutorial component"
    bench(as_corpora, "--only", "11-labels", "--models", name, "--tutorial", checkout)
    [result] = json.loads((tmp_path / "relations_small.json").read_text(encoding="utf-8"))
    assert result["model"] == name and result["pairs_per_second"] > 0
    assert len(result["epochs"]) == 3 and result["epochs"][0]["seconds"] > 0
    assert set(result["test"]["per_label"]) <= set(get_scheme("11-labels").values())
    # Every gold relation counts, whatever pairs the component looks at.
    gold = Corpus(
        as_corpora / "ccks2017_relations_test.spacy", gold_entities=True, scheme="11-labels"
    )
    relations = [edges(example.reference) for example in gold(spacy.blank("zh"))]
    counted = sum(score["gold"] for score in result["test"]["per_label"].values())
    assert counted == sum(map(len, relations))
    assert f"| {name} | 1 |" in (tmp_path / "relations_small.md").read_text(encoding="utf-8")


def test_what_the_tutorial_component_learns_and_writes(as_corpora, checkout, monkeypatch):
    import relation_tutorial
    from relation_settings import Cell

    cell = Cell("Tutorial component", "11-labels", 3, "small", as_corpora, tutorial=checkout)
    config = relation_tutorial.tutorial_config(cell)
    assert config["nlp"]["tokenizer"]["segmenter"] == "char"
    assert (config["system"]["seed"], config["training"]["max_steps"]) == (3, 4)
    whole = relation_tutorial.tutorial_config(cell._replace(scale="cpu"))
    assert whole["training"]["max_steps"] == 4000 and whole["corpora"]["train"]["limit"] == 0
    nlp = init_nlp(config)
    reader = registry.resolve({"corpus": config["corpora"]["dev"]})["corpus"]
    examples = list(reader(nlp))
    for example in examples:
        # What it learns from, taken for what it found.
        example.predicted._.rel = example.reference._.rel
        nlp.get_pipe("tutorial_relations")(example.predicted)
        assert edges(example.predicted) == edges(example.reference)
    assert any(edges(example.reference) for example in examples)
    # A second for each batch; there is one.
    clock = SimpleNamespace(process_time=count().__next__)
    monkeypatch.setattr(relation_tutorial, "time", clock)
    docs = [eg.predicted for eg in Corpus(cell.file("test"), gold_entities=True)(nlp)]
    near = [abs(a.start - b.start) <= 100 for doc in docs for a, b in permutations(doc.ents, 2)]
    assert relation_tutorial.speed(nlp, cell, seconds=1.0) == sum(near)
