"""What the options of the joint component do, whichever its model."""

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
    """RETURNS (Kind): The joint component with one model after the other."""
    return request.param.upon(bert)


@pytest.fixture
def component(trained):
    return trained.get_pipe(NAME)


@pytest.fixture
def watch(monkeypatch):
    """RETURNS (Callable): Makes the component keep what its scorer of relations takes and, in
    training, what goes back."""

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


def test_relations_are_those_from_the_threshold_up(trained, kind, component):
    assert kind.blank(threshold=0.9).get_pipe(NAME).cfg["threshold"] == 0.9
    docs = kind.docs(trained, make_notes(trained, 6, seed=3))
    predicted = component.predict(docs)
    every = sorted(score for score in predicted.scores.ravel().tolist() if score > 0.0)
    low, middle, high = every[0], every[len(every) // 2], every[-1]
    counts = []
    for score in (0.0, low, middle, high):
        # A score equal to the threshold is one from it up.
        for threshold in (score, float(np.nextafter(predicted.scores.dtype.type(score), 2))):
            component.cfg["threshold"] = threshold
            some = [doc.copy() for doc in docs]
            component.set_annotations(some, predicted)
            found = sorted(relation.score for doc in some for relation in doc._.relations)
            assert found == [value for value in every if value >= threshold]
            counts.append(len(found))
    assert counts[0] == counts[2] == len(every) > counts[3] >= counts[4] > counts[5]
    assert counts[6] > counts[7] == 0


@pytest.mark.slow
@pytest.mark.parametrize("task", NONE)
def test_a_loss_counts_as_much_as_its_weight(kind, task):
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


def test_gold_tags_in_learning_and_predicted_ones_after(trained, kind, component, watch):
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
    """The labels that types allow, as places among the scores."""
    allowed = component.cfg["signatures"]
    either = isinstance(component.head, UnorderedHead)
    ways = [(head, tail), (tail, head)] if either else [(head, tail)]
    every = [[first, label, last] in allowed for first, last in ways for label in component.labels]
    return [True, *every] if either else every


@pytest.mark.parametrize("typed", [True, False])
def test_types_that_never_went_together_teach_nothing(kind, watch, typed):
    """A note has three mentions in one sentence and two in the other: eight ordered pairs."""
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
        kinds = seen.candidates.types[seen.candidates.batch_pairs()]
        wanted = [labels_of(component, types[head], types[tail]) for head, tail in kinds]
        assert (gradient != 0.0).tolist() == wanted
    else:
        assert gradient.all()


def test_dropout_reaches_the_scorer_of_relations(trained, kind, component, watch):
    inputs, _ = watch(component)
    component.predict(kind.docs(trained, make_notes(trained, 4)))
    part = component.model.get_ref("relations")
    plain = part.predict(inputs[0])
    for rate in (0.0, 0.5):
        set_dropout_rate(component.model, rate)
        one, other = (part.begin_update(inputs[0])[0] for _ in range(2))
        same = [np.allclose(one, other), np.allclose(one, plain), np.allclose(other, plain)]
        assert same == [rate == 0.0] * 3
        np.testing.assert_allclose(part.predict(inputs[0]), plain)
