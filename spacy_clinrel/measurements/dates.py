"""Dates, relative times and durations, and their normalization."""

import re
from bisect import bisect_right
from datetime import date, datetime
from typing import Any, Dict, List, NamedTuple, Optional, Pattern, Sequence, Tuple, Union

from ..errors import Errors
from ..rules import Rules
from .calendar_dates import CalendarDate, CalendarFinder
from .normalize import normalize
from .relative_dates import complete_year, shift_date
from .results import ANCHORS, Date, Duration
from .spellings import FLAGS, alternation, as_codes, as_list, check_pattern
from .times import Offset, TimeFinder

# How far a heading is from its date.
HEADING_CONTEXT = 40
# Offset in years.
YEARS = r"-?P\d+Y"
Moment = Union[date, datetime]


class Times(NamedTuple):
    """The times in a text.

    dates (List[Date]): Dates and relative times, in their order in the text.
    durations (List[Duration]): Durations, in their order in the text.
    """

    dates: List[Date]
    durations: List[Duration]


class DateParser:
    """Parser of dates, relative times and durations."""

    def __init__(self, rules: Rules):
        """Compile the rules.

        rules (Dict[str, Any]): The set of rules "dates".
        RAISES (ValueError): If a rule is invalid.
        """
        self._calendar = CalendarFinder(rules)
        self._times = TimeFinder(rules)
        headings = rules.get("date_headings") or {}
        as_codes(headings, "date_headings")
        self._headings: Dict[str, Pattern[str]] = {}
        for anchor, spellings in headings.items():
            if anchor not in ANCHORS:
                known = ", ".join(ANCHORS)
                message = Errors.C082.format(
                    section="date_headings", code=anchor, word=anchor, known=known
                )
                raise ValueError(message)
            name = f"date_headings.{anchor}"
            joined = alternation([check_pattern(s, name) for s in as_list(spellings, name)])
            self._headings[anchor] = re.compile(rf"(?<![A-Za-z]){joined}\s*[:：]?\s*\Z", FLAGS)

    def find(self, text: str, note_date: Optional[Moment] = None) -> Times:
        """Find dates, relative times and durations in a text.

        text (str): The text.
        note_date (Optional[Union[date, datetime]]): Date of the note. If it is None, the date after
            a heading such as 记录日期 or "Date:" is used, or else the date of admission.
        RETURNS (Times): The times.
        """
        text = normalize(text)
        calendar = self._calendar.find(text)
        anchors = self._anchors(text, calendar, note_date)
        offsets, durations = self._times.find(text)
        calendar, offsets = _join_years(calendar, offsets, anchors.get("note"))
        taken = [(item.start, item.end) for item in calendar]
        offsets = _outside(offsets, taken)
        taken = sorted([*taken, *((item.start, item.end) for item in offsets)])
        note = anchors.get("note")
        dates = [_calendar_date(complete_year(item, note)) for item in calendar]
        dates += [_relative_date(item, anchors) for item in offsets]
        return Times(sorted(dates, key=lambda item: item.start), _outside(durations, taken))

    def _anchors(
        self, text: str, calendar: Sequence[CalendarDate], note_date: Optional[Moment]
    ) -> Dict[str, Moment]:
        """Return the dates that relative times refer to."""
        anchors: Dict[str, Moment] = {}
        for item in calendar:
            moment = _moment(item)
            if moment is None:
                continue
            before = text[max(0, item.start - HEADING_CONTEXT) : item.start]
            for anchor, heading in self._headings.items():
                if anchor not in anchors and heading.search(before):
                    anchors[anchor] = moment
                    break
        if note_date is not None:
            anchors["note"] = note_date
        elif "note" not in anchors and "admission" in anchors:
            anchors["note"] = anchors["admission"]
        return anchors


def _moment(item: CalendarDate) -> Optional[Moment]:
    """Return a complete date as a date, or with its time; None if it is not complete."""
    if item.year is None or item.month is None or item.day is None:
        return None
    if item.hour is None or item.hour > 23:
        return date(item.year, item.month, item.day)
    return datetime(item.year, item.month, item.day, item.hour, item.minute or 0)


def _join_years(
    calendar: Sequence[CalendarDate], offsets: Sequence[Offset], note_date: Optional[Moment]
) -> Tuple[List[CalendarDate], List[Offset]]:
    """Join a year such as 去年 and the month after it: 去年11月."""
    years = {
        item.end: item
        for item in offsets
        if item.precision == "year" and item.anchor == "note" and re.fullmatch(YEARS, item.offset)
    }
    joined, used = [], set()
    for item in calendar:
        relative = years.get(item.start)
        if relative is not None and item.year is None and item.short_year is None:
            used.add(relative)
            shift = int(relative.offset.replace("P", "").rstrip("Y"))
            year = note_date.year + shift if note_date is not None else None
            item = item._replace(start=relative.start, year=year)
        joined.append(item)
    return joined, [item for item in offsets if item not in used]


def _calendar_date(item: CalendarDate) -> Date:
    return Date(item.start, item.end, item.iso(), item.precision)


def _relative_date(item: Offset, anchors: Dict[str, Moment]) -> Date:
    """Return a relative time, with its date if that of the anchor is known."""
    anchor = anchors.get(item.anchor)
    resolved = None
    if anchor is not None and not (item.is_approximate and item.precision not in ("year", "month")):
        resolved = shift_date(item.offset, anchor, item.precision)
    return Date(
        item.start,
        item.end,
        resolved,
        item.precision,
        item.offset,
        item.anchor,
        item.is_approximate,
    )


def _outside(items: Sequence[Any], taken: Sequence[Tuple[int, int]]) -> List[Any]:
    """Return the items that overlap neither each other nor other parts of the text. Of two items
    that overlap, the first is kept.

    items (Sequence[Any]): Items with `start` and `end`, ordered by their start.
    taken (Sequence[Tuple[int, int]]): Start and end of the other parts, ordered.
    """
    outside: List[Any] = []
    starts = [start for start, _ in taken]
    for item in items:
        index = bisect_right(starts, item.end - 1)
        is_taken = index > 0 and taken[index - 1][1] > item.start
        if not is_taken and (not outside or outside[-1].end <= item.start):
            outside.append(item)
    return outside
