"""Entities have no white space at their edges and no line break; existing entities are kept."""

from dataclasses import replace

import numpy as np
import pytest
from spacy.tokens import Span
from spacy.training import Example

from spacy_clinrel.pipeline.constraints import constrain, fixed_tags
from spacy_clinrel.tokens.boundaries import LINE_BREAKS
from spacy_clinrel.types import Emissions

from ..util import both, edges, ents, make_doc, make_notes, ner_config, span, text_examples
from .conftest import KINDS

BREAKS = [*LINE_BREAKS, "\r\n", " \n "]
OTHER_SPACE = ["\t", "\xa0", "\u3000", "\u200b", "\ufeff", "\x07", "  "]
ENTITY_KINDS = [kind for kind in KINDS if kind.name in ("clinical_ner", "joint_extractor")]


def tempting(nlp, monkeypatch):
    """Make the tagger give all tokens high scores for mentions of many tokens."""
    component = next(pipe for _, pipe in nlp.pipeline if hasattr(pipe, "space"))
    decode = component.model.attrs["decode"]

    def decode_tempted(emissions):
        scores = emissions.scores.copy()
        scores[:, 1:] += 30.0
        return decode(emissions._replace(scores=scores))

    monkeypatch.setitem(component.model.attrs, "decode", decode_tempted)
    return component


@pytest.fixture(params=ENTITY_KINDS, ids=lambda k: k.id)
def kind(request, bert):
    """Return each component that sets entities, with each of its models."""
    return request.param.with_encoder(bert)


@pytest.mark.parametrize("char", BREAKS + OTHER_SPACE)
def test_no_white_space_at_the_edges_and_no_line_break(entities, monkeypatch, char):
    tempting(entities, monkeypatch)
    doc = entities(f"{char}胸闷{char}头痛{char}{char}查胸片{char}")
    assert doc.ents
    for ent in doc.ents:
        assert ent.text == ent.text.strip() == ent.text.strip("\u200b\ufeff\x07")
        assert len(ent.text.splitlines()) == 1


def test_entities_of_all_components(trained, kind, monkeypatch):
    if "focused" not in kind.id:
        tempting(trained, monkeypatch)
    doc = trained("患者胸闷3天\n给予补液后\u2028胸闷缓解\t，仍有\r\n发热。")
    assert all(ent.text == ent.text.strip() and len(ent.text.splitlines()) == 1 for ent in doc.ents)


def test_texts_without_white_space_are_decoded_as_before(trained, kind):
    component = trained.get_pipe(kind.name)
    docs = [trained.make_doc(note.text) for note in make_notes(trained, 6, seed=5)]
    n_tags = 1 + 4 * len(component.space.types)
    tokens = sum(map(len, docs))
    random = np.random.RandomState(0).normal(size=(tokens, n_tags)).astype("float32")
    emissions = Emissions(random, random, random[0], random[0], np.asarray(list(map(len, docs))))
    assert constrain(emissions, docs, component.space.types, False) is emissions


def test_white_space_inside_an_entity_is_allowed(entities, monkeypatch):
    tempting(entities, monkeypatch)
    docs = [entities.make_doc("头\t痛"), entities.make_doc("头\n痛")]
    component = entities.get_pipe("clinical_ner")
    n_tags = 1 + 4 * len(component.labels)
    scores = np.zeros((6, n_tags), dtype="float32")
    no_transition = np.zeros((n_tags, n_tags), dtype="float32")
    emissions = Emissions(scores, no_transition, scores[0], scores[0], np.asarray([3, 3]))
    masked = constrain(emissions, docs, component.labels, False)
    is_allowed = masked.scores > -1
    assert is_allowed[1].tolist() == [True] + [False, True, False, False] * 4
    assert is_allowed[4].tolist() == [True] + [False] * (n_tags - 1)
    assert is_allowed[[0, 2, 3, 5]].all() and not scores.any()


def test_gold_entities_with_line_breaks_are_learned_and_counted(zh):
    zh.add_pipe("clinical_ner", config=ner_config())
    notes = [make_doc(zh, "[胸\n闷|症状]，[发热|症状]"), make_doc(zh, "[头痛\t|症状]，[发热|症状]")]
    examples = text_examples(zh, notes)
    with pytest.warns(UserWarning, match=r"W040.*2 of 4"):
        zh.initialize(lambda: examples)
    component = zh.get_pipe("clinical_ner")
    assert np.flatnonzero(component.make_batch(examples[:1]).tags).tolist() == [0, 1, 2, 4, 5]
    assert zh.update(examples)["clinical_ner"] > 0


def test_existing_entities_are_kept(trained, kind):
    component = trained.get_pipe(kind.name)
    (note,) = make_notes(trained, 1)
    doc = trained.make_doc(note.text)
    kept = [Span(doc, 1, 4, label="别的", kb_id="Q1"), span(doc, "头颅C", "检查")]
    doc.set_ents(kept, blocked=[doc[5:6]], default="outside")
    component(doc)
    assert [ents(doc)[0], doc.ents[0].kb_id_] == [(1, 4, "别的"), "Q1"]
    assert (kept[1].start, kept[1].end, "检查") in ents(doc)
    assert doc[5].ent_iob_ == "B" and not doc[5].ent_type_
    assert [token.ent_iob_ != "" for token in doc] == [True] * len(doc)
    again = component(doc.copy())
    assert ents(again) == ents(doc)
    component.cfg["overwrite_ents"] = True
    assert both(component(doc)) == both(trained(note.text))


def test_predictions_elsewhere_stay_the_same(entities):
    (note,) = make_notes(entities, 1)
    doc = entities.make_doc(note.text)
    first = note.ents[0]
    doc.set_ents([Span(doc, first.start, first.end, label="别的")])
    found = ents(entities.get_pipe("clinical_ner")(doc))
    assert found == [(first.start, first.end, "别的"), *ents(note)[1:]]


def test_relations_of_joint_models_refer_to_kept_entities(load_trained):
    nlp = load_trained(KINDS[3])
    component = nlp.get_pipe("joint_extractor")
    component.cfg["threshold"] = 0.0
    component.set_space(replace(component.space, is_typed=False))
    (note,) = make_notes(nlp, 1)
    doc = nlp.make_doc(note.text)
    doc.set_ents([Span(doc, 0, 2, label="别的")])
    nlp.get_pipe("joint_extractor")(doc)
    found = edges(doc)
    assert any(edge[:3] == (0, 2, "别的") for edge in found)
    assert {edge[:3] for edge in found} <= {(e.start_char, e.end_char, e.label_) for e in doc.ents}


def test_entity_ruler_before_the_component(entities):
    (note,) = make_notes(entities, 1)
    word = note.ents[1].text
    ruler = entities.add_pipe("entity_ruler", before="clinical_ner")
    ruler.add_patterns([{"label": "新的", "pattern": word, "id": "x"}])
    doc = entities(note.text)
    assert [(e.text, e.id_) for e in doc.ents if e.label_ == "新的"] == [
        (word, "x")
    ] * note.text.count(word)
    assert {e.label_ for e in doc.ents} > {"新的"}


def test_training_does_not_depend_on_existing_entities(entities):
    component = entities.get_pipe("clinical_ner")
    (note,) = make_notes(entities, 1)
    losses = []
    for has_ents in (False, True):
        predicted = entities.make_doc(note.text)
        if has_ents:
            predicted.set_ents([Span(predicted, 0, 3, label="别的")])
        example = Example(predicted, note)
        emissions = component.model.predict([predicted])
        losses.append(component.get_loss([example], emissions)[0])
    assert losses[0] == losses[1]


def test_fixed_tags_of_known_unknown_and_blocked_tokens(zh):
    doc = zh.make_doc("胸闷头痛发热")
    doc.set_ents(
        [Span(doc, 0, 2, label="症状"), Span(doc, 2, 3, label="别的")],
        blocked=[doc[4:5]],
        default="outside",
    )
    assert fixed_tags(doc, ["检查", "症状"]).tolist() == [5, 7, 0, -1, 0, -1]
