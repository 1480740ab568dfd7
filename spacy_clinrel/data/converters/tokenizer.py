"""A tokenizer for formats that store tokens. Each CJK character is a token."""

import re
from itertools import pairwise
from typing import List, Tuple

from .record import Record

# Ideographs, kana, their punctuation and full-width forms. Not hangul: Korean separates words by
# spaces.
CJK = "\u2e80-\u2fdf\u3001-\u30ff\u31f0-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff9f"
CJK += "\uffe0-\uffee\U00020000-\U0003ffff"
TOKEN = re.compile(rf"[{CJK}]|[^\s{CJK}]+")


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
