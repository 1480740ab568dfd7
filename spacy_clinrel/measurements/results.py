"""Results of the parsers of this folder: plain values with character offsets."""

from typing import Any, Dict, List, NamedTuple, Optional, Protocol

# Routes of administration.
ROUTES = (
    "oral",
    "intravenous",
    "intramuscular",
    "subcutaneous",
    "intradermal",
    "inhalation",
    "sublingual",
    "buccal",
    "oromucosal",
    "topical",
    "transdermal",
    "rectal",
    "vaginal",
    "nasogastric",
    "ophthalmic",
    "nasal",
    "otic",
    "intrathecal",
    "intraarticular",
    "intraperitoneal",
    "intrapleural",
    "intraarterial",
    "intravitreal",
    "intrauterine",
    "intravesical",
)
# What relative times are relative to: "event" is something else in the text.
ANCHORS = ("note", "admission", "operation", "onset", "birth", "delivery", "event")
# Labels of the spans in doc.spans["measurements"].
VALUE, DOSAGE, DATE, DURATION = LABELS = ("VALUE", "DOSAGE", "DATE", "DURATION")


class Result(Protocol):
    """Interface of the results: a NamedTuple whose first fields are `start` and `end`."""

    @property
    def start(self) -> int:
        """Return the offset of the first character."""

    @property
    def end(self) -> int:
        """Return the offset after the last character."""

    def _asdict(self) -> Dict[str, Any]: ...


class Value(NamedTuple):
    """The value of a test.

    start (int): Offset of the first character.
    end (int): Offset after the last character.
    form (str): "number", "range", "fraction" (120/80), "ratio" (1:320), "size" (3×2), "grade"
        (4级), "qualitative" or "flag" (only an arrow).
    number (Optional[float]): The number. None for a range, fraction, ratio or size.
    numbers (Optional[List[float]]): The numbers of a fraction, ratio or size.
    low (Optional[float]): Lower bound of a range, or of a number with ±.
    high (Optional[float]): Upper bound of a range, or of a number with ±.
    comparison (Optional[str]): ">", "<", ">=", "<=" or "~" (about).
    unit (Optional[str]): The unit, as in the text.
    ucum (Optional[str]): UCUM code of the unit; None if the unit is unknown.
    flag (Optional[str]): "high" or "low", from an arrow or letter beside the number.
    qualitative (Optional[str]): "positive", "strongly positive", "weakly positive", "negative",
        "trace", "normal", "undetectable", or a result of a user's rules.
    degree (Optional[int]): Number of plus signs of a qualitative result.
    range (Optional[Dict[str, float]]): Reference range: "low" and "high".
    previous (Optional[float]): The number before a change: 119 in "由119降至92g/L".
    """

    start: int
    end: int
    form: str
    number: Optional[float] = None
    numbers: Optional[List[float]] = None
    low: Optional[float] = None
    high: Optional[float] = None
    comparison: Optional[str] = None
    unit: Optional[str] = None
    ucum: Optional[str] = None
    flag: Optional[str] = None
    qualitative: Optional[str] = None
    degree: Optional[int] = None
    range: Optional[Dict[str, float]] = None
    previous: Optional[float] = None


class Part(NamedTuple):
    """A part of a dosage.

    kind (str): "dose", "route", "frequency", "as_needed" or "duration".
    text (str): The text.
    start (int): Offset of the first character.
    end (int): Offset after the last character.
    """

    kind: str
    text: str
    start: int
    end: int


class Dosage(NamedTuple):
    """The dosage of a treatment.

    start (int): Offset of the first character.
    end (int): Offset after the last character.
    dose (Optional[float]): The amount of one administration, or by the time in the unit. None for a
        range.
    low (Optional[float]): Lower bound of the amount.
    high (Optional[float]): Upper bound of the amount.
    unit (Optional[str]): Unit of the amount, as in the text.
    ucum (Optional[str]): UCUM code of the unit, e.g. "mg", "mg/kg/d" or "{tablet}"; None if the
        text has no unit.
    route (Optional[str]): Route of administration, e.g. "oral". See `ROUTES`.
    frequency (Optional[str]): Frequency: "qd", "bid", "tid", "qid", "qod", "qn", "qam", "qw",
        "biw", "tiw", "once", "5/d", "4/wk", "q6h", "q3d", "q2w", "q1mo".
    times_per_day (Optional[float]): Administrations a day. None if they are a range.
    interval_hours (Optional[float]): Hours between administrations, only if the text gives an
        interval (q8h, 隔日).
    as_needed (Optional[bool]): True for prn, 必要时.
    duration (Optional[str]): ISO 8601 duration, e.g. "P7D".
    duration_days (Optional[float]): The duration in days; a month is 30, a year 365 days.
    parts (Optional[List[Part]]): The parts in the text, in its order. Parts that several drugs of a
        mixture share are in the dosage of each.
    """

    start: int
    end: int
    dose: Optional[float] = None
    low: Optional[float] = None
    high: Optional[float] = None
    unit: Optional[str] = None
    ucum: Optional[str] = None
    route: Optional[str] = None
    frequency: Optional[str] = None
    times_per_day: Optional[float] = None
    interval_hours: Optional[float] = None
    as_needed: Optional[bool] = None
    duration: Optional[str] = None
    duration_days: Optional[float] = None
    parts: Optional[List[Part]] = None


class Date(NamedTuple):
    """A date, or a time relative to another.

    start (int): Offset of the first character.
    end (int): Offset after the last character.
    date (Optional[str]): ISO 8601 date, as precise as the text: "2024-02-13", "2024-02", "2024",
        "2024-W07" or "2024-02-13T10:30"; "--02-13" if the year is unknown. None if it is relative
        to a date that is unknown.
    precision (Optional[str]): "minute", "hour", "day", "week", "month" or "year".
    offset (Optional[str]): ISO 8601 duration from the anchor, negative before it, e.g. "-P3D".
        None for an absolute date.
    anchor (Optional[str]): What the offset is relative to. See `ANCHORS`.
    is_approximate (bool): Whether the text gives it approximately, e.g. "10余年前".
    """

    start: int
    end: int
    date: Optional[str] = None
    precision: Optional[str] = None
    offset: Optional[str] = None
    anchor: Optional[str] = None
    is_approximate: bool = False


class Duration(NamedTuple):
    """A duration.

    start (int): Offset of the first character.
    end (int): Offset after the last character.
    duration (str): ISO 8601 duration, e.g. "P10Y"; the shortest of a range.
    longest (Optional[str]): The longest duration of a range, e.g. "P5D" for "3-5天".
    is_approximate (bool): Whether the text gives it approximately, e.g. "10余年".
    """

    start: int
    end: int
    duration: str
    longest: Optional[str] = None
    is_approximate: bool = False


def plain_values(result: Result, text: str, origin: Optional[int] = None) -> Dict[str, Any]:
    """Return a result as plain values for the store.

    result (Result): The result.
    text (str): The text that was parsed.
    origin (Optional[int]): Offset that the offsets of parts are relative to, e.g. the start of the
        mention, because offsets in the text change when documents are concatenated. None for the
        start of the result.
    RETURNS (Dict[str, Any]): The text of the result and its fields, without offsets and without
        those that are None. Parts are dictionaries.
    """
    fields = result._asdict()
    start, end = fields.pop("start"), fields.pop("end")
    origin = start if origin is None else origin
    if fields.get("parts") is not None:
        fields["parts"] = [
            part._replace(start=part.start - origin, end=part.end - origin)._asdict()
            for part in fields["parts"]
        ]
    return {"text": text[start:end], **{k: v for k, v in fields.items() if v is not None}}
