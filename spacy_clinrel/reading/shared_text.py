"""Find texts that repeat parts of documents that are kept for evaluation."""

from pathlib import Path
from typing import Iterable, Set

import numpy as np

from ..tokens.shingles import shingle_hashes
from .documents import stream_docs

# Number of characters in a row, without white space.
STRETCH = 20
# A line of unlabelled text may share some stretches, e.g. the phrases of a template.
MAX_SHARE = 0.1


class SharedText:
    """All stretches of 20 characters of some documents."""

    def __init__(self, paths: Iterable[Path]):
        """Read the documents.

        paths (Iterable[Path]): Files or folders of documents.
        RAISES (ValueError): If a file can't be read.
        """
        hashes = [
            shingle_hashes(doc.text, STRETCH)
            for path in paths
            for doc in stream_docs([path], raw=True)
            if doc.text.strip()
        ]
        self._hashes = np.unique(np.concatenate([*hashes, np.zeros(0, dtype="uint64")]))

    def share(self, text: str) -> float:
        """Return which share of the stretches of a text also occurs in the documents.

        text (str): The text.
        RETURNS (float): The share, from 0 to 1.
        """
        if not len(self._hashes):
            return 0.0
        hashes = shingle_hashes(text, STRETCH)
        places = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        return float((self._hashes[places] == hashes).mean())


def shared_lines(lines: Iterable[str], without: Iterable[Path]) -> Set[int]:
    """Find lines of which more than a tenth of the stretches also occur in some documents.

    lines (Iterable[str]): The lines.
    without (Iterable[Path]): Files or folders of documents. Nothing is read without any.
    RETURNS (Set[int]): The indices of the lines.
    RAISES (ValueError): If a file of the documents can't be read.
    """
    paths = list(without)
    if not paths:
        return set()
    known = SharedText(paths)
    return {i for i, line in enumerate(lines) if known.share(line) > MAX_SHARE}
