"""Rules of measurements: sets in `rules/`, and a user's file with sections of any of them."""

from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple, Union

from ..errors import Errors
from ..rules import Rules, read_rules

# Languages of the files of each set, which are merged in this order. "mul" (multiple languages) are
# rules for all languages; None is the language of the texts.
RULE_SETS: Dict[str, Tuple[Optional[str], ...]] = {
    "values": (None,),
    "dosage": (None,),
    "dates": (None,),
    "units": ("mul", None),
}


def read_rule_sets(
    lang: str, path: Optional[Union[str, Path]] = None, *, extend: bool = True
) -> Dict[str, Rules]:
    """Read the rules of measurements.

    lang (str): Language of the texts.
    path (Optional[Union[str, Path]]): A YAML or JSON file with sections of any set, e.g. "units".
    extend (bool): Whether the sections of the file are added to the built-in ones, or replace them.
    RETURNS (Dict[str, Dict[str, Any]]): The rules by set.
    RAISES (ValueError): If there are no rules for the language, or the file is invalid.
    """
    sets: Dict[str, Rules] = {}
    for name, languages in RULE_SETS.items():
        sets[name] = {}
        for language in languages:
            sets[name] = merge(sets[name], read_rules(name, language or lang))
    if path is not None:
        own = read_rules(next(iter(sets)), lang, path, extend=False)
        _check(path, own, {key: value for rules in sets.values() for key, value in rules.items()})
        for name, rules in sets.items():
            sections = {key: own[key] for key in own if key in rules}
            sets[name] = merge(rules, sections) if extend else {**rules, **sections}
    return sets


def merge(base: Any, extra: Any) -> Any:
    """Join lists, merge dictionaries, and replace other values.

    base (Any): Rules.
    extra (Any): Rules that are added to them.
    RETURNS (Any): The merged rules.
    """
    if isinstance(base, dict) and isinstance(extra, dict):
        merged = dict(base)
        for key, value in extra.items():
            merged[key] = merge(base[key], value) if key in base else value
        return merged
    if isinstance(base, list) and isinstance(extra, list):
        new: List[Any] = [item for item in extra if item not in base]
        return [*base, *new]
    return extra


def _check(path: Union[str, Path], own: Rules, built_in: Rules, section: str = "") -> None:
    """Check that a user's rules have the form of the built-in ones."""
    for key, value in own.items():
        name = f"{section}{key}"
        if key not in built_in:
            known = ", ".join(built_in)
            raise ValueError(Errors.C080.format(path=path, section=name, known=known))
        expected = built_in[key]
        has_sections = expected and isinstance(expected, dict)
        if has_sections and all(isinstance(v, (dict, list)) for v in expected.values()):
            if not isinstance(value, dict):
                raise ValueError(Errors.C081.format(path=path, section=name, form="mapping"))
            _check(path, value, expected, f"{name}.")
        elif isinstance(expected, dict):
            if not (isinstance(value, dict) and _are_words([*value, *value.values()])):
                raise ValueError(
                    Errors.C081.format(path=path, section=name, form="mapping of words")
                )
        elif not (isinstance(value, list) and _are_words(value)):
            raise ValueError(Errors.C081.format(path=path, section=name, form="list of words"))


def _are_words(words: List[Any]) -> bool:
    return all(isinstance(word, str) for word in words)
