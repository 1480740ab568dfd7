"""Near-duplicate texts, found by minhash and locality-sensitive hashing.

A text is represented by its set of shingles (substrings of 5 characters). The similarity of two
texts is the Jaccard index of their shingles. Two texts are compared if their minhash signatures
agree in a band of values (Broder 1997; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets,
chapter 3). With 24 bands of 5 values, a pair with similarity 0.8 is missed with a probability of 1
in 10,000.
"""

from collections import defaultdict
from functools import lru_cache
from typing import Dict, Iterable, List, NamedTuple, Sequence, Set, Tuple

import numpy as np

from ...tokens.shingles import mix_bits, shingle_hashes

SHINGLE = 5
BANDS, ROWS = 24, 5
# Number of shingles hashed at a time, which limits the memory to a few megabytes.
CHUNK = 4096
# Number of neighbours on each side with which texts that share a band are compared.
NEIGHBOURS = 20
# Tolerance for the similarity estimated from signatures, about five standard deviations.
MARGIN = 0.2


class NearDuplicates(NamedTuple):
    """A pair of near-duplicate texts.

    first (int): Index of the earlier text.
    second (int): Index of the later text.
    similarity (float): The Jaccard index of the shingles; 1.0 for equal texts.
    """

    first: int
    second: int
    similarity: float


class Components:
    """Connected components (union-find).

    size (int): Number of items. At first, each item is a component.
    """

    def __init__(self, size: int) -> None:
        self.parents = list(range(size))

    def find(self, item: int) -> int:
        """Return the representative of the component of an item.

        item (int): The item.
        RETURNS (int): The representative, the same for all items of a component.
        """
        while self.parents[item] != item:
            self.parents[item] = self.parents[self.parents[item]]
            item = self.parents[item]
        return item

    def join(self, first: int, second: int) -> None:
        """Join the components of two items.

        first (int): The first item.
        second (int): The second item.
        """
        self.parents[self.find(second)] = self.find(first)


def near_duplicates(texts: Sequence[str], similarity: float = 0.8) -> List[NearDuplicates]:
    """Find near-duplicates, ignoring white space, case and the width of letters.

    texts (Sequence[str]): The texts. Empty texts have no duplicates.
    similarity (float): Minimum similarity of near-duplicates (Jaccard index of character 5-grams),
        above 0 and at most 1.
    RETURNS (List[NearDuplicates]): Pairs that connect all near-duplicates, directly or through
        other texts (a spanning forest). Not all pairs.
    """
    indices = [i for i, text in enumerate(texts) if text.strip()]
    if not indices:
        return []
    signatures = np.stack([_signature(shingle_hashes(texts[i], SHINGLE)) for i in indices])
    components = Components(len(texts))
    pairs: List[NearDuplicates] = []
    shingles = lru_cache(maxsize=1000)(lambda i: shingle_hashes(texts[i], SHINGLE))
    for first, second in sorted(_candidates(signatures, similarity - MARGIN)):
        i, j = indices[first], indices[second]
        if components.find(i) != components.find(j):
            shared = len(np.intersect1d(shingles(i), shingles(j), assume_unique=True))
            jaccard = shared / (len(shingles(i)) + len(shingles(j)) - shared)
            if jaccard >= similarity:
                pairs.append(NearDuplicates(i, j, jaccard))
                components.join(i, j)
    return pairs


def clusters(size: int, pairs: Iterable[NearDuplicates]) -> List[Set[int]]:
    """Group near-duplicates that are connected, directly or through other texts.

    size (int): Number of texts.
    pairs (Iterable[NearDuplicates]): Pairs from `near_duplicates`.
    RETURNS (List[Set[int]]): The groups of two or more texts, as indices.
    """
    components = Components(size)
    pairs = list(pairs)
    for pair in pairs:
        components.join(pair.first, pair.second)
    members: Dict[int, Set[int]] = defaultdict(set)
    for pair in pairs:
        members[components.find(pair.first)] |= {pair.first, pair.second}
    return list(members.values())


def _candidates(signatures: np.ndarray, min_share: float) -> Set[Tuple[int, int]]:
    """Return pairs of texts whose signatures agree in a band and in a minimum share of all values.

    Many texts can share a band, e.g. notes from the same form. So they are sorted by the values of
    the signature from the band on, and each text is compared only with its neighbours.
    """
    pairs: Set[Tuple[int, int]] = set()
    for start in range(0, BANDS * ROWS, ROWS):
        band = signatures[:, start : start + ROWS]  # (texts, rows)
        following = np.roll(signatures, -start, axis=1)[:, : 4 * ROWS]
        order = np.lexsort(following.T[::-1])
        for distance in range(1, NEIGHBOURS + 1):
            i, j = order[:-distance], order[distance:]
            same = (band[i] == band[j]).all(axis=1)
            if not same.any():
                break
            i, j = i[same], j[same]
            close = (signatures[i] == signatures[j]).mean(axis=1) >= min_share
            ends = np.sort(np.stack([i[close], j[close]], axis=1), axis=1)  # (pairs, 2)
            pairs.update((int(first), int(second)) for first, second in ends)
    return pairs


def _signature(shingles: np.ndarray) -> np.ndarray:
    """Return the minimum of the hashes under each hash function. Shape: (bands * rows,)"""
    # Multiplying by an odd factor permutes the 64-bit numbers. The factors are fixed.
    factors = mix_bits(np.arange(1, BANDS * ROWS + 1, dtype="uint64")) | np.uint64(1)
    minima = np.full(len(factors), np.iinfo("uint64").max)
    for start in range(0, len(shingles), CHUNK):
        hashes = shingles[start : start + CHUNK, None] * factors  # (shingles, bands * rows)
        minima = np.minimum(minima, hashes.min(axis=0))
    return minima
