"""Attributes of mentions in the documents of a bootstrap run."""

import numpy as np
import pytest
import spacy

from spacy_clinrel.active_learning.bootstrap.silver import Silver, silver_docs
from spacy_clinrel.active_learning.unlabelled import predict_mentions, remove_relations
from spacy_clinrel.tokens import (
    MentionAttribute,
    get_attributes,
    has_assertion,
    relation_edges,
    set_attributes,
    span_assertion,
)

from ..util import make_doc


@pytest.fixture
def doc(zh):
    """Return a document with a relation, one of whose mentions is denied."""
    doc = make_doc(zh, "查[CT|检查]未见[骨折|疾病]，[头痛|症状]。", [(0, 1, "证实")])
    set_attributes(doc, [MentionAttribute(doc.ents[1], "negated", 0.75)])
    return doc


def test_silver_documents_keep_attributes(doc):
    remove_relations([doc])
    assert span_assertion(doc.ents[1]) == {"negated": 0.75} and not relation_edges(doc)
    numbers, pair = np.zeros(1, "int64"), np.array([[2, 1]])
    silver = Silver(numbers, pair, numbers + 1, np.ones(1, "float32"), numbers + 1)
    (copy,) = silver_docs([doc], silver, ["x"], "auto")
    assert span_assertion(copy.ents[1]) == {"negated": 0.75} and has_assertion(copy)
    ((relation),) = copy._.relations
    assert (relation.head.text, relation.tail.text, relation.is_negated) == ("头痛", "骨折", True)


def test_predicted_mentions_are_unannotated(doc):
    """The attributes of the old mentions say nothing of the new ones."""
    ner = spacy.blank("zh")
    ner.add_pipe("entity_ruler").add_patterns([{"label": "症状", "pattern": "头痛"}])
    predict_mentions([doc], ner)
    assert [ent.text for ent in doc.ents] == ["头痛"]
    assert not get_attributes(doc) and not has_assertion(doc)
