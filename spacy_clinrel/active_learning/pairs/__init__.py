"""Unlabelled documents: their mentions, and how probable each class of each candidate pair is."""

from .mentions import with_mentions
from .scoring import ScoredPairs, find_component, gold_classes, gold_labels, score_pairs

__all__ = [
    "ScoredPairs",
    "find_component",
    "gold_classes",
    "gold_labels",
    "score_pairs",
    "with_mentions",
]
