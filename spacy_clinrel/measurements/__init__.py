"""Values, doses and dates in clinical text, found by rules, without spaCy."""

from .results import (
    DATE,
    DOSAGE,
    DURATION,
    LABELS,
    ROUTES,
    VALUE,
    Date,
    Dosage,
    Duration,
    Part,
    Value,
    plain_values,
)

__all__ = [
    "DATE",
    "DOSAGE",
    "DURATION",
    "LABELS",
    "ROUTES",
    "VALUE",
    "Date",
    "Dosage",
    "Duration",
    "Part",
    "Value",
    "plain_values",
]
