"""Runs with settings and documents that are not quite what they should be."""

import sys

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import DocBin, Span

from spacy_clinrel.active_learning.bootstrap import NO_GUARDS, BootstrapOptions, bootstrap, rounds
from spacy_clinrel.active_learning.bootstrap.run_folder import RunFolder
from spacy_clinrel.active_learning.bootstrap.training import train_round
from spacy_clinrel.active_learning.pair_calibration import annotated_pairs, calibrate
from spacy_clinrel.active_learning.pair_scores import ScoredPairs, score_pairs
from spacy_clinrel.data.readers import gold_mentions_doc
from spacy_clinrel.files import LOCK_FILE, locked_folder, write_docs
from spacy_clinrel.tokens import GROUP
from spacy_clinrel.tokens.silver import SILVER, silver_pairs

from ...util import make_notes

FEW = BootstrapOptions(threshold=0.5, batch=12, max_rounds=0, guards=NO_GUARDS)


@pytest.fixture(scope="module")
def data(few_labels):
    """RETURNS (Data): The texts of all runs here."""
    return few_labels


def read(path):
    return list(DocBin().from_disk(path).get_docs(spacy.blank("zh").vocab))


def counts(record):
    """RETURNS (Dict[str, int]): Labelled pairs of each class."""
    return {name: row["labelled"] for name, row in record["classes"].items()}


@pytest.mark.parametrize("threshold", [0.7, 0.95, 1 / 3])
def test_numbers_are_the_same_when_it_goes_on(tmp_path, threshold):
    """A decimal number may be another one after some ways of writing and reading it."""
    folder = RunFolder(tmp_path / "run")
    folder.open({"threshold": threshold}, resume=False)
    folder.add_record({"round": 0, "f": threshold})
    folder.open({"threshold": threshold}, resume=True)
    assert folder.read_records() == [{"round": 0, "f": threshold}]


def test_what_failed_before_the_first_round_is_begun_anew(data, config, out, tmp_path):
    nlp = spacy.blank("zh")
    write_docs([nlp("没有提及。")], tmp_path / "raw.spacy")
    with pytest.raises(ValueError, match="B005"):
        bootstrap(config, data._replace(unlabelled=tmp_path / "raw.spacy"), out, FEW)
    # Killed while it wrote a file.
    (out / ".settings.json.1.tmp").write_text("{")
    [record] = bootstrap(config, data, out, FEW)["rounds"]
    assert record["dev"]["f"] >= 0 and not list(out.glob(".*"))
    other = tmp_path / "other"
    other.mkdir()
    (other / ".settings.json.1.tmp").write_text("{")
    bootstrap(config, data, other, FEW)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("x")
    with pytest.raises(ValueError, match="B004"):
        bootstrap(config, data, mine, FEW)


def test_no_relation_is_predicted():
    """Nothing is known then of how sure relations are."""
    none = np.zeros((2, 2), dtype="int64")
    p = np.asarray([[0.9, 0.1], [0.8, 0.2]], dtype="float32")
    errors = calibrate(ScoredPairs(none[0], none, p), np.asarray([0, 1])).errors
    assert errors["relations"] is None and errors["all"] > 0


def test_a_temperature_that_the_config_has_is_fitted_anew(data, config, out):
    kept = bootstrap(config, data, out / "a", FEW)["rounds"]
    config["components"]["relation_classifier"]["temperature"] = 4.0
    again = bootstrap(config, data, out / "b", FEW)["rounds"]
    assert again[0]["temperature"] == pytest.approx(kept[0]["temperature"], rel=1e-3)
    nlp = spacy.load(out / "b" / "model-best")
    assert nlp.get_pipe("relation_classifier").cfg["temperature"] == 1.0


def test_the_second_model_has_a_temperature_of_its_own(data, config, out):
    guards = NO_GUARDS._replace(calibrate=True, agree=True)
    [record] = bootstrap(config, data, out, FEW._replace(guards=guards))["rounds"]
    first, second = (spacy.load(out / "rounds" / "00" / name) for name in ("model", "second"))
    found = [nlp.get_pipe("relation_classifier").cfg["temperature"] for nlp in (first, second)]
    assert found[0] == record["temperature"] and 1.0 not in found
    second.get_pipe("relation_classifier").cfg["temperature"] = 1.0
    assert calibrate(*annotated_pairs(second, read(data.dev))).temperature == found[1]


def test_documents_without_relation_annotation_are_no_negatives(data, config, out, tmp_path):
    bare = read(data.unlabelled)[:5]
    for doc in bare:
        doc.spans.pop(GROUP, None)
    write_docs([*read(data.labelled), *bare], tmp_path / "l.spacy")
    write_docs([*read(data.dev), *bare], tmp_path / "d.spacy")
    plain = bootstrap(config, data, out / "a", FEW)["rounds"][0]
    own = data._replace(labelled=tmp_path / "l.spacy", dev=tmp_path / "d.spacy")
    mixed = bootstrap(config, own, out / "b", FEW)["rounds"][0]
    assert counts(mixed) == counts(plain)
    assert mixed["temperature"] == pytest.approx(plain["temperature"], rel=1e-3)
    write_docs(bare, tmp_path / "d.spacy")
    with pytest.raises(ValueError, match="B010"):
        bootstrap(config, own, out / "c", FEW)
    assert not (out / "c" / "rounds").exists(), "it is said before anything is trained"


@pytest.mark.parametrize("part", ["labelled", "dev", "test"])
def test_silver_documents_are_not_gold(data, config, out, tmp_path, part):
    silver = make_notes(spacy.blank("zh"), 2, seed=9)
    for doc in silver:
        doc.spans[GROUP].attrs[SILVER] = []
    write_docs(silver, tmp_path / "s.spacy")
    with pytest.raises(ValueError, match=r"B011.*2 documents"):
        bootstrap(config, data._replace(**{part: tmp_path / "s.spacy"}), out, FEW)


def test_settings_of_the_config_hold(data, config, out):
    """The reader's limit and the training's seed, by variables or not."""
    config["vars"] = {"most": 2}
    for part in ("train", "dev"):
        config["corpora"][part]["limit"] = "${vars.most}"
    result = bootstrap(config, data, out / "a", FEW)
    assert [result["texts"][part] for part in ("labelled", "dev", "test")] == [2, 2, 6]
    lengths = [len(doc) for doc in read(data.unlabelled)]
    config["corpora"]["train"]["max_length"] = max(lengths) - 1
    shorter = bootstrap(config, data, out / "short", FEW)["texts"]["unlabelled"]
    assert shorter == sum(length < max(lengths) for length in lengths) < len(lengths)
    config["corpora"]["train"]["max_length"] = 0
    config["training"]["seed"] = 7
    other = bootstrap(config, data, out / "b", FEW)
    assert other["rounds"][0]["errors"] != result["rounds"][0]["errors"]
    for section in ("corpora", "system"):
        cut = config.copy()
        del cut[section]
        if section == "corpora":
            with pytest.raises(ValueError, match="B002"):
                bootstrap(cut, data, out / "c", FEW)


def test_a_path_of_the_config_around_the_run(data, config, tmp_path):
    """What the run writes is none of its settings."""
    config["paths"]["root"] = str(tmp_path)
    bootstrap(config, data, tmp_path / "run", FEW)
    assert bootstrap(config, data, tmp_path / "run", FEW, resume=True)["kept"] == 0
    (tmp_path / "new.txt").write_text("x")
    with pytest.raises(ValueError, match=r"B003.*paths.root"):
        bootstrap(config, data, tmp_path / "run", FEW, resume=True)


def test_mentions_of_other_types(data, config, out, tmp_path):
    """Nothing can be found between them, which is said before anything is trained."""
    docs = read(data.unlabelled)[:3]
    for doc in docs:
        doc.spans.pop(GROUP, None)
        doc.set_ents([Span(doc, ent.start, ent.end, "TREATMENT") for ent in doc.ents])
    write_docs(docs, tmp_path / "u.spacy")
    with pytest.warns(UserWarning, match=r"W006.*治疗–症状.*types TREATMENT"):
        bootstrap(config, data._replace(unlabelled=tmp_path / "u.spacy"), out, FEW)
    assert "unlabelled.spacy" in {path.name for path in out.glob("data/*")}


def test_mentions_too_far_from_each_other(data, config, out, tmp_path):
    nlp = spacy.blank("zh")
    doc = nlp("头痛。" + "无。" * 300 + "补液。")
    doc.set_ents([Span(doc, 0, 2, "症状"), Span(doc, len(doc) - 3, len(doc) - 1, "治疗")])
    write_docs([doc], tmp_path / "u.spacy")
    config["components"]["relation_classifier"]["candidates"]["max_distance"] = 20
    own = data._replace(unlabelled=tmp_path / "u.spacy")
    result = bootstrap(config, own, out, FEW._replace(max_rounds=3))
    assert result["stopped"] == "no candidate pair is unlabelled" and result["kept"] == 0


def test_components_before_and_after(data, config, out):
    """Those before it run, also one that is but a function; what they leave is not kept, and those
    after it do not run."""

    @Language.component("spy")
    def spy(doc):
        seen.append(doc.text)
        doc.tensor = np.ones((len(doc), 4), dtype="float32")
        return doc

    bootstrap(config, data, out, FEW)
    nlp = spacy.load(out / "model-best")
    docs, seen = [gold_mentions_doc(nlp, doc) for doc in read(data.dev)], []
    alone = score_pairs(nlp, docs)
    nlp.add_pipe("spy", name="after", last=True)
    score_pairs(nlp, docs)
    assert not seen
    nlp.add_pipe("spy", name="before", first=True)
    scored = score_pairs(nlp, docs)
    assert seen == [doc.text for doc in docs] and not any(doc.tensor.size for doc in docs)
    assert all((one == other).all() for one, other in zip(alone, scored)) and len(alone.p)


@pytest.mark.skipif(sys.platform == "win32", reason="no locks")
def test_two_runs_in_one_folder(data, config, out):
    with locked_folder(out), pytest.raises(ValueError, match="F033"):
        bootstrap(config, data, out, FEW)
    assert [path.name for path in out.iterdir()] == [LOCK_FILE]
    assert bootstrap(config, data, out, FEW)["kept"] == 0


@pytest.mark.parametrize("repeat", [False, True])
def test_labelled_documents_are_repeated(data, config, out, monkeypatch, repeat):
    """Until half of the documents that are learned from are labelled."""
    learned = []

    def look(config, *, train_path, **others):
        docs = read(train_path)
        silver = sum(silver_pairs(doc) is not None for doc in docs)
        learned.append((len(docs) - silver, silver))
        return train_round(config, train_path=train_path, **others)

    monkeypatch.setattr(rounds, "train_round", look)
    guards = NO_GUARDS._replace(repeat=repeat)
    bootstrap(config, data, out, FEW._replace(max_rounds=1, batch=60, guards=guards))
    (first, _), (labelled, silver) = learned
    assert first == 5 and silver > 10
    assert labelled == (5 * round(silver / 5) if repeat else 5)
