"""Numbers in a text: ranges, fractions, ratios, sizes, changes, and their units."""

import re
from typing import List, NamedTuple, Optional, Tuple

from ..rules import Rules
from .patterns import alternatives
from .units import Unit, Units

NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d+)(?:\.\d+)?"
START = re.compile(rf"(?<![\d.]){NUMBER}")
ANY = re.compile(NUMBER)
# Digits with any links between them, such as a date or a phone number.
CHAIN = re.compile(r"[\d.,]+(?:\s?[-/:~.*#]\s?\d+)*")
POWER = re.compile(
    r"\s?[×xX*]\s?10\s?(?:(?:\^|\*\*?|[Ee])\s?(-?\d{1,2})|([3-9]))(?![\d/.])|[Ee](-?\d{1,2})(?!\d)"
)
# "18 400U/L": a space between thousands, if a unit follows.
SPACED = re.compile(r"\d{1,3}(?: \d{3})+(?=[^\s\d.,])")
LENGTHS = ("cm", "mm", "m", "um")
MAX_RATIO = 100_000
# Longest number, in characters. Longer ones are codes.
MAX_DIGITS = 20
# Most changes in a row: "118→126→133".
MAX_CHANGES = 6


class Core(NamedTuple):
    """A number, or several that belong together, with their unit.

    end (int): Offset after the last character.
    form (str): See `Value`.
    numbers (List[float]): The numbers, in the order of the text.
    unit (Optional[Unit]): The unit.
    previous (Optional[float]): The number before a change.
    """

    end: int
    form: str
    numbers: List[float]
    unit: Optional[Unit]
    previous: Optional[float] = None


class Numbers:
    """Parser of numbers."""

    def __init__(self, rules: Rules, units: Units):
        """Compile the rules.

        rules (Dict[str, Any]): The set "values", see `rules/LANGUAGE/values.yml`.
        units (Units): The units.
        """
        self._units = units
        words = alternatives(rules["range_words"])
        self._link = re.compile(
            rf"\s?(?P<op>→|-+>|-|~|±|/|:|[×xX*]|{words})\s?(?=\d)", re.IGNORECASE
        )
        change = rules["change"]
        between = alternatives(change["between"])
        about = alternatives(word for word, sign in rules["comparisons"]["before"].items())
        self._change = re.compile(
            rf"\s?(?:{between}\s?)?(?P<verb>{alternatives(change['verbs'])})\s?(?:{about}\s?)?(?=\d)",
            re.IGNORECASE,
        )
        self._from = re.compile(rf"{alternatives(change['from'])}\s?$", re.IGNORECASE)
        # "to" links a range as well, so that it needs "from".
        self._range_words = {word.casefold() for word in rules["range_words"]}
        self._more = re.compile(alternatives(rules["comparisons"]["after"]))

    def parse(self, text: str, start: int) -> Tuple[Optional[Core], int]:
        """Parse the number at an offset.

        text (str): The text, from `normalize`.
        start (int): Offset of the first digit.
        RETURNS (Tuple[Optional[Core], int]): The number, or None for a date, phone number and the
            like; the offset where the search goes on.
        """
        first = self._number(text, start)
        core: Optional[Core] = None
        if first is not None:
            core = self._changed(text, start, *first) or self._linked(text, *first)
        if core is None:
            chain = CHAIN.match(text, start)
            return None, chain.end() if chain else start + 1
        return core, core.end

    def from_word(self, text: str, start: int) -> int:
        """Return the offset of "from" before a number, or the number's own.

        text (str): The text, from `normalize`.
        start (int): Offset of the number.
        """
        tail = text[max(0, start - 8) : start]
        match = self._from.search(tail)
        return start - len(tail) + match.start() if match else start

    def _number(self, text: str, start: int) -> Optional[Tuple[float, Optional[Unit], int]]:
        """Return a number, its unit, and the offset after them."""
        spaced = SPACED.match(text, start)
        if spaced and self._units.match(text, spaced.end()):
            end, number = spaced.end(), float(spaced[0].replace(" ", ""))
            unit = self._units.match(text, end, number)
            return number, unit, unit.end if unit else end
        match = ANY.match(text, start)
        if match is None or len(match[0]) > MAX_DIGITS:
            return None
        digits, end = match[0], match.end()
        if "," in digits and not self._has_thousands(text, start, end):
            digits = digits.split(",")[0]
            end = start + len(digits)
        number = float(digits.replace(",", ""))
        more = self._more.match(text, end)
        unit = self._units.match(text, more.end() if more else end, number)
        if more and not unit:
            return number, None, end
        power = POWER.match(text, end) if unit is None or unit.ucum is None else None
        if power:
            number *= 10.0 ** int(power[1] or power[2] or power[3])
            end = power.end()
            unit = self._units.match(text, end)
        return number, unit, unit.end if unit else end

    def _has_thousands(self, text: str, start: int, end: int) -> bool:
        """Return whether commas separate thousands rather than values."""
        if self._units.match(text, end):
            return True
        return text[start - 1 : start] in ("", " ") and text[end : end + 1] not in tuple("/-~:×")

    def _changed(
        self, text: str, start: int, number: float, unit: Optional[Unit], end: int
    ) -> Optional[Core]:
        """Return the number after a change: "由119降至92g/L"."""
        link = self._change.match(text, end)
        if link is None:
            return None
        is_range = link["verb"].casefold() in self._range_words
        if is_range and self.from_word(text, start) == start:
            return None
        second = self._number(text, link.end())
        if second is None:
            return None
        core = self._linked(text, *second)
        if core is None or core.form == "range":
            return None
        if core.form == "number":
            return core._replace(unit=core.unit or unit, previous=number)
        return core

    def _linked(self, text: str, number: float, unit: Optional[Unit], end: int) -> Optional[Core]:
        """Return the number with the numbers that are linked to it."""
        previous: Optional[float] = None
        for _ in range(MAX_CHANGES):
            link = self._link.match(text, end)
            if link is None:
                return Core(end, "number", [number], unit, previous)
            second = self._number(text, link.end())
            if second is None:
                return None
            operator = link["op"]
            if operator != "→" and not operator.endswith(">"):
                break
            previous, (number, unit_2, end) = number, second
            unit = unit_2 or unit
        else:
            return None
        if operator in "×xX*":
            return self._size(text, number, unit, link.end())
        if operator == "/":
            return self._fraction(text, number, unit, link.end())
        other, unit_2, end = second
        if self._link.match(text, end):
            return None  # a date, a phone number
        if operator == ":":
            is_ratio = unit is None and ((number == 1 and 4 <= other < MAX_RATIO) or other == 1)
            return Core(end, "ratio", [number, other], unit_2) if is_ratio else None
        if unit and unit_2 and unit.ucum != unit_2.ucum:
            return None
        form = "tolerance" if operator == "±" else "range"
        if form == "range" and not number < other:
            return None
        return Core(end, form, [number, other], unit_2 or unit)

    def _fraction(
        self, text: str, number: float, unit: Optional[Unit], start: int
    ) -> Optional[Core]:
        numbers, end, last = [number], start, unit
        while True:
            part = self._number(text, start)
            if part is None:
                return None
            numbers.append(part[0])
            last, end = part[1], part[2]
            link = self._link.match(text, end)
            if link is None:
                break
            if link["op"] != "/" or len(numbers) > 3:
                return None
            start = link.end()
        if unit and (last is None or unit.ucum != last.ucum):
            return None
        return Core(end, "fraction", numbers, last)

    def _size(self, text: str, number: float, unit: Optional[Unit], start: int) -> Optional[Core]:
        numbers, last = [number], unit
        while True:
            part = self._number(text, start)
            if part is None or (last and last.ucum not in LENGTHS):
                return None
            numbers.append(part[0])
            last, end = part[1] or last, part[2]
            link = self._link.match(text, end)
            if link is None:
                break
            if link["op"] not in "×xX*" or len(numbers) > 3:
                return None
            start = link.end()
        if last and last.ucum not in LENGTHS:
            return None
        return Core(end, "size", numbers, last)
