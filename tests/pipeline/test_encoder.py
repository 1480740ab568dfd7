"""A tok2vec with a BERT-like encoder of its own, and components that listen to it."""

import pickle

import numpy as np
import pytest
import spacy
import torch
from spacy import util
from spacy.training.initialize import init_nlp
from tokenizers import ByteLevelBPETokenizer
from transformers import (
    AutoModel,
    AutoTokenizer,
    RobertaConfig,
    RobertaModel,
    RobertaTokenizerFast,
)

from spacy_clinrel import convert
from spacy_clinrel.data.readers import Corpus
from spacy_clinrel.ml import bert as encoder_layer

from ..recording import batches_of
from ..util import (
    ROOT,
    both,
    fit,
    gold_examples,
    gradient_arrays,
    gradients,
    listener,
    make_notes,
    ner_config,
    relation_config,
    step,
    strided,
    text_examples,
    write_docs,
)

NAME = "tok2vec"
TINY = {"width": 16, "encoder_rate": 1.0}
NO_DROPOUT = {"attention_probs_dropout_prob": 0.0, "hidden_dropout_prob": 0.0}
TEXT = "患者胸闷三天，查心电图示房颤。"


def pipeline(bert, names=(), **options):
    """Return a pipeline with the encoder and components that listen to it."""
    nlp = spacy.blank("zh")
    model = {
        "@architectures": "spacy-clinrel.Transformer.v1",
        "encoder": {"@misc": "spacy-clinrel.PretrainedEncoder.v1", "name": bert},
        "get_spans": strided(),
        **options,
    }
    nlp.add_pipe(NAME, config={"model": model})
    configs = {"clinical_ner": ner_config, "relation_classifier": relation_config}
    for name in names:
        nlp.add_pipe(name, config=configs[name](listener()))
    return nlp


def initialized(bert, **options):
    """Return an initialized pipeline of the encoder alone."""
    nlp = pipeline(bert, **options)
    nlp.initialize(lambda: text_examples(nlp, make_notes(nlp, 2)))
    return nlp


def module_of(nlp):
    (shim,) = nlp.get_pipe(NAME).model.layers[0].shims
    return shim._model.inner


def plain(bert, texts, layer=-1):
    """Return the vectors of the pieces of each text by the model of transformers."""
    tokenizer, model = AutoTokenizer.from_pretrained(bert), AutoModel.from_pretrained(bert).eval()
    vectors = []
    for text in texts:
        with torch.no_grad():
            output = model(**tokenizer(text, return_tensors="pt"), output_hidden_states=True)
        vectors.append(output.hidden_states[layer][0].numpy())
    return vectors


@pytest.fixture(scope="module")
def trained(bert, tmp_path_factory):
    """Return the folder of a pipeline that is fitted to six notes."""
    nlp = pipeline(bert, ("clinical_ner", "relation_classifier"))
    fit(nlp, gold_examples(nlp, make_notes(nlp, 6)), steps=50, rate=0.01)
    path = tmp_path_factory.mktemp("encoder") / "model"
    nlp.to_disk(path)
    return path


def test_vectors_are_those_of_the_encoder(bert):
    nlp = initialized(bert)
    doc = nlp(TEXT)
    (expected,) = plain(bert, [TEXT])  # one piece for each character, between [CLS] and [SEP]
    np.testing.assert_allclose(doc.tensor, expected[1:-1], atol=1e-5)
    # The pieces are 头, 颅, c and ##t, and none for the space.
    doc = spacy.tokens.Doc(nlp.vocab, words=["头颅", " ", "CT"], spaces=[False] * 3)
    nlp.get_pipe(NAME)(doc)
    (pieces,) = plain(bert, [doc.text])
    assert len(pieces) == 6
    expected = [pieces[1:3].mean(axis=0), np.zeros(16), pieces[3:5].mean(axis=0)]
    np.testing.assert_allclose(doc.tensor, expected, atol=1e-5)


def test_vectors_are_means_over_overlapping_windows(bert):
    text = (TEXT + "予吸氧后缓解。")[:20]
    whole = initialized(bert)(text).tensor
    np.testing.assert_allclose(whole, plain(bert, [text])[0][1:-1], atol=1e-5)
    tensor = initialized(bert, get_spans=strided(12, 8))(text).tensor
    sums, counts = np.zeros((20, 16)), np.zeros((20, 1))
    for start, vectors in zip((0, 8), plain(bert, [text[:12], text[8:]])):
        sums[start : start + 12] += vectors[1:-1]
        counts[start : start + 12] += 1
    np.testing.assert_allclose(tensor, sums / counts, atol=1e-5)
    assert np.abs(tensor - whole).max() > 1e-3


def test_first_layers(bert):
    nlp = initialized(bert, layers=1)
    (expected,) = plain(bert, [TEXT], layer=1)
    np.testing.assert_allclose(nlp(TEXT).tensor, expected[1:-1], atol=1e-5)
    loaded = pipeline("missing").from_bytes(nlp.to_bytes())
    assert len(module_of(loaded).transformer.encoder.layer) == 1
    np.testing.assert_array_equal(loaded(TEXT).tensor, nlp(TEXT).tensor)


def test_saved_pipeline_contains_the_encoder(bert, tmp_path):
    nlp = initialized(bert, width=16)
    nlp.to_disk(tmp_path / "model")
    assert bert.encode() not in (tmp_path / "model" / NAME / "model").read_bytes()
    path = f"components.{NAME}.model.encoder.name"
    loaded = spacy.load(tmp_path / "model", config={path: "missing"})
    again = pipeline("missing").from_bytes(nlp.to_bytes())
    for other in (loaded, again, pickle.loads(pickle.dumps(nlp))):
        np.testing.assert_array_equal(other(TEXT).tensor, nlp(TEXT).tensor)
        assert other.get_pipe(NAME).model.get_dim("nO") == 16


def test_loaded_pipeline_fits_the_notes(trained):
    nlp = spacy.load(trained)
    notes = make_notes(nlp, 6)
    texts = [*(note.text for note in notes), "", "\n", "无殊。"]
    views = [[both(doc) for doc in nlp.pipe(texts, batch_size=size)] for size in (1, 9)]
    assert views[0] == views[1]
    assert views[0][:6] == [both(note) for note in notes]


def test_listeners_train_the_encoder(trained, bert):
    nlp = spacy.load(trained)
    before = dict(AutoModel.from_pretrained(bert).named_parameters())
    after = dict(module_of(nlp).transformer.named_parameters())
    unchanged = [name for name in before if before[name].equal(after[name])]
    # The position embeddings beyond the notes stay as they are, but their table changes.
    assert all(name.startswith("pooler") for name in unchanged), unchanged
    # The whole table of the optimizer's options reaches the encoder: no gradient is left.
    nlp.update(gold_examples(nlp, make_notes(nlp, 4)), sgd=False)
    encoder = nlp.get_pipe(NAME).model
    assert sum(gradients(encoder)) > 20
    nlp.get_pipe(NAME).finish_update(nlp.resume_training())
    assert not any(gradients(encoder))


def test_frozen_encoder_does_not_change(trained):
    nlp = spacy.load(trained)
    before = [nlp.get_pipe(name).model.to_bytes() for name in nlp.pipe_names]
    batch = gold_examples(nlp, make_notes(nlp, 4, seed=4))
    nlp.update(batch, sgd=nlp.resume_training(), exclude=[NAME], annotates=[NAME])
    after = [nlp.get_pipe(name).model.to_bytes() for name in nlp.pipe_names]
    assert [a == b for a, b in zip(before, after)] == [True, False, False]


def test_component_with_a_copy_of_the_encoder(trained):
    nlp = spacy.load(trained)
    note = make_notes(nlp, 1)[0]
    nlp.replace_listeners(NAME, "clinical_ner", ["model.tok2vec"])
    nlp.replace_listeners(NAME, "relation_classifier", ["model.tok2vec"])
    assert both(nlp(note.text)) == both(note)
    loaded = util.load_model_from_config(nlp.config).from_bytes(nlp.to_bytes())
    assert both(loaded(note.text)) == both(note)


def test_learning_rates_of_encoder_and_layers(bert):
    """The weights move in proportion to their rates."""
    moves = []
    for options in ({}, {"encoder_rate": 0.5, "layer_decay": 0.1}):
        nlp = pipeline(bert, ["clinical_ner"], **options)
        fit(nlp, text_examples(nlp, make_notes(nlp, 2)), steps=0)
        before = {key: w.detach().clone() for key, w in module_of(nlp).named_parameters()}
        optimizer = nlp.resume_training()
        optimizer.learn_rate, optimizer.L2 = 0.001, 0.0
        step(nlp, text_examples(nlp, make_notes(nlp, 2)), optimizer)
        after = dict(module_of(nlp).named_parameters())
        moves.append({key: float((after[key] - before[key]).abs().max()) for key in before})
    for part, rate in (("layer.1.", 0.5), ("layer.0.", 0.05), ("embeddings.", 0.005)):
        ratios = [moves[1][key] / moves[0][key] for key in moves[0] if part in key]
        np.testing.assert_allclose(ratios, rate, rtol=0.02)


def test_budget_limits_batches_and_keeps_vectors_and_gradients(bert):
    results, sizes = [], []
    for budget in (8192, 64):
        nlp = initialized(bert, budget=budget, get_spans=strided(20, 10))
        docs = [nlp.make_doc(note.text) for note in make_notes(nlp, 4)]
        model = nlp.get_pipe(NAME).model
        with batches_of(module_of(nlp).transformer) as batches:
            predicted = model.predict(docs)
            vectors, backprop = model.begin_update(docs)
            backprop([vectors * np.arange(16, dtype="float32") for vectors in vectors])
        results.append((predicted, vectors, list(gradient_arrays(model))))
        sizes.append(max(rows * pieces for rows, pieces in batches if rows > 1))
    assert sizes[1] <= 64 < sizes[0]
    for whole, parts in zip(*results):
        assert len(whole) == len(parts) > 0
        for expected, found in zip(whole, parts):
            np.testing.assert_allclose(found, expected, atol=1e-4, rtol=1e-3)


def test_mixed_precision_on_the_cpu_is_for_training(bert, monkeypatch):
    differences = []
    encoder = {"@misc": "spacy-clinrel.PretrainedEncoder.v1", "name": bert}
    encoder["transformer_config"] = NO_DROPOUT
    for supported in (False, True):
        monkeypatch.setattr(encoder_layer, "computes_with_bfloat16", lambda: supported)  # noqa: B023
        nlp = initialized(bert, encoder=encoder, mixed_precision=True)
        model, docs = nlp.get_pipe(NAME).model, [nlp.make_doc(TEXT)]
        model.from_bytes(model.to_bytes())
        [predicted] = model.predict(docs)
        [in_training], backprop = model(docs, True)
        backprop([np.ones_like(predicted)])
        arrays = [predicted, in_training, *gradient_arrays(model)]
        assert {array.dtype.name for array in arrays} == {"float32"}
        np.testing.assert_allclose(predicted, plain(bert, [TEXT])[0][1:-1], atol=1e-5)
        differences.append(np.abs(in_training - predicted).max())
    assert differences[0] < 1e-5 < 5e-5 < differences[1] < 0.1


def test_settings_replace_those_of_the_encoder(bert):
    encoder = {"@misc": "spacy-clinrel.PretrainedEncoder.v1", "name": bert}
    nlp = initialized(bert, encoder={**encoder, "transformer_config": NO_DROPOUT})
    assert module_of(nlp).transformer.config.attention_probs_dropout_prob == 0.0
    (docs, model) = [nlp.make_doc(TEXT)], nlp.get_pipe(NAME).model
    np.testing.assert_allclose(model(docs, True)[0][0], model.predict(docs)[0], atol=1e-5)
    copy = pipeline(bert).from_bytes(nlp.to_bytes())
    assert module_of(copy).transformer.config.hidden_dropout_prob == 0.0


@pytest.mark.parametrize("precision", [False, True])
def test_docs_without_text(bert, precision):
    nlp = pipeline(bert, ["clinical_ner"], mixed_precision=precision)
    optimizer = nlp.initialize(lambda: text_examples(nlp, make_notes(nlp, 2)))
    docs = list(nlp.pipe(["", "\n", TEXT]))
    assert [doc.tensor.shape for doc in docs] == [(0, 16), (1, 16), (len(TEXT), 16)]
    assert not docs[1].tensor.any() and docs[2].tensor.dtype == "float32"
    for texts in ([""], ["", "\n"]):
        docs = [nlp.make_doc(text) for text in texts]
        nlp.update(text_examples(nlp, docs), sgd=optimizer)


def test_width_of_another_encoder_is_an_error(bert):
    assert pipeline(bert).get_pipe(NAME).model.has_dim("nO") is None
    assert initialized(bert).get_pipe(NAME).model.get_dim("nO") == 16
    with pytest.raises(ValueError, match=r"M040.*width 16.*width = 768.*tok2vec.model.width 16"):
        initialized(bert, width=768)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"budget": 0}, "budget must be 1 or more"),
        ({"layers": 0}, "layers must be 1 or more"),
        ({"encoder_rate": -1.0}, "encoder_rate must be 0 or more"),
        ({"layers": 3}, "layers must be 1 to 2.*got 3"),
    ],
)
def test_options_out_of_range_are_errors(bert, options, message):
    with pytest.raises(ValueError, match=f"M004.*{message}"):
        initialized(bert, **options)


def test_encoder_that_is_not_initialized_is_an_error(bert):
    nlp = pipeline(bert)
    with pytest.raises(ValueError, match=r"M001.*window_encoder"):
        nlp(TEXT)


@pytest.fixture(scope="module")
def roberta(tmp_path_factory):
    """Return the folder of a tiny RoBERTa in the format of the Hugging Face hub."""
    folder = tmp_path_factory.mktemp("roberta")
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    texts = [path.read_text("utf-8") for path in (ROOT / "assets" / "en_notes").rglob("*.txt")]
    pieces = ByteLevelBPETokenizer()
    pieces.train_from_iterator(texts, vocab_size=600, special_tokens=special)
    pieces.save_model(str(folder))
    files = (str(folder / "vocab.json"), str(folder / "merges.txt"))
    tokenizer = RobertaTokenizerFast(*files)
    tokenizer.save_pretrained(folder)
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = RobertaConfig(
        vocab_size=len(tokenizer), intermediate_size=16, max_position_embeddings=514, **sizes
    )
    util.fix_random_seed(0)
    RobertaModel(config).save_pretrained(folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_shipped_configs_train_and_load(lang, bert, roberta, tmp_path):
    """The shipped configs with a tiny encoder and a higher learning rate."""
    notes = tmp_path / "notes.spacy"
    if lang == "zh":
        write_docs(notes, make_notes(spacy.blank("zh"), 4))
    else:
        convert("brat", ROOT / "assets" / "en_notes" / "dev", notes, lang="en")
    overrides = {f"paths.{name}": str(notes) for name in ("train", "dev")}
    overrides["paths.encoder"] = bert if lang == "zh" else str(roberta)
    overrides |= {f"components.{NAME}.model.{key}": value for key, value in TINY.items()}
    path = ROOT / "configs" / f"{lang}_clinrel_trf.cfg"
    nlp = init_nlp(util.load_config(path, overrides=overrides, interpolate=False))
    examples = list(Corpus(notes, gold_entities=True, limit=2)(nlp))
    losses = [fit(nlp, examples, steps=steps, rate=0.003) for steps in (1, 20)]
    for name in ("clinical_ner", "relation_classifier"):
        assert losses[1][name] < 0.9 * losses[0][name], name
    nlp.to_disk(tmp_path / "model")
    loaded = spacy.load(tmp_path / "model")
    docs = [[pipe.make_doc(eg.text) for eg in examples] for pipe in (nlp, loaded)]
    views = [[both(doc) for doc in p.pipe(batch)] for p, batch in zip((nlp, loaded), docs)]
    assert views[0] == views[1] and any(views[0])
