"""Results of the parsers of this folder: plain values with character offsets."""

from typing import Any, Dict, List, NamedTuple, Optional, Protocol

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
        (Ⅱ级) or "qualitative".
    number (Optional[float]): The number. None for a range, fraction, ratio or size.
    numbers (Optional[List[float]]): The numbers of a fraction, ratio or size.
    low (Optional[float]): Lower bound of a range, or of a number with ±.
    high (Optional[float]): Upper bound of a range, or of a number with ±.
    comparison (Optional[str]): ">", "<", ">=", "<=" or "~" (about).
    unit (Optional[str]): The unit, as in the text.
    ucum (Optional[str]): UCUM code of the unit; None if the unit is unknown.
    flag (Optional[str]): "high" or "low", from an arrow or letter beside the number.
    qualitative (Optional[str]): "positive", "negative", "weakly positive", "trace" or "normal".
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


class Dosage(NamedTuple):
    """The dosage of a treatment.

    start (int): Offset of the first character.
    end (int): Offset after the last character.
    dose (Optional[float]): The amount of one administration. None for a range.
    low (Optional[float]): Lower bound of the amount.
    high (Optional[float]): Upper bound of the amount.
    unit (Optional[str]): Unit of the amount, as in the text.
    ucum (Optional[str]): UCUM code of the unit; None if the unit is unknown.
    route (Optional[str]): Route of administration, e.g. "oral".
    frequency (Optional[str]): Frequency, e.g. "bid" or "q6h".
    duration (Optional[str]): ISO 8601 duration, e.g. "P7D".
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
    duration: Optional[str] = None


class Date(NamedTuple):
    """A date.

    start (int): Offset of the first character.
    end (int): Offset after the last character.
    date (Optional[str]): ISO 8601 date, as precise as the text: "2024-02-13", "2024-02" or "2024".
        None if it is relative to the date of the note, which is unknown.
    """

    start: int
    end: int
    date: Optional[str] = None


class Duration(NamedTuple):
    """A duration.

    start (int): Offset of the first character.
    end (int): Offset after the last character.
    duration (str): ISO 8601 duration, e.g. "P10Y".
    is_approximate (bool): Whether the text gives it approximately, e.g. "10余年".
    """

    start: int
    end: int
    duration: str
    is_approximate: bool = False


def plain_values(result: Result, text: str) -> Dict[str, Any]:
    """Return a result as plain values for the store.

    result (Result): The result.
    text (str): The text that was parsed.
    RETURNS (Dict[str, Any]): The text of the result and its fields, without offsets and without
        those that are None.
    """
    fields = result._asdict()
    start, end = fields.pop("start"), fields.pop("end")
    return {"text": text[start:end], **{k: v for k, v in fields.items() if v is not None}}
