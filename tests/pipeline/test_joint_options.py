"""Options of the joint_extractor, with each of its models."""

import numpy as np
import pytest
from thinc.api import set_dropout_rate

from spacy_clinrel.pipeline.heads import UnorderedHead
from spacy_clinrel.tokens.bieos import spans_to_tags

from ..util import fit, gradient_arrays, make_notes
from .conftest import KINDS

NAME = "joint_extractor"
NONE = {"entities": 0.0, "relations": 0.0}


@pytest.fixture(params=[kind for kind in KINDS if kind.name == NAME], ids=lambda kind: kind.model)
def kind(request, bert):
    """Return the joint component; each test runs once for each of its models."""
    return request.param.with_encoder(bert)


@pytest.fixture
def component(trained):
    return trained.get_pipe(NAME)


@pytest.fixture
def watch(monkeypatch):
    """Return a function that records the inputs of a component's relation scorer and, in training,
    the
    gradients."""

    def watch(component):
        part = component.model.get_ref("relations")
        forward, inputs, gradients = part._func, [], []

        def record(model, X, is_train):
            inputs.append(X)
            scores, backprop = forward(model, X, is_train=is_train)
            return scores, lambda gradient: [gradients.append(gradient), backprop(gradient)][1]

        monkeypatch.setattr(part, "_func", record)
        return inputs, gradients

    return watch


def test_relations_reach_the_threshold(trained, kind, component):
    assert kind.blank(threshold=0.9).get_pipe(NAME).cfg["threshold"] == 0.9
    docs = kind.docs(trained, make_notes(trained, 6, seed=3))
    predicted = component.predict(docs)
    all_scores = sorted(score for score in predicted.scores.ravel().tolist() if score > 0.0)
    low, middle, high = all_scores[0], all_scores[len(all_scores) // 2], all_scores[-1]
    counts = []
    for score in (0.0, low, middle, high):
        # A score that equals the threshold reaches it.
        for threshold in (score, float(np.nextafter(predicted.scores.dtype.type(score), 2))):
            component.cfg["threshold"] = threshold
            copies = [doc.copy() for doc in docs]
            component.set_annotations(copies, predicted)
            scores = sorted(relation.score for doc in copies for relation in doc._.relations)
            assert scores == [value for value in all_scores if value >= threshold]
            counts.append(len(scores))
    assert counts[0] == counts[2] == len(all_scores) > counts[3] >= counts[4] > counts[5]
    assert counts[6] > counts[7] == 0


@pytest.mark.slow
@pytest.mark.parametrize("task", NONE)
def test_loss_weights_scale_losses_and_gradients(kind, task):
    def learn(weights):
        nlp = kind.blank(loss_weights=weights)
        examples = kind.examples(nlp, make_notes(nlp, 4))
        fit(nlp, examples, steps=0)  # the same weights each time
        loss = nlp.update(examples, sgd=False)[NAME]
        arrays = gradient_arrays(nlp.get_pipe(NAME).model)
        return loss, np.concatenate([array.ravel() for array in arrays])

    [other] = set(NONE) - {task}
    loss, gradient = learn({**NONE, task: 1.0})
    half, half_gradient = learn({**NONE, task: 0.5})
    both, both_gradient = learn({task: 0.5, other: 1.0})
    rest, rest_gradient = learn({**NONE, other: 1.0})
    error = 1e-4 * abs(gradient).max()
    assert loss > 0.1 and abs(gradient).max() > 1e-3
    assert half == pytest.approx(loss / 2)
    assert both == pytest.approx(half + rest)
    np.testing.assert_allclose(half_gradient, gradient / 2, atol=error, rtol=1e-3)
    np.testing.assert_allclose(both_gradient, half_gradient + rest_gradient, atol=error, rtol=1e-3)


def tags_of(component, doc, ents):
    rows = [(ent.start, ent.end, component.cfg["types"].index(ent.label_)) for ent in ents]
    return spans_to_tags(np.asarray(rows), len(doc))


def test_scorer_gets_gold_tags_in_training_and_predicted_tags_after(
    trained, kind, component, watch
):
    notes = make_notes(trained, 3, seed=4)
    gold = [tags_of(component, note, note.ents) for note in notes]
    fewer = [tags_of(component, note, note.ents[:-1]) for note in notes]
    component.model.attrs["decode"] = lambda emissions: fewer
    inputs, _ = watch(component)
    trained.update(kind.examples(trained, notes), sgd=False)
    component.predict(kind.docs(trained, notes))
    for tags, seen, count in zip((gold, fewer), inputs, (5, 4)):
        assert seen.tags.tolist() == np.concatenate(tags).tolist()
        assert seen.candidates.mention_lengths.tolist() == [count] * len(notes)


def labels_of(component, head, tail):
    """Return which scores of a pair have a label that the types allow."""
    allowed = component.cfg["signatures"]
    is_unordered = isinstance(component.head, UnorderedHead)
    ends = [(head, tail), (tail, head)] if is_unordered else [(head, tail)]
    labels = [[first, label, last] in allowed for first, last in ends for label in component.labels]
    return [True, *labels] if is_unordered else labels


@pytest.mark.parametrize("typed", [True, False])
def test_signatures_unseen_in_training_get_no_gradient(kind, watch, typed):
    """Each note has three mentions in one sentence and two in another: eight ordered pairs."""
    nlp = kind.blank(typed=typed)
    notes = make_notes(nlp, 4)
    nlp.initialize(lambda: kind.examples(nlp, notes))
    component = nlp.get_pipe(NAME)
    inputs, gradients = watch(component)
    nlp.update(kind.examples(nlp, notes), sgd=False)
    ([seen], [gradient]) = inputs, gradients
    untyped = 4 if kind.model == "focused" else 8
    assert seen.candidates.pair_lengths.tolist() == [3 if typed else untyped] * len(notes)
    if typed:
        types = ["", *component.cfg["types"]]
        pair_types = seen.candidates.types[seen.candidates.batch_pairs()]
        expected = [labels_of(component, types[head], types[tail]) for head, tail in pair_types]
        assert (gradient != 0.0).tolist() == expected
    else:
        assert gradient.all()


def test_dropout_reaches_the_relation_scorer(trained, kind, component, watch):
    inputs, _ = watch(component)
    component.predict(kind.docs(trained, make_notes(trained, 4)))
    part = component.model.get_ref("relations")
    plain = part.predict(inputs[0])
    for rate in (0.0, 0.5):
        set_dropout_rate(component.model, rate)
        first, second = (part.begin_update(inputs[0])[0] for _ in range(2))
        equal = [np.allclose(first, second), np.allclose(first, plain), np.allclose(second, plain)]
        assert equal == [rate == 0.0] * 3
        np.testing.assert_allclose(part.predict(inputs[0]), plain)
