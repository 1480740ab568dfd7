"""The search for similar names: character n-grams weighted by TF-IDF, then rapidfuzz."""

from typing import Any, Iterator, List, NamedTuple, Optional, Sequence

import numpy as np

from ..errors import require

# Minimum and maximum size of the n-grams. Words are padded with spaces, so that their ends count
# too. With trigrams, the index is twice as large, and its precision is about the same.
NGRAMS = (2, 2)
# Number of names per mention that are compared character by character.
N_COMPARED = 20
# The n-grams of a mention are searched from the rarest on, until they occur in this number of names
# in total. With 50,000 long names in Latin letters, this is 4 times as fast as a search for all
# n-grams, and finds the name of 99.8 instead of 99.9 % of mentions with one wrong letter.
MAX_NAMES = 20_000
# Minimum number of n-grams that are searched.
MIN_NGRAMS = 3
# Maximum number of similarities that are in memory at a time.
MAX_SIMILARITIES = 2**22


class Hit(NamedTuple):
    """A name that is similar to a mention.

    form (int): Index of the name's normal form.
    score (float): The similarity, from 0 to 1.
    """

    form: int
    score: float


class NgramIndex:
    """An index of normal forms by their character n-grams.

    vocabulary (List[str]): The n-grams.
    idf (ndarray): Inverse document frequency of each n-gram, float64. Shape: (n-grams,)
    matrix (csr_matrix): TF-IDF weights, float32. Shape: (n-grams, forms)
    """

    def __init__(self, vocabulary: List[str], idf: np.ndarray, matrix: Any) -> None:
        """Initialize the index.

        vocabulary (List[str]): The n-grams.
        idf (ndarray): Inverse document frequency of each n-gram. Shape: (n-grams,)
        matrix (csr_matrix): TF-IDF weights. Shape: (n-grams, forms)
        """
        self.vocabulary = vocabulary
        self.idf = idf
        self.matrix = matrix
        self._vectorizer: Any = None
        self._by_form: Any = None

    @classmethod
    def build(cls, forms: Sequence[str]) -> "NgramIndex":
        """Create the index of a terminology.

        forms (Sequence[str]): The normal forms.
        RETURNS (NgramIndex): The index.
        RAISES (ImportError): If scikit-learn is not installed.
        """
        vectorizer = _vectorizer()
        matrix = vectorizer.fit_transform(forms)
        return cls(
            vectorizer.get_feature_names_out().tolist(),
            vectorizer.idf_.astype("float64"),
            matrix.T.tocsr(),
        )

    def search(
        self,
        queries: Sequence[str],
        forms: Sequence[str],
        allowed: Optional[np.ndarray] = None,
        min_score: float = 0.0,
    ) -> List[List[Hit]]:
        """Find the names that are most similar to mentions.

        queries (Sequence[str]): Normal forms of the mentions.
        forms (Sequence[str]): Normal forms of the names.
        allowed (Optional[ndarray]): Names that may be found, bool; None for all. Shape: (forms,)
        min_score (float): Minimum score of a hit.
        RETURNS (List[List[Hit]]): The hits of each mention, by score, at most `N_COMPARED`.
        RAISES (ImportError): If scikit-learn or rapidfuzz is not installed.
        """
        vectors = self._fitted().transform(queries)
        rare = self._without_frequent(vectors)
        found: List[np.ndarray] = []
        cosines: List[np.ndarray] = []
        for rows in self._products(rare):
            for start, end in zip(rows.indptr[:-1].tolist(), rows.indptr[1:].tolist()):
                index, values = rows.indices[start:end], rows.data[start:end]
                if allowed is not None:
                    keep = allowed[index]
                    index, values = index[keep], values[keep]
                if len(index) > N_COMPARED:
                    top = np.argpartition(values, -N_COMPARED)[-N_COMPARED:]
                    index, values = index[top], values[top]
                found.append(index)
                cosines.append(values)
        owners = np.repeat(np.arange(len(found)), list(map(len, found)))
        index = np.concatenate([*found, np.zeros(0, dtype="int32")]).astype("int64")
        if rare is vectors:
            similarities = np.concatenate([*cosines, np.zeros(0, dtype="float32")])
        else:
            similarities = self._cosines(vectors, owners, index)
        return _rank(queries, forms, owners, index, similarities, min_score)

    def _without_frequent(self, vectors: Any) -> Any:
        """Return vectors without the most frequent n-grams, whose search takes most of the time.

        vectors (csr_matrix): Weights of the mentions' n-grams. Shape: (queries, n-grams)
        RETURNS (csr_matrix): The same object if no n-gram is left out.
        """
        counts = np.diff(self.matrix.indptr)[vectors.indices].astype("int64")
        lengths = np.diff(vectors.indptr)
        owners = np.repeat(np.arange(len(lengths)), lengths)
        order = np.lexsort((counts, owners))
        totals = counts[order].cumsum()
        before = np.concatenate([[0], totals])[vectors.indptr[:-1]]
        ranks = np.arange(len(order)) - vectors.indptr[:-1][owners]
        keep = np.zeros(len(order), dtype=bool)
        keep[order] = (totals - before[owners] <= MAX_NAMES) | (ranks < MIN_NGRAMS)
        if keep.all():
            return vectors
        indptr = np.concatenate([[0], np.bincount(owners[keep], minlength=len(lengths)).cumsum()])
        parts = (vectors.data[keep], vectors.indices[keep], indptr)
        return type(vectors)(parts, shape=vectors.shape)

    def _cosines(self, vectors: Any, owners: np.ndarray, index: np.ndarray) -> np.ndarray:
        """Return the cosines of pairs of a mention and a name. Shape: (pairs,)"""
        if self._by_form is None:
            self._by_form = self.matrix.T.tocsr()
        products = vectors[owners].multiply(self._by_form[index])
        return np.asarray(products.sum(axis=1), dtype="float32").ravel()

    def _products(self, vectors: Any) -> Iterator[Any]:
        """Yield the cosines of mentions and names as sparse matrices of bounded size. Shape of
        each: (part of the queries, forms)
        """
        counts = np.diff(self.matrix.indptr)
        sizes = np.concatenate([[0], counts[vectors.indices].cumsum()])[vectors.indptr]
        start, n_queries = 0, vectors.shape[0]
        while start < n_queries:
            end = int(np.searchsorted(sizes, sizes[start] + MAX_SIMILARITIES, side="right")) - 1
            end = max(end, start + 1)
            yield vectors[start:end] @ self.matrix
            start = end

    def _fitted(self) -> Any:
        if self._vectorizer is None:
            self._vectorizer = _vectorizer(self.vocabulary)
            self._vectorizer.idf_ = self.idf
        return self._vectorizer


def _vectorizer(vocabulary: Any = None) -> Any:
    text = require("sklearn.feature_extraction.text", "terminology")
    return text.TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=NGRAMS,
        lowercase=False,
        sublinear_tf=True,
        dtype=np.float32,
        vocabulary=vocabulary,
    )


def _rank(
    queries: Sequence[str],
    forms: Sequence[str],
    owners: np.ndarray,
    index: np.ndarray,
    cosines: np.ndarray,
    min_score: float,
) -> List[List[Hit]]:
    """Compare mentions with the names found, and sort the names by score."""
    process = require("rapidfuzz.process", "terminology")
    fuzz = require("rapidfuzz.fuzz", "terminology")
    left = [queries[i] for i in owners.tolist()]
    right = [forms[i] for i in index.tolist()]
    ratios = process.cpdist(left, right, scorer=fuzz.ratio, dtype=np.float32)
    scores = (ratios / 100 + cosines) / 2
    order = np.lexsort((index, -scores, owners))
    order = order[scores[order] >= min_score]
    hits: List[List[Hit]] = [[] for _ in queries]
    for i, form, score in zip(*(column[order].tolist() for column in (owners, index, scores))):
        hits[i].append(Hit(form, score))
    return hits
