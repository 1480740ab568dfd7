"""The confusion matrix of relation labels, including no relation."""

from collections import Counter
from typing import Any, Dict, Iterable, List, Optional, Tuple

import numpy as np

from .budget import JudgedRelation


def confusion(rows: Iterable[JudgedRelation]) -> Dict[str, Any]:
    """Count gold against predicted labels, for pairs of mentions that are both gold and predicted.

    Direction counts: (a, b) and (b, a) are two pairs, so a wrong direction is one missed and one
    spurious relation. If a pair has several labels, equal labels are counted as correct, then the
    others against each other in alphabetical order, and the rest against no relation. Pairs without
    a relation on either side are not counted.

    rows (Iterable[JudgedRelation]): Judged relations.
    RETURNS (Dict[str, Any]): The "labels", by decreasing number of gold relations; the "matrix" of
        counts, shape (labels + 1, labels + 1), with gold labels in rows, predicted labels in
        columns and no relation last; and "gold_outside" and "predicted_outside", the number of
        relations whose mentions are not both correct.
    """
    cells: Counter = Counter()
    outside: Counter = Counter()
    gold_counts: Counter = Counter()
    for row in rows:
        if row.gold:
            gold_counts[row.gold.label] += 1
        if row.has_right_mentions:
            cells.update(_cells(row))
        else:
            outside["gold"] += row.gold is not None
            outside["predicted"] += row.predicted is not None
    known = {label for cell in cells for label in cell if label is not None}
    labels: List[Any] = sorted(known, key=lambda label: (-gold_counts[label], label))
    index = {label: i for i, label in enumerate([*labels, None])}
    matrix = np.zeros((len(index), len(index)), dtype="int64")
    for (gold, predicted), count in cells.items():
        matrix[index[gold], index[predicted]] = count
    return {
        "labels": labels,
        "matrix": matrix.tolist(),
        "gold_outside": outside["gold"],
        "predicted_outside": outside["predicted"],
    }


def _cells(row: JudgedRelation) -> List[Tuple[Optional[str], Optional[str]]]:
    """Return the gold and predicted labels that a row adds to the matrix; None is no relation."""
    gold = row.gold.label if row.gold else None
    predicted = row.predicted.label if row.predicted else None
    if row.gold and row.predicted and row.gold[1:] != row.predicted[1:]:
        return [(gold, None), (None, predicted)]
    return [(gold, predicted)]
