"""A corpus of several parts as a whole: its figures, and what is found wrong."""

from dataclasses import dataclass
from typing import Any, Dict, List, Sequence

from spacy.tokens import Doc

from ...types import CandidateStrategy
from ..splits import clusters, near_duplicates
from .ceiling import ceiling, suggestions
from .findings import annotation, ceilings, direction, duplicates, labels
from .mentions import describe_mentions
from .relations import describe_relations, reverses
from .settings import sentences_of
from .table import Part, read_part


@dataclass(frozen=True)
class Checks:
    """What to check by.

    strategies (Dict[str, CandidateStrategy]): The candidates whose recall ceiling is measured, by
        name. The first also says what a sentence is.
    min_count (int): Labels with fewer relations in the training part are called too rare.
    similarity (float): From where on two texts are near-duplicates, above 0 and at most 1.
    """

    strategies: Dict[str, CandidateStrategy]
    min_count: int = 20
    similarity: float = 0.8


def make_part(name: str, docs: Sequence[Doc], checks: Checks) -> Part:
    """Read documents as a part to check.

    name (str): What to call them.
    docs (Sequence[Doc]): At least one. The parts of a corpus share a vocabulary.
    checks (Checks): Says what a sentence is.
    RETURNS (Part): The part.
    """
    return read_part(name, docs, sentences_of(next(iter(checks.strategies.values()))))


def check(parts: Sequence[Part], checks: Checks) -> Dict[str, Any]:
    """Check a corpus.

    parts (Sequence[Part]): Its parts, that which is trained on first.
    checks (Checks): What to check by.
    RETURNS (Dict[str, Any]): Figures by part, near-duplicates, directions and the findings, as
        plain values.
    """
    figures = {part.name: {**describe_mentions(part), **describe_relations(part)} for part in parts}
    candidates = {
        part.name: {name: ceiling(part, strategy) for name, strategy in checks.strategies.items()}
        for part in parts
    }
    wider = {name: suggestions(parts[0], some) for name, some in checks.strategies.items()}
    near = _near_duplicates(parts, checks.similarity)
    directions = reverses(parts)
    findings = [
        *annotation(parts, figures),
        *labels(figures, checks.min_count),
        *direction(figures, directions),
        *duplicates(figures, near),
        *ceilings(candidates, wider),
    ]
    return {
        "parts": figures,
        "directions": [{**row._asdict(), "rare": row.rare} for row in directions],
        "near_duplicates": near,
        "candidates": candidates,
        "wider_candidates": wider,
        "min_count": checks.min_count,
        "similarity": checks.similarity,
        "findings": [finding._asdict() for finding in findings],
    }


def _near_duplicates(parts: Sequence[Part], similarity: float) -> Dict[str, List[List[str]]]:
    """Clusters of nearly the same texts: within one part, and across several."""
    places = [(part, i) for part in parts for i in range(len(part.docs))]
    texts = [part.docs[i].text for part, i in places]
    found: Dict[str, List[List[str]]] = {"within": [], "across": []}
    for cluster in clusters(len(texts), near_duplicates(texts, similarity)):
        members = [places[k] for k in sorted(cluster)]
        kind = "across" if len({part.name for part, _ in members}) > 1 else "within"
        found[kind].append([part.title(i) for part, i in members])
    return found
