"""clinical_ner and relation_classifier with a shared encoder, trained together."""

import itertools

import numpy as np
import pytest
import spacy

from spacy_clinrel.data.readers import gold_mentions_doc

from ..util import (
    both,
    edges,
    ents,
    fit,
    gold_examples,
    gradients,
    listener,
    make_doc,
    make_notes,
    ner_config,
    relation_config,
    step,
    text_examples,
    tok2vec,
)

BOTH = ("clinical_ner", "relation_classifier")


def shared(names=BOTH):
    """Return a pipeline whose components listen to one tok2vec."""
    nlp = spacy.blank("zh")
    nlp.add_pipe("tok2vec", config={"model": tok2vec()})
    configs = {"clinical_ner": ner_config, "relation_classifier": relation_config}
    for name in names:
        nlp.add_pipe(name, config=configs[name](listener()))
    return nlp


def weights(nlp, name="tok2vec"):
    return nlp.get_pipe(name).model.to_bytes()


def scores_of(nlp):
    return nlp.evaluate(text_examples(nlp, make_notes(nlp, 8)))


@pytest.fixture(scope="module")
def end_to_end():
    """Return a pipeline whose relations were trained on predicted entities."""
    nlp = shared()
    # The shared tok2vec must annotate too. Otherwise the listeners return zeros.
    annotates = ["tok2vec", "clinical_ner"]
    fit(nlp, text_examples(nlp, make_notes(nlp, 8)), steps=60, annotates=annotates)
    return nlp.to_bytes()


def test_training_on_predicted_entities(end_to_end):
    nlp = shared().from_bytes(end_to_end)
    scores = scores_of(nlp)
    assert scores["ents_f"] == 1.0 and scores["rel_micro_f"] == 1.0


@pytest.mark.slow
def test_training_on_gold_entities():
    nlp = shared()
    fit(nlp, gold_examples(nlp, make_notes(nlp, 8)), steps=60)
    scores = scores_of(nlp)
    assert scores["ents_f"] == 1.0 and scores["rel_micro_f"] == 1.0


@pytest.mark.slow
def test_training_without_entities_learns_no_relations():
    """Neither the reader nor an annotating component provides entities."""
    nlp = shared()
    fit(nlp, text_examples(nlp, make_notes(nlp, 8)), steps=60)
    scores = scores_of(nlp)
    assert scores["ents_f"] == 1.0 and scores["rel_micro_f"] < 1.0


def test_loaded_pipeline_predicts_the_same(end_to_end, tmp_path):
    nlp = shared().from_bytes(end_to_end)
    nlp.to_disk(tmp_path / "model")
    other = spacy.load(tmp_path / "model")
    for note in make_notes(nlp, 4, seed=2):
        first, second = nlp(note.text), other(note.text)
        assert both(first) == both(second)
        for expected, relation in zip(first._.relations, second._.relations):
            assert relation.score == pytest.approx(expected.score, abs=1e-6)


def test_predictions_do_not_depend_on_the_batch_size(end_to_end):
    nlp = shared().from_bytes(end_to_end)
    texts = [*(note.text for note in make_notes(nlp, 5, seed=2)), "", "无殊。", "\n"]
    views = []
    for size in (1, 2, 100):
        docs = list(nlp.pipe(texts, batch_size=size))
        assert [doc.text for doc in docs] == texts
        views.append([both(doc) for doc in docs])
    assert views[0] == views[1] == views[2] and any(views[0])


def test_second_run_on_a_doc_changes_nothing(end_to_end):
    nlp = shared().from_bytes(end_to_end)
    for note in make_notes(nlp, 3):
        once = nlp(note.text)
        before = (ents(once), edges(once), [span.label_ for span in once.spans["clinrel"]])
        twice = nlp(once)
        assert twice is once and len(before[1]) == 2
        assert (ents(once), edges(once), [s.label_ for s in once.spans["clinrel"]]) == before


@pytest.mark.parametrize("order", itertools.permutations(BOTH))
def test_batch_without_candidates_trains_the_encoder(order):
    """The last listener starts the update of the tok2vec, whichever component it belongs to."""
    nlp = shared(order)
    fit(nlp, gold_examples(nlp, make_notes(nlp, 4)), steps=1)
    batch = gold_examples(nlp, [make_doc(nlp, "[头痛|症状]"), make_doc(nlp, "查[胸片|检查]")])
    encoder = nlp.get_pipe("tok2vec").model
    assert not any(gradients(encoder))
    nlp.update(batch, sgd=False)
    assert any(gradients(encoder))
    before = weights(nlp)
    step(nlp, batch, nlp.resume_training())
    assert weights(nlp) != before and not any(gradients(encoder))


def test_relation_classifier_alone_trains_the_encoder():
    nlp = shared(["relation_classifier"])
    before = None
    examples = gold_examples(nlp, make_notes(nlp, 8))
    fit(nlp, examples, steps=0)
    before = weights(nlp)
    fit(nlp, gold_examples(nlp, make_notes(nlp, 8)), steps=40)
    assert weights(nlp) != before
    notes = make_notes(nlp, 8)
    predicted = [edges(nlp(gold_mentions_doc(nlp, note))) for note in notes]
    assert predicted == [edges(note) for note in notes]


def test_frozen_encoder_does_not_change(end_to_end):
    """A frozen tok2vec must be an annotating component, so that the others can learn."""
    nlp = shared().from_bytes(end_to_end)
    before, heads = weights(nlp), [weights(nlp, name) for name in BOTH]
    optimizer = nlp.resume_training()
    for _ in range(2):
        batch = gold_examples(nlp, make_notes(nlp, 4, seed=4))
        nlp.update(batch, sgd=optimizer, exclude=["tok2vec"], annotates=["tok2vec"])
    assert weights(nlp) == before
    assert all(weights(nlp, name) != old for name, old in zip(BOTH, heads))
    assert np.isfinite(scores_of(nlp)["rel_micro_f"])


@pytest.mark.parametrize("names", [BOTH[:1], BOTH[1:], BOTH])
def test_replaced_listeners_predict_the_same(end_to_end, names, tmp_path):
    nlp = shared().from_bytes(end_to_end)
    notes = make_notes(nlp, 4, seed=6)
    before = [both(nlp(note.text)) for note in notes]
    for name in names:
        nlp.replace_listeners("tok2vec", name, ["model.tok2vec"])
    if names == BOTH:
        nlp.remove_pipe("tok2vec")
    assert [both(nlp(note.text)) for note in notes] == before
    nlp.to_disk(tmp_path / "model")
    other = spacy.load(tmp_path / "model")
    assert [both(other(note.text)) for note in notes] == before
    # Each component continues to train, with its own copy of the encoder.
    batch = gold_examples(other, make_notes(other, 2))
    losses = other.update(batch, sgd=other.resume_training())
    assert all(np.isfinite(losses[name]) for name in BOTH)


def test_components_sourced_from_a_trained_pipeline(end_to_end):
    source = shared().from_bytes(end_to_end)
    for name in BOTH:
        source.replace_listeners("tok2vec", name, ["model.tok2vec"])
    nlp = spacy.blank("zh", vocab=source.vocab)
    for name in BOTH:
        nlp.add_pipe(name, source=source)
    for note in make_notes(nlp, 3):
        assert edges(nlp(note.text)) == edges(note)


@pytest.mark.slow
def test_document_of_fifty_thousand_characters(end_to_end):
    nlp = shared().from_bytes(end_to_end)
    note = make_notes(nlp, 1)[0]
    times = 50_000 // len(note.text) + 1
    doc = nlp(note.text * times)
    assert len(doc) >= 50_000
    # The entities and relations of each copy of the note are predicted.
    assert len(doc.ents) == times * len(note.ents)
    assert len(doc._.relations) == times * 2
    step = len(note.text)
    expected = {(s + i * step, e + i * step, k) for i in range(times) for s, e, k in ents(note)}
    assert set(ents(doc)) == expected
