"""What components that find relations read from gold documents and write to predicted ones."""

import warnings
from collections import Counter
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Set, Tuple

import numpy as np
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab

from ..errors import Errors, Warnings
from ..tokens import GROUP, all_mentions, get_relations, read_mentions, store_relations
from ..tokens.alignment import Key, align_relations, mention_keys
from ..tokens.mentions import has_own_mentions
from ..tokens.relation import Edge, span_key
from ..tokens.silver import silver_pairs
from ..types import Candidates, Signature

LabelData = Dict[str, List]
MakeCandidates = Callable[[Sequence[Doc]], Candidates]

PRUNED = "no candidate"


def collect_labels(docs: Iterable[Doc]) -> LabelData:
    """Labels, entity types and signatures of gold documents.

    docs (Iterable[Doc]): Gold documents.
    RETURNS (Dict[str, List]): "labels", "types" and "signatures", each sorted.
    """
    types: Set[str] = set()
    signatures: Set[Signature] = set()
    for doc in docs:
        types.update(mention.label_ for mention in all_mentions(doc))
        for head, tail, label, _ in get_relations(doc):
            signatures.add((head.label_, label, tail.label_))
    return {
        "labels": sorted({label for _, label, _ in signatures}),
        "types": sorted(types),
        "signatures": [list(signature) for signature in sorted(signatures)],
    }


def gold_cells(
    examples: Sequence[Example],
    candidates: Candidates,
    cfg: Dict[str, Any],
    name: str,
    *,
    strict: bool = True,
) -> Tuple[List[Tuple[int, int]], Counter, int]:
    """Where the gold relations stand among the candidates.

    examples (Sequence[Example]): The batch.
    candidates (Candidates): Its candidates.
    cfg (Dict[str, Any]): The component's labels and types.
    name (str): The component's name, for errors.
    strict (bool): Whether a label that the component does not know is an error; else it is counted.
    RETURNS (Tuple[List[Tuple[int, int]], Counter, int]): Pair and label index of each gold
        relation that has a candidate; how many have none, by reason; and how many there are.
    RAISES (ValueError): If a label is unknown.
    """
    labels = {label: i for i, label in enumerate(cfg["labels"])}
    cells: List[Tuple[int, int]] = []
    lost: Counter = Counter()
    total = 0
    for i, example in enumerate(examples):
        aligned = align_relations(example)
        lost.update(aligned.lost)
        total += len(aligned.relations) + sum(aligned.lost.values())
        if not aligned.relations:
            continue
        index, place = _places(candidates, i, example.predicted.vocab, cfg)
        for head, tail, label in aligned.relations:
            if label not in labels and not strict:
                lost["a label that the pipeline does not know"] += 1
                continue
            if label not in labels:
                known = ", ".join(labels)
                raise ValueError(Errors.C007.format(label=label, name=name, known=known))
            if head not in index or tail not in index:
                lost["a mention is not among the entities"] += 1
            elif (index[head], index[tail]) not in place:
                lost[PRUNED] += 1
            else:
                cells.append((place[index[head], index[tail]], labels[label]))
    return cells, lost, total


def _places(
    candidates: Candidates, i: int, vocab: Vocab, cfg: Dict[str, Any]
) -> Tuple[Dict[Key, int], Dict[Tuple[int, int], int]]:
    """The mentions of the i-th document by boundaries and type, and its pairs in the batch."""
    names = ["", *cfg["types"]]
    first, mention = (
        int(lengths[:i].sum()) for lengths in (candidates.pair_lengths, candidates.mention_lengths)
    )
    pairs = candidates.pairs[first : first + candidates.pair_lengths[i]]
    rows = candidates.mentions[mention : mention + candidates.mention_lengths[i]]
    index = {
        (start, end, vocab.strings.add(names[kind])): m
        for m, (start, end, kind) in enumerate(rows.tolist())
    }
    return index, {(h, t): first + k for k, (h, t) in enumerate(pairs.tolist())}


def gold_matrix(
    examples: Sequence[Example],
    candidates: Candidates,
    cfg: Dict[str, Any],
    name: str,
    *,
    strict: bool = True,
) -> np.ndarray:
    """The gold labels of the candidates.

    Arguments as `gold_cells` has them.
    RETURNS (ndarray): True where a pair has a label, bool. Shape: (pairs, labels)
    """
    gold = np.zeros((len(candidates), len(cfg["labels"])), dtype=bool)
    cells, _, _ = gold_cells(examples, candidates, cfg, name, strict=strict)
    if cells:
        gold[tuple(np.asarray(cells).T)] = True
    return gold


def annotated_pairs(
    examples: Sequence[Example], candidates: Candidates, cfg: Dict[str, Any]
) -> np.ndarray:
    """Which pairs may be learned from: those of documents that were annotated with relations, and
    of silver documents those that are known.

    examples (Sequence[Example]): The batch.
    candidates (Candidates): Its candidates.
    cfg (Dict[str, Any]): The component's types.
    RETURNS (ndarray): False for pairs that say nothing about relations, like those of documents
        without the span group. Bool. Shape: (pairs,)
    """
    annotated = np.asarray([GROUP in example.reference.spans for example in examples], dtype=bool)
    learned = np.repeat(annotated, candidates.pair_lengths)
    for i, example in enumerate(examples):
        known = silver_pairs(example.reference)
        if known is None:
            continue
        index, place = _places(candidates, i, example.predicted.vocab, cfg)
        # A mention that is not among the candidates' has no pairs.
        mentions = [index.get(key, -1) for key in mention_keys(example)]
        rows = [place.get((mentions[pair.head], mentions[pair.tail])) for pair in known]
        first = int(candidates.pair_lengths[:i].sum())
        learned[first : first + candidates.pair_lengths[i]] = False
        learned[[row for row in rows if row is not None]] = True
    return learned


def pairs_to_learn(
    examples: Sequence[Example], candidates: Candidates, gold: np.ndarray, cfg: Dict[str, Any]
) -> Optional[np.ndarray]:
    """Choose the pairs of a batch to learn from, of those that may be.

    examples (Sequence[Example]): The batch.
    candidates (Candidates): Its candidates.
    gold (ndarray): Their gold labels. Shape: (pairs, labels)
    cfg (Dict[str, Any]): The component's types and "negatives".
    RETURNS (Optional[ndarray]): As `sample_pairs` has it.
    """
    return sample_pairs(gold, annotated_pairs(examples, candidates, cfg), cfg["negatives"])


def sample_pairs(
    gold: np.ndarray, annotated: np.ndarray, negatives: Optional[float]
) -> Optional[np.ndarray]:
    """Choose the pairs to learn from: all with a relation, some without.

    gold (ndarray): Gold labels. Shape: (pairs, labels)
    annotated (ndarray): Which pairs may be learned from, bool. Shape: (pairs,)
    negatives (Optional[float]): Pairs without a relation for each with one. None for all.
    RETURNS (Optional[ndarray]): Ascending indices of the pairs; None for all of them.
    """
    if negatives is None:
        return None if annotated.all() else np.flatnonzero(annotated)
    related = gold.any(axis=1)
    # A batch without any relation still teaches what none looks like.
    wanted = round(negatives * max(int(related.sum()), 1))
    without = np.flatnonzero(~related & annotated)
    if wanted < len(without):
        without = np.random.choice(without, wanted, replace=False)
    return np.sort(np.concatenate([np.flatnonzero(related), without]))


def warn_lost(
    name: str, examples: Iterable[Example], make: MakeCandidates, cfg: Dict[str, Any]
) -> None:
    """Warn of gold relations whose mentions no candidate joins.

    name (str): The component's name.
    examples (Iterable[Example]): The training examples.
    make (Callable[[Sequence[Doc]], Candidates]): Makes candidates.
    cfg (Dict[str, Any]): The component's labels and types.
    """
    reasons, total = count_lost(
        name, (Example(eg.reference, eg.reference) for eg in examples), make, cfg
    )
    if reasons:
        text = ", ".join(f"{reason}: {count}" for reason, count in reasons.most_common())
        lost = sum(reasons.values())
        message = Warnings.W002.format(name=name, lost=lost, total=total, reasons=text)
        warnings.warn(message, stacklevel=2)


def count_lost(
    name: str, examples: Iterable[Example], make: MakeCandidates, cfg: Dict[str, Any]
) -> Tuple[Counter, int]:
    """Count gold relations that no candidate reaches: the candidates' recall ceiling.

    Arguments as `warn_lost` has them; mentions are those of the predicted docs.
    RETURNS (Tuple[Counter, int]): How many are out of reach, by reason, and how many there are.
    """
    reasons: Counter = Counter()
    total = 0
    for example in examples:
        candidates = make([example.predicted])
        _, lost, count = gold_cells([example], candidates, cfg, name, strict=False)
        reasons.update(lost)
        total += count
    return reasons, total


def recall_ceiling(
    name: str, examples: Iterable[Example], make: MakeCandidates, cfg: Dict[str, Any]
) -> Dict[str, Any]:
    """How many gold relations the candidates reach, whatever a model says of them.

    Arguments as `count_lost` has them.
    RETURNS (Dict[str, Any]): "gold" relations, "reached" ones, their share "recall" and the number
        of the others by reason, "lost".
    """
    lost, gold = count_lost(name, examples, make, cfg)
    reached = gold - sum(lost.values())
    recall = reached / gold if gold else None
    return {"gold": gold, "reached": reached, "recall": recall, "lost": dict(lost)}


def annotate(
    docs: Iterable[Doc],
    candidates: Candidates,
    rows: np.ndarray,
    columns: np.ndarray,
    scores: np.ndarray,
    cfg: Dict[str, Any],
) -> None:
    """Write chosen relations to the docs.

    Where mentions come from `doc.ents`, the group holds those that take part in a relation;
    mentions of its own all stay.

    docs (Iterable[Doc]): The documents.
    candidates (Candidates): Their pairs.
    rows (ndarray): Index of each chosen pair, ascending. Shape: (chosen,)
    columns (ndarray): Label index of each. Shape: (chosen,)
    scores (ndarray): Probabilities. Shape: (pairs, labels)
    cfg (Dict[str, Any]): The component's labels and options.
    """
    bounds = np.searchsorted(rows, np.cumsum([0, *candidates.pair_lengths]))
    pairs = candidates.pairs[rows].tolist()
    values = scores[rows, columns].tolist()
    labels = [cfg["labels"][column] for column in columns.tolist()]
    edges = [(h, t, label, score) for (h, t), label, score in zip(pairs, labels, values)]
    for i, doc in enumerate(docs):
        write_relations(doc, edges[bounds[i] : bounds[i + 1]], cfg["mentions"])


def write_relations(doc: Doc, edges: Sequence[Edge], source: str) -> None:
    """Write relations whose ends are indices into `read_mentions(doc, source)`.

    doc (Doc): The document.
    edges (Sequence[Edge]): Head index, tail index, label, score.
    source (str): Where the mentions came from.
    """
    mentions = read_mentions(doc, source)
    own = source != "ents" and has_own_mentions(doc)
    spans = list(doc.spans[GROUP]) if own else []
    place = {span_key(span): i for i, span in enumerate(spans)}
    stored: List[Edge] = []
    for head, tail, label, score in edges:
        ends = []
        for i in (head, tail):
            key = (int(mentions.starts[i]), int(mentions.ends[i]), int(mentions.labels[i]))
            if key not in place:
                place[key] = len(spans)
                spans.append(Span(doc, key[0], key[1], label=key[2]))
            ends.append(place[key])
        stored.append((ends[0], ends[1], label, score))
    store_relations(doc, spans, stored, from_ents=not own)
