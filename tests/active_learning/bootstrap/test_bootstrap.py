"""Whole runs, small: what joins, what is kept, and that an interruption changes nothing."""

import json
import shutil

import pytest
import spacy
from spacy import util
from spacy.tokens import Doc, DocBin
from spacy.training import Example

from spacy_clinrel.active_learning.bootstrap import (
    NO_GUARDS,
    BootstrapData,
    BootstrapOptions,
    DriftGuards,
    bootstrap,
    rounds,
)
from spacy_clinrel.active_learning.bootstrap.config import READER
from spacy_clinrel.active_learning.bootstrap.run_folder import RunFolder
from spacy_clinrel.data.readers import gold_mentions_doc
from spacy_clinrel.tokens import relation_edges
from spacy_clinrel.tokens.concat import concat_docs
from spacy_clinrel.tokens.silver import silver_pairs

from ...util import CONFIGS, edges, make_doc, make_notes, write_docs
from .conftest import other_config, small_config

FEW = BootstrapOptions(threshold=0.5, batch=12, max_rounds=2, guards=NO_GUARDS)
GUARDED = FEW._replace(guards=DriftGuards(agree=True, patience=5), max_rounds=1)


def read(path):
    return list(DocBin().from_disk(path).get_docs(spacy.blank("zh").vocab))


def figures(folder):
    """RETURNS (List[Dict]): The rounds, without what the clock said."""
    lines = (folder / "rounds.jsonl").read_text(encoding="utf-8").splitlines()
    return [{**json.loads(line), "seconds": None} for line in lines]


def scores(folder, data):
    """RETURNS (List[List]): What the kept model says of the test documents."""
    nlp = spacy.load(folder / "model-best")
    docs = [gold_mentions_doc(nlp, doc) for doc in read(data.test)]
    return [relation_edges(doc) for doc in nlp.pipe(docs)]


def test_rounds_and_what_they_leave(data, config, out):
    seen = []
    result = bootstrap(config, data, out, FEW, on_round=seen.append)
    assert result["stopped"] == "max_rounds" and result["kept"] == 2
    assert seen == result["rounds"] and [record["round"] for record in seen] == [0, 1, 2]
    sizes = {"labelled": 5, "dev": 10, "test": 6, "unlabelled": 40}
    assert result["texts"] == {**sizes, "left_out": 0, "repeated": 0}
    labelled = sum(len(relation_edges(doc)) for doc in read(data.labelled))
    for record in seen:
        sizes = record["relations"]
        assert sizes["labelled"] == labelled and sizes["new"] <= 12
        assert sizes["silver"] == sum(r["relations"]["new"] for r in seen[: record["round"] + 1])
        per_class = record["classes"]
        assert (
            sum(row["silver"] for name, row in per_class.items() if name != "none")
            == (sizes["silver"])
        )
        ratio = per_class["none"]["labelled"] / labelled
        assert per_class["none"]["new"] <= round(ratio * sizes["new"])
        for part in ("dev", "test"):
            assert 0 <= record[part]["f"] <= 1
    assert seen[0]["unknown"] - seen[1]["unknown"] == sum(
        row["new"] for row in seen[1]["classes"].values()
    )
    assert seen[1]["relations"]["new"] == 12, "the texts are easy, so the batch is full"


def test_silver_documents_say_what_they_are(data, config, out):
    [_, first, second] = bootstrap(config, data, out, FEW)["rounds"]
    docs = read(out / "rounds" / "02" / "silver.spacy")
    pairs = [pair for doc in docs for pair in silver_pairs(doc)]
    known = [sum(row["silver"] for row in r["classes"].values()) for r in (first, second)]
    assert len(pairs) == known[1]
    assert sum(pair.round == 1 for pair in pairs) == known[0]
    assert {pair.round for pair in pairs} == {1, 2}
    assert all(pair.score >= 0.5 for pair in pairs)
    relations = [edge for doc in docs for edge in relation_edges(doc)]
    assert len(relations) == second["relations"]["silver"]
    for doc in docs:
        own = {(pair.head, pair.tail): pair.score for pair in silver_pairs(doc)}
        assert all(own[head, tail] == score for head, tail, _, score in relation_edges(doc))
    assert not any(silver_pairs(doc) for doc in read(out / "data" / "labelled.spacy"))


def test_only_known_pairs_are_learned_from(data, config, out):
    """The gradient of a silver document is zero but for these."""
    bootstrap(config, data, out, FEW._replace(max_rounds=1, batch=1))
    nlp = spacy.load(out / "model-best")
    pipe = nlp.get_pipe("relation_classifier")
    gold = DocBin().from_disk(out / "rounds" / "01" / "silver.spacy").get_docs(nlp.vocab)
    examples = [Example(gold_mentions_doc(nlp, doc), doc) for doc in gold]
    docs = [example.predicted for example in examples]
    candidates = pipe.make_candidates(docs)
    _, gradient = pipe.get_loss(examples, pipe.model.predict((docs, candidates)))
    known = sum(len(silver_pairs(example.reference)) for example in examples)
    assert (abs(gradient).sum(axis=1) > 0).sum() == known < len(candidates)


@pytest.fixture(scope="module")
def data(few_labels):
    """RETURNS (Data): The texts of all runs here."""
    return few_labels


RUNS = {"bare": (FEW, None), "guarded": (GUARDED, other_config())}


@pytest.fixture(scope="module", params=RUNS.values(), ids=list(RUNS))
def whole(request, data, tmp_path_factory):
    """RETURNS (Tuple[BootstrapOptions, Optional[Config], Path]): A run that was not interrupted."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    options, second = request.param
    bootstrap(small_config(), data, folder, options, second=second)
    return options, second, folder


def stop_at(patch, name, call):
    """Interrupt a run when it calls one of its functions so many times."""
    where, calls = (RunFolder if name == "add_record" else rounds), []
    real = getattr(where, name)

    def stop(*args, **kwargs):
        calls.append(1)
        if len(calls) == call:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    patch.setattr(where, name, stop)


@pytest.mark.parametrize(
    "broken", ["train_round", "save_silver", "write_docs", "measure", "add_record"]
)
def test_a_run_that_was_interrupted_ends_the_same(data, config, out, monkeypatch, whole, broken):
    options, second, expected = whole
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        stop_at(patch, broken, 2)
        bootstrap(config, data, out, options, second=second)
    bootstrap(config, data, out, options, second=second, resume=True)
    assert figures(out) == figures(expected)
    assert scores(out, data) == scores(expected, data)
    assert any(scores(out, data))


def test_going_on_with_something_else(data, config, out):
    bootstrap(config, data, out, FEW._replace(max_rounds=0))
    with pytest.raises(ValueError, match="B004"):
        bootstrap(config, data, out, FEW)
    for options, what in ((FEW._replace(batch=13), "batch"), (GUARDED, "guard_agree")):
        with pytest.raises(ValueError, match=rf"B003.*{what}"):
            bootstrap(config, data, out, options, resume=True)
    with pytest.raises(ValueError, match=r"B003.*dev"):
        bootstrap(config, data._replace(dev=data.test), out, FEW, resume=True)
    result = bootstrap(config, data, out, FEW._replace(max_rounds=1), resume=True)
    assert len(result["rounds"]) == 2, "more rounds may follow"


def test_going_on_after_vectors_or_a_pipeline_were_made_anew(
    data, config, out, trained_model, tmp_path
):
    """At the same path may stand something else."""
    spacy.blank("zh").to_disk(tmp_path / "vectors")
    shutil.copytree(trained_model, tmp_path / "ner")
    config["paths"]["vectors"] = str(tmp_path / "vectors")
    options, ner = FEW._replace(max_rounds=0), str(tmp_path / "ner")
    bootstrap(config, data, out, options, ner=ner)
    bootstrap(config, data, out, options, ner=ner, resume=True)
    for name in ("vectors", "ner"):
        meta = tmp_path / name / "meta.json"
        before = meta.read_text(encoding="utf-8")
        meta.write_text(f"{before} ", encoding="utf-8")
        with pytest.raises(ValueError, match=rf"B003.*{name}"):
            bootstrap(config, data, out, options, ner=ner, resume=True)
        meta.write_text(before, encoding="utf-8")
    bootstrap(config, data, out, options, ner=ner, resume=True)


def test_the_best_round_is_kept_and_others_leave_no_model(data, config, out, monkeypatch):
    values = iter([0.25, 0.75, 0.5, 0.75, 0.125])

    def measured(nlp, docs):
        return {"p": 0.0, "r": 0.0, "f": next(values)}

    monkeypatch.setattr(rounds, "measure", measured)
    guards = NO_GUARDS._replace(patience=2)
    options = FEW._replace(max_rounds=9, batch=3, guards=guards)
    result = bootstrap(config, data._replace(test=None), out, options)
    assert [record["dev"]["f"] for record in result["rounds"]] == [0.25, 0.75, 0.5, 0.75]
    assert (result["stopped"], result["kept"]) == ("dev has not risen", 1)
    models = [path.parent.name for path in sorted(out.glob("rounds/*/model"))]
    assert models == ["01", "03"]
    best, kept = (
        out / name / "relation_classifier" / "model" for name in ("model-best", "rounds/01/model")
    )
    assert best.read_bytes() == kept.read_bytes()


def test_the_pipeline_carries_its_calibration(data, config, out):
    options = FEW._replace(max_rounds=0, guards=NO_GUARDS._replace(calibrate=True))
    [record] = bootstrap(config, data, out, options)["rounds"]
    nlp = spacy.load(out / "model-best")
    fitted = pytest.approx(record["temperature"])
    assert fitted != 1.0
    assert nlp.get_pipe("relation_classifier").cfg["temperature"] == fitted
    assert nlp.config["components"]["relation_classifier"]["temperature"] == fitted
    assert record["errors"]["all_calibrated"] < record["errors"]["all"]


def test_mentions_of_another_pipeline(data, config, out, trained_model, tmp_path):
    nlp = spacy.blank("zh")
    write_docs(tmp_path / "raw.spacy", [nlp(doc.text) for doc in make_notes(nlp, 10, seed=9)])
    own = data._replace(unlabelled=tmp_path / "raw.spacy")
    with pytest.raises(ValueError, match=r"B005.*--ner"):
        bootstrap(config, own, out / "a", FEW)
    [*_, record] = bootstrap(config, own, out / "b", FEW, ner=str(trained_model))["rounds"]
    assert record["relations"]["silver"] > 0
    only = tmp_path / "relations"
    bootstrap(config, data, only, FEW._replace(max_rounds=0))
    with pytest.raises(ValueError, match="B007"):
        bootstrap(config, own, out / "c", FEW, ner=str(only / "model-best"))


def test_nothing_above_the_threshold(data, config, out):
    # Ten right ones of a class on dev are 11/12 with one right and one wrong added.
    options = FEW._replace(threshold=0.95, guards=NO_GUARDS._replace(class_thresholds=True))
    result = bootstrap(config, data, out, options)
    assert result["stopped"] == "nothing above the threshold"
    assert result["kept"] == 0 and len(result["rounds"]) == 1
    assert spacy.load(out / "model-best")
    assert result["refused"]["unknown_before"] == result["rounds"][0]["unknown"] > 0
    assert set(result["refused"]["thresholds"]) <= {"none", "改善", "证实"}


def test_texts_that_are_gold_are_not_unlabelled(data, config, out, tmp_path):
    """However they are broken into lines; nor is a text unlabelled twice."""
    nlp = spacy.blank("zh")

    def broken(doc):
        return concat_docs([doc, Doc(doc.vocab, words=["\n"], spaces=[False])])

    gold = [broken(doc) for doc in read(data.dev)]
    new = make_notes(nlp, 3, seed=9)
    write_docs(tmp_path / "u.spacy", [*gold, *new, broken(new[0])])
    own = data._replace(unlabelled=tmp_path / "u.spacy")
    result = bootstrap(config, own, out / "a", FEW._replace(max_rounds=0))
    texts = result["texts"]
    assert (texts["unlabelled"], texts["left_out"], texts["repeated"]) == (3, 10, 1)
    kept = [doc.text for doc in read(out / "a" / "data" / "unlabelled.spacy")]
    assert kept == [doc.text for doc in new]
    with pytest.raises(ValueError, match=r"B005.*are gold"):
        bootstrap(config, data._replace(unlabelled=data.dev), out / "b", FEW)


def test_classes_and_labels_that_are_missing(data, config, out, tmp_path):
    """A label of dev that nothing teaches is named; one that the config leaves out is an error."""
    nlp = spacy.blank("zh")
    other = make_doc(nlp, "[补液|治疗]后[头痛|症状]缓解。", [(0, 1, "加重")])
    write_docs(tmp_path / "dev.spacy", [*read(data.dev), other])
    own = data._replace(dev=tmp_path / "dev.spacy")
    with pytest.warns(UserWarning, match=r"W005.*加重"):
        result = bootstrap(config, own, out / "a", FEW)
    assert len(result["rounds"]) == 3
    kept = {
        "labels": ["改善"],
        "types": ["治疗", "症状"],
        "signatures": [["治疗", "改善", "症状"]],
    }
    config["initialize"]["components"] = {"relation_classifier": {"labels": kept}}
    with pytest.raises(ValueError, match=r"C007.*证实"):
        bootstrap(config, data, out / "b", FEW)


def test_configs_that_do_not_fit(data, config, out):
    config["corpora"]["dev"]["gold_entities"] = False
    with pytest.raises(ValueError, match=r"B002.*dev"):
        bootstrap(config, data, out, FEW)
    config["corpora"]["dev"]["gold_entities"] = True
    component = config["components"]["relation_classifier"]
    with pytest.raises(ValueError, match=r"B013.*exclusive"):
        component["exclusive"] = False
        bootstrap(config, data, out, FEW)
    component["exclusive"] = True
    joint = util.load_config(CONFIGS / "joint_multihead.cfg")
    for part in ("train", "dev"):
        joint["corpora"][part].update({"@readers": READER, "gold_entities": True})
    with pytest.raises(ValueError, match=r"B001.*0 components"):
        bootstrap(joint, data, out, FEW)
    with pytest.raises(ValueError, match="F001"):
        bootstrap(config, BootstrapData(data.labelled, data.test / "x", data.dev), out, FEW)
    for options in (
        FEW._replace(threshold=1.0),
        FEW._replace(threshold=-0.1),
        FEW._replace(batch=0),
    ):
        with pytest.raises(ValueError, match="B006"):
            bootstrap(config, data, out, options)
    assert not out.exists()


def test_gold_relations_of_the_unlabelled_are_not_looked_at(data, config, out, tmp_path):
    """Runs with them and without are the same."""
    docs = read(data.unlabelled)
    assert any(edges(doc) for doc in docs)
    for doc in docs:
        doc._.relations = []
    write_docs(tmp_path / "u.spacy", docs)
    bootstrap(config, data, out / "a", FEW._replace(max_rounds=1))
    own = data._replace(unlabelled=tmp_path / "u.spacy")
    bootstrap(config, own, out / "b", FEW._replace(max_rounds=1))
    assert figures(out / "a") == figures(out / "b")
