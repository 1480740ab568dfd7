"""Scores of the assertion attributes of mentions."""

from typing import Any, Callable, Dict, FrozenSet, Iterable, Optional, Sequence, Set

import numpy as np
from spacy.scorer import PRFScore
from spacy.tokens import Doc
from spacy.training import Example

from ..tokens import all_mentions, assertion_matrix, has_assertion
from ..types import ASSERTIONS
from .scorers import MentionKey, mention_key, with_counts

# Names of precision, recall and F: over mentions that are gold and predicted, and end to end.
ASSERTION_SCORES = ("assertion_micro_p", "assertion_micro_r", "assertion_micro_f")
ASSERTION_E2E_SCORES = ("assertion_e2e_p", "assertion_e2e_r", "assertion_e2e_f")
EXACT = "assertion_exact"
PER_ATTRIBUTE = "assertion_per_attribute"
E2E_PER_ATTRIBUTE = "assertion_e2e_per_attribute"

# The attributes of each mention
Attributes = Dict[MentionKey, FrozenSet[str]]


def make_assertion_scorer() -> Callable:
    """Create a scorer of assertion attributes, for a component's `scorer` option.

    RETURNS (Callable): `score_assertion`.
    """
    return score_assertion


def score_assertion(
    examples: Iterable[Example], types: Optional[Sequence[str]] = None, **kwargs: Any
) -> Dict[str, Any]:
    """Compute scores of assertion attributes.

    Exact match is the share of gold mentions that were predicted as mentions, with all five
    attributes correct. On gold mentions, all of them are predicted.

    Per attribute and micro scores count attributes of mentions that are both gold and predicted.
    End-to-end scores count pairs of mention and attribute, so those of missed mentions are missed
    and those of wrong mentions are wrong. A mention is correct if its boundaries and type are.

    examples (Iterable[Example]): Documents whose predicted side is annotated. Documents whose
        reference is not annotated with attributes are left out.
    types (Optional[Sequence[str]]): Entity types of the mentions that are judged. None or empty for
        the types that have an attribute in the references.
    RETURNS (Dict[str, Any]): `assertion_exact`, `assertion_micro_p`, `_r` and `_f`,
        `assertion_per_attribute`, `assertion_e2e_p`, `_r` and `_f`, `assertion_e2e_per_attribute`.
        All are None if no reference is annotated with attributes.
    """
    annotated = [eg for eg in examples if has_assertion(eg.reference)]
    pairs = [
        (mention_attributes(eg.reference), mention_attributes(eg.predicted)) for eg in annotated
    ]
    judged = set(types or types_with_attributes(gold for gold, _ in pairs))
    found = {name: PRFScore() for name in ASSERTIONS}
    end_to_end = {name: PRFScore() for name in ASSERTIONS}
    n_gold = n_exact = 0
    for all_gold, all_predicted in pairs:
        gold = {key: names for key, names in all_gold.items() if key[2] in judged}
        predicted = {key: names for key, names in all_predicted.items() if key[2] in judged}
        n_gold += len(gold)
        n_exact += sum(predicted.get(key) == names for key, names in gold.items())
        common = gold.keys() & predicted.keys()
        for name in ASSERTIONS:
            with_gold, with_predicted = _having(gold, name), _having(predicted, name)
            end_to_end[name].score_set(with_predicted, with_gold)
            found[name].score_set(with_predicted & common, with_gold & common)
    scores: Dict[str, Any] = {EXACT: n_exact / n_gold if n_gold else None}
    for keys, per_attribute, by_name in (
        (ASSERTION_SCORES, PER_ATTRIBUTE, found),
        (ASSERTION_E2E_SCORES, E2E_PER_ATTRIBUTE, end_to_end),
    ):
        total = sum(by_name.values(), PRFScore())
        values = (total.precision, total.recall, total.fscore) if annotated else (None,) * 3
        scores.update(zip(keys, values))
        scores[per_attribute] = _per_attribute(by_name) if annotated else None
    return scores


def mention_attributes(doc: Doc) -> Attributes:
    """Return the assertion attributes of all mentions of a document.

    doc (Doc): The document.
    RETURNS (Dict[MentionKey, FrozenSet[str]]): The names of each mention's attributes, by start
        character, end character and type. Empty if the document is not annotated with attributes.
    """
    if not has_assertion(doc):
        return {}
    mentions = all_mentions(doc)
    names = np.asarray(ASSERTIONS)
    matrix = assertion_matrix(doc, mentions)
    return {
        mention_key(span): frozenset(names[row].tolist()) for span, row in zip(mentions, matrix)
    }


def types_with_attributes(documents: Iterable[Attributes]) -> Set[str]:
    """Return the types of mentions that have an attribute.

    documents (Iterable[Dict[MentionKey, FrozenSet[str]]]): The mentions of each document.
    RETURNS (Set[str]): The entity types.
    """
    return {key[2] for document in documents for key, names in document.items() if names}


def _having(mentions: Attributes, name: str) -> Set[MentionKey]:
    return {key for key, names in mentions.items() if name in names}


def _per_attribute(scores: Dict[str, PRFScore]) -> Dict[str, Dict[str, float]]:
    """Return the scores and counts of the attributes that are gold or predicted."""
    counts = {name: with_counts(score) for name, score in scores.items()}
    return {name: row for name, row in counts.items() if row["gold"] or row["predicted"]}
