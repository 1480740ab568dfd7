"""spaCy's commands with our components."""

import json

import pytest
import spacy
import srsly

from spacy_clinrel.data.readers import Corpus

from .util import CONFIGS, corpus_paths, edges, invoke, run_python

TWINS = [
    "joint_focused.cfg",
    "joint_mentions.cfg",
    "joint_multihead.cfg",
    "ner.cfg",
    "relations.cfg",
    "zh_clinrel.cfg",
]
FAST_AND_SLOW = [*(pytest.param(name, marks=pytest.mark.slow) for name in TWINS[:-1]), TWINS[-1]]


def spacy_command(*args):
    """Run `python -m spacy …` within this process and return the output."""
    result = invoke(*args)
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    return result.output


@pytest.fixture(scope="module")
def relations_model(made_up, tmp_path_factory):
    """Return a pipeline with only a relation classifier, trained by `spacy train`."""
    folder = tmp_path_factory.mktemp("relations")
    train(CONFIGS / "relations.cfg", folder, made_up)
    return folder / "model-best"


def train(config, folder, corpus):
    return spacy_command("train", config, "--output", folder, *corpus_paths(corpus))


@pytest.mark.parametrize("name", TWINS)
def test_debug_config(name, made_up):
    output = spacy_command("debug", "config", CONFIGS / name, *corpus_paths(made_up))
    assert "Config is valid" in output


@pytest.mark.parametrize("name", FAST_AND_SLOW)
def test_debug_data(name, made_up):
    output = spacy_command("debug", "data", CONFIGS / name, *corpus_paths(made_up))
    assert "Pipeline can be initialized with data" in output
    assert "Corpus is loadable" in output
    assert "120 training docs" in output and "10 evaluation docs" in output


@pytest.mark.slow
def test_init_labels(made_up, tmp_path):
    out = tmp_path / "labels"
    spacy_command("init", "labels", CONFIGS / "zh_clinrel.cfg", out, *corpus_paths(made_up))
    found = {path.stem: srsly.read_json(path) for path in out.iterdir()}
    assert set(found["relation_classifier"]) == {"labels", "types", "signatures"}
    assert found["relation_classifier"]["labels"] == ["改善", "证实"]
    assert found["relation_classifier"]["types"] == found["clinical_ner"]
    # Training can read the labels from these files instead of collecting them from the data.
    config = spacy.util.load_config(CONFIGS / "zh_clinrel.cfg")
    for name in ("clinical_ner", "relation_classifier"):
        path = str(out / f"{name}.json")
        reader = {"@readers": "spacy.read_labels.v1", "path": path, "require": True}
        config["initialize"]["components"][name] = {"labels": reader}
    config["training"]["max_steps"] = 1
    config.to_disk(tmp_path / "labels.cfg")
    train(tmp_path / "labels.cfg", tmp_path / "out", made_up)
    nlp = spacy.load(tmp_path / "out" / "model-last")
    assert nlp.get_pipe("relation_classifier").label_data == found["relation_classifier"]


def test_train(trained_model):
    meta = srsly.read_json(trained_model / "meta.json")
    assert meta["performance"]["ents_f"] > 0.9 and meta["performance"]["rel_micro_f"] > 0.8
    assert meta["labels"]["relation_classifier"] == ["改善", "证实"]
    nlp = spacy.load(trained_model)
    doc = nlp("入院查胸片提示肺炎；予吸氧，胸闷好转，咳嗽如前。")
    assert len(edges(doc)) == 2


@pytest.mark.slow
def test_train_entities(made_up, tmp_path):
    output = train(CONFIGS / "ner.cfg", tmp_path, made_up)
    assert "ENTS_F" in output and "Saved pipeline" in output
    performance = srsly.read_json(tmp_path / "model-best" / "meta.json")["performance"]
    assert performance["ents_f"] > 0.9 and performance["ents_boundary_f"] > 0.9


def test_train_relations(relations_model, made_up):
    performance = srsly.read_json(relations_model / "meta.json")["performance"]
    assert performance["rel_micro_f"] > 0.9
    # The reader that training used gives the same scores between gold entities.
    nlp = spacy.load(relations_model)
    scores = nlp.evaluate(list(Corpus(made_up / "dev.spacy", gold_entities=True)(nlp)))
    assert scores["rel_micro_f"] == pytest.approx(performance["rel_micro_f"])


@pytest.mark.slow
def test_training_twice_gives_equal_weights(trained_model, made_up, tmp_path):
    train(CONFIGS / "zh_clinrel.cfg", tmp_path, made_up)
    models = [spacy.load(folder / "model-last") for folder in (trained_model.parent, tmp_path)]
    for name in models[0].pipe_names:
        first, second = (nlp.get_pipe(name).to_bytes(exclude=["vocab"]) for nlp in models)
        assert first == second, name


@pytest.mark.slow
def test_error_names_the_missing_training_data(tmp_path):
    options = ("--output", tmp_path / "out", *corpus_paths(tmp_path))
    output = run_python("-m", "spacy", "train", CONFIGS / "relations.cfg", *options, expect=1)
    assert "F001" in output and "train.spacy" in output


@pytest.mark.slow
def test_evaluate(trained_model, made_up, tmp_path):
    metrics = tmp_path / "metrics.json"
    evaluate = ("evaluate", trained_model, made_up / "dev.spacy", "--output", metrics)
    output = run_python("-m", "spacy", *evaluate)
    scores = json.loads(metrics.read_text(encoding="utf-8"))
    nlp = spacy.load(trained_model)
    expected = nlp.evaluate(list(Corpus(made_up / "dev.spacy")(nlp)))
    for name in ("ents_f", "ents_boundary_f", "rel_micro_f", "rel_macro_f", "rel_boundary_f"):
        assert scores[name] == pytest.approx(expected[name], abs=1e-4), name
    assert scores["rel_micro_f"] > 0.8 and "speed" in scores
    assert set(scores["rel_per_type"]) == {"改善", "证实"}
    assert output


def test_evaluate_gives_relations_no_gold_entities(relations_model, made_up, tmp_path):
    """spaCy's command uses spaCy's reader, which provides no gold entities, so relations
    score 0. Use `clinrel evaluate --gold-entities` instead."""
    metrics = tmp_path / "metrics.json"
    spacy_command("evaluate", relations_model, made_up / "dev.spacy", "--output", metrics)
    scores = srsly.read_json(metrics)
    assert scores["rel_micro_r"] == 0.0 and scores["rel_micro_f"] == 0.0
    assert scores["rel_per_type"]["改善"]["gold"] == 10


def test_find_threshold(trained_model, made_up):
    args = ("relation_classifier", "threshold", "rel_micro_f", "--n_trials", 5)
    output = spacy_command("find-threshold", trained_model, made_up / "dev.spacy", *args)
    assert "Best threshold" in output
    # Different scores show that the threshold reaches the component.
    rows = [line.split() for line in output.splitlines() if line[:1].isdigit()]
    found = {float(row[0]): float(row[1]) for row in rows}
    assert set(found) == {0.0, 0.25, 0.5, 0.75, 1.0} and len(set(found.values())) > 1


def test_find_threshold_gives_relations_no_gold_entities(relations_model, made_up):
    """Without entities, all thresholds score 0 and spaCy warns about it."""
    args = ("relation_classifier", "threshold", "rel_micro_f", "--n_trials", 3)
    output = spacy_command("find-threshold", relations_model, made_up / "dev.spacy", *args)
    assert "All scores are identical" in output


@pytest.mark.slow
def test_benchmark_speed(trained_model, made_up):
    options = ("--batches", 30, "--warmup", 1)
    output = spacy_command("benchmark", "speed", trained_model, made_up / "dev.spacy", *options)
    assert "words/s" in output
