"""The study of relation models, with a small configuration, and its SVM and tutorial component."""

import os
import shutil
from itertools import count, permutations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import spacy
from spacy import registry, util
from spacy.training.initialize import init_nlp

from benchmarks.common import read_records
from benchmarks.tutorial import load_tutorial
from research.common.cells import Cell
from research.common.corpora import CORPORA
from research.relations import cells, speed
from research.relations.study import RelationStudy
from research.relations.svm import pair_features, train_svm
from spacy_clinrel.data.readers import Corpus
from spacy_clinrel.data.schemes import get_scheme

from ..util import edges, run_python


@pytest.mark.study
def test_tables_plots_and_resuming(as_corpora, run_study, tmp_path):
    models = ("SVM", "PCNN", "Mention pair")
    args = ("--data", as_corpora, "--corpora", "11-labels", "--systems", *models)
    failed, output = run_study(RelationStudy(), *args)
    assert failed == 0, output
    results = tmp_path / "results"
    report = (results / "relations_small.md").read_text(encoding="utf-8")
    figures = read_records(results / "relations_small.jsonl")
    assert [result["system"] for result in figures] == sorted(models, key=str.lower)
    for result in figures:
        test = result["test"]
        assert test["f"] == pytest.approx(
            2 * test["p"] * test["r"] / (test["p"] + test["r"]) if test["f"] else 0.0
        )
        assert f"| {result['system']} | 1 |" in report
        assert f"{100 * test['f']:.2f}" in report
        assert set(result["labels"]) <= set(get_scheme("11-labels").values())
        gold, predicted, correct = map(sum, zip(*result["labels"].values()))
        assert test["f"] == pytest.approx(2 * correct / (gold + predicted))
    svm = figures[-1]
    assert svm["test"]["f"] > 0.2, "a linear model learns from 24 notes"
    # Every model of the papers has a row, even if it was not measured.
    assert report.count("| ResGRU-Att |") >= 3 and "| CNN-Max | 0 |" in report
    for plot in ("f", "depth", "time"):
        assert (results / f"relations_small_{plot}.png").stat().st_size > 5000
    # A cell without a record is measured again, the others are not.
    kept, deleted = (tmp_path / "work" / "cells" / f"{figures[i]['cell']}.json" for i in (0, -1))
    modified = kept.stat().st_mtime_ns
    deleted.unlink()
    records = results / "relations_small.jsonl"
    lines = records.read_text(encoding="utf-8").splitlines(keepends=True)
    records.write_text("".join(lines[:-1]), encoding="utf-8")
    assert run_study(RelationStudy(), *args)[0] == 0
    assert kept.stat().st_mtime_ns == modified
    assert [result["test"] for result in read_records(records)] == [
        result["test"] for result in figures
    ]


@pytest.mark.study
def test_a_failed_cell_is_named_and_the_others_run(as_corpora, run_study, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(as_corpora, folder)
    (folder / "cmeie_train.spacy").write_bytes(b"no DocBin")
    args = ("--data", folder, "--systems", "SVM", "--corpora", "cmeie", "11-labels")
    failed, output = run_study(RelationStudy(), *args, new_processes=True)
    assert failed == 1 and "small.cmeie.svm.0: failed" in output
    records = read_records(tmp_path / "results" / "relations_small.jsonl")
    assert [record["cell"] for record in records] == ["small.11-labels.svm.0"]


def test_the_svm_saves_loads_and_scores_the_same(as_corpora, tmp_path):
    cell = Cell("SVM", "15-labels", 0, "small", as_corpora)
    train_svm(cell, tmp_path / "svm", 0)
    nlp = util.load_model(tmp_path / "svm")
    path = CORPORA["15-labels"].file(as_corpora, "test")
    reader = Corpus(path, gold_entities=True, scheme="15-labels")
    docs = [example.predicted for example in reader(nlp)]
    pipe = nlp.get_pipe("relation_classifier")
    together = pipe.predict(docs)
    alone = np.concatenate([pipe.predict([doc]).scores for doc in docs])
    assert np.array_equal(together.scores, alone) and together.scores.any()
    nlp.to_disk(tmp_path / "copy")
    loaded = util.load_model(tmp_path / "copy")
    copies = [example.predicted for example in reader(loaded)]
    assert np.array_equal(loaded.get_pipe("relation_classifier").predict(copies).scores, alone)
    assert any(edges(doc) for doc in nlp.pipe(docs))


def test_pair_features_name_their_part():
    doc = spacy.blank("zh").make_doc("予补液后头痛缓解")
    features = pair_features(doc, (1, 3, 2), (4, 6, 1), 1)
    assert {"head=补液", "tail=头痛", "between=后", "after=缓解", "before=予"} <= set(features)
    assert {"types=2-1", "forwards=True", "distance=0", "steps=1"} <= set(features)
    back = pair_features(doc, (4, 6, 1), (1, 3, 2), -1)
    assert {"between=后", "before=予", "after=缓解", "forwards=False"} <= set(back)
    nested = pair_features(doc, (1, 6, 2), (4, 6, 1), 1)
    assert not any(feature.startswith("between=") for feature in nested)


@pytest.mark.study
def test_speed_and_memory(tmp_path):
    """Measure one model in two processes, with a small and a large number of pairs."""
    out = tmp_path / "speed.md"
    options = ("--models", "CNN-Max", "--pairs", 1, 300, "--threads", 1, "--out", out)
    run_python("-m", "research.relations.speed", *options)
    few, many = read_records(out.with_suffix(".jsonl"))
    assert few["threads"] == 1 and few["model"] == many["model"] == "CNN-Max"
    # Complete sentences, each with the same number of pairs.
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


def test_speed_of_several_models():
    """Each row has the measurements of its model; the rate is that of the large number of pairs."""
    figures = {
        "A": ((10, 1.0, 400.0), (2000, 4.0, 900.0)),
        "B": ((10, 2.0, 500.0), (2000, 1.0, 7e3)),
    }
    results = [
        {
            **{"model": model, "pairs": pairs, "seconds": seconds, "peak_mib": peak},
            **{"before_mib": 9, "threads": 2, "budget": 32768, "machine": "x86_64"},
        }
        for model, rows in figures.items()
        for pairs, seconds, peak in rows
    ]
    lines = speed.report(results).splitlines()
    assert lines[-2:] == ["| A | 500 | 400 (9) | 900 (9) |", "| B | 2,000 | 500 (9) | 7,000 (9) |"]
    assert "peak MiB, 10 pairs (before) | peak MiB, 2,000 pairs (before)" in lines[-4]
    assert "at most 32,768 characters" in lines[2]


@pytest.fixture
def checkout():
    """Return a checkout of explosion/projects. Tests are skipped without it."""
    path = os.environ.get("CLINREL_TUTORIAL")
    if not path:
        pytest.skip("set CLINREL_TUTORIAL to a checkout of explosion/projects")
    return Path(path)


def test_a_checkout_without_the_tutorial(tmp_path):
    with pytest.raises(ValueError, match="checkout of explosion/projects"):
        load_tutorial(tmp_path)


@pytest.mark.study
def test_the_tutorial_component_in_the_tables(as_corpora, run_study, checkout, tmp_path):
    name = "Tutorial component"
    args = ("--data", as_corpora, "--corpora", "11-labels", "--systems", name)
    failed, output = run_study(RelationStudy(), *args, "--tutorial", checkout)
    assert failed == 0, output
    [result] = read_records(tmp_path / "results" / "relations_small.jsonl")
    assert result["system"] == name and result["pairs_per_second"] > 0
    assert len(result["marks"]) == 3 and result["marks"][0] > 0
    assert set(result["labels"]) <= set(get_scheme("11-labels").values())
    # Gold relations that are no candidates of the component count too.
    gold = Corpus(
        as_corpora / "ccks2017_relations_test.spacy", gold_entities=True, scheme="11-labels"
    )
    relations = [edges(example.reference) for example in gold(spacy.blank("zh"))]
    counted = sum(gold for gold, _, _ in result["labels"].values())
    assert counted == sum(map(len, relations))
    report = (tmp_path / "results" / "relations_small.md").read_text(encoding="utf-8")
    assert f"| {name} | 1 |" in report


def test_training_and_output_of_the_tutorial_component(as_corpora, checkout, monkeypatch):
    cell = Cell("Tutorial component", "11-labels", 3, "small", as_corpora, tutorial=checkout)
    config = cells.adapted_tutorial_config(cell)
    assert config["nlp"]["tokenizer"]["segmenter"] == "char"
    assert (config["system"]["seed"], config["training"]["max_steps"]) == (3, 4)
    whole = cells.adapted_tutorial_config(cell._replace(scale="cpu"))
    assert whole["training"]["max_steps"] == 4000 and whole["corpora"]["train"]["limit"] == 0
    nlp = init_nlp(config)
    reader = registry.resolve({"corpus": config["corpora"]["dev"]})["corpus"]
    examples = list(reader(nlp))
    for example in examples:
        # Use the gold relations as predictions.
        example.predicted._.rel = example.reference._.rel
        nlp.get_pipe("tutorial_relations")(example.predicted)
        assert edges(example.predicted) == edges(example.reference)
    assert any(edges(example.reference) for example in examples)
    # A clock on which each batch takes one second; there is one batch.
    clock = SimpleNamespace(process_time=count().__next__)
    monkeypatch.setattr(cells, "time", clock)
    path = CORPORA["11-labels"].file(as_corpora, "test")
    docs = [example.predicted for example in Corpus(path, gold_entities=True)(nlp)]
    near = [abs(a.start - b.start) <= 100 for doc in docs for a, b in permutations(doc.ents, 2)]
    assert cells.tutorial_pairs_per_second(nlp, cell, seconds=1.0) == sum(near)
