"""The table of the accuracy on all corpora."""

import pytest
import srsly
from spacy import util
from spacy.cli._util import parse_config_overrides

from benchmarks import accuracy, accuracy_data
from benchmarks.accuracy_rows import COMBINATIONS, LANGUAGE_MODELS, ROWS
from benchmarks.accuracy_tables import measured, page
from benchmarks.accuracy_transformer import transformer_config
from benchmarks.common import read_records
from spacy_clinrel import read_corpus, write_corpus

from ..util import ROOT


@pytest.mark.parametrize("name", ROWS)
def test_rows_are_arguments_of_train(name, tmp_path):
    row = ROWS[name]
    options = accuracy.train_options(row, 3, tmp_path)
    overrides = parse_config_overrides(options[2:])
    config = util.load_config(ROOT / "configs" / f"{row.config}.cfg", overrides=overrides)
    assert config["system"]["seed"] == 3
    train = str(tmp_path / accuracy.MIXED) if row.teachers else f"corpus/{row.train}"
    assert config["paths"]["train"] == train
    assert bool(config["corpora"]["train"].get("gold_share")) == bool(row.teachers)
    assert all(not ROWS[name].teachers for name, _ in row.teachers)  # they are trained first
    assert bool(config["paths"]["vectors"]) == ("vectors" in row.start)
    starts_from_encoder = bool(row.language_model or row.encoder_of) and not row.transformer_steps
    assert bool(config["paths"]["init_tok2vec"]) == starts_from_encoder
    assert bool(config["paths"].get("lexicons")) == ("lexicons" in row.start)
    if starts_from_encoder:  # which spaCy ignores if this block is empty
        assert config["pretraining"]["component"] in config["components"]
    # The language model has the same encoder.
    if row.language_model:
        model = LANGUAGE_MODELS[row.language_model]
        pretrained = util.load_config(
            ROOT / "configs" / f"{model.config}.cfg",
            overrides=parse_config_overrides(list(model.options)),
        )
        assert encoder(config) == encoder(pretrained)
    if row.encoder_of and not row.transformer_steps:
        other = util.load_config(ROOT / "configs" / f"{ROWS[row.encoder_of].config}.cfg")
        assert encoder(config) == encoder(other)


def encoder(config):
    """Return the block of the encoder, which is shared or the only component's own."""
    if "tok2vec" in config["components"]:
        return config["components"]["tok2vec"]["model"]
    [component] = config["components"].values()
    return component["model"]["tok2vec"]


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.transformer_steps])
def test_rows_with_a_pretrained_encoder_have_its_config(name, tmp_path):
    row = ROWS[name]
    transformer_config(row.config, tmp_path / "config.cfg", row.transformer_steps)
    overrides = parse_config_overrides(accuracy.train_options(row, 3, tmp_path)[2:])
    config = util.load_config(tmp_path / "config.cfg", overrides=overrides)
    assert encoder(config)["@architectures"] == "spacy-clinrel.Transformer.v1"
    assert config["training"]["max_steps"] == row.transformer_steps
    shipped = util.load_config(ROOT / "configs" / f"{row.config}.cfg", overrides=overrides)
    for block in (config, shipped):
        block["components"].pop("tok2vec", None)
        for component in block["components"].values():
            component.get("model", {}).pop("tok2vec", None)
    assert config["components"] == shipped["components"]


def test_combinations_have_components_with_scores():
    for combination in COMBINATIONS.values():
        config = util.load_config(ROOT / "configs" / f"{combination.config}.cfg")
        assert set(combination.components) <= set(config["paths"])
        assert set(combination.components.values()) <= set(ROWS)


def test_table_has_mean_and_deviation():
    scores = {"p": 0.9, "r": 0.8, "f": 0.85}
    records = [
        {
            "row": "ccks2017-model",
            "seed": seed,
            "seconds": 600 + 120 * seed,
            "dev": {"entities": {**scores, "f": 0.9}},
            "test": {"entities": {**scores, "f": 0.85 + seed / 100}},
        }
        for seed in (0, 1)
    ]
    records.append({"row": "ccks2019-model", "seed": 0, "dev": {"entities": scores}})
    *_, first, second = measured(records).splitlines()
    cells = [cell.strip() for cell in first.strip("| ").split("|")]
    assert cells[-6:] == ["2", "90.00 ± 0.00", "90.00 ± 0.00", "80.00 ± 0.00", "85.50 ± 0.71", "11"]
    cells = [cell.strip() for cell in second.strip("| ").split("|")]
    assert cells[-6:] == ["1", "85.00", "–", "–", "–", "–"]


def test_page_is_made_from_its_records():
    path = ROOT / "benchmarks" / "results" / "accuracy.jsonl"
    records = read_records(path)
    assert path.with_suffix(".md").read_text(encoding="utf-8") == page(records)
    assert {record["row"] for record in records} <= {*ROWS, *COMBINATIONS}


def test_newer_records_replace_older_ones():
    old = [{"row": "a", "seed": 0, "f": 1}, {"row": "b", "seed": 0, "f": 2}]
    assert accuracy.merge(old, [{"row": "a", "seed": 0, "f": 3}]) == [
        {"row": "a", "seed": 0, "f": 3},
        old[1],
    ]


def test_finished_runs_are_not_repeated(monkeypatch, tmp_path):
    monkeypatch.setattr(accuracy, "WORK", tmp_path)
    record = {"row": "ccks2017-model", "seed": 1, "seconds": 5}
    (tmp_path / "ccks2017-model-1").mkdir()
    srsly.write_json(tmp_path / "ccks2017-model-1" / "record.json", record)
    assert accuracy.train("ccks2017-model", 1) == record
    assert list(accuracy.combine("cmeie-end-to-end", 1)) == []


@pytest.fixture
def folders(monkeypatch, tmp_path):
    """Use empty folders for converted and other files."""
    for name in ("CORPUS", "WORK"):
        (tmp_path / name).mkdir()
        monkeypatch.setattr(accuracy_data, name, tmp_path / name)
    return tmp_path


def test_every_tenth_document_is_a_dev_document(folders, zh):
    docs = [zh.make_doc(f"第{i}天头痛。") for i in range(21)]
    write_corpus(docs, folders / "CORPUS" / "notes.spacy")
    accuracy_data.split_every(folders / "CORPUS" / "notes.spacy", 10)
    parts = [
        [doc.text for doc in read_corpus(folders / "CORPUS" / f"notes_{part}.spacy")]
        for part in ("dev", "train")
    ]
    assert parts[0] == ["第0天头痛。", "第10天头痛。", "第20天头痛。"]
    assert len(parts[1]) == 18 and not set(parts[0]) & set(parts[1])
