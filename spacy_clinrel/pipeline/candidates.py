"""Candidate pairs: which mentions of a document may be related at all."""

from functools import partial
from typing import Dict, List, Optional, Sequence

import numpy as np
from spacy.tokens import Doc

from ..tokens import SENTENCE_ENDS, read_mentions, sentence_ids
from ..types import Candidates, CandidateStrategy, Mentions


def SentencePairs(
    ends: str = SENTENCE_ENDS,
    line_breaks: bool = True,
    use_sents: bool = False,
    max_sentences: int = 0,
    max_distance: Optional[int] = 200,
) -> CandidateStrategy:
    """Create a strategy that pairs mentions of one sentence, or of sentences close by.

    ends (str): Characters that end a sentence where they are a token of their own.
    line_breaks (bool): Whether a token with a line break ends a sentence.
    use_sents (bool): Take the sentences of the Doc, where it has any, instead.
    max_sentences (int): How many sentences on the other mention may stand; 0 for the same one.
    max_distance (Optional[int]): The most tokens from one mention's start to the other's.
        None for no limit but the sentence's, which lets a text without punctuation grow to the
        square of its mentions.
    RETURNS (CandidateStrategy): Doc and mentions → ordered pairs of mention indices, sorted by
        head and tail.
    """
    return partial(
        _sentence_pairs,
        ends=ends,
        line_breaks=line_breaks,
        use_sents=use_sents,
        max_sentences=max_sentences,
        max_distance=max_distance,
    )


# A function of the module, not a closure: spawned worker processes get components by pickling.
def _sentence_pairs(
    doc: Doc,
    mentions: Mentions,
    *,
    ends: str,
    line_breaks: bool,
    use_sents: bool,
    max_sentences: int,
    max_distance: Optional[int],
) -> np.ndarray:
    sentence = sentence_ids(doc, ends, line_breaks, use_sents)
    # Mentions are sorted by start, so that each one's partners are a slice of them.
    of_mention = sentence[mentions.starts] if len(doc) else np.zeros(0, dtype="int64")
    low = np.searchsorted(of_mention, of_mention - max_sentences, side="left")
    high = np.searchsorted(of_mention, of_mention + max_sentences, side="right")
    if max_distance is not None:
        starts = mentions.starts
        low = np.maximum(low, np.searchsorted(starts, starts - max_distance, side="left"))
        high = np.minimum(high, np.searchsorted(starts, starts + max_distance, side="right"))
    return _slices_to_pairs(low, high)


def _slices_to_pairs(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Pairs (i, j) for each i and each j from low[i] to high[i], without i itself."""
    sizes = np.maximum(high - low, 0)
    heads = np.repeat(np.arange(len(low)), sizes)
    offsets = np.repeat(low - (np.cumsum(sizes) - sizes), sizes)
    tails = offsets + np.arange(sizes.sum())
    pairs = np.stack([heads, tails], axis=1)
    return pairs[heads != tails]


def make_candidates(
    docs: Sequence[Doc],
    strategy: CandidateStrategy,
    *,
    source: str = "auto",
    types: Sequence[str] = (),
    allowed: Optional[np.ndarray] = None,
) -> Candidates:
    """The candidate pairs of the mentions that a batch of documents has.

    docs (Sequence[Doc]): The documents.
    strategy (CandidateStrategy): Proposes pairs.
    source (str): Where mentions come from, see `read_mentions`.
    types (Sequence[str]): Entity types, numbered from 1 on.
    allowed (Optional[ndarray]): Pairs of type indices that may be related, bool. Shape:
        (types + 1, types + 1). None allows all.
    RETURNS (Candidates): Mentions and pairs of all documents.
    """
    mentions = [read_mentions(doc, source) for doc in docs]
    return pair_mentions(docs, mentions, strategy, types=types, allowed=allowed)


def pair_mentions(
    docs: Sequence[Doc],
    mentions: Sequence[Mentions],
    strategy: CandidateStrategy,
    *,
    types: Sequence[str] = (),
    allowed: Optional[np.ndarray] = None,
) -> Candidates:
    """The candidate pairs of mentions that stand on no Doc yet.

    docs (Sequence[Doc]): The documents.
    mentions (Sequence[Mentions]): The mentions of each.
    strategy (CandidateStrategy): Proposes pairs.
    types (Sequence[str]): Entity types, numbered from 1 on.
    allowed (Optional[ndarray]): Pairs of type indices that may be related, bool. Shape:
        (types + 1, types + 1). None allows all.
    RETURNS (Candidates): Mentions and pairs of all documents.
    """
    type_index: Dict[int, int] = {}
    if len(docs):
        strings = docs[0].vocab.strings
        type_index = {strings.add(label): i + 1 for i, label in enumerate(types)}
    rows: List[np.ndarray] = []
    pairs: List[np.ndarray] = []
    for doc, some in zip(docs, mentions):
        kinds = np.asarray([type_index.get(int(x), 0) for x in some.labels], dtype="int64")
        rows.append(np.stack([some.starts, some.ends, kinds], axis=1))
        proposed = np.asarray(strategy(doc, some), dtype="int64").reshape(-1, 2)
        if allowed is not None:
            proposed = proposed[allowed[kinds[proposed[:, 0]], kinds[proposed[:, 1]]]]
        pairs.append(proposed)
    none = np.zeros((0, 3), dtype="int64"), np.zeros((0, 2), dtype="int64")
    return Candidates(
        mentions=np.concatenate([*rows, none[0]]),
        mention_lengths=np.asarray([len(row) for row in rows], dtype="int64"),
        pairs=np.concatenate([*pairs, none[1]]),
        pair_lengths=np.asarray([len(pair) for pair in pairs], dtype="int64"),
        n_types=len(types) + 1,
    )
