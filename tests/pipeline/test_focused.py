"""The component joint_extractor with focused attention."""

import re
import warnings

import numpy as np
import pytest
import spacy
import torch
from spacy.training import Example
from transformers import BertConfig, BertModel, BertTokenizerFast

from spacy_clinrel.layers.focused import STREncoder
from spacy_clinrel.pipeline.candidates import make_candidates

from ..recording import batches_of
from ..util import (
    both,
    edges,
    ents,
    fit,
    focused_config,
    gold_examples,
    gradients,
    make_doc,
    make_notes,
    step,
    strided,
    text_examples,
)

NAME = "joint_extractor"
PAIRS = "spacy-clinrel.SentencePairs.v1"
SHORT = strided(20, 10)


def pipeline(bert, **options):
    nlp = spacy.blank("zh")
    nlp.add_pipe(NAME, config=focused_config(bert, **options))
    return nlp


def initialize(nlp):
    examples = text_examples(nlp, make_notes(nlp, 2))
    nlp.initialize(lambda: examples)


@pytest.fixture(scope="module")
def trained(bert, tmp_path_factory):
    """Return a saved pipeline, fitted to six notes."""
    nlp = pipeline(bert)
    fit(nlp, text_examples(nlp, make_notes(nlp, 6)), steps=120, rate=0.005)
    path = tmp_path_factory.mktemp("focused") / "model"
    nlp.to_disk(path)
    return path


@pytest.fixture
def nlp(trained):
    return spacy.load(trained)


def test_loaded_pipeline_fits_the_notes(nlp):
    for note in make_notes(nlp, 6):
        assert both(nlp(note.text)) == both(note)
    scores = nlp.evaluate(text_examples(nlp, make_notes(nlp, 6)))
    assert scores["ents_f"] == scores["rel_micro_f"] == 1.0


def test_trained_pipeline_loads_without_the_encoder_folder(nlp):
    loaded = spacy.blank("zh")
    loaded.add_pipe(NAME, config=focused_config("missing"))
    loaded.from_bytes(nlp.to_bytes())
    note = make_notes(nlp, 1)[0]
    assert edges(loaded(note.text)) == edges(note)


def test_predictions_do_not_depend_on_the_batch_size(nlp):
    texts = [*(note.text for note in make_notes(nlp, 6)), "", "无殊。"]
    views = []
    for size in (1, 8):
        docs = list(nlp.pipe(texts, batch_size=size))
        views.append([both(doc) for doc in docs])
    assert views[0] == views[1] and sum(len(doc._.relations) for doc in docs) > 10
    docs = [nlp.make_doc(text) for text in texts]
    component = nlp.get_pipe(NAME)
    together = component.predict(docs).scores
    alone = np.concatenate([component.predict([doc]).scores for doc in docs])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_budget_limits_batches_and_keeps_scores(nlp, trained):
    path = f"components.{NAME}.model.budget"
    small = spacy.load(trained, config={path: 64})
    docs = [nlp.make_doc(note.text) for note in make_notes(nlp, 6)]
    scores, sizes = [], []
    for pipe in (nlp, small):
        (shim,) = pipe.get_pipe(NAME).model.get_ref("encoder").layers[0].shims
        with batches_of(shim._model.inner.transformer) as batches:
            scores.append(pipe.get_pipe(NAME).predict(docs).scores)
        sizes.append(max(rows * pieces for rows, pieces in batches if rows > 1))
    np.testing.assert_allclose(*scores, atol=1e-5)
    assert sizes[1] <= 64 < sizes[0]


def test_docs_without_text_or_mentions(nlp):
    texts = ("", "，。", "\n")
    for doc in nlp.pipe(texts):
        assert not doc._.relations
    component = nlp.get_pipe(NAME)
    examples = [Example(nlp.make_doc(text), nlp.make_doc(text)) for text in texts]
    losses = component.update(examples, sgd=nlp.resume_training())
    assert losses[NAME] == 0.0


def test_empty_docs_with_windows_of_whole_documents(bert):
    nlp = pipeline(bert, get_spans={"@span_getters": "spacy-transformers.doc_spans.v1"})
    initialize(nlp)
    docs = list(nlp.pipe(["", "头痛", ""]))
    assert [len(doc) for doc in docs] == [0, 2, 0]


@pytest.mark.slow
def test_unordered_pairs_have_one_label_and_direction(bert):
    """Relations occur in both directions: with the head before the tail, and after it."""

    def notes(nlp):
        forward = make_doc(nlp, "[胸片|检查]示[肺炎|疾病]。", [(0, 1, "证实")])
        backward = make_doc(nlp, "[贫血|疾病]，查[血常规|检查]。", [(1, 0, "证实")])
        cause = make_doc(nlp, "[肺炎|疾病]致[贫血|疾病]。", [(0, 1, "导致")])
        effect = make_doc(nlp, "[房颤|疾病]因[肺炎|疾病]。", [(1, 0, "导致")])
        return [forward, backward, cause, effect]

    nlp = pipeline(bert)
    fit(nlp, text_examples(nlp, notes(nlp)), steps=120, rate=0.005)
    component = nlp.get_pipe(NAME)
    assert component.model.get_ref("relations").get_dim("nO") == 1 + 2 * len(component.labels)
    for note in notes(nlp):
        assert edges(nlp(note.text)) == edges(note)
    predicted = component.predict([nlp.make_doc(note.text) for note in notes(nlp)])
    # Between diseases both directions are candidates, and only one of them gets a label.
    assert predicted.candidates.pair_lengths.tolist() == [1, 1, 2, 2]
    by_pair = predicted.scores[2:].reshape(2, 2, len(component.labels))
    assert ((by_pair > 0).sum(axis=(1, 2)) == 1).all()


def test_every_weight_is_trained(bert):
    nlp = pipeline(bert)
    examples = text_examples(nlp, make_notes(nlp, 4))
    optimizer = nlp.initialize(lambda: examples)
    component = nlp.get_pipe(NAME)
    before = {
        name: weight.detach().clone()
        for node in component.model.walk()
        for shim in node.shims
        for name, weight in shim._model.named_parameters()
    }
    step(nlp, text_examples(nlp, make_notes(nlp, 4)), optimizer)
    unchanged = [
        name
        for node in component.model.walk()
        for shim in node.shims
        for name, weight in shim._model.named_parameters()
        if weight.equal(before[name])
    ]
    # The model does not use BERT's pooler.
    assert all("pooler" in name for name in unchanged), unchanged
    assert len(before) > 30


@pytest.mark.parametrize("task", ["entities", "relations"])
def test_each_task_trains_the_shared_layers(bert, task):
    weights = {"entities": 0.0, "relations": 0.0, task: 1.0}
    nlp = pipeline(bert, loss_weights=weights)
    initialize(nlp)
    component = nlp.get_pipe(NAME)
    losses = component.update(text_examples(nlp, make_notes(nlp, 4)))
    assert losses[NAME] > 0.0
    encoder, tagger = (component.model.get_ref(name) for name in ("encoder", "tagger"))
    head, _ = component.model.get_ref("relations").layers
    assert sum(gradients(encoder)) > 20
    assert any(gradients(tagger)) == (task == "entities")
    assert any(gradients(head)) == (task == "relations")


def test_learning_rates_of_encoder_and_layers(bert):
    nlp = pipeline(bert, encoder_rate=0.5, layer_decay=0.1)
    initialize(nlp)
    (shim,) = nlp.get_pipe(NAME).model.get_ref("encoder").layers[0].shims
    rate = {name: shim.rate(shim._model, name) for name, _ in shim._model.named_parameters()}
    by_layer = {
        part: {round(share, 6) for name, share in rate.items() if part in name}
        for part in ("layer.1.", "layer.0.", "embeddings.")
    }
    assert by_layer == {"layer.1.": {0.5}, "layer.0.": {0.05}, "embeddings.": {0.005}}
    # The optimizer gets these rates.
    scales = {}

    def move(key, weights, gradient, lr_scale=1.0):
        scales[key[1]] = lr_scale
        return weights, gradient

    nlp.update(text_examples(nlp, make_notes(nlp, 2)), sgd=False)
    shim.finish_update(move)
    assert scales and all(share == rate[name] for name, share in scales.items())


@pytest.mark.slow
def test_overlapping_windows_give_no_duplicates(bert):
    nlp = pipeline(bert, get_spans=SHORT, candidates={"max_distance": 6, "@misc": PAIRS})
    notes = make_notes(nlp, 4)
    fit(nlp, text_examples(nlp, notes), steps=150, rate=0.005)
    for note in notes:
        doc = nlp(note.text)
        assert ents(doc) == ents(note)
        relations = [(rel.head.start, rel.tail.start, rel.label) for rel in doc._.relations]
        assert len(relations) == len(set(relations))
        near = {edge for edge in edges(note) if abs(edge[0] - edge[4]) <= 6}
        assert near <= edges(doc)


def test_pairs_outside_all_windows_are_counted(bert):
    nlp = pipeline(bert, get_spans=SHORT, candidates={"max_sentences": 9, "@misc": PAIRS})
    examples = text_examples(nlp, make_notes(nlp, 4))
    nlp.initialize(lambda: examples)
    with pytest.warns(UserWarning, match=r"W004.*do not fit into a window"):
        nlp.update(text_examples(nlp, make_notes(nlp, 4)))
    component = nlp.get_pipe(NAME)
    component.cfg["keep_entities"] = True
    docs = [eg.predicted for eg in gold_examples(nlp, make_notes(nlp, 4))]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the warning is issued once
        predicted = component.predict(docs)
    ceiling = component.recall_ceiling(gold_examples(nlp, make_notes(nlp, 4)))
    assert ceiling["reached"] + sum(ceiling["lost"].values()) == ceiling["gold"] == 8
    assert 0 < len(predicted.candidates) < len(make_candidates(docs, component.strategy))


def test_tokens_beyond_the_encoder_are_counted(bert):
    nlp = pipeline(bert, get_spans={"@span_getters": "spacy-transformers.doc_spans.v1"})
    examples = text_examples(nlp, make_notes(nlp, 2))
    nlp.initialize(lambda: examples)
    text = make_notes(nlp, 1)[0].text
    with pytest.warns(UserWarning, match=r"W003.*71 of 198 tokens.* 128 word"):
        nlp(text * 6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nlp(text * 2)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"mask": "eq15"}, r"M004.*mask must be one of.*eq13.*eq15"),
        ({"focused_layers": 0}, r"M004.*focused_layers must be 1 or more"),
        ({"budget": 0}, r"M004.*budget"),
        ({"train_pairs": "tokens"}, r"C006.*train_pairs.*mentions"),
        ({"loss_weights": {"mentions": 1.0}}, r"loss_weights"),
        ({"loss_weights": {"entities": 1.0, "relations": -1.0}}, r"loss_weights"),
    ],
)
def test_options_out_of_range_are_errors(bert, options, message):
    with pytest.raises(ValueError, match=message):
        pipeline(bert, **options)


def test_too_many_focused_layers_are_an_error(bert):
    with pytest.raises(ValueError, match=r"M004.*focused_layers must be 1 to 2.*got 3"):
        initialize(pipeline(bert, focused_layers=3))


def test_too_many_focused_layers_are_an_error_after_loading(trained):
    path = f"components.{NAME}.model.focused_layers"
    with pytest.raises(ValueError, match=r"M004.*focused_layers must be 1 to 2.*got 3"):
        spacy.load(trained, config={path: 3})


@pytest.mark.parametrize("fast", [True, False])
def test_saved_tokenizer_keeps_its_class(bert, fast, tmp_path):
    config = focused_config(bert)
    config["model"]["encoder"]["tokenizer_config"] = {"use_fast": fast}
    nlp = spacy.blank("zh")
    nlp.add_pipe(NAME, config=config)
    initialize(nlp)
    nlp.to_disk(tmp_path / "model")
    loaded = spacy.load(tmp_path / "model")
    bytes_of_model = (tmp_path / "model" / NAME / "model").read_bytes()
    assert b"_name_or_path" not in bytes_of_model and bert.encode() not in bytes_of_model
    note = make_notes(nlp, 1)[0]
    encoders = [pipe.get_pipe(NAME).model.get_ref("encoder") for pipe in (nlp, loaded)]
    modules = [encoder.layers[0].shims[0]._model.inner for encoder in encoders]
    assert [module.tokenizer.is_fast for module in modules] == [fast, fast]
    vectors = [encoder.predict([note]).vectors[0] for encoder in encoders]
    np.testing.assert_array_equal(*vectors)


@pytest.mark.parametrize("content", [None, "", "{}", '{"model_type": "no such"}'])
def test_folder_without_an_encoder_is_an_error(tmp_path, content):
    folder = tmp_path / "encoder"
    if content is not None:
        folder.mkdir()
        (folder / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"M008.*make-encoder"):
        initialize(pipeline(str(folder)))


def save_model(folder, model, bert):
    model.save_pretrained(folder)
    BertTokenizerFast.from_pretrained(bert).save_pretrained(folder)
    return str(folder)


SIZES = {"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 16}


def test_encoder_that_is_not_bert_like_is_an_error(tmp_path, bert):
    from transformers import DistilBertConfig, DistilBertModel

    config = DistilBertConfig(dim=16, hidden_dim=16, n_heads=2, n_layers=1, vocab_size=200)
    with pytest.raises(ValueError, match=r"M009.*distilbert"):
        initialize(pipeline(save_model(tmp_path, DistilBertModel(config), bert)))


def test_encoder_with_other_normalization_is_an_error(tmp_path, bert):
    """It has BERT's layers, but running them one by one gives another output."""
    from transformers import RobertaPreLayerNormConfig, RobertaPreLayerNormModel

    config = RobertaPreLayerNormConfig(
        num_hidden_layers=2, max_position_embeddings=66, vocab_size=200, **SIZES
    )
    with pytest.raises(ValueError, match=r"M009.*roberta-prelayernorm"):
        initialize(pipeline(save_model(tmp_path, RobertaPreLayerNormModel(config), bert)))


def test_tokens_between_windows_are_counted(bert):
    nlp = pipeline(bert, get_spans=strided(10, 20))
    with pytest.warns(UserWarning) as caught:
        initialize(nlp)
    messages = " ".join(str(warning.message) for warning in caught)
    assert re.search("W003.*tokens are outside all windows", messages)
    assert "W002] 'joint_extractor' cannot learn from 2 of 4 gold relations" in messages
    with pytest.warns(UserWarning, match=r"W003.*10 of 30 tokens"):
        nlp("患" * 30)


def test_encoder_with_relative_positions_is_an_error(tmp_path, bert):
    kind = "relative_key"
    config = BertConfig(num_hidden_layers=1, position_embedding_type=kind, **SIZES)
    with pytest.raises(ValueError, match=f"M010.*{kind}"):
        initialize(pipeline(save_model(tmp_path, BertModel(config), bert)))


def test_maximum_length_of_roberta_excludes_its_position_offset(tmp_path, bert):
    from transformers import RobertaConfig, RobertaModel

    config = RobertaConfig(num_hidden_layers=1, max_position_embeddings=66, pad_token_id=0, **SIZES)
    nlp = pipeline(save_model(tmp_path, RobertaModel(config), bert))
    initialize(nlp)
    (shim,) = nlp.get_pipe(NAME).model.get_ref("encoder").layers[0].shims
    assert isinstance(shim._model.inner, STREncoder)
    assert shim._model.inner.tokenizer.model_max_length == 65
    with pytest.warns(UserWarning, match="W003"):
        nlp(make_notes(nlp, 1)[0].text * 3)


def test_dropout_reaches_the_pair_head(bert):
    nlp = pipeline(bert)
    initialize(nlp)
    component = nlp.get_pipe(NAME)
    examples = text_examples(nlp, make_notes(nlp, 2))

    def loss(drop):
        torch.manual_seed(0)
        return component.update(examples, drop=drop)[NAME]

    assert loss(0.0) == loss(0.0) != loss(0.5)


def test_random_encoder_gets_its_vocabulary_from_training_texts():
    nlp = spacy.blank("zh")
    config = focused_config("")
    config["model"]["encoder"] = {
        "@misc": "spacy-clinrel.RandomEncoder.v1",
        **{"layers": 2, "width": 24, "heads": 3, "length": 64},
    }
    config["model"]["get_spans"] = SHORT
    nlp.add_pipe(NAME, config=config)
    notes = make_notes(nlp, 20)
    nlp.initialize(lambda: text_examples(nlp, notes))
    (shim,) = nlp.get_pipe(NAME).model.get_ref("encoder").layers[0].shims
    tokenizer = shim._model.inner.tokenizer
    assert "[UNK]" not in tokenizer.tokenize("".join(note.text for note in notes))
    assert shim._model.inner.transformer.config.hidden_size == 24
