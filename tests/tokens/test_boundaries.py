"""White space, control characters and line breaks in tokens."""

import unicodedata

import numpy as np
import spacy
from spacy.tokens import Doc

from spacy_clinrel.tokens.boundaries import LINE_BREAKS, token_boundaries


def flags(words, spaces=None):
    doc = Doc(spacy.blank("xx").vocab, words=words, spaces=spaces or [False] * len(words))
    return [column.tolist() for column in token_boundaries(doc)]


def test_line_breaks_are_those_of_splitlines():
    others = [chr(code) for code in range(0x10000) if chr(code) not in LINE_BREAKS]
    assert all(len(f"a{char}b".splitlines()) == 2 for char in LINE_BREAKS)
    assert "".join(others).splitlines() == ["".join(others)]


def test_white_space_and_control_characters_are_invisible():
    codes = [c for c in range(0x10000) if not 0xD800 <= c < 0xE000]
    words = [chr(code) for code in codes]
    invisible = np.asarray(flags(words)[0])
    for word, is_invisible in zip(words, invisible):
        if word.isspace() or unicodedata.category(word) == "Cc" or word in "\ufeff\u200b":
            assert is_invisible, hex(ord(word))
        if unicodedata.category(word)[0] in "LMNPS":
            assert not is_invisible, hex(ord(word))


def test_edges_and_line_breaks_of_tokens():
    words = ["a", " b", "c\x07", "d\r\ne", "\u2028", "𠮷", "f g"]
    starts, ends, breaks = flags(words, [True] * len(words))
    assert starts == [False, True, False, False, True, False, False]
    assert ends == [False, False, True, False, True, False, False]
    assert breaks == [False, False, False, True, True, False, False]


def test_docs_without_tokens():
    assert flags([]) == [[], [], []]
