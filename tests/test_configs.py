"""Configs: complete, loadable, and their tiny twins of the same shape."""

import pytest
import spacy
from spacy import util
from spacy.schemas import ConfigSchemaInit, ConfigSchemaTraining
from spacy.training.initialize import init_nlp

from .util import CONFIGS, ROOT

FULL = sorted(
    path for folder in ("configs", "configs/papers") for path in (ROOT / folder).glob("*.cfg")
)
TWINS = {
    "en_clinrel.cfg": "en_clinrel.cfg",
    "joint_focused.cfg": "joint_focused.cfg",
    "joint_mentions.cfg": "joint_mentions.cfg",
    "joint_multihead.cfg": "joint_multihead.cfg",
    "ner.cfg": "ccks2017_ner.cfg",
    "relations.cfg": "ccks2017_relations.cfg",
    "zh_clinrel.cfg": "zh_clinrel.cfg",
}


ENCODER = "components.joint_extractor.model.encoder"


def flat(block, path=""):
    """Every value with its full name."""
    for key, value in block.items():
        name = f"{path}.{key}" if path else key
        if name == ENCODER:  # pretrained, or made from the texts: no two of a kind
            yield name, "block"
            continue
        # A rate may be a number or a schedule, as suits the corpus.
        if isinstance(value, dict) and key != "learn_rate":
            yield name, "block"
            yield from flat(value, name)
        else:
            yield name, value


def test_every_twin_is_tested():
    assert {path.name for path in CONFIGS.glob("*.cfg")} == set(TWINS)


@pytest.mark.parametrize("name", TWINS)
def test_twins_differ_in_sizes_alone(name):
    """A block or an option that the shipped config gains, its twin must gain as well."""
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


def trains(path):
    return "training" in util.load_config(path)


@pytest.mark.parametrize(
    "path",
    [path for path in [*FULL, *CONFIGS.glob("*.cfg")] if trains(path)],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_configs_are_complete(path):
    """`auto_fill` is off: nothing that training asks for is left to defaults."""
    config = util.load_config(path)
    nlp = util.load_model_from_config(config, auto_fill=False, validate=True)
    assert nlp.pipe_names == config["nlp"]["pipeline"]
    # Neither does loading look at these two, nor may they be filled up.
    for block, schema in (("training", ConfigSchemaTraining), ("initialize", ConfigSchemaInit)):
        util.registry.resolve(config.interpolate()[block], schema=schema, validate=True)
    weights = nlp.config["training"]["score_weights"]
    for name in nlp.pipe_names:
        # What the component reports is either weighed or left out on purpose.
        assert set(nlp.get_pipe_meta(name).default_score_weights) <= set(weights), name


@pytest.mark.parametrize("name", TWINS)
def test_initialization_from_a_config(name, made_up):
    config = util.load_config(CONFIGS / name, interpolate=False)
    config["paths"].update({key: str(made_up / f"{key}.spacy") for key in ("train", "dev")})
    nlp = init_nlp(config)
    labels = {name: pipe.labels for name, pipe in nlp.pipeline if hasattr(pipe, "add_label")}
    if "clinical_ner" in nlp.pipe_names:
        assert len(labels["clinical_ner"]) == 4
    if "relation_classifier" in nlp.pipe_names:
        assert labels["relation_classifier"] == ("改善", "证实")
    if "joint_extractor" in nlp.pipe_names:
        assert labels["joint_extractor"] == ("改善", "证实")


def test_default_factories_need_no_config():
    nlp = spacy.blank("zh")
    for name in ("clinical_ner", "relation_classifier", "joint_extractor"):
        nlp.add_pipe(name)
        assert nlp.get_pipe(name).labels == ()
