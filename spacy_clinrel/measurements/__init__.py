"""Values, doses and dates in clinical text, found by rules, without spaCy."""

from .results import (
    DATE,
    DOSAGE,
    DURATION,
    LABELS,
    VALUE,
    Date,
    Dosage,
    Duration,
    Value,
    plain_values,
)

__all__ = [
    "DATE",
    "DOSAGE",
    "DURATION",
    "LABELS",
    "VALUE",
    "Date",
    "Dosage",
    "Duration",
    "Value",
    "plain_values",
]
