"""A terminology: concepts with codes and names, and the search for the concepts of mentions."""

from typing import Any, Dict, FrozenSet, Iterable, List, Optional, Sequence, Set, Tuple

import numpy as np

from ..types import ConceptCandidate
from .concepts import Concept
from .contrast import is_contrast, is_more_specific
from .forms import term_form
from .ngrams import Hit, NgramIndex

# Similar names with a lower score are no candidates.
MIN_SCORE = 0.5


class Terminology:
    """Concepts that are found by their names.

    concepts (List[Concept]): The concepts, in the order of the table.
    forms (List[str]): The different normal forms of all names.
    offsets (ndarray): Where the concepts of each form begin in `owners`, and the end. Shape:
        (forms + 1,)
    owners (ndarray): Index of a concept for each form and each concept with that form. Concepts
        whose preferred name has the form come first. Shape: (pairs,)
    ngrams (NgramIndex): The index for similar names.
    """

    def __init__(
        self,
        concepts: List[Concept],
        forms: List[str],
        offsets: np.ndarray,
        owners: np.ndarray,
        ngrams: NgramIndex,
    ) -> None:
        """Initialize the terminology. Use `build` to create one from concepts.

        concepts (List[Concept]): The concepts.
        forms (List[str]): The different normal forms.
        offsets (ndarray): Where the concepts of each form begin. Shape: (forms + 1,)
        owners (ndarray): Indices of concepts. Shape: (pairs,)
        ngrams (NgramIndex): The index for similar names.
        """
        self.concepts = concepts
        self.forms = forms
        self.offsets = offsets
        self.owners = owners
        self.ngrams = ngrams
        self._index = {form: i for i, form in enumerate(forms)}
        self._allowed: Dict[FrozenSet[str], Tuple[np.ndarray, np.ndarray]] = {}

    @classmethod
    def build(cls, concepts: Sequence[Concept]) -> "Terminology":
        """Create a terminology.

        concepts (Sequence[Concept]): The concepts. At least one name must have letters or digits.
        RETURNS (Terminology): The terminology.
        RAISES (ImportError): If scikit-learn is not installed.
        """
        owners: Dict[str, Dict[int, None]] = {}
        for is_synonym in (False, True):
            for i, concept in enumerate(concepts):
                for name in concept.synonyms if is_synonym else (concept.name,):
                    form = term_form(name)
                    if form:
                        owners.setdefault(form, {})[i] = None
        forms = list(owners)
        counts = [len(owners[form]) for form in forms]
        return cls(
            list(concepts),
            forms,
            np.concatenate([[0], np.cumsum(counts)]).astype("int64"),
            np.asarray([i for form in forms for i in owners[form]], dtype="int64"),
            NgramIndex.build(forms),
        )

    def __len__(self) -> int:
        """Return the number of concepts."""
        return len(self.concepts)

    @property
    def types(self) -> Set[str]:
        """Return the types of the concepts, without the empty type."""
        return {concept.type for concept in self.concepts} - {""}

    @property
    def n_ambiguous(self) -> int:
        """Return the number of normal forms that several concepts have."""
        return int((np.diff(self.offsets) > 1).sum())

    def search(
        self, forms: Sequence[str], types: Optional[Iterable[str]] = None, n_candidates: int = 5
    ) -> List[List[ConceptCandidate]]:
        """Find the concepts of mentions.

        Concepts with a name of the same normal form are candidates with the score 1.0: those whose
        preferred name it is first, each in the order of the table. If there are none, the concepts
        with the most similar names are candidates. Their score is the mean of the cosine of
        character n-grams, weighted by TF-IDF, and of the normalized edit similarity. Names that
        contradict the mention (左 and 右) or say more than it (急性胰腺炎 for 胰腺炎) are left out.

        forms (Sequence[str]): Normal forms of the mentions, see `term_form`.
        types (Optional[Iterable[str]]): Types of the concepts that are allowed. None for all.
        n_candidates (int): Maximum number of similar candidates. All exact ones are returned.
        RETURNS (List[List[ConceptCandidate]]): The candidates of each mention, the best first.
        RAISES (ImportError): If a mention has no exact match, and scikit-learn or rapidfuzz is not
            installed.
        """
        allowed = self._masks(types)
        found = [self._exact(form, allowed) for form in forms]
        missing = [i for i, form in enumerate(forms) if form and not found[i]]
        if not missing or not n_candidates:
            return found
        queries = [forms[i] for i in missing]
        by_form = None if allowed is None else allowed[1]
        similar = self.ngrams.search(queries, self.forms, by_form, MIN_SCORE)
        for i, hits in zip(missing, similar):
            found[i] = self._similar(forms[i], hits, allowed, n_candidates)
        return found

    def _exact(self, form: str, allowed: Any) -> List[ConceptCandidate]:
        index = self._index.get(form)
        if index is None:
            return []
        return [self._candidate(i, 1.0) for i in self._concepts_of(index, allowed)]

    def _similar(
        self, form: str, hits: Sequence[Hit], allowed: Any, n_candidates: int
    ) -> List[ConceptCandidate]:
        """Return the concepts of similar names, each with its best score."""
        scores: Dict[int, float] = {}
        for hit in hits:
            if len(scores) >= n_candidates:
                break
            name = self.forms[hit.form]
            if not (is_contrast(form, name) or is_more_specific(name, form)):
                for i in self._concepts_of(hit.form, allowed):
                    scores.setdefault(i, hit.score)
        return [self._candidate(i, score) for i, score in scores.items()][:n_candidates]

    def _candidate(self, index: int, score: float) -> ConceptCandidate:
        concept = self.concepts[index]
        return ConceptCandidate(concept.code, concept.name, score)

    def _concepts_of(self, form: int, allowed: Any) -> List[int]:
        owners = self.owners[self.offsets[form] : self.offsets[form + 1]].tolist()
        return owners if allowed is None else [i for i in owners if allowed[0][i]]

    def _masks(self, types: Optional[Iterable[str]]) -> Optional[Tuple[np.ndarray, np.ndarray]]:
        """Return which concepts have one of the types, and which forms have such a concept."""
        if types is None:
            return None
        key = frozenset(types)
        if key not in self._allowed:
            concepts = np.asarray([concept.type in key for concept in self.concepts], dtype=bool)
            forms = np.add.reduceat(concepts[self.owners].astype("int64"), self.offsets[:-1]) > 0
            self._allowed[key] = concepts, forms
        return self._allowed[key]
