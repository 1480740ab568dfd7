"""A relation_classifier with a CRF over candidate pairs."""

import numpy as np
import pytest

from ..util import chain_config, edges, gold_examples, make_notes

NAME = "relation_classifier"


@pytest.fixture
def nlp(zh):
    """Return an initialized, untrained pipeline."""
    zh.add_pipe(NAME, config=chain_config())
    zh.initialize(lambda: gold_examples(zh, make_notes(zh, 4)))
    return zh


def test_labels_must_be_exclusive(zh):
    with pytest.raises(ValueError, match=r"C006.*exclusive.*true with this model"):
        zh.add_pipe(NAME, config=chain_config(exclusive=False))


def test_pairs_have_at_most_the_label_of_the_best_path(nlp):
    component = nlp.get_pipe(NAME)
    dice = np.random.default_rng(0)
    model = component.model
    for name in ("transitions", "start", "end"):
        shape = model.get_param(name).shape
        model.set_param(name, 3 * dice.standard_normal(shape).astype("float32"))
    docs = [eg.predicted for eg in gold_examples(nlp, make_notes(nlp, 4))]
    predicted = component.predict(docs)
    labelled = predicted.scores > 0
    assert (labelled.sum(axis=1) <= 1).all() and labelled.any()
    component.set_annotations(docs, predicted)
    assert sum(len(edges(doc)) for doc in docs) == labelled.sum()
    # A threshold drops the relations with lower scores.
    middle = float(np.median(predicted.scores[labelled]))
    component.cfg["threshold"] = middle
    component.set_annotations(docs, predicted)
    assert sum(len(edges(doc)) for doc in docs) == (predicted.scores >= middle).sum()
    assert 0 < (predicted.scores >= middle).sum() < labelled.sum()


def test_best_path_has_allowed_labels_only(nlp):
    component = nlp.get_pipe(NAME)
    allowed = {tuple(signature) for signature in component.cfg["signatures"]}
    docs = [eg.predicted for eg in gold_examples(nlp, make_notes(nlp, 4))]
    for doc in component.pipe(docs):
        for rel in doc._.relations:
            assert (rel.head.label_, rel.label, rel.tail.label_) in allowed
    assert len(allowed) > 1


def test_docs_without_relation_annotation_do_not_count(nlp):
    component = nlp.get_pipe(NAME)
    examples = gold_examples(nlp, make_notes(nlp, 2, seed=7))
    docs = [eg.predicted for eg in examples]
    candidates = component.make_candidates(docs)
    output = component.model.predict((docs, candidates))
    first = int(candidates.pair_lengths[0])
    loss, gradient = component.get_loss(examples, output)
    assert gradient.scores[first:].any()
    del examples[1].reference.spans["clinrel"]
    less, gradient = component.get_loss(examples, output)
    assert 0 < less < loss
    assert gradient.scores[:first].any() and not gradient.scores[first:].any()
