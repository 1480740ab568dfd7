"""Dates that are completed or computed with the date of the note."""

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import Any, Optional, Union

from .calendar_dates import CalendarDate

Moment = Union[date, datetime]
ISO_OFFSET = re.compile(
    r"(?P<sign>-?)P(?:(?P<Y>[\d.]+)Y)?(?:(?P<M>[\d.]+)M)?(?:(?P<W>[\d.]+)W)?(?:(?P<D>[\d.]+)D)?"
    r"(?:T(?:(?P<H>[\d.]+)H)?(?:(?P<MIN>[\d.]+)M)?)?"
)
# A date without a year is at most so many days before or after the note.
MAX_DAYS_BEFORE = 183
MAX_DAYS_AFTER = 31
# A year of two digits is at most so many years before the note.
MAX_SHORT_YEARS = 20


def complete_year(item: CalendarDate, note_date: Optional[Moment]) -> CalendarDate:
    """Add the year to a date without one, or the century to a year of two digits. A date whose year
    is not certain is left as it is.

    item (CalendarDate): The date.
    note_date (Optional[Union[date, datetime]]): Date of the note.
    RETURNS (CalendarDate): The date.
    """
    if item.year is not None or note_date is None:
        return item
    if item.short_year is not None:
        year = note_date.year // 100 * 100 + item.short_year
        is_near = note_date.year - MAX_SHORT_YEARS <= year <= note_date.year
        return item._replace(year=year) if is_near else item
    if item.month is None:
        return item
    today = date(note_date.year, note_date.month, note_date.day)
    for year in (today.year, today.year - 1, today.year + 1):
        last = monthrange(year, item.month)[1]
        if item.day is not None and item.day > last:
            continue
        first_day = date(year, item.month, item.day or 1)
        last_day = date(year, item.month, item.day or last)
        before, after = (today - first_day).days, (last_day - today).days
        if -MAX_DAYS_AFTER <= before <= MAX_DAYS_BEFORE and after <= MAX_DAYS_AFTER:
            return item._replace(year=year)
    return item


def read_moment(value: Any) -> Optional[Moment]:
    """Read a date that a user gives.

    value (Any): A date, a date with time, ISO 8601 text, or None.
    RETURNS (Optional[Union[date, datetime]]): The date; None for None or "".
    RAISES (TypeError): If it has another type.
    RAISES (ValueError): If the text is no ISO 8601 date.
    """
    if value is None or value == "":
        return None
    if isinstance(value, (date, datetime)):
        return value
    if not isinstance(value, str):
        raise TypeError(type(value).__name__)
    text = value.strip()
    return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)


def shift_date(offset: str, anchor: Moment, precision: str) -> Optional[str]:
    """Return the date at an offset from another date.

    offset (str): ISO 8601 duration, negative for a date before the other.
    anchor (Union[date, datetime]): The other date.
    precision (str): "year", "month", "week", "day", "hour" or "minute".
    RETURNS (Optional[str]): ISO 8601 date; None if it is not known, because the other date has no
        time of the day, or out of range.
    """
    match = ISO_OFFSET.fullmatch(offset)
    if match is None:
        return None
    sign = -1 if match["sign"] else 1
    amount = {unit: sign * float(match[unit] or 0) for unit in ("Y", "M", "W", "D", "H", "MIN")}
    has_time = isinstance(anchor, datetime)
    if precision in ("hour", "minute") and not has_time:
        return None
    # Dates of a note have no time zone.
    moment = datetime(*anchor.timetuple()[:5])
    try:
        moment = _add_months(moment, int(12 * amount["Y"] + amount["M"]))
        moment += timedelta(
            weeks=amount["W"], days=amount["D"], hours=amount["H"], minutes=amount["MIN"]
        )
    except (OverflowError, ValueError):
        return None
    if precision == "week":
        year, week, _ = moment.isocalendar()
        return f"{year}-W{week:02}"
    length = {"year": 4, "month": 7, "day": 10, "hour": 13, "minute": 16}[precision]
    return moment.isoformat()[:length]


def _add_months(moment: datetime, months: int) -> datetime:
    """Add months to a date. The last day of a month stays the last day, if the month is shorter.

    RAISES (ValueError): If the year is out of range.
    """
    index = moment.year * 12 + moment.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, monthrange(year, month)[1]))
