"""Stratified assignment of documents to parts (train, dev, test)."""

from typing import Hashable, List, Mapping, Sequence

import numpy as np

# Every reassignment lowers the sum of squared deficits, so the search converges, usually within a
# few rounds.
MAX_ROUNDS = 20


def assign(
    units: Sequence[int],
    features: Sequence[Mapping[Hashable, int]],
    ratios: Sequence[float],
    seed: int = 0,
) -> List[int]:
    """Assign documents to parts so that each part gets its share of every feature.

    Documents that must stay together form a unit. Units are assigned one at a time, each to the
    part that minimizes the sum of squared deficits over all features and the number of documents.
    The deficit of a part is the amount missing from its share, as a fraction of the total amount of
    the feature. Then units are reassigned one at a time until no unit changes its part.

    units (Sequence[int]): The unit of each document. All documents of a unit go to the same part.
    features (Sequence[Mapping[Hashable, int]]): The amount of each feature in each document.
    ratios (Sequence[float]): Relative sizes of the parts. A part of size 0 gets no documents.
    seed (int): Random seed for the order of the units.
    RETURNS (List[int]): The index of the part of each document.
    """
    numbers = {unit: i for i, unit in enumerate(dict.fromkeys(units))}
    names = {name: i for i, name in enumerate(dict.fromkeys(n for row in features for n in row))}
    amounts = np.zeros((len(numbers), len(names) + 1))  # (units, features + documents)
    for unit, row in zip(units, features):
        for name, amount in row.items():
            amounts[numbers[unit], names[name]] += amount
        amounts[numbers[unit], -1] += 1
    amounts /= np.maximum(amounts.sum(axis=0), 1)
    parts = np.flatnonzero(ratios)
    share = np.asarray(ratios, dtype="float64")[parts] / sum(ratios)
    deficits = np.repeat(share[:, None], amounts.shape[1], axis=1)  # (parts, features + documents)
    random = np.random.default_rng(seed)
    assigned = np.full(len(numbers), -1)
    for _ in range(MAX_ROUNDS):
        before = assigned.copy()
        for unit in random.permutation(len(numbers)):
            if assigned[unit] >= 0:
                deficits[assigned[unit]] += amounts[unit]
            # d² - (d - a)² = 2 d · a - a²: the sum of squares falls most in the part with the
            # largest d · a.
            assigned[unit] = np.argmax(deficits @ amounts[unit])
            deficits[assigned[unit]] -= amounts[unit]
        if (assigned == before).all():
            break
    return [int(parts[assigned[numbers[unit]]]) for unit in units]
