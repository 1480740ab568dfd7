"""Candidate strategies and their settings, from a config or the registry."""

from functools import partial
from pathlib import Path
from typing import Any, Dict

from spacy import util
from spacy.language import Language
from spacy.util import registry

from ...errors import Errors
from ...types import CandidateStrategy
from .table import Sentences

CANDIDATES = "candidates"


def candidates_of(path: Path) -> Dict[str, CandidateStrategy]:
    """Build the candidate strategies of a config.

    path (Path): The config file.
    RETURNS (Dict[str, CandidateStrategy]): At least one strategy, by component name.
    RAISES (ValueError): If the config cannot be read, or no component has candidates.
    """
    try:
        config = util.load_config(path, interpolate=True)
        found: Dict[str, Any] = {}
        for name, block in config.get("components", {}).items():
            factory = block.get("factory", "")
            default: Dict[str, Any] = {}
            if Language.has_factory(factory):
                default = Language.get_factory_meta(factory).default_config or {}
            settings = block.get(CANDIDATES, default.get(CANDIDATES))
            if settings is not None:
                found[name] = registry.resolve({CANDIDATES: settings})[CANDIDATES]
    except (ValueError, OSError) as error:
        raise ValueError(Errors.F040.format(path=path, error=error)) from error
    if not found:
        raise ValueError(Errors.F041.format(path=path))
    return found


def default_candidates() -> Dict[str, CandidateStrategy]:
    """RETURNS (Dict[str, CandidateStrategy]): `SentencePairs` with its default settings."""
    return {"SentencePairs": _default_strategy()}


def settings_of(strategy: CandidateStrategy) -> Dict[str, Any]:
    """Return the settings of a strategy.

    strategy (CandidateStrategy): The strategy.
    RETURNS (Dict[str, Any]): The settings of `SentencePairs`; empty for other strategies.
    """
    default = _default_strategy()
    if not (isinstance(strategy, partial) and isinstance(default, partial)):
        return {}
    return dict(strategy.keywords) if strategy.func is default.func else {}


def sentences_of(strategy: CandidateStrategy) -> Sentences:
    """Return the sentence rule of a strategy.

    strategy (CandidateStrategy): The strategy.
    RETURNS (Sentences): The rule of `SentencePairs`; its default for other strategies.
    """
    settings = settings_of(strategy) or settings_of(_default_strategy())
    return Sentences(*(settings[name] for name in Sentences._fields))


def _default_strategy() -> CandidateStrategy:
    return registry.misc.get("spacy-clinrel.SentencePairs.v1")()
