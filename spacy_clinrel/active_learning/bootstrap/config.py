"""Checks of a run's training configs."""

from typing import Any, Dict

from spacy import util
from thinc.api import Config

from ...errors import Errors
from ...evaluation.pair_scores import find_component

READER = "spacy-clinrel.Corpus.v1"


def check_config(config: Config) -> None:
    """Check that a config can be trained in rounds.

    config (Config): The config.
    RAISES (ValueError): If its corpora are read without gold entities, or it does not have exactly
        one relation classifier with exclusive labels.
    """
    corpora = config.get("corpora", {})
    for part in ("train", "dev"):
        reader = corpora.get(part, {})
        if reader.get("@readers") != READER or not reader.get("gold_entities"):
            raise ValueError(Errors.B002.format(part=part, reader=reader.get("@readers")))
    if not _candidate_settings(config)["exclusive"]:
        raise ValueError(Errors.B013)


def check_same_candidates(config: Config, second: Config) -> None:
    """Check that the models of two configs score the same candidate pairs.

    config (Config): The first model's config.
    second (Config): The second model's config.
    RAISES (ValueError): If a setting that determines the candidate pairs differs.
    """
    settings, second_settings = _candidate_settings(config), _candidate_settings(second)
    different = [key for key, value in settings.items() if second_settings[key] != value]
    if different:
        raise ValueError(Errors.B012.format(what=", ".join(different)))


def _candidate_settings(config: Config) -> Dict[str, Any]:
    """Return the settings that determine the candidate pairs of a config's relation classifier."""
    nlp = util.load_model_from_config(config.interpolate(), auto_fill=True)
    settings = nlp.get_pipe_config(find_component(nlp))
    names = ("candidates", "mentions", "exclusive", "typed")
    return {"language": nlp.lang, **{name: settings[name] for name in names}}


def config_seed(config: Config) -> int:
    """Return the random seed of a config.

    config (Config): The config.
    RETURNS (int): The seed in [training], else the one in [system], else 0.
    """
    sections = config.interpolate()
    seeds = (sections.get(name, {}).get("seed") for name in ("training", "system"))
    return next((int(seed) for seed in seeds if seed is not None), 0)
