"""The statistics of a report, compared with the scorers, and the report's page."""

import json
import re
from html.parser import HTMLParser

import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_clinrel.evaluation.error_report import (
    analyze,
    check_report,
    render_page,
    write_report,
)
from spacy_clinrel.evaluation.error_report.analysis import judge_examples
from spacy_clinrel.evaluation.error_report.candidates import (
    candidate_components,
    make_candidate_test,
)
from spacy_clinrel.evaluation.evaluate import evaluate_examples
from spacy_clinrel.evaluation.scorers import (
    END_TO_END,
    GOLD_ENTITIES,
    mention_key,
    score_entities,
    score_relations,
)
from spacy_clinrel.pipeline.label_space import LabelSpace
from spacy_clinrel.tokens import GROUP, set_doc_id, store_relations
from spacy_clinrel.viewer.page import script_source

from ...util import fit, gold_examples, make_doc, make_notes, relation_config

HOSTILE = "<script>alert('x')</script>&\"$a_b$"
GOLD = "[心电图|检查]提示[房颤|疾病]，予[补液|治疗]后[头痛|症状]缓解。无[咳嗽|症状]"
PREDICTED = "[心电图|检查]提示[房颤|症状]，予[补液|治疗]后[头痛|症状]缓解。无[咳嗽|症状]"
TAGS = ("iframe", "img", "link", "object", "embed", "base", "form")


@pytest.fixture
def nlp(zh):
    """Return a pipeline that predicts the annotation in `predictions` for each text."""
    predictions = {}

    def annotate(doc: Doc) -> Doc:
        marked, links = predictions.get(doc.text, (doc.text, []))
        predicted = make_doc(zh, marked, links)
        doc.ents = [Span(doc, ent.start, ent.end, label=ent.label_) for ent in predicted.ents]
        for i, (head, tail, label, _) in enumerate(predicted._.relations):
            ends = [Span(doc, end.start, end.end, label=end.label_) for end in (head, tail)]
            doc._.relations = [*doc._.relations, (*ends, label, 0.55 + 0.4 * (i % 2))]
        return doc

    Language.component("predict_fixture", func=annotate)
    nlp = spacy.blank("zh")
    nlp.add_pipe("predict_fixture")
    nlp.predictions = predictions
    return nlp


def evaluate_docs(nlp, docs):
    """Return annotated examples and their evaluation."""
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in docs]
    result = evaluate_examples(nlp, examples)
    result[END_TO_END] = {**score_entities(examples), **score_relations(examples)}
    return examples, {"data": "folder/dev.spacy", "scheme": None, **result}


@pytest.fixture
def example(nlp, zh):
    """Return the analysis of three documents, and their evaluation."""
    docs = [
        make_doc(zh, GOLD, [(0, 1, "证实"), (2, 3, HOSTILE)]),
        make_doc(zh, "予[补液|治疗]，[头痛|症状]缓解", [(0, 1, "改善")]),
        make_doc(zh, "[咳嗽|症状]三天，查[胸片|检查]"),
    ]
    set_doc_id(docs[0], "<b>first</b>")
    del docs[2].spans[GROUP]  # not annotated with relations
    nlp.predictions[docs[0].text] = (PREDICTED, [(0, 1, "证实"), (2, 3, "改善"), (2, 4, "改善")])
    nlp.predictions[docs[1].text] = ("予[补液|治疗]，[头痛|症状]缓解", [(0, 1, "改善")])
    examples, result = evaluate_docs(nlp, docs)
    return analyze(nlp, examples, result, samples=50), result


class Page(HTMLParser):
    """The tags, attributes and texts of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data):
        self.text.append(data)


def causes(figures):
    """Return the number of missed and spurious relations of each
    cause, if not 0."""
    rows = figures["budget"]["causes"]
    return {r["cause"]: (r["missed"], r["spurious"]) for r in rows if r["missed"] or r["spurious"]}


def test_figures_equal_the_scores(example):
    analysis, result = example
    figures = analysis.figures
    scores = result[END_TO_END]
    for kind, prefix in (("relations", "rel_micro"), ("entities", "ents")):
        micro = figures[kind]["micro"]
        assert [micro[key] for key in "prf"] == [scores[f"{prefix}_{key}"] for key in "prf"]
    assert figures["relations"]["macro_f"] == scores["rel_macro_f"]
    for row in figures["relations"]["groups"]:
        counts = ("p", "r", "f", "gold", "predicted", "right")
        assert {key: row[key] for key in counts} == scores["rel_per_type"][row["name"]]
    for row in figures["entities"]["groups"]:
        assert {key: row[key] for key in "prf"} == scores["ents_per_type"][row["name"]]
    assert causes(figures) == {
        "wrong_type": (1, 1),
        "wrong_label": (1, 1),
        "spurious_relation": (0, 1),
    }
    assert figures["by_sentence"][0]["gold"] == 3 and figures["by_sentence"][1]["predicted"] == 1
    assert sum(row["right"] for row in figures["by_distance"]) == 1
    assert figures["calibration"]["predictions"] == 4
    # The scores are 0.55, 0.95, 0.55 and 0.55. Only the last relation is right.
    error = (3 * abs(0.55 - 1 / 3) + 0.95) / 4
    assert figures["calibration"]["expected_calibration_error"] == pytest.approx(error)
    assert figures["evaluated"]["documents"] == 3
    assert figures["evaluated"]["documents_with_relations"] == 2
    (worst,) = figures["worst"]
    assert worst["name"] == "<b>first</b>" and len(worst["errors"]) == 3
    pair = next(error for error in worst["errors"] if error["cause"] == "wrong_label")
    assert pair["gold"]["label"] == HOSTILE and pair["predicted"]["label"] == "改善"
    assert pair["gold"]["head"] == {"text": "补液", "start": 9, "end": 11, "type": "治疗"}


def test_page_escapes_text_and_loads_nothing(example):
    """The page has no script except the viewer's."""
    analysis, _ = example
    page = Page(render_page(analysis, "en"))
    text = " ".join(" ".join(page.text).split())
    for words in (
        "Error budget",
        "Calibration",
        HOSTILE,
        "<b>first</b>",
        "End to end",
        "dev.spacy",
    ):
        assert words in text
    assert not set(TAGS) & set(page.tags) and "svg" in page.tags
    assert page.tags.count("script") == 1
    for _, name, value in page.attributes:
        assert not name.startswith("on") and name != "src"
        assert name != "href" or value.startswith("#")
    policy = next(v for _, n, v in page.attributes if n == "content" and "default-src" in v)
    own = f"default-src 'none'; style-src 'unsafe-inline'; script-src {script_source()}"
    assert policy == own
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    targets = {value[1:] for _, name, value in page.attributes if name == "href"}
    assert targets <= set(ids)
    labels = [value for tag, name, value in page.attributes if (tag, name) == ("svg", "aria-label")]
    assert len(labels) == 7 and HOSTILE in "".join(labels) and "改善 50.0" in "".join(labels)
    # The tables have the scores as `evaluate` prints them.
    assert f"{100 * analysis.figures['relations']['micro']['f']:.2f}" == "28.57" and "28.57" in text


def test_plots_use_text_and_the_colours_of_the_page(example):
    analysis, _ = example
    html = render_page(analysis, "en")
    plots = re.findall(r'<svg viewBox[^>]*role="img".*?</svg>', html, re.DOTALL)
    assert any(re.search(r"<text[^>]*>改善</text>", plot) for plot in plots)
    # Colours that are set in the plot would not change with the page's.
    assert not re.search(r"(fill|stroke|style)=", "".join(plots))


def test_report_between_gold_entities():
    """The report has no entity scores, and the pruned candidates agree with the recall ceiling."""
    nlp = spacy.blank("zh")
    nlp.add_pipe("relation_classifier", config=relation_config())
    notes = make_notes(nlp, 8)
    fit(nlp, gold_examples(nlp, notes), steps=10)
    far = make_doc(nlp, "予[补液|治疗]。后[头痛|症状]缓解", [(0, 1, "改善")])
    reversed_pair = make_doc(nlp, "予[补液|治疗]后[头痛|症状]缓解", [(1, 0, "改善")])
    examples = gold_examples(nlp, [*notes, far, reversed_pair])
    result = {"data": "dev.spacy", **evaluate_examples(nlp, examples, gold_entities=True)}
    analysis = analyze(nlp, examples, result, samples=20)
    figures, scores = analysis.figures, result[GOLD_ENTITIES]
    assert figures["entities"] is None and figures["candidates_known"]
    micro = figures["relations"]["micro"]
    assert [micro[key] for key in "prf"] == [scores[f"rel_micro_{key}"] for key in "prf"]
    lost = scores["candidates"]["relation_classifier"]["lost"]["no candidate"]
    # No candidate reaches two relations. The model may predict the second in the usual direction.
    by_cause = causes(figures)
    assert by_cause["pruned_candidate"][0] + by_cause.get("wrong_direction", (0, 0))[0] == lost == 2
    text = " ".join(Page(render_page(analysis, "en")).text)
    assert "Relations between gold entities" in text and "Entities" not in text.split()
    assert result["seed"] == 0


@pytest.mark.parametrize("types", [[], ["x", "y"]])
def test_candidate_test_compares_boundaries_and_types(zh, types):
    """Types that the component does not know are handled."""
    config = relation_config(typed=False, mentions="group")
    component = zh.add_pipe("relation_classifier", config=config)
    component.set_space(LabelSpace(types=tuple(types), is_typed=False))
    doc = zh.make_doc("头痛咳嗽。胸闷")
    spans = [Span(doc, *bounds) for bounds in ((0, 2, "x"), (0, 2, "y"), (2, 4, "x"), (5, 7, "y"))]
    store_relations(doc, spans, [])
    doc.ents = [Span(doc, 3, 4, label="z")]
    a, same_span, b, other_sentence, flat = (mention_key(span) for span in [*spans, *doc.ents])
    are_candidates = make_candidate_test(doc, candidate_components(zh))
    pairs = [(a, b), (b, a), (a, same_span), (a, other_sentence), (other_sentence, b), (flat, b)]
    assert are_candidates(pairs) == [True, True, True, False, False, False]
    assert make_candidate_test(doc, []) is None


def test_report_on_entities_alone(nlp, zh):
    doc = make_doc(zh, "[咳嗽|症状]三天")
    del doc.spans[GROUP]
    examples, result = evaluate_docs(nlp, [doc])
    analysis = analyze(nlp, examples, result, samples=5)
    assert analysis.figures["relations"] is None and analysis.figures["entities"]["micro"]["gold"]
    text = " ".join(Page(render_page(analysis, "en")).text)
    assert "entity type" in text.lower() and "Error budget" not in text


def test_report_without_gold_or_predicted_relations(nlp, zh):
    doc = make_doc(zh, "咳嗽三天")
    store_relations(doc, [], [])
    examples, result = evaluate_docs(nlp, [doc, make_doc(zh, "")])
    analysis = analyze(nlp, examples, result, samples=5)
    assert analysis.figures["budget"]["gold"] == 0 and analysis.figures["calibration"] is None
    assert "Nothing was predicted" in render_page(analysis, "en")
    assert "nan" not in json.dumps(analysis.figures).lower()


MENTIONS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(1, 4), st.sampled_from("xy")), min_size=1, max_size=5
)
EDGES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from("pq")), max_size=6)


def random_doc(nlp, mentions, edges):
    """Return a document with nested and duplicate mentions, and duplicate relations."""
    doc = nlp.make_doc("患者头痛，咳嗽。予补液，好")
    spans = [Span(doc, start, start + size, label=label) for start, size, label in mentions]
    rows = [(h % len(spans), t % len(spans), label, 0.5) for h, t, label in edges]
    store_relations(doc, spans, rows)
    return doc


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(MENTIONS, EDGES, MENTIONS, EDGES)
def test_budget_equals_the_scorer_for_any_documents(
    zh, gold_mentions, gold, predicted_mentions, predicted
):
    pair = Example(
        random_doc(zh, predicted_mentions, predicted), random_doc(zh, gold_mentions, gold)
    )
    (judged,) = judge_examples(zh, [pair])
    scores = score_relations([pair])["rel_per_type"].values()
    right = sum(score["right"] for score in scores)
    assert sum(row.cause == "right" for row in judged.rows) == right
    total = sum(score["gold"] + score["predicted"] for score in scores)
    assert judged.n_errors == total - 2 * right


def test_write_report_replaces_a_report_and_keeps_other_files(example, tmp_path):
    analysis, _ = example
    folder = tmp_path / "new" / "report"
    write_report(folder, analysis, "en")
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    (folder / "report.html").write_text("old", encoding="utf-8")
    write_report(folder, analysis, "en")
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["notes.txt", "report.html", "report.json"]
    assert (folder / "report.html").read_text(encoding="utf-8") == render_page(analysis, "en")
    figures = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert figures == json.loads(json.dumps(analysis.figures))


def test_check_report_refuses_files_in_the_way(tmp_path):
    taken = tmp_path / "report"
    taken.write_text("mine", encoding="utf-8")
    with pytest.raises(ValueError, match="F060"):
        check_report(taken)
    with pytest.raises(ValueError, match="F017"):
        check_report(tmp_path, tmp_path / "report.json")
    check_report(tmp_path / "new")
