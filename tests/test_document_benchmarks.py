"""The benchmarks of document-level relations and of sentence boundaries, at a small setting."""

import json

import pytest
from spacy import util

from .util import make_doc, run_python


@pytest.mark.slow
def test_tables_and_going_on(as_corpora, run_benchmark, tmp_path):
    args = ("--data", as_corpora, "--results", tmp_path / "documents", "--work", tmp_path / "w")
    systems = ("BiGRU-Att", "Hierarchical, CRF of a sentence")
    args += ("--small", "--seeds", 0, "--jobs", 1, "--only", "layer", "--systems", *systems)
    assert run_benchmark("documents.py", *args)[0] == 0
    report = (tmp_path / "documents.md").read_text(encoding="utf-8")
    figures = json.loads((tmp_path / "documents.json").read_text(encoding="utf-8"))
    assert {result["system"] for result in figures} == set(systems)
    for result in figures:
        places = result["test"]
        assert places["within"]["gold"] + places["across"]["gold"] == places["all"]["gold"] > 0
        row = next(line for line in report.splitlines() if f"| {result['system']} | 1 |" in line)
        assert f"{100 * places['all']['f']:.2f}" in row
        limit = result["threshold"]
        assert (f"| {limit:g} |" in row and limit >= 0.1) if "BiGRU" in row else limit == 0.0
    before = [path.stat().st_mtime_ns for path in sorted((tmp_path / "documents").iterdir())]
    assert run_benchmark("documents.py", *args)[0] == 0
    assert before == [
        path.stat().st_mtime_ns for path in sorted((tmp_path / "documents").iterdir())
    ]


def test_every_system_has_a_config_that_is_whole(as_corpora, benchmarks):
    from document_settings import CORPORA, SYSTEMS, Cell, config

    for system in SYSTEMS:
        for corpus, data in CORPORA.items():
            made = config(Cell(system, corpus, 1, as_corpora))
            assert made["system"]["seed"] == 1 and made["training"]["max_steps"] == data.steps
            nlp = util.load_model_from_config(made, auto_fill=False, validate=True)
            assert nlp.pipe_names[-1] == "relation_classifier"
            chained = "chain_loss" in nlp.get_pipe("relation_classifier").model.attrs
            assert chained == ("Hierarchical" in system and "no CRF" not in system)


def test_relations_are_counted_by_place(benchmarks, zh):
    from documents import place_counts

    text = "[阿司匹林|治疗]治[心梗|疾病]。[胸痛|症状]缓解。"
    gold = make_doc(zh, text, [(0, 1, "改善"), (0, 2, "改善")])
    predicted = make_doc(zh, text, [(0, 1, "改善"), (1, 2, "改善"), (0, 2, "证实")])
    assert place_counts(gold, predicted, False) == {
        "all": [1, 3, 2],
        "within": [1, 1, 1],
        "across": [0, 2, 1],
    }


def test_the_threshold_is_that_of_the_best_f(benchmarks, zh, tmp_path):
    from document_settings import Cell
    from documents import best_threshold, measure

    text = "[阿司匹林|治疗]治[心梗|疾病]。[胸痛|症状]缓解。"
    gold = make_doc(zh, text, [(0, 1, "改善"), (0, 2, "改善")])
    predicted = make_doc(zh, text, [(0, 1, "改善"), (1, 2, "改善"), (0, 2, "改善")])
    scores = {("阿司匹林", "心梗"): 0.95, ("心梗", "胸痛"): 0.3, ("阿司匹林", "胸痛"): 0.65}
    predicted._.relations = [
        relation._replace(score=scores[relation.head.text, relation.tail.text])
        for relation in predicted._.relations
    ]
    docs = [(gold, predicted)]
    found = {limit: measure(docs, False, limit)["all"]["f"] for limit in (0.1, 0.4, 0.6, 0.7)}
    assert found == pytest.approx({0.1: 0.8, 0.4: 1.0, 0.6: 1.0, 0.7: 2 / 3})
    assert best_threshold(Cell("BiGRU-Att", "layer", 0, tmp_path), docs) == 0.4
    # Viterbi has decided already.
    assert best_threshold(Cell("Hierarchical, CRF of a sentence", "layer", 0, tmp_path), docs) == 0


@pytest.mark.parametrize("sents", [True, False])
def test_sentences_of_the_doc(benchmarks, zh, sents):
    from documents import place_counts

    doc = make_doc(zh, "[阿司匹林|治疗]治。[心梗|疾病]。", [(0, 1, "改善")])
    for i, token in enumerate(doc):
        token.is_sent_start = i == 0
    assert place_counts(doc, doc, sents)["within" if sents else "across"] == [1, 1, 1]


@pytest.mark.slow
def test_memory_and_time_against_length(benchmarks, tmp_path):
    out = tmp_path / "length.md"
    script = benchmarks / "document_length.py"
    run_python(script, "--tokens", 100, "--threads", 1, "--out", out)
    predicted, trained = json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))["results"]
    assert (predicted["way"], trained["way"]) == ("predict", "train")
    for one in (predicted, trained):
        assert (one["tokens"], one["mentions"]) == (100, 10)
        # Each mention with all others: the text has three sentences.
        assert one["pairs"] == 90 and one["seconds"] > 0
        assert 100 < one["before_mib"] <= one["peak_mib"] < 10_000
    assert "| 100 | 10 | 90 |" in out.read_text(encoding="utf-8")


def test_sentence_boundaries_are_counted_in_each_layout(run_benchmark, tmp_path):
    folder = tmp_path / "corpora" / "maccrobat2020" / "all"
    folder.mkdir(parents=True)
    lines = ["He came with a temp. of 39 C on day 2.", "", "No fever was found; X-ray was normal."]
    (folder / "1.txt").write_text("\n".join(lines), encoding="utf-8")
    out = tmp_path / "out" / "sentences.md"
    run_benchmark("sentences.py", "--corpora", tmp_path / "corpora", "--out", out)
    found = {
        (figures["layout"], figures["component"]): (figures["p"], figures["r"])
        for figures in json.loads(out.with_suffix(".json").read_text(encoding="utf-8"))
    }
    # Of two sentences, the sentencizer ends one at "temp." as well.
    assert found["one line", "sentencizer"] == pytest.approx((2 / 3, 1.0))
    assert found["one line", "clinical_sentencizer"] == (1.0, 1.0)
    assert found["a sentence a line", "clinical_sentencizer"] == (1.0, 1.0)
    assert len(found) == 6
