"""Scores of assertion attributes on examples computed by hand."""

import pytest
import spacy
from spacy.scorer import Scorer
from spacy.training import Example
from spacy.util import registry

from spacy_clinrel.evaluation.assertion_scores import score_assertion
from spacy_clinrel.tokens import write_assertion

from ..util import make_doc

NLP = spacy.blank("zh")


def annotated(marked, *attributes):
    """Return a Doc whose mentions have the given attributes, in the order of the text."""
    doc = make_doc(NLP, marked)
    write_assertion(doc, [], [])
    for ent, names in zip(doc.ents, attributes):
        ent._.assertion = names
    return doc


TEXT = "无[发热|症状]、[头痛|症状]，既往[肺炎|疾病]，[胸片|检查]示[贫血|疾病]。"
GOLD = (TEXT, ["negated"], ["negated"], ["historical"], [], [])


def scores(predicted, gold=None, **kwargs):
    return score_assertion([Example(predicted, gold or annotated(*GOLD))], **kwargs)


def test_scores_on_gold_mentions():
    """头痛 lacks its attribute, 贫血 has a wrong one. The types that are judged have 4 mentions."""
    got = scores(annotated(TEXT, ["negated"], [], ["historical"], [], ["uncertain"]))
    assert got["assertion_exact"] == 2 / 4
    assert got["assertion_micro_p"] == pytest.approx(2 / 3)
    assert got["assertion_micro_r"] == pytest.approx(2 / 3)
    per_attribute = got["assertion_per_attribute"]
    assert list(per_attribute) == ["negated", "uncertain", "historical"]
    assert per_attribute["negated"] == {
        **{"p": 1.0, "r": 0.5, "f": pytest.approx(2 / 3)},
        **{"gold": 2, "predicted": 1, "right": 1},
    }
    assert per_attribute["uncertain"]["predicted"] == 1 and per_attribute["uncertain"]["p"] == 0
    assert got["assertion_e2e_f"] == pytest.approx(2 / 3)
    assert got["assertion_e2e_per_attribute"] == per_attribute


def test_scores_end_to_end():
    """头痛 is missed, and 肺炎 has a wrong boundary."""
    marked = "无[发热|症状]、头痛，[既往肺炎|疾病]，[胸片|检查]示[贫血|疾病]。"
    got = scores(annotated(marked, ["negated"], ["historical"], [], []))
    assert got["assertion_exact"] == 2 / 4
    assert got["assertion_micro_f"] == 1.0, "missed and wrong mentions do not count"
    assert got["assertion_per_attribute"] == {
        "negated": {"p": 1.0, "r": 1.0, "f": 1.0, "gold": 1, "predicted": 1, "right": 1}
    }
    assert got["assertion_e2e_p"] == pytest.approx(1 / 2)
    assert got["assertion_e2e_r"] == pytest.approx(1 / 3)
    assert got["assertion_e2e_per_attribute"]["historical"]["predicted"] == 1
    assert got["assertion_e2e_per_attribute"]["historical"]["right"] == 0


def test_judged_types():
    predicted = annotated(TEXT, ["negated"], ["negated"], [], ["negated"], [])
    assert scores(predicted)["assertion_exact"] == 3 / 4
    assert scores(predicted, types=["症状"])["assertion_exact"] == 1.0
    assert scores(predicted, types=["症状", "疾病", "检查"])["assertion_exact"] == 3 / 5
    assert scores(predicted, types=[]) == scores(predicted), "a component without labels"


def test_unannotated_documents():
    unannotated = make_doc(NLP, TEXT)
    got = scores(annotated(TEXT), gold=unannotated)
    assert len(got) == 9 and set(got.values()) == {None}
    # A prediction without attributes is unknown. It does not count as affirmed.
    got = scores(unannotated)
    assert got["assertion_exact"] == 0.0 and got["assertion_e2e_r"] == 0.0
    both = [Example(annotated(*GOLD), annotated(*GOLD)), Example(annotated(*GOLD), unannotated)]
    assert score_assertion(both)["assertion_e2e_f"] == 1.0


def test_registered_scorer_with_spacys_keywords():
    scorer = registry.scorers.get("spacy-clinrel.assertion_scorer.v1")()
    example = Example(annotated(*GOLD), annotated(*GOLD))
    assert scorer([example], labels=("negated",), threshold=0.5)["assertion_exact"] == 1.0
    assert "assertion_exact" not in Scorer().score([example])
