"""Regular expressions of words from rules."""

import re
from typing import Iterable

from .normalize import normalize

NOTHING = r"(?!)"
# Ends of a word of ASCII letters.
WORD_START, WORD_END = r"(?<![A-Za-z])", r"(?![A-Za-z])"


def alternatives(words: Iterable[str]) -> str:
    """Return a regular expression that matches any of the words, the longest first. Words of ASCII
    letters do not match parts of longer words.

    words (Iterable[str]): The words.
    RETURNS (str): The expression, in a group. Without words it matches nothing.
    """
    ordered = sorted(map(normalize, words), key=lambda word: (-len(word), word))
    return f"(?:{'|'.join(map(_word, ordered)) or NOTHING})"


def _word(word: str) -> str:
    before = WORD_START if word[:1].isascii() and word[:1].isalpha() else ""
    after = WORD_END if word[-1:].isascii() and word[-1:].isalpha() else ""
    return f"{before}{re.escape(word)}{after}"
