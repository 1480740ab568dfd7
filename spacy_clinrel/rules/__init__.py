"""Rules as data: cue words, section headings, units and forms of doses, in YAML files.

Each file of `rules/LANGUAGE/` contains one set of rules. A user's file has the same form, and
extends or replaces the built-in rules.
"""

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Dict, List, Optional, Union

import srsly

from ..errors import Errors

FOLDER = Path(__file__).parent
Rules = Dict[str, Any]


def read_rules(
    name: str, lang: str, path: Optional[Union[str, Path]] = None, *, extend: bool = True
) -> Rules:
    """Read a set of rules, and add those of a user's file.

    name (str): Name of the set, e.g. "assertion": the file `rules/LANGUAGE/NAME.yml`.
    lang (str): Language of the texts. A language without built-in rules needs `path`.
    path (Optional[Union[str, Path]]): A YAML or JSON file with rules of the same form.
    extend (bool): Whether the rules of the file are added to the built-in ones: lists are joined,
        dictionaries are merged. If not, they replace the built-in rules.
    RETURNS (Dict[str, Any]): The rules.
    RAISES (ValueError): If there are no rules for the language, or the file is invalid.
    """
    built_in = FOLDER / lang / f"{name}.yml"
    rules: Rules = {}
    if built_in.is_file() and (extend or path is None):
        rules = deepcopy(_read_built_in(built_in))
    elif path is None:
        known = ", ".join(sorted(file.parent.name for file in FOLDER.glob(f"*/{name}.yml")))
        raise ValueError(Errors.C041.format(name=name, lang=lang, known=known))
    return rules if path is None else _merge(rules, _read(Path(path)))


@cache
def _read_built_in(path: Path) -> Rules:
    """Read a file of the package once, since reading YAML is slow."""
    return _read(path)


def _read(path: Path) -> Rules:
    try:
        rules = srsly.read_json(path) if path.suffix == ".json" else srsly.read_yaml(path)
    except (OSError, ValueError, srsly.ruamel_yaml.YAMLError) as error:
        raise ValueError(Errors.C042.format(path=path, error=str(error).splitlines()[0])) from error
    if not isinstance(rules, dict):
        raise ValueError(
            Errors.C042.format(path=path, error="expected a mapping of names to rules")
        )
    return rules


def _merge(base: Any, extra: Any) -> Any:
    """Join lists without duplicates, merge dictionaries, and replace other values."""
    if isinstance(base, dict) and isinstance(extra, dict):
        merged = {key: _merge(base[key], extra[key]) for key in base.keys() & extra.keys()}
        return {
            key: merged.get(key, {**base, **extra}[key])
            for key in [*base, *(extra.keys() - base.keys())]
        }
    if isinstance(base, list) and isinstance(extra, list):
        new: List[Any] = [item for item in extra if item not in base]
        return [*base, *new]
    return extra
