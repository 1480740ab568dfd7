"""Precision, recall and F with confidence intervals from a bootstrap over documents."""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
from spacy.scorer import PRFScore

LEVEL = 0.95
SCORES = ("p", "r", "f")
# Number of random draws per block. It bounds memory for any number of documents.
BLOCK = 2**22


class Counts(NamedTuple):
    """Number of gold, predicted and correct cases by document and group.

    names (Sequence[str]): Names of the groups, e.g. labels, types or bins.
    table (ndarray): Gold, predicted, correct. Shape: (docs, groups, 3)
    """

    names: Sequence[str]
    table: np.ndarray


def compute_scores(counts: np.ndarray) -> np.ndarray:
    """Compute precision, recall and F.

    counts (ndarray): Gold, predicted, correct. Shape: (..., 3)
    RETURNS (ndarray): P, R, F; NaN where the denominator is 0. Shape: (..., 3)
    """
    gold, predicted, right = np.moveaxis(counts.astype("float64"), -1, 0)
    denominators = np.stack([predicted, gold, (gold + predicted) / 2], axis=-1)
    out = np.full(denominators.shape, np.nan)
    return np.divide(right[..., None], denominators, out=out, where=denominators > 0)


def resample(table: np.ndarray, samples: int, seed: int) -> np.ndarray:
    """Draw as many documents as there are, with replacement, and sum their counts.

    table (ndarray): Counts of each document. Shape: (docs, groups, 3)
    samples (int): Number of bootstrap samples. The documents drawn depend on the seed and the
        number of documents only, so different counts are resampled with the same documents.
    seed (int): The seed.
    RETURNS (ndarray): The sums. Shape: (samples, groups, 3)
    """
    n_docs = len(table)
    sums = np.zeros((samples, *table.shape[1:]))
    if not n_docs:
        return sums
    generator = np.random.default_rng(seed)
    flat = table.reshape(n_docs, -1).astype("float64")  # (docs, groups * 3)
    step = max(BLOCK // n_docs, 1)
    for first in range(0, samples, step):
        block = sums[first : first + step]
        drawn = generator.integers(n_docs, size=(len(block), n_docs))
        # How often each document was drawn, for all samples of the block at once.
        codes = drawn + np.arange(len(block))[:, None] * n_docs
        frequency = np.bincount(codes.ravel(), minlength=codes.size).reshape(codes.shape)
        block[:] = (frequency @ flat).reshape(block.shape)
    return sums


def percentile_interval(values: np.ndarray, n_docs: int) -> Optional[List[float]]:
    """Compute the percentile interval of a score.

    values (ndarray): The score of each sample. NaN is ignored. Shape: (samples,)
    n_docs (int): Number of documents that the score depends on.
    RETURNS (Optional[List[float]]): Lower and upper bound; None for fewer than two documents, as
        all samples are then equal.
    """
    known = values[~np.isnan(values)]
    if n_docs < 2 or not len(known):
        return None
    tail = (1 - LEVEL) / 2
    return [float(bound) for bound in np.quantile(known, (tail, 1 - tail))]


def score_groups(
    counts: Counts, samples: int, seed: int
) -> Tuple[List[Dict[str, Any]], np.ndarray]:
    """Compute precision, recall and F of each group with intervals.

    counts (Counts): The counts.
    samples (int): Number of bootstrap samples.
    seed (int): Seed of the samples.
    RETURNS (Tuple[List[Dict[str, Any]], ndarray]): For each group its "name", the counts "gold",
        "predicted" and "right" (correct), "docs", the number of documents with a gold or predicted
        case, the scores "p", "r" and "f" as the scorers compute them (0 where the denominator is
        0), and their "intervals"; and the scores of the samples, shape (samples, groups, 3).
    """
    sampled = compute_scores(resample(counts.table, samples, seed))
    rows = []
    for i, name in enumerate(counts.names):
        gold, predicted, right = (int(n) for n in counts.table[:, i].sum(axis=0))
        # Number of documents that P, R and F depend on.
        has_cases = counts.table[:, i, :2] > 0
        n_docs = (has_cases[:, 1].sum(), has_cases[:, 0].sum(), has_cases.any(axis=1).sum())
        score = PRFScore(tp=right, fp=predicted - right, fn=gold - right)
        intervals = {
            key: percentile_interval(sampled[:, i, k], n_docs[k]) for k, key in enumerate(SCORES)
        }
        rows.append(
            {
                "name": name,
                **{"gold": gold, "predicted": predicted, "right": right, "docs": int(n_docs[2])},
                **score.to_dict(),
                "intervals": intervals,
            }
        )
    return rows, sampled


def summarize_scores(counts: Counts, samples: int, seed: int) -> Dict[str, Any]:
    """Compute scores by group, over all groups (micro), and their mean (macro).

    counts (Counts): Counts by label or type. Each case has exactly one.
    samples (int): Number of bootstrap samples.
    seed (int): Seed of the samples.
    RETURNS (Dict[str, Any]): "micro", as in `score_groups`; "macro_f", the mean F of the groups
        that are gold or predicted, and its "macro_f_interval"; and "groups", by decreasing number
        of gold cases.
    """
    groups, sampled = score_groups(counts, samples, seed)
    groups = [row for row in groups if row["gold"] or row["predicted"]]
    all_groups = Counts(["micro"], counts.table.sum(axis=1, keepdims=True))
    (micro,), _ = score_groups(all_groups, samples, seed)
    is_known = ~np.isnan(sampled[..., 2])
    sums = np.where(is_known, sampled[..., 2], 0.0).sum(axis=1)
    means = np.divide(
        sums, is_known.sum(axis=1), out=np.full(len(sums), np.nan), where=is_known.any(axis=1)
    )
    macro = sum(row["f"] for row in groups) / max(len(groups), 1)
    return {
        "micro": micro,
        "macro_f": macro,
        "macro_f_interval": percentile_interval(means, micro["docs"]),
        "groups": sorted(groups, key=lambda row: (-row["gold"], -row["predicted"], row["name"])),
    }
