"""The candidates whose recall ceiling is measured, from a config."""

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
    """The candidate strategies of the components of a config.

    path (Path): The config.
    RETURNS (Dict[str, CandidateStrategy]): By component; at least one.
    RAISES (ValueError): If the config can't be read or no component of it has any.
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
    """The settings of a strategy.

    strategy (CandidateStrategy): The strategy.
    RETURNS (Dict[str, Any]): Those of `SentencePairs`, empty for any other.
    """
    own = _default_strategy()
    if isinstance(strategy, partial) and isinstance(own, partial) and strategy.func is own.func:
        return dict(strategy.keywords)
    return {}


def sentences_of(strategy: CandidateStrategy) -> Sentences:
    """How a strategy tells sentences.

    strategy (CandidateStrategy): The strategy.
    RETURNS (Sentences): The rule; `SentencePairs`' default for a strategy of another kind.
    """
    settings = settings_of(strategy) or settings_of(_default_strategy())
    return Sentences(*(settings[name] for name in Sentences._fields))


def _default_strategy() -> CandidateStrategy:
    return registry.misc.get("spacy-clinrel.SentencePairs.v1")()
