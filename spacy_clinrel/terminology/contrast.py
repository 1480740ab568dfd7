"""Differences between names that change their meaning, however similar the names are."""

import re
from functools import lru_cache
from typing import Dict, FrozenSet, Set, Tuple

# Words of which a name has one: 左 and 右, 急性 and 慢性.
GROUPS: Tuple[Tuple[str, ...], ...] = (
    ("左", "右", "双"),
    ("上", "下"),
    ("内", "外"),
    ("膜上", "膜下", "膜外", "膜内"),
    ("前", "后"),
    ("高", "低"),
    ("大", "小"),
    ("急性", "慢性", "亚急性"),
    ("阳性", "阴性"),
    ("良性", "恶性"),
    ("原发", "继发"),
    ("先天", "后天"),
    ("增", "减", "降"),
    ("开放", "闭合"),
    ("甲", "乙", "丙", "丁", "戊"),
    ("left", "right", "bilateral"),
    ("upper", "lower"),
    ("acute", "chronic", "subacute"),
    ("positive", "negative"),
    ("benign", "malignant"),
    ("primary", "secondary"),
    ("anterior", "posterior"),
    ("hyper", "hypo"),
)
# Words that turn a name into another one: 非小细胞肺癌 is not 小细胞肺癌, 甲状旁腺 not 甲状腺.
NEGATIONS = ("非", "无", "不", "抗", "旁", "non", "without")
_GROUP_OF: Dict[str, int] = {
    word: i for i, words in enumerate((*GROUPS, NEGATIONS)) for word in words
}
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_LATIN = re.compile("[a-z]+")
# Longer words in Latin letters, and words in names of several such words, may have typing errors.
# Others are abbreviations or letters: ALT and AST, 头颅CT and 头颅CTA, 维生素B and 维生素C.
_ABBREVIATIONS = re.compile(r"[a-z0-9+-]{1,5}|.*[^\x00-\u02ff].*", re.DOTALL)
# What a name may have in addition to the mention: 甲亢症 for 甲亢, "fractures of" for "fracture".
_EMPTY = re.compile("[症病征性部的 ,-]|s|of|the|and|in")
# Maximum number of further letters of a Latin name, which may have been left out by mistake.
MAX_LETTERS = 2
_WORD = re.compile("|".join(map(re.escape, sorted(_GROUP_OF, key=len, reverse=True))))
_NUMBERS, _LETTERS, _NEGATIONS = -1, -2, len(GROUPS)

Marks = Dict[int, FrozenSet[str]]


@lru_cache(maxsize=2**16)
def marks_of(form: str) -> Marks:
    """Return the words of a name that other names must not contradict.

    form (str): Normal form of the name.
    RETURNS (Dict[int, FrozenSet[str]]): The words by number of their group; -1 for numbers, -2 for
        abbreviations.
    """
    found: Dict[int, Set[str]] = {}
    for match in _WORD.finditer(form):
        found.setdefault(_GROUP_OF[match[0]], set()).add(match[0])
    found[_NUMBERS] = set(_NUMBER.findall(form))
    found[_LETTERS] = set(_LATIN.findall(form) if _ABBREVIATIONS.fullmatch(form) else ())
    return {group: frozenset(words) for group, words in found.items() if words}


def is_contrast(first: str, second: str) -> bool:
    """Return whether two names cannot mean the same.

    first (str): Normal form of a name.
    second (str): Normal form of another name.
    RETURNS (bool): True if both have numbers, abbreviations or words of a group, but different
        ones, or if only one has a negation.
    """
    a, b = marks_of(first), marks_of(second)
    if a == b:
        return False
    if a.get(_NEGATIONS) != b.get(_NEGATIONS):
        return True
    return any(group in b and words != b[group] for group, words in a.items())


def is_more_specific(name: str, mention: str) -> bool:
    """Return whether a name says more than a mention, so that its code would be a guess: 急性胰腺炎
    for 胰腺炎.

    name (str): Normal form of the name.
    mention (str): Normal form of the mention.
    RETURNS (bool): True if the name has all characters of the mention, in the same order, and
        others that carry meaning.
    """
    rest = []
    position = 0
    for char in name:
        if position < len(mention) and char == mention[position]:
            position += 1
        else:
            rest.append(char)
    if position < len(mention):
        return False
    extra = _EMPTY.sub("", "".join(rest))
    return len(extra) > MAX_LETTERS if name.isascii() and extra.isalpha() else bool(extra)
