"""Hashes of the substrings of a text, to find texts that share them."""

import numpy as np

from .normalize import fold_text


def shingle_hashes(text: str, size: int) -> np.ndarray:
    """Return the hashes of the distinct shingles of a text, without white space, case and the width
    of letters.

    text (str): The text. A text that is shorter than a shingle is one shingle.
    size (int): Number of characters of a shingle.
    RETURNS (ndarray): The hashes, sorted. Shape: (shingles,)
    """
    plain = fold_text(text).replace(" ", "")
    codes = np.frombuffer(plain.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype("uint64")
    codes = np.pad(codes, (0, max(size - len(codes), 0)))
    hashes = np.zeros(len(codes) - size + 1, dtype="uint64")
    for i in range(size):
        hashes = hashes * np.uint64(0x100000001B3) + codes[i : i + len(hashes)]
    return np.unique(mix_bits(hashes))


def mix_bits(values: np.ndarray) -> np.ndarray:
    """Return hashes of 64-bit values (finalizer of splitmix64).

    values (ndarray): The values, of type uint64.
    RETURNS (ndarray): The hashes. Shape: that of `values`
    """
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        values = (values ^ (values >> np.uint64(shift))) * np.uint64(factor)
    return values ^ (values >> np.uint64(31))
