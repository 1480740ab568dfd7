"""Shipped configs, which must be complete and load, and their small test versions."""

import shlex

import pytest
import spacy
from spacy import util
from spacy.schemas import ConfigSchemaInit, ConfigSchemaTraining
from spacy.tokens import DocBin
from spacy.training.initialize import init_nlp

from tools.reference.configs import shipped_configs

from .util import CONFIGS, ROOT, invoke, make_doc, write_docs

FULL = sorted(
    path for folder in ("configs", "configs/papers") for path in (ROOT / folder).glob("*.cfg")
)
TWINS = {
    "assertion.cfg": "zh_assertion.cfg",
    "en_clinrel.cfg": "en_clinrel.cfg",
    "joint_focused.cfg": "joint_focused.cfg",
    "joint_mentions.cfg": "joint_mentions.cfg",
    "joint_multihead.cfg": "joint_multihead.cfg",
    "ner.cfg": "ccks2017_ner.cfg",
    "relations.cfg": "ccks2017_relations.cfg",
    "zh_clinrel.cfg": "zh_clinrel.cfg",
}
FAST = ("joint_multihead.cfg", "zh_clinrel.cfg")
FAST_AND_SLOW = [
    name if name in FAST else pytest.param(name, marks=pytest.mark.slow) for name in TWINS
]


ENCODER = "components.joint_extractor.model.encoder"


def flat(block, path=""):
    """Yield the full name and the value of every option of a config."""
    for key, value in block.items():
        name = f"{path}.{key}" if path else key
        if name == ENCODER:  # pretrained in the shipped config, random in its twin
            yield name, "block"
            continue
        # A learning rate may be a number or a schedule.
        if isinstance(value, dict) and key != "learn_rate":
            yield name, "block"
            yield from flat(value, name)
        else:
            yield name, value


def test_twins_are_all_tested():
    assert {path.name for path in CONFIGS.glob("*.cfg")} == set(TWINS)


@pytest.mark.parametrize("name", TWINS)
def test_twins_differ_in_sizes_only(name):
    """A new block or option of a shipped config must be added to its test version too."""
    small = dict(flat(util.load_config(CONFIGS / name)))
    full = dict(flat(util.load_config(ROOT / "configs" / TWINS[name])))
    assert small.keys() == full.keys()
    changed = {key.split(".")[-1] for key in full if small[key] != full[key]}
    assert changed <= {
        *(
            "width",
            "hidden_width",
            "depth",
            "rows",
            "pair_rows",
            "between",
            "buckets",
            "include_static_vectors",
            "pair_vectors",
            "tag_width",
        ),
        *("focused_layers", "encoder_rate", "window", "stride"),
        *("max_steps", "max_epochs", "patience", "eval_frequency", "learn_rate", "dropout"),
        *("size", "max_distance", "max_sentences", "encoder"),
    }


def is_trainable(path):
    return "training" in util.load_config(path)


@pytest.mark.parametrize(
    "path",
    [path for path in [*FULL, *CONFIGS.glob("*.cfg")] if is_trainable(path)],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_configs_are_complete(path):
    """Load with `auto_fill=False`, so that a config must set every option that training needs."""
    config = util.load_config(path)
    nlp = util.load_model_from_config(config, auto_fill=False, validate=True)
    assert nlp.pipe_names == config["nlp"]["pipeline"]
    # Loading does not resolve these two blocks, so check them here.
    for block, schema in (("training", ConfigSchemaTraining), ("initialize", ConfigSchemaInit)):
        util.registry.resolve(config.interpolate()[block], schema=schema, validate=True)
    weights = nlp.config["training"]["score_weights"]
    for name in nlp.pipe_names:
        # Each score of a component has a weight, which may be null.
        assert set(nlp.get_pipe_meta(name).default_score_weights) <= set(weights), name


@pytest.mark.parametrize(
    "path", [path for path in FULL if is_trainable(path)], ids=lambda path: path.stem
)
def test_configs_train_with_one_thread_on_the_cpu(path):
    """Except the configs with a pretrained encoder, whose operations are large."""
    threads = 0 if path.stem in ("en_clinrel_trf", "joint_focused", "zh_clinrel_trf") else 1
    before_init = util.load_config(path)["initialize"]["before_init"]
    assert before_init == {"@callbacks": "spacy-clinrel.cpu_threads.v1", "threads": threads}


@pytest.mark.parametrize("name", FAST_AND_SLOW)
def test_twins_initialize(name, made_up, tmp_path):
    config = util.load_config(CONFIGS / name, interpolate=False)
    folder = made_up
    if name == "assertion.cfg":
        folder = tmp_path
        for part in ("train", "dev"):
            stored = DocBin().from_disk(made_up / f"{part}.spacy")
            docs = list(stored.get_docs(spacy.blank("zh").vocab))
            for doc in docs:
                doc.ents[0]._.assertion = ["negated"]
            write_docs(folder / f"{part}.spacy", docs)
    config["paths"].update({key: str(folder / f"{key}.spacy") for key in ("train", "dev")})
    nlp = init_nlp(config)
    labels = {name: pipe.labels for name, pipe in nlp.pipeline if hasattr(pipe, "add_label")}
    if "clinical_ner" in nlp.pipe_names:
        assert len(labels["clinical_ner"]) == 4
    if "relation_classifier" in nlp.pipe_names:
        assert labels["relation_classifier"] == ("改善", "证实")
    if "joint_extractor" in nlp.pipe_names:
        assert labels["joint_extractor"] == ("改善", "证实")
    if "assertion_classifier" in nlp.pipe_names:
        assert labels["assertion_classifier"] == ("negated",)


def test_factories_work_without_a_config():
    nlp = spacy.blank("zh")
    names = (
        "clinical_ner",
        "span_ner",
        "relation_classifier",
        "joint_extractor",
        "assertion_classifier",
    )
    for name in names:
        nlp.add_pipe(name)
        assert nlp.get_pipe(name).labels == ()


# Without the configs with a pretrained encoder, whose tests use a random one. The papers' configs
# differ in encoder and pooling, and tests/research has tests of all of them.
COMMANDS = {
    shipped.path: shipped.commands[0]
    for shipped in shipped_configs()
    if shipped.commands
    and " train " in shipped.commands[0]
    and "encoder" not in shipped.commands[0]
    if "papers/" not in shipped.path or shipped.path.endswith(("/pcnn.cfg", "/resgru_att.cfg"))
}


@pytest.mark.slow
@pytest.mark.parametrize("path", COMMANDS)
def test_configs_train_with_the_command_of_the_documentation(path, tmp_path, monkeypatch):
    """Two steps with the options of docs/reference/configs.md, and with no others."""
    lang = util.load_config(ROOT / path)["nlp"]["lang"]
    nlp = spacy.blank(lang)
    text = {
        "zh": "予[吸氧|治疗]后[胸闷|症状]好转。",
        "en": "[Aspirin|drug] relieved the [pain|problem].",
    }
    docs = [make_doc(nlp, text[lang], [(0, 1, "TrAD")]) for _ in range(4)]
    for doc in docs:
        doc.ents[0]._.assertion = ["negated"]
    for part in ("train", "dev"):
        write_docs(tmp_path / f"{part}.spacy", docs)
    monkeypatch.chdir(tmp_path)
    args = shlex.split(COMMANDS[path].replace(path, str(ROOT / path)))[3:]
    steps = ("--training.max_steps", 2, "--training.max_epochs", 0, "--training.eval_frequency", 2)
    result = invoke(*args, *steps)
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    assert "\r" not in result.output  # a progress bar only in a terminal
    assert (tmp_path / "training" / "model-last").is_dir()
