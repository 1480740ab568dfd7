"""Selection of documents and export for annotators."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
import spacy

from spacy_clinrel.active_learning.review import FORMATS, ReviewOptions, review
from spacy_clinrel.evaluation.pair_scores import score_pairs
from spacy_clinrel.files import read_docbin
from spacy_clinrel.tokens import get_doc_id
from spacy_clinrel.tokens.silver import SilverPair, silver_pairs, store_silver

from ...util import edges, ents, fit, gold_examples, make_notes, relation_config, write_docs
from .conftest import read_ranking

ONE_DOC = ReviewOptions(n_docs=1)


def read_files(folder):
    """Return the content of all files of a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_settings_ranking_and_proposed_documents(exported, model, unlabelled):
    rows = read_ranking(exported)
    settings = json.loads((exported / "review.json").read_text(encoding="utf-8"))
    counts = {"documents": 31, "left_out": 1, "without_mentions": 0, "chosen": 6}
    assert {key: settings[key] for key in counts} == counts
    assert settings["strategy"] == "margin" and settings["formats"] == list(FORMATS)
    nlp = spacy.load(model)
    docs = read_docbin(exported / "proposed.spacy", nlp.vocab)
    originals = {get_doc_id(doc): doc for doc in read_docbin(unlabelled, nlp.vocab)}
    assert [get_doc_id(doc) for doc in docs] == [row["doc_id"] for row in rows]
    pipe = nlp.get_pipe("relation_classifier")
    for doc in docs:
        original = originals[get_doc_id(doc)]
        assert doc.text == original.text and ents(doc) == ents(original)
        original._.relations = []
        assert edges(doc) == edges(pipe(original)), "predicted relations, not gold ones"
    assert all(0 < relation.score < 1 for doc in docs for relation in doc._.relations)
    assert rows[0]["uncertainty"] == max(row["uncertainty"] for row in rows)
    for row in rows:
        assert len(row["most_uncertain"]["labels"]) == 2 and row["uncertain"] <= row["pairs"]


def test_files_of_each_format(exported):
    stems = {f"ward_1_{row['doc_id'].split(':')[1]}" for row in read_ranking(exported)}
    assert {path.stem for path in exported.glob("brat/*.ann")} == stems
    conf = (exported / "brat" / "annotation.conf").read_text(encoding="utf-8")
    assert "改善\tArg1:治疗, Arg2:症状" in conf.splitlines()
    assert {"疾病", "检查", "治疗", "症状"} < set(conf.splitlines())
    studio = exported / "label-studio-predictions"
    tasks = json.loads((studio / "review.json").read_text(encoding="utf-8"))
    assert {task["data"]["doc_id"] for task in tasks} == stems
    results = [result for task in tasks for result in task["predictions"][0]["result"]]
    assert all(0 < r["score"] < 1 for r in results if r["type"] == "relation")
    view = ElementTree.fromstring((studio / "review.xml").read_text(encoding="utf-8"))
    assert {tag.get("value") for tag in view.iter("Relation")} == {"改善", "证实"}
    assert {task["predictions"][0]["model_version"] for task in tasks} == {"zh_pipeline-0.0.0"}
    for kind, names in (("span", {"疾病", "检查", "治疗", "症状"}), ("relation", {"改善", "证实"})):
        types = json.loads((exported / "doccano" / f"review.{kind}-types.json").read_text("utf-8"))
        assert {entry["text"] for entry in types} == names
    for name in ("doccano", "prodigy"):
        lines = (exported / name / "review.jsonl").read_text(encoding="utf-8").splitlines()
        assert len(lines) == 6


def test_repeated_call_writes_the_same_files(exported, model, unlabelled, tmp_path):
    options = ReviewOptions(n_docs=6)
    review(model, unlabelled, tmp_path / "x", options, formats=tuple(FORMATS))
    assert read_files(tmp_path / "x") == read_files(exported)


def test_labelled_texts_are_left_out(exported, model, unlabelled, tmp_path):
    labelled_ids = {row["doc_id"] for row in read_ranking(exported)}
    labelled = tmp_path / "labelled"
    labelled.mkdir()
    (labelled / "a.spacy").write_bytes((exported / "proposed.spacy").read_bytes())
    options = ReviewOptions(n_docs=50)
    result = review(model, unlabelled, tmp_path / "x", options, labelled=labelled)
    doc_ids = {row["doc_id"] for row in result["ranking"]}
    assert not labelled_ids & doc_ids and len(doc_ids) == 29 - 6 and result["left_out"] == 7
    assert "ward/1:29" not in doc_ids, "it has no candidate pair"


def test_silver_annotation_is_removed_and_ids_are_added(zh, model, tmp_path):
    docs = make_notes(zh, 3, seed=8)
    pair = SilverPair(0, 1, 0.9, 1)
    store_silver(docs[0], list(docs[0].ents), [(0, 1, "x", 0.9)], [pair])
    result = review(model, write_docs(tmp_path / "u.spacy", docs), tmp_path / "x")
    assert {row["doc_id"] for row in result["ranking"]} == {"u-1", "u-2", "u-3"}
    for doc in read_docbin(tmp_path / "x" / "proposed.spacy", zh.vocab):
        assert silver_pairs(doc) is None and "x" not in {label for *_, label, _ in edges(doc)}


@pytest.mark.slow
def test_missing_mentions_are_predicted(trained_model, model, unlabelled, tmp_path, zh):
    """Mentions are predicted by the `ner` pipeline, or by the model if it has a component that sets
    entities."""
    with_mentions = make_notes(zh, 2, seed=8)
    without = [zh(doc.text) for doc in make_notes(zh, 8, seed=9)]
    path = write_docs(tmp_path / "u.spacy", [*with_mentions, *without])
    result = review(model, path, tmp_path / "a")
    assert result["without_mentions"] == 8 and result["chosen"] <= 2
    by_ner = review(model, path, tmp_path / "b", ner=str(trained_model))
    by_model = review(trained_model, path, tmp_path / "c")
    assert min(by_ner["chosen"], by_model["chosen"]) > 2
    docs = {get_doc_id(doc): doc for doc in read_docbin(tmp_path / "c/proposed.spacy", zh.vocab)}
    for number, doc in enumerate(with_mentions, start=1):
        assert ents(docs[f"u-{number}"]) == ents(doc), "gold mentions are kept"
    with pytest.raises(ValueError, match="B007"):
        review(model, path, tmp_path / "d", ner=str(model))


@pytest.mark.parametrize(
    "change", [{"n_docs": 0}, {"strategy": "x"}, {"diversity": 1.5}, {"top_pairs": 0}]
)
def test_invalid_options(model, unlabelled, tmp_path, change):
    with pytest.raises(ValueError, match=rf"B006.*{next(iter(change))}"):
        review(model, unlabelled, tmp_path / "x", ReviewOptions(**change))
    assert not (tmp_path / "x").exists()


def test_invalid_inputs_and_outputs(model, unlabelled, tmp_path, zh):
    with pytest.raises(ValueError, match=r"B006.*format.*spert"):
        review(model, unlabelled, tmp_path / "x", ONE_DOC, formats=("spert",))
    with pytest.raises(ValueError, match=r"B020.*2 of them have no mentions.*--ner"):
        bare = write_docs(tmp_path / "bare.spacy", [zh("没有。"), zh("也没有。")])
        review(model, bare, tmp_path / "x", ONE_DOC)
    with pytest.raises(ValueError, match=r"B020.*31 other documents"):
        review(model, unlabelled, tmp_path / "x", ONE_DOC, labelled=unlabelled)
    with pytest.raises(ValueError, match="F004"):
        review(model, write_docs(tmp_path / "no.spacy", []), tmp_path / "x", ONE_DOC)
    with pytest.raises(ValueError, match="F001"):
        review(model, tmp_path / "nowhere.spacy", tmp_path / "x", ONE_DOC)
    assert not (tmp_path / "x").exists()
    with pytest.raises(ValueError, match="B021"):
        review(model, unlabelled, tmp_path, ONE_DOC)


def test_labels_that_are_not_exclusive(tmp_path):
    nlp = spacy.blank("zh")
    nlp.add_pipe("relation_classifier", config=relation_config(exclusive=False, typed=False))
    fit(nlp, gold_examples(nlp, make_notes(nlp, 6, seed=1)), steps=10, rate=0.003)
    nlp.to_disk(tmp_path / "model")
    docs = make_notes(nlp, 4, seed=3)
    label_scores = score_pairs(nlp, docs).p[:, 1:]
    path = write_docs(tmp_path / "u.spacy", docs)
    options = ReviewOptions(diversity=0.0, top_pairs=1)
    result = review(tmp_path / "model", path, tmp_path / "x", options)
    closest = np.abs(label_scores - 0.5).min()
    first = result["ranking"][0]
    assert first["uncertainty"] == pytest.approx(1 - 2 * closest, abs=1e-3)
    assert all("none" in row["most_uncertain"]["labels"] for row in result["ranking"])
