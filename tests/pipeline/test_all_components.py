"""Tests that run on each trainable component with each of its models."""

import pickle

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Adam

from spacy_clinrel.pipeline.predictions import JointPredictions, PairPredictions

from ..util import fit, gradients, make_notes, text_examples


def scores_of(nlp, kind):
    return nlp.evaluate(kind.examples(nlp, make_notes(nlp, 8)))


def raw(nlp, docs):
    """Return the result of `predict` as a list of arrays."""
    (_, component), *_ = nlp.pipeline
    predicted = component.predict(docs)
    if isinstance(predicted, JointPredictions):
        return [np.concatenate(predicted.tags), predicted.scores]
    return [predicted.scores] if isinstance(predicted, PairPredictions) else predicted


def all_close(first, second):
    return len(first) == len(second) and all(
        np.allclose(a, b, atol=1e-6) for a, b in zip(first, second)
    )


def test_overfits_eight_notes(trained, kind):
    assert scores_of(trained, kind)[kind.score] == 1.0
    for doc, note in zip(kind.docs(trained, make_notes(trained, 8)), make_notes(trained, 8)):
        assert kind.view(trained(doc)) == kind.view(note)


def test_untrained_model_scores_low(kind):
    nlp = kind.blank()
    examples = kind.examples(nlp, make_notes(nlp, 8))
    nlp.initialize(lambda: examples)
    assert scores_of(nlp, kind)[kind.score] < 0.9


@pytest.mark.slow
def test_loss_decreases(kind):
    losses = []
    for steps in (1, 20):
        nlp = kind.blank()
        losses.append(fit(nlp, kind.examples(nlp, make_notes(nlp, 4)), steps=steps)[kind.name])
    first, later = losses
    assert 0 <= later < first / 2


@pytest.mark.parametrize("method", ["bytes", "disk", "pickle"])
def test_round_trip_keeps_predictions(trained, kind, tmp_path, method):
    if method == "bytes":
        other = kind.blank().from_bytes(trained.to_bytes())
    elif method == "pickle":
        other = pickle.loads(pickle.dumps(trained))
    else:
        trained.to_disk(tmp_path / "model")
        other = spacy.load(tmp_path / "model")
    before, after = scores_of(trained, kind), scores_of(other, kind)
    assert {**before, "speed": 0} == {**after, "speed": 0}
    notes = make_notes(trained, 3)
    assert all_close(
        raw(trained, kind.docs(trained, notes)),
        raw(other, kind.docs(other, make_notes(other, 3))),
    )
    assert other.get_pipe(kind.name).label_data == trained.get_pipe(kind.name).label_data
    assert other.get_pipe(kind.name).to_bytes() == trained.get_pipe(kind.name).to_bytes()


def test_saved_files_have_no_pickles(trained, kind, tmp_path):
    trained.to_disk(tmp_path / "model")
    files = [path for path in (tmp_path / "model" / kind.name).rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"cfg", "model"}
    for path in files:
        data = path.read_bytes()
        assert b"PK\x03\x04" not in data and b"torch._utils" not in data


def test_predictions_do_not_depend_on_the_batch(trained, kind):
    notes = [*make_notes(trained, 6, seed=3), trained.make_doc(""), trained.make_doc("无殊。")]
    alone = [raw(trained, [doc]) for doc in kind.docs(trained, notes)]
    together = raw(trained, kind.docs(trained, notes))
    if kind.name not in ("clinical_ner", "span_ner"):
        assert all_close([np.concatenate(arrays) for arrays in zip(*alone)], together)
    else:
        assert all_close([tags for (tags,) in alone], together)
    views = [
        [kind.view(doc) for doc in trained.pipe(kind.docs(trained, notes), batch_size=size)]
        for size in (1, 3, 100)
    ]
    assert views[0] == views[1] == views[2] and any(views[0])


def test_predict_does_not_change_docs(trained, kind):
    docs = kind.docs(trained, make_notes(trained, 2))
    before = [doc.to_bytes() for doc in docs]
    trained.get_pipe(kind.name).predict(docs)
    assert [doc.to_bytes() for doc in docs] == before


def test_predict_docs_without_tokens(trained, kind):
    assert len(trained("")) == 0
    docs = list(trained.pipe(["", "头痛", ""]))
    assert [doc.text for doc in docs] == ["", "头痛", ""]
    assert kind.view(trained.get_pipe(kind.name)(Doc(trained.vocab))) in ([], set())
    assert list(trained.pipe([])) == []


def test_update_with_docs_without_tokens(trained, kind):
    empty = Example(trained.make_doc(""), trained.make_doc(""))
    optimizer = trained.resume_training()
    assert trained.update([empty], sgd=optimizer)[kind.name] == 0.0
    mixed = [empty, *kind.examples(trained, make_notes(trained, 2)), empty]
    assert np.isfinite(trained.update(mixed, sgd=optimizer)[kind.name])


def test_update_with_docs_without_annotation(trained, kind):
    plain = trained.make_doc("患者头痛。")
    losses = trained.update([Example(plain, plain.copy())], sgd=False)
    assert losses[kind.name] == 0.0 and not any(gradients(trained.get_pipe(kind.name).model))
    trained.update(kind.examples(trained, make_notes(trained, 2, seed=4)), drop=0.5, sgd=False)
    assert any(gradients(trained.get_pipe(kind.name).model))


def test_second_run_changes_nothing(trained, kind):
    for doc in kind.docs(trained, make_notes(trained, 4)):
        once = trained.get_pipe(kind.name)(doc).to_bytes()
        assert trained.get_pipe(kind.name)(doc).to_bytes() == once


def test_update_with_different_tokens(kind):
    """The predicted Doc has words and the reference characters; not all mentions align."""
    nlp = kind.blank()
    examples = kind.examples(nlp, make_notes(nlp, 8))
    nlp.initialize(lambda: examples)
    reference = make_notes(nlp, 1)[0]
    text = reference.text
    words = [text[i : i + 3] for i in range(0, len(text), 3)]  # three characters per word
    predicted = Doc(nlp.vocab, words=words, spaces=[False] * len(words))
    predicted.set_ents([predicted[0:1]], default="outside")
    losses = nlp.update([Example(predicted, reference)], sgd=nlp.create_optimizer())
    assert np.isfinite(losses[kind.name])
    assert nlp.evaluate([Example(predicted, reference)])[kind.score] < 1.0


def test_add_label_before_and_after_initialization(trained, kind):
    component = trained.get_pipe(kind.name)
    known = component.labels[0]
    assert component.add_label(known) == 0
    assert component.add_label("新") == 1 and component.labels[-1] == "新"
    blank = kind.blank().get_pipe(kind.name)
    assert blank.add_label("新") == 1 and blank.labels == ("新",)


def test_pipelines_with_an_added_label_are_saved(trained, kind, tmp_path):
    trained.get_pipe(kind.name).add_label("新")
    trained.to_disk(tmp_path / "model")
    loaded = spacy.load(tmp_path / "model")
    assert loaded.get_pipe(kind.name).labels == trained.get_pipe(kind.name).labels
    docs = [kind.docs(nlp, make_notes(nlp, 3)) for nlp in (trained, loaded)]
    assert [kind.view(trained(doc)) for doc in docs[0]] == [
        kind.view(loaded(doc)) for doc in docs[1]
    ]


def test_predict_fails_without_initialization(kind):
    nlp = kind.blank()
    with pytest.raises(ValueError, match=f"C003.*'{kind.name}'"):
        nlp("头痛")


def test_initialize_fails_without_labels(kind):
    nlp = kind.blank()
    with pytest.raises(ValueError, match=f"C001.*'{kind.name}'"):
        nlp.initialize(lambda: text_examples(nlp, [nlp.make_doc("头痛")]))


def test_initialize_with_given_labels(trained, kind):
    """The labels come from `spacy init labels` instead of the data."""
    data = trained.get_pipe(kind.name).label_data
    nlp = kind.blank()
    nlp.config["initialize"]["components"][kind.name] = {"labels": data}
    examples = kind.examples(nlp, make_notes(nlp, 2))
    nlp.initialize(lambda: examples)
    component = nlp.get_pipe(kind.name)
    assert component.label_data == data and component.labels == trained.get_pipe(kind.name).labels


def test_two_instances_in_one_pipeline(kind):
    nlp = kind.blank()
    nlp.add_pipe(kind.name, name="second", config=kind.config())
    examples = kind.examples(nlp, make_notes(nlp, 2))
    losses = fit(nlp, examples, steps=1)
    assert set(losses) == {kind.name, "second"}
    nlp.get_pipe("second").cfg["labels"] = ()
    assert nlp.get_pipe(kind.name).labels


def test_dropout_applies_only_in_training(trained, kind):
    docs = kind.docs(trained, make_notes(trained, 4, seed=5))
    before = raw(trained, docs)
    losses = []
    for drop in (0.0, 0.7, 0.7, 0.0):
        batch = kind.examples(trained, make_notes(trained, 4, seed=5))
        losses.append(trained.update(batch, drop=drop, sgd=False)[kind.name])
    assert losses[0] == pytest.approx(losses[3]) and len({round(x, 4) for x in losses[:3]}) == 3
    assert all_close(raw(trained, docs), before)


@pytest.mark.slow
@pytest.mark.parametrize("average", [True, False])
def test_use_params_restores_weights(trained, kind, average):
    """`spacy train` evaluates and saves inside `use_params`."""
    optimizer = Adam(0.05, use_averages=average)
    for _ in range(3):
        trained.update(kind.examples(trained, make_notes(trained, 4, seed=9)), sgd=optimizer)
        optimizer.step_schedules()
    plain = trained.get_pipe(kind.name).model.to_bytes()
    averages = optimizer.averages or {}
    with trained.use_params(averages):
        swapped = trained.get_pipe(kind.name).model.to_bytes()
    assert (swapped != plain) is average
    assert trained.get_pipe(kind.name).model.to_bytes() == plain


def test_default_scorer_has_boundary_scores(trained, kind):
    scores = scores_of(trained, kind)
    other = {"ents_f": "ents_boundary_f", "rel_micro_f": "rel_boundary_f"}[kind.score]
    assert kind.score in scores and other in scores
