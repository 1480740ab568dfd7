"""Calendar dates in a text: 2024-02-13, 2024年2月13日, "Feb 13, 2024" and so on."""

import re
from datetime import date
from typing import Any, Iterator, List, NamedTuple, Optional

from ..rules import Rules
from .dosage_scan import compile_rule
from .spellings import FLAGS

YEAR = r"(?P<year>(?:19|20)\d\d)"
CLOCK = (
    r"(?:[ T\t]{0,2}(?P<half_day>[上下]午|凌晨|晚上?|中午)?\s?(?P<hour>[01]?\d|2[0-4])"
    r"(?:[:：](?P<minute>[0-5]\d)(?::[0-5]\d)?|[时点](?:(?P<minute2>[0-5]?\d)分?)?)(?!\d)"
    r"(?:\s?(?P<pm>[ap]\.?m\.?)(?![A-Za-z]))?)?"
)
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Names of months begin with a capital, because of "may" and "march".
MONTH = (
    r"(?P<name>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG"
    r"|SEP|OCT|NOV|DEC)\.?"
)
DAY = r"(?P<day>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
NO_UNIT = r"(?!\d|[./-]\d|\s?(?:mg|g|mcg|mL|ml|units?|%|[:：]\d))"
BEFORE_NUMBER = r"(?<![\d.])(?<!\d[-~/:])"
SHORT_YEAR = r"(?P<short>\d\d)"
PATTERNS = [
    # 2024-02-13, 2024/2/13, 2024.2.13
    rf"{BEFORE_NUMBER}{YEAR}(?P<sep>--?|[/.])(?P<month>\d{{1,2}})(?P=sep)(?P<day>\d{{1,2}})"
    rf"(?!\d|[-/.]\d)[日号]?{CLOCK}",
    # 2024年2月13日, 2024年2月, 2024年, 24年2月13日
    rf"(?<!\d)(?:{YEAR}|{SHORT_YEAR}(?=年\d{{1,2}}月\d{{1,2}}[日号]))年"
    rf"(?:\s?(?P<month>\d{{1,2}})月(?:份|\s?(?P<day>\d{{1,2}})(?:[日号]|(?![\d个月天周年])){CLOCK})?)?",
    # 2月13日
    rf"(?<![\d.])(?P<month>1[0-2]|0?[1-9])月\s?(?P<day>\d{{1,2}})[日号]{CLOCK}",
    # 2024-02
    rf"{BEFORE_NUMBER}{YEAR}(?:-|/(?=\d\d))(?P<month>0?[1-9]|1[0-2])(?!\d|[-/.~～]|\s?[-~～至]\s?\d)",
    # 02/13/2024
    rf"{BEFORE_NUMBER}(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})/{YEAR}(?!\d|/){CLOCK}",
    # 24-2-13, 2/13/24
    rf"{BEFORE_NUMBER}{SHORT_YEAR}(?P<sep>[-/.])(?P<month>\d{{1,2}})(?P=sep)(?P<day>\d{{1,2}})"
    rf"(?!\d|[-/.]\d){CLOCK}",
    # Feb 13, 2024; Feb 13; Feb 2024
    rf"(?<![A-Za-z]){MONTH}\s?(?:{DAY}{NO_UNIT}(?:,?\s{{1,2}}{YEAR}(?!\d))?|,?\s?(?P<year2>(?:19|20)\d\d)(?!\d))",
    # 13 Feb 2024, 13-Feb-2024
    rf"{BEFORE_NUMBER}{DAY}[\s-](?:of\s)?{MONTH}(?:,?[\s-]{YEAR}(?!\d))?(?![A-Za-z])",
]
# A year alone counts behind these words.
YEAR_ONLY = re.compile(
    rf"(?<![A-Za-z])(?:in|since|from|until|of|during|by|early|late|mid|circa|year|after|before)"
    rf"[\s-]{YEAR}(?![\d/.:-])(?!\s?(?:mg|mL|ml|g|units?|kcal)\b)",
    re.IGNORECASE,
)
MONTH_ONLY = re.compile(
    rf"(?<![A-Za-z])(?:[Ii]n|[Ss]ince|[Uu]ntil|[Ee]arly|[Ll]ate|[Mm]id|[Ff]rom)[\s-]{MONTH}(?![A-Za-z])"
)


# What a text has if it has a date of a form. These patterns are much faster than those of dates.
HINTS = {
    "year": re.compile(r"(?:19|20)\d\d"),
    "年": re.compile("年"),
    "月": re.compile("月"),
    "marks": re.compile(r"\d[-/.]\d{1,2}[-/.]\d"),
    "name": re.compile("Jan|Feb|Mar|Apr|May|Ju[nl]|Aug|Sep|Oct|Nov|Dec", re.IGNORECASE),
}
# The hints of each pattern, in the order of `PATTERNS`, then those of the other patterns.
NEEDED = (
    ("year",),
    ("年",),
    ("月",),
    ("year",),
    ("year", "marks"),
    ("marks",),
    ("name",),
    ("name",),
    ("year",),
    ("name",),
    ("月",),
)


class CalendarDate(NamedTuple):
    """A calendar date.

    start (int): Offset of the first character.
    end (int): Offset after the last character.
    year (Optional[int]): The year; None if it is unknown.
    month (Optional[int]): The month.
    day (Optional[int]): The day.
    hour (Optional[int]): The hour.
    minute (Optional[int]): The minute.
    short_year (Optional[int]): A year of two digits, whose century is unknown.
    """

    start: int
    end: int
    year: Optional[int] = None
    month: Optional[int] = None
    day: Optional[int] = None
    hour: Optional[int] = None
    minute: Optional[int] = None
    short_year: Optional[int] = None

    @property
    def precision(self) -> str:
        """Return the precision: "minute", "hour", "day", "month" or "year"."""
        if self.day is None:
            return "year" if self.month is None else "month"
        if self.hour is None:
            return "day"
        return "hour" if self.minute is None else "minute"

    def iso(self) -> Optional[str]:
        """Return the date as ISO 8601; None if it has a year of two digits."""
        if self.short_year is not None and self.year is None:
            return None
        text = "-" if self.year is None else f"{self.year:04}"
        text += "" if self.month is None else f"-{self.month:02}"
        text += "" if self.day is None else f"-{self.day:02}"
        if self.hour is not None:
            text += f"T{self.hour:02}" + ("" if self.minute is None else f":{self.minute:02}")
        return text


class CalendarFinder:
    """Finder of calendar dates."""

    def __init__(self, rules: Rules):
        """Compile the rules.

        rules (Dict[str, Any]): The set of rules "dates".
        RAISES (ValueError): If a rule is invalid.
        """
        self._patterns = [re.compile(pattern) for pattern in PATTERNS]
        before = compile_rule(rules, "before_short_date").pattern
        self._before_short = re.compile(rf"{before}\s?[:：]?\s?\Z", FLAGS)
        before = compile_rule(rules, "before_month").pattern
        self._chinese_month = re.compile(
            rf"(?<!\d)(?:(?:{before}|(?<=[今去前明本]年))(?P<month>1[0-2]|0?[1-9])月(?![\d内前后余])"
            r"|(?P<month2>1[0-2]|0?[1-9])月(?:份|[初底末](?![始])|[上中下]旬))"
        )

    def find(self, text: str) -> List[CalendarDate]:
        """Find the calendar dates in a text. Dates that do not exist, such as 2024-13-45, are left
        out.

        text (str): The text.
        RETURNS (List[CalendarDate]): Dates that do not overlap, in their order in the text.
        """
        found: List[CalendarDate] = []
        hints = {hint for hint, pattern in HINTS.items() if pattern.search(text)}
        patterns = (*self._patterns, YEAR_ONLY, MONTH_ONLY, self._chinese_month)
        for needed, pattern in zip(NEEDED, patterns):
            if hints.issuperset(needed):
                found.extend(self._read_all(text, pattern))
        found.sort(key=lambda item: (item.start, -item.end))
        dates: List[CalendarDate] = []
        for item in found:
            if not dates or item.start >= dates[-1].end:
                dates.append(item)
        return dates

    def _read_all(self, text: str, pattern: "re.Pattern[str]") -> Iterator[CalendarDate]:
        for match in pattern.finditer(text):
            fields = match.groupdict()
            item = _read(match, fields)
            if item is None:
                continue
            is_short = item.short_year is not None and "年" not in match[0]
            before = text[max(0, item.start - 12) : item.start]
            if not is_short or self._before_short.search(before):
                yield item


def _read(match: Any, fields: Any) -> Optional[CalendarDate]:
    """Return a date; None if it does not exist."""
    month, day = _number(fields, "month", "month2"), _number(fields, "day")
    year = _number(fields, "year", "year2")
    if fields.get("name"):
        month = MONTHS.index(fields["name"][:3].lower()) + 1
    if fields.get("a"):
        month, day = _month_and_day(int(fields["a"]), int(fields["b"]))
    # 2024 is a leap year: February 29 exists if the year is unknown.
    if not _exists(year or 2024, month, day):
        return None
    hour, minute = _number(fields, "hour"), _number(fields, "minute", "minute2")
    if hour is not None:
        half_day = (fields.get("half_day") or "") + (fields.get("pm") or "").lower()
        if half_day[:1] in ("下", "晚", "p") and hour < 12:
            hour += 12
    start, end = match.span()
    if match.re in (YEAR_ONLY,):
        start = match.start("year")
    elif match.re is MONTH_ONLY:
        start = match.start("name")
    elif fields.get("month") and "month2" in fields:
        start = match.start("month")
    short = _number(fields, "short")
    if month is None and fields.get("a"):
        hour = minute = None
    return CalendarDate(start, end, year, month, day, hour, minute, short)


def _month_and_day(first: int, second: int) -> Any:
    """Return month and day of 02/13/2024. If either could be the month, both are unknown."""
    if first == second or (first <= 12 < second):
        return first, second
    if second <= 12 < first:
        return second, first
    return (None, None) if max(first, second) <= 12 else (13, 1)


def _number(fields: Any, *names: str) -> Optional[int]:
    value = next((fields[name] for name in names if fields.get(name)), None)
    return int(value) if value is not None else None


def _exists(year: int, month: Optional[int], day: Optional[int]) -> bool:
    try:
        date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        return False
    return True
