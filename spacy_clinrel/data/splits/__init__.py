"""Dividing documents into parts for training, development and test, without leakage."""

from .assign import assign
from .duplicates import NearDuplicates, clusters, near_duplicates
from .keys import keys_of, pool_rare, read_metadata
from .plan import PARTS, Plan, Split, describe, split_docs

__all__ = [
    "PARTS",
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
    "split_docs",
]
