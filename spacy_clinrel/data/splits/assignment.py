"""Stratification of units of documents: each part gets its share of everything that is counted."""

from typing import Hashable, List, Mapping, Sequence

import numpy as np

# Few are needed; the sum of squares falls with each move, so that there is an end.
ROUNDS = 20


def assign(
    units: Sequence[int],
    features: Sequence[Mapping[Hashable, int]],
    ratios: Sequence[float],
    seed: int = 0,
) -> List[int]:
    """Give documents to parts so that each part gets its share of every feature.

    One unit after the other goes where it brings all parts nearest to their shares of its features
    and of the documents: least squares of what is still wanting, each feature as a share of all
    there is of it. Then each is taken out and placed again, until none moves.

    units (Sequence[int]): For each document the unit, of which all documents go to one part.
    features (Sequence[Mapping[Hashable, int]]): For each document how much it has of each feature.
    ratios (Sequence[float]): The parts' sizes, in any unit. A part of size 0 gets nothing.
    seed (int): Seed of the order of units.
    RETURNS (List[int]): The part of each document.
    """
    numbers = {unit: i for i, unit in enumerate(dict.fromkeys(units))}
    names = {name: i for i, name in enumerate(dict.fromkeys(n for row in features for n in row))}
    amounts = np.zeros((len(numbers), len(names) + 1))  # (units, features), documents the last
    for unit, row in zip(units, features):
        for name, amount in row.items():
            amounts[numbers[unit], names[name]] += amount
        amounts[numbers[unit], -1] += 1
    amounts /= np.maximum(amounts.sum(axis=0), 1)
    parts = np.flatnonzero(ratios)
    share = np.asarray(ratios, dtype="float64")[parts] / sum(ratios)
    wanting = np.repeat(share[:, None], amounts.shape[1], axis=1)  # (parts, features)
    chance = np.random.default_rng(seed)
    place = np.full(len(numbers), -1)
    for _ in range(ROUNDS):
        before = place.copy()
        for unit in chance.permutation(len(numbers)):
            if place[unit] >= 0:
                wanting[place[unit]] += amounts[unit]
            # (w - a)² is least where it takes most from w², that is where w · a is largest.
            place[unit] = np.argmax(wanting @ amounts[unit])
            wanting[place[unit]] -= amounts[unit]
        if (place == before).all():
            break
    return [int(parts[place[numbers[unit]]]) for unit in units]
