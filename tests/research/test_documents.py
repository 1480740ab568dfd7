"""The study of document-level relations, with a small configuration."""

import pytest
from spacy import util

from benchmarks.common import read_records
from research.common.cells import Cell
from research.documents.cells import best_threshold, count_relations, measure
from research.documents.encoders import WITH_ENCODER, encoder_path, make_encoders
from research.documents.settings import SETTINGS, SYSTEMS, document_config, has_crf
from research.documents.study import DocumentStudy
from spacy_clinrel.ml.pair_crf import ChainHead

from ..util import make_doc


@pytest.mark.study
def test_document_tables_and_resuming(as_corpora, run_study, tmp_path):
    systems = ("BiGRU-Att", "Hierarchical, CRF of a sentence")
    args = ("--data", as_corpora, "--corpora", "layer", "--systems", *systems)
    failed, output = run_study(DocumentStudy(), *args)
    assert failed == 0, output
    report = (tmp_path / "results" / "documents_small.md").read_text(encoding="utf-8")
    figures = read_records(tmp_path / "results" / "documents_small.jsonl")
    assert {result["system"] for result in figures} == set(systems)
    for result in figures:
        test = result["test"]
        assert test["within"]["gold"] + test["across"]["gold"] == test["all"]["gold"] > 0
        row = next(line for line in report.splitlines() if f"| {result['system']} | 1 |" in line)
        assert f"{100 * test['all']['f']:.2f}" in row
        threshold = result["threshold"]
        if "BiGRU" in row:
            assert f"| {threshold:g} |" in row and threshold >= 0.1
        else:
            assert threshold == 0.0
    cells = sorted((tmp_path / "work" / "cells").iterdir())
    modified = [path.stat().st_mtime_ns for path in cells]
    assert run_study(DocumentStudy(), *args)[0] == 0
    assert modified == [path.stat().st_mtime_ns for path in cells]


@pytest.mark.study
def test_every_document_system_has_a_valid_config(as_corpora):
    for system in SYSTEMS:
        for corpus, settings in SETTINGS.items():
            config = document_config(Cell(system, corpus, 1, "cpu", as_corpora))
            assert config["system"]["seed"] == 1
            assert config["training"]["max_steps"] == settings.steps
            nlp = util.load_model_from_config(config, auto_fill=False, validate=True)
            assert nlp.pipe_names[-1] == "relation_classifier"
            has_chain = isinstance(nlp.get_pipe("relation_classifier").head, ChainHead)
            assert has_chain == ("Hierarchical" in system and "no CRF" not in system)


@pytest.mark.study
def test_systems_with_an_encoder_have_a_valid_config(as_corpora, tmp_path):
    for system, (base, encoder) in WITH_ENCODER.items():
        cell = Cell(system, "maccrobat", 1, "small", as_corpora, work=tmp_path / "work")
        make_encoders([cell])
        config = document_config(cell)
        nlp = util.load_model_from_config(config, auto_fill=False, validate=True)
        assert nlp.pipe_names[-1] == "relation_classifier" and has_crf(system) == has_crf(base)
        relations = config["components"]["relation_classifier"]["model"]
        tok2vec = relations.get("relations", relations)["tok2vec"]
        assert tok2vec["encoder"]["name"] == str(encoder_path(cell, encoder))
        # Without pretrained weights, the layers learn at the rate of the rest.
        assert (tok2vec["encoder_rate"] == 1.0) == ("random" in system)


def test_relations_are_counted_within_and_across_sentences(zh):
    text = "[阿司匹林|治疗]治[心梗|疾病]。[胸痛|症状]缓解。"
    gold = make_doc(zh, text, [(0, 1, "改善"), (0, 2, "改善")])
    predicted = make_doc(zh, text, [(0, 1, "改善"), (1, 2, "改善"), (0, 2, "证实")])
    assert count_relations(gold, predicted, False) == {
        "all": [1, 3, 2],
        "within": [1, 1, 1],
        "across": [0, 2, 1],
    }


def test_the_threshold_with_the_best_f_is_chosen(zh, tmp_path):
    text = "[阿司匹林|治疗]治[心梗|疾病]。[胸痛|症状]缓解。"
    gold = make_doc(zh, text, [(0, 1, "改善"), (0, 2, "改善")])
    predicted = make_doc(zh, text, [(0, 1, "改善"), (1, 2, "改善"), (0, 2, "改善")])
    scores = {("阿司匹林", "心梗"): 0.95, ("心梗", "胸痛"): 0.3, ("阿司匹林", "胸痛"): 0.65}
    predicted._.relations = [
        relation._replace(score=scores[relation.head.text, relation.tail.text])
        for relation in predicted._.relations
    ]
    docs = [(gold, predicted)]
    thresholds = (0.1, 0.4, 0.6, 0.7)
    scores = {threshold: measure(docs, False, threshold)["all"]["f"] for threshold in thresholds}
    assert scores == pytest.approx({0.1: 0.8, 0.4: 1.0, 0.6: 1.0, 0.7: 2 / 3})
    assert best_threshold(Cell("BiGRU-Att", "layer", 0, "cpu", tmp_path), docs) == 0.4
    # With a CRF, Viterbi has decided.
    crf = Cell("Hierarchical, CRF of a sentence", "layer", 0, "cpu", tmp_path)
    assert best_threshold(crf, docs) == 0


@pytest.mark.parametrize("use_sents", [True, False])
def test_sentences_of_the_doc(zh, use_sents):
    doc = make_doc(zh, "[阿司匹林|治疗]治。[心梗|疾病]。", [(0, 1, "改善")])
    for i, token in enumerate(doc):
        token.is_sent_start = i == 0
    assert count_relations(doc, doc, use_sents)["within" if use_sents else "across"] == [1, 1, 1]
