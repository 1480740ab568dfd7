"""Searches a text for many words at once."""

import re
from typing import Dict, Iterable, Iterator, Tuple

# Letters and digits of alphabets that separate words by spaces.
LETTER = re.compile(r"[0-9A-Za-zÀ-ÖØ-öø-ɏͰ-ϿЀ-ӿ]")


class WordFinder:
    """Finds words in texts. The time is linear in the text.

    Matches do not overlap. Of the words that begin at a character, the longest counts. A word that
    begins or ends with a letter or digit is not found inside a longer one: "P" is not found in
    "PT", but 痛 in 腹痛, since Chinese does not mark the ends of words.
    """

    def __init__(self, words: Iterable[str]) -> None:
        """Build the tree of words.

        words (Iterable[str]): The words, not empty.
        """
        self._root: Dict[str, Dict] = {}
        for word in words:
            node = self._root
            for char in word:
                node = node.setdefault(char, {})
            node[""] = {}

    def find(self, text: str, start: int = 0, end: int = -1) -> Iterator[Tuple[int, int]]:
        """Find the words in a stretch of text.

        text (str): The whole text.
        start (int): First character of the stretch.
        end (int): Character after its last; -1 for the end of the text.
        YIELDS (Tuple[int, int]): Start and end of each word.
        """
        end = len(text) if end < 0 else end
        while start < end:
            node = self._root.get(text[start])
            length, found = 1, 0
            while node is not None:
                if "" in node and _is_whole(text, start, start + length):
                    found = length
                if start + length >= end:
                    break
                node = node.get(text[start + length])
                length += 1
            if found:
                yield start, start + found
            start += max(found, 1)


def _is_whole(text: str, start: int, end: int) -> bool:
    """Return whether no letter or digit beside a word continues it."""
    if start > 0 and LETTER.match(text[start]) and LETTER.match(text[start - 1]):
        return False
    return not (end < len(text) and LETTER.match(text[end - 1]) and LETTER.match(text[end]))
