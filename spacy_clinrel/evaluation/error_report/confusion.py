"""Which labels are taken for which, and for no relation."""

from collections import Counter
from typing import Any, Dict, Iterable, List

import numpy as np

from .budget import Judged


def confusion(rows: Iterable[Judged]) -> Dict[str, Any]:
    """Count gold against predicted labels of the pairs of mentions that are gold and predicted.

    The direction counts: (a, b) and (b, a) are two pairs, so that a wrong direction is one missed
    relation and one spurious. Of a pair with several labels, equal ones are counted as right, then
    the others against each other in their order, and what is left against no relation. Pairs
    related in neither are not counted.

    rows (Iterable[Judged]): What `judge_relations` returned.
    RETURNS (Dict[str, Any]): "labels", the most frequent in gold first; "matrix" of counts, gold by
        row and predicted by column, the last of each for no relation; and "gold_outside" and
        "predicted_outside", relations whose mentions are not both right.
    """
    cells: Counter = Counter()
    outside: Counter = Counter()
    gold: Counter = Counter()
    for row in rows:
        ours = row.gold.label if row.gold else None
        theirs = row.predicted.label if row.predicted else None
        gold.update([ours] if ours is not None else [])
        if not row.found:
            outside["gold"] += row.gold is not None
            outside["predicted"] += row.predicted is not None
        elif row.gold and row.predicted and row.gold[1:] != row.predicted[1:]:
            cells.update([(ours, None), (None, theirs)])
        else:
            cells[ours, theirs] += 1
    known = {label for cell in cells for label in cell if label is not None}
    labels: List[Any] = sorted(known, key=lambda label: (-gold[label], label))
    index = {label: i for i, label in enumerate([*labels, None])}
    matrix = np.zeros((len(index), len(index)), dtype="int64")
    for (ours, theirs), count in cells.items():
        matrix[index[ours], index[theirs]] = count
    return {
        "labels": labels,
        "matrix": matrix.tolist(),
        "gold_outside": outside["gold"],
        "predicted_outside": outside["predicted"],
    }
