"""Selection of documents that are uncertain and different from each other.

Documents are chosen one at a time. Each time, the document with the highest u * (1 - d * s) is
chosen, where u is its uncertainty, s its highest similarity to a document chosen before, and d the
weight of diversity from 0 to 1 (maximal marginal relevance, Carbonell and Goldstein 1998). The
similarity of two documents is the cosine of their counts of mentions, by type and text, and of
predicted relations, by the types of head and tail and the label.
"""

from collections import Counter
from typing import Dict, Hashable, Iterable, List, NamedTuple

import numpy as np


class DocumentVectors(NamedTuple):
    """Sparse count vectors of documents, normalised to length 1.

    docs (ndarray): Index of each value's document, ascending. Shape: (values,)
    columns (ndarray): Index of each value's feature. Shape: (values,)
    values (ndarray): The values. Shape: (values,)
    n_docs (int): The number of documents.
    """

    docs: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    n_docs: int

    def similarity(self, doc: int) -> np.ndarray:
        """Return the cosine similarity of one document to every document.

        doc (int): Index of the document.
        RETURNS (ndarray): The similarities, 0 for documents without features. Shape: (docs,)
        """
        rows = slice(*np.searchsorted(self.docs, (doc, doc + 1)))
        dense = np.zeros(self.columns.max(initial=-1) + 1)
        dense[self.columns[rows]] = self.values[rows]
        products = self.values * dense[self.columns]
        return np.bincount(self.docs, products, minlength=self.n_docs)


def count_vectors(features: Iterable[Iterable[Hashable]]) -> DocumentVectors:
    """Count the features of documents.

    features (Iterable[Iterable[Hashable]]): The features of each document, with repetitions.
    RETURNS (DocumentVectors): The normalised counts.
    """
    index: Dict[Hashable, int] = {}
    docs: List[int] = []
    columns: List[int] = []
    counts: List[int] = []
    n_docs = 0
    for number, doc_features in enumerate(features):
        n_docs = number + 1
        for feature, count in Counter(doc_features).items():
            docs.append(number)
            columns.append(index.setdefault(feature, len(index)))
            counts.append(count)
    owners, values = np.asarray(docs, "int64"), np.asarray(counts, "float64")
    lengths = np.sqrt(np.bincount(owners, values**2, minlength=n_docs))
    return DocumentVectors(owners, np.asarray(columns, "int64"), values / lengths[owners], n_docs)


def choose_documents(
    uncertainty: np.ndarray, vectors: DocumentVectors, count: int, diversity: float
) -> List[int]:
    """Choose documents by uncertainty and diversity, as described at the top of this module.

    uncertainty (ndarray): Uncertainty of each document. Shape: (docs,)
    vectors (DocumentVectors): The documents' features.
    count (int): Maximum number of documents to choose.
    diversity (float): Weight of the similarity, from 0 to 1.
    RETURNS (List[int]): Indices of the documents, in the order of choice. Ties go to the first
        document.
    """
    max_similarity = np.zeros(len(uncertainty))
    is_available = np.ones(len(uncertainty), dtype=bool)
    chosen: List[int] = []
    for _ in range(min(count, len(uncertainty))):
        relevance = uncertainty * (1.0 - diversity * max_similarity)
        doc = int(np.where(is_available, relevance, -np.inf).argmax())
        chosen.append(doc)
        is_available[doc] = False
        max_similarity = np.maximum(max_similarity, vectors.similarity(doc))
    return chosen
