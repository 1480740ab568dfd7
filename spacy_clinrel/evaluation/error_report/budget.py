"""The error budget: each missed and each spurious relation has one cause."""

from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from spacy.scorer import PRFScore

from ..scorers import MentionKey
from .matching import Matched, RelationKey, match_mentions, pair_relations

RIGHT = "right"
MISSED_MENTION = "missed_mention"
SPURIOUS_MENTION = "spurious_mention"
WRONG_BOUNDARY = "wrong_boundary"
WRONG_TYPE = "wrong_type"
PRUNED_CANDIDATE = "pruned_candidate"
WRONG_LABEL = "wrong_label"
WRONG_DIRECTION = "wrong_direction"
MISSED_RELATION = "missed_relation"
SPURIOUS_RELATION = "spurious_relation"
CAUSES = (
    MISSED_MENTION,
    SPURIOUS_MENTION,
    WRONG_BOUNDARY,
    WRONG_TYPE,
    PRUNED_CANDIDATE,
    WRONG_LABEL,
    WRONG_DIRECTION,
    MISSED_RELATION,
    SPURIOUS_RELATION,
)

Ends = Tuple[MentionKey, MentionKey]
# Pairs of head and tail → whether each is a candidate
Proposed = Callable[[Sequence[Ends]], Sequence[bool]]


class Judged(NamedTuple):
    """A gold relation, a predicted one, or two that stand for each other, and what is wrong.

    gold (Optional[RelationKey]): The gold relation.
    predicted (Optional[RelationKey]): The predicted one.
    cause (str): "right", or one of CAUSES; of a pair it is the cause of both.
    found (bool): Whether both mentions of the relation are gold and predicted, strictly.
    """

    gold: Optional[RelationKey]
    predicted: Optional[RelationKey]
    cause: str
    found: bool


def judge_relations(
    gold: Iterable[RelationKey],
    predicted: Iterable[RelationKey],
    gold_mentions: Iterable[MentionKey],
    predicted_mentions: Iterable[MentionKey],
    proposed: Optional[Proposed] = None,
) -> List[Judged]:
    """Name the cause of every missed and every spurious relation of a document.

    Mentions are matched (`match_mentions`), and missed relations paired with spurious ones
    (`pair_relations`). Then the first of these that holds is the cause.

    Of a pair, and so of both its relations: a mention has other boundaries (wrong boundary);
    another type (wrong type); the label is another (wrong label); the direction is (wrong
    direction).

    Of a missed relation without a pair: no predicted mention stands for one of its mentions
    (missed mention); the one that does has other boundaries (wrong boundary) or another type (wrong
    type); the two mentions, both right, are no candidate in this direction (pruned candidate);
    otherwise the model did not find it (missed relation: below the threshold, or without a score).

    Of a spurious relation without a pair: one of its mentions stands for no gold mention (spurious
    mention); the gold one has other boundaries (wrong boundary) or another type (wrong type);
    otherwise its mentions are right and unrelated (spurious relation).

    So what is missed and what is spurious are judged alike: with gold and predicted exchanged, each
    cause but the pruned candidate becomes the other side's.

    gold (Iterable[RelationKey]): Gold relations; equal ones count once.
    predicted (Iterable[RelationKey]): Predicted ones; equal ones count once.
    gold_mentions (Iterable[MentionKey]): Gold mentions. Those of relations are added.
    predicted_mentions (Iterable[MentionKey]): Predicted ones. Those of relations are added.
    proposed (Optional[Proposed]): Says which pairs of mentions are candidates; None if that is not
        known, and then no cause is a pruned candidate.
    RETURNS (List[Judged]): Each gold and each predicted relation once.
    """
    gold, predicted = set(gold), set(predicted)
    ours = {*gold_mentions, *(end for key in gold for end in key[1:])}
    theirs = {*predicted_mentions, *(end for key in predicted for end in key[1:])}
    matched = match_mentions(ours, theirs)
    missed, spurious = sorted(gold - predicted), sorted(predicted - gold)
    pairs = pair_relations(missed, spurious, matched)
    rows = [Judged(key, key, RIGHT, True) for key in sorted(gold & predicted)]
    rows += [_pair(key, other, matched) for key, other in pairs.items()]
    rows += _lone_missed([key for key in missed if key not in pairs], matched, proposed)
    paired, back = set(pairs.values()), {other: end for end, other in matched.items()}
    for key in spurious:
        if key not in paired:
            cause = _mention_cause(key, back, SPURIOUS_MENTION)
            rows.append(Judged(None, key, cause or SPURIOUS_RELATION, cause is None))
    return rows


def _mention_cause(
    key: RelationKey, matched: Matched, unmatched: str = MISSED_MENTION
) -> Optional[str]:
    """What is wrong with the mentions of a relation, beside those that they are matched with."""
    found = [(end, matched.get(end)) for end in key[1:]]
    if any(other is None for _, other in found):
        return unmatched
    if any(other is not None and end[:2] != other[:2] for end, other in found):
        return WRONG_BOUNDARY
    return WRONG_TYPE if any(end != other for end, other in found) else None


def _pair(key: RelationKey, other: RelationKey, matched: Matched) -> Judged:
    cause = _mention_cause(key, matched)
    otherwise = WRONG_LABEL if key.label != other.label else WRONG_DIRECTION
    return Judged(key, other, cause or otherwise, cause is None)


def _lone_missed(
    keys: Sequence[RelationKey], matched: Matched, proposed: Optional[Proposed]
) -> List[Judged]:
    causes = [_mention_cause(key, matched) for key in keys]
    between = [key for key, cause in zip(keys, causes) if cause is None]
    known: Sequence[bool] = [True] * len(between)
    if proposed is not None and between:
        known = proposed([(key.head, key.tail) for key in between])
    of_pair = dict(zip(between, known))
    return [
        Judged(
            key, None, cause or (MISSED_RELATION if of_pair[key] else PRUNED_CANDIDATE), not cause
        )
        for key, cause in zip(keys, causes)
    ]


class Budget(NamedTuple):
    """What each cause costs.

    gold (int): Gold relations.
    predicted (int): Predicted ones.
    right (int): Those that are both.
    missed (Dict[str, int]): Missed gold relations by cause. Sums to gold − right.
    spurious (Dict[str, int]): Spurious predicted relations by cause. Sums to predicted − right.
    """

    gold: int
    predicted: int
    right: int
    missed: Dict[str, int]
    spurious: Dict[str, int]

    def lost(self, cause: str) -> float:
        """The part of F that a cause takes.

        1 − F = (missed + spurious) / (gold + predicted), so that a cause's own errors, divided by
        the same, are its part, and the parts of all causes add up to 1 − F.

        cause (str): One of CAUSES.
        RETURNS (float): From 0 to 1.
        """
        errors = self.missed[cause] + self.spurious[cause]
        return errors / max(self.gold + self.predicted, 1)

    def repaired(self, cause: str) -> float:
        """Micro-F if one cause alone were repaired.

        Each gold relation missed for it is found, and each spurious relation made for it is gone
        (of a pair, the spurious relation becomes the gold one). For mentions and candidates this is
        the most that a repair can bring, as the model would still have to find the relation.

        cause (str): One of CAUSES.
        RETURNS (float): From F to 1.
        """
        right = self.right + self.missed[cause]
        wrong = self.predicted - self.right - self.spurious[cause]
        return float(PRFScore(tp=right, fp=wrong, fn=self.gold - right).fscore)


def count_causes(rows: Iterable[Judged]) -> Budget:
    """Count the errors of all documents by cause.

    rows (Iterable[Judged]): What `judge_relations` returned for each.
    RETURNS (Budget): The counts.
    """
    missed, spurious = dict.fromkeys(CAUSES, 0), dict.fromkeys(CAUSES, 0)
    gold = predicted = right = 0
    for row in rows:
        gold += row.gold is not None
        predicted += row.predicted is not None
        right += row.cause == RIGHT
        if row.cause != RIGHT:
            missed[row.cause] += row.gold is not None
            spurious[row.cause] += row.predicted is not None
    return Budget(gold, predicted, right, missed, spurious)
