"""Distillation: silver documents from several teachers, and a student that learns from them."""

import json

import numpy as np
import pytest
import spacy
from spacy.tokens import DocBin

import spacy_clinrel
from spacy_clinrel.active_learning.distil import DistilData
from spacy_clinrel.active_learning.distil.teachers import Teachers
from spacy_clinrel.data.readers import Corpus
from spacy_clinrel.evaluation.evaluate import evaluate
from spacy_clinrel.tokens import get_doc_id
from spacy_clinrel.tokens.silver import silver_pairs
from spacy_clinrel.tokens.silver_tags import silver_tags

from ...util import (
    both,
    ents,
    fit,
    gold_examples,
    invoke,
    make_notes,
    ner_config,
    relation_config,
    text_examples,
    write_docs,
)


def make_teacher(seed, relations=False, steps=30):
    nlp = spacy.blank("zh")
    nlp.add_pipe("clinical_ner", config=ner_config())
    docs = make_notes(nlp, 12, seed)
    if relations:
        nlp.add_pipe("relation_classifier", config=relation_config())
        fit(nlp, gold_examples(nlp, docs), steps=steps)
    else:
        fit(nlp, text_examples(nlp, docs), steps=steps)
    return nlp


@pytest.fixture(scope="module")
def teachers():
    """Return two pipelines that were trained on different notes; the second has fewer steps."""
    return [make_teacher(0), make_teacher(1, steps=15)]


def write_texts(path, texts):
    rows = (json.dumps({"id": f"n{i}", "text": text}) for i, text in enumerate(texts))
    path.write_text("\n".join(rows), encoding="utf-8")
    return path


def read(path):
    return list(DocBin().from_disk(path).get_docs(spacy.blank("zh").vocab))


@pytest.fixture
def texts(zh, tmp_path):
    """Return a file with ten texts."""
    return write_texts(tmp_path / "raw.jsonl", [doc.text for doc in make_notes(zh, 10, seed=9)])


def test_silver_documents_have_the_mean_probabilities(teachers, texts, tmp_path):
    result = spacy_clinrel.distil(teachers, DistilData(texts), tmp_path / "out.spacy")
    docs = read(tmp_path / "out.spacy")
    assert result.silver == len(docs) == 10 and not result.failed and result.gold == 0
    assert [get_doc_id(doc) for doc in docs] == [f"n{i}" for i in range(10)]
    assert result.entities == sum(len(doc.ents) for doc in docs) > 0
    types = teachers[0].get_pipe("clinical_ner").labels
    for doc in docs:
        assert silver_pairs(doc) == []
        found = silver_tags(doc).with_types(types)
        means = []
        for nlp in teachers:
            component = nlp.get_pipe("clinical_ner")
            [own] = component.predict_probabilities([nlp.make_doc(doc.text)])
            order = [0] + [
                1 + 4 * component.labels.index(name) + i for name in types for i in range(4)
            ]
            means.append(own.tags[:, order])
        assert found.tags == pytest.approx(np.mean(means, axis=0), abs=0.01)


def test_one_teacher_gives_its_own_entities(teachers, texts, tmp_path):
    spacy_clinrel.distil(teachers[:1], DistilData(texts), tmp_path / "out.spacy")
    for doc in read(tmp_path / "out.spacy"):
        assert ents(doc) == ents(teachers[0](doc.text))


def test_student_learns_from_probabilities_and_gold(teachers, zh, texts, tmp_path):
    gold = write_docs(tmp_path / "train.spacy", make_notes(zh, 2, seed=3))
    out = tmp_path / "mixed.spacy"
    assert spacy_clinrel.distil(teachers, DistilData(texts, gold=gold), out).gold == 2
    student = spacy.blank("zh")
    student.add_pipe("clinical_ner", config=ner_config())
    fit(student, list(Corpus(out, gold_share=0.5)(student)), steps=40)
    test = write_docs(tmp_path / "test.spacy", make_notes(zh, 10, seed=5))
    scores = evaluate(student, test)["end_to_end"]
    assert scores["ents_f"] > 0.8
    with pytest.raises(ValueError, match="silver"):
        evaluate(student, out)


def test_texts_that_are_left_out(teachers, zh, tmp_path):
    gold, dev, *others = make_notes(zh, 6, seed=4)
    part = dev.text[3:26]
    raw = [gold.text, others[0].text, f"{part}未见异常。", "", others[0].text, others[1].text]
    raw.append(others[2].text)
    data = DistilData(
        write_texts(tmp_path / "raw.jsonl", raw),
        gold=write_docs(tmp_path / "gold.spacy", [gold]),
        without=[write_docs(tmp_path / "dev.spacy", [dev])],
    )
    limit = len(others[0]) + len(others[1])
    out = tmp_path / "out.spacy"
    result = spacy_clinrel.distil(teachers[:1], data, out, max_characters=limit)
    assert list(result.left_out.values()) == [1] * 5
    assert [doc.text for doc in read(out)] == [gold.text, others[0].text, others[1].text]
    assert result.characters == limit
    only_gold = DistilData(write_texts(tmp_path / "few.jsonl", [gold.text]), gold=data.gold)
    with pytest.raises(ValueError, match="text of a gold document: 1"):
        spacy_clinrel.distil(teachers[:1], only_gold, out)


def test_failing_documents_are_skipped(teachers, texts, tmp_path, monkeypatch):
    label = Teachers.label
    marked = json.loads(texts.read_text(encoding="utf-8").splitlines()[3])["text"]

    def fail(self, docs):
        if any(doc.text == marked for doc in docs):
            raise RuntimeError(marked)
        return label(self, docs)

    monkeypatch.setattr(Teachers, "label", fail)
    result = spacy_clinrel.distil(teachers[:1], DistilData(texts), tmp_path / "out.spacy")
    assert result.failed == {"n3": "RuntimeError"} and result.silver == 9
    assert marked not in str(result)


def test_teachers_that_do_not_fit(teachers, texts, tmp_path):
    other = spacy.blank("zh")
    other.add_pipe("clinical_ner", config=ner_config()).add_label("其他")
    data, out = DistilData(texts), tmp_path / "out.spacy"
    with pytest.raises(ValueError, match="entity types"):
        spacy_clinrel.distil([teachers[0], other], data, out)
    with pytest.raises(ValueError, match="0 components of the type 'clinical_ner'"):
        spacy_clinrel.distil([spacy.blank("zh")], data, out)
    with pytest.raises(ValueError, match="threshold"):
        spacy_clinrel.distil(teachers, data, out, threshold=1.0)
    with pytest.raises(ValueError, match="teachers"):
        spacy_clinrel.distil([], data, out)
    assert not out.exists()


@pytest.mark.slow
def test_silver_relations(texts, tmp_path):
    teachers = [make_teacher(0, relations=True), make_teacher(1), make_teacher(2, relations=True)]
    out = tmp_path / "out.spacy"
    result = spacy_clinrel.distil(teachers, DistilData(texts), out, threshold=0.6)
    docs = read(out)
    assert result.relations == sum(len(doc._.relations) for doc in docs) > 0
    assert all(pair.score >= 0.6 for doc in docs for pair in silver_pairs(doc))
    assert all(silver_tags(doc) is not None for doc in docs)
    alone = spacy_clinrel.distil(teachers[:1], DistilData(texts), out, threshold=0.0)
    assert alone.relations > 0
    for doc in read(out):
        assert both(doc) == both(teachers[0](doc.text))


def test_command(teachers, texts, tmp_path):
    folders = [tmp_path / name for name in ("a", "b")]
    for nlp, folder in zip(teachers, folders):
        nlp.to_disk(folder)
    out = tmp_path / "out.spacy"
    result = invoke("clinrel", "distil", *folders, texts, out, "--max-characters", 200)
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    docs = read(out)
    assert 0 < len(docs) < 10 and f"Left out {10 - len(docs)} texts" in result.output
    assert not any(doc.text in result.output for doc in docs)
    result = invoke("clinrel", "distil", tmp_path / "none", texts, out)
    assert result.exit_code == 1 and "none" in result.output
