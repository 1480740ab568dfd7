"""Amounts of time in a text, such as 10余年 or "three weeks"."""

import re
from typing import Any, Iterator, NamedTuple, Optional

from ..errors import Errors
from ..rules import Rules
from .dosage_parts import GAP, HALF, IN_NUMBER
from .dosage_scan import compile_rule
from .durations import UNITS, iso_duration
from .numerals import CHINESE, DIGITS, ENGLISH, TO, Number, parse_number
from .spellings import FLAGS, Spellings, as_codes

NUMERAL = rf"{DIGITS}|{CHINESE}|{ENGLISH}"
# Where a number can begin.
ANCHOR = re.compile(r"[A-Za-z]+|\d+(?:[.．]\d+)?|[〇零一二两俩三四五六七八九十百半]+")
NUMBER_WORD = re.compile(rf"(?:{ENGLISH}|half|an?)", FLAGS)
INDEFINITE = ("a", "an", "half", "half a", "half an")
PLUS_BEFORE = re.compile(r"\d\s?[+＋]\Z")


class Amount(NamedTuple):
    """An amount of time in a text.

    start (int): Offset of the first character.
    end (int): Offset after the last character.
    low (str): ISO 8601 duration.
    high (Optional[str]): The longest duration of a range.
    unit (str): The shortest unit: "Y", "M", "W", "D", "H" or "MIN".
    is_approximate (bool): Whether it is approximate.
    number (str): The number as in the text.
    spelling (str): The unit as in the text.
    """

    start: int
    end: int
    low: str
    high: Optional[str]
    unit: str
    is_approximate: bool
    number: str
    spelling: str


class AmountFinder:
    """Finder of amounts of time. Whether an amount is a duration depends on the words beside it."""

    def __init__(self, rules: Rules):
        """Compile the rules.

        rules (Dict[str, Any]): The set of rules "dates".
        RAISES (ValueError): If a rule is invalid.
        """
        self._units = Spellings(as_codes(rules.get("time_units"), "time_units"), "time_units")
        for word, code in self._units.codes.items():
            if code not in UNITS:
                known = ", ".join(UNITS)
                raise ValueError(
                    Errors.C082.format(section="time_units", code=code, word=word, known=known)
                )
        more = compile_rule(rules, "approximate_after").pattern
        about = compile_rule(rules, "approximate_before").pattern
        self._about = re.compile(rf"{about}\s?\Z", FLAGS)
        unit = rf"{self._units.pattern}(?![A-Za-z])"
        self._amount = re.compile(
            rf"(?P<low>{HALF}|{NUMERAL}|an?\b)(?:{TO}(?P<high>{NUMERAL}))?(?P<more>{more})?[ \t-]?"
            rf"(?P<ge>个半)?(?P<unit>{unit})(?P<half>半)?(?P<more2>{GAP}{more})?"
            rf"(?:[零又]?{GAP}(?P<second>{DIGITS}|{CHINESE}){GAP}(?P<unit2>{unit}))?",
            FLAGS,
        )

    def find(self, text: str) -> Iterator[Amount]:
        """Find the amounts of time in a text.

        text (str): The text.
        YIELDS (Amount): The amounts, in their order in the text.
        """
        end = 0
        for anchor in ANCHOR.finditer(text):
            start = anchor.start()
            if start < end or (anchor[0].isascii() and not self._is_number(anchor[0])):
                continue
            match = self._amount.match(text, start)
            if match is None:
                continue
            before = text[max(0, start - 12) : start]
            if IN_NUMBER.search(before) or PLUS_BEFORE.search(before):
                continue
            amount = self._read(match, self._about.search(before) is not None)
            if amount is not None:
                end = amount.end
                yield amount

    def _is_number(self, word: str) -> bool:
        return word[0].isdigit() or NUMBER_WORD.fullmatch(word) is not None

    def _read(self, match: Any, is_approximate: bool) -> Optional[Amount]:
        """Return an amount; None if it has no number."""
        low, high = _number(match["low"]), _number(match["high"])
        unit = self._units.code(match["unit"])
        # 3D is no time.
        is_capital = len(match["unit"]) == 1 and match["unit"].isupper()
        if low is None or unit is None or is_capital:
            return None
        if high is None and low.high is not None:
            high = Number(low.high)
        half = 0.5 if match["half"] or match["ge"] else 0.0
        amounts = [(low.low + half, unit)]
        end, last = match.end(), unit
        second = self._units.code(match["unit2"] or "")
        if match["second"]:
            number = parse_number(match["second"])
            if second is None or number is None or UNITS.index(second) <= UNITS.index(unit):
                end = match.end("more2") if match["more2"] else match.end("half")
                end = end if end > 0 else match.end("unit")
            else:
                amounts.append((number.low, second))
                last = second
        iso = iso_duration(*amounts)
        if iso is None:
            return None
        longest = iso_duration((high.low, unit)) if high and high.low > low.low else None
        return Amount(
            match.start(),
            end,
            iso,
            longest,
            last,
            is_approximate or bool(match["more"] or match["more2"]),
            match["low"],
            (match["ge"] or "") + match["unit"],
        )


def _number(text: Optional[str]) -> Optional[Number]:
    if text is None:
        return None
    return Number(0.5) if re.fullmatch(HALF, text, FLAGS) else parse_number(text)
