"""The benchmark of bootstrapping, at a small setting."""

import json
import shutil

import pytest
import spacy

from spacy_clinrel.active_learning.bootstrap.config import check_same_candidates
from spacy_clinrel.data.schemes import get_scheme
from spacy_clinrel.tokens import get_doc_id


@pytest.mark.slow
def test_tables_and_going_on(as_corpora, run_benchmark, tmp_path):
    data = shutil.copytree(as_corpora, tmp_path / "data")
    # Of texts that are in the layer none is left.
    shutil.copy(data / "cmeie_train.spacy", data / "ccks2017_train.spacy")
    args = ("--data", data, "--vectors", "none", "--results", tmp_path / "bootstrap")
    args += ("--work", tmp_path / "w", "--scale", "small", "--seeds", 0, "--jobs", 1)
    args += ("--only", "25 %", "--systems", "CNN, guarded")
    code, printed = run_benchmark("bootstrap.py", *args)
    assert code == 1 and "small.25.cnn_guarded.0: failed" in printed
    assert "F004" in (tmp_path / "w" / "small.25.cnn_guarded.0" / "output.txt").read_text("utf-8")
    shutil.rmtree(tmp_path / "w")
    shutil.copy(as_corpora / "cmeie_test.spacy", data / "ccks2017_relations_dev.spacy")
    shutil.copy(as_corpora / "cmeie_dev.spacy", data / "ccks2017_train.spacy")
    code, printed = run_benchmark("bootstrap.py", *args)
    assert code == 0, (tmp_path / "w" / "small.25.cnn_guarded.0" / "output.txt").read_text("utf-8")
    [result] = json.loads((tmp_path / "bootstrap_small.json").read_text(encoding="utf-8"))
    kept = result["rounds"][result["kept"]]
    report = (tmp_path / "bootstrap_small.md").read_text(encoding="utf-8")
    assert "## 25 %" in report and "## 10 %" not in report
    assert f"| {100 * kept['test']['f']:.2f} |" in report
    assert result["options"]["batch"] == 5 and "| CNN, guarded | 1 |" in report
    assert "### The PCNN by itself" not in report
    args = (*args[:-4], "--only", "10 %", "--systems", "CNN, all pairs with PCNN")
    code, _ = run_benchmark("bootstrap.py", *args)
    work = tmp_path / "w" / "small.10.cnn_all_pairs_with_pcnn.0"
    assert code == 0, (work / "output.txt").read_text("utf-8")
    result, _ = json.loads((tmp_path / "bootstrap_small.json").read_text(encoding="utf-8"))
    report = (tmp_path / "bootstrap_small.md").read_text(encoding="utf-8")
    values = [f"{100 * result['rounds'][0]['second'][part]['f']:.2f}" for part in ("dev", "test")]
    _, partner = report.split("### The PCNN by itself")
    assert f"| CNN, all pairs with PCNN | 1 | {' | '.join(values)} |" in partner


def test_shares_are_of_whole_records(as_corpora, benchmarks):
    from bootstrap_settings import SHARES, Cell, labelled_docs, layer_docs

    made = [
        Cell("CNN, bare", share, seed, "small", as_corpora) for share in SHARES for seed in (0, 1)
    ]
    docs = layer_docs(made[0], "train", spacy.blank("zh"))
    labels = {relation.label for doc in docs for relation in doc._.relations}
    assert labels and labels <= set(get_scheme("11-labels").values())
    chosen = {
        (cell.share, cell.seed): {get_doc_id(doc) for doc in labelled_docs(cell, docs)}
        for cell in made
    }
    sizes = {share: len(chosen[share, 0]) for share in SHARES}
    assert 2 <= sizes["10 %"] < sizes["25 %"] < sizes["100 %"] == 24
    assert chosen["100 %", 0] == chosen["100 %", 1] and chosen["25 %", 0] != chosen["25 %", 1]


def test_every_run_has_a_config_that_is_whole(as_corpora, benchmarks):
    from bootstrap_settings import (
        ALL_PAIRS,
        EVERY,
        GUARDS,
        MODELS,
        RUNS,
        SHARES,
        SYSTEMS,
        cells,
        config,
        options,
        partner,
    )
    from spacy import util

    made = cells(SYSTEMS, list(SHARES), [0, 1], "cpu", as_corpora, None)
    assert {(cell.model, cell.share) for cell in made} == {(m, s) for m in MODELS for s in SHARES}
    assert {cell.guards for cell in made} == set(GUARDS)
    for cell in made:
        assert options(cell).guards == GUARDS[cell.guards]
        if cell.seed and cell.share == "10 %":
            whole, other, every = config(cell), partner(cell), cell.guards in ALL_PAIRS
            steps = EVERY["cpu"]["steps"] if every else RUNS["cpu"].steps
            assert whole["training"]["max_steps"] == steps + 1
            assert options(cell).threshold == (0 if every else 0.7)
            util.load_model_from_config(whole, auto_fill=False, validate=True)
            assert (other is not None) == cell.system.endswith("with PCNN")
            if other:
                assert other["training"]["max_steps"] == steps + 1
                check_same_candidates(whole, other)
    [cell] = cells(["CNN, bare"], ["25 %"], [0], "cpu", as_corpora, None)
    long = config(cell._replace(scale="long"))
    assert long["training"]["max_steps"] == RUNS["long"].steps + 1
    assert long["components"] == config(cell)["components"]


@pytest.mark.slow
def test_what_holds_it_back(as_corpora, run_benchmark, tmp_path):
    from bootstrap_choices import VARIANTS

    args = ("--data", as_corpora, "--vectors", "none", "--results", tmp_path / "limits")
    args += ("--work", tmp_path / "w", "--scale", "small", "--seeds", 0, "--jobs", 1)
    code, _ = run_benchmark("bootstrap_limits.py", *args, "--only", "25 %")
    assert code == 0, (tmp_path / "w" / "small.25.mention_pair.0" / "output.txt").read_text("utf-8")
    [result] = json.loads((tmp_path / "limits_small.json").read_text(encoding="utf-8"))
    report = (tmp_path / "limits_small.md").read_text(encoding="utf-8")
    variants = result["variants"]
    assert list(variants) == list(VARIANTS)
    for name, figures in variants.items():
        assert f"| {name} | {figures['relations']} |" in report
        assert f"| {100 * figures['test']['f']:.2f} |" in report
    every, right = variants["All above the threshold"], variants["All that are right"]
    assert right["wrong"] == right["missed"] == 0
    assert right["relations"] == every["relations"] - every["wrong"]
    assert variants["All, missed relations put right"]["wrong"] == every["wrong"]
    assert variants["All, wrong relations put right"]["missed"] == every["missed"]
    assert variants["All, put right"]["none"] + variants["All, put right"]["relations"] == (
        every["none"] + every["relations"]
    )
    assert result["sure_errors"]["count"] == every["wrong"] + every["missed"]


def test_choices_of_known_pairs(benchmarks):
    import numpy as np
    from bootstrap_choices import VARIANTS, Said

    from spacy_clinrel.active_learning.bootstrap import NO_GUARDS, BootstrapOptions
    from spacy_clinrel.active_learning.bootstrap.selection import ClassCounts
    from spacy_clinrel.active_learning.pair_scores import ScoredPairs

    def scored(p):
        some = np.arange(len(p))
        return ScoredPairs(some, np.stack([some, some + 1], axis=1), np.asarray(p))

    first = [[0.1, 0.9, 0.0], [0.2, 0.8, 0.0], [0.9, 0.1, 0.0], [0.95, 0.0, 0.05], [0.5, 0.5, 0.0]]
    second = [[0.1, 0.9, 0.0], [0.1, 0.1, 0.8], [0.9, 0.1, 0.0], [0.1, 0.0, 0.9], [0.0, 1.0, 0.0]]
    options = BootstrapOptions(batch=1, guards=NO_GUARDS)
    said = Said(
        *(scored(first), scored(second), scored(second[::-1]), np.asarray([1, 2, 0, 1, 1])),
        *(ClassCounts(np.asarray([1, 1, 1])), options, 0),
    )
    chosen = {name: choice(said) for name, choice in VARIANTS.items()}
    learned = {name: dict(zip(rows, classes[rows])) for name, (rows, classes) in chosen.items()}
    assert learned["All above the threshold"] == {0: 1, 1: 1, 2: 0, 3: 0}
    assert learned["All, wrong relations put right"] == {0: 1, 1: 2, 2: 0, 3: 0}
    assert learned["All, missed relations put right"] == {0: 1, 1: 1, 2: 0, 3: 1}
    assert learned["All that are right"] == {0: 1, 2: 0}
    assert learned["All, put right"] == {0: 1, 1: 2, 2: 0, 3: 1}
    assert learned["All that the second model agrees with"] == {0: 1, 2: 0}
    assert learned["Every pair"] == {0: 1, 1: 1, 2: 0, 3: 0, 4: 0}
    assert learned["Every pair as PCNN says"] == {0: 1, 1: 2, 2: 0, 3: 2, 4: 1}
    assert learned["Every pair, put right"] == {0: 1, 1: 2, 2: 0, 3: 1, 4: 1}
    assert learned["A batch of the surest relations"][0] == 1
    for name in ("A batch of the surest relations", "A batch of relations by chance"):
        assert sum(kind > 0 for kind in learned[name].values()) == 1
