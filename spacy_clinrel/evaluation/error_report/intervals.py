"""Precision, recall and F from counts, and how sure they are: a bootstrap over documents."""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
from spacy.scorer import PRFScore

LEVEL = 0.95
SCORES = ("p", "r", "f")
# Numbers drawn at a time, so that memory stays bounded however many documents there are.
BLOCK = 2**22


class Counts(NamedTuple):
    """Gold, predicted and right cases of each document, by group.

    names (Sequence[str]): The groups: labels, types, bins.
    table (ndarray): Gold, predicted, right. Shape: (docs, groups, 3)
    """

    names: Sequence[str]
    table: np.ndarray


def ratios(counts: np.ndarray) -> np.ndarray:
    """Precision, recall and F.

    counts (ndarray): Gold, predicted, right. Shape: (..., 3)
    RETURNS (ndarray): P, R, F; nan where nothing is divided by. Shape: (..., 3)
    """
    gold, predicted, right = np.moveaxis(counts.astype("float64"), -1, 0)
    below = np.stack([predicted, gold, (gold + predicted) / 2], axis=-1)
    out = np.full(below.shape, np.nan)
    return np.divide(right[..., None], below, out=out, where=below > 0)


def resample(table: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """Sums over documents that are drawn with replacement, as many as there are.

    table (ndarray): Counts of each document. Shape: (docs, groups, 3)
    samples (int): How many times to draw. The same seed and number of documents draws the same
        documents, whatever is counted.
    seed (int): The seed.
    RETURNS (ndarray): Shape: (samples, groups, 3)
    """
    n = len(table)
    sums = np.zeros((samples, *table.shape[1:]))
    if not n:
        return sums
    dice = np.random.default_rng(seed)
    flat = table.reshape(n, -1).astype("float64")
    step = max(BLOCK // n, 1)
    for first in range(0, samples, step):
        block = sums[first : first + step]
        drawn = dice.integers(n, size=(len(block), n))
        # How often each document was drawn, for all samples of the block at once.
        place = drawn + np.arange(len(block))[:, None] * n
        times = np.bincount(place.ravel(), minlength=place.size).reshape(place.shape)
        block[:] = (times @ flat).reshape(block.shape)
    return sums


def interval(values: np.ndarray, docs: int) -> Optional[List[float]]:
    """The percentile interval of a figure.

    values (ndarray): The figure in each sample; samples in which it is nan are left out. Shape:
        (samples,)
    docs (int): How many documents the figure rests on.
    RETURNS (Optional[List[float]]): Its lower and upper bound; None where it rests on fewer than
        two documents, as drawing then says nothing.
    """
    known = values[~np.isnan(values)]
    if docs < 2 or not len(known):
        return None
    tail = (1 - LEVEL) / 2
    return [float(bound) for bound in np.quantile(known, (tail, 1 - tail))]


def figures(counts: Counts, samples: int, seed: int) -> Tuple[List[Dict[str, Any]], np.ndarray]:
    """P, R and F of each group with intervals.

    counts (Counts): The counts.
    samples (int): Bootstrap samples.
    seed (int): Their seed.
    RETURNS (Tuple[List[Dict[str, Any]], ndarray]): For each group its name, "gold", "predicted" and
        "right" counts, "docs" that have any, P, R and F as the scorers compute them (0 where they
        divide by nothing), and "intervals"; and the figures of the samples. Shape: (samples,
        groups, 3)
    """
    drawn = ratios(resample(counts.table, samples, seed))
    rows = []
    for i, name in enumerate(counts.names):
        gold, predicted, right = (int(n) for n in counts.table[:, i].sum(axis=0))
        # The documents that P, R and F each rest on.
        some = counts.table[:, i, :2] > 0
        docs = (some[:, 1].sum(), some[:, 0].sum(), some.any(axis=1).sum())
        score = PRFScore(tp=right, fp=predicted - right, fn=gold - right)
        intervals = {key: interval(drawn[:, i, k], docs[k]) for k, key in enumerate(SCORES)}
        rows.append(
            {
                "name": name,
                **{"gold": gold, "predicted": predicted, "right": right, "docs": int(docs[2])},
                **score.to_dict(),
                "intervals": intervals,
            }
        )
    return rows, drawn


def summary(counts: Counts, samples: int, seed: int) -> Dict[str, Any]:
    """Figures by group, over all groups (micro), and their mean (macro).

    counts (Counts): The counts of labels or types, of which each case has one.
    samples (int): Bootstrap samples.
    seed (int): Their seed.
    RETURNS (Dict[str, Any]): "micro" as `figures` has it, "macro_f", the mean F of the groups that
        are in gold or predicted, its "macro_f_interval", and "groups", the largest first.
    """
    groups, drawn = figures(counts, samples, seed)
    groups = [row for row in groups if row["gold"] or row["predicted"]]
    everything = Counts(["micro"], counts.table.sum(axis=1, keepdims=True))
    (micro,), _ = figures(everything, samples, seed)
    known = ~np.isnan(drawn[..., 2])
    sums = np.where(known, drawn[..., 2], 0.0).sum(axis=1)
    means = np.divide(
        sums, known.sum(axis=1), out=np.full(len(sums), np.nan), where=known.any(axis=1)
    )
    macro = sum(row["f"] for row in groups) / max(len(groups), 1)
    return {
        "micro": micro,
        "macro_f": macro,
        "macro_f_interval": interval(means, micro["docs"]),
        "groups": sorted(groups, key=lambda row: (-row["gold"], -row["predicted"], row["name"])),
    }
