"""Texts that are the same or nearly so, found without comparing each with each.

A text is the set of its shingles, stretches of a few characters. How alike two texts are is how
many shingles they share of those that either has (Jaccard). Texts are compared if their minhash
signatures agree in a band (Broder 1997; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets,
chapter 3): with 24 bands of 5 values a pair that is 0.8 alike is missed once in 10,000 times.
"""

from collections import defaultdict
from functools import lru_cache
from typing import Dict, Iterable, List, NamedTuple, Sequence, Set, Tuple

import numpy as np

from ...tokens.normalize import fold_text

SHINGLE = 5
BANDS, ROWS = 24, 5
# Shingles whose hashes are multiplied at a time: a few megabytes.
CHUNK = 4096
# A text is compared with so many others on each side of it that share a band.
NEIGHBOURS = 20
# By how much the signatures may underrate how alike two texts are, some five standard deviations.
MARGIN = 0.2


class NearDuplicates(NamedTuple):
    """Two texts that are the same or nearly so.

    first (int): Index of the earlier text.
    second (int): Index of the later text.
    similarity (float): The share of their shingles that both have, 1.0 for the same text.
    """

    first: int
    second: int
    similarity: float


class Components:
    """What belongs together, directly or through others (union-find).

    size (int): How many things there are, each by itself at first.
    """

    def __init__(self, size: int) -> None:
        self.above = list(range(size))

    def find(self, item: int) -> int:
        """The representative of a thing.

        item (int): The thing.
        RETURNS (int): The same for all that belongs together.
        """
        while self.above[item] != item:
            self.above[item] = self.above[self.above[item]]
            item = self.above[item]
        return item

    def join(self, one: int, other: int) -> None:
        """Put two things together, with all that belongs to either.

        one (int): The first.
        other (int): The second.
        """
        self.above[self.find(other)] = self.find(one)


def near_duplicates(texts: Sequence[str], similarity: float = 0.8) -> List[NearDuplicates]:
    """Texts that are nearly the same, white space, case and width of letters aside.

    texts (Sequence[str]): The texts. Empty ones are like none.
    similarity (float): From where on two texts are near-duplicates, above 0 and at most 1.
    RETURNS (List[NearDuplicates]): Pairs that tie all near-duplicates together, directly or through
        others, but not each with each: fewer than there are texts.
    """
    filled = [i for i, text in enumerate(texts) if text.strip()]
    if not filled:
        return []
    signatures = np.stack([_signature(_shingles(texts[i])) for i in filled])
    together = Components(len(texts))
    found: List[NearDuplicates] = []
    shingles = lru_cache(maxsize=1000)(lambda i: _shingles(texts[i]))
    for one, other in sorted(_candidates(signatures, similarity - MARGIN)):
        i, j = filled[one], filled[other]
        if together.find(i) != together.find(j):
            shared = len(np.intersect1d(shingles(i), shingles(j), assume_unique=True))
            alike = shared / (len(shingles(i)) + len(shingles(j)) - shared)
            if alike >= similarity:
                found.append(NearDuplicates(i, j, alike))
                together.join(i, j)
    return found


def clusters(size: int, found: Iterable[NearDuplicates]) -> List[Set[int]]:
    """Near-duplicates, directly or through others, in groups.

    size (int): How many texts there are.
    found (Iterable[NearDuplicates]): What `near_duplicates` returned.
    RETURNS (List[Set[int]]): Indices of the texts of each group of two or more.
    """
    together = Components(size)
    pairs = list(found)
    for pair in pairs:
        together.join(pair.first, pair.second)
    members: Dict[int, Set[int]] = defaultdict(set)
    for pair in pairs:
        members[together.find(pair.first)] |= {pair.first, pair.second}
    return list(members.values())


def _candidates(signatures: np.ndarray, least: float) -> Set[Tuple[int, int]]:
    """Pairs of texts whose signatures agree in a band, and in so large a share of all values.

    Of the many texts that may share a band, as notes of one form do, each is compared with those
    that share most values after it too: with its neighbours in the order of these.
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
            close = (signatures[i] == signatures[j]).mean(axis=1) >= least
            ends = np.sort(np.stack([i[close], j[close]], axis=1), axis=1)  # (pairs, 2)
            pairs.update((int(one), int(other)) for one, other in ends)
    return pairs


def _shingles(text: str) -> np.ndarray:
    """Hashes of a text's shingles, each once; a shorter text is one shingle. Shape: (shingles,)"""
    plain = fold_text(text).replace(" ", "")
    codes = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype("uint64")
    codes = np.pad(codes, (0, max(SHINGLE - len(codes), 0)))
    hashes = np.zeros(len(codes) - SHINGLE + 1, dtype="uint64")
    for i in range(SHINGLE):
        hashes = hashes * np.uint64(0x100000001B3) + codes[i : i + len(hashes)]
    return np.unique(_mixed(hashes))


def _mixed(values: np.ndarray) -> np.ndarray:
    """Spread values over all 64 bits (the finaliser of splitmix64). Shape: as given."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        values = (values ^ (values >> np.uint64(shift))) * np.uint64(factor)
    return values ^ (values >> np.uint64(31))


def _signature(shingles: np.ndarray) -> np.ndarray:
    """The least of a text's hashes under each of many hash functions. Shape: (bands * rows,)"""
    # Odd factors permute the 64-bit numbers. They are the same in each run.
    factors = _mixed(np.arange(1, BANDS * ROWS + 1, dtype="uint64")) | np.uint64(1)
    least = np.full(len(factors), np.iinfo("uint64").max)
    for start in range(0, len(shingles), CHUNK):
        hashes = shingles[start : start + CHUNK, None] * factors  # (shingles, bands * rows)
        least = np.minimum(least, hashes.min(axis=0))
    return least
