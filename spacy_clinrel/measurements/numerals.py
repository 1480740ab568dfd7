"""Numbers in digits, Chinese numerals and English words."""

import re
from typing import Dict, NamedTuple, Optional

# A number in half-width or full-width digits, with a decimal point or thousands separators.
DIGITS = r"\d{1,3}(?:,\d{3})+(?:[.．]\d+)?|\d+(?:[.．]\d+)?"
CHINESE = "[〇零一二两俩三四五六七八九十百]+"
# Signs and words between the bounds of a range.
TO = r"\s?(?:[-~～–—－]{1,2}|至|到|to)\s?"

_CHINESE_DIGITS: Dict[str, int] = {
    **{character: number for number, character in enumerate("零一二三四五六七八九")},
    **{"〇": 0, "两": 2, "俩": 2},
}
_CHINESE_UNITS = {"十": 10, "百": 100}
# fmt: off
_ENGLISH: Dict[str, float] = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}
_TENS: Dict[str, float] = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90,
}
# fmt: on
_ENGLISH.update(_TENS, a=1, an=1, half=0.5)
_ONES = "one|two|three|four|five|six|seven|eight|nine"
# Number words, longest first: "six" must not hide "sixteen".
_WORDS = sorted(_ENGLISH.keys() - {"a", "an", "zero", "half"}, key=len, reverse=True)
ENGLISH = rf"(?:{'|'.join(_TENS)})[- ](?:{_ONES})|{'|'.join(_WORDS)}"


class Number(NamedTuple):
    """A number or a range.

    low (float): The number, or the lower bound.
    high (Optional[float]): The upper bound; None if it is not a range.
    """

    low: float
    high: Optional[float] = None


def parse_number(text: str) -> Optional[Number]:
    """Read a number in digits, Chinese numerals or English words.

    text (str): The number, e.g. "1,000", "二十五", "两三" (2 to 3) or "thirty-six".
    RETURNS (Optional[Number]): The number; None if it can't be read.
    """
    text = text.strip().lower()
    if not text:
        return None
    if text[0].isdigit():
        try:
            return Number(float(text.replace(",", "").replace("．", ".")))
        except ValueError:
            return None
    if text[0] in _CHINESE_DIGITS or text[0] in _CHINESE_UNITS:
        return _parse_chinese(text)
    words = re.split("[- ]", text)
    numbers = [_ENGLISH[word] for word in words if word in _ENGLISH]
    return Number(float(sum(numbers))) if len(numbers) == len(words) else None


def parse_range(low: str, high: Optional[str]) -> Optional[Number]:
    """Read the bounds of a range.

    low (str): The lower bound, or a number that is not a range.
    high (Optional[str]): The upper bound; None or "" if it is not a range.
    RETURNS (Optional[Number]): The range; None if it can't be read, or its bounds are in the wrong
        order.
    """
    first = parse_number(low)
    if first is None or not high:
        return first
    last = parse_number(high)
    if last is None or last.low <= first.low:
        return None
    return Number(first.low, last.low)


def _parse_chinese(text: str) -> Optional[Number]:
    """Read Chinese numerals: 二十五, 一百, and neighbouring numbers such as 两三 (2 to 3)."""
    if len(text) == 2 and all(character in _CHINESE_DIGITS for character in text):
        low, high = (_CHINESE_DIGITS[character] for character in text)
        return Number(float(low), float(high)) if 0 < low < high else None
    total, digit = 0, None
    for character in text:
        if character in _CHINESE_UNITS:
            total += _CHINESE_UNITS[character] * (1 if digit is None else digit)
            digit = None
        elif character not in _CHINESE_DIGITS or digit is not None:
            return None
        else:
            digit = _CHINESE_DIGITS[character]
    return Number(float(total + (digit or 0)))
