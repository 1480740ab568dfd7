"""Components with a transformer of spacy-transformers as their encoder."""

import numpy as np
import pytest
import spacy

from ..util import (
    both,
    edges,
    fit,
    gold_examples,
    joint_config,
    make_notes,
    ner_config,
    relation_config,
    step,
    strided,
    text_examples,
)

pytestmark = pytest.mark.slow

LISTENER = {
    "@architectures": "spacy-transformers.TransformerListener.v1",
    "grad_factor": 1.0,
    "pooling": {"@layers": "reduce_mean.v1"},
    "upstream": "transformer",
}
CONFIGS = {
    "clinical_ner": ner_config,
    "relation_classifier": relation_config,
    "joint_extractor": joint_config,
}


def pipeline(bert, names=("clinical_ner", "relation_classifier")):
    nlp = spacy.blank("zh")
    model = {
        "@architectures": "spacy-transformers.TransformerModel.v3",
        "name": bert,
        "tokenizer_config": {"use_fast": True},
        "get_spans": strided(),
    }
    nlp.add_pipe("transformer", config={"model": model})
    for name in names:
        nlp.add_pipe(name, config=CONFIGS[name](LISTENER))
    return nlp


@pytest.fixture(scope="module")
def trained(bert, tmp_path_factory):
    """Return a saved pipeline, fitted to four notes."""
    nlp = pipeline(bert)
    fit(nlp, gold_examples(nlp, make_notes(nlp, 4)), steps=60, rate=0.01)
    path = tmp_path_factory.mktemp("transformer") / "model"
    nlp.to_disk(path)
    return path


def test_loaded_pipeline_fits_the_notes(trained):
    nlp = spacy.load(trained)
    for note in make_notes(nlp, 4):
        assert both(nlp(note.text)) == both(note)


def test_predictions_do_not_depend_on_the_batch_size(trained):
    nlp = spacy.load(trained)
    texts = [*(note.text for note in make_notes(nlp, 4)), "", "无殊。"]
    views = [[both(doc) for doc in nlp.pipe(texts, batch_size=size)] for size in (1, 8)]
    assert views[0] == views[1] and any(views[0])


def test_text_longer_than_a_window(trained):
    nlp = spacy.load(trained)
    note = make_notes(nlp, 1)[0]
    doc = nlp(note.text * 12)
    assert len(doc) > 300 and len(doc._.relations) > 0


@pytest.mark.parametrize("name", CONFIGS)
def test_gradient_reaches_the_transformer(bert, name):
    nlp = pipeline(bert, [name])
    examples = gold_examples(nlp, make_notes(nlp, 2))
    optimizer = nlp.initialize(lambda: examples)
    (shim,) = [s for node in nlp.get_pipe("transformer").model.walk() for s in node.shims]
    before = {name: w.detach().clone() for name, w in shim._model.named_parameters()}
    step(nlp, gold_examples(nlp, make_notes(nlp, 2)), optimizer)
    changed = [n for n, w in shim._model.named_parameters() if not w.equal(before[n])]
    assert any("attention" in n for n in changed) and any("embeddings" in n for n in changed)


def test_update_with_a_batch_without_candidates(trained):
    nlp = spacy.load(trained)
    examples = gold_examples(nlp, [nlp.make_doc("无殊。")])
    losses = nlp.update(examples, sgd=nlp.resume_training())
    assert losses["relation_classifier"] == 0.0 and np.isfinite(losses["clinical_ner"])


def test_replaced_listeners_predict_the_same(trained):
    nlp = spacy.load(trained)
    nlp.replace_listeners("transformer", "relation_classifier", ["model.tok2vec"])
    for note in make_notes(nlp, 4):
        assert edges(nlp(note.text)) == edges(note)


@pytest.mark.slow
@pytest.mark.parametrize("direct", [False, True])
def test_multi_head_selection_with_a_transformer(bert, direct):
    """The transformer is shared through a listener, or part of the component."""
    if direct:
        encoder = {
            "@architectures": "spacy-transformers.Tok2VecTransformer.v3",
            "name": bert,
            "tokenizer_config": {"use_fast": True},
            "get_spans": strided(),
            "pooling": {"@layers": "reduce_mean.v1"},
        }
        nlp = spacy.blank("zh")
        nlp.add_pipe("joint_extractor", config=joint_config(encoder))
    else:
        nlp = pipeline(bert, ["joint_extractor"])
    notes = make_notes(nlp, 4)
    fit(nlp, text_examples(nlp, notes), steps=80, rate=0.01)
    loaded = spacy.util.load_model_from_config(nlp.config).from_bytes(nlp.to_bytes())
    for note in notes:
        assert both(loaded(note.text)) == both(note)
