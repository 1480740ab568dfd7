"""Splits of documents into train, dev and test, without leakage."""

from .assignment import assign
from .duplicates import NearDuplicates, clusters, near_duplicates
from .files import REPORT, split
from .keys import keys_of, pool_rare, read_metadata
from .plan import PARTS, Plan, Split, describe, split_docs

__all__ = [
    "PARTS",
    "REPORT",
    "NearDuplicates",
    "Plan",
    "Split",
    "assign",
    "clusters",
    "describe",
    "keys_of",
    "near_duplicates",
    "pool_rare",
    "read_metadata",
    "split",
    "split_docs",
]
