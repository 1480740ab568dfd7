"""Training that continues from a trained pipeline, with additional labels."""

import numpy as np
import pytest
import spacy
from spacy.cli.train import train
from spacy.tokens import DocBin
from spacy.training import Example

from spacy_clinrel.tokens.bieos import n_tags

from ..util import CONFIGS, both, edges, ents, fit, make_doc, make_notes, ner_config, step
from .conftest import KINDS

NEW_TYPE, NEW_LABEL = "剂量", "用量"


def new_notes(nlp, count=6):
    """Return notes with a type and a label that the trained pipelines do not have."""
    marked = "给予[布洛芬|治疗][{}mg|剂量]口服，[{}|症状]好转。"
    words = ["头痛", "胸闷", "咳嗽"]
    return [
        make_doc(
            nlp, marked.format(10 * (i + 1), words[i % 3]), [(0, 1, NEW_LABEL), (0, 2, "改善")]
        )
        for i in range(count)
    ]


def weights(component):
    """Return the weights of a component's PyTorch layers and Thinc parameters by name."""
    found = {}
    for number, node in enumerate(component.model.walk()):
        for name in node.param_names:
            if node.has_param(name):
                found[f"{number} {name}"] = node.get_param(name).copy()
        for shim in node.shims:
            for name, value in shim._model.named_parameters():
                found[f"{number} {name}"] = value.detach().numpy().copy()
    return found


def resume(kind, nlp, notes, steps):
    """Continue the training of a pipeline as `spacy train` does."""
    examples = kind.examples(nlp, notes)
    optimizer = nlp.resume_training()
    optimizer.learn_rate = 0.01
    for _ in range(steps):
        batch = [Example(eg.predicted.copy(), eg.reference) for eg in examples]
        step(nlp, batch, optimizer, drop=0.1)
    return optimizer


def old_only(values):
    """Leave out annotation with new names."""
    return [value for value in values if NEW_TYPE not in value and NEW_LABEL not in value]


def test_new_labels_are_added_in_training(trained, kind):
    component = trained.get_pipe(kind.name)
    old_notes = make_notes(trained, 8)
    before = [kind.view(trained(doc)) for doc in kind.docs(trained, old_notes)]
    labels, n_types = component.labels, len(component.space.types)
    with pytest.warns(UserWarning, match="W041"):
        resume(kind, trained, [*new_notes(trained), *old_notes], steps=25)
    assert component.labels[: len(labels)] == labels
    assert component.space.types[n_types:] == (NEW_TYPE,)
    if kind.name not in ("clinical_ner", "span_ner"):
        assert component.labels[len(labels) :] == (NEW_LABEL,)
        assert ("治疗", NEW_LABEL, NEW_TYPE) in component.space.signatures
    after = [kind.view(trained(doc)) for doc in kind.docs(trained, old_notes)]
    kept = sum(old in new for olds, new in zip(before, after) for old in olds)
    assert kept >= 0.8 * sum(map(len, before)) > 0
    found = [kind.view(trained(doc)) for doc in kind.docs(trained, new_notes(trained))]
    assert any(NEW_TYPE in value or NEW_LABEL in value for values in found for value in values)
    again = kind.blank().from_bytes(trained.to_bytes())
    assert [kind.view(again(doc)) for doc in kind.docs(again, old_notes)] == after


def test_resizing_keeps_weights_and_predictions(trained, kind):
    component = trained.get_pipe(kind.name)
    notes = make_notes(trained, 6, seed=3)
    before, predictions = (
        weights(component),
        [kind.view(trained(d)) for d in kind.docs(trained, notes)],
    )
    space = component.space.extended(
        {"types": [NEW_TYPE], "signatures": [["治疗", NEW_LABEL, NEW_TYPE]], "labels": [NEW_LABEL]}
        if kind.name not in ("clinical_ner", "span_ner")
        else {"types": [NEW_TYPE]}
    )
    n_labels = len(component.space.labels)
    component.extend_space(space)
    after = weights(component)
    assert after.keys() == before.keys()
    changed = 0
    for name, old in before.items():
        new = after[name]
        if old.shape == new.shape:
            assert np.array_equal(old, new)
            continue
        changed += 1
        if "focused" in kind.id and old.shape[0] == 1 + 2 * n_labels:
            new = np.delete(new, [1 + n_labels, 2 + 2 * n_labels], axis=0)
        assert np.array_equal(old, new[tuple(map(slice, old.shape))])
    assert changed
    docs = kind.docs(trained, notes)
    assert [kind.view(trained(doc)) for doc in docs] == predictions


def test_add_label_to_a_trained_tagger(entities):
    component = entities.get_pipe("clinical_ner")
    (note,) = make_notes(entities, 1)
    before = ents(entities(note.text))
    assert component.add_label(NEW_TYPE) == 1 and component.add_label(NEW_TYPE) == 0
    assert ents(entities(note.text)) == before
    layer = component.model.get_ref("output_layer")
    assert layer.shims[0]._model.inner.emit.out_features == n_tags(len(component.labels))
    assert component.model.predict([note]).scores.shape[1] == n_tags(5)


def test_add_label_to_a_trained_relation_classifier(relations):
    component = relations.get_pipe("relation_classifier")
    component.is_resumed = False
    component.add_label(NEW_LABEL)
    resume(KINDS[1], relations, new_notes(relations), steps=1)
    assert ("治疗", NEW_LABEL, NEW_TYPE) in component.space.signatures


def test_models_that_cannot_be_resized_say_what_to_do(entities):
    component = entities.get_pipe("clinical_ner")
    del component.model.attrs["resize"]
    with pytest.raises(ValueError, match=r"C002.*剂量.*source"):
        component.add_label(NEW_TYPE)
    assert NEW_TYPE not in component.labels


def test_unknown_labels_after_initialization_are_errors(zh):
    zh.add_pipe("clinical_ner", config=ner_config())
    notes = make_notes(zh, 4)
    fit(zh, [Example(zh.make_doc(note.text), note) for note in notes], steps=1)
    (new,) = new_notes(zh, 1)
    with pytest.raises(ValueError, match=r"C008.*剂量"):
        zh.update([Example(zh.make_doc(new.text), new)], sgd=False)


def test_initialize_again_with_more_labels(entities):
    component = entities.get_pipe("clinical_ner")
    notes = [*make_notes(entities, 4), *new_notes(entities)]
    entities.initialize(lambda: [Example(entities.make_doc(note.text), note) for note in notes])
    assert component.labels[-1] == NEW_TYPE
    assert entities.update([Example(entities.make_doc(n.text), n) for n in notes])


def test_averages_and_moments_of_the_old_sizes_are_not_used(entities):
    old_notes = make_notes(entities, 4)
    optimizer = resume(KINDS[0], entities, old_notes, steps=2)
    with pytest.warns(UserWarning, match="W041"):
        examples = KINDS[0].examples(entities, new_notes(entities))
        step(entities, examples, optimizer)
        step(entities, examples, optimizer)
    with entities.use_params(optimizer.averages):
        assert entities(old_notes[0].text).text


@pytest.mark.slow
def test_spacy_train_with_source(trained_model, tmp_path):
    nlp = spacy.load(trained_model)
    notes = [*make_notes(nlp, 12, seed=1), *new_notes(nlp, 12)]
    DocBin(docs=notes).to_disk(tmp_path / "new.spacy")
    config = spacy.util.load_config(CONFIGS / "zh_clinrel.cfg", interpolate=False)
    for name in ("tok2vec", "clinical_ner", "relation_classifier"):
        config["components"][name] = {"source": str(trained_model)}
    config["training"].update(max_steps=20, eval_frequency=10)
    config.to_disk(tmp_path / "source.cfg")
    paths = {f"paths.{part}": str(tmp_path / "new.spacy") for part in ("train", "dev")}
    with pytest.warns(UserWarning, match="W041"):
        train(tmp_path / "source.cfg", tmp_path / "out", overrides=paths)
    again = spacy.load(tmp_path / "out" / "model-last")
    assert NEW_TYPE in again.get_pipe("clinical_ner").labels
    assert NEW_LABEL in again.get_pipe("relation_classifier").labels
    old = make_notes(nlp, 4, seed=1)
    kept = [set(both(nlp(note.text))) & set(both(again(note.text))) for note in old]
    assert sum(map(len, kept)) >= 0.7 * sum(len(both(nlp(note.text))) for note in old)
    assert edges(again(new_notes(nlp, 1)[0].text))
