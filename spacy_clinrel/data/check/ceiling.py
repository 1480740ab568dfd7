"""How many gold relations the candidates reach, and which setting would reach more."""

from functools import partial
from typing import Any, Dict, List, Sequence

import numpy as np

from ...types import CandidateStrategy
from .settings import settings_of
from .table import Part

# The share of the relations that a suggested setting is to reach.
SHARE = 0.99


def ceiling(part: Part, strategy: CandidateStrategy) -> Dict[str, Any]:
    """Count the relations that a strategy proposes as a pair.

    part (Part): The part.
    strategy (CandidateStrategy): The strategy.
    RETURNS (Dict[str, Any]): "gold" relations, "reached" ones, their share "recall", None without
        relations, and the number of candidate "pairs".
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


def suggestions(part: Part, strategy: CandidateStrategy) -> List[Dict[str, Any]]:
    """Other settings of `SentencePairs` that reach more.

    part (Part): The part, with the sentences that the strategy tells.
    strategy (CandidateStrategy): The strategy.
    RETURNS (List[Dict[str, Any]]): "settings" with their ceiling, the best last; empty if the
        strategy is of another kind or reaches enough.
    """
    settings = settings_of(strategy)
    now = ceiling(part, strategy)
    if not settings or now["recall"] is None or now["recall"] >= SHARE:
        return []
    wider: Dict[str, int] = {}
    for name, values in (
        ("max_sentences", part.edges.sentences),
        ("max_distance", part.edges.tokens),
    ):
        needed = int(np.quantile(values, SHARE, method="higher"))
        if settings[name] is not None and needed > settings[name]:
            wider[name] = needed
    tried: Sequence[Dict[str, int]] = [{name: value} for name, value in wider.items()]
    if len(wider) > 1:
        tried = [*tried, wider]
    found = [{"settings": some, **ceiling(part, partial(strategy, **some))} for some in tried]
    better = [row for row in found if row["reached"] > now["reached"]]
    return sorted(better, key=lambda row: row["reached"])
