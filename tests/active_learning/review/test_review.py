"""Choosing documents and giving them out."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
import spacy

from spacy_clinrel.active_learning.pair_scores import ClassifierSettings, ScoredPairs, score_pairs
from spacy_clinrel.active_learning.review import FORMATS, ReviewOptions, review
from spacy_clinrel.active_learning.review.ranking import rank_documents
from spacy_clinrel.files import read_docbin
from spacy_clinrel.tokens import get_doc_id, set_doc_id
from spacy_clinrel.tokens.silver import SilverPair, silver_pairs, store_silver

from ...util import (
    edges,
    ents,
    fit,
    gold_examples,
    make_doc,
    make_notes,
    relation_config,
    write_docs,
)
from .conftest import ranking

ONE = ReviewOptions(n_docs=1)


def files(folder):
    """RETURNS (Dict[str, bytes]): All files of a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def scored(zh):
    """RETURNS (Tuple[List[Doc], ScoredPairs]): Probabilities made by hand: the second document is
    uncertain, the fourth like it, the first a little uncertain, the third without pairs."""
    marked = [
        "[CT|检查]示[肺炎|疾病]",
        "[补液|治疗]后[头痛|症状]",
        "[头痛|症状]",
        "[补液|治疗]后[头痛|症状]好",
    ]
    docs = [make_doc(zh, text) for text in marked]
    for number, doc in enumerate(docs):
        set_doc_id(doc, f"n{number}")
    p = [[0.2, 0.8, 0.0], [0.9, 0.1, 0.0], [0.48, 0.02, 0.5], [0.5, 0.1, 0.4]]
    pairs = np.asarray([[0, 1], [1, 0], [0, 1], [0, 1]])
    return docs, ScoredPairs(np.asarray([0, 0, 1, 3]), pairs, np.asarray(p))


CLASSIFIER = ClassifierSettings(("证实", "改善"), (), [], "auto", True)


def test_the_most_uncertain_come_first_and_why(scored):
    found = rank_documents(*scored, CLASSIFIER, ReviewOptions(diversity=0.0, top_pairs=1))
    assert [row["doc_id"] for row in found] == ["n1", "n3", "n0"]
    assert [row["rank"] for row in found] == [1, 2, 3]
    assert [row["uncertainty"] for row in found] == pytest.approx([0.98, 0.9, 0.4])
    assert [(row["pairs"], row["uncertain"]) for row in found] == [(1, 1), (1, 1), (2, 0)]
    most = {"head": "补液", "tail": "头痛", "labels": {"改善": 0.5, "none": 0.48}}
    assert found[0]["most_uncertain"] == most
    [mean] = [
        row for row in rank_documents(*scored, CLASSIFIER, ReviewOptions()) if row["doc_id"] == "n0"
    ]
    assert mean["uncertainty"] == pytest.approx((0.4 + 0.2) / 2)


def test_diversity_counts(scored):
    found = rank_documents(*scored, CLASSIFIER, ReviewOptions(diversity=1.0, n_docs=2))
    assert [row["doc_id"] for row in found] == ["n1", "n0"]


def test_by_chance(scored):
    """Each document with candidates comes first as often."""

    def first(seed):
        options = ReviewOptions(1, "random", seed=seed)
        return rank_documents(*scored, CLASSIFIER, options)[0]["doc_id"]

    firsts = [first(seed) for seed in range(60)]
    assert set(firsts) == {"n0", "n1", "n3"} and firsts[7] == first(7)


def test_what_is_given_out(given, model, unlabelled):
    rows = ranking(given)
    settings = json.loads((given / "review.json").read_text(encoding="utf-8"))
    counts = {"documents": 31, "left_out": 1, "without_mentions": 0, "chosen": 6}
    assert {key: settings[key] for key in counts} == counts
    assert settings["strategy"] == "margin" and settings["formats"] == list(FORMATS)
    nlp = spacy.load(model)
    docs = read_docbin(given / "proposed.spacy", nlp.vocab)
    originals = {get_doc_id(doc): doc for doc in read_docbin(unlabelled, nlp.vocab)}
    assert [get_doc_id(doc) for doc in docs] == [row["doc_id"] for row in rows]
    pipe = nlp.get_pipe("relation_classifier")
    for doc in docs:
        original = originals[get_doc_id(doc)]
        assert doc.text == original.text and ents(doc) == ents(original)
        original._.relations = []
        assert edges(doc) == edges(pipe(original)), "as the model says, not as gold says"
    assert all(0 < relation.score < 1 for doc in docs for relation in doc._.relations)
    highest = max(row["uncertainty"] for row in rows)
    assert rows[0]["uncertainty"] == highest
    for row in rows:
        assert len(row["most_uncertain"]["labels"]) == 2 and row["uncertain"] <= row["pairs"]


def test_files_and_settings_of_the_tools(given):
    stems = {f"ward_1_{row['doc_id'].split(':')[1]}" for row in ranking(given)}
    assert {path.stem for path in given.glob("brat/*.ann")} == stems
    conf = (given / "brat" / "annotation.conf").read_text(encoding="utf-8")
    assert "改善\tArg1:治疗, Arg2:症状" in conf.splitlines()
    assert {"疾病", "检查", "治疗", "症状"} < set(conf.splitlines())
    studio = given / "label-studio-predictions"
    tasks = json.loads((studio / "review.json").read_text(encoding="utf-8"))
    assert {task["data"]["doc_id"] for task in tasks} == stems
    results = [result for task in tasks for result in task["predictions"][0]["result"]]
    assert all(0 < r["score"] < 1 for r in results if r["type"] == "relation")
    view = ElementTree.fromstring((studio / "review.xml").read_text(encoding="utf-8"))
    assert {tag.get("value") for tag in view.iter("Relation")} == {"改善", "证实"}
    for name in ("doccano", "prodigy"):
        lines = (given / name / "review.jsonl").read_text(encoding="utf-8").splitlines()
        assert len(lines) == 6


def test_the_same_again_is_the_same(given, model, unlabelled, tmp_path):
    review(str(model), unlabelled, tmp_path / "x", ReviewOptions(n_docs=6), formats=tuple(FORMATS))
    assert files(tmp_path / "x") == files(given)


def test_labelled_texts_are_left_out(given, model, unlabelled, tmp_path):
    before = {row["doc_id"] for row in ranking(given)}
    folder = tmp_path / "labelled"
    folder.mkdir()
    (folder / "a.spacy").write_bytes((given / "proposed.spacy").read_bytes())
    result = review(
        str(model), unlabelled, tmp_path / "x", ReviewOptions(n_docs=50), labelled=folder
    )
    after = {row["doc_id"] for row in result["ranking"]}
    assert not before & after and len(after) == 29 - 6 and result["left_out"] == 7
    assert "ward/1:29" not in after, "it has no candidate pair"


def test_silver_marks_and_missing_names(zh, model, tmp_path):
    docs = make_notes(zh, 3, seed=8)
    first = docs[0]
    store_silver(first, list(first.ents), [(0, 1, "x", 0.9)], [SilverPair(0, 1, 0.9, 1)])
    result = review(str(model), write_docs(tmp_path / "u.spacy", docs), tmp_path / "x")
    assert {row["doc_id"] for row in result["ranking"]} == {"u-1", "u-2", "u-3"}
    for doc in read_docbin(tmp_path / "x" / "proposed.spacy", zh.vocab):
        assert silver_pairs(doc) is None and "x" not in {label for *_, label, _ in edges(doc)}


def test_mentions_of_a_pipeline(trained_model, model, unlabelled, tmp_path, zh):
    """Where a document has none: those of the given pipeline, or of the model itself."""
    own, bare = make_notes(zh, 2, seed=8), [zh(doc.text) for doc in make_notes(zh, 8, seed=9)]
    path = write_docs(tmp_path / "u.spacy", [*own, *bare])
    few = review(str(model), path, tmp_path / "a")
    assert few["without_mentions"] == 8 and few["chosen"] <= 2
    more = review(str(model), path, tmp_path / "b", ner=str(trained_model))
    alone = review(str(trained_model), path, tmp_path / "c")
    assert min(more["chosen"], alone["chosen"]) > 2
    docs = {get_doc_id(doc): doc for doc in read_docbin(tmp_path / "c/proposed.spacy", zh.vocab)}
    for number, doc in enumerate(own, start=1):
        assert ents(docs[f"u-{number}"]) == ents(doc), "gold mentions stay"
    with pytest.raises(ValueError, match="B007"):
        review(str(model), path, tmp_path / "d", ner=str(model))


@pytest.mark.parametrize(
    "change", [{"n_docs": 0}, {"strategy": "x"}, {"diversity": 1.5}, {"top_pairs": 0}]
)
def test_options_that_make_no_sense(model, unlabelled, tmp_path, change):
    with pytest.raises(ValueError, match=rf"B006.*{next(iter(change))}"):
        review(str(model), unlabelled, tmp_path / "x", ReviewOptions(**change))
    assert not (tmp_path / "x").exists()


def test_what_can_not_be_reviewed(model, unlabelled, tmp_path, zh):
    with pytest.raises(ValueError, match=r"B006.*format.*spert"):
        review(str(model), unlabelled, tmp_path / "x", ONE, formats=("spert",))
    with pytest.raises(ValueError, match=r"B020.*2 have no mention.*--ner"):
        bare = write_docs(tmp_path / "bare.spacy", [zh("没有。"), zh("也没有。")])
        review(str(model), bare, tmp_path / "x", ONE)
    with pytest.raises(ValueError, match=r"B020.*30|B020.*31 more"):
        review(str(model), unlabelled, tmp_path / "x", ONE, labelled=unlabelled)
    with pytest.raises(ValueError, match="F004"):
        review(str(model), write_docs(tmp_path / "no.spacy", []), tmp_path / "x", ONE)
    with pytest.raises(ValueError, match="F001"):
        review(str(model), tmp_path / "nowhere.spacy", tmp_path / "x", ONE)
    assert not (tmp_path / "x").exists()
    with pytest.raises(ValueError, match="B021"):
        review(str(model), unlabelled, tmp_path, ONE)


def test_pairs_of_labels_that_stand_alone(tmp_path):
    """A pipeline whose labels do not exclude each other is ranked as well."""
    nlp = spacy.blank("zh")
    nlp.add_pipe("relation_classifier", config=relation_config(exclusive=False, typed=False))
    fit(nlp, gold_examples(nlp, make_notes(nlp, 6, seed=1)), steps=10, rate=0.003)
    nlp.to_disk(tmp_path / "model")
    docs = make_notes(nlp, 4, seed=3)
    scored = score_pairs(nlp, docs).p[:, 1:]
    path = write_docs(tmp_path / "u.spacy", docs)
    result = review(
        str(tmp_path / "model"), path, tmp_path / "x", ReviewOptions(diversity=0.0, top_pairs=1)
    )
    closest = np.abs(scored - 0.5).min()
    best = result["ranking"][0]
    assert best["uncertainty"] == pytest.approx(1 - 2 * closest, abs=1e-3)
    assert all("none" in row["most_uncertain"]["labels"] for row in result["ranking"])
