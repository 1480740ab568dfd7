"""Tokens for formats that store tokens instead of a text. Each CJK character is a token."""

import re
from itertools import pairwise
from typing import List, Sequence, Tuple

from .record import Record

# Ideographs, kana, their punctuation and full-width forms. Not hangul: Korean separates words by
# spaces.
CJK = "\u2e80-\u2fdf\u3001-\u30ff\u31f0-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff9f"
CJK += "\uffe0-\uffee\U00020000-\U0003ffff"
TOKEN = re.compile(rf"[{CJK}]|[^\s{CJK}]+")
# Matches the characters around a token boundary that gets no space.
CLOSE = re.compile(rf"[{CJK}].|.[{CJK}]", re.DOTALL)


def token_spans(record: Record) -> List[Tuple[int, int]]:
    """Tokenize the text of a record. Mentions start and end at token boundaries.

    record (Record): The record.
    RETURNS (List[Tuple[int, int]]): Start and end character of each token, without white space.
    """
    bounds = {bound for mention in record.mentions for bound in (mention.start, mention.end)}
    return [
        (start + match.start(), start + match.end())
        for start, end in pairwise(sorted({0, len(record.text), *bounds}))
        for match in TOKEN.finditer(record.text[start:end])
    ]


def join_tokens(tokens: Sequence[str]) -> Tuple[str, List[int]]:
    """Join tokens to a text, with spaces except next to a CJK character.

    tokens (Sequence[str]): The tokens.
    RETURNS (Tuple[str, List[int]]): The text, and the offset of the start of each token.
    """
    parts: List[str] = []
    starts: List[int] = []
    length, last = 0, ""
    for token in tokens:
        if last and token and not CLOSE.fullmatch(last + token[0]):
            parts.append(" ")
            length += 1
        starts.append(length)
        parts.append(token)
        length += len(token)
        last = token[-1:] or last
    return "".join(parts), starts
