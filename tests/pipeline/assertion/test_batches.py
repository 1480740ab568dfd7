"""Analysis of many documents at once: the features are those of each document alone."""

import numpy as np
import spacy

from spacy_clinrel.pipeline.assertion.rules import CueRules
from spacy_clinrel.tokens import read_mentions
from spacy_clinrel.tokens.sections import set_sections

from ...util import make_doc

NLP = spacy.blank("zh")
TEXTS = (
    "既往史：[高血压|疾病]10年，否认[糖尿病|疾病]史，无",
    "[发热|症状]、[咳嗽|症状]，考虑[肺炎|疾病]。",
    "没有提及的内容",
    "如出现[头痛|症状]及时就诊",
    "不除外[贫血|疾病]，如",
    "[胸闷|症状]加重\n家族史：父亲患[肺癌|疾病]",
)


def test_features_do_not_depend_on_the_batch():
    docs = [make_doc(NLP, text) for text in TEXTS]
    set_sections(docs[0], [("past_history", 0, 4, len(docs[0].text))])
    start = docs[5].text.index("家族史")
    set_sections(docs[5], [("family_history", start, start + 4, len(docs[5].text))])
    rules = CueRules.from_language("zh")
    mentions = [read_mentions(doc) for doc in docs]
    single = [rules.cue_features(doc, *part[:2]) for doc, part in zip(docs, mentions)]
    assert np.array_equal(rules.batch_features(docs, mentions), np.concatenate(single))
    together = rules.batch_predict(docs, mentions)
    verdicts = [rules.predict(doc, *part[:2]) for doc, part in zip(docs, mentions)]
    assert np.array_equal(np.concatenate(single)[:, :5], np.concatenate(verdicts))
    assert np.array_equal(together, np.concatenate(verdicts))
    assert np.concatenate(verdicts).any(axis=0).all(), "the texts show all attributes"


def test_long_batches_are_analysed_in_parts(monkeypatch):
    docs = [make_doc(NLP, text) for text in TEXTS]
    rules = CueRules.from_language("zh")
    mentions = [read_mentions(doc) for doc in docs]
    expected = rules.batch_predict(docs, mentions)
    monkeypatch.setattr("spacy_clinrel.pipeline.assertion.rules.MAX_CHARS", 25)
    assert np.array_equal(rules.batch_predict(docs, mentions), expected)


def test_batches_without_mentions():
    rules = CueRules.from_language("zh")
    docs = [NLP.make_doc("无发热"), NLP.make_doc("")]
    assert rules.batch_features(docs, list(map(read_mentions, docs))).shape == (0, rules.n_features)
    assert rules.batch_features([], []).shape == (0, rules.n_features)
