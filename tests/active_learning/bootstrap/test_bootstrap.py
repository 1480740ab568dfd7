"""Small bootstrapping runs: the added pairs, the selected round, and rejected inputs."""

import pytest
import spacy
from spacy import util
from spacy.tokens import Doc, DocBin
from spacy.training import Example

from spacy_clinrel.active_learning.bootstrap import NO_GUARDS, BootstrapData, bootstrap, rounds
from spacy_clinrel.active_learning.bootstrap.config import READER
from spacy_clinrel.data.readers import gold_mentions_doc
from spacy_clinrel.tokens import relation_edges
from spacy_clinrel.tokens.concat import concat_docs
from spacy_clinrel.tokens.silver import silver_pairs

from ...util import CONFIGS, edges, make_doc, make_notes, write_docs
from .conftest import SMALL, read_docs, read_records

pytestmark = pytest.mark.slow


def test_each_round_adds_pairs(data, config, out):
    reported = []
    result = bootstrap(config, data, out, SMALL, on_round=reported.append)
    assert result["stopped"] == "max_rounds" and result["kept"] == 2
    assert reported == result["rounds"] and [record["round"] for record in reported] == [0, 1, 2]
    n_docs = {"labelled": 5, "dev": 10, "test": 6, "unlabelled": 40}
    assert result["texts"] == {**n_docs, "left_out": 0, "repeated": 0}
    n_labelled = sum(len(relation_edges(doc)) for doc in read_docs(data.labelled))
    n_silver = 0
    for record in reported:
        relations, classes = record["relations"], record["classes"]
        n_silver += relations["new"]
        assert relations["labelled"] == n_labelled and relations["new"] <= 12
        assert relations["silver"] == n_silver
        assert n_silver == sum(row["silver"] for name, row in classes.items() if name != "none")
        ratio = classes["none"]["labelled"] / n_labelled
        assert classes["none"]["new"] <= round(ratio * relations["new"])
        for part in ("dev", "test"):
            assert 0 <= record[part]["f"] <= 1
    n_new = sum(row["new"] for row in reported[1]["classes"].values())
    assert reported[0]["unknown"] - reported[1]["unknown"] == n_new
    assert reported[1]["relations"]["new"] == 12, "the batch is full"


def test_silver_documents_store_round_and_score(data, config, out):
    [_, first, second] = bootstrap(config, data, out, SMALL)["rounds"]
    docs = read_docs(out / "rounds" / "02" / "silver.spacy")
    pairs = [pair for doc in docs for pair in silver_pairs(doc)]
    n_silver = [sum(row["silver"] for row in r["classes"].values()) for r in (first, second)]
    assert len(pairs) == n_silver[1]
    assert sum(pair.round == 1 for pair in pairs) == n_silver[0]
    assert {pair.round for pair in pairs} == {1, 2}
    assert all(pair.score >= 0.5 for pair in pairs)
    relations = [edge for doc in docs for edge in relation_edges(doc)]
    assert len(relations) == second["relations"]["silver"]
    for doc in docs:
        scores = {(pair.head, pair.tail): pair.score for pair in silver_pairs(doc)}
        assert all(scores[head, tail] == score for head, tail, _, score in relation_edges(doc))
    assert not any(silver_pairs(doc) for doc in read_docs(out / "data" / "labelled.spacy"))


def test_only_silver_pairs_have_a_gradient(data, config, out):
    bootstrap(config, data, out, SMALL._replace(max_rounds=1, batch=1))
    nlp = spacy.load(out / "model-best")
    pipe = nlp.get_pipe("relation_classifier")
    gold = DocBin().from_disk(out / "rounds" / "01" / "silver.spacy").get_docs(nlp.vocab)
    examples = [Example(gold_mentions_doc(nlp, doc), doc) for doc in gold]
    docs = [example.predicted for example in examples]
    candidates = pipe.make_candidates(docs)
    _, gradient = pipe.get_loss(examples, pipe.model.predict((docs, candidates)))
    n_silver = sum(len(silver_pairs(example.reference)) for example in examples)
    assert (abs(gradient).sum(axis=1) > 0).sum() == n_silver < len(candidates)


def test_best_round_is_kept_and_other_models_are_removed(data, config, out, monkeypatch):
    dev_scores = iter([0.25, 0.75, 0.5, 0.75, 0.125])

    def fake_measure(nlp, docs):
        return {"p": 0.0, "r": 0.0, "f": next(dev_scores)}

    monkeypatch.setattr(rounds, "measure", fake_measure)
    guards = NO_GUARDS._replace(patience=2)
    options = SMALL._replace(max_rounds=9, batch=3, guards=guards)
    result = bootstrap(config, data._replace(test=None), out, options)
    assert [record["dev"]["f"] for record in result["rounds"]] == [0.25, 0.75, 0.5, 0.75]
    assert (result["stopped"], result["kept"]) == ("dev has not risen", 1)
    models = [path.parent.name for path in sorted(out.glob("rounds/*/model"))]
    assert models == ["01", "03"]
    best, kept = (
        out / name / "relation_classifier" / "model" for name in ("model-best", "rounds/01/model")
    )
    assert best.read_bytes() == kept.read_bytes()


def test_model_has_the_fitted_temperature(data, config, out):
    options = SMALL._replace(max_rounds=0, guards=NO_GUARDS._replace(calibrate=True))
    [record] = bootstrap(config, data, out, options)["rounds"]
    nlp = spacy.load(out / "model-best")
    fitted = pytest.approx(record["temperature"])
    assert fitted != 1.0
    assert nlp.get_pipe("relation_classifier").cfg["temperature"] == fitted
    assert nlp.config["components"]["relation_classifier"]["temperature"] == fitted
    assert record["errors"]["all_calibrated"] < record["errors"]["all"]


def test_ner_pipeline_predicts_mentions(data, config, out, trained_model, tmp_path):
    nlp = spacy.blank("zh")
    write_docs(tmp_path / "raw.spacy", [nlp(doc.text) for doc in make_notes(nlp, 10, seed=9)])
    raw = data._replace(unlabelled=tmp_path / "raw.spacy")
    with pytest.raises(ValueError, match=r"B005.*--ner"):
        bootstrap(config, raw, out / "a", SMALL)
    [*_, record] = bootstrap(config, raw, out / "b", SMALL, ner=str(trained_model))["rounds"]
    assert record["relations"]["silver"] > 0
    relation_run = tmp_path / "relations"
    bootstrap(config, data, relation_run, SMALL._replace(max_rounds=0))
    with pytest.raises(ValueError, match="B007"):
        bootstrap(config, raw, out / "c", SMALL, ner=str(relation_run / "model-best"))


def test_run_stops_if_no_relation_is_reliable(data, config, out):
    # 10 of 10 correct predictions of a class on dev are a smoothed precision of 11/12 < 0.95.
    options = SMALL._replace(threshold=0.95, guards=NO_GUARDS._replace(class_thresholds=True))
    result = bootstrap(config, data, out, options)
    assert result["stopped"] == "nothing above the threshold"
    assert result["kept"] == 0 and len(result["rounds"]) == 1
    assert spacy.load(out / "model-best")
    assert result["refused"]["unknown_before"] == result["rounds"][0]["unknown"] > 0
    assert set(result["refused"]["thresholds"]) <= {"none", "改善", "证实"}


def test_gold_and_repeated_texts_are_not_unlabelled(data, config, out, tmp_path):
    nlp = spacy.blank("zh")

    def with_line_break(doc):
        return concat_docs([doc, Doc(doc.vocab, words=["\n"], spaces=[False])])

    gold = [with_line_break(doc) for doc in read_docs(data.dev)]
    new = make_notes(nlp, 3, seed=9)
    write_docs(tmp_path / "u.spacy", [*gold, *new, with_line_break(new[0])])
    mixed = data._replace(unlabelled=tmp_path / "u.spacy")
    result = bootstrap(config, mixed, out / "a", SMALL._replace(max_rounds=0))
    texts = result["texts"]
    assert (texts["unlabelled"], texts["left_out"], texts["repeated"]) == (3, 10, 1)
    kept = [doc.text for doc in read_docs(out / "a" / "data" / "unlabelled.spacy")]
    assert kept == [doc.text for doc in new]
    with pytest.raises(ValueError, match=r"B005.*are gold"):
        bootstrap(config, data._replace(unlabelled=data.dev), out / "b", SMALL)


def test_missing_labels(data, config, out, tmp_path):
    """A dev label without labelled relations gives a warning; a labelled relation whose label the
    config leaves out is an error."""
    nlp = spacy.blank("zh")
    unseen = make_doc(nlp, "[补液|治疗]后[头痛|症状]缓解。", [(0, 1, "加重")])
    write_docs(tmp_path / "dev.spacy", [*read_docs(data.dev), unseen])
    with_unseen = data._replace(dev=tmp_path / "dev.spacy")
    with pytest.warns(UserWarning, match=r"W005.*加重"):
        result = bootstrap(config, with_unseen, out / "a", SMALL)
    assert len(result["rounds"]) == 3
    labels = {
        "labels": ["改善"],
        "types": ["治疗", "症状"],
        "signatures": [["治疗", "改善", "症状"]],
    }
    config["initialize"]["components"] = {"relation_classifier": {"labels": labels}}
    with pytest.raises(ValueError, match=r"C007.*证实"):
        bootstrap(config, data, out / "b", SMALL)


def test_invalid_configs_and_options(data, config, out):
    config["corpora"]["dev"]["gold_entities"] = False
    with pytest.raises(ValueError, match=r"B002.*dev"):
        bootstrap(config, data, out, SMALL)
    config["corpora"]["dev"]["gold_entities"] = True
    component = config["components"]["relation_classifier"]
    with pytest.raises(ValueError, match=r"B013.*exclusive"):
        component["exclusive"] = False
        bootstrap(config, data, out, SMALL)
    component["exclusive"] = True
    joint = util.load_config(CONFIGS / "joint_multihead.cfg")
    for part in ("train", "dev"):
        joint["corpora"][part].update({"@readers": READER, "gold_entities": True})
    with pytest.raises(ValueError, match=r"B001.*0 components"):
        bootstrap(joint, data, out, SMALL)
    with pytest.raises(ValueError, match="F001"):
        missing = BootstrapData(data.labelled, data.test / "x", data.dev)
        bootstrap(config, missing, out, SMALL)
    for change in ({"threshold": 1.0}, {"threshold": -0.1}, {"batch": 0}):
        with pytest.raises(ValueError, match="B006"):
            bootstrap(config, data, out, SMALL._replace(**change))
    assert not out.exists()


def test_relations_of_unlabelled_documents_are_ignored(data, config, out, tmp_path):
    docs = read_docs(data.unlabelled)
    assert any(edges(doc) for doc in docs)
    for doc in docs:
        doc._.relations = []
    write_docs(tmp_path / "u.spacy", docs)
    options = SMALL._replace(max_rounds=1)
    bootstrap(config, data, out / "a", options)
    bootstrap(config, data._replace(unlabelled=tmp_path / "u.spacy"), out / "b", options)
    assert read_records(out / "a") == read_records(out / "b")
