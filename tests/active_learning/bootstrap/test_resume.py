"""Resumed runs, whose result must equal that of an uninterrupted run."""

import shutil

import pytest
import spacy

from spacy_clinrel.active_learning.bootstrap import DriftGuards, bootstrap, rounds
from spacy_clinrel.active_learning.bootstrap.run_folder import RunFolder
from spacy_clinrel.data.readers import gold_mentions_doc
from spacy_clinrel.files import write_docs
from spacy_clinrel.tokens import relation_edges

from .conftest import SMALL, read_docs, read_records, second_config, small_config

pytestmark = pytest.mark.slow

ONE_ROUND = SMALL._replace(max_rounds=0)
GUARDED = SMALL._replace(guards=DriftGuards(agree=True, patience=5), max_rounds=1)
RUNS = [
    pytest.param((SMALL, None), id="no guards", marks=pytest.mark.study),
    pytest.param((GUARDED, second_config()), id="guards and second model"),
]
# Functions during which a run is interrupted. CI interrupts it during two of them.
INTERRUPTED = (
    *("save_silver", "add_record"),
    *(
        pytest.param(name, marks=pytest.mark.study)
        for name in ("train_round", "write_docs", "measure")
    ),
)


def predict_test_relations(folder, data):
    """Return the relations that the saved model predicts for the test documents."""
    nlp = spacy.load(folder / "model-best")
    docs = [gold_mentions_doc(nlp, doc) for doc in read_docs(data.test)]
    return [relation_edges(doc) for doc in nlp.pipe(docs)]


@pytest.fixture(scope="module", params=RUNS)
def uninterrupted(request, data, tmp_path_factory):
    """Return the options, the second config and the folder of a run that was not interrupted."""
    folder = tmp_path_factory.mktemp("uninterrupted") / "run"
    options, second = request.param
    bootstrap(small_config(), data, folder, options, second=second)
    return options, second, folder


def interrupt(patch, name, call):
    """Interrupt a run at the given call of a function."""
    owner, n_calls = (RunFolder if name == "add_record" else rounds), 0
    original = getattr(owner, name)

    def interrupted(*args, **kwargs):
        nonlocal n_calls
        n_calls += 1
        if n_calls == call:
            raise KeyboardInterrupt
        return original(*args, **kwargs)

    patch.setattr(owner, name, interrupted)


@pytest.mark.parametrize("name", INTERRUPTED)
def test_resumed_run_equals_uninterrupted_run(data, config, out, monkeypatch, uninterrupted, name):
    options, second, expected = uninterrupted
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        interrupt(patch, name, call=2)
        bootstrap(config, data, out, options, second=second)
    bootstrap(config, data, out, options, second=second, resume=True)
    assert read_records(out) == read_records(expected)
    relations = predict_test_relations(out, data)
    assert any(relations) and relations == predict_test_relations(expected, data)


def test_resuming_with_other_settings_or_documents(data, config, out):
    bootstrap(config, data, out, ONE_ROUND)
    with pytest.raises(ValueError, match="B004"):
        bootstrap(config, data, out, SMALL)
    for options, setting in ((SMALL._replace(batch=13), "batch"), (GUARDED, "guard_agree")):
        with pytest.raises(ValueError, match=rf"B003.*{setting}"):
            bootstrap(config, data, out, options, resume=True)
    with pytest.raises(ValueError, match=r"B003.*dev"):
        bootstrap(config, data._replace(dev=data.test), out, SMALL, resume=True)
    result = bootstrap(config, data, out, SMALL._replace(max_rounds=1), resume=True)
    assert len(result["rounds"]) == 2, "max_rounds may change"


def test_resuming_with_changed_vectors_or_ner(data, config, out, trained_model, tmp_path):
    """Runs compare the content of files, not their paths."""
    spacy.blank("zh").to_disk(tmp_path / "vectors")
    shutil.copytree(trained_model, tmp_path / "ner")
    config["paths"]["vectors"] = str(tmp_path / "vectors")
    ner = str(tmp_path / "ner")
    bootstrap(config, data, out, ONE_ROUND, ner=ner)
    bootstrap(config, data, out, ONE_ROUND, ner=ner, resume=True)
    for name in ("vectors", "ner"):
        meta = tmp_path / name / "meta.json"
        before = meta.read_text(encoding="utf-8")
        meta.write_text(f"{before} ", encoding="utf-8")
        with pytest.raises(ValueError, match=rf"B003.*{name}"):
            bootstrap(config, data, out, ONE_ROUND, ner=ner, resume=True)
        meta.write_text(before, encoding="utf-8")
    bootstrap(config, data, out, ONE_ROUND, ner=ner, resume=True)


def test_resuming_with_another_second_model(data, out):
    bootstrap(small_config(), data, out, ONE_ROUND, second=second_config())
    with pytest.raises(ValueError, match=r"B003.*second"):
        bootstrap(small_config(), data, out, SMALL, resume=True)
    changed = second_config()
    changed["components"]["relation_classifier"]["model"]["window"] = 5
    with pytest.raises(ValueError, match=r"B003.*second"):
        bootstrap(small_config(), data, out, SMALL, second=changed, resume=True)


def test_config_path_that_contains_the_run(data, config, tmp_path):
    """Files in the run's output folder are not part of the settings."""
    config["paths"]["root"] = str(tmp_path)
    bootstrap(config, data, tmp_path / "run", ONE_ROUND)
    assert bootstrap(config, data, tmp_path / "run", ONE_ROUND, resume=True)["kept"] == 0
    (tmp_path / "new.txt").write_text("x")
    with pytest.raises(ValueError, match=r"B003.*paths.root"):
        bootstrap(config, data, tmp_path / "run", ONE_ROUND, resume=True)


def test_run_that_failed_before_the_first_round_restarts(data, config, out, tmp_path):
    nlp = spacy.blank("zh")
    write_docs([nlp("没有提及。")], tmp_path / "raw.spacy")
    with pytest.raises(ValueError, match="B005"):
        bootstrap(config, data._replace(unlabelled=tmp_path / "raw.spacy"), out, ONE_ROUND)
    # A temporary file of a run that was killed while writing.
    (out / ".settings.json.1.tmp").write_text("{")
    [record] = bootstrap(config, data, out, ONE_ROUND)["rounds"]
    assert record["dev"]["f"] >= 0 and not list(out.glob(".*.tmp"))
