"""Rules of assertion attributes: their form, and the check of a file with rules."""

from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from ...errors import Errors
from ...types import ASSERTIONS
from .words import normalize

DIRECTIONS = ("before", "after", "within")
SCOPES = ("list", "clause", "sentence", "paragraph")
# Keys of a file with rules, and of a group of cues.
KEYS = (
    "cues",
    "pseudo",
    "terminators",
    "fillers",
    "normal_states",
    "sections",
    "section_overrides",
    "overrides",
    "max_residue",
)
# Keys that say which mentions a group or a section applies to.
FIT_KEYS = ("mention_types", "except_types", "mention_endings")
GROUP_KEYS = (
    "attributes",
    "direction",
    "scope",
    "max_chars",
    "terminators",
    "nearest",
    "words",
    *FIT_KEYS,
)
SECTION_KEYS = ("attributes", "headings", "terminators", "ends", *FIT_KEYS)
ALL = "all"
MAX_CHARS = 100


# An attribute and others, as indices into `ASSERTIONS`.
Override = Tuple[int, Tuple[int, ...]]


class Fit(NamedTuple):
    """Which mentions a group of cues or a section applies to. By default, it applies to all.

    types (Tuple[str, ...]): The entity types of the mentions.
    except_types (Tuple[str, ...]): The entity types that it does not apply to.
    endings (Tuple[str, ...]): How the text of a mention ends, whatever its type.
    """

    types: Tuple[str, ...] = ()
    except_types: Tuple[str, ...] = ()
    endings: Tuple[str, ...] = ()


class SectionRule(NamedTuple):
    """The attributes of the mentions in a section.

    attributes (Tuple[int, ...]): The attributes, as indices into `ASSERTIONS`.
    fit (Fit): The mentions that get them.
    headings (Tuple[str, ...]): How the section begins, after numbers and brackets; empty for any
        section with the id.
    terminators (Tuple[str, ...]): The sets of words after which a clause does not count.
    ends (Tuple[str, ...]): The sets of words that end the section.
    """

    attributes: Tuple[int, ...]
    fit: Fit = Fit()
    headings: Tuple[str, ...] = ()
    terminators: Tuple[str, ...] = ()
    ends: Tuple[str, ...] = ()


class CueGroup(NamedTuple):
    """Cue words with the same meaning.

    name (str): Name of the group in the rules.
    attributes (Tuple[int, ...]): The attributes that the cues give, as indices into `ASSERTIONS`.
    direction (str): Whether the cues stand "before", "after" or "within" the mention.
    scope (str): What the cues reach: the items of a "list", the "clause", the "sentence" or the
        "paragraph".
    max_chars (int): The most characters between a cue and a mention.
    terminators (Tuple[str, ...]): The sets of words that end the scope.
    fit (Fit): The mentions that the cues apply to.
    nearest (bool): Whether a cue after mentions reaches only the nearest that fits, and the ones
        listed with it.
    words (List[str]): The cues.
    """

    name: str
    attributes: Tuple[int, ...]
    direction: str
    scope: str
    max_chars: int
    terminators: Tuple[str, ...]
    fit: Fit
    nearest: bool
    words: List[str]


class AssertionRules(NamedTuple):
    """Checked rules of assertion attributes. See `rules/LANGUAGE/assertion.yml` for their form.

    groups (List[CueGroup]): The cues.
    pseudo (List[str]): Words that contain a cue, but are none.
    terminators (Dict[str, List[str]]): Sets of words that end the scope of cues, by name.
    fillers (List[str]): Words that may surround a mention in an item of a list.
    normal_states (List[str]): Words of mentions that name a normal state. These get no attributes.
    sections (Dict[str, SectionRule]): The attributes of mentions in a section, by its id.
    section_overrides (List[Override]): An attribute from a cue, and those that mentions with it do
        not get from their section.
    overrides (List[Override]): An attribute, and those that mentions with it do not get.
    max_residue (int): The most characters of an item that are neither mention nor filler.
    """

    groups: List[CueGroup]
    pseudo: List[str]
    terminators: Dict[str, List[str]]
    fillers: List[str]
    normal_states: List[str]
    sections: Dict[str, SectionRule]
    section_overrides: List[Override]
    overrides: List[Override]
    max_residue: int


def check_rules(rules: Dict[str, Any], path: Optional[Any] = None) -> AssertionRules:
    """Check rules of assertion attributes.

    rules (Dict[str, Any]): The rules, from `read_rules`.
    path (Optional[Any]): The file, for errors.
    RETURNS (AssertionRules): The checked rules.
    RAISES (ValueError): If a key is missing, unknown or has an invalid value.
    """
    return _RuleReader("the built-in rules" if path is None else str(path)).read(rules)


class _RuleReader(NamedTuple):
    """Checks rules, and names the file and the key of what is wrong.

    path (str): The file.
    """

    path: str

    def read(self, rules: Dict[str, Any]) -> AssertionRules:
        """Return the checked rules."""
        self._keys("", rules, KEYS)
        if not rules.get("cues"):
            self._fail("cues", "is missing or empty")
        terminators = {
            name: self._words(f"terminators.{name}", words)
            for name, words in self._mapping("terminators", rules.get("terminators")).items()
        }
        sections = self._mapping("sections", rules.get("sections"))
        return AssertionRules(
            [
                group
                for name, value in self._mapping("cues", rules["cues"]).items()
                for group in self._groups(name, value, terminators)
            ],
            self._words("pseudo", rules.get("pseudo", [])),
            terminators,
            self._words("fillers", rules.get("fillers", [])),
            self._words("normal_states", rules.get("normal_states", [])),
            {
                name: self._section(f"sections.{name}", value, terminators)
                for name, value in sections.items()
            },
            self._overrides("section_overrides", rules),
            self._overrides("overrides", rules),
            self._number("max_residue", rules.get("max_residue", 0)),
        )

    def _groups(self, name: str, value: Any, terminators: Iterable[str]) -> List[CueGroup]:
        """Return a group of cues, once for each direction."""
        key = f"cues.{name}"
        value = self._mapping(key, value)
        self._keys(f"{key}.", value, GROUP_KEYS)
        for needed in ("attributes", "direction", "words"):
            if needed not in value:
                self._fail(f"{key}.{needed}", "is missing")
        directions = value["direction"]
        directions = [directions] if isinstance(directions, str) else directions
        if not isinstance(directions, list) or not set(map(str, directions)) <= set(DIRECTIONS):
            self._fail(f"{key}.direction", f"must be one of {', '.join(DIRECTIONS)}, or a list")
        scope = value.get("scope", "clause")
        if scope not in SCOPES:
            self._fail(f"{key}.scope", f"must be one of {', '.join(SCOPES)}")
        attributes = self._attributes(f"{key}.attributes", value["attributes"])
        max_chars = self._number(f"{key}.max_chars", value.get("max_chars", MAX_CHARS))
        stops = self._stops(f"{key}.terminators", value, attributes, terminators)
        words = self._words(f"{key}.words", value["words"])
        nearest = value.get("nearest", False)
        if not isinstance(nearest, bool):
            self._fail(f"{key}.nearest", "must be true or false")
        rest = (max_chars, stops, self._fit(key, value), nearest, words)
        return [CueGroup(name, attributes, direction, scope, *rest) for direction in directions]

    def _overrides(self, key: str, rules: Dict[str, Any]) -> List[Override]:
        return [
            (self._attributes(key, name)[0], self._attributes(f"{key}.{name}", value))
            for name, value in self._mapping(key, rules.get(key)).items()
        ]

    def _section(self, key: str, value: Any, terminators: Iterable[str]) -> SectionRule:
        """Return the attributes of a section."""
        value = value if isinstance(value, dict) else {"attributes": value}
        self._keys(f"{key}.", value, SECTION_KEYS)
        if "attributes" not in value:
            self._fail(f"{key}.attributes", "is missing")
        attributes = self._attributes(f"{key}.attributes", value["attributes"])
        headings = self._words(f"{key}.headings", value.get("headings", []))
        return SectionRule(
            attributes,
            self._fit(key, value),
            tuple(map(normalize, headings)),
            self._stops(f"{key}.terminators", value, attributes, terminators),
            self._stops(f"{key}.ends", value, (), terminators),
        )

    def _stops(
        self, key: str, value: Dict[str, Any], columns: Iterable[int], known: Iterable[str]
    ) -> Tuple[str, ...]:
        """Return the sets of words that a key names; by default, those named like attributes."""
        name = key.rpartition(".")[2]
        if name not in value:
            return tuple(ASSERTIONS[column] for column in columns)
        stops = self._words(key, value[name])
        for stop in stops:
            if stop not in known:
                self._fail(key, f"names '{stop}', which terminators does not have")
        return tuple(stops)

    def _fit(self, key: str, value: Dict[str, Any]) -> Fit:
        types, others, endings = (self._words(f"{key}.{k}", value.get(k, [])) for k in FIT_KEYS)
        return Fit(tuple(types), tuple(others), tuple(map(normalize, endings)))

    def _attributes(self, key: str, names: Any) -> Tuple[int, ...]:
        names = [names] if isinstance(names, str) else names
        if not isinstance(names, list):
            self._fail(key, "must be a list of attributes")
        for name in names:
            if name not in ASSERTIONS:
                known = ", ".join(ASSERTIONS)
                message = Errors.C061.format(path=self.path, key=key, name=name, known=known)
                raise ValueError(message)
        return tuple(sorted({ASSERTIONS.index(name) for name in names}))

    def _words(self, key: str, words: Any) -> List[str]:
        if not isinstance(words, list):
            self._fail(key, "must be a list of words")
        for i, word in enumerate(words):
            if not isinstance(word, str) or not word.strip():
                # YAML reads `no` and `2` as other types.
                self._fail(f"{key}[{i}]", "must be a word; put it in quotes")
        return [" ".join(word.split()) for word in words]

    def _number(self, key: str, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self._fail(key, "must be a whole number of 0 or more")
        return int(value)

    def _mapping(self, key: str, value: Any) -> Dict[str, Any]:
        if value is not None and not isinstance(value, dict):
            self._fail(key, "must be a mapping")
        return value or {}

    def _keys(self, prefix: str, value: Dict[str, Any], known: Sequence[str]) -> None:
        for key in value:
            if key not in known:
                self._fail(f"{prefix}{key}", f"is unknown; the keys are {', '.join(known)}")

    def _fail(self, key: str, problem: str) -> None:
        raise ValueError(Errors.C060.format(path=self.path, key=key, problem=problem))
