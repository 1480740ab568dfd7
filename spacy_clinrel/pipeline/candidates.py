"""Candidate pairs: the ordered pairs of mentions that a relation model scores."""

from dataclasses import dataclass
from typing import Any, Dict, FrozenSet, List, Optional, Sequence

import numpy as np
from spacy.tokens import Doc

from ..errors import Errors
from ..tokens import SENTENCE_ENDS, has_sections, read_mentions, section_ids
from ..tokens.sentences import Sentences
from ..types import Candidates, CandidateStrategy, Mentions


@dataclass(frozen=True)
class SentencePairStrategy:
    """Candidate strategy that pairs mentions of the same sentence or of nearby sentences.

    sentences (Sentences): The sentence rule, which models and reports use too.
    max_sentences (int): Maximum number of sentence boundaries between two mentions; 0 for the same
        sentence.
    max_distance (Optional[int]): Maximum distance between the starts of two mentions, in tokens.
        None for no limit.
    within_sections (bool): Whether both mentions must be in sections with the same id. Documents
        without sections have no such limit.
    section_pairs (FrozenSet[FrozenSet[str]]): Pairs of section ids that are allowed nevertheless.
    """

    sentences: Sentences
    max_sentences: int
    max_distance: Optional[int]
    within_sections: bool = False
    section_pairs: FrozenSet[FrozenSet[str]] = frozenset()

    def __call__(self, doc: Doc, mentions: Mentions) -> np.ndarray:
        """Return the candidate pairs of a document.

        doc (Doc): The document.
        mentions (Mentions): Its mentions.
        RETURNS (ndarray): Mention indices of head and tail, sorted by head, then by tail. Shape:
            (pairs, 2)
        """
        sentence = self.sentences.ids(doc)[mentions.starts]  # (mentions,)
        # Mentions are sorted by start, so the tails of each head are consecutive.
        low = np.searchsorted(sentence, sentence - self.max_sentences, side="left")
        high = np.searchsorted(sentence, sentence + self.max_sentences, side="right")
        if self.max_distance is not None:
            starts = mentions.starts
            low = np.maximum(low, np.searchsorted(starts, starts - self.max_distance, side="left"))
            high = np.minimum(
                high, np.searchsorted(starts, starts + self.max_distance, side="right")
            )
        sizes = np.maximum(high - low, 0)
        heads = np.repeat(np.arange(len(sizes)), sizes)  # (pairs,)
        offsets = np.repeat(low - (np.cumsum(sizes) - sizes), sizes)
        tails = offsets + np.arange(sizes.sum())
        keep = heads != tails
        if self.within_sections and has_sections(doc):
            keep &= self._may_relate(doc, section_ids(doc, mentions.starts), heads, tails)
        return np.stack([heads, tails], axis=1)[keep]

    def _may_relate(
        self, doc: Doc, sections: np.ndarray, heads: np.ndarray, tails: np.ndarray
    ) -> np.ndarray:
        """Return which pairs are in the same section or in sections that may be related.

        doc (Doc): The document.
        sections (ndarray): Hash of each mention's section id. Shape: (mentions,)
        heads (ndarray): Mention index of each head. Shape: (pairs,)
        tails (ndarray): Mention index of each tail. Shape: (pairs,)
        RETURNS (ndarray): Shape: (pairs,), bool.
        """
        known, index = np.unique(sections, return_inverse=True)
        names = [doc.vocab.strings[int(section)] for section in known]
        allowed = [
            [a == b or frozenset((a, b)) in self.section_pairs for b in names] for a in names
        ]
        return np.asarray(allowed, dtype=bool).reshape(len(names), -1)[index[heads], index[tails]]


def SentencePairs(
    ends: str = SENTENCE_ENDS,
    line_breaks: bool = True,
    use_sents: bool = False,
    max_sentences: int = 0,
    max_distance: Optional[int] = 200,
    within_sections: bool = False,
    section_pairs: Optional[List[List[str]]] = None,
) -> CandidateStrategy:
    """Create a strategy that pairs mentions of the same sentence or of nearby sentences.

    The first three options are the sentence rule of the pipeline, which relation models use too.

    ends (str): Characters that end a sentence if they are a separate token.
    line_breaks (bool): Whether a token that contains a line break ends a sentence.
    use_sents (bool): Use the sentence boundaries of the Doc if it has any.
    max_sentences (int): Maximum number of sentence boundaries between two mentions; 0 for the same
        sentence.
    max_distance (Optional[int]): Maximum distance between the starts of two mentions, in tokens.
        None for no limit; the number of pairs in a text without punctuation is then quadratic in
        the number of mentions.
    within_sections (bool): Whether both mentions must be in sections with the same id, see
        `clinical_sectionizer`. Documents without sections have no such limit.
    section_pairs (Optional[List[List[str]]]): Pairs of section ids that are allowed nevertheless,
        e.g. [["present_illness", "auxiliary_examination"]], in both directions. "" is the id of
        text outside all sections.
    RETURNS (CandidateStrategy): Takes a Doc and its mentions, returns pairs of mention indices.
    RAISES (ValueError): If `section_pairs` has another form.
    """
    pairs = [] if section_pairs is None else section_pairs
    if not isinstance(pairs, list) or not all(map(_is_pair, pairs)):
        raise ValueError(Errors.C072.format(value=section_pairs))
    return SentencePairStrategy(
        Sentences(ends, line_breaks, use_sents),
        max_sentences,
        max_distance,
        within_sections,
        frozenset(map(frozenset, pairs)),
    )


def _is_pair(names: Any) -> bool:
    is_list = isinstance(names, (list, tuple)) and len(names) == 2
    return is_list and all(isinstance(name, str) for name in names)


def make_candidates(
    docs: Sequence[Doc],
    strategy: CandidateStrategy,
    *,
    mentions: Optional[Sequence[Mentions]] = None,
    source: str = "auto",
    types: Sequence[str] = (),
    allowed: Optional[np.ndarray] = None,
) -> Candidates:
    """Create the candidate pairs of a batch.

    docs (Sequence[Doc]): The documents.
    strategy (CandidateStrategy): Proposes pairs. Its attribute `sentences` is the sentence rule;
        without it the default rule is used.
    mentions (Optional[Sequence[Mentions]]): The mentions of each document. None to read them.
    source (str): Source of the mentions, see `read_mentions`.
    types (Sequence[str]): Entity types, numbered from 1.
    allowed (Optional[ndarray]): Pairs of type indices that may be related, bool. Shape:
        (types + 1, types + 1). None allows all.
    RETURNS (Candidates): Mentions and pairs of all documents.
    """
    if mentions is None:
        mentions = [read_mentions(doc, source) for doc in docs]
    type_index: Dict[int, int] = {}
    if len(docs):
        strings = docs[0].vocab.strings
        type_index = {strings.add(name): i for i, name in enumerate(types, start=1)}
    columns = [[np.zeros(0, dtype=dtype) for dtype in ("int64", "int64", "uint64")]]
    all_types, all_pairs = [np.zeros(0, dtype="int64")], [np.zeros((0, 2), dtype="int64")]
    for doc, doc_mentions in zip(docs, mentions):
        indices = np.asarray(
            [type_index.get(int(x), 0) for x in doc_mentions.labels], dtype="int64"
        )
        pairs = np.asarray(strategy(doc, doc_mentions), dtype="int64").reshape(-1, 2)
        if allowed is not None:
            pairs = pairs[allowed[indices[pairs[:, 0]], indices[pairs[:, 1]]]]
        columns.append(list(doc_mentions))
        all_types.append(indices)
        all_pairs.append(pairs)
    return Candidates(
        mentions=Mentions(*(np.concatenate(parts) for parts in zip(*columns))),
        types=np.concatenate(all_types),
        mention_lengths=np.asarray([len(x) for x in all_types[1:]], dtype="int64"),
        pairs=np.concatenate(all_pairs),
        pair_lengths=np.asarray([len(x) for x in all_pairs[1:]], dtype="int64"),
        n_types=len(types) + 1,
        sentences=getattr(strategy, "sentences", Sentences()),
    )
