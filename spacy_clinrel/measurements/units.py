"""Units of measurement and their UCUM codes."""

import re
from typing import Dict, Iterable, NamedTuple, Optional

from ..rules import Rules
from .normalize import normalize
from .patterns import NOTHING

# A unit that ends with an ASCII letter or digit is not followed by one: "mg" is no unit in "mgx".
WORD_END = r"(?:(?<![A-Za-z0-9])|(?![A-Za-z0-9]))"
# Longest unit, in characters.
MAX_UNIT = 32
# Groups of the pattern of a unit.
KINDS = ("per", "complete", "over", "alone", "rate")
# Numbers that are temperatures in a unit, to tell "37.2C" from "4C" and "38度" from "90度".
TEMPERATURES = {"Cel": (30, 45), "[degF]": (86, 113)}
# Letters after a number that are no unit: times, ordinals and counts of repetitions.
NO_UNITS = re.compile(
    r"(?:h|hr|hrs|hours?|d|days?|w|wk|wks|weeks?|months?|mo|mos|y|yr|yrs|years?|yo|min|mins|minutes?"
    r"|am|pm|st|nd|rd|th|x|times|p|m|f|s)$",
    re.IGNORECASE,
)


class Unit(NamedTuple):
    """A unit in a text.

    start (int): Offset of the first character.
    end (int): Offset after the last character.
    ucum (Optional[str]): The UCUM code; None if the unit is unknown.
    is_weak (bool): Whether the unit is more often that of a dose, a volume or a duration.
    """

    start: int
    end: int
    ucum: Optional[str]
    is_weak: bool


class Units:
    """Units by spelling."""

    def __init__(self, rules: Rules):
        """Compile the rules.

        rules (Dict[str, Any]): The set "units", see `rules/mul/units.yml`.
        """
        self._units = _lookup(rules["units"])
        self._counts = _lookup(rules["counts"])
        self._denominators = _lookup({**rules["units"], **rules["denominators"]})
        self._weak = {normalize(word).casefold() for word in rules["weak"]}
        self._degrees = _lookup(rules["temperatures"])
        # These would otherwise be read as the combination that they begin with.
        complete = _folded(spelling for spelling in self._units if "/" in spelling)
        alone, counts = _folded(self._units), _folded(self._counts)
        below, degrees = _folded(self._denominators), _folded(self._degrees)
        # "×10^9/L", also with the superscript lost ("×109/L"), and "10E9/L".
        power = (
            r"(?:[×x*·]\s?)?10\s?(?:\^|\*\*?|e)?\s?(?P<power>1[0-2]|[1-9])\s?/\s?"
            rf"(?P<per>{below})"
        )
        # Matches text in lower case, which is faster than a pattern that ignores case.
        self._pattern = re.compile(
            rf"[ \t]?(?!{_folded(rules['no_units'])})(?!(?<=\t)l[\t\n|])"
            rf"(?:{power}|(?P<complete>{complete})"
            rf"|(?P<over>{alone}|{counts})(?P<under>(?:\s?/\s?(?:{below})){{1,2}})"
            rf"|(?P<alone>{alone}|{degrees})|/(?P<rate>{below})){WORD_END}"
        )
        self._unknown = re.compile(
            rf"[A-Za-zμ]{{1,8}}(?:/[A-Za-zμ]{{1,8}}){{1,2}}{WORD_END}|[A-Za-zμ]{{2,6}}{WORD_END}"
        )

    def match(self, text: str, start: int, number: Optional[float] = None) -> Optional[Unit]:
        """Return the unit at an offset, which can follow a space.

        text (str): The text, from `normalize`.
        start (int): The offset.
        number (Optional[float]): The number before the unit.
        RETURNS (Optional[Unit]): The unit.
        """
        part = text[start : start + MAX_UNIT]
        folded = part.lower()
        # In some alphabets a letter in lower case is two characters.
        match = self._pattern.match(folded if len(folded) == len(part) else part)
        if match is None:
            unknown = self._unknown.match(text, start)
            if unknown is None or NO_UNITS.match(unknown[0].split("/")[0]):
                return None
            return Unit(start, unknown.end(), None, False)
        end = start + match.end()
        begin = end - len(match[0].lstrip())
        kind = next(name for name in KINDS if match[name])
        spelling = part[slice(*match.span(kind))]
        if kind == "per":
            code = f"10*{match['power']}/{_get(self._denominators, spelling)}"
        elif kind == "complete":
            code = _get(self._units, spelling) or ""
        elif kind == "alone":
            return self._alone(spelling, begin, end, number)
        elif kind == "rate":
            code = f"/{_get(self._denominators, spelling)}"
        else:
            over = _get(self._units, spelling)
            if over is None:
                over = _get(self._counts, spelling)
            under = part[slice(*match.span("under"))].split("/")[1:]
            parts = [_get(self._denominators, below.strip()) or "" for below in under]
            code = "/".join([over or "", *parts])
        return Unit(begin, end, code, False)

    def _alone(
        self, spelling: str, begin: int, end: int, number: Optional[float]
    ) -> Optional[Unit]:
        degrees = _get(self._degrees, spelling)
        if degrees is not None and number is not None:
            low, high = TEMPERATURES.get(degrees, (number, number))
            if low <= number <= high:
                return Unit(begin, end, degrees, False)
        code = _get(self._units, spelling)
        if code is None:
            return None
        return Unit(begin, end, code, spelling.casefold() in self._weak)


def _lookup(codes: Dict[str, str]) -> Dict[str, str]:
    """Return codes by spelling, and by spelling without case where that is unambiguous."""
    exact = {normalize(spelling): code for spelling, code in codes.items()}
    folded: Dict[str, str] = {}
    for spelling, code in exact.items():
        folded.setdefault(spelling.casefold(), code)
    return {**folded, **exact}


def _folded(words: Iterable[str]) -> str:
    """Return a regular expression that matches any of the words in lower case, the longest
    first."""
    folded = {normalize(word).lower() for word in words}
    ordered = sorted(folded, key=lambda word: (-len(word), word))
    return f"(?:{'|'.join(map(re.escape, ordered)) or NOTHING})"


def _get(codes: Dict[str, str], spelling: str) -> Optional[str]:
    found = codes.get(spelling)
    return codes.get(spelling.casefold()) if found is None else found
