"""Documents that are uncertain and unlike each other, one after the other.

Each choice takes the document with the highest u * (1 - d * s), where u is its uncertainty, s its
highest similarity to a document that was chosen before, and d from 0 to 1 says how much that counts
(maximal marginal relevance, Carbonell and Goldstein 1998). The similarity of two documents is the
cosine of their counts of mentions, each as its type and text, and of the relations found, each as
the types of its ends and its label.
"""

from collections import Counter
from typing import Dict, Hashable, Iterable, List, NamedTuple

import numpy as np


class Bags(NamedTuple):
    """What documents hold, as sparse vectors of length 1.

    docs (ndarray): Index of the document of each value, ascending. Shape: (values,)
    columns (ndarray): Index of what is counted. Shape: (values,)
    values (ndarray): The values. Shape: (values,)
    n_docs (int): The number of documents.
    """

    docs: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    n_docs: int

    def similarity(self, doc: int) -> np.ndarray:
        """doc (int): Index of a document.
        RETURNS (ndarray): Cosine of it and each document, 0 for empty ones. Shape: (docs,)
        """
        own = slice(*np.searchsorted(self.docs, (doc, doc + 1)))
        dense = np.zeros(self.columns.max(initial=-1) + 1)
        dense[self.columns[own]] = self.values[own]
        products = self.values * dense[self.columns]
        return np.bincount(self.docs, products, minlength=self.n_docs)


def make_bags(contents: Iterable[Iterable[Hashable]]) -> Bags:
    """contents (Iterable[Iterable[Hashable]]): What each document holds, repeated as often.
    RETURNS (Bags): Its counts.
    """
    index: Dict[Hashable, int] = {}
    docs: List[int] = []
    columns: List[int] = []
    counts: List[int] = []
    n_docs = 0
    for number, content in enumerate(contents):
        n_docs = number + 1
        for thing, count in Counter(content).items():
            docs.append(number)
            columns.append(index.setdefault(thing, len(index)))
            counts.append(count)
    owners, values = np.asarray(docs, "int64"), np.asarray(counts, "float64")
    lengths = np.sqrt(np.bincount(owners, values**2, minlength=n_docs))
    return Bags(owners, np.asarray(columns, "int64"), values / lengths[owners], n_docs)


def choose(uncertainty: np.ndarray, bags: Bags, count: int, diversity: float) -> List[int]:
    """Choose documents, as the module says.

    uncertainty (ndarray): That of each document. Shape: (docs,)
    bags (Bags): What they hold.
    count (int): How many to choose, at most.
    diversity (float): How much similarity counts, 0 to 1.
    RETURNS (List[int]): Their indices, in the order of choice. Of equals, the earlier comes first.
    """
    nearest = np.zeros(len(uncertainty))
    left = np.ones(len(uncertainty), dtype=bool)
    chosen: List[int] = []
    for _ in range(min(count, len(uncertainty))):
        value = np.where(left, uncertainty * (1.0 - diversity * nearest), -np.inf)
        chosen.append(int(value.argmax()))
        left[chosen[-1]] = False
        nearest = np.maximum(nearest, bags.similarity(chosen[-1]))
    return chosen
