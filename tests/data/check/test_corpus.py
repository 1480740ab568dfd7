"""Errors and warnings about a corpus."""

import json

import pytest
import spacy
from spacy.training import Example

from spacy_clinrel.data.check import (
    ERROR,
    GOOD,
    INFO,
    WARNING,
    Checks,
    candidates_of,
    check,
    make_corpus_rules,
    make_part,
)
from spacy_clinrel.data.check.settings import settings_of
from spacy_clinrel.data.readers import gold_mentions_doc
from spacy_clinrel.pipeline.candidates import SentencePairs

from ...util import CONFIGS, ROOT, make_doc, make_notes, relation_config

NLP = spacy.blank("zh")
# The generated notes have symptoms that are unmarked in half of the sentences.
RULES = make_corpus_rules({"checks": {"unmarked_string": False}})
CHECKS = Checks({"pairs": SentencePairs()}, min_count=5, rules=RULES)


def run(checks=CHECKS, **parts):
    result = check([make_part(name, docs, checks) for name, docs in parts.items()], checks)
    json.dumps(result)  # plain values
    return result, [(f["level"], f["section"], f["text"]) for f in result["findings"]]


def texts(findings, level, section):
    return " ".join(text for lev, sec, text in findings if (lev, sec) == (level, section))


def test_corpus_without_problems():
    result, findings = run(train=make_notes(NLP, 8), dev=make_notes(NLP, 4, seed=9))
    assert {level for level, _, _ in findings} == {GOOD, INFO}
    assert result["parts"]["train"]["per_label"] == {"改善": 8, "证实": 8}
    assert result["candidates"]["dev"]["pairs"]["recall"] == 1
    assert result["directions"] == [] == result["wider_candidates"]["pairs"]


def test_a_text_that_is_split_into_letters_is_reported():
    note = "The [chest film|Test] shows [pneumonia|Disease]. The patient has a cough since Monday."
    _, findings = run(train=[make_doc(NLP, note, [(0, 1, "SHOWS")])])
    assert "train: most tokens are single Latin letters" in texts(findings, WARNING, "mentions")
    _, findings = run(train=[make_doc(spacy.blank("en"), note, [(0, 1, "SHOWS")])])
    assert "Latin" not in texts(findings, WARNING, "mentions")


def test_label_findings():
    train = [*make_notes(NLP, 8), make_doc(NLP, "[甲|A][乙|B]", [(0, 1, "少")])]
    dev = [make_doc(NLP, "[丙|C][丁|B]", [(0, 1, "新"), (1, 0, "改善")])]
    _, findings = run(train=train, dev=dev)
    found = texts(findings, WARNING, "relations")
    assert "labels with fewer than 5 relations in train: 少 (1)" in found
    assert "labels of dev that do not occur in train: 新 (1)" in found
    assert "types of dev that do not occur in train: C (1)" in found
    assert found.endswith("cannot predict: 2")


def test_direction_findings():
    train = [make_doc(NLP, "[甲|A][乙|B]", [(0, 1, "R")]) for _ in range(12)]
    train.append(make_doc(NLP, "[甲|A][乙|B]", [(1, 0, "R")]))
    train.append(make_doc(NLP, "[甲|A][乙|A]", [(0, 1, "S"), (1, 0, "S")]))
    result, findings = run(train=train)
    found = texts(findings, WARNING, "directions")
    assert "R goes from A to B (12), but also back (1), perhaps by mistake: no. 13 (train)" in found
    assert "both directions (1): S in no. 14 (train)" in found
    assert result["directions"][0]["rare"]
    often = [make_doc(NLP, "[甲|A][乙|B]", [(1, 0, "R")]) for _ in range(9)]
    _, findings = run(train=train, dev=often)
    assert "R between A (12) and B (10)" in texts(findings, INFO, "directions")


def test_duplicate_findings():
    notes = make_notes(NLP, 6)
    twice = make_doc(NLP, "[咳嗽|A]三天后[发热|B]，予补液", [(0, 1, "R")])
    twice.spans["clinrel"].attrs["relations"] *= 2
    _, findings = run(train=[*notes[:3], notes[0].copy()], dev=[*notes[3:], notes[1].copy()])
    found = texts(findings, WARNING, "duplicates")
    assert "in several parts" in found and "no. 2 (train) = no. 4 (dev)" in found
    assert "in one part, groups: 1; no. 1 (train) = no. 4 (train)" in found
    _, findings = run(train=[twice])
    assert "duplicate relations (1): R in no. 1 (train)" in texts(findings, WARNING, "duplicates")


def test_mention_findings():
    train = [
        make_doc(NLP, "[[左|方位]股骨|部位]痛", [(0, 1, "R")]),
        make_doc(NLP, "[痛。热|X]", ()),
        NLP.make_doc(" "),
    ]
    _, findings = run(train=train)
    found = texts(findings, WARNING, "mentions")
    assert "documents without text: 1" in found and "end of a sentence" in found
    assert "not annotated with relations, whose pairs are ignored in training: 1" in found
    assert "inside another" in texts(findings, INFO, "mentions")


@pytest.mark.parametrize("docs", [[NLP.make_doc("无")], [make_doc(NLP, "[痛|X]")]])
def test_corpus_without_relations(docs):
    _, findings = run(train=docs)
    assert "train has no relations" in texts(findings, ERROR, "mentions")


def test_recall_ceiling_of_zero():
    docs = [make_doc(NLP, "[头|X]。[痛|Y]", [(0, 1, "R")])]
    _, findings = run(train=docs)
    assert "reaches 0 of 1" in texts(findings, ERROR, "candidates")
    assert "max_sentences = 1 would reach 100.0 %" in texts(findings, INFO, "candidates")


def test_recall_ceiling_matches_the_component():
    """`evaluate` reports the recall ceiling of the component."""
    nlp = spacy.blank("zh")
    pipe = nlp.add_pipe("relation_classifier", config=relation_config(typed=False))
    docs = [
        *make_notes(nlp, 6),
        make_doc(nlp, "[头|X]。[痛|Y][热|Y]", [(0, 1, "R"), (2, 1, "R"), (2, 0, "R")]),
    ]
    examples = [Example(gold_mentions_doc(nlp, doc), doc) for doc in docs]
    with pytest.warns(UserWarning, match="W002"):
        nlp.initialize(lambda: examples)
    expected = pipe.recall_ceiling(examples)
    result, _ = run(Checks({"pairs": pipe.strategy}), train=docs)
    found = result["candidates"]["train"]["pairs"]
    assert {key: found[key] for key in ("gold", "reached", "recall")} == {
        key: expected[key] for key in ("gold", "reached", "recall")
    }
    assert 0 < expected["recall"] < 1


def test_candidates_of_configs():
    (strategy,) = candidates_of(ROOT / "configs" / "zh_clinrel.cfg").values()
    assert settings_of(strategy)["max_sentences"] == 12
    found = candidates_of(CONFIGS / "relations.cfg")
    assert list(found) == ["relation_classifier"]
    assert list(candidates_of(ROOT / "configs" / "joint_multihead.cfg")) == ["joint_extractor"]


def test_configs_without_candidates(tmp_path):
    with pytest.raises(ValueError, match="F041"):
        candidates_of(ROOT / "configs" / "ccks2017_ner.cfg")
    (tmp_path / "bad.cfg").write_text("[components\n", encoding="utf-8")
    for name in ("bad.cfg", "missing.cfg"):
        with pytest.raises(ValueError, match="F040"):
            candidates_of(tmp_path / name)


def test_default_candidates_of_a_component(tmp_path):
    text = '[nlp]\nlang = "zh"\n[components]\n[components.r]\nfactory = "relation_classifier"\n'
    (tmp_path / "a.cfg").write_text(text, encoding="utf-8")
    (strategy,) = candidates_of(tmp_path / "a.cfg").values()
    assert settings_of(strategy)
