"""Which gold and predicted mentions and relations stand for each other where they differ."""

from collections import defaultdict
from typing import Dict, Iterable, List, NamedTuple, Sequence, Set, Tuple

import numpy as np
from spacy.tokens import Doc

from ...tokens import all_mentions, get_relations
from ..scorers import MentionKey, mention_key, relation_key

Matched = Dict[MentionKey, MentionKey]


class RelationKey(NamedTuple):
    """A relation as the scorers compare it strictly.

    label (str): Its label.
    head (MentionKey): First character, character after the last, and type of its head.
    tail (MentionKey): The same of its tail.
    """

    label: str
    head: MentionKey
    tail: MentionKey


def relation_scores(doc: Doc) -> Dict[RelationKey, float]:
    """The relations of a document with their scores, each once.

    doc (Doc): The document.
    RETURNS (Dict[RelationKey, float]): Of equal relations the highest score.
    """
    scores: Dict[RelationKey, float] = {}
    for relation in get_relations(doc):
        label, *ends = relation_key(relation)
        key = RelationKey(str(label), tuple(ends[:3]), tuple(ends[3:]))  # type: ignore[arg-type]
        scores[key] = max(relation.score, scores.get(key, relation.score))
    return scores


def mention_keys(doc: Doc) -> Set[MentionKey]:
    """The mentions of a document, flat entities and the relation store's own.

    doc (Doc): The document.
    RETURNS (Set[MentionKey]): As the scorers compare them strictly.
    """
    return {mention_key(mention) for mention in all_mentions(doc)}


def match_mentions(gold: Iterable[MentionKey], predicted: Iterable[MentionKey]) -> Matched:
    """Match gold and predicted mentions, each with one at most.

    First those that are equal; then those with the same boundaries and another type; then those
    that overlap by at least one character, of the same type before others, and within these the
    larger overlap first. Whatever competes besides is taken in the order of the text. So a mention
    that is right stands for no other that it overlaps.

    gold (Iterable[MentionKey]): Gold mentions of a document.
    predicted (Iterable[MentionKey]): Predicted ones.
    RETURNS (Dict[MentionKey, MentionKey]): Gold → predicted.
    """
    left, right = set(gold), set(predicted)
    matched: Matched = {key: key for key in left & right}
    left, right = left - right, right - left
    same_bounds = defaultdict(list)
    for key in sorted(right, reverse=True):
        same_bounds[key[:2]].append(key)
    for key in sorted(left):
        if same_bounds[key[:2]]:
            matched[key] = same_bounds[key[:2]].pop()
    ours = sorted(left - matched.keys())
    theirs = sorted(right - set(matched.values()))
    taken: Set[MentionKey] = set()
    for i, j in _overlaps(ours, theirs):
        if ours[i] not in matched and theirs[j] not in taken:
            matched[ours[i]] = theirs[j]
            taken.add(theirs[j])
    return matched


def _overlaps(ours: Sequence[MentionKey], theirs: Sequence[MentionKey]) -> List[Tuple[int, int]]:
    """Indices of those that overlap, the best matches first."""
    if not ours or not theirs:
        return []
    a = np.asarray([key[:2] for key in ours])[:, None]  # (ours, 1, 2)
    b = np.asarray([key[:2] for key in theirs])[None]  # (1, theirs, 2)
    shared = np.minimum(a[..., 1], b[..., 1]) - np.maximum(a[..., 0], b[..., 0])
    i, j = np.nonzero(shared > 0)
    types, other_types = (np.asarray([key[2] for key in keys]) for keys in (ours, theirs))
    order = np.lexsort((j, i, -shared[i, j], types[i] != other_types[j]))
    return list(zip(i[order].tolist(), j[order].tolist()))


def pair_relations(
    missed: Iterable[RelationKey], spurious: Iterable[RelationKey], matched: Matched
) -> Dict[RelationKey, RelationKey]:
    """Pair missed gold relations with spurious predicted ones between the matched mentions.

    Each is paired with one at most. First those with the same label in the same direction, which
    differ in their mentions alone; then those with another label in the same direction; then those
    with the same label in the other direction. Where several compete, the labels' order decides,
    then the text's. A relation that has both another label and the other direction is no pair.

    missed (Iterable[RelationKey]): Gold relations of a document that were not predicted.
    spurious (Iterable[RelationKey]): Predicted relations that are not gold.
    matched (Dict[MentionKey, MentionKey]): Gold mention → predicted mention.
    RETURNS (Dict[RelationKey, RelationKey]): Missed → spurious.
    """
    free = dict.fromkeys(sorted(spurious))
    left = [key for key in sorted(missed) if key.head in matched and key.tail in matched]
    pairs: Dict[RelationKey, RelationKey] = {}

    def take(gold: RelationKey, predicted: RelationKey) -> None:
        if gold not in pairs and predicted in free:
            pairs[gold] = predicted
            del free[predicted]

    for key in left:
        take(key, RelationKey(key.label, matched[key.head], matched[key.tail]))
    between = defaultdict(list)
    for other in free:
        between[other.head, other.tail].append(other)
    for key in left:
        rivals = between[matched[key.head], matched[key.tail]]
        if key not in pairs and rivals:
            take(key, rivals.pop(0))
    for key in left:
        take(key, RelationKey(key.label, matched[key.tail], matched[key.head]))
    return pairs
