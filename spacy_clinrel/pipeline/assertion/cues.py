"""Cue words of assertion attributes: checked rules, and their matches in a text."""

import re
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ...errors import Errors
from ...types import ASSERTIONS

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
    "overrides",
    "max_residue",
)
GROUP_KEYS = (
    "attributes",
    "direction",
    "scope",
    "max_chars",
    "terminators",
    "mention_types",
    "mention_endings",
    "nearest",
    "words",
)
ALL = "all"
MAX_CHARS = 100
# Stands for a character of a mention in the text in which cues are searched.
MASK = "\x01"
WHITE_SPACE = re.compile(r"\s+")
# What follows a word with "$" at the end.
CLAUSE_END = r"(?=\s*(?:[,。;、.!?()及和或]|$)|[^\S\n]*\n)"

# One character for one: ASCII letters in lower case, full-width forms as ASCII, one kind of space,
# apostrophe and dash. Offsets do not change.
FORMS = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
FORMS |= {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
FORMS |= {code: code - 0xFEE0 + 32 for code in range(0xFF21, 0xFF3B)}
FORMS |= {0x3000: 32, 0xA0: 32, 0x2018: 39, 0x2019: 39, 0x2013: 45, 0x2014: 45, 0x2212: 45}
# What "#" in a word stands for.
NUMBER = (
    r"(?:\d[\d.]{0,9}(?:-\d{1,9})?|[一二三四五六七八九十两半数几]{1,3}|多|\b(?:one|two|three|four|five|six|"
    r"seven|eight|nine|ten|several|many|a few)\b)[余多]?"
)


class CueGroup(NamedTuple):
    """Cue words with the same meaning.

    name (str): Name of the group in the rules.
    attributes (Tuple[int, ...]): The attributes that the cues give, as indices into `ASSERTIONS`.
    direction (str): Whether the cues stand "before", "after" or "within" the mention.
    scope (str): What the cues reach: the items of a "list", the "clause", the "sentence" or the
        "paragraph".
    max_chars (int): The most characters between a cue and a mention.
    terminators (Tuple[str, ...]): The sets of words that end the scope.
    mention_types (Tuple[str, ...]): The entity types of the mentions.
    mention_endings (Tuple[str, ...]): How the text of the mentions ends. A mention needs one of
        the types or endings; if both are empty, the cues apply to any mention.
    nearest (bool): Whether a cue after mentions reaches only the nearest that has one of these
        types or endings, and the ones listed with it.
    words (List[str]): The cues.
    """

    name: str
    attributes: Tuple[int, ...]
    direction: str
    scope: str
    max_chars: int
    terminators: Tuple[str, ...]
    mention_types: Tuple[str, ...]
    mention_endings: Tuple[str, ...]
    nearest: bool
    words: List[str]


class AssertionRules(NamedTuple):
    """Checked rules of assertion attributes. See `rules/LANGUAGE/assertion.yml` for their form.

    groups (List[CueGroup]): The cues.
    pseudo (List[str]): Words that contain a cue, but are none.
    terminators (Dict[str, List[str]]): Sets of words that end the scope of cues, by name.
    fillers (List[str]): Words that may surround a mention in an item of a list.
    normal_states (List[str]): Words of mentions that name a normal state. These get no attributes.
    sections (Dict[str, Tuple[int, ...]]): The attributes of mentions in a section, by its id.
    overrides (List[Tuple[int, Tuple[int, ...]]]): An attribute, and those that mentions with it do
        not get.
    max_residue (int): The most characters of an item that are neither mention nor filler.
    """

    groups: List[CueGroup]
    pseudo: List[str]
    terminators: Dict[str, List[str]]
    fillers: List[str]
    normal_states: List[str]
    sections: Dict[str, Tuple[int, ...]]
    overrides: List[Tuple[int, Tuple[int, ...]]]
    max_residue: int


class Matches(NamedTuple):
    """Matches of words in a text, in its order. They do not overlap.

    starts (ndarray): Offset of the first character. Shape: (matches,)
    ends (ndarray): Offset after the last character. Shape: (matches,)
    words (ndarray): Index of the word. Shape: (matches,)
    """

    starts: np.ndarray
    ends: np.ndarray
    words: np.ndarray


def normalize(text: str) -> str:
    """Return a text in the form in which words are compared. Its length does not change.

    text (str): The text.
    RETURNS (str): The text with ASCII letters in lower case and full-width forms as ASCII.
    """
    return text.translate(FORMS)


def mask_chars(text: str, is_masked: np.ndarray) -> str:
    """Replace characters of a text, so that no word matches them.

    text (str): The text.
    is_masked (ndarray): Which characters, bool. Shape: (characters,)
    RETURNS (str): The text with `MASK` instead of these characters.
    """
    chars = np.array(list(text), dtype="U1")
    chars[is_masked] = MASK
    return "".join(chars.tolist())


class WordMatcher:
    """Finds words in a text. Of the words that begin at a character, the longest matches.

    words (List[str]): The words. "#" stands for a number, a space for any white space, "@" at the
        beginning or end for a mention beside the word, and "$" at the end for the end of a clause
        or item. Words that begin or end with an ASCII letter or digit match whole words.
    """

    def __init__(self, words: Sequence[str]) -> None:
        """Compile the words.

        words (Sequence[str]): The words.
        """
        unique = dict.fromkeys(map(normalize, words))
        self.words = sorted(unique, key=lambda word: (-len(word), word))
        self._index = {word: i for i, word in enumerate(self.words)}
        self._all = re.compile(join_patterns(self.words)) if self.words else None
        # Words whose matches differ from the word itself, in the order of the expression.
        self._numbered: List[Tuple[int, re.Pattern[str]]] = []
        self._limited: Dict[str, List[Tuple[int, re.Pattern[str]]]] = {}
        for i, word in enumerate(self.words):
            entry = (i, re.compile("".join(word_pattern(word))))
            if "#" in word:
                self._numbered.append(entry)
            elif word.strip("@$") != word:
                self._limited.setdefault(word.strip("@$"), []).append(entry)

    def __call__(self, text: str) -> Matches:
        """Find the words in a text.

        text (str): The text, from `normalize`.
        RETURNS (Matches): The matches.
        """
        rows = [
            (match.start(), match.end(), self._word(match[0], text, match.start()))
            for match in (self._all.finditer(text) if self._all else ())
        ]
        return Matches(*np.asarray(rows, dtype="int64").reshape(-1, 3).T)

    def index(self, word: str) -> int:
        """Return the index of a word in `words`."""
        return self._index[normalize(word)]

    def _word(self, found: str, text: str, start: int) -> int:
        """Return the index of the word that was found."""
        end = start + len(found)
        key = WHITE_SPACE.sub(" ", found)
        for i, regex in self._limited.get(key, ()):
            if regex.match(text, start):
                return i
        if key in self._index:
            return self._index[key]
        for i, regex in self._numbered:
            match = regex.match(text, start)
            if match is not None and match.end() == end:
                return i
        raise AssertionError(found)  # one of the words has matched


def word_pattern(word: str) -> Tuple[str, str]:
    """Return the regular expression of a word.

    word (str): The word, from `normalize`.
    RETURNS (Tuple[str, str]): What must precede the word, and the rest of the expression.
    """
    before, after = "", ""
    if word[:1] == "@" and len(word) > 1:
        before, word = f"(?<={MASK})", word[1:]
    if word[-1:] == "@" and len(word) > 1:
        after, word = f"(?={MASK})", word[:-1]
    elif word[-1:] == "$" and len(word) > 1:
        after, word = CLAUSE_END, word[:-1]
    parts = [r"\s+".join(map(re.escape, part.split(" "))) for part in word.split("#")]
    before += r"(?<![\d.])" if word[0] == "#" else _boundary(word[0], r"(?<![a-z0-9])")
    end = "" if word[-1] == "#" else _boundary(word[-1], r"(?![a-z0-9])")
    return before, NUMBER.join(parts) + end + after


def join_patterns(words: Sequence[str]) -> str:
    """Return a regular expression that matches any of the words. Words with the same first
    character are tried together, because a choice between hundreds of words is slow.

    words (Sequence[str]): The words, from `normalize`, the longest first.
    RETURNS (str): The expression.
    """
    groups: Dict[Tuple[str, str], List[str]] = {}
    for word in words:
        before, rest = word_pattern(word)
        # Where "#" or "@" comes first, words of other groups may begin at the same character.
        first = "" if word[0] in "#@" else re.escape(word[0])
        groups.setdefault((before, first), []).append(rest[len(first) :])
    ordered = sorted(groups.items(), key=lambda item: item[0][1] != "")
    return "|".join(f"{before}{first}(?:{'|'.join(rest)})" for (before, first), rest in ordered)


def _boundary(char: str, pattern: str) -> str:
    return pattern if char.isascii() and char.isalnum() else ""


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
            {name: self._attributes(f"sections.{name}", value) for name, value in sections.items()},
            [
                (
                    self._attributes("overrides", name)[0],
                    self._attributes(f"overrides.{name}", value),
                )
                for name, value in self._mapping("overrides", rules.get("overrides")).items()
            ],
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
        stops = self._words(f"{key}.terminators", value.get("terminators", []))
        for stop in stops:
            if stop not in terminators:
                self._fail(f"{key}.terminators", f"names '{stop}', which terminators does not have")
        if "terminators" not in value:
            stops = [ASSERTIONS[column] for column in attributes]
        types = self._words(f"{key}.mention_types", value.get("mention_types", []))
        endings = self._words(f"{key}.mention_endings", value.get("mention_endings", []))
        words = self._words(f"{key}.words", value["words"])
        nearest = value.get("nearest", False)
        if not isinstance(nearest, bool):
            self._fail(f"{key}.nearest", "must be true or false")
        fits = (tuple(types), tuple(map(normalize, endings)), nearest)
        rest = (max_chars, tuple(stops), *fits, words)
        return [CueGroup(name, attributes, direction, scope, *rest) for direction in directions]

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
