"""What `joint_extractor` learns relations from."""

from typing import Any, Dict, Optional, Sequence, Tuple

import numpy as np
from spacy.training import Example
from spacy.vocab import Vocab

from ..errors import Errors
from ..tokens.alignment import align_relations
from ..tokens.bieos import tags_to_spans
from ..types import Candidates, CandidateStrategy, Mentions
from .candidates import pair_mentions
from .relation_data import gold_matrix

TRAIN_PAIRS = ("tokens", "mentions")
TASKS = ("entities", "relations")


def tagged_mentions(tags: np.ndarray, types: Sequence[str], vocab: Vocab) -> Mentions:
    """The mentions that tags stand for.

    tags (ndarray): BIEOS tags. Shape: (tokens,)
    types (Sequence[str]): The entity types.
    vocab (Vocab): Knows the types' hashes.
    RETURNS (Mentions): In the order of the text.
    """
    starts, ends, kinds = tags_to_spans(tags).T
    hashes = np.asarray([vocab.strings[label] for label in types], dtype="uint64")
    return Mentions(starts, ends, hashes[kinds])


def gold_pairs(
    examples: Sequence[Example],
    tags: Sequence[np.ndarray],
    strategy: CandidateStrategy,
    cfg: Dict[str, Any],
    name: str,
    vocab: Vocab,
    allowed: Optional[np.ndarray] = None,
) -> Tuple[Candidates, np.ndarray]:
    """The pairs that relations are learned from, and their labels.

    examples (Sequence[Example]): The batch.
    tags (Sequence[ndarray]): Gold BIEOS tags of each. Shape of each: (tokens,)
    strategy (CandidateStrategy): Proposes pairs, of tokens or of mentions.
    cfg (Dict[str, Any]): The component's options, types and labels.
    name (str): The component's name, for errors.
    vocab (Vocab): Knows the types' hashes.
    allowed (Optional[ndarray]): Pairs of type indices that may be related, as `pair_mentions` has
        it; not for pairs of tokens, which have no types.
    RETURNS (Tuple[Candidates, ndarray]): The pairs, and True where a pair has a label. Shape:
        (pairs, labels)
    RAISES (ValueError): If a relation has a label that the component does not know.
    """
    docs = [eg.predicted for eg in examples]
    if cfg["train_pairs"] == "mentions":
        mentions = [tagged_mentions(own, cfg["types"], vocab) for own in tags]
        types = cfg["types"]
        candidates = pair_mentions(docs, mentions, strategy, types=types, allowed=allowed)
        return candidates, gold_matrix(examples, candidates, cfg, name)
    each = [_tokens(len(doc)) for doc in docs]
    candidates = pair_mentions(docs, each, strategy)
    return candidates, _token_matrix(examples, candidates, cfg, name)


def _tokens(count: int) -> Mentions:
    """Each token as a mention of its own."""
    places = np.arange(count)
    return Mentions(places, places + 1, np.zeros(count, dtype="uint64"))


def _token_matrix(
    examples: Sequence[Example], candidates: Candidates, cfg: Dict[str, Any], name: str
) -> np.ndarray:
    """Gold labels of pairs of tokens: those that end head and tail of a relation."""
    labels = {label: i for i, label in enumerate(cfg["labels"])}
    gold = np.zeros((len(candidates), len(labels)), dtype=bool)
    ends = np.cumsum(candidates.pair_lengths)
    for i, example in enumerate(examples):
        relations = align_relations(example).relations
        if not relations:
            continue
        for _, _, label in relations:
            if label not in labels:
                known = ", ".join(labels)
                raise ValueError(Errors.C007.format(label=label, name=name, known=known))
        first = ends[i] - candidates.pair_lengths[i]
        pairs = candidates.pairs[first : ends[i]]
        if not len(pairs):
            continue
        # Each pair has a number; most strategies give them in ascending order.
        size = len(example.predicted)
        keys = pairs[:, 0] * size + pairs[:, 1]
        order = np.argsort(keys, kind="stable")
        last = np.asarray([(head[1] - 1, tail[1] - 1) for head, tail, _ in relations])
        wanted = last[:, 0] * size + last[:, 1]
        place = np.searchsorted(keys, wanted, sorter=order)
        place = order[np.minimum(place, len(keys) - 1)]
        columns = np.asarray([labels[label] for _, _, label in relations])
        found = keys[place] == wanted
        gold[first + place[found], columns[found]] = True
    return gold
