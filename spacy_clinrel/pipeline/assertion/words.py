"""Words of rules, and their matches in a text."""

import re
from typing import Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

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
            if "#" in word:
                self._numbered.append((i, _compile(word)))
            elif word.strip("@$") != word:
                self._limited.setdefault(word.strip("@$"), []).append((i, _compile(word)))

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


def _compile(word: str) -> re.Pattern[str]:
    return re.compile("".join(word_pattern(word)))


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
