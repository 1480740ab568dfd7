"""Matching of gold and predicted mentions and relations."""

from collections import defaultdict
from typing import Dict, Iterable, List, Sequence, Set, Tuple

import numpy as np
from spacy.tokens import Doc

from ...tokens import all_mentions, get_relations
from ..scorers import MentionKey, RelationKey, mention_key, relation_key

# Gold mention → predicted mention
MentionMatches = Dict[MentionKey, MentionKey]


def relation_scores(doc: Doc) -> Dict[RelationKey, float]:
    """Return the relations of a document with their scores.

    doc (Doc): The document.
    RETURNS (Dict[RelationKey, float]): Each relation once, with the highest score of its
        duplicates.
    """
    scores: Dict[RelationKey, float] = {}
    for relation in get_relations(doc):
        key = relation_key(relation)
        scores[key] = max(relation.score, scores.get(key, relation.score))
    return scores


def mention_keys(doc: Doc) -> Set[MentionKey]:
    """Return the keys of a document's mentions: flat entities and mentions of the span group.

    doc (Doc): The document.
    RETURNS (Set[MentionKey]): The keys.
    """
    return {mention_key(mention) for mention in all_mentions(doc)}


def match_mentions(gold: Iterable[MentionKey], predicted: Iterable[MentionKey]) -> MentionMatches:
    """Match gold with predicted mentions one to one.

    Equal mentions are matched first, then mentions with the same boundaries and different types,
    then mentions that overlap by at least one character: those of the same type first, then by
    decreasing overlap. Ties are broken by position in the text. A correctly predicted mention is
    therefore never matched with another mention that it overlaps.

    gold (Iterable[MentionKey]): Gold mentions of a document.
    predicted (Iterable[MentionKey]): Predicted mentions of the document.
    RETURNS (Dict[MentionKey, MentionKey]): Gold → predicted.
    """
    gold_keys, predicted_keys = set(gold), set(predicted)
    matches: MentionMatches = {key: key for key in gold_keys & predicted_keys}
    gold_keys, predicted_keys = gold_keys - predicted_keys, predicted_keys - gold_keys
    by_boundaries = defaultdict(list)
    for key in sorted(predicted_keys, reverse=True):
        by_boundaries[key[:2]].append(key)
    for key in sorted(gold_keys):
        if by_boundaries[key[:2]]:
            matches[key] = by_boundaries[key[:2]].pop()
    gold_left = sorted(gold_keys - matches.keys())
    predicted_left = sorted(predicted_keys - set(matches.values()))
    is_taken: Set[MentionKey] = set()
    for i, j in _overlaps(gold_left, predicted_left):
        if gold_left[i] not in matches and predicted_left[j] not in is_taken:
            matches[gold_left[i]] = predicted_left[j]
            is_taken.add(predicted_left[j])
    return matches


def _overlaps(gold: Sequence[MentionKey], predicted: Sequence[MentionKey]) -> List[Tuple[int, int]]:
    """Return index pairs of overlapping mentions, the best matches first."""
    if not gold or not predicted:
        return []
    a = np.asarray([key[:2] for key in gold])[:, None]  # (gold, 1, 2)
    b = np.asarray([key[:2] for key in predicted])[None]  # (1, predicted, 2)
    shared = np.minimum(a[..., 1], b[..., 1]) - np.maximum(a[..., 0], b[..., 0])
    i, j = np.nonzero(shared > 0)
    gold_types, predicted_types = (
        np.asarray([key[2] for key in keys]) for keys in (gold, predicted)
    )
    order = np.lexsort((j, i, -shared[i, j], gold_types[i] != predicted_types[j]))
    return list(zip(i[order].tolist(), j[order].tolist()))


def pair_relations(
    missed: Iterable[RelationKey], spurious: Iterable[RelationKey], matches: MentionMatches
) -> Dict[RelationKey, RelationKey]:
    """Pair missed gold relations with spurious predicted relations between matched mentions.

    The pairing is one to one. Relations with the same label and direction, which differ only in
    their mentions, are paired first; then relations with the same direction and different labels;
    then relations with the same label and opposite directions. Ties are broken by label, then by
    position in the text. Relations that differ in both label and direction are never paired.

    missed (Iterable[RelationKey]): Gold relations of a document that were not predicted.
    spurious (Iterable[RelationKey]): Predicted relations that are not gold.
    matches (Dict[MentionKey, MentionKey]): Gold mention → predicted mention.
    RETURNS (Dict[RelationKey, RelationKey]): Missed → spurious.
    """
    unpaired = dict.fromkeys(sorted(spurious))
    gold = [key for key in sorted(missed) if key.head in matches and key.tail in matches]
    pairs: Dict[RelationKey, RelationKey] = {}

    def pair_if_free(key: RelationKey, other: RelationKey) -> None:
        if key not in pairs and other in unpaired:
            pairs[key] = other
            del unpaired[other]

    for key in gold:
        pair_if_free(key, RelationKey(key.label, matches[key.head], matches[key.tail]))
    by_mentions = defaultdict(list)
    for other in unpaired:
        by_mentions[other.head, other.tail].append(other)
    for key in gold:
        others = by_mentions[matches[key.head], matches[key.tail]]
        if key not in pairs and others:
            pair_if_free(key, others.pop(0))
    for key in gold:
        pair_if_free(key, RelationKey(key.label, matches[key.tail], matches[key.head]))
    return pairs
