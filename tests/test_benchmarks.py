"""The benchmark of relation models, at a small setting, and the models that only it has."""

import json
import shutil

import numpy as np
import pytest
import spacy
from spacy import util

from spacy_clinrel.cli.convert import convert
from spacy_clinrel.readers import Corpus
from spacy_clinrel.schemes import get_scheme

from .util import ROOT, edges, run_python

SCRIPT = ROOT / "benchmarks" / "relations.py"
PARTS = {"train": 24, "dev": 6, "test": 6}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """RETURNS (Path): Some of the project's own notes under the names of the corpora."""
    folder = tmp_path_factory.mktemp("data")
    for part, count in PARTS.items():
        notes = folder / part
        notes.mkdir()
        for path in sorted((ROOT / "assets" / "zh_notes" / part).glob("*"))[: 2 * count]:
            shutil.copy(path, notes)
        for prefix in ("ccks2017_relations", "cmeie"):
            convert("brat", notes, folder / f"{prefix}_{part}.spacy")
    return folder


@pytest.fixture
def benchmarks(monkeypatch):
    """Makes the benchmarks' modules importable, as they are to each other."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))


def bench(data, out, *args):
    paths = ("--data", data, "--vectors", "none", "--results", out / "relations")
    options = (*paths, "--work", out / "work", "--scale", "small", "--seeds", 0, "--jobs", 1)
    return run_python(SCRIPT, *options, *args)


def test_tables_plots_and_going_on(data, tmp_path):
    models = ("SVM", "PCNN", "Mention pair")
    run = ("--only", "11-labels", "--models", *models)
    bench(data, tmp_path, *run)
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
    bench(data, tmp_path, *run)
    assert kept.stat().st_mtime_ns == before[0]
    assert json.loads(gone.read_text(encoding="utf-8"))["test"] == before[1]


def test_a_cell_that_fails_is_named_and_the_rest_goes_on(data, tmp_path):
    folder = tmp_path / "data"
    shutil.copytree(data, folder)
    (folder / "cmeie_train.spacy").write_bytes(b"no DocBin")
    args = ("--models", "SVM", "--only", "cmeie", "11-labels")
    paths = ("--data", folder, "--vectors", "none", "--results", tmp_path / "relations")
    options = (*paths, "--work", tmp_path / "work", "--scale", "small", "--seeds", 0)
    output = run_python(SCRIPT, *options, *args, expect=1)
    assert "SVM on cmeie, seed 0: failed" in output
    assert [path.name for path in (tmp_path / "relations").glob("*.json")] == [
        "small.11-labels.svm.0.json"
    ]


def test_the_svm_saves_loads_and_scores_the_same(data, benchmarks, tmp_path):
    from relation_settings import Cell
    from relation_svm import train_svm

    cell = Cell("SVM", "15-labels", 0, "small", data)
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
