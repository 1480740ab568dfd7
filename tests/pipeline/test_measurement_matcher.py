"""The component measurement_matcher: values in the store."""

import time

import pytest
import spacy
from spacy.tokens import DocBin
from spacy.util import load_model_from_config

from spacy_clinrel.pipeline.measurement_matcher import MeasurementMatcher
from spacy_clinrel.tokens import (
    GROUP,
    concat_docs,
    get_measurements,
    group_mentions,
    set_attributes,
)

from ..util import make_doc

LINE = "[体温|Test]38.2℃，[WBC|Test] 12.6×10^9/L↑，伴[头痛|Symptom]，[肺部|Body]阴影2×3cm。"
PATTERNS = [{"label": "Test", "pattern": name} for name in ("体温", "WBC", "血压")]


@pytest.fixture(scope="module")
def nlp():
    nlp = spacy.blank("zh")
    nlp.add_pipe("entity_ruler").add_patterns(PATTERNS)
    nlp.add_pipe("measurement_matcher")
    return nlp


@pytest.fixture(scope="module")
def matcher():
    return MeasurementMatcher("zh")


def values(doc):
    return [(ent.text, ent._.value and ent._.value["text"]) for ent in doc.ents]


def found(doc):
    return [
        (m.span.text, m.span.label_, m.values["form"])
        for m in get_measurements(doc)
        if m.span.label_ == "VALUE"
    ]


def test_values_of_gold_mentions(matcher, zh):
    doc = matcher(make_doc(zh, LINE))
    assert values(doc) == [
        ("体温", "38.2℃"),
        ("WBC", "12.6×10^9/L↑"),
        ("头痛", None),
        ("肺部", None),
    ]
    wbc = doc.ents[1]._.value
    assert wbc["number"] == 12.6 and wbc["ucum"] == "10*9/L" and wbc["flag"] == "high"
    assert wbc["range"] is None
    assert found(doc) == [
        ("38.2℃", "VALUE", "number"),
        ("12.6×10^9/L↑", "VALUE", "number"),
        ("2×3cm", "VALUE", "size"),
    ]


def test_values_of_predicted_entities(nlp):
    doc = nlp("入院体温39.1℃，血压92/60mmHg。")
    assert values(doc) == [("体温", "39.1℃"), ("血压", "92/60mmHg")]
    assert [span.text for span in group_mentions(doc)] == ["体温", "血压"]
    assert doc.spans[GROUP].attrs["from_ents"] is True


def test_values_of_nested_mentions(matcher, zh):
    doc = matcher(make_doc(zh, "[[双下肢|Body]肌力|Test]4级"))
    (test, body) = group_mentions(doc)
    assert test._.value["number"] == 4 and body._.value is None


@pytest.mark.parametrize("text", ["", "\n", "体温", "38.2℃", "体温正常吗", "，。", "🩺38.2℃"])
def test_texts_with_nothing_to_bind(nlp, text):
    doc = nlp(text)
    assert all(ent._.value is None or ent._.value["qualitative"] for ent in doc.ents)
    assert "measurements" in doc.spans


def test_value_without_a_test_stays_unbound(nlp):
    doc = nlp("昨夜38.9℃，今晨降至37.0℃。")
    assert found(doc) == [("38.9℃", "VALUE", "number"), ("37.0℃", "VALUE", "number")]
    assert group_mentions(doc) == []


def test_relations_and_attributes_are_kept(matcher, zh):
    doc = make_doc(zh, "[体温|Test]38.2℃提示[感染|Disease]，无[头痛|Symptom]。", [(0, 1, "证实")])
    set_attributes(doc, [(doc.ents[2], "negated")])
    matcher(doc)
    assert values(doc)[0] == ("体温", "38.2℃") and len(doc._.relations) == 1
    assert doc.ents[2]._.is_negated


def test_a_second_run_replaces_the_values(matcher, zh):
    doc = matcher(make_doc(zh, LINE))
    doc.ents[2]._.value = {"text": "剧烈"}
    assert found(matcher(doc)) == found(matcher(make_doc(zh, LINE)))
    assert values(doc) == values(matcher(make_doc(zh, LINE)))


def test_types_are_an_option(zh):
    matcher = MeasurementMatcher("zh", test_types=["检查", "体征"])
    doc = matcher(make_doc(zh, "[体温|检查]38.2℃，[压痛|体征](+)，[WBC|Test]12.6"))
    assert values(doc) == [("体温", "38.2℃"), ("压痛", "(+)"), ("WBC", None)]


def test_english():
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "test", "pattern": "WBC"}])
    nlp.add_pipe("measurement_matcher")
    doc = nlp("Labs: WBC 14.2 K/uL (4-11), positive culture.")
    assert values(doc) == [("WBC", "14.2 K/uL (4-11)")]
    assert doc.ents[0]._.value["range"] == {"low": 4.0, "high": 11.0}


def test_storage_and_concatenation(matcher, zh):
    doc = matcher(make_doc(zh, LINE))
    stored = DocBin().from_bytes(DocBin(docs=[doc, doc.copy()]).to_bytes())
    for copy in stored.get_docs(spacy.blank("zh").vocab):
        assert values(copy) == values(doc) and found(copy) == found(doc)
    joined = concat_docs([doc, doc])
    assert values(joined) == values(doc) * 2 and found(joined) == found(doc) * 2


def test_retokenization_after_the_component(matcher, zh):
    doc = matcher(make_doc(zh, LINE))
    before = values(doc), found(doc)
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc.ents[0])
    assert (values(doc), found(doc)) == before


@pytest.mark.slow
def test_several_processes(nlp):
    texts = ["体温38.2℃", "血压120/80mmHg", "WBC 9.1×10^9/L"]
    docs = list(nlp.pipe(texts, n_process=2, batch_size=1))
    assert [values(doc) for doc in docs] == [values(nlp(text)) for text in texts]


@pytest.mark.parametrize("storage", ["disk", "bytes"])
def test_own_rules_are_saved_with_the_pipeline(tmp_path, storage):
    path = tmp_path / "rules.yml"
    path.write_text("units: {格: '{grid}'}\n", encoding="utf-8")
    nlp = spacy.blank("zh")
    nlp.add_pipe("measurement_matcher", config={"path": str(path)})
    if storage == "disk":
        nlp.to_disk(tmp_path / "pipeline")
        path.unlink()
        loaded = spacy.load(tmp_path / "pipeline")
    else:
        data, config = nlp.to_bytes(), nlp.config
        path.unlink()
        loaded = load_model_from_config(config, auto_fill=True).from_bytes(data)
    doc = loaded.get_pipe("measurement_matcher")(make_doc(loaded, "[体温|Test]8格"))
    assert doc.ents[0]._.value["ucum"] == "{grid}"


def test_missing_rules_file(tmp_path):
    nlp = spacy.blank("zh")
    nlp.add_pipe("measurement_matcher", config={"path": str(tmp_path / "none.yml")})
    with pytest.raises(ValueError, match=r"C042.*none.yml"):
        nlp("体温38.2℃")


def test_broken_rules_file(tmp_path):
    path = tmp_path / "rules.yml"
    path.write_text("units: [a]\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"C081.*'units'"):
        spacy.blank("zh").add_pipe("measurement_matcher", config={"path": str(path)})


def test_language_without_rules():
    with pytest.raises(ValueError, match=r"C041.*'de'"):
        spacy.blank("de").add_pipe("measurement_matcher")


def test_time_is_linear_in_the_length(matcher, zh):
    line = "[体温|Test]38.2℃，[WBC|Test] 12.6×10^9/L↑，[CRP|Test]、[PCT|Test]明显升高，"
    seconds = []
    for repeats in (50, 400):
        doc = make_doc(zh, line * repeats)
        start = time.perf_counter()
        matcher.find(doc)
        seconds.append(time.perf_counter() - start)
    assert seconds[1] < 30 * seconds[0]
