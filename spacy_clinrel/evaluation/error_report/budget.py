"""The error budget: every missed and every spurious relation has one cause."""

from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from spacy.scorer import PRFScore

from ..scorers import MentionKey, RelationKey
from .matching import MentionMatches, match_mentions, pair_relations

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

# Head and tail
MentionPair = Tuple[MentionKey, MentionKey]
# Mention pairs → whether each is a candidate
CandidateTest = Callable[[Sequence[MentionPair]], Sequence[bool]]


class JudgedRelation(NamedTuple):
    """A gold relation, a predicted relation, or a pair of them, and the cause of the error.

    gold (Optional[RelationKey]): The gold relation.
    predicted (Optional[RelationKey]): The predicted relation.
    cause (str): "right", or one of CAUSES. A pair has the same cause for both relations.
    has_right_mentions (bool): Whether both mentions are correct: gold and predicted with the same
        boundaries and type.
    """

    gold: Optional[RelationKey]
    predicted: Optional[RelationKey]
    cause: str
    has_right_mentions: bool


def judge_relations(
    gold: Iterable[RelationKey],
    predicted: Iterable[RelationKey],
    gold_mentions: Iterable[MentionKey],
    predicted_mentions: Iterable[MentionKey],
    are_candidates: Optional[CandidateTest] = None,
) -> List[JudgedRelation]:
    """Find the cause of every missed and every spurious relation of a document.

    Mentions are matched (`match_mentions`), and missed relations are paired with spurious ones
    (`pair_relations`). The first of these conditions that holds is the cause.

    For a pair: the boundaries of a mention differ (wrong boundary); the type of a mention differs
    (wrong type); the labels differ (wrong label); the directions differ (wrong direction).

    For an unpaired missed relation: a mention has no match (missed mention); the match has other
    boundaries (wrong boundary) or another type (wrong type); both mentions are correct, but the
    pair is not a candidate in this direction (pruned candidate); otherwise the model missed it
    (missed relation: its score is below the threshold, or it has no score).

    For an unpaired spurious relation: a mention has no match (spurious mention); the match has
    other boundaries (wrong boundary) or another type (wrong type); otherwise both mentions are
    correct, but have no gold relation (spurious relation).

    The rules are symmetric: exchanging gold and predicted exchanges the causes of the two sides.
    Only the pruned candidate has no counterpart.

    gold (Iterable[RelationKey]): Gold relations. Duplicates count once.
    predicted (Iterable[RelationKey]): Predicted relations. Duplicates count once.
    gold_mentions (Iterable[MentionKey]): Gold mentions. The mentions of relations are added.
    predicted_mentions (Iterable[MentionKey]): Predicted mentions. The mentions of relations are
        added.
    are_candidates (Optional[CandidateTest]): Tests which mention pairs are candidates. None if the
        candidates are unknown; then no relation has the cause "pruned candidate".
    RETURNS (List[JudgedRelation]): Each gold and each predicted relation once.
    """
    gold, predicted = set(gold), set(predicted)
    matches = match_mentions(
        {*gold_mentions, *(mention for key in gold for mention in key[1:])},
        {*predicted_mentions, *(mention for key in predicted for mention in key[1:])},
    )
    missed, spurious = sorted(gold - predicted), sorted(predicted - gold)
    pairs = pair_relations(missed, spurious, matches)
    rows = [JudgedRelation(key, key, RIGHT, True) for key in sorted(gold & predicted)]
    rows += [_judge_pair(key, other, matches) for key, other in pairs.items()]
    rows += _judge_missed([key for key in missed if key not in pairs], matches, are_candidates)
    paired = set(pairs.values())
    gold_by_predicted = {other: mention for mention, other in matches.items()}
    for key in spurious:
        if key not in paired:
            cause = _mention_cause(key, gold_by_predicted, SPURIOUS_MENTION)
            rows.append(JudgedRelation(None, key, cause or SPURIOUS_RELATION, cause is None))
    return rows


def _mention_cause(
    key: RelationKey, matches: MentionMatches, unmatched: str = MISSED_MENTION
) -> Optional[str]:
    """Return the cause of an error in the mentions of a relation.

    key (RelationKey): The relation.
    matches (MentionMatches): Matches of the mentions on the relation's side.
    unmatched (str): The cause if a mention has no match.
    RETURNS (Optional[str]): The cause; None if both mentions are correct.
    """
    ends = [(mention, matches.get(mention)) for mention in key[1:]]
    if any(match is None for _, match in ends):
        return unmatched
    if any(match is not None and mention[:2] != match[:2] for mention, match in ends):
        return WRONG_BOUNDARY
    return WRONG_TYPE if any(mention != match for mention, match in ends) else None


def _judge_pair(key: RelationKey, other: RelationKey, matches: MentionMatches) -> JudgedRelation:
    cause = _mention_cause(key, matches)
    relation_cause = WRONG_LABEL if key.label != other.label else WRONG_DIRECTION
    return JudgedRelation(key, other, cause or relation_cause, cause is None)


def _judge_missed(
    keys: Sequence[RelationKey], matches: MentionMatches, are_candidates: Optional[CandidateTest]
) -> List[JudgedRelation]:
    """Find the causes of unpaired missed relations."""
    causes = [_mention_cause(key, matches) for key in keys]
    between_right = [key for key, cause in zip(keys, causes) if cause is None]
    flags: Sequence[bool] = [True] * len(between_right)
    if are_candidates is not None and between_right:
        flags = are_candidates([(key.head, key.tail) for key in between_right])
    is_candidate = dict(zip(between_right, flags))
    rows = []
    for key, cause in zip(keys, causes):
        if cause is None:
            relation_cause = MISSED_RELATION if is_candidate[key] else PRUNED_CANDIDATE
            rows.append(JudgedRelation(key, None, relation_cause, True))
        else:
            rows.append(JudgedRelation(key, None, cause, False))
    return rows


class Budget(NamedTuple):
    """Number of errors by cause.

    gold (int): Number of gold relations.
    predicted (int): Number of predicted relations.
    right (int): Number of correctly predicted relations.
    missed (Dict[str, int]): Missed gold relations by cause. They sum to gold − right.
    spurious (Dict[str, int]): Spurious predicted relations by cause. They sum to predicted − right.
    """

    gold: int
    predicted: int
    right: int
    missed: Dict[str, int]
    spurious: Dict[str, int]

    def f_lost(self, cause: str) -> float:
        """Return the loss of micro-F that a cause accounts for.

        1 − F = (missed + spurious) / (gold + predicted). The loss of a cause is its number of
        errors over the same denominator, so the losses of all causes sum to 1 − F.

        cause (str): One of CAUSES.
        RETURNS (float): The loss, from 0 to 1.
        """
        errors = self.missed[cause] + self.spurious[cause]
        return errors / max(self.gold + self.predicted, 1)

    def f_repaired(self, cause: str) -> float:
        """Return the micro-F that would result if all errors of a cause were corrected.

        Each missed relation of this cause becomes correct, and each spurious relation of this cause
        is removed (in a pair, the spurious relation becomes the gold one). For mentions and
        candidates this is an upper bound, as the model would still have to predict the relation.

        cause (str): One of CAUSES.
        RETURNS (float): From F to 1.
        """
        right = self.right + self.missed[cause]
        wrong = self.predicted - self.right - self.spurious[cause]
        return float(PRFScore(tp=right, fp=wrong, fn=self.gold - right).fscore)


def count_causes(rows: Iterable[JudgedRelation]) -> Budget:
    """Count errors by cause.

    rows (Iterable[JudgedRelation]): Judged relations of any number of documents.
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
