"""Frequencies of administration."""

import re
from typing import NamedTuple, Optional

from .numerals import Number

# Codes of frequencies with a name, and the administrations a day of each.
NAMED = {
    "qd": 1.0,
    "bid": 2.0,
    "tid": 3.0,
    "qid": 4.0,
    "qn": 1.0,
    "qam": 1.0,
    "qod": 0.5,
    "qw": 1 / 7,
    "biw": 2 / 7,
    "tiw": 3 / 7,
}
HOURS = {"h": 1, "d": 24, "w": 168, "mo": 720}
DAYS = {"d": 1, "wk": 7, "mo": 30}
# Codes with a number: "{n}/d" and "q{n}h".
TIMES = re.compile(r"(?P<n>\{n\}|[\d.]+)/(?P<unit>d|wk|mo)")
EVERY = re.compile(r"q(?P<n>\{n\}|[\d.]+)(?P<unit>h|d|w|mo)")
NAMES = {"1/d": "qd", "2/d": "bid", "3/d": "tid", "4/d": "qid"}
NAMES.update({"1/wk": "qw", "2/wk": "biw", "3/wk": "tiw", "q1d": "qd", "q2d": "qod", "q1w": "qw"})
MAX_NUMBER = 96


class Frequency(NamedTuple):
    """A frequency.

    code (str): See `Dosage.frequency`.
    times_per_day (Optional[float]): Administrations a day.
    interval_hours (Optional[float]): Hours between them, if the text gives the interval.
    """

    code: str
    times_per_day: Optional[float] = None
    interval_hours: Optional[float] = None


def is_frequency(code: str) -> bool:
    """Return whether a code is a frequency, with {n} for a number."""
    return code == "once" or code in NAMED or bool(TIMES.fullmatch(code) or EVERY.fullmatch(code))


def make_frequency(code: str, number: Optional[Number] = None) -> Optional[Frequency]:
    """Return a frequency.

    code (str): The code, with {n} for the number.
    number (Optional[Number]): The number; None if the text has none.
    RETURNS (Optional[Frequency]): The frequency; None if the number is missing or not plausible.
    """
    if "{n}" in code:
        if number is None or not 0 < max(number.low, number.high or 0) <= MAX_NUMBER:
            return None
        # A count is whole: 2.03/日 is no frequency.
        if TIMES.fullmatch(code) and any(n % 1 for n in number if n is not None):
            return None
        is_range = number.high is not None
        shown = f"{number.low:g}-{number.high:g}" if is_range else f"{number.low:g}"
        code = NAMES.get(code.format(n=shown), code.format(n=shown))
        if is_range:
            return Frequency(code)
    if code in NAMED:
        return Frequency(code, NAMED[code], 48.0 if code == "qod" else None)
    times, every = TIMES.fullmatch(code), EVERY.fullmatch(code)
    if times:
        return Frequency(code, float(times["n"]) / DAYS[times["unit"]])
    if every:
        hours = float(every["n"]) * HOURS[every["unit"]]
        return Frequency(code, 24 / hours, hours)
    return Frequency(code)
