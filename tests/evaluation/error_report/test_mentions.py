"""Strings that are missed or predicted wrongly, and the comparison with the training data."""

import json

import pytest
import spacy
from spacy.training import Example

from spacy_clinrel.evaluation.error_report import analyze, read_training_data, render_page
from spacy_clinrel.evaluation.error_report.mentions import (
    count_mentions,
    judge_mentions,
    list_strings,
)
from spacy_clinrel.evaluation.error_report.texts import get_texts
from spacy_clinrel.evaluation.error_report.transfer import known_labels
from spacy_clinrel.evaluation.evaluate import evaluate, evaluate_examples

from ...util import make_doc, ner_config, write_docs

# Gold and predicted. The first cough and the second fever are missed, the operation has another
# type, and the headache another boundary.
PAIRS = [
    ("[咳嗽|症状]，[发热|症状]，行[阑尾切除|治疗]", "咳嗽，[发热|症状]，行[阑尾切除|检查]"),
    ("ＣＴ示[咳 嗽|症状]，剧烈[头痛|症状]", "[ＣＴ|检查]示[咳 嗽|症状]，[剧烈头痛|症状]"),
    ("[发热|症状]，查[<b>|检查]", "发热，查<b>"),
]


@pytest.fixture
def examples(zh):
    return [Example(make_doc(zh, predicted), make_doc(zh, gold)) for gold, predicted in PAIRS]


def rows_of(strings):
    return {label: [tuple(row) for row in rows] for label, rows in strings.items()}


def test_counts_equal_the_scores(examples):
    rows = count_mentions(judge_mentions(examples))
    assert [list(row.values()) for row in rows] == [
        ["症状", 5, 2, 2, 1, 0, 3, 0],
        ["检查", 1, 0, 1, 0, 0, 2, 1],
        ["治疗", 1, 0, 0, 0, 1, 0, 0],
    ]


def test_strings_are_listed_by_type(examples):
    strings = {row.type: row for row in list_strings(judge_mentions(examples))}
    assert rows_of({label: row.missed for label, row in strings.items()}) == {
        "症状": [
            ("发热", 2, 1, (1, 0, 0), ""),
            ("咳嗽", 1, 0, (1, 0, 0), ""),
            ("头痛", 1, 0, (0, 1, 0), "剧烈头痛"),
        ],
        "检查": [("<b>", 1, 0, (1, 0, 0), "")],
        "治疗": [("阑尾切除", 1, 0, (0, 0, 1), "检查")],
    }
    assert rows_of({label: row.spurious for label, row in strings.items()}) == {
        "症状": [("剧烈头痛", 1, 0, (0, 1, 0), "头痛")],
        "检查": [("阑尾切除", 1, 0, (0, 0, 1), "治疗"), ("ＣＴ", 1, 0, (1, 0, 0), "")],
        "治疗": [],
    }


def test_predictions_on_tokens_without_annotation_are_left_out(zh):
    gold = make_doc(zh, "咳嗽，[发热|症状]")
    gold.set_ents(list(gold.ents), default="missing")
    (judged,) = judge_mentions([Example(make_doc(zh, "[咳嗽|症状]，[发热|症状]"), gold)])
    assert [mention.text for mention in judged.predicted] == ["发热"]
    del gold.spans["clinrel"]
    assert judge_mentions([Example(zh.make_doc("咳嗽"), zh.make_doc("咳嗽"))]) == []


@pytest.fixture
def training(zh, tmp_path):
    docs = [make_doc(zh, text) for text in ("[发热|症状]，[头痛|疾病]，咳嗽三天", PAIRS[2][0])]
    return read_training_data(write_docs(tmp_path / "train.spacy", docs), zh)


def test_recall_by_occurrence_in_the_training_data(zh, examples, training):
    assert (training.name, training.documents) == ("train.spacy", 2)
    found = [training.find(text, "症状") for text in ("发热", "头痛", "咳嗽", "乏力")]
    assert found == ["annotated", "other_type", "unannotated", "new"]
    result = {"data": "dev.spacy", "scheme": None, **evaluate_examples(zh, examples)}
    analysis = analyze(zh, examples, result, samples=5, training=training)
    figures = analysis.figures["transfer"]["training"]
    assert figures["copies"] == 1 and figures["recall"][0]["type"] is None
    counts = {
        row["type"]: [tuple(counts.values()) for counts in row["groups"].values()]
        for row in figures["recall"]
    }
    assert counts == {
        None: [(3, 1), (1, 0), (1, 0), (2, 1)],
        "症状": [(2, 1), (1, 0), (1, 0), (1, 1)],
        "检查": [(1, 0), (0, 0), (0, 0), (0, 0)],
        "治疗": [(0, 0), (0, 0), (0, 0), (1, 0)],
    }
    gaps = [(gap.type, gap.group, gap.row.text) for gap in analysis.gaps.strings]
    assert gaps == [
        ("治疗", "new", "阑尾切除"),
        ("症状", "unannotated", "咳嗽"),
        ("症状", "other_type", "头痛"),
    ]
    words = figures["words"]
    assert (words["with_gold"], words["without_gold"]) == (1, 6)
    assert analysis.gaps.n_words == words["unseen"] and ("阑", 1) in analysis.gaps.words
    # Strings are on the page, escaped, and not in the statistics.
    page, stored = render_page(analysis), json.dumps(analysis.figures, ensure_ascii=False)
    assert (
        "阑尾切除" in page
        and "&lt;b&gt;" in page
        and '<th scope="row" class="text"><b>' not in page
    )
    assert not [text for text in ("阑尾切除", "剧烈头痛", "<b>") if text in stored]


def test_types_that_the_pipeline_lacks(zh, examples):
    nlp = spacy.blank("zh")
    assert known_labels(nlp, "doc.ents") is None
    nlp.add_pipe("clinical_ner", config=ner_config()).add_label("症状")
    assert known_labels(nlp, "doc.ents") == {"症状"}
    result = {"data": "dev.spacy", "scheme": None, **evaluate_examples(zh, examples)}
    analysis = analyze(nlp, examples, result, samples=5)
    assert analysis.figures["transfer"]["unknown_types"] == {"治疗": 1, "检查": 1}
    page = render_page(analysis, "en")
    assert "cannot find their mentions: 治疗 (1), 检查 (1)" in page
    assert get_texts("en")["transfer"]["no_train"] in page


def test_training_data_needs_a_report_and_predicted_entities(zh, tmp_path):
    path = write_docs(tmp_path / "dev.spacy", [make_doc(zh, PAIRS[0][0])])
    with pytest.raises(ValueError, match="F061"):
        evaluate(zh, path, train=path)
    with pytest.raises(ValueError, match="F061"):
        evaluate(zh, path, train=path, report=tmp_path / "report", gold_entities=True)


def test_evaluate_writes_the_report_in_a_language(zh, tmp_path):
    path = write_docs(tmp_path / "dev.spacy", [make_doc(zh, PAIRS[0][0])])
    ruler = zh.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "症状", "pattern": "发热"}])
    evaluate(zh, path, train=path, report=tmp_path / "report", lang="en", samples=5)
    page = (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
    assert "Transfer gaps" in page and "阑尾切除" in page
