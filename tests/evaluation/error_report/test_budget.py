"""The error budget: an example of each cause, and properties that hold for all relations."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacy_clinrel.evaluation.error_report.budget import (
    CAUSES,
    MISSED_MENTION,
    MISSED_RELATION,
    PRUNED_CANDIDATE,
    RIGHT,
    SPURIOUS_MENTION,
    SPURIOUS_RELATION,
    WRONG_BOUNDARY,
    WRONG_DIRECTION,
    WRONG_LABEL,
    WRONG_TYPE,
    count_causes,
    judge_relations,
)
from spacy_clinrel.evaluation.error_report.confusion import confusion
from spacy_clinrel.evaluation.error_report.matching import match_mentions
from spacy_clinrel.evaluation.scorers import RelationKey

A, B, C = (0, 2, "x"), (3, 5, "y"), (6, 9, "y")
EXCHANGED = {
    MISSED_MENTION: SPURIOUS_MENTION,
    SPURIOUS_MENTION: MISSED_MENTION,
    MISSED_RELATION: SPURIOUS_RELATION,
    SPURIOUS_RELATION: MISSED_RELATION,
}


def rel(label, head, tail):
    return RelationKey(label, head, tail)


def judge(
    gold, predicted, are_candidates=None, gold_mentions=(A, B, C), predicted_mentions=(A, B, C)
):
    """Return the cause, gold label and predicted label of each row of the budget."""
    rows = judge_relations(gold, predicted, gold_mentions, predicted_mentions, are_candidates)
    return {
        (row.cause, row.gold and row.gold.label, row.predicted and row.predicted.label)
        for row in rows
    }


# The tail that is predicted in place of B, and the cause of the error.
ENDS = [
    ((3, 5, "z"), WRONG_TYPE),
    ((3, 6, "y"), WRONG_BOUNDARY),
    ((4, 6, "z"), WRONG_BOUNDARY),  # The type is wrong too, but the boundary comes first.
]


@pytest.mark.parametrize("end, cause", ENDS)
def test_wrong_mentions(end, cause):
    """The cause is the same whether relations are matched as a pair, also with different labels, or
    not matched."""
    predicted_mentions = (A, end)
    gold = [rel("p", A, B)]
    for label in "pq":
        causes = judge(gold, [rel(label, A, end)], None, (A, B), predicted_mentions)
        assert causes == {(cause, "p", label)}
    assert judge(gold, [], None, (A, B), predicted_mentions) == {(cause, "p", None)}
    assert judge([], [rel("p", A, end)], None, (A, B), predicted_mentions) == {(cause, None, "p")}


def test_missed_and_spurious_mentions():
    far = (20, 22, "y")
    causes = judge([rel("p", A, B)], [rel("p", A, far)], None, (A, B), (A, far))
    assert causes == {(MISSED_MENTION, "p", None), (SPURIOUS_MENTION, None, "p")}
    # Adjacent mentions do not overlap.
    assert match_mentions([(0, 2, "x")], [(2, 4, "x")]) == {}


def test_wrong_labels_and_directions():
    assert judge([rel("p", A, B)], [rel("q", A, B)]) == {(WRONG_LABEL, "p", "q")}
    assert judge([rel("p", A, B)], [rel("p", B, A)]) == {(WRONG_DIRECTION, "p", "p")}
    causes = judge([rel("p", A, B)], [rel("q", B, A)])
    assert causes == {(MISSED_RELATION, "p", None), (SPURIOUS_RELATION, None, "q")}


def test_relations_are_paired_one_to_one():
    """Matches with different labels are made before matches with opposite directions, in label
    order."""
    causes = judge([rel("p", A, B), rel("q", A, B)], [rel("r", A, B)])
    assert causes == {(WRONG_LABEL, "p", "r"), (MISSED_RELATION, "q", None)}
    causes = judge([rel("p", A, B), rel("q", B, A)], [rel("q", A, B)])
    assert causes == {(WRONG_LABEL, "p", "q"), (MISSED_RELATION, "q", None)}
    causes = judge([rel("p", A, B), rel("q", A, B)], [rel("q", A, B), rel("r", A, B)])
    assert causes == {(WRONG_LABEL, "p", "r"), (RIGHT, "q", "q")}


def test_right_mentions_are_matched_with_themselves():
    """Of two overlapping gold mentions, one is predicted and the other is missed."""
    inner = (0, 1, "x")
    assert match_mentions([A, inner], [A]) == {A: A}
    # The same type comes before the larger overlap.
    assert match_mentions([(0, 9, "x")], [(1, 9, "y"), (0, 3, "x")]) == {(0, 9, "x"): (0, 3, "x")}
    assert match_mentions([(0, 9, "x")], [(0, 3, "x"), (3, 8, "x")]) == {(0, 9, "x"): (3, 8, "x")}


def test_pruned_candidates():
    tested = []

    def are_candidates(pairs):
        tested.extend(pairs)
        return [pair == (A, B) for pair in pairs]

    gold = [rel("p", A, B), rel("p", B, C), rel("p", C, A), rel("q", A, B)]
    causes = Counter(
        row.cause for row in judge_relations(gold, [rel("r", C, A)], [], [A, B, C], are_candidates)
    )
    # A paired relation was a candidate, so it is not tested.
    assert causes == {MISSED_RELATION: 2, PRUNED_CANDIDATE: 1, WRONG_LABEL: 1}
    assert sorted(tested) == [(A, B), (A, B), (B, C)]


def test_f_lost_and_f_repaired():
    """7 gold relations, 6 predicted, 3 correct: F = 6 / 13."""
    right = [rel(label, A, B) for label in "stu"]
    gold = [*right, rel("p", A, C), rel("p", B, C), rel("p", C, B), rel("p", C, A)]
    predicted = [*right, rel("q", A, C), rel("q", B, A), rel("r", B, A)]
    budget = count_causes(judge_relations(gold, predicted, [], [A, B, C]))
    assert (budget.gold, budget.predicted, budget.right) == (7, 6, 3)
    # The prediction with the wrong label becomes right.
    assert budget.f_repaired(WRONG_LABEL) == pytest.approx(2 * 4 / 13)
    assert budget.f_repaired(MISSED_RELATION) == pytest.approx(2 * 6 / 16)
    assert budget.f_repaired(SPURIOUS_RELATION) == pytest.approx(2 * 3 / 11)
    assert budget.f_lost(WRONG_LABEL) == pytest.approx(2 / 13)


SPANS = st.tuples(st.integers(0, 8), st.integers(1, 4), st.sampled_from("xy")).map(
    lambda row: (row[0], row[0] + row[1], row[2])
)
RELATIONS = st.lists(st.builds(RelationKey, st.sampled_from("pqr"), SPANS, SPANS), max_size=8)
MENTIONS = st.lists(SPANS, max_size=5)


@given(RELATIONS, RELATIONS, MENTIONS, MENTIONS, st.booleans())
def test_causes_sum_to_all_errors(gold, predicted, gold_mentions, predicted_mentions, known):
    """Every relation has exactly one cause."""
    rows = judge_relations(
        gold, predicted, gold_mentions, predicted_mentions, lambda pairs: [known] * len(pairs)
    )
    assert Counter(row.gold for row in rows if row.gold) == Counter(set(gold))
    assert Counter(row.predicted for row in rows if row.predicted) == Counter(set(predicted))
    budget = count_causes(rows)
    gold, predicted = set(gold), set(predicted)
    assert budget.right == len(gold & predicted)
    assert sum(budget.missed.values()) == len(gold - predicted)
    assert sum(budget.spurious.values()) == len(predicted - gold)
    if gold or predicted:
        f = 2 * budget.right / (len(gold) + len(predicted))
        assert sum(map(budget.f_lost, CAUSES)) == pytest.approx(1 - f)
        assert all(budget.f_repaired(cause) >= f - 1e-9 for cause in CAUSES)
    assert budget.missed[PRUNED_CANDIDATE if known else MISSED_RELATION] == 0
    matrix = confusion(rows)
    cells = matrix["matrix"]
    assert matrix["gold_outside"] + sum(map(sum, cells[:-1])) == len(gold)
    columns = sum(sum(row[:-1]) for row in cells)
    assert matrix["predicted_outside"] + columns == len(predicted)
    assert sum(cells[i][i] for i in range(len(cells))) == budget.right


@given(RELATIONS, RELATIONS, MENTIONS, MENTIONS)
def test_exchanging_gold_and_predicted_exchanges_causes(
    gold, predicted, gold_mentions, predicted_mentions
):
    budget = count_causes(judge_relations(gold, predicted, gold_mentions, predicted_mentions))
    other = count_causes(judge_relations(predicted, gold, predicted_mentions, gold_mentions))
    for cause in CAUSES:
        mirror = EXCHANGED.get(cause, cause)
        assert budget.missed[cause] == other.spurious[mirror]
        assert budget.spurious[cause] == other.missed[mirror]


@given(MENTIONS, MENTIONS)
def test_mentions_are_matched_one_to_one(gold, predicted):
    """Equal mentions are matched with each other, and no two overlapping mentions remain
    unmatched."""
    matches = match_mentions(gold, predicted)
    assert len(set(matches.values())) == len(matches)
    assert matches.keys() <= set(gold) and set(matches.values()) <= set(predicted)
    assert all(matches[key] == key for key in set(gold) & set(predicted))
    for a in set(gold) - matches.keys():
        for b in set(predicted) - set(matches.values()):
            assert min(a[1], b[1]) <= max(a[0], b[0])
