"""The component clinical_ner."""

import numpy as np
import pytest
from spacy.tokens import Doc
from spacy.training import Example

from spacy_clinrel.pipeline.entities import gold_tags

from ..util import ents, fit, make_doc, make_notes, ner_config, text_examples


def test_tokens_outside_entities_are_annotated(entities):
    (note,) = make_notes(entities, 1)
    doc = entities(note.text)
    assert [token.ent_iob_ for token in doc] == [token.ent_iob_ for token in note]
    assert {token.ent_iob_ for token in entities("。。")} <= {"O", "B", "I"}


def test_existing_entities_are_replaced_on_request(entities):
    (note,) = make_notes(entities, 1)
    doc = entities.make_doc(note.text)
    entities.get_pipe("clinical_ner").cfg["overwrite_ents"] = True
    doc.set_ents([doc.char_span(0, 4, label="别的")])
    assert ents(entities.get_pipe("clinical_ner")(doc)) == ents(note)


def test_label_data_is_sorted(entities):
    component = entities.get_pipe("clinical_ner")
    assert component.label_data == sorted(["治疗", "检查", "疾病", "症状"])
    assert component.labels == tuple(component.label_data)


def test_predicted_spans_are_well_formed(entities):
    for note in make_notes(entities, 10, seed=11):
        doc = entities(note.text)
        for ent in doc.ents:
            assert 0 <= ent.start < ent.end <= len(doc)


def test_docs_without_entity_annotation_do_not_count(entities):
    component = entities.get_pipe("clinical_ner")
    plain, outside = (entities.make_doc("患者头痛。") for _ in range(2))
    outside.set_ents([], default="outside")
    losses = []
    for reference in (plain, outside):
        example = Example(entities.make_doc(reference.text), reference)
        emissions = component.model.predict([example.predicted])
        losses.append(component.get_loss([example], emissions)[0])
    assert losses[0] == 0.0 and losses[1] > 0.0


def test_entities_that_do_not_align_are_ignored(entities):
    component = entities.get_pipe("clinical_ner")
    reference = make_doc(entities, "患者[胸闷|症状]，[发热|症状]。")
    predicted = Doc(entities.vocab, words=["患者胸", "闷", "，", "发热", "。"], spaces=[False] * 5)
    tags = gold_tags(Example(predicted, reference), component.labels, component.name)
    assert len(tags) == 5 and np.flatnonzero(tags).tolist() == [3]


def test_unknown_type_is_an_error(entities):
    entities.get_pipe("clinical_ner").is_resumed = False
    reference = make_doc(entities, "[胸闷|新的]，[发热|症状]")
    example = Example(entities.make_doc(reference.text), reference)
    with pytest.raises(ValueError, match=r"C008.*新的"):
        entities.update([example], sgd=False)


def test_initialization_skips_empty_docs(zh):
    zh.add_pipe("clinical_ner", config=ner_config())
    notes = [*(zh.make_doc("") for _ in range(12)), *make_notes(zh, 2)]
    fit(zh, text_examples(zh, notes), steps=1)
    assert len(zh.get_pipe("clinical_ner").labels) == 4


@pytest.mark.parametrize("words", [["头"], list("头痛")])
def test_docs_of_one_or_two_tokens(entities, words):
    doc = Doc(entities.vocab, words=words, spaces=[False] * len(words))
    assert len(entities.get_pipe("clinical_ner")(doc)) == len(words)
