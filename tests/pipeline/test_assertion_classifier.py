"""The component assertion_classifier."""

import random
import warnings
from itertools import pairwise

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span, SpanGroup
from spacy.training import Example

from spacy_clinrel.tokens import GROUP, has_assertion, span_assertion, write_assertion
from spacy_clinrel.types import ASSERTIONS

from ..util import (
    DISEASES,
    SYMPTOMS,
    TESTS,
    assertion_config,
    fit,
    gold_examples,
    gradients,
    joint_config,
    listener,
    make_doc,
    ner_config,
    step,
    text_examples,
    tok2vec,
)

NAME = "assertion_classifier"
# Attributes of the mentions of each text
TEMPLATES = (
    ("患者无[{s}|症状]、[{x}|症状]，查[{e}|检查]。", (["negated"], ["negated"], [])),
    ("患者[{s}|症状]，伴[{x}|症状]，[{e}|检查]示[{d}|疾病]。", ([], [], [], [])),
    ("既往[{d}|疾病]病史，今[{s}|症状]，查[{e}|检查]。", (["historical"], [], [])),
)


def make_notes(nlp, count=9, seed=0):
    """Return gold notes that are annotated with attributes."""
    dice = random.Random(seed)
    notes = []
    for i in range(count):
        words = {"s": SYMPTOMS, "x": SYMPTOMS, "e": TESTS, "d": DISEASES}
        marked, attributes = TEMPLATES[i % len(TEMPLATES)]
        chosen = {key: dice.choice(values) for key, values in words.items()}
        doc = make_doc(nlp, marked.format(**chosen))
        write_assertion(doc, [], [])
        for ent, names in zip(doc.ents, attributes):
            ent._.assertion = names
        notes.append(doc)
    return notes


def blank(encoder=None, **options):
    nlp = spacy.blank("zh")
    nlp.add_pipe(NAME, config=assertion_config(encoder, **options))
    return nlp


def initialized(notes=None, **options):
    nlp = blank(**options)
    examples = gold_examples(nlp, make_notes(nlp) if notes is None else notes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # W080
        nlp.initialize(lambda: examples)
    return nlp


def view(doc):
    """Return the attributes of the entities."""
    return [(ent.text, tuple(span_assertion(ent))) for ent in doc.ents]


@pytest.fixture(scope="module")
def trained_bytes():
    nlp = blank(cues=False)
    with pytest.warns(UserWarning, match=r"W080.*uncertain, hypothetical, family.*nothing"):
        fit(nlp, gold_examples(nlp, make_notes(nlp)), steps=15, rate=0.01)
    return nlp.to_bytes()


@pytest.fixture
def trained(trained_bytes):
    return blank(cues=False).from_bytes(trained_bytes)


def gold_docs(nlp, notes):
    return [example.predicted for example in gold_examples(nlp, notes)]


def test_learns_gold_mentions(trained):
    notes = make_notes(trained)
    scores = trained.evaluate(gold_examples(trained, notes))
    assert scores["assertion_exact"] == 1.0 and scores["assertion_micro_f"] == 1.0
    component = trained.get_pipe(NAME)
    assert component.labels == ("negated", "historical")
    assert component.space.types == ("疾病", "症状"), "检查 carries no attribute"
    doc = trained(gold_docs(trained, notes)[0])
    assert doc.ents[0]._.is_negated and not doc.ents[0]._.is_historical
    assert 0.5 <= doc.ents[0]._.assertion["negated"] < 1.0
    assert has_assertion(doc) and view(doc) == view(notes[0])


def test_documents_without_mentions_are_annotated(trained):
    doc = trained("患者神清。")
    assert has_assertion(doc) and len(doc.spans[GROUP]) == 0
    assert has_assertion(trained(""))
    assert not list(trained.pipe([]))


def test_survives_storage(trained, tmp_path):
    texts = gold_docs(trained, make_notes(trained, 4, seed=3))
    expected = [view(trained(doc.copy())) for doc in texts]
    trained.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    copies = list(DocBin(docs=texts).get_docs(loaded.vocab))
    assert [view(doc) for doc in loaded.pipe(copies)] == expected
    assert loaded.get_pipe(NAME).cfg == trained.get_pipe(NAME).cfg
    damaged = (tmp_path / NAME / "cfg").read_text().replace('"negated"', '"denied"')
    (tmp_path / NAME / "cfg").write_text(damaged)
    with pytest.raises(ValueError, match=r"M022.*assertion_classifier.*a list of attributes"):
        spacy.load(tmp_path)


def test_threshold_by_attribute(trained):
    component = trained.get_pipe(NAME)
    doc = gold_docs(trained, make_notes(trained))[0]
    component.cfg["threshold"] = {"negated": 1.0}
    assert view(trained(doc.copy()))[0][1] == ()
    component.cfg["threshold"] = {"historical": 0.0}
    assert view(trained(doc.copy()))[0][1] == ("negated", "historical")
    component.cfg["threshold"] = 0.0  # as `spacy find-threshold` sets it
    assert view(trained(doc.copy()))[0][1] == ("negated", "historical"), "unseen stay unset"


def test_attributes_of_other_types_are_kept(trained):
    doc = gold_docs(trained, make_notes(trained))[0]
    doc.ents[2]._.assertion = ["hypothetical"]
    doc.ents[0]._.assertion = ["family"]
    assert [names for _, names in view(trained(doc))] == [
        ("negated",),
        ("negated",),
        ("hypothetical",),
    ]


def test_unseen_attributes_come_from_the_cue_rules():
    nlp = initialized(threshold=1.0)
    note = make_doc(nlp, "父亲患[肺炎|疾病]，患者无[头痛|症状]。")
    assert view(nlp(gold_docs(nlp, [note])[0])) == [("肺炎", ("family",)), ("头痛", ())]
    without = initialized(cues=False, threshold=0.0)
    assert view(without(gold_docs(without, [note])[0]))[0] == ("肺炎", ("negated", "historical"))
    limited = initialized(attributes=["negated"], threshold=0.0)
    assert limited.get_pipe(NAME).labels == ("negated",)
    assert limited.get_pipe(NAME).space.types == ("症状",), "no disease is negated"
    assert view(limited(gold_docs(limited, [note])[0])) == [("肺炎", ()), ("头痛", ("negated",))]


def test_cue_rules_are_saved_with_the_component(tmp_path):
    path = tmp_path / "cues.yml"
    group = "{attributes: [family], direction: before, words: [邻居]}"
    path.write_text(f"cues: {{neighbours: {group}}}", encoding="utf-8")
    nlp = blank()
    nlp.config["initialize"]["components"][NAME] = {"cue_rules": str(path)}
    with pytest.warns(UserWarning, match="W080.*the cue rules"):
        nlp.initialize(lambda: gold_examples(nlp, make_notes(nlp)))
    path.unlink()
    nlp.to_disk(tmp_path / "model")
    note = gold_docs(nlp, [make_doc(nlp, "邻居患[肺炎|疾病]。")])[0]
    assert "family" in view(spacy.load(tmp_path / "model")(note))[0][1]


def test_sections_are_features():
    nlp = initialized(cues=False)
    with_sections, without = gold_docs(nlp, make_notes(nlp, 1) * 2)
    group = SpanGroup(with_sections, name="sections")
    group.append(Span(with_sections, 0, 5, label="past_history"))
    group.append(Span(with_sections, 5, len(with_sections), label="其他"))
    with_sections.spans["sections"] = group
    features = nlp.get_pipe(NAME).make_mentions([with_sections, without]).features
    assert features.shape[0] == 4 and features.sum(axis=1).tolist() == [1, 1, 0, 0]
    assert features[1, -1] == 1.0, "sections without a feature of their own share one"


def test_unannotated_documents_and_wrong_mentions_do_not_count(trained):
    component = trained.get_pipe(NAME)
    note = make_notes(trained)[0]
    plain = note.copy()
    del plain.spans[GROUP]
    batch = component.make_batch(gold_examples(trained, [plain, note]))
    assert batch.counted.tolist() == [False, False, True, True]
    losses = trained.update(gold_examples(trained, [plain]), sgd=False)
    assert losses[NAME] == 0.0 and not any(gradients(component.model))
    predicted = trained.make_doc(note.text)
    predicted.set_ents([Span(predicted, 2, 5, label="症状"), *gold_ents(predicted, note)[1:]])
    batch = component.make_batch([Example(predicted, note)])
    assert batch.counted.tolist() == [False, True]


def gold_ents(predicted, note):
    return [Span(predicted, ent.start, ent.end, label=ent.label_) for ent in note.ents]


def test_alignment_with_other_tokens(trained):
    note = make_notes(trained)[0]
    text = note.text
    bounds = sorted({0, len(text), *(i for ent in note.ents for i in (ent.start, ent.end))})
    words = [text[start:end] for start, end in pairwise(bounds)]
    predicted = Doc(trained.vocab, words=words, spaces=[False] * len(words))
    predicted.set_ents(
        [predicted.char_span(e.start_char, e.end_char, label=e.label_) for e in note.ents]
    )
    batch = trained.get_pipe(NAME).make_batch([Example(predicted, note)])
    assert batch.counted.all() and batch.gold.tolist() == [[True, False], [True, False]]


def test_listener_gets_gradients_also_without_mentions():
    nlp = spacy.blank("zh")
    nlp.add_pipe("tok2vec", config={"model": tok2vec()})
    nlp.add_pipe("clinical_ner", config=ner_config(listener()))
    nlp.add_pipe(NAME, config=assertion_config(listener(), cues=False))
    examples = gold_examples(nlp, make_notes(nlp))
    nlp.initialize(lambda: examples)
    encoder = nlp.get_pipe("tok2vec").model
    # The entity component is trained by texts, whose predicted Docs have no mentions.
    nlp.update(text_examples(nlp, make_notes(nlp, 3)), sgd=False)
    assert any(gradients(encoder))


@pytest.mark.slow
def test_trains_with_entities_on_a_shared_encoder():
    nlp = spacy.blank("zh")
    nlp.add_pipe("tok2vec", config={"model": tok2vec()})
    nlp.add_pipe("clinical_ner", config=ner_config(listener()))
    nlp.add_pipe(NAME, config=assertion_config(listener(), cues=False))
    notes = make_notes(nlp)
    fit(nlp, text_examples(nlp, notes), steps=60, annotates=["tok2vec", "clinical_ner"])
    scores = nlp.evaluate(text_examples(nlp, notes))
    assert scores["ents_f"] == 1.0 and scores["assertion_exact"] == 1.0
    assert scores["assertion_e2e_f"] == 1.0


@pytest.mark.slow
def test_trains_behind_joint_extractor():
    nlp = spacy.blank("zh")
    nlp.add_pipe("joint_extractor", config=joint_config())
    nlp.add_pipe(NAME, config=assertion_config(cues=False))
    notes = make_notes(nlp)
    for note in notes:
        note._.relations = [(note.ents[0], note.ents[1], "伴随")]
    fit(nlp, text_examples(nlp, notes), steps=60, annotates=["joint_extractor"])
    scores = nlp.evaluate(text_examples(nlp, notes))
    assert scores["assertion_exact"] == 1.0 and scores["ents_f"] == 1.0
    doc = nlp(notes[0].text)
    assert doc._.relations and doc.ents[0]._.is_negated
    assert doc._.relations[0].head._.is_negated


def test_labels_from_init_labels(trained):
    data = trained.get_pipe(NAME).label_data
    assert data == {"labels": ["negated", "historical"], "types": ["疾病", "症状"]}
    nlp = blank(cues=False)
    nlp.config["initialize"]["components"][NAME] = {"labels": data}
    with pytest.warns(UserWarning, match="W080"):
        nlp.initialize(lambda: gold_examples(nlp, make_notes(nlp, 1)))
    assert nlp.get_pipe(NAME).label_data == data


def test_continued_training_adds_attributes(trained):
    note = make_doc(trained, "考虑[肺炎|疾病]，[头颅CT|检查]不除外。")
    write_assertion(note, [], [])
    note.ents[0]._.assertion = note.ents[1]._.assertion = ["uncertain"]
    component = trained.get_pipe(NAME)
    before = component.predict(gold_docs(trained, make_notes(trained, 1))).probabilities
    optimizer = trained.resume_training()
    with pytest.warns(UserWarning, match="W041.*uncertain, 检查"):
        step(trained, gold_examples(trained, [note]), optimizer)
    assert component.labels == ("negated", "historical", "uncertain")
    assert component.space.types == ("疾病", "症状", "检查")
    after = component.predict(gold_docs(trained, make_notes(trained, 1))).probabilities
    assert np.allclose(before[:, 0], after[:2, 0], atol=0.2)
    blank(cues=False).from_bytes(trained.to_bytes())


def test_types_can_be_given():
    nlp = initialized(types=["症状"])
    assert nlp.get_pipe(NAME).space.types == ("症状",)
    assert nlp.get_pipe(NAME).labels == ("negated",), "only diseases are historical"
    with pytest.raises(ValueError, match=r"C051.*'assertion_classifier'.*types"):
        initialized(types=["部位"])


def test_errors_name_what_is_wrong():
    known = ", ".join(ASSERTIONS)
    with pytest.raises(ValueError, match=rf"C050.*attributes.*'Denied'.*{known}"):
        blank(attributes=["Denied"])
    with pytest.raises(ValueError, match=r"C050.*threshold.*'denied'"):
        blank(threshold={"denied": 0.5})
    with pytest.raises(ValueError, match=r"C050.*'新'"):
        blank().get_pipe(NAME).add_label("新")
    with pytest.raises(ValueError, match=f"C003.*'{NAME}'"):
        blank()("头痛")
    with pytest.raises(ValueError, match=r"C051.*nothing to learn"):
        initialized(notes=[make_doc(spacy.blank("zh"), "[头痛|症状]")])
    nlp = initialized(notes=make_notes(spacy.blank("zh"))[:1], types=["症状", "疾病"])
    with pytest.raises(ValueError, match=r"C053.*'historical'"):
        nlp.update(gold_examples(nlp, make_notes(nlp)))


def test_languages_without_cue_rules():
    nlp = spacy.blank("xx")
    nlp.add_pipe(NAME, config=assertion_config())
    notes = make_notes(spacy.blank("zh"))
    with pytest.raises(ValueError, match=r"C041.*'xx'"):
        nlp.initialize(lambda: [Example(note, note) for note in notes])


def test_rules_that_contradict_the_data_have_no_weight():
    notes = make_notes(spacy.blank("zh"))
    weights = prior_weights(initialized(notes))
    assert (weights > 1.5).all(), "the cue rules are right on these notes"
    for note in notes:  # turn all attributes around
        for ent in note.ents[:2]:
            names = span_assertion(ent)
            ent._.assertion = [] if names else ["negated", "historical"]
    assert (prior_weights(initialized(notes)) == 0.0).all()


def prior_weights(nlp):
    """Return the weights of the cue rules in the model."""
    layer = nlp.get_pipe(NAME).model.get_ref("output_layer")
    return layer.shims[0]._model.inner.prior.detach().numpy()
