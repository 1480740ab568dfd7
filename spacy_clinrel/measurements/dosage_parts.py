"""The parts of dosages in a text: amounts, routes, frequencies and durations."""

import re
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Pattern, Tuple

from ..errors import Errors
from ..rules import Rules
from .durations import UNITS, duration_days, iso_duration
from .frequency import is_frequency, make_frequency
from .numerals import CHINESE, DIGITS, ENGLISH, TO, Number, parse_number, parse_range
from .results import ROUTES
from .spellings import (
    FLAGS,
    Spellings,
    alternation,
    as_codes,
    as_list,
    check_pattern,
    first_characters,
    invert,
)

DOSE, ROUTE, FREQUENCY = "dose", "route", "frequency"
AS_NEEDED, DURATION = "as_needed", "duration"
WORDS = rf"{CHINESE}|{ENGLISH}"
FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75, "1/2": 0.5, "1/4": 0.25, "3/4": 0.75}
FRACTION = "[½¼¾]|1/[24]|3/4"
HALF = r"半|half an?"
# First characters of numbers and their words.
NUMBER_CHARACTERS = frozenset(
    "0123456789０１２３４５６７８９〇零一二两俩三四五六七八九十百半½¼¾otfsenh"
)
FACTORS = {"万": 1e4, "千": 1e3, "百万": 1e6, "million": 1e6}
TIMES_SIGN = r"[×xX*✕╳]\s?"
# Between a number and its unit: no line break.
GAP = r"[ \t]?"
# A number is not the end of another one, or of a fraction, range or size.
IN_NUMBER = re.compile(r"(?:[\d.．]|\d[-~～–/／:：*×^,])\Z")
# After a unit: no other unit, as in mg/L.
NO_RATIO = r"(?!\s?[/／]\s?[A-Za-z0-9])"
# What a duration without a word before it must not follow, and not be followed by: 第5天, 5天前.
NO_DURATION_BEFORE = re.compile(r"(?:[第每隔龄孕/]|q\s?)\Z")
NO_DURATION_AFTER = re.compile(r"\s?(?:[前后来内以次期龄]|[1一]次|ago|later|before|after|earlier)")
# Without a word before it, 3月 can be March.
AMBIGUOUS_MONTH = "月"
# Maximum length of a part that begins within a number.
MAX_LENGTH = 40


class FoundPart(NamedTuple):
    """A part of a dosage in a text.

    kind (str): "dose", "route", "frequency", "as_needed" or "duration".
    start (int): Offset of the first character.
    end (int): Offset after the last character.
    fields (Dict[str, Any]): Fields of the dosage that the part sets.
    """

    kind: str
    start: int
    end: int
    fields: Dict[str, Any]


class PartFinder:
    """Finder of the parts of dosages. It reads a text once, and tries the patterns only where one
    can begin."""

    def __init__(self, rules: Rules):
        """Compile the rules.

        rules (Dict[str, Any]): The set of rules "dosage".
        RAISES (ValueError): If a rule is invalid.
        """
        names = ("dose_units", "counted_units", "per_units", "duration_units")
        spellings = {name: Spellings(as_codes(rules.get(name), name), name) for name in names}
        self._units, self._counted, self._per, self._duration_units = spellings.values()
        self._routes = Spellings(invert(rules.get("routes"), "routes"), "routes")
        _check("routes", self._routes.codes, ROUTES)
        _check("duration_units", self._duration_units.codes, UNITS)
        self._frequencies = _frequencies(rules)
        self._known_frequencies: Dict[str, Optional[Dict[str, Any]]] = {}
        lists = ("as_needed", "per_day_before", "duration_before")
        needed, per_day, before = (_patterns(rules, name) for name in lists)
        self._end = _end_pattern([*self._routes.codes, *self._frequencies, *needed])
        frequencies = [_with_number(pattern, "") for pattern in self._frequencies]
        patterns = {
            DOSE: self._dose_pattern(per_day),
            DURATION: self._duration_pattern(before),
            ROUTE: self._routes.pattern + self._end,
            FREQUENCY: alternation(frequencies) + self._end,
            AS_NEEDED: alternation(needed) + self._end,
        }
        self._patterns = {kind: re.compile(p, FLAGS) for kind, p in patterns.items()}
        first = {
            DOSE: _first(per_day, "per_day_before") | NUMBER_CHARACTERS,
            DURATION: _first(before, "duration_before") | NUMBER_CHARACTERS | set("×x*✕╳"),
            ROUTE: _first(self._routes.codes, "routes"),
            FREQUENCY: _first(self._frequencies, "frequencies"),
            AS_NEEDED: _first(needed, "as_needed"),
        }
        self._kinds = {
            character: [kind for kind, characters in first.items() if character in characters]
            for character in sorted(set().union(*first.values()))
        }
        no_others = re.compile(rf"[A-Za-z0-9]|{CHINESE}")
        others = "".join(re.escape(c) for c in self._kinds if not no_others.match(c))
        # A word, a number, or any other character that a part can begin with.
        self._anchor = re.compile(rf"[A-Za-z]+|\d+(?:[.．]\d+)?|{CHINESE}|[{others or ' '}]")

    def _dose_pattern(self, per_day: List[str]) -> str:
        """Return the regular expression of amounts."""
        counted = self._counted.pattern + self._end
        unit = alternation([*self._units.codes, *self._counted.codes]) + self._end
        # In 10mg每周一次, 每周 is part of the frequency.
        per = rf"{self._per.pattern}(?![A-Za-z0-9])(?!{GAP}(?:\d+|{CHINESE}){GAP}次)"
        per = rf"(?:{GAP}[/／]{GAP}|{GAP}每{GAP}|\sper\s)[(（]?{per}(?:[/／·.*]{per}[)）]?)?"
        return (
            rf"(?P<before>{alternation(per_day)}{GAP})?(?:"
            rf"(?P<low>{DIGITS})(?:(?:{GAP}{unit})?{TO}(?P<high>{DIGITS}))?[ \t-]?"
            rf"(?P<factor>百万|[万千]|million)?{GAP}(?P<unit>{unit})"
            rf"|(?P<word>{FRACTION}|{HALF}|{WORDS}){GAP}(?P<counted>{counted})"
            rf")(?P<half>半)?(?P<per>{per})?{NO_RATIO}"
        )

    def _duration_pattern(self, before: List[str]) -> str:
        """Return the regular expression of durations."""
        mark = rf"(?:{alternation(before)}{GAP}|{TIMES_SIGN})"
        number = rf"{DIGITS}|{HALF}|{WORDS}"
        # In English, "w/" is "with".
        unit = rf"{self._duration_units.pattern}(?![A-Za-z/])"
        return (
            rf"(?:(?P<mark>{mark})[近约]?)?(?P<number>{number})[余多]?[ \t-]?(?P<unit>{unit})"
            r"(?P<half>半)?"
        )

    def find(self, text: str) -> List[FoundPart]:
        """Find the parts of dosages in a text.

        text (str): The text.
        RETURNS (List[FoundPart]): The parts, in their order in the text. They do not overlap.
        """
        parts: List[FoundPart] = []
        end = 0
        for anchor in self._anchor.finditer(text):
            if anchor.start() < end:
                continue
            part = self._longest(text, anchor.start())
            # Codes may follow each other without a space: 5mgbidpo.
            while part is not None:
                parts.append(part)
                end = part.end
                part = self._longest(text, end) if _is_in_word(text, end) else None
        return parts

    def find_at(self, text: str, start: int) -> Optional[FoundPart]:
        """Find the part that begins at a character, also within a number: 2片 in 碳酸钙D32片.

        text (str): The text.
        start (int): Offset of the character.
        RETURNS (Optional[FoundPart]): The part, if there is one.
        """
        part = self._longest(text[start : start + MAX_LENGTH], 0)
        if part is None:
            return None
        return part._replace(start=start, end=start + part.end)

    def _longest(self, text: str, start: int) -> Optional[FoundPart]:
        """Return the longest part that begins at a character."""
        longest: Optional[FoundPart] = None
        for kind in self._kinds.get(text[start].lower(), ()):
            match = self._patterns[kind].match(text, start)
            if match and (longest is None or match.end() > longest.end):
                fields = self._read(kind, match)
                if fields is not None:
                    longest = FoundPart(kind, *match.span(), fields)
                    if kind == DOSE:
                        # No other part begins like an amount.
                        break
        return longest

    def _read(self, kind: str, match: Any) -> Optional[Dict[str, Any]]:
        """Return the fields of a match; None if it is no part of a dosage."""
        if kind == DOSE:
            return self._read_dose(match)
        if kind == DURATION:
            return self._read_duration(match)
        if kind == ROUTE:
            return {"route": self._routes.code(match[0])}
        if kind == FREQUENCY:
            return self._read_frequency(match)
        return {"as_needed": True}

    def _read_dose(self, match: Any) -> Optional[Dict[str, Any]]:
        """Return the fields of an amount; None if it is the end of another number."""
        if _is_in_number(match, "low" if match["low"] else "word"):
            return None
        if match["word"]:
            number = _parse_word(match["word"])
            unit = self._counted.code(match["counted"])
        else:
            number = parse_range(match["low"], match["high"])
            unit = self._units.code(match["unit"]) or self._counted.code(match["unit"])
        if number is None or unit is None or number.low <= 0:
            return None
        factor = FACTORS.get((match["factor"] or "").lower(), 1.0)
        # Rounding removes the error of the product.
        low = round((number.low + (0.5 if match["half"] else 0)) * factor, 9)
        shown = f"{match['unit'] or match['counted']}{match['per'] or ''}"
        fields = {"unit": shown, "ucum": "/".join([unit, *self._per_units(match)])}
        if number.high is None:
            return {"dose": low, **fields}
        return {"low": low, "high": round(number.high * factor, 9), **fields}

    def _per_units(self, match: Any) -> List[str]:
        """Return the UCUM codes after the slash."""
        spelled = re.split(r"[/／·*()（）]|每|\bper\b", match["per"] or "", flags=FLAGS)
        codes = [self._per.code(spelling.strip()) or "" for spelling in spelled if spelling.strip()]
        if match["before"] and not codes:
            codes.append("d")
        return [code for code in codes if code]

    def _read_duration(self, match: Any) -> Optional[Dict[str, Any]]:
        """Return the fields of a duration; None if it is none, as in 第5天."""
        text = match.string
        if _is_in_number(match, "number"):
            return None
        if not match["mark"]:
            if match["unit"] == AMBIGUOUS_MONTH:
                return None
            before = text[max(0, match.start() - 2) : match.start()]
            if NO_DURATION_BEFORE.search(before) or NO_DURATION_AFTER.match(text, match.end()):
                return None
        number = _parse_word(match["number"])
        unit = self._duration_units.code(match["unit"])
        if number is None or number.high is not None or unit is None:
            return None
        amount = number.low + (0.5 if match["half"] else 0)
        iso = iso_duration((amount, unit))
        if iso is None:
            return None
        bare_unit = None if match["mark"] else match["unit"]
        days = duration_days(amount, unit)
        return {"duration": iso, "duration_days": days, "bare_unit": bare_unit}

    def _read_frequency(self, match: Any) -> Optional[Dict[str, Any]]:
        """Return the fields of a frequency; None if its number is not plausible."""
        text = match[0]
        before = match.string[max(0, match.start() - 2) : match.start()]
        if text[0].isdigit() and IN_NUMBER.search(before):
            return None
        if text not in self._known_frequencies:
            self._known_frequencies[text] = self._frequency_fields(text)
        return self._known_frequencies[text]

    def _frequency_fields(self, text: str) -> Optional[Dict[str, Any]]:
        for pattern, code in self._frequencies.values():
            match = pattern.fullmatch(text)
            if match:
                number = parse_range(match[1], match[2]) if match.groups() else None
                frequency = make_frequency(code, number)
                if frequency is None:
                    return None
                fields: Dict[str, Any] = {"frequency": frequency.code}
                fields["times_per_day"] = frequency.times_per_day
                fields["interval_hours"] = frequency.interval_hours
                return fields
        return None


def _is_in_word(text: str, position: int) -> bool:
    """Return whether there are Latin letters on both sides of a position."""
    return re.fullmatch("[A-Za-z]{2}", text[position - 1 : position + 1]) is not None


def _is_in_number(match: Any, group: str) -> bool:
    """Return whether a number is the end of another number."""
    start = match.start(group)
    return IN_NUMBER.search(match.string[max(0, start - 2) : start]) is not None


def _parse_word(word: str) -> Optional[Number]:
    word = word.lower()
    if word in FRACTIONS:
        return Number(FRACTIONS[word])
    return Number(0.5) if re.fullmatch(HALF, word) else parse_number(word)


def _check(rule: str, codes: Mapping[str, str], known: Iterable[str]) -> None:
    """Raise an error if the code of a spelling is unknown."""
    for spelling, code in codes.items():
        if code not in known:
            message = Errors.C082.format(
                section=rule, code=code, word=spelling, known=", ".join(known)
            )
            raise ValueError(message)


def _patterns(rules: Rules, rule: str) -> List[str]:
    """Return the spellings of a rule as checked regular expressions."""
    return [check_pattern(spelling, rule) for spelling in as_list(rules.get(rule), rule)]


def _first(patterns: Iterable[str], rule: str) -> frozenset:
    """Return the characters that one of the regular expressions can begin with."""
    found: set = set()
    for pattern in patterns:
        if pattern.startswith("{n}"):
            found |= NUMBER_CHARACTERS
        else:
            optional = re.match(r"(\[[^\]]*\]|.)\?\{n\}", pattern)
            found |= NUMBER_CHARACTERS if optional else frozenset()
            found |= first_characters(optional[1] if optional else pattern, rule)
    return frozenset(found)


def _with_number(pattern: str, group: str) -> str:
    """Replace {n} in a regular expression by that of a number or a range.

    group (str): What the groups of the bounds begin with: "" for groups without a number.
    """
    number = rf"{DIGITS}|{WORDS}"
    bounds = rf"(?:{number})(?:\s?[-~～–]\s?(?:{number}))?"
    if group:
        bounds = rf"({number})(?:\s?[-~～–]\s?({number}))?"
    return pattern.replace("{n}", bounds)


def _frequencies(rules: Rules) -> Dict[str, Tuple[Pattern[str], str]]:
    """Compile the spellings of frequencies. The groups of {n} are the bounds of its number.

    RETURNS (Dict[str, Tuple[Pattern[str], str]]): Compiled spelling and code by spelling.
    """
    frequencies = {}
    for spelling, code in invert(rules.get("frequencies"), "frequencies").items():
        if not is_frequency(code):
            known = "qd, bid, tid, qid, qn, qod, qw, once, {n}/d, {n}/wk, q{n}h, q{n}d and so on"
            message = Errors.C082.format(
                section="frequencies", code=code, word=spelling, known=known
            )
            raise ValueError(message)
        # check_pattern would read {n} as the number of repetitions.
        pattern = check_pattern(spelling.replace("{n}", "\x00"), "frequencies")
        pattern = pattern.replace("\x00", "{n}")
        frequencies[pattern] = (re.compile(_with_number(pattern, "("), FLAGS), code)
    return frequencies


def _end_pattern(spellings: Iterable[str]) -> str:
    """Return a regular expression of what follows a spelling. After a Latin letter: no letter, or
    codes, as in 5mgbidpo."""
    codes = [spelling for spelling in spellings if re.fullmatch("[a-z]{2,4}", spelling)]
    joined = "|".join(sorted(codes, key=len, reverse=True)) or "(?!)"
    codes_only = rf"(?=(?:{joined}|q\d+h|d(?=\d)){{1,3}}(?![A-Za-z]))"
    return rf"(?:(?<![A-Za-z])|(?![A-Za-z])|{codes_only})"
