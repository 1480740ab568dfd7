"""Candidate strategies and their settings, from a config or the registry."""

from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Set

import numpy as np
from spacy import util
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import registry

from ...errors import Errors
from ...tokens import Sentences, assertion_matrix, has_sections
from ...tokens.mentions import mention_spans
from ...types import CandidateStrategy

CANDIDATES = "candidates"
SECTIONIZER = "clinical_sectionizer"
ASSERTION_RULES = "assertion_rules"
# Number of documents that cue words are searched in at once.
BATCH = 64


def candidates_of(path: Path) -> Dict[str, CandidateStrategy]:
    """Build the candidate strategies of a config.

    path (Path): The config file.
    RETURNS (Dict[str, CandidateStrategy]): The strategies by component name; at least one.
    RAISES (ValueError): If the config cannot be read, or no component has a candidate strategy.
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


def sectionizer_of(path: Path) -> Optional[Callable[[Doc], Doc]]:
    """Create the component `clinical_sectionizer` of a config, on whose sections candidates may
    depend.

    path (Path): The config file.
    RETURNS (Optional[Callable[[Doc], Doc]]): The component; None if the pipeline has none.
    RAISES (ValueError): If the config cannot be read.
    """
    return next(_components(path, SECTIONIZER), None)


class AssertionTypes(NamedTuple):
    """The entity types that a component `assertion_rules` depends on.

    name (str): The name of the component.
    judged (Optional[Sequence[str]]): The types whose mentions get attributes, its option `types`;
        None for all.
    cues (Sequence[str]): The types that cues are limited to, sorted.
    """

    name: str
    judged: Optional[Sequence[str]]
    cues: Sequence[str]


def assertion_types_of(path: Path) -> List[AssertionTypes]:
    """Read the entity types of the components `assertion_rules` of a config.

    path (Path): The config file.
    RETURNS (List[AssertionTypes]): The types of each component.
    RAISES (ValueError): If the config cannot be read.
    """
    found = []
    for pipe in _components(path, ASSERTION_RULES):
        try:
            rules = pipe.stored_rules()
        except ValueError:
            rules = {}  # a saved pipeline has its rules in its folder, so the file may be missing
        found.append(AssertionTypes(pipe.name, pipe.types, sorted(_mention_types(rules))))
    return found


def _mention_types(rules: Any) -> Set[str]:
    """Return all values of `mention_types` in nested rules."""
    if isinstance(rules, dict):
        found = set(rules.get("mention_types") or ())
        return found.union(*map(_mention_types, rules.values()))
    return set().union(*map(_mention_types, rules)) if isinstance(rules, list) else set()


def _components(path: Path, factory: str) -> Iterator[Any]:
    """Create the components of a config that have this factory, which must have no weights."""
    try:
        config = util.load_config(path, interpolate=True)
        for name in config.get("nlp", {}).get("pipeline", []):
            block = dict(config.get("components", {}).get(name, {}))
            if block.pop("factory", "") == factory:
                nlp = util.get_lang_class(config["nlp"]["lang"])()
                yield nlp.add_pipe(factory, name=name, config=block)
    except (ValueError, OSError) as error:
        raise ValueError(Errors.F040.format(path=path, error=error)) from error


def assertion_by_cues(
    docs: Sequence[Doc], lang: str, types: Optional[List[str]] = None
) -> List[np.ndarray]:
    """Judge the mentions of documents by the built-in cue words, without changing the documents.

    docs (Sequence[Doc]): The documents.
    lang (str): The language of the cue words, e.g. "zh".
    types (Optional[List[str]]): Types of the mentions that are judged. None for all.
    RETURNS (List[ndarray]): For each document, whether each attribute holds for each mention of
        `read_mentions`, bool, in the order of `ASSERTIONS`. Shape: (mentions, 5)
    RAISES (ValueError): If the language has no cue words.
    """
    nlp = util.get_lang_class(lang)()
    sectionizer = nlp.add_pipe(SECTIONIZER)
    rules = nlp.add_pipe(ASSERTION_RULES, config={"types": types})
    copies = (doc.copy() for doc in docs)
    with_sections = (copy if has_sections(copy) else sectionizer(copy) for copy in copies)
    return [
        assertion_matrix(doc, mention_spans(doc))
        for doc in rules.pipe(with_sections, batch_size=BATCH)  # type: ignore[attr-defined]
    ]


def default_candidates() -> Dict[str, CandidateStrategy]:
    """Return the strategy that is checked without a config: `SentencePairs` with its defaults."""
    return {"SentencePairs": registry.misc.get("spacy-clinrel.SentencePairs.v1")()}


def settings_of(strategy: CandidateStrategy) -> Dict[str, Any]:
    """Return the settings of a strategy that limit the distance between head and tail.

    strategy (CandidateStrategy): The strategy.
    RETURNS (Dict[str, Any]): "max_sentences" and "max_distance" of `SentencePairs`; empty for any
        other strategy.
    """
    names = ("max_sentences", "max_distance")
    if all(hasattr(strategy, name) for name in names):
        return {name: getattr(strategy, name) for name in names}
    return {}


def sentences_of(strategy: CandidateStrategy) -> Sentences:
    """Return the sentence rule of a strategy.

    strategy (CandidateStrategy): The strategy.
    RETURNS (Sentences): The rule; the default rule if the strategy has none.
    """
    return getattr(strategy, "sentences", Sentences())
