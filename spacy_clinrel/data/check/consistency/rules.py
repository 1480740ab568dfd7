"""The rules of a corpus: which checks of its consistency run, their settings, word lists and
accepted exceptions.
"""

import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Pattern, Sequence, Tuple, Union

from ....errors import Errors
from ....rules import read_rules
from ....types import ASSERTIONS

# Settings of each check with their defaults. A check with an empty list finds nothing.
DEFAULTS: Dict[str, Dict[str, Any]] = {
    "same_text": {},
    "split_mention": {"min_whole": 1},
    "two_types": {"min_count": 5, "max_share": 0.2},
    "unmarked_string": {"min_marked": 5, "min_unmarked": 1, "max_share": 0.5, "min_length": 2},
    "unmarked_inventory": {},
    "incomplete_list": {"between": r"\s*[、,，]\s*", "min_related": 2, "labels": None},
    "separator": {},
    "skipped_mention": {"within": "sentence", "labels": None},
    "rare_types": {"min_count": 10, "max_share": 0.1},
    "cue": {"language": None, "types": None, "max_share": 0.0},
    "label_attribute": {},
    "attribute_type": {},
    "never_mention": {},
    "edge_word": {},
}
ENDS = ("head", "head_not", "tail", "tail_not")
Edges = Dict[str, Tuple[Optional[Pattern], Optional[Pattern]]]


class Separator(NamedTuple):
    """Characters that separate mentions, and where they may stand inside one.

    types (Optional[Tuple[str, ...]]): Types of mentions without the separator. None for all.
    exceptions (Tuple[str, ...]): Mentions or parts of mentions that may have it, e.g. "K+".
    """

    types: Optional[Tuple[str, ...]]
    exceptions: Tuple[str, ...]


class Accepted(NamedTuple):
    """An accepted exception.

    reason (str): Why it is right.
    checks (Tuple[str, ...]): Names of the checks that it applies to; all if empty.
    strings (Tuple[str, ...]): Texts of mentions; any if empty.
    note (Optional[str]): Id of the only document.
    start (Optional[int]): First character of the finding in that document.
    end (Optional[int]): Character after its last.
    pattern (Optional[Pattern]): A regular expression of text that overlaps the finding.
    """

    reason: str
    checks: Tuple[str, ...]
    strings: Tuple[str, ...]
    note: Optional[str]
    start: Optional[int]
    end: Optional[int]
    pattern: Optional[Pattern]


@dataclass(frozen=True)
class CorpusRules:
    """The rules of a corpus.

    checks (Dict[str, Dict[str, Any]]): The settings of the checks that run, by name.
    longer_words (Tuple[str, ...]): Words that contain a mention's text and are no mention, e.g.
        抗感染 with 感染.
    inventory (Dict[str, Tuple[str, ...]]): Texts that are always mentions, by type.
    separators (Dict[str, Separator]): Characters that separate mentions.
    never (Tuple[str, ...]): Texts that are never a mention.
    edges (Edges): Regular expressions of text that does not belong to the beginning or end of a
        mention, by type; "*" for all types.
    labels (Dict[str, Dict[str, Tuple[str, ...]]]): Assertion attributes that the head or tail of a
        label has (`head`, `tail`) or does not have (`head_not`, `tail_not`).
    attribute_types (Tuple[str, ...]): Types of mentions that can have assertion attributes; all if
        empty.
    accept (Tuple[Accepted, ...]): Accepted exceptions.
    """

    checks: Dict[str, Dict[str, Any]] = field(
        default_factory=lambda: {name: dict(values) for name, values in DEFAULTS.items()}
    )
    longer_words: Tuple[str, ...] = ()
    inventory: Dict[str, Tuple[str, ...]] = field(default_factory=dict)
    separators: Dict[str, Separator] = field(default_factory=dict)
    never: Tuple[str, ...] = ()
    edges: Edges = field(default_factory=dict)
    labels: Dict[str, Dict[str, Tuple[str, ...]]] = field(default_factory=dict)
    attribute_types: Tuple[str, ...] = ()
    accept: Tuple[Accepted, ...] = ()


def read_corpus_rules(path: Union[str, Path]) -> CorpusRules:
    """Read the rules of a corpus.

    path (Union[str, Path]): A YAML or JSON file, see docs/how-to/consistency.md.
    RETURNS (CorpusRules): The rules.
    RAISES (ValueError): If the file cannot be read or the rules are invalid.
    """
    values = read_rules("corpus", "", path, extend=False)
    return _Reader(str(path)).read(values)


def make_corpus_rules(values: Mapping[str, Any]) -> CorpusRules:
    """Create the rules of a corpus from plain values.

    values (Mapping[str, Any]): The rules, in the form of the file.
    RETURNS (CorpusRules): The rules.
    RAISES (ValueError): If they are invalid.
    """
    return _Reader("rules").read(dict(values))


class _Reader:
    """Checks plain values and builds the rules. Errors name the file and the key."""

    def __init__(self, path: str) -> None:
        self.path = path

    def error(self, key: str, problem: str) -> ValueError:
        return ValueError(Errors.F150.format(path=self.path, key=key, problem=problem))

    def read(self, values: Dict[str, Any]) -> CorpusRules:
        known = [item.name for item in fields(CorpusRules)]
        self.known(values, known, "")
        lists = self.mapping(values.get("inventory"), "inventory")
        return CorpusRules(
            checks=self.checks(self.mapping(values.get("checks"), "checks")),
            longer_words=self.strings(values.get("longer_words"), "longer_words"),
            inventory={t: self.strings(v, f"inventory.{t}") for t, v in lists.items()},
            separators=self.separators(self.mapping(values.get("separators"), "separators")),
            never=self.strings(values.get("never"), "never"),
            edges=self.edges(self.mapping(values.get("edges"), "edges")),
            labels=self.labels(self.mapping(values.get("labels"), "labels")),
            attribute_types=self.strings(values.get("attribute_types"), "attribute_types"),
            accept=self.accepted(values.get("accept")),
        )

    def known(self, values: Mapping[str, Any], known: Sequence[str], key: str) -> None:
        for name in values:
            if name not in known:
                place = f"{key}.{name}" if key else str(name)
                raise self.error(place, f"is not known. Use: {', '.join(known)}")

    def mapping(self, value: Any, key: str) -> Dict[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
            raise self.error(key, "must be a mapping whose keys are strings")
        return value

    def strings(self, value: Any, key: str) -> Tuple[str, ...]:
        if value is None:
            return ()
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(x, str) and x for x in values):
            raise self.error(key, "must be a list of strings. Put numbers and yes or no in quotes")
        return tuple(values)

    def pattern(self, value: Any, key: str) -> Optional[Pattern]:
        if value is None:
            return None
        try:
            return re.compile(value)
        except (re.error, TypeError) as error:
            raise self.error(key, f"must be a regular expression ({error})") from error

    def checks(self, values: Dict[str, Any]) -> Dict[str, Dict[str, Any]]:
        self.known(values, list(DEFAULTS), "checks")
        checks = {}
        for name, defaults in DEFAULTS.items():
            settings = values.get(name, {})
            if settings is False:
                continue
            if settings is None or settings is True:
                settings = {}
            settings = self.mapping(settings, f"checks.{name}")
            self.known(settings, list(defaults), f"checks.{name}")
            for key, value in settings.items():
                self.setting(key, value, defaults[key], f"checks.{name}.{key}")
            checks[name] = {**defaults, **settings}
        return checks

    def setting(self, name: str, value: Any, default: Any, key: str) -> None:
        """Check the type of a setting by that of its default."""
        if name == "between":
            self.pattern(value, key)
        elif name == "within" and value not in ("sentence", "text"):
            raise self.error(key, "must be sentence or text")
        elif name in ("types", "labels"):
            self.strings(value, key)
        elif isinstance(default, (int, float)):
            allowed = (int,) if isinstance(default, int) else (int, float)
            if isinstance(value, bool) or not isinstance(value, allowed) or value < 0:
                kind = "a whole number" if isinstance(default, int) else "a number"
                raise self.error(key, f"must be {kind} of at least 0")
        elif not isinstance(value, (str, type(None))):
            raise self.error(key, "must be a string")

    def separators(self, values: Dict[str, Any]) -> Dict[str, Separator]:
        separators = {}
        for text, value in values.items():
            key = f"separators.{text}"
            value = self.mapping(value, key)
            self.known(value, ("types", "except"), key)
            types = self.strings(value.get("types"), f"{key}.types") or None
            separators[text] = Separator(types, self.strings(value.get("except"), f"{key}.except"))
        return separators

    def edges(self, values: Dict[str, Any]) -> Edges:
        edges: Edges = {}
        for label, value in values.items():
            key = f"edges.{label}"
            value = self.mapping(value, key)
            self.known(value, ("start", "end"), key)
            edges[label] = (
                self.pattern(value.get("start"), f"{key}.start"),
                self.pattern(value.get("end"), f"{key}.end"),
            )
        return edges

    def labels(self, values: Dict[str, Any]) -> Dict[str, Dict[str, Tuple[str, ...]]]:
        labels = {}
        for label, value in values.items():
            key = f"labels.{label}"
            value = self.mapping(value, key)
            self.known(value, ENDS, key)
            labels[label] = {
                end: self.strings(names, f"{key}.{end}") for end, names in value.items()
            }
            for end, names in labels[label].items():
                self.known(dict.fromkeys(names), ASSERTIONS, f"{key}.{end}")
        return labels

    def accepted(self, values: Any) -> Tuple[Accepted, ...]:
        if values is not None and not isinstance(values, list):
            raise self.error("accept", "must be a list of exceptions")
        accepted: List[Accepted] = []
        for number, value in enumerate(values or (), start=1):
            key = f"accept, no. {number}"
            value = self.mapping(value, key)
            self.known(value, ("check", "string", "note", "start", "end", "pattern", "reason"), key)
            if not str(value.get("reason") or "").strip():
                raise self.error(key, "needs a reason")
            if not {"string", "note", "pattern"} & set(value):
                raise self.error(key, "needs a string, a note or a pattern")
            checks = self.strings(value.get("check"), f"{key}: check")
            self.known(dict.fromkeys(checks), list(DEFAULTS), key)
            strings = self.strings(value.get("string"), f"{key}: string")
            for name in ("start", "end"):
                if not isinstance(value.get(name), (int, type(None))):
                    raise self.error(f"{key}: {name}", "must be a whole number")
            accepted.append(
                Accepted(
                    reason=str(value["reason"]),
                    checks=checks,
                    strings=strings,
                    note=None if value.get("note") is None else str(value["note"]),
                    start=value.get("start"),
                    end=value.get("end"),
                    pattern=self.pattern(value.get("pattern"), f"{key}: pattern"),
                )
            )
        return tuple(accepted)
