"""Checks of a corpus before training: statistics, consistency, near-duplicates, recall ceilings."""

from .consistency import CorpusRules, make_corpus_rules, read_corpus_rules
from .corpus import Checks, check, check_consistency, debug, make_part
from .findings import ERROR, GOOD, INFO, WARNING, Finding
from .settings import AssertionTypes, assertion_types_of, candidates_of, sectionizer_of

__all__ = [
    "ERROR",
    "GOOD",
    "INFO",
    "WARNING",
    "AssertionTypes",
    "Checks",
    "CorpusRules",
    "Finding",
    "assertion_types_of",
    "candidates_of",
    "check",
    "check_consistency",
    "debug",
    "make_corpus_rules",
    "make_part",
    "read_corpus_rules",
    "sectionizer_of",
]
