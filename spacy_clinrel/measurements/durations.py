"""Durations as ISO 8601."""

from typing import Optional, Tuple

# Units from long to short, with the number of the next shorter unit that half of it has.
UNITS = ("Y", "M", "W", "D", "H", "MIN", "S")
_HALVES = {"Y": ("M", 6), "M": ("D", 15), "D": ("H", 12), "H": ("MIN", 30), "MIN": ("S", 30)}
_DAYS = {"Y": 365, "M": 30, "W": 7, "D": 1, "H": 1 / 24, "MIN": 1 / 1440, "S": 1 / 86400}


def iso_duration(*amounts: Tuple[float, str]) -> Optional[str]:
    """Return an ISO 8601 duration.

    *amounts (Tuple[float, str]): Numbers and their units, "Y", "M" (month), "W", "D", "H", "MIN" or
        "S", from the longest unit to the shortest. Half of a unit is given in the next shorter one:
        (1.5, "Y") is "P1Y6M".
    RETURNS (Optional[str]): The duration; None if it is not positive.
    """
    total = dict.fromkeys(UNITS, 0.0)
    for number, unit in amounts:
        if number % 1 == 0.5 and unit in _HALVES:
            shorter, half = _HALVES[unit]
            total[shorter] += half
            number -= 0.5
        total[unit] += number
    if not any(number > 0 for number in total.values()):
        return None
    date = "".join(f"{total[unit]:g}{unit}" for unit in "YMWD" if total[unit])
    time = "".join(f"{total[unit]:g}{unit[0]}" for unit in ("H", "MIN", "S") if total[unit])
    return f"P{date}T{time}" if time else f"P{date}"


def duration_days(number: float, unit: str) -> float:
    """Return a duration in days. A month has 30 and a year 365 days.

    number (float): The number.
    unit (str): See `iso_duration`.
    RETURNS (float): The days, rounded to four decimals.
    """
    return round(number * _DAYS[unit], 4)
