"""Recall ceilings: the share of gold relations among the candidate pairs of a strategy."""

from dataclasses import replace
from typing import Any, Dict, List, Sequence, cast

import numpy as np

from ...types import CandidateStrategy
from .settings import settings_of
from .table import Part

# Minimum recall of suggested settings. A lower recall ceiling gives a warning.
TARGET_RECALL = 0.99


def recall_ceiling(part: Part, strategy: CandidateStrategy) -> Dict[str, Any]:
    """Count the gold relations among the candidate pairs of a strategy.

    part (Part): A part of the corpus, e.g. its training documents.
    strategy (CandidateStrategy): The strategy.
    RETURNS (Dict[str, Any]): The numbers of "gold" relations, of gold relations "reached" by a
        candidate pair and of candidate "pairs"; and the share of gold relations reached, "recall"
        (None if there are no gold relations).
    """
    edges = part.edges
    reached, pairs = 0, 0
    bounds = np.searchsorted(edges.doc, np.arange(len(part.docs) + 1))
    for i, (doc, mentions) in enumerate(zip(part.docs, part.mentions)):
        proposed = np.asarray(strategy(doc, mentions), dtype="int64").reshape(-1, 2)
        gold = edges.ends[bounds[i] : bounds[i + 1]]
        width = len(mentions.starts)
        reached += int(np.isin(gold @ [width, 1], proposed @ [width, 1]).sum())
        pairs += len(proposed)
    total = len(edges.doc)
    recall = reached / total if total else None
    return {"gold": total, "reached": reached, "recall": recall, "pairs": pairs}


def suggest_settings(part: Part, strategy: CandidateStrategy) -> List[Dict[str, Any]]:
    """Suggest settings of `SentencePairs` that raise the recall ceiling.

    part (Part): A part of the corpus, read with the sentence rule of the strategy.
    strategy (CandidateStrategy): The strategy.
    RETURNS (List[Dict[str, Any]]): The suggested "settings" with their recall ceilings, the highest
        ceiling last. Empty if the strategy is not `SentencePairs` or its ceiling is already high
        enough.
    """
    settings = settings_of(strategy)
    current = recall_ceiling(part, strategy)
    if not settings or current["recall"] is None or current["recall"] >= TARGET_RECALL:
        return []
    wider: Dict[str, int] = {}
    for name, values in (
        ("max_sentences", part.edges.sentences),
        ("max_distance", part.edges.tokens),
    ):
        needed = int(np.quantile(values, TARGET_RECALL, method="higher"))
        if settings[name] is not None and needed > settings[name]:
            wider[name] = needed
    options: Sequence[Dict[str, int]] = [{name: value} for name, value in wider.items()]
    if len(wider) > 1:
        options = [*options, wider]
    rows = [
        {"settings": option, **recall_ceiling(part, replace(cast(Any, strategy), **option))}
        for option in options
    ]
    better = [row for row in rows if row["reached"] > current["reached"]]
    return sorted(better, key=lambda row: row["reached"])
