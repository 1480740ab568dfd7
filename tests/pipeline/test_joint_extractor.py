"""The component joint_extractor with multi-head selection and with a pair model."""

from dataclasses import replace

import numpy as np
import pytest
import spacy
from confection import ConfigValidationError
from spacy.tokens import Span
from spacy.training import Example

from spacy_clinrel.evaluation.evaluate import evaluate_examples
from spacy_clinrel.pipeline.candidates import SentencePairs
from spacy_clinrel.pipeline.entities import tagged_mentions
from spacy_clinrel.pipeline.label_space import LabelSpace
from spacy_clinrel.tokens.bieos import spans_to_tags

from ..util import (
    edges,
    ents,
    fit,
    gold_examples,
    joint_config,
    joint_relations_config,
    make_doc,
    make_notes,
    text_examples,
    tok2vec,
)

NAME = "joint_extractor"
SPACE = LabelSpace(("改善", "证实"), ("检查", "治疗", "疾病", "症状"), is_typed=False)
SENTENCES = SentencePairs()


def tags_of(doc):
    rows = [(ent.start, ent.end, SPACE.types.index(ent.label_)) for ent in doc.ents]
    return spans_to_tags(np.asarray(rows).reshape(-1, 3), len(doc))


def pairs_of(nlp, notes, strategy=SENTENCES, space=SPACE, train_pairs="tokens"):
    """Return the pairs that a component learns from, and their gold labels."""
    component = nlp.create_pipe(NAME, config=joint_config(train_pairs=train_pairs))
    component.strategy = strategy
    component.set_space(space)
    batch = component.make_batch(text_examples(nlp, notes))
    return batch.inputs.candidates, batch.gold


def test_token_pairs_are_all_pairs_within_a_sentence(zh):
    notes = [*make_notes(zh, 3), zh.make_doc(""), zh.make_doc("无。")]
    for note in notes[3:]:
        note._.relations = []  # annotated, without relations
    candidates, gold = pairs_of(zh, notes)
    assert gold.shape == (len(candidates), 2)
    first = 0
    for note, count in zip(notes, candidates.pair_lengths):
        expected = {
            (rel.head.end - 1, rel.tail.end - 1, SPACE.labels.index(rel.label))
            for rel in note._.relations
        }
        pairs = candidates.pairs[first : first + count].tolist()
        rows, columns = np.nonzero(gold[first : first + count])
        assert {(*pairs[i], k) for i, k in zip(rows.tolist(), columns.tolist())} == expected
        ends = [i for i, char in enumerate(note.text) if char in "。；"]
        same_sentence = [
            (i, j)
            for i in range(len(note))
            for j in range(len(note))
            if i != j and sum(i > end for end in ends) == sum(j > end for end in ends)
        ]
        assert [tuple(pair) for pair in pairs] == same_sentence
        first += count


def test_gold_labels_do_not_depend_on_the_order_of_pairs(zh):
    def reversed_pairs(doc, mentions):
        return SENTENCES(doc, mentions)[::-1]

    notes = make_notes(zh, 3)
    labelled = [
        {tuple(edge) for edge in np.column_stack([candidates.pairs[rows], columns]).tolist()}
        for candidates, gold in (pairs_of(zh, notes), pairs_of(zh, notes, reversed_pairs))
        for rows, columns in [np.nonzero(gold)]
    ]
    assert labelled[0] == labelled[1] and len(labelled[0]) >= 6


def test_mention_pairs_are_those_of_gold_entities(zh):
    notes = make_notes(zh, 2)
    candidates, gold = pairs_of(zh, notes, train_pairs="mentions")
    assert candidates.mention_lengths.tolist() == [len(note.ents) for note in notes]
    assert gold.sum() == sum(len(note._.relations) for note in notes)


@pytest.mark.parametrize("train_pairs", ["tokens", "mentions"])
def test_unknown_label_is_an_error(zh, train_pairs):
    note = make_doc(zh, "[胸片|检查]示[肺炎|疾病]。", [(0, 1, "排除")])
    with pytest.raises(ValueError, match=r"C007.*排除"):
        pairs_of(zh, [note], train_pairs=train_pairs)


def test_tagged_mentions_are_the_entities(zh):
    note = make_notes(zh, 1)[0]
    mentions = tagged_mentions(tags_of(note), SPACE.types, zh.vocab)
    rows = zip(mentions.starts, mentions.ends, (zh.vocab.strings[k] for k in mentions.labels))
    assert list(rows) == ents(note)


def learn(train_pairs, notes, steps, **options):
    nlp = spacy.blank("zh")
    nlp.add_pipe(NAME, config=joint_config(train_pairs=train_pairs, **options))
    losses = fit(nlp, text_examples(nlp, notes(nlp)), steps=steps)
    return nlp, losses


@pytest.mark.slow
def test_training_on_token_pairs():
    nlp, _ = learn("tokens", lambda nlp: make_notes(nlp, 4), 150, negatives=20.0)
    scores = nlp.evaluate(text_examples(nlp, make_notes(nlp, 4)))
    assert scores["ents_f"] == 1.0 and scores["rel_micro_f"] > 0.8


def test_mention_with_several_relations():
    def notes(nlp):
        marked = "[胸片|检查]示[肺炎|疾病]、[贫血|疾病]、[房颤|疾病]。"
        return [make_doc(nlp, marked, [(0, 1, "证实"), (0, 2, "证实"), (0, 3, "证实")])]

    nlp, _ = learn("mentions", notes, 60)
    [note] = notes(nlp)
    assert edges(nlp(note.text)) == edges(note) and len(edges(note)) == 3


def test_keep_entities_predicts_relations_of_gold_entities():
    nlp, _ = learn("mentions", lambda nlp: make_notes(nlp, 6), 60)
    component = nlp.get_pipe(NAME)
    notes = make_notes(nlp, 6)
    result = evaluate_examples(nlp, gold_examples(nlp, notes), gold_entities=True)
    scores = result["gold_entities"]
    assert scores["rel_micro_f"] > 0.9 and not any(key.startswith("ents") for key in scores)
    assert component.cfg["keep_entities"] is False
    component.cfg["keep_entities"] = True
    [example] = gold_examples(nlp, notes[:1])
    assert ents(nlp(example.predicted)) == ents(notes[0])
    # Entities of unknown types have no relations.
    other = example.predicted.copy()
    other.set_ents([Span(other, e.start, e.end, label="X") for e in other.ents])
    assert not nlp(other)._.relations and len(other.ents) == len(notes[0].ents)
    bare = nlp(nlp.make_doc(notes[0].text))
    assert not bare.ents and not bare._.relations


def test_docs_without_annotation_do_not_count(zh):
    nlp, _ = learn("mentions", lambda nlp: make_notes(nlp, 2), 2)
    bare = Example(nlp.make_doc("患者头痛。"), nlp.make_doc("患者头痛。"))
    assert nlp.update([bare], sgd=nlp.resume_training())[NAME] == 0.0


def test_gradient_reaches_embeddings_of_gold_tags(zh):
    """The embeddings are those of the gold tags that end a mention, not of predicted tags."""
    zh.add_pipe(NAME, config=joint_config())
    notes = make_notes(zh, 4)
    fit(zh, text_examples(zh, notes), steps=0)
    component = zh.get_pipe(NAME)
    component.update(text_examples(zh, notes))
    (shim,) = component.model.get_ref("relations").shims
    learned = shim._model.inner.tags.weight.grad.any(dim=1)
    expected = {int(tags_of(note)[ent.end - 1]) for note in notes for ent in note.ents}
    assert set(np.flatnonzero(learned)) == expected and not learned.all()


@pytest.mark.parametrize("option", [{"threshold": 1.5}, {"negatives": -1}, {"train_pairs": "all"}])
def test_options_out_of_range_are_errors(zh, option):
    with pytest.raises(ConfigValidationError, match=next(iter(option))):
        zh.add_pipe(NAME, config=option)


def test_missing_candidate_strategy_is_an_error(zh):
    with pytest.raises(ValueError, match="C005"):
        zh.add_pipe(NAME, config={"candidates": None})


@pytest.mark.parametrize("size", [{"width": 0}, {"tag_width": -1}])
def test_sizes_out_of_range_are_errors(zh, size):
    config = joint_config()
    config["model"].update(size)
    with pytest.raises(ValueError, match="M004"):
        zh.add_pipe(NAME, config=config)


def test_relations_of_nested_mentions_are_lost(zh):
    """The component learns flat entities only."""
    marked = "[[左|方位]股骨|部位][骨折|疾病]，予[补液|治疗]。"
    links = [(0, 2, "位于"), (1, 2, "位于"), (2, 3, "改善")]
    zh.add_pipe(NAME, config=joint_config())
    notes = [make_doc(zh, marked, links)]
    with pytest.warns(UserWarning, match=r"W002.*1 of 3 gold relations"):
        zh.initialize(lambda: [Example(note, note) for note in notes])


def test_initialize_fails_without_entities(zh):
    note = make_notes(zh, 1)[0]
    note._.relations = list(note._.relations)
    bare = note.copy()
    bare.set_ents([], default="outside")
    zh.add_pipe(NAME, config=joint_config())
    with pytest.raises(ValueError, match=r"C001.*doc\.ents"):
        zh.initialize(lambda: [Example(bare, bare)])


def test_training_pairs_have_allowed_types(zh):
    notes = make_notes(zh, 2)
    untyped, _ = pairs_of(zh, notes, train_pairs="mentions")
    space = replace(SPACE, signatures=(("治疗", "改善", "症状"),), is_typed=True)
    space = replace(space, labels=("改善",))
    for note in notes:
        note._.relations = [rel for rel in note._.relations if rel.label == "改善"]
    typed, _ = pairs_of(zh, notes, space=space, train_pairs="mentions")
    pair_types = typed.types[typed.batch_pairs()]
    assert 0 < len(typed) < len(untyped) and (pair_types == [2, 4]).all()


def test_relation_model_with_its_own_encoder_is_an_error(zh):
    config = joint_relations_config()
    config["model"]["relations"]["tok2vec"] = tok2vec()
    with pytest.raises(ValueError, match=r"M011.*tok2vec = null"):
        zh.add_pipe(NAME, config=config)


def test_placeholder_of_earlier_versions_means_no_encoder():
    """Pipelines saved by earlier versions name SharedVectors as the pair model's encoder."""

    def learn_from(encoder):
        nlp = spacy.blank("zh")
        config = joint_relations_config()
        config["model"]["relations"]["tok2vec"] = encoder
        nlp.add_pipe(NAME, config=config)
        fit(nlp, text_examples(nlp, make_notes(nlp, 3)), steps=5)
        return nlp.get_pipe(NAME).predict([nlp.make_doc(make_notes(nlp, 1)[0].text)]).pairs.scores

    old = learn_from({"@architectures": "spacy-clinrel.SharedVectors.v1"})
    np.testing.assert_array_equal(old, learn_from(None))
