"""The component `assertion_rules`: its options, its storage and the components around it."""

import pickle
from itertools import pairwise

import numpy as np
import pytest
import spacy
import srsly
from spacy.tokens import Doc, Span, SpanGroup

from spacy_clinrel.pipeline.assertion.assertion_rules import AssertionRulesPipe
from spacy_clinrel.pipeline.entities import set_tagged_entities
from spacy_clinrel.tokens import group_mentions, has_assertion, store_relations, write_assertion
from spacy_clinrel.tokens.bieos import spans_to_tags
from spacy_clinrel.types import ASSERTIONS

from .conftest import example_lines, found, parse

NAME = "assertion_rules"


def test_invented_sentences(lang):
    nlp = spacy.blank(lang)
    rules = nlp.add_pipe(NAME)
    wrong = []
    for line in example_lines(lang):
        doc, expected = parse(line, nlp)
        if found(rules(doc)) != expected:
            wrong.append((line, found(doc)))
    assert wrong == []


def test_examples_are_many_and_cover_all_attributes(lang):
    lines = example_lines(lang)
    assert len(lines) >= {"zh": 120, "en": 60}[lang]
    text = "".join(lines)
    assert all(f"{letter}]" in text for letter in "NUCHF")


def test_words_as_tokens_get_the_same_attributes(nlp):
    """The rules read characters, so that the tokens need only respect the mentions."""
    for line in example_lines("zh"):
        doc, expected = parse(line, nlp)
        bounds = sorted({0, len(doc), *(i for ent in doc.ents for i in (ent.start, ent.end))})
        words = [doc[a:b].text for a, b in pairwise(bounds)]
        coarse = Doc(nlp.vocab, words=words, spaces=[False] * len(words))
        coarse.ents = [
            coarse.char_span(ent.start_char, ent.end_char, label=ent.label) for ent in doc.ents
        ]
        assert found(nlp.get_pipe(NAME)(coarse)) == expected, line


def test_full_width_and_ascii_punctuation_are_the_same(nlp):
    for text in ("无[发热|N],[咳嗽|]明显.[腹痛|N](-)", "无[发热|N]，[咳嗽|]明显．[腹痛|N]（－）"):
        doc, expected = parse(text, nlp)
        assert found(nlp.get_pipe(NAME)(doc)) == expected


def test_behind_an_entity_ruler(nlp):
    ruler = nlp.add_pipe("entity_ruler", first=True)
    ruler.add_patterns([{"label": "Symptom", "pattern": "发热"}, {"label": "X", "pattern": "咳嗽"}])
    doc = nlp("无发热，咳嗽明显。")
    assert [ent._.is_negated for ent in doc.ents] == [True, False]
    assert has_assertion(doc)


def test_nested_mentions_of_the_group():
    doc = spacy.blank("zh").make_doc("否认冠心病病史，未见积液")
    rows = [(2, 5), (2, 7), (8, 12), (10, 12)]
    store_relations(doc, [Span(doc, start, end, label="X") for start, end in rows], [])
    AssertionRulesPipe(mentions="group")(doc)
    assert [list(span._.assertion) for span in group_mentions(doc)] == [
        ["negated", "historical"],
        ["negated", "historical"],
        [],  # the cue is part of the mention
        ["negated"],
    ]


def test_types_limit_what_is_judged_and_keep_other_attributes():
    nlp = spacy.blank("zh")
    doc = nlp.make_doc("无发热及咳嗽。")
    doc.ents = [Span(doc, 1, 3, label="Symptom"), Span(doc, 4, 6, label="Body")]
    write_assertion(doc, [doc.ents[1]], _holds("family"))
    AssertionRulesPipe(types=["Symptom"])(doc)
    assert found(doc) == [["negated"], ["family"]]
    AssertionRulesPipe()(doc)
    assert found(doc) == [["negated"], ["negated"]]


def _holds(name):
    import numpy as np

    return np.asarray([[other == name for other in ASSERTIONS]])


def test_only_chosen_attributes_are_set(nlp):
    doc, _ = parse("否认[肝炎|NH]病史。", nlp)
    assert found(AssertionRulesPipe(attributes=["historical"])(doc)) == [["historical"]]
    with pytest.raises(ValueError, match=r"C050.*denied"):
        AssertionRulesPipe(attributes=["denied"])


def test_sections_give_attributes(nlp):
    line = "既往史\n[糖尿病|H]，口服[二甲双胍|]。\n家族史\n[高血压|F]。\n查体\n[皮疹|]。"
    doc, expected = parse(line, nlp)
    spans = []
    for start, end, label in ((0, 3, "past_history"), (3, 5, "family_history"), (5, 7, "exam")):
        lines = [0, *(i + 1 for i, token in enumerate(doc) if token.text == "\n"), len(doc)]
        bounds = {0: lines[0], 3: lines[2], 5: lines[4], 7: lines[-1]}
        spans.append(Span(doc, bounds[start], bounds[end], label=label))
    doc.spans["sections"] = SpanGroup(doc, name="sections", spans=spans)
    assert found(nlp.get_pipe(NAME)(doc)) == expected


@pytest.mark.parametrize("text", ["", " ", "\n\n", "主诉：\n现病史：\n既往史：", "无", "。"])
def test_texts_without_mentions(nlp, text):
    doc = nlp(text)
    assert doc.text == text
    assert has_assertion(doc)
    assert not doc.ents


@pytest.mark.parametrize("found_before", [[], ["咳嗽"]])
def test_mentions_found_after_the_rules_do_not_count_as_affirmed(nlp, found_before):
    doc = nlp.make_doc("咳嗽3天，无发热。")
    doc.vocab.strings.add("Symptom")
    doc.ents = [Span(doc, 0, 2, label="Symptom")] if found_before else []
    nlp.get_pipe(NAME)(doc)
    assert has_assertion(doc)
    tags = spans_to_tags(np.asarray([[0, 2, 0], [6, 8, 0]]), len(doc))
    set_tagged_entities([doc], [tags], ["Symptom"], overwrite=False)
    assert [ent.text for ent in doc.ents] == ["咳嗽", "发热"]
    assert not has_assertion(doc)
    nlp.get_pipe(NAME)(doc)
    set_tagged_entities([doc], [tags], ["Symptom"], overwrite=True)
    assert has_assertion(doc)
    assert doc.ents[1]._.is_negated


def test_two_components_with_different_attributes_add_up(nlp):
    doc = nlp.make_doc("父亲无糖尿病")
    doc.ents = [Span(doc, 3, 6, label="Disease")]
    for attribute in ("negated", "family"):
        AssertionRulesPipe(attributes=[attribute])(doc)
    assert list(doc.ents[0]._.assertion) == ["negated", "family"]
    AssertionRulesPipe(attributes=["uncertain"])(doc)
    assert list(doc.ents[0]._.assertion) == ["negated", "family"]


@pytest.mark.parametrize(
    "text", ["[无发热。|]", "[既往史|]", "[无|]", "[" + "否认肝炎" * 20 + "|]"]
)
def test_a_mention_that_is_the_whole_text(nlp, text):
    doc, expected = parse(text, nlp)
    assert found(nlp.get_pipe(NAME)(doc))[0] in (expected[0], ["historical"])


def test_extension_of_another_package_gets_the_values(nlp):
    from spacy_clinrel.tokens import extensions

    old = Span.remove_extension("is_negated")
    Span.set_extension("is_negated", default=False)
    try:
        doc, _ = parse("无[发热|N]。", nlp)
        assert nlp.get_pipe(NAME)(doc).ents[0]._.is_negated
    finally:
        Span.remove_extension("is_negated")
        Span.set_extension("is_negated", getter=old[2], setter=old[3])
        extensions.register_extensions()


def test_a_saved_pipeline_needs_no_file(tmp_path, nlp):
    file = tmp_path / "own.yml"
    file.write_text("cues:\n  negated_before:\n    words: [查无]\n", encoding="utf8")
    pipeline = spacy.blank("zh")
    pipeline.add_pipe(NAME, config={"path": str(file)})
    pipeline.to_disk(tmp_path / "pipeline")
    data = pipeline.to_bytes()
    file.unlink()
    other = spacy.blank("zh").from_config(pipeline.config).from_bytes(data)
    copy = pickle.loads(pickle.dumps(pipeline.get_pipe(NAME)))
    components = [p.get_pipe(NAME) for p in (spacy.load(tmp_path / "pipeline"), other)]
    for component in [*components, copy]:
        doc, expected = parse("查无[结石|N]。", nlp)
        assert found(component(doc)) == expected


def test_two_processes(nlp):
    nlp.add_pipe("entity_ruler", first=True).add_patterns([{"label": "S", "pattern": "发热"}])
    docs = list(nlp.pipe(["无发热。", "发热。"], n_process=2))
    assert [doc.ents[0]._.is_negated for doc in docs] == [True, False]


def test_a_missing_file_is_reported_with_the_first_document(nlp, tmp_path):
    nlp.add_pipe(NAME, name="own", config={"path": str(tmp_path / "none.yml")})
    with pytest.raises(ValueError, match=r"C042.*none\.yml"):
        nlp.get_pipe("own")(parse("无[发热|N]。", nlp).doc)


def test_damaged_files_of_a_pipeline(tmp_path, nlp):
    nlp.to_disk(tmp_path)
    file = tmp_path / NAME / "rules.json"
    srsly.write_json(file, {"cues": {}})
    with pytest.raises(ValueError, match=r"C060.*'cues'.*assertion_rules"):
        spacy.load(tmp_path)
    file.write_text("{")
    with pytest.raises(ValueError, match=r"M022.*rules\.json"):
        spacy.load(tmp_path)


def test_language_without_rules_needs_a_file(tmp_path):
    nlp = spacy.blank("de")
    with pytest.raises(ValueError, match=r"C041.*'de'"):
        nlp.add_pipe(NAME)
    file = tmp_path / "de.json"
    group = {"attributes": "negated", "direction": "before", "words": ["kein", "keine"]}
    srsly.write_json(file, {"cues": {"negated": group}})
    nlp.add_pipe(NAME, name="own", config={"path": str(file)})
    doc, expected = parse("Kein [Fieber|N], [Husten|].", nlp)
    assert found(nlp.get_pipe("own")(doc)) == expected
    nlp.add_pipe(NAME, name="english", config={"lang": "en"})
