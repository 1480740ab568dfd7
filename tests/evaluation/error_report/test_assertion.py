"""The assertion part of a report, on a hand-computed example."""

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Span
from spacy.training import Example

from spacy_clinrel.evaluation.error_report import analyze, render_page
from spacy_clinrel.evaluation.error_report.assertion import analyze_assertion
from spacy_clinrel.evaluation.evaluate import evaluate_examples
from spacy_clinrel.tokens import set_doc_id

from ...util import make_doc

MARKED = "无[发热|症状]、[咳嗽|症状]，曾患[<肺炎>|疾病]，查[CT|检查]"


@Language.component("deny_everything", assigns=["span._.assertion"])
def deny_everything(doc):
    """Deny fever and pneumonia."""
    for start, end, label in ((1, 3, "症状"), (9, 13, "疾病")):
        if end <= len(doc):
            span = Span(doc, start, end, label=label)
            doc.ents = [*doc.ents, span]
            span._.assertion = ["negated"]
    return doc


@pytest.fixture
def examples(zh):
    gold = make_doc(zh, MARKED)
    fever, cough, pneumonia, _ = gold.ents
    assert (pneumonia.start, pneumonia.end) == (9, 13)
    fever._.assertion = cough._.assertion = ["negated"]
    pneumonia._.assertion = ["historical"]
    set_doc_id(gold, "<甲>")
    unknown = make_doc(zh, "无[发热|症状]")
    return gold, unknown


def test_attributes_are_counted_end_to_end_and_on_gold_mentions(zh, examples):
    gold, unknown = examples
    predicted = zh.make_doc(gold.text)
    fever, _, pneumonia, _ = gold.ents
    spans = [
        Span(predicted, fever.start, fever.end, label="症状"),
        Span(predicted, pneumonia.start, pneumonia.end, label="疾病"),
        Span(predicted, 0, 1, label="症状"),
    ]
    predicted.ents = spans
    for span in spans:
        span._.assertion = ["negated"]
    pairs = [Example(predicted, gold), Example(zh.make_doc(unknown.text), unknown)]

    end_to_end = analyze_assertion(zh, pairs, is_gold_entities=False)
    assert (end_to_end["documents"], end_to_end["types"]) == (1, ["疾病", "症状"])
    assert end_to_end["exact"] == {"gold": 3, "right": 1}
    rows = {row["name"]: row for row in end_to_end["scores"]["groups"]}
    counts = {name: (row["gold"], row["predicted"], row["right"]) for name, row in rows.items()}
    assert counts == {"negated": (2, 3, 1), "historical": (1, 0, 0)}
    rows = analyze_assertion(zh, pairs, is_gold_entities=True)["scores"]["groups"]
    counts = {row["name"]: (row["gold"], row["predicted"], row["right"]) for row in rows}
    assert counts == {"negated": (1, 2, 1), "historical": (1, 0, 0)}
    assert end_to_end["confusion"] == [
        {"gold": ["historical"], "predicted": ["negated"], "count": 1},
        {"gold": ["negated"], "predicted": ["negated"], "count": 1},
    ]
    [error] = end_to_end["errors"]
    assert (error["document"], error["text"], error["gold"]) == ("<甲>", "<肺炎>", ["historical"])


def test_the_page_has_an_escaped_assertion_part(examples):
    nlp = spacy.blank("zh")
    nlp.add_pipe("deny_everything")
    pairs = [Example(nlp.make_doc(doc.text), doc) for doc in examples]
    result = {"data": "dev.spacy", "scheme": None, **evaluate_examples(nlp, pairs)}
    page = render_page(analyze(nlp, pairs, result, samples=20), "en")
    assert ">Assertion</h2>" in page
    assert "&lt;肺炎&gt;" in page and "<肺炎>" not in page
    assert "&lt;甲&gt;" in page


def test_without_annotated_documents_there_is_no_part(zh, examples):
    _, unknown = examples
    pairs = [Example(zh.make_doc(unknown.text), unknown)]
    assert analyze_assertion(zh, pairs, is_gold_entities=False) is None
