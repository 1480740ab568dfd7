"""Unlabelled text in pieces, as `spacy pretrain` reads it."""

import random
import re
from pathlib import Path
from typing import Iterator, List, Optional, Sequence

from ..errors import Errors
from ..files import read_text_lines

# Shorter lines are headings and the like.
SHORTEST = 8
SENTENCE_END = re.compile(r"(?<=[。；;！？!?])")


def pieces(text: str, usual: int = 250, most: int = 400) -> Iterator[str]:
    """Cut a text at the ends of sentences.

    text (str): The text.
    usual (int): A piece ends before it is longer than this, if it can.
    most (int): No piece is longer.
    YIELDS (str): Pieces, all of the text in order.
    """
    piece = ""
    for sentence in SENTENCE_END.split(text):
        if piece and len(piece) + len(sentence) > usual:
            yield piece
            piece = ""
        piece += sentence
        while len(piece) > most:
            yield piece[:most]
            piece = piece[most:]
    if piece:
        yield piece


def read_pieces(paths: Sequence[Path], characters: Sequence[int] = (), seed: int = 0) -> List[str]:
    """Read text files, a text a line, in pieces and in an order of chance.

    paths (Sequence[Path]): Text files in UTF-8.
    characters (Sequence[int]): About how many characters to take of each file, lines chosen by
        chance; 0, or none given, for all.
    seed (int): Seed of the choice and the order.
    RETURNS (List[str]): The pieces.
    RAISES (ValueError): If a file is missing or not UTF-8, or there is no text in them.
    """
    if characters and len(characters) != len(paths):
        raise ValueError(Errors.F026.format(files=len(paths), numbers=len(characters)))
    dice = random.Random(seed)
    found: List[str] = []
    for i, path in enumerate(paths):
        lines = list(read_text_lines([path]))
        dice.shuffle(lines)
        found += _take(lines, (characters[i] if characters else 0) or None)
    if not found:
        expected = "lines of text"
        raise ValueError(Errors.F002.format(path=", ".join(map(str, paths)), expected=expected))
    dice.shuffle(found)
    return found


def _take(lines: Sequence[str], most: Optional[int]) -> List[str]:
    found: List[str] = []
    count = 0
    for line in lines:
        if len(line.strip()) >= SHORTEST:
            some = list(pieces(line.strip()))
            found += some
            count += sum(map(len, some))
        if most is not None and count > most:
            break
    return found
