"""The error budget: each cause by an example, and what holds for any relations."""

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
from spacy_clinrel.evaluation.error_report.matching import RelationKey, match_mentions

A, B, C = (0, 2, "x"), (3, 5, "y"), (6, 9, "y")
EXCHANGED = {
    MISSED_MENTION: SPURIOUS_MENTION,
    SPURIOUS_MENTION: MISSED_MENTION,
    MISSED_RELATION: SPURIOUS_RELATION,
    SPURIOUS_RELATION: MISSED_RELATION,
}


def rel(label, head, tail):
    return RelationKey(label, head, tail)


def judge(gold, predicted, proposed=None, gold_mentions=(A, B, C), predicted_mentions=(A, B, C)):
    """RETURNS (Set): Cause, gold label and predicted label of each row."""
    rows = judge_relations(gold, predicted, gold_mentions, predicted_mentions, proposed)
    return {
        (row.cause, row.gold and row.gold.label, row.predicted and row.predicted.label)
        for row in rows
    }


# Tail of the prediction for B, and its cause.
ENDS = [
    ((3, 5, "z"), WRONG_TYPE),
    ((3, 6, "y"), WRONG_BOUNDARY),
    ((4, 6, "z"), WRONG_BOUNDARY),  # the type is wrong as well: the boundary comes first
]


@pytest.mark.parametrize("end, cause", ENDS)
def test_mentions(end, cause):
    """Gold and prediction are one pair, even with another label; without one, the mention that is
    there is still not right."""
    there = (A, end)
    gold = [rel("p", A, B)]
    for label in "pq":
        found = judge(gold, [rel(label, A, end)], None, (A, B), there)
        assert found == {(cause, "p", label)}
    assert judge(gold, [], None, (A, B), there) == {(cause, "p", None)}
    assert judge([], [rel("p", A, end)], None, (A, B), there) == {(cause, None, "p")}


def test_missed_and_spurious_mentions():
    far = (20, 22, "y")
    found = judge([rel("p", A, B)], [rel("p", A, far)], None, (A, B), (A, far))
    assert found == {(MISSED_MENTION, "p", None), (SPURIOUS_MENTION, None, "p")}
    # A mention that touches another does not overlap it.
    assert match_mentions([(0, 2, "x")], [(2, 4, "x")]) == {}


def test_labels_and_directions():
    assert judge([rel("p", A, B)], [rel("q", A, B)]) == {(WRONG_LABEL, "p", "q")}
    assert judge([rel("p", A, B)], [rel("p", B, A)]) == {(WRONG_DIRECTION, "p", "p")}
    both = judge([rel("p", A, B)], [rel("q", B, A)])
    assert both == {(MISSED_RELATION, "p", None), (SPURIOUS_RELATION, None, "q")}


def test_competition():
    """One spurious relation stands for one missed relation: the label before the direction, and
    the labels in their order."""
    found = judge([rel("p", A, B), rel("q", A, B)], [rel("r", A, B)])
    assert found == {(WRONG_LABEL, "p", "r"), (MISSED_RELATION, "q", None)}
    found = judge([rel("p", A, B), rel("q", B, A)], [rel("q", A, B)])
    assert found == {(WRONG_LABEL, "p", "q"), (MISSED_RELATION, "q", None)}
    found = judge([rel("p", A, B), rel("q", A, B)], [rel("q", A, B), rel("r", A, B)])
    assert found == {(WRONG_LABEL, "p", "r"), (RIGHT, "q", "q")}


def test_a_right_mention_stands_for_no_other():
    """Two mentions overlap; one is found, and the other is missed."""
    inner = (0, 1, "x")
    assert match_mentions([A, inner], [A]) == {A: A}
    # The same type comes before the larger overlap.
    assert match_mentions([(0, 9, "x")], [(1, 9, "y"), (0, 3, "x")]) == {(0, 9, "x"): (0, 3, "x")}
    assert match_mentions([(0, 9, "x")], [(0, 3, "x"), (3, 8, "x")]) == {(0, 9, "x"): (3, 8, "x")}


def test_candidates():
    asked = []

    def proposed(pairs):
        asked.extend(pairs)
        return [pair == (A, B) for pair in pairs]

    gold = [rel("p", A, B), rel("p", B, C), rel("p", C, A), rel("q", A, B)]
    found = Counter(
        row.cause for row in judge_relations(gold, [rel("r", C, A)], [], [A, B, C], proposed)
    )
    # What has a counterpart was a candidate, so nobody asks.
    assert found == {MISSED_RELATION: 2, PRUNED_CANDIDATE: 1, WRONG_LABEL: 1}
    assert sorted(asked) == [(A, B), (A, B), (B, C)]


def test_repairs():
    """7 gold relations, 6 predicted, 3 right: F = 6 / 13."""
    right = [rel(label, A, B) for label in "stu"]
    gold = [*right, rel("p", A, C), rel("p", B, C), rel("p", C, B), rel("p", C, A)]
    predicted = [*right, rel("q", A, C), rel("q", B, A), rel("r", B, A)]
    budget = count_causes(judge_relations(gold, predicted, [], [A, B, C]))
    assert (budget.gold, budget.predicted, budget.right) == (7, 6, 3)
    # Of a wrong label, the prediction itself becomes right.
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
def test_the_parts_add_up(gold, predicted, ours, theirs, known):
    """Every relation is judged once, and the errors by cause sum to all errors."""
    rows = judge_relations(gold, predicted, ours, theirs, lambda pairs: [known] * len(pairs))
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
def test_both_sides_are_judged_alike(gold, predicted, ours, theirs):
    """With gold and predicted exchanged, the causes are."""
    one = count_causes(judge_relations(gold, predicted, ours, theirs))
    other = count_causes(judge_relations(predicted, gold, theirs, ours))
    for cause in CAUSES:
        mirror = EXCHANGED.get(cause, cause)
        assert one.missed[cause] == other.spurious[mirror]
        assert one.spurious[cause] == other.missed[mirror]


@given(MENTIONS, MENTIONS)
def test_mentions_are_matched_one_to_one(ours, theirs):
    """No mention twice, equal ones with each other, and no two left that overlap."""
    matched = match_mentions(ours, theirs)
    assert len(set(matched.values())) == len(matched)
    assert matched.keys() <= set(ours) and set(matched.values()) <= set(theirs)
    assert all(matched[key] == key for key in set(ours) & set(theirs))
    for a in set(ours) - matched.keys():
        for b in set(theirs) - set(matched.values()):
            assert min(a[1], b[1]) <= max(a[0], b[0])
