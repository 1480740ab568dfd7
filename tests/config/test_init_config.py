"""The function `init_config` and the command `init`."""

import json
import warnings

import pytest
import spacy
from spacy import util
from spacy.schemas import ConfigSchemaInit, ConfigSchemaTraining

from spacy_clinrel import Relation, init_config
from spacy_clinrel.config.sizes import Sizes, choose_steps
from spacy_clinrel.tokens.tokenizer import blank_pipeline

from ..util import ROOT, invoke, make_doc, make_notes, write_docs

SHIPPED = util.load_config(ROOT / "configs" / "zh_clinrel.cfg")


def resolves(path):
    """Load a config without filling in defaults, as `spacy train` reads it. Return the pipeline."""
    config = util.load_config(path)
    nlp = util.load_model_from_config(config, auto_fill=False, validate=True)
    for block, schema in (("training", ConfigSchemaTraining), ("initialize", ConfigSchemaInit)):
        util.registry.resolve(config.interpolate()[block], schema=schema, validate=True)
    return nlp.pipe_names


def flat(block, path=""):
    for key, value in block.items():
        name = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            yield from flat(value, name)
        else:
            yield name, value


def test_without_a_corpus_it_is_the_shipped_config(tmp_path):
    """Only the listed settings differ. After a change of one config, change the other too."""
    labels = ["Symptom", "Disease", "Treatment"]
    pipeline = ["ner", "assertion", "measurements", "relations"]
    result = init_config(tmp_path / "a.cfg", pipeline=pipeline, labels=labels)
    config = util.load_config(tmp_path / "a.cfg")
    assert config["nlp"]["pipeline"] == SHIPPED["nlp"]["pipeline"] == result["pipeline"]
    made, shipped = dict(flat(config)), dict(flat(SHIPPED))
    differing = {key for key in shipped if made.get(key) != shipped[key]}
    assert differing <= {
        "training.eval_frequency",
        "training.optimizer.learn_rate.warmup_steps",
    }, {key: (made.get(key), shipped[key]) for key in differing}
    assert resolves(tmp_path / "a.cfg")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("encoder", ["small", "vectors", "transformer"])
def test_every_encoder_gives_a_complete_config(tmp_path, lang, encoder):
    path = tmp_path / "a.cfg"
    pipeline = ["ner", "assertion_classifier", "relations"]
    result = init_config(path, lang=lang, pipeline=pipeline, encoder=encoder)
    names = resolves(path)
    assert names == result["pipeline"]
    assert ("clinical_sentencizer" in names) == (lang == "en")
    assert "tok2vec" in names
    assert ("--paths.vectors vectors" in result["next"][-2]) == (encoder == "vectors")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_transformer_is_that_of_the_shipped_configs(tmp_path, lang):
    init_config(tmp_path / "a.cfg", lang=lang, encoder="transformer")
    made = util.load_config(tmp_path / "a.cfg", interpolate=False)
    shipped = util.load_config(ROOT / "configs" / f"{lang}_clinrel_trf.cfg", interpolate=False)
    for config in (made, shipped):
        config["training"]["optimizer"]["learn_rate"] = None
    assert made["paths"] == shipped["paths"]
    assert made["initialize"]["before_init"] == shipped["initialize"]["before_init"]
    assert made["components"]["tok2vec"] == shipped["components"]["tok2vec"]
    assert made["training"]["optimizer"] == shipped["training"]["optimizer"]


def test_width_of_an_encoder_in_a_folder(tmp_path):
    (tmp_path / "config.json").write_text('{"hidden_size": 312}', encoding="utf-8")
    init_config(tmp_path / "a.cfg", encoder="transformer", encoder_name=str(tmp_path))
    config = util.load_config(tmp_path / "a.cfg").interpolate()
    assert config["components"]["tok2vec"]["model"]["width"] == 312
    assert config["components"]["clinical_ner"]["model"]["tok2vec"]["width"] == 312


@pytest.mark.parametrize("pipeline", ["ner", "relations", "joint", "joint,assertion"])
def test_parts_of_the_pipeline(tmp_path, pipeline):
    path = tmp_path / "a.cfg"
    result = init_config(path, pipeline=pipeline.split(","))
    config = util.load_config(path)
    resolves(path)
    is_given = pipeline == "relations"
    assert config["corpora"]["dev"]["gold_entities"] == is_given
    assert result["next"][-1].endswith("--gold-entities") == is_given


def test_rules_alone_are_assembled(tmp_path):
    result = init_config(tmp_path / "a.cfg", pipeline=["assertion"])
    assert result["next"] == [f"python -m spacy assemble {tmp_path / 'a.cfg'} pipeline"]
    assert resolves(tmp_path / "a.cfg") == ["clinical_sectionizer", "assertion_rules"]


@pytest.fixture
def corpus(tmp_path, zh):
    """Return a folder with notes. Some have relations across sentences and nested mentions."""
    notes = make_notes(zh, 60, seed=1)
    marked = "[[左|部位]膝痛|症状]。{}予[吸氧|治疗]后缓解。"
    notes += [make_doc(zh, marked.format("无殊。" * n), [(2, 0, "改善")]) for n in (0, 1, 2)]
    notes += [make_doc(zh, "[头痛|症状]三天，[补液|治疗]。")]
    write_docs(tmp_path / "train.spacy", notes)
    write_docs(tmp_path / "dev.spacy", make_notes(zh, 5, seed=2))
    return tmp_path


def test_settings_fit_the_corpus(corpus):
    train, dev = corpus / "train.spacy", corpus / "dev.spacy"
    result = init_config(corpus / "a.cfg", train=train, dev=dev)
    candidates = result["corpus"]["train"]["candidates"]
    # 125 relations, of which at most 1 may be lost.
    assert candidates["gold"] - candidates["reached"] <= 1
    assert result["settings"]["max_sentences"] == 2
    assert result["settings"]["max_distance"] == 20
    config = util.load_config(corpus / "a.cfg")
    assert config["paths"]["train"] == train.as_posix()
    block = config["components"]["relation_classifier"]["candidates"]
    assert (block["max_sentences"], block["max_distance"]) == (2, 20)
    train_command = f"python -m spacy train {corpus / 'a.cfg'} --output training"
    assert result["next"][0] == train_command
    found = " | ".join(finding["text"] for finding in result["findings"])
    assert "nested or overlapping mentions: 3 of" in found
    assert "annotated documents without a relation: 1 of 64" in found
    assert "部位 (3)" in found
    assert "assertion_rules" in result["pipeline"]  # no document has attributes


def test_attributes_are_learned_where_the_corpus_has_them(tmp_path, zh):
    notes = make_notes(zh, 30, seed=1)
    for doc in notes:
        doc.ents[0]._.assertion = ["negated"]
    write_docs(tmp_path / "train.spacy", notes)
    result = init_config(tmp_path / "a.cfg", train=tmp_path / "train.spacy")
    assert "assertion_classifier" in result["pipeline"]
    texts = [finding["text"] for finding in result["findings"]]
    assert any("only 30 documents" in text for text in texts)
    result = init_config(
        tmp_path / "b.cfg", pipeline=["assertion_rules"], train=tmp_path / "train.spacy"
    )
    assert any("does not learn" in finding["text"] for finding in result["findings"])


def test_pairs_with_two_relations_need_no_exclusive_labels(tmp_path, zh):
    links = [(0, 1, "改善"), (0, 1, "无效")]
    docs = [make_doc(zh, "[吸氧|治疗]后[胸闷|症状]好转。", links) for _ in range(3)]
    write_docs(tmp_path / "train.spacy", docs)
    init_config(tmp_path / "a.cfg", pipeline=["relations"], train=tmp_path / "train.spacy")
    config = util.load_config(tmp_path / "a.cfg")
    assert config["components"]["relation_classifier"]["exclusive"] is False
    resolves(tmp_path / "a.cfg")


def test_labels_are_compared_with_the_corpus(corpus):
    labels = ["症状", "治疗", "检查", "疾病", "改善", "证实", "诊断"]
    result = init_config(corpus / "a.cfg", labels=labels, train=corpus / "train.spacy")
    texts = [finding["text"] for finding in result["findings"]]
    assert any("without an example" in text and "诊断" in text for text in texts)
    assert any("not in --labels" in text and "部位 (3)" in text for text in texts)


def test_steps_grow_with_the_corpus():
    assert choose_steps(1000) == (250, 300)
    assert choose_steps(50_156) == (2000, 700)  # configs/en_clinrel.cfg
    assert choose_steps(454_043) == (2000, 1200)  # configs/zh_clinrel.cfg
    assert choose_steps(2_000_000) == (2000, 3000)
    assert choose_steps(10**9) == (2000, 20000)
    assert Sizes(max_steps=1500).eval_frequency == 150


NOTE = "The chest film shows pneumonia. Amoxicillin was given, and the cough is better. {}"


def english_notes(lang, n=60):
    """Return English notes, split by the tokenizer of a language."""
    nlp = blank_pipeline(lang)
    docs = []
    for number in range(n):
        doc = nlp.make_doc(NOTE.format(number))
        spans = [doc.char_span(4, 14, "Test"), doc.char_span(21, 30, "Disease")]
        doc.ents = spans
        doc._.relations = [Relation(*spans, "SHOWS")]
        docs.append(doc)
    return docs


def test_the_language_is_that_of_the_texts(corpus, tmp_path):
    result = init_config(tmp_path / "zh.cfg", train=corpus / "train.spacy")
    assert (result["lang"], result["lang_is_guessed"]) == ("zh", True)
    write_docs(tmp_path / "en.spacy", english_notes("en"))
    printed = invoke("clinrel", "init", tmp_path / "en.cfg", "--train", tmp_path / "en.spacy")
    assert "language: en, guessed from the texts" in printed.output
    assert "Latin" not in printed.output
    config = util.load_config(tmp_path / "en.cfg")
    assert config["nlp"]["lang"] == "en"
    assert config["components"]["relation_classifier"]["candidates"]["use_sents"]
    options = {"train": tmp_path / "en.spacy", "pipeline": ["ner", "relations"]}
    result = init_config(tmp_path / "de.cfg", lang="de", **options)
    assert (result["lang"], result["lang_is_guessed"]) == ("de", False)
    assert init_config(tmp_path / "none.cfg")["lang"] == "zh"


@pytest.mark.parametrize(
    "tokenizer, lang, message",
    [
        ("zh", None, "train: most tokens are single Latin letters"),
        ("en", "zh", "the texts are mostly Latin letters, but --lang is zh"),
    ],
)
def test_tokens_and_texts_must_fit_the_language(tmp_path, tokenizer, lang, message):
    write_docs(tmp_path / "a.spacy", english_notes(tokenizer))
    result = init_config(tmp_path / "a.cfg", train=tmp_path / "a.spacy", lang=lang)
    warned = [f["text"] for f in result["findings"] if f["level"] == "warning"]
    assert [text for text in warned if text.startswith(message) and "--lang en" in text]


def test_an_encoder_that_is_not_there_is_reported(tmp_path):
    def finding(name):
        options = {"encoder": "transformer", "encoder_name": name, "force": True}
        return init_config(tmp_path / "a.cfg", **options)["findings"]

    assert finding(str(tmp_path)) == []
    assert finding("ours/bert")[0]["level"] == "info"
    missing = finding(f"{tmp_path}/bert")
    assert missing[0]["level"] == "warning" and "no folder" in missing[0]["text"]


@pytest.mark.parametrize(
    "options, message",
    [
        ({"pipeline": ["ner", "relation"]}, "F181.*'relation'.*relations"),
        ({"pipeline": []}, "F181"),
        ({"pipeline": ["ner", "joint"]}, "F182.*clinical_ner and joint_extractor"),
        ({"pipeline": ["ner"], "vectors": "v"}, "F184.*--vectors.*--encoder vectors"),
        ({"pipeline": ["ner"], "encoder": "large"}, "F050.*large"),
        ({"pipeline": ["assertion"], "lang": "de"}, "C041.*de"),
        ({"pipeline": ["ner"], "lang": "qq"}, "F185.*qq"),
        ({"pipeline": ["ner"], "train": "missing.spacy"}, "F001.*missing"),
    ],
)
def test_errors_say_what_to_do(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        init_config(tmp_path / "a.cfg", **options)
    assert not (tmp_path / "a.cfg").exists()


def test_nothing_to_learn_is_an_error(tmp_path, zh):
    write_docs(tmp_path / "train.spacy", [make_doc(zh, "[头痛|症状]三天。")])
    with pytest.raises(ValueError, match=r"F183.*relations.*relation_classifier"):
        init_config(tmp_path / "a.cfg", train=tmp_path / "train.spacy")


def test_command_prints_what_it_chose_and_the_next_command(corpus):
    config, report = corpus / "ward.cfg", corpus / "ward.json"
    paths = ("--train", corpus / "train.spacy", "--dev", corpus / "dev.spacy")
    options = ("--pipeline", "ner,relations", "--json", report)
    result = invoke("clinrel", "init", config, *paths, *options)
    assert result.exit_code == 0, result.output
    assert "max_sentences = 2, max_distance = 20" in result.output
    assert f"python -m spacy train {config} --output training" in result.output
    assert json.loads(report.read_text(encoding="utf-8"))["settings"]["max_sentences"] == 2
    again = invoke("clinrel", "init", config)
    assert again.exit_code == 1 and "F180" in again.output
    assert invoke("clinrel", "init", config, "--force").exit_code == 0


@pytest.mark.slow
@pytest.mark.parametrize("pipeline", ["ner,assertion,relations", "joint", "relations"])
def test_the_config_trains_with_the_printed_command(corpus, monkeypatch, pipeline):
    monkeypatch.chdir(corpus)
    paths = ("--train", "train.spacy", "--dev", "dev.spacy")
    assert invoke("clinrel", "init", "a.cfg", "--pipeline", pipeline, *paths).exit_code == 0
    options = ("--training.max_steps", 2, "--training.eval_frequency", 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        result = invoke("train", "a.cfg", "--output", "training", *options)
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    assert spacy.load(corpus / "training" / "model-last").pipe_names
