"""Gold labels of candidate pairs, and the choice of pairs to learn from."""

from collections import Counter
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc
from spacy.training import Example

from ..errors import Errors
from ..tokens import GROUP
from ..tokens.alignment import align_relations, mention_keys
from ..tokens.silver import silver_pairs
from ..types import Candidates, GoldPairs
from .label_space import LabelSpace

MakeCandidates = Callable[[Sequence[Doc]], Candidates]

PRUNED = "no candidate"
NOT_PREDICTED = "a mention is not among the entities"
UNKNOWN_LABEL = "a label that the pipeline does not know"


def read_gold(
    examples: Sequence[Example],
    candidates: Candidates,
    space: LabelSpace,
    component: str,
    *,
    strict: bool = True,
    by_last_token: bool = False,
) -> GoldPairs:
    """Read the gold labels of candidate pairs.

    examples (Sequence[Example]): The batch.
    candidates (Candidates): Its candidates.
    space (LabelSpace): The component's labels.
    component (str): The component's name, for errors.
    strict (bool): Whether an unknown label is an error. If not, its relations count as lost.
    by_last_token (bool): Whether the candidates are pairs of tokens, where a token represents the
        mention that ends with it.
    RETURNS (GoldPairs): Labels, annotated pairs, and the number of lost relations.
    RAISES (ValueError): If a label is unknown and `strict` is set.
    """
    labels = np.zeros((len(candidates), len(space.labels)), dtype=bool)
    annotated = np.zeros(len(candidates), dtype=bool)
    lost: Counter = Counter()
    total = 0
    for example, (mentions, part) in zip(examples, candidates.by_doc()):
        if GROUP not in example.reference.spans:
            continue
        keys = zip(*(column.tolist() for column in mentions))
        index = {key[1] if by_last_token else key: i for i, key in enumerate(keys)}
        aligned = align_relations(example)
        lost.update(aligned.lost)
        total += len(aligned.relations) + sum(aligned.lost.values())
        cells: List[Tuple[int, int, int]] = []
        for head, tail, label in aligned.relations:
            if label not in space.label_index:
                if strict:
                    known = ", ".join(space.labels)
                    raise ValueError(Errors.C007.format(label=label, name=component, known=known))
                lost[UNKNOWN_LABEL] += 1
                continue
            ends = (head[1], tail[1]) if by_last_token else (head, tail)
            if ends[0] in index and ends[1] in index:
                cells.append((index[ends[0]], index[ends[1]], space.label_index[label]))
            else:
                lost[NOT_PREDICTED] += 1
        pairs = candidates.pairs[part]
        if cells:
            heads, tails, columns = np.asarray(cells).T
            rows = find_rows(pairs, heads, tails)
            lost[PRUNED] += int((rows < 0).sum())
            labels[part.start + rows[rows >= 0], columns[rows >= 0]] = True
        silver = silver_pairs(example.reference)
        annotated[part] = silver is None
        if silver:
            group = [index.get(key, -1) for key in mention_keys(example)]
            silver_ends = [(group[pair.head], group[pair.tail]) for pair in silver]
            rows = find_rows(pairs, *np.asarray(silver_ends).T)
            annotated[part.start + rows[rows >= 0]] = True
    return GoldPairs(candidates, labels, annotated, +lost, total)


def find_rows(pairs: np.ndarray, heads: np.ndarray, tails: np.ndarray) -> np.ndarray:
    """Find the rows of given pairs in an array of pairs.

    pairs (ndarray): Mention indices of head and tail, in any order. Shape: (pairs, 2)
    heads (ndarray): Heads of the pairs to find; -1 matches no pair. Shape: (n,)
    tails (ndarray): Tails of the pairs to find; -1 matches no pair. Shape: (n,)
    RETURNS (ndarray): The row of each pair; -1 if it is not in the array. Shape: (n,)
    """
    if not len(pairs):
        return np.full(len(heads), -1)
    width = 2 + max(int(pairs.max()), int(heads.max()), int(tails.max()))
    keys = pairs @ [width, 1]
    targets = heads * width + tails
    order = np.argsort(keys, kind="stable")
    positions = np.searchsorted(keys, targets, sorter=order)
    rows = order[np.minimum(positions, len(keys) - 1)]
    return np.where((keys[rows] == targets) & (heads >= 0) & (tails >= 0), rows, -1)


def sample_pairs(gold: GoldPairs, negatives: Optional[float]) -> Tuple[Candidates, np.ndarray]:
    """Choose annotated pairs to learn from: all with a relation, and a sample of the rest.

    gold (GoldPairs): The pairs and their gold annotation.
    negatives (Optional[float]): Number of pairs without a relation for each pair with one. None for
        all annotated pairs.
    RETURNS (Tuple[Candidates, ndarray]): The chosen pairs, and their gold labels, bool. Shape:
        (pairs, labels)
    """
    keep = gold.annotated
    if negatives is not None:
        keep = np.asarray(gold.labels.any(axis=1))
        unrelated = np.flatnonzero(~keep & gold.annotated)
        # Keep some negatives in a batch without relations.
        limit = round(negatives * max(int(keep.sum()), 1))
        if limit < len(unrelated):
            unrelated = np.random.choice(unrelated, limit, replace=False)
        keep[unrelated] = True
    if keep.all():
        return gold.pairs, gold.labels
    return gold.pairs.select(np.flatnonzero(keep)), gold.labels[keep]


def recall_ceiling(
    examples: Iterable[Example],
    make_candidates: MakeCandidates,
    space: LabelSpace,
    component: str,
) -> Dict[str, Any]:
    """Count the gold relations that are among the candidates: the recall ceiling of a model.

    examples (Iterable[Example]): Examples whose predicted Doc has mentions.
    make_candidates (MakeCandidates): Creates the candidates of documents.
    space (LabelSpace): The component's labels and types.
    component (str): The component's name, for errors.
    RETURNS (Dict[str, Any]): "gold": number of gold relations; "reached": number of those among the
        candidates; "recall": their share, None without gold relations; "lost": number of gold
        relations that are not among the candidates, by reason.
    """
    lost: Counter = Counter()
    gold = 0
    for example in examples:
        candidates = make_candidates([example.predicted])
        pairs = read_gold([example], candidates, space, component, strict=False)
        lost.update(pairs.lost)
        gold += pairs.total
    reached = gold - sum(lost.values())
    recall = reached / gold if gold else None
    return {"gold": gold, "reached": reached, "recall": recall, "lost": dict(lost)}
