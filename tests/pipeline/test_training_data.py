"""Warnings at initialization about training data, and spaCy's own way to create a config."""

import warnings

import pytest
import spacy
from spacy import util
from spacy.cli.init_config import init_config
from spacy.training.initialize import init_nlp

from ..util import (
    gold_examples,
    listener,
    make_doc,
    make_notes,
    ner_config,
    relation_config,
    text_examples,
    tok2vec,
    write_docs,
)


def messages(nlp, examples):
    """Initialize the pipeline. Return the warnings by code."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        nlp.initialize(lambda: examples)
    texts = [str(warning.message) for warning in caught if warning.category is UserWarning]
    return {text[1:5]: text for text in texts}


def test_documents_without_entities_teach_no_relations(zh):
    zh.add_pipe("relation_classifier", config=relation_config())
    docs = make_notes(zh, 60)
    found = messages(zh, text_examples(zh, docs))
    assert set(found) == {"W091"}
    for part in (
        "learn no relations",
        "gold_entities = true",
        "annotating_components",
        "tutorials/only-relations",
    ):
        assert part in found["W091"]
    assert messages(zh, gold_examples(zh, docs)) == {}


def test_annotating_components_give_entities(zh):
    zh.add_pipe("tok2vec", config={"model": tok2vec()})
    zh.add_pipe("clinical_ner", config=ner_config(listener()))
    zh.add_pipe("relation_classifier", config=relation_config(listener()))
    examples = text_examples(zh, make_notes(zh, 60))
    config = zh.config.copy()
    config["training"]["annotating_components"] = ["clinical_ner"]
    zh.config = config
    found = messages(zh, examples)
    assert set(found) == {"W092"} and "List tok2vec there before clinical_ner" in found["W092"]
    config["training"]["annotating_components"] = ["tok2vec", "clinical_ner"]
    zh.config = config
    assert messages(zh, examples) == {}


def test_few_documents_and_rare_labels_are_reported(zh):
    zh.add_pipe("relation_classifier", config=relation_config())
    found = messages(zh, gold_examples(zh, make_notes(zh, 8)))
    assert set(found) == {"W090"}
    assert "8 documents, fewer than 50" in found["W090"]
    assert "fewer than 20 examples: 改善 (8), 证实 (8)" in found["W090"]


def test_a_text_that_is_split_into_letters_is_reported():
    note = "The [chest film|Test] shows [pneumonia|Disease]. The patient has a cough since Monday."
    for lang, codes in (("zh", {"W090", "W093"}), ("en", {"W090"})):
        nlp = spacy.blank(lang)
        nlp.add_pipe("relation_classifier", config=relation_config())
        examples = gold_examples(nlp, [make_doc(nlp, note, [(0, 1, "SHOWS")])])
        assert set(messages(nlp, examples)) == codes


@pytest.mark.parametrize("reader", ["spacy.Corpus.v1", "spacy-clinrel.Corpus.v1"])
def test_dev_documents_need_entities_too(zh, reader):
    zh.add_pipe("relation_classifier", config=relation_config())
    examples = gold_examples(zh, make_notes(zh, 60))
    config = zh.config.copy()
    config["corpora"]["dev"] = {"@readers": reader, "path": "dev.spacy"}
    zh.config = config
    found = messages(zh, examples)
    assert set(found) == {"W094"} and "gold_entities = true in [corpora.dev]" in found["W094"]
    config["corpora"]["dev"]["gold_entities"] = True
    zh.config = config
    assert messages(zh, examples) == {}


@pytest.mark.slow
@pytest.mark.parametrize(
    "lang, pipeline, code",
    [
        ("en", "clinical_ner", None),
        ("zh", "joint_extractor", None),
        ("zh", "relation_classifier", "W091"),
        ("en", "ner,relation_classifier", "W091"),
        ("zh", "clinical_ner,assertion_classifier", "W091"),
    ],
)
def test_configs_of_spacy_train_or_warn(tmp_path, lang, pipeline, code):
    """spaCy's `init config` uses spaCy's reader, which gives documents without entities."""
    nlp = spacy.blank(lang)
    docs = make_notes(spacy.blank("zh"), 60)
    for doc in docs:
        doc.ents[0]._.assertion = ["negated"]
    write_docs(tmp_path / "train.spacy", docs)
    config = init_config(lang=lang, pipeline=pipeline.split(","))
    config["paths"].update(train=str(tmp_path / "train.spacy"), dev=str(tmp_path / "train.spacy"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        nlp = init_nlp(config)
    codes = {str(warning.message)[1:5] for warning in caught}
    assert nlp.pipe_names and ("W091" in codes) == (code == "W091")


def test_span_groups_dropped_by_the_reader_are_an_error_of_ours(tmp_path, zh):
    write_docs(tmp_path / "train.spacy", make_notes(zh, 10))
    config = init_config(lang="zh", pipeline=["relation_classifier"])
    config["paths"].update(train=str(tmp_path / "train.spacy"), dev=str(tmp_path / "train.spacy"))
    config["corpora"]["train"]["max_length"] = 5
    config = util.load_config_from_str(config.to_str())
    with pytest.raises(ValueError, match=r"C001.*spacy-clinrel\.Corpus\.v1"):
        init_nlp(config)
