"""Signs of results: "+", "(-)", "3+", arrows, and grades such as Ⅳ级."""

import re
from typing import Optional, Tuple

from .results import Value

SIGN = {"+": "positive", "-": "negative", "±": "weakly positive"}
SIGNS = r"(?:[1-4]\+|\+{1,4}|-|±|\+[-/]-?|-\s?[~-]\s?\+|\+\s?~\s?\+{2,4})"
# A sign without brackets counts only before punctuation, because "+" and "-" also join words.
BARE_SIGN = re.compile(
    r"(?<![-+±(\[\s])(?P<sign>[1-4]\+|\+{1,4}|±|-)(?=\s*(?:[,，。;；、.)\]\n（(↑↓]|$))"
    r"|(?P<spaced>(?<=[ :\t|])(?:[1-4]\+|\+{1,4}|±))(?=\s*(?:[,，。;；、.)\]\n]|$))"
)
# Grades in Roman numerals, or between two grades: Ⅳ级, 5-级.
GRADE = re.compile(
    r"(?<![A-Za-z\d/-])(?:(?P<roman>[ⅠⅡⅢⅣⅤⅥ]|I{1,3}|IV|VI?)|(?P<digit>\d)(?=[-+]))(?P<side>[-+])?级"
)
ROMAN = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6}
ROMAN.update({char: number for number, char in enumerate("ⅠⅡⅢⅣⅤⅥ", start=1)})
# An arrow of its own, or in a column before the number.
ARROW = re.compile(r"(?P<arrow>↑+|↓+)(?!\s*\d)")
ARROW_BEFORE = re.compile(r"(↑+|↓+)[ \t|]*$")
FLAG = re.compile(r"↑+|↓+|[(\[]\s?[HL↑↓]\s?[)\]]")
LETTER_FLAG = re.compile(r"[ \t|]+[HL](?=[\s|,，。;；]|$)")


def read_sign(text: str) -> Tuple[str, Optional[int]]:
    """Return the result and the degree of signs: "++", "3+", "±"."""
    if text[0].isdigit():
        return "positive", int(text[0])
    if set(text) == {"+"}:
        return "positive", len(text)
    if text in ("-", "±"):
        return SIGN[text], None
    if set(text) <= set("+~ "):
        return "positive", len(text.split("~")[-1].strip())
    return "weakly positive", None


def read_grade(match: "re.Match[str]") -> Value:
    """Return a grade. 5- is less than 5."""
    number = float(ROMAN.get(match["roman"]) or match["digit"])
    comparison = {"-": "<", "+": ">", None: None}[match["side"]]
    return Value(*match.span(), "grade", number, comparison=comparison, unit="级", ucum="{grade}")


def read_flag(text: str) -> str:
    """Return the flag of arrows or of a letter."""
    return "high" if "↑" in text or "H" in text else "low"
