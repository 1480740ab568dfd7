"""Durations, and times relative to the note or to an event."""

import re
from typing import Iterator, List, NamedTuple, Optional, Pattern, Tuple

from ..errors import Errors
from ..rules import Rules
from .amounts import INDEFINITE, Amount, AmountFinder
from .dosage_scan import compile_rule
from .results import ANCHORS, Duration
from .spellings import FLAGS, Spellings, as_codes

PRECISIONS = {"Y": "year", "M": "month", "W": "week", "D": "day"}
CODE = re.compile(rf"(?P<anchor>{'|'.join(ANCHORS)})(?P<sign>[-+#])")
SHIFT = re.compile(r"(?P<sign>-?)P(?P<number>\d+)(?P<unit>[YMWD])")
# How far words before an amount reach.
CONTEXT = 16
# In Chinese, 3月 is three months or March. It is a duration behind a word, before the end of a
# clause: 咳嗽3月，
MONTH, DAY = "月", "日"
AFTER_MONTH = re.compile(r"\s*(?:[,，。;；、)）\]】!！?？\n]|\Z)")
BEFORE_MONTH = re.compile(r"[A-Za-z一-鿿）)”\"]\Z")
# A frequency at the start of a clause: ，一天呕吐三四次
CLAUSE_START = re.compile(r"(?:^|[,，。;；、:：\n])\s?\Z")
COUNT = re.compile(r"[^,，。;；、\n]{0,6}次")
BEFORE_DAY = re.compile(r"[已共近达约]\Z")


class Offset(NamedTuple):
    """A time relative to another.

    start (int): Offset of the first character.
    end (int): Offset after the last character.
    offset (str): ISO 8601 duration, negative before the anchor.
    anchor (str): See `Date.anchor`.
    precision (str): See `Date.precision`.
    is_approximate (bool): Whether it is approximate.
    """

    start: int
    end: int
    offset: str
    anchor: str
    precision: str
    is_approximate: bool = False


class TimeFinder:
    """Finder of durations and relative times."""

    def __init__(self, rules: Rules):
        """Compile the rules.

        rules (Dict[str, Any]): The set of rules "dates".
        RAISES (ValueError): If a rule is invalid.
        """
        self._amounts = AmountFinder(rules)
        names = ("time_before_number", "time_after_number", "day_numbers", "relative_words")
        spellings = [Spellings(as_codes(rules.get(name), name), name) for name in names]
        self._before, self._after, self._days, self._words = spellings
        for name, spelling in zip(names, spellings):
            _check(name, spelling, SHIFT if name == "relative_words" else CODE)
        about = compile_rule(rules, "approximate_before").pattern
        self._leading = re.compile(rf"(?P<word>{self._before.pattern})\s?(?:{about}\s?)?\Z", FLAGS)
        self._trailing = re.compile(
            rf"\s?(?P<word>{self._after.pattern})(?!(?<=[A-Za-z])[A-Za-z])", FLAGS
        )
        self._numbered = re.compile(
            rf"(?<![A-Za-z])(?P<word>{self._days.pattern})\s?(?P<n>\d{{1,3}})(?![\d.x×]|\s?times|\s?[-~–]\s?\d)",
            FLAGS,
        )
        self._word = re.compile(rf"{self._words.pattern}(?!(?<=[A-Za-z])[A-Za-z])", FLAGS)
        self._not_word_before = _ending(rules, "not_relative_before")
        self._not_word_after = compile_rule(rules, "not_relative_after")
        self._no_before = _ending(rules, "no_duration_before")
        self._no_after = compile_rule(rules, "no_duration_after")
        self._age_before = _ending(rules, "age_before")
        self._before_month = _ending(rules, "before_month")

    def find(self, text: str) -> Tuple[List[Offset], List[Duration]]:
        """Find relative times and durations in a text.

        text (str): The text.
        RETURNS (Tuple[List[Offset], List[Duration]]): Relative times, and durations, each in their
            order in the text.
        """
        offsets = [*self._find_words(text), *self._find_numbered(text)]
        durations: List[Duration] = []
        for amount in self._amounts.find(text):
            before = text[max(0, amount.start - CONTEXT) : amount.start]
            offset = self._relative(text, before, amount)
            if offset is not None:
                offsets.append(offset)
            elif self._is_duration(text, before, amount):
                durations.append(
                    Duration(
                        amount.start, amount.end, amount.low, amount.high, amount.is_approximate
                    )
                )
        return sorted(offsets), durations

    def _relative(self, text: str, before: str, amount: Amount) -> Optional[Offset]:
        """Return an amount that is relative to something."""
        leading = self._leading.search(before)
        trailing = self._trailing.match(text, amount.end)
        start, end = amount.start, amount.end
        if leading:
            code = self._before.code(leading["word"])
            start -= len(before) - leading.start()
        elif trailing and not self._no_before.search(before):
            code = self._after.code(trailing["word"])
            end = trailing.end()
        else:
            return None
        match = CODE.fullmatch(code or "")
        if match is None:
            return None
        duration = amount.low
        if match["sign"] == "#":
            number = re.fullmatch(r"P(\d+)D", duration)
            duration = f"P{int(number[1]) - 1}D" if number else duration
        shift = f"-{duration}" if match["sign"] == "-" else duration
        is_approximate = amount.is_approximate or amount.high is not None
        return Offset(start, end, shift, match["anchor"], _precision(duration), is_approximate)

    def _is_duration(self, text: str, before: str, amount: Amount) -> bool:
        """Return whether an amount is a duration: no age, frequency, ordinal and so on."""
        if amount.number.lower() in INDEFINITE and amount.number.lower() != "半":
            return False
        if self._no_before.search(before) or self._no_after.match(text, amount.end):
            return False
        if self._age_before.search(before):
            return False
        is_one_day = amount.low == "P1D" and not amount.high
        if is_one_day and CLAUSE_START.search(before) and COUNT.match(text, amount.end):
            return False
        if amount.is_approximate or amount.spelling not in (MONTH, DAY) or amount.number == "半":
            return True
        if amount.spelling == DAY:
            return BEFORE_DAY.search(before) is not None or not amount.number[0].isdigit()
        is_behind_word = BEFORE_MONTH.search(before) and not self._before_month.search(before)
        return bool(is_behind_word and AFTER_MONTH.match(text, amount.end))

    def _find_words(self, text: str) -> Iterator[Offset]:
        """Yield words such as 昨日."""
        for match in self._word.finditer(text):
            before = text[max(0, match.start() - CONTEXT) : match.start()]
            is_word_end = match[0][0].isascii() and before[-1:].isascii() and before[-1:].isalpha()
            if (
                is_word_end
                or self._not_word_before.search(before)
                or self._not_word_after.match(text, match.end())
            ):
                continue
            shift = self._words.code(match[0]) or ""
            unit = SHIFT.fullmatch(shift)
            if unit is not None:
                yield Offset(*match.span(), shift, "note", PRECISIONS[unit["unit"]])

    def _find_numbered(self, text: str) -> Iterator[Offset]:
        """Yield days with a number, such as POD 3."""
        for match in self._numbered.finditer(text):
            code = CODE.fullmatch(self._days.code(match["word"].strip()) or "")
            if code is not None:
                number = int(match["n"]) - (1 if code["sign"] == "#" else 0)
                sign = "-" if code["sign"] == "-" else ""
                if number >= 0:
                    yield Offset(*match.span(), f"{sign}P{number}D", code["anchor"], "day")


def _precision(duration: str) -> str:
    """Return the precision of a time at a distance: that of the shortest unit."""
    date, _, time = duration.partition("T")
    if time:
        return "minute" if time.endswith("M") else "hour"
    return PRECISIONS[date[-1]]


def _ending(rules: Rules, rule: str) -> Pattern[str]:
    """Compile a rule about the words before something."""
    return re.compile(rf"{compile_rule(rules, rule).pattern}\s?\Z", FLAGS)


def _check(rule: str, spellings: Spellings, form: Pattern[str]) -> None:
    """Raise an error if a code has another form."""
    for word, code in spellings.codes.items():
        if not form.fullmatch(code):
            known = "-P1D, P2W and so on" if form is SHIFT else "note-, admission+ and so on"
            raise ValueError(Errors.C082.format(section=rule, code=code, word=word, known=known))
