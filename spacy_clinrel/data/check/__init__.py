"""Checks of a corpus before training: statistics, near-duplicates, recall ceilings, findings."""

from .corpus import Checks, check, debug, make_part
from .findings import ERROR, GOOD, INFO, WARNING, Finding
from .settings import candidates_of, sectionizer_of

__all__ = [
    "ERROR",
    "GOOD",
    "INFO",
    "WARNING",
    "Checks",
    "Finding",
    "candidates_of",
    "check",
    "debug",
    "make_part",
    "sectionizer_of",
]
