"""The search for similar names: character n-grams weighted by TF-IDF, then rapidfuzz."""

from typing import Any, Iterator, List, NamedTuple, Sequence, Tuple

import numpy as np

from ..errors import require

# Minimum and maximum size of the n-grams. Words are padded with spaces, so that their ends count
# too. With trigrams, the index is twice as large, and its precision is about the same.
NGRAMS = (2, 2)
# Number of names per mention that are compared character by character.
N_COMPARED = 20
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

    def search(self, queries: Sequence[str], forms: Sequence[str], allowed: Any) -> List[List[Hit]]:
        """Find the names that are most similar to mentions.

        queries (Sequence[str]): Normal forms of the mentions.
        forms (Sequence[str]): Normal forms of the names.
        allowed (Optional[ndarray]): Names that may be found, bool; None for all. Shape: (forms,)
        RETURNS (List[List[Hit]]): The hits of each mention, by score, at most `N_COMPARED`.
        RAISES (ImportError): If scikit-learn or rapidfuzz is not installed.
        """
        found: List[np.ndarray] = []
        cosines: List[np.ndarray] = []
        for rows in self._products(queries):
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
        return _rank(queries, forms, found, cosines)

    def _products(self, queries: Sequence[str]) -> Iterator[Any]:
        """Yield the cosines of mentions and names as sparse matrices of bounded size. Shape of
        each: (part of the queries, forms)
        """
        vectors = self._fitted().transform(queries)
        counts = np.diff(self.matrix.indptr)
        sizes = np.concatenate([[0], counts[vectors.indices].cumsum()])[vectors.indptr]
        start = 0
        while start < len(queries):
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
    found: Sequence[np.ndarray],
    cosines: Sequence[np.ndarray],
) -> List[List[Hit]]:
    """Compare mentions with the names found, and sort the names by score."""
    process = require("rapidfuzz.process", "terminology")
    fuzz = require("rapidfuzz.fuzz", "terminology")
    lengths = list(map(len, found))
    index = np.concatenate([*found, np.zeros(0, dtype="int32")]).astype("int64").tolist()
    left = [query for query, n in zip(queries, lengths) for _ in range(n)]
    right = [forms[i] for i in index]
    ratios = process.cpdist(left, right, scorer=fuzz.ratio, dtype=np.float32)
    scores = (ratios / 100 + np.concatenate([*cosines, np.zeros(0, dtype="float32")])) / 2
    hits: List[List[Hit]] = []
    start = 0
    for n in lengths:
        end = start + n
        ranked = sorted(zip(scores[start:end].tolist(), index[start:end]), key=_by_score)
        hits.append([Hit(form, score) for score, form in ranked])
        start = end
    return hits


def _by_score(pair: Tuple[float, int]) -> Tuple[float, int]:
    return (-pair[0], pair[1])
