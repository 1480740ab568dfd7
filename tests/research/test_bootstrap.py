"""The study of bootstrapping, with a small configuration."""

import shutil

import numpy as np
import pytest
import spacy
from spacy import util

from benchmarks.common import read_records
from research.bootstrap.choices import VARIANTS, RestPairs
from research.bootstrap.limits import LimitStudy
from research.bootstrap.settings import (
    ALL_PAIRS,
    ALL_PAIRS_SCALE,
    GUARDS,
    MODELS,
    SCALES,
    SHARES,
    bootstrap_options,
    guards_name,
    labelled_docs,
    layer_docs,
    model_name,
    partner_config,
    train_config,
)
from research.bootstrap.study import BootstrapStudy
from research.common.cells import Cell
from research.common.runner import parse_options
from spacy_clinrel.active_learning.bootstrap import NO_GUARDS, BootstrapOptions
from spacy_clinrel.active_learning.bootstrap.config import check_same_candidates
from spacy_clinrel.active_learning.bootstrap.selection import ClassCounts
from spacy_clinrel.data.schemes import get_scheme
from spacy_clinrel.evaluation.pair_scores import ScoredPairs
from spacy_clinrel.tokens import get_doc_id


@pytest.fixture
def read_results(tmp_path):
    """Return a function that reads the page and the records of a study."""

    def read(name):
        page = tmp_path / "results" / f"{name}_small.md"
        return page.read_text(encoding="utf-8"), read_records(page.with_suffix(".jsonl"))

    return read


@pytest.mark.study
def test_bootstrap_tables_and_resuming(as_corpora, run_study, read_results, tmp_path):
    data = shutil.copytree(as_corpora, tmp_path / "data")
    # All unlabelled texts are in the layer, so none is left.
    shutil.copy(data / "cmeie_train.spacy", data / "ccks2017_train.spacy")
    args = ("--data", data, "--corpora", "25 %", "--systems", "CNN, guarded")
    work = tmp_path / "work" / "small.25.cnn_guarded.0"
    failed, output = run_study(BootstrapStudy(), *args)
    assert failed == 1 and "small.25.cnn_guarded.0: failed" in output
    assert "F004" in (work / "output.txt").read_text("utf-8")
    shutil.rmtree(work)
    shutil.copy(as_corpora / "cmeie_test.spacy", data / "ccks2017_relations_dev.spacy")
    shutil.copy(as_corpora / "cmeie_dev.spacy", data / "ccks2017_train.spacy")
    assert run_study(BootstrapStudy(), *args)[0] == 0, (work / "output.txt").read_text("utf-8")
    report, [result] = read_results("bootstrap")
    kept = result["rounds"][result["kept"]]
    assert "## 25 %" in report and "## 10 %" not in report
    assert f"| {100 * kept['test']['f']:.2f} |" in report
    assert result["options"]["batch"] == 5 and "| CNN, guarded | 1 |" in report
    assert "### The PCNN alone" not in report
    args = ("--data", data, "--corpora", "10 %", "--systems", "CNN, all pairs with PCNN")
    work = tmp_path / "work" / "small.10.cnn_all_pairs_with_pcnn.0"
    assert run_study(BootstrapStudy(), *args)[0] == 0, (work / "output.txt").read_text("utf-8")
    report, (result, _) = read_results("bootstrap")
    values = [f"{100 * result['rounds'][0]['second'][part]['f']:.2f}" for part in ("dev", "test")]
    _, partner = report.split("### The PCNN alone")
    assert f"| CNN, all pairs with PCNN | 1 | {' | '.join(values)} |" in partner


def test_shares_consist_of_complete_records(as_corpora):
    cells = [
        Cell("CNN, bare", share, seed, "small", as_corpora) for share in SHARES for seed in (0, 1)
    ]
    docs = layer_docs(cells[0], "train", spacy.blank("zh"))
    labels = {relation.label for doc in docs for relation in doc._.relations}
    assert labels and labels <= set(get_scheme("11-labels").values())
    chosen = {
        (cell.corpus, cell.seed): {get_doc_id(doc) for doc in labelled_docs(cell, docs)}
        for cell in cells
    }
    sizes = {share: len(chosen[share, 0]) for share in SHARES}
    assert 2 <= sizes["10 %"] < sizes["25 %"] < sizes["100 %"] == 24
    assert chosen["100 %", 0] == chosen["100 %", 1] and chosen["25 %", 0] != chosen["25 %", 1]


@pytest.mark.study
def test_every_bootstrap_cell_has_a_valid_config(as_corpora):
    study = BootstrapStudy()
    args = ["--run", "--data", str(as_corpora), "--vectors", "none", "--seeds", "0", "1"]
    cells = study.cells(parse_options(study, args))
    expected = {(model, share) for model in MODELS for share in SHARES}
    assert {(model_name(cell), cell.corpus) for cell in cells} == expected
    assert {guards_name(cell) for cell in cells} == set(GUARDS)
    for cell in cells:
        options = bootstrap_options(cell)
        assert options.guards == GUARDS[guards_name(cell)]
        if cell.seed and cell.corpus == "10 %":
            config, partner = train_config(cell), partner_config(cell)
            has_all_pairs = guards_name(cell) in ALL_PAIRS
            steps = ALL_PAIRS_SCALE["cpu"]["steps"] if has_all_pairs else SCALES["cpu"].steps
            assert config["training"]["max_steps"] == steps + 1
            assert options.threshold == (0 if has_all_pairs else 0.7)
            util.load_model_from_config(config, auto_fill=False, validate=True)
            assert (partner is not None) == cell.system.endswith("with PCNN")
            if partner:
                assert partner["training"]["max_steps"] == steps + 1
                check_same_candidates(config, partner)


def test_the_long_scale_has_more_steps(as_corpora):
    cell = Cell("CNN, bare", "25 %", 0, "cpu", as_corpora)
    config = train_config(cell._replace(scale="long"))
    assert config["training"]["max_steps"] == SCALES["long"].steps + 1
    assert config["components"] == train_config(cell)["components"]


@pytest.mark.study
def test_limit_tables(as_corpora, run_study, read_results, tmp_path):
    failed, _ = run_study(LimitStudy(), "--data", as_corpora, "--corpora", "25 %")
    log = tmp_path / "work" / "small.25.mention_pair_bare.0" / "output.txt"
    assert failed == 0, log.read_text("utf-8")
    report, [result] = read_results("bootstrap_limits")
    variants = result["variants"]
    assert list(variants) == list(VARIANTS)
    for name, figures in variants.items():
        assert f"| {name} | {figures['relations']} |" in report
        assert f"| {100 * figures['test']['f']:.2f} |" in report
    every, right = variants["All above the threshold"], variants["All correct ones"]
    assert right["wrong"] == right["missed"] == 0
    assert right["relations"] == every["relations"] - every["wrong"]
    assert variants["All, missed relations corrected"]["wrong"] == every["wrong"]
    assert variants["All, wrong relations corrected"]["missed"] == every["missed"]
    assert variants["All, corrected"]["none"] + variants["All, corrected"]["relations"] == (
        every["none"] + every["relations"]
    )
    assert result["sure_errors"]["count"] == every["wrong"] + every["missed"]


def test_choices_of_pairs_with_known_classes():
    def scored(p):
        rows = np.arange(len(p))
        return ScoredPairs(rows, np.stack([rows, rows + 1], axis=1), np.asarray(p))

    first = [[0.1, 0.9, 0.0], [0.2, 0.8, 0.0], [0.9, 0.1, 0.0], [0.95, 0.0, 0.05], [0.5, 0.5, 0.0]]
    second = [[0.1, 0.9, 0.0], [0.1, 0.1, 0.8], [0.9, 0.1, 0.0], [0.1, 0.0, 0.9], [0.0, 1.0, 0.0]]
    options = BootstrapOptions(batch=1, guards=NO_GUARDS)
    rest = RestPairs(
        *(scored(first), scored(second), scored(second[::-1]), np.asarray([1, 2, 0, 1, 1])),
        *(ClassCounts(np.asarray([1, 1, 1])), options, 0),
    )
    chosen = {name: choice(rest) for name, choice in VARIANTS.items()}
    learned = {name: dict(zip(rows, classes[rows])) for name, (rows, classes) in chosen.items()}
    assert learned["All above the threshold"] == {0: 1, 1: 1, 2: 0, 3: 0}
    assert learned["All, wrong relations corrected"] == {0: 1, 1: 2, 2: 0, 3: 0}
    assert learned["All, missed relations corrected"] == {0: 1, 1: 1, 2: 0, 3: 1}
    assert learned["All correct ones"] == {0: 1, 2: 0}
    assert learned["All, corrected"] == {0: 1, 1: 2, 2: 0, 3: 1}
    assert learned["All with agreement of the second model"] == {0: 1, 2: 0}
    assert learned["Every pair"] == {0: 1, 1: 1, 2: 0, 3: 0, 4: 0}
    assert learned["Every pair, labelled by the PCNN"] == {0: 1, 1: 2, 2: 0, 3: 2, 4: 1}
    assert learned["Every pair, corrected"] == {0: 1, 1: 2, 2: 0, 3: 1, 4: 1}
    assert learned["The batch of the most probable relations"][0] == 1
    for name in ("The batch of the most probable relations", "A random batch of relations"):
        assert sum(label > 0 for label in learned[name].values()) == 1
