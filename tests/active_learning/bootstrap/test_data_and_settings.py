"""Bootstrapping runs with unusual documents and settings."""

import pytest
import spacy
from spacy.tokens import Span

from spacy_clinrel.active_learning.bootstrap import NO_GUARDS, bootstrap, rounds
from spacy_clinrel.active_learning.bootstrap.training import train_round
from spacy_clinrel.evaluation.calibrate import annotated_pairs, fit_calibration
from spacy_clinrel.files import LOCK_FILE, locked_folder, write_docs
from spacy_clinrel.tokens import GROUP
from spacy_clinrel.tokens.silver import SILVER, silver_pairs

from ...util import make_notes
from .conftest import SMALL, read_docs

pytestmark = pytest.mark.slow

ONE_ROUND = SMALL._replace(max_rounds=0)


def count_labelled(record):
    """Return the number of labelled pairs by class."""
    return {name: row["labelled"] for name, row in record["classes"].items()}


def test_temperature_of_the_config_is_ignored(data, config, out):
    [plain] = bootstrap(config, data, out / "a", ONE_ROUND)["rounds"]
    config["components"]["relation_classifier"]["temperature"] = 4.0
    [scaled] = bootstrap(config, data, out / "b", ONE_ROUND)["rounds"]
    assert scaled["temperature"] == pytest.approx(plain["temperature"], rel=1e-3)
    nlp = spacy.load(out / "b" / "model-best")
    assert nlp.get_pipe("relation_classifier").cfg["temperature"] == 1.0


def test_second_model_has_its_own_temperature(data, config, out):
    guards = NO_GUARDS._replace(calibrate=True, agree=True)
    [record] = bootstrap(config, data, out, ONE_ROUND._replace(guards=guards))["rounds"]
    first, second = (spacy.load(out / "rounds" / "00" / name) for name in ("model", "second"))
    fitted = [nlp.get_pipe("relation_classifier").cfg["temperature"] for nlp in (first, second)]
    assert fitted[0] == record["temperature"] and 1.0 not in fitted
    second.get_pipe("relation_classifier").cfg["temperature"] = 1.0
    pairs, gold = annotated_pairs(second, read_docs(data.dev))
    assert fit_calibration(pairs, gold).temperature == fitted[1]


def test_documents_without_relation_annotation_are_not_negatives(data, config, out, tmp_path):
    unannotated = read_docs(data.unlabelled)[:5]
    for doc in unannotated:
        doc.spans.pop(GROUP, None)
    write_docs([*read_docs(data.labelled), *unannotated], tmp_path / "l.spacy")
    write_docs([*read_docs(data.dev), *unannotated], tmp_path / "d.spacy")
    [plain] = bootstrap(config, data, out / "a", ONE_ROUND)["rounds"]
    mixed_data = data._replace(labelled=tmp_path / "l.spacy", dev=tmp_path / "d.spacy")
    [mixed] = bootstrap(config, mixed_data, out / "b", ONE_ROUND)["rounds"]
    assert count_labelled(mixed) == count_labelled(plain)
    assert mixed["temperature"] == pytest.approx(plain["temperature"], rel=1e-3)
    write_docs(unannotated, tmp_path / "d.spacy")
    with pytest.raises(ValueError, match="B010"):
        bootstrap(config, mixed_data, out / "c", ONE_ROUND)
    assert not (out / "c" / "rounds").exists(), "the check comes before training"


@pytest.mark.parametrize("part", ["labelled", "dev", "test"])
def test_silver_documents_are_refused_as_gold(data, config, out, tmp_path, part):
    silver = make_notes(spacy.blank("zh"), 2, seed=9)
    for doc in silver:
        doc.spans[GROUP].attrs[SILVER] = []
    write_docs(silver, tmp_path / "s.spacy")
    with pytest.raises(ValueError, match=r"B011.*2 documents"):
        bootstrap(config, data._replace(**{part: tmp_path / "s.spacy"}), out, ONE_ROUND)


def test_reader_settings_and_seed_of_the_config_apply(data, config, out):
    config["vars"] = {"most": 2}
    for part in ("train", "dev"):
        config["corpora"][part]["limit"] = "${vars.most}"
    result = bootstrap(config, data, out / "a", ONE_ROUND)
    assert [result["texts"][part] for part in ("labelled", "dev", "test")] == [2, 2, 6]
    lengths = [len(doc) for doc in read_docs(data.unlabelled)]
    config["corpora"]["train"]["max_length"] = max(lengths) - 1
    n_short = bootstrap(config, data, out / "short", ONE_ROUND)["texts"]["unlabelled"]
    assert n_short == sum(length < max(lengths) for length in lengths) < len(lengths)
    config["corpora"]["train"]["max_length"] = 0
    config["training"]["seed"] = 7
    other_seed = bootstrap(config, data, out / "b", ONE_ROUND)
    assert other_seed["rounds"][0]["errors"] != result["rounds"][0]["errors"]
    del config["corpora"]
    with pytest.raises(ValueError, match="B002"):
        bootstrap(config, data, out / "c", ONE_ROUND)


def test_warning_if_mention_types_do_not_match(data, config, out, tmp_path):
    docs = read_docs(data.unlabelled)[:3]
    for doc in docs:
        doc.spans.pop(GROUP, None)
        doc.set_ents([Span(doc, ent.start, ent.end, "TREATMENT") for ent in doc.ents])
    write_docs(docs, tmp_path / "u.spacy")
    with pytest.warns(UserWarning, match=r"W006.*治疗–症状.*mentions: TREATMENT"):
        bootstrap(config, data._replace(unlabelled=tmp_path / "u.spacy"), out, ONE_ROUND)
    assert "unlabelled.spacy" in {path.name for path in out.glob("data/*")}


def test_run_stops_without_candidate_pairs(data, config, out, tmp_path):
    nlp = spacy.blank("zh")
    doc = nlp("头痛。" + "无。" * 300 + "补液。")
    doc.set_ents([Span(doc, 0, 2, "症状"), Span(doc, len(doc) - 3, len(doc) - 1, "治疗")])
    write_docs([doc], tmp_path / "u.spacy")
    config["components"]["relation_classifier"]["candidates"]["max_distance"] = 20
    distant = data._replace(unlabelled=tmp_path / "u.spacy")
    result = bootstrap(config, distant, out, ONE_ROUND._replace(max_rounds=3))
    assert result["stopped"] == "no candidate pair is unlabelled" and result["kept"] == 0


def test_folder_in_use_is_refused(data, config, out):
    with locked_folder(out), pytest.raises(ValueError, match="F033"):
        bootstrap(config, data, out, ONE_ROUND)
    assert [path.name for path in out.iterdir()] == [LOCK_FILE]
    assert bootstrap(config, data, out, ONE_ROUND)["kept"] == 0


@pytest.mark.parametrize("repeat", [False, True])
def test_labelled_documents_are_repeated(data, config, out, monkeypatch, repeat):
    n_docs = []

    def count_and_train(config, *, train_path, **options):
        docs = read_docs(train_path)
        n_silver = sum(silver_pairs(doc) is not None for doc in docs)
        n_docs.append((len(docs) - n_silver, n_silver))
        return train_round(config, train_path=train_path, **options)

    monkeypatch.setattr(rounds, "train_round", count_and_train)
    guards = NO_GUARDS._replace(repeat=repeat)
    bootstrap(config, data, out, ONE_ROUND._replace(max_rounds=1, batch=60, guards=guards))
    (first, _), (labelled, silver) = n_docs
    assert first == 5 and silver > 10
    assert labelled == (5 * round(silver / 5) if repeat else 5)
