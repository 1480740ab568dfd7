"""Compound types that more than one room uses."""

from dataclasses import dataclass
from typing import Any, Callable, List, NamedTuple, Tuple

import numpy as np
from spacy.tokens import Doc
from thinc.types import Floats1d, Floats2d, Ints1d


class Mentions(NamedTuple):
    """The mentions of one document, ordered by start, end and label.

    starts (ndarray): First token of each mention. Shape: (mentions,)
    ends (ndarray): Token after the last of each mention. Shape: (mentions,)
    labels (ndarray): Hash of each mention's entity type, uint64. Shape: (mentions,)
    """

    starts: np.ndarray
    ends: np.ndarray
    labels: np.ndarray


@dataclass
class Candidates:
    """Candidate pairs of a batch of documents, as the relation models take them.

    Token and mention indices count within their own document; the offsets of the documents
    come from the lengths.

    mentions (ndarray): Start token, end token (exclusive), type index. Shape: (mentions, 3)
    mention_lengths (ndarray): Mentions of each document. Shape: (docs,)
    pairs (ndarray): Mention index of head and of tail. Shape: (pairs, 2)
    pair_lengths (ndarray): Pairs of each document. Shape: (docs,)
    n_types (int): Number of type indices. 0 stands for a type unseen in training.
    """

    mentions: np.ndarray
    mention_lengths: np.ndarray
    pairs: np.ndarray
    pair_lengths: np.ndarray
    n_types: int

    def __len__(self) -> int:
        """RETURNS (int): The number of pairs in the whole batch."""
        return len(self.pairs)

    def batch_pairs(self) -> np.ndarray:
        """Pairs with mention indices that count through the whole batch.

        RETURNS (ndarray): Shape: (pairs, 2)
        """
        offsets = np.cumsum(self.mention_lengths) - self.mention_lengths
        return self.pairs + np.repeat(offsets, self.pair_lengths)[:, None]

    def batch_mentions(self, token_lengths: np.ndarray) -> np.ndarray:
        """Mentions with token indices that count through the whole batch.

        token_lengths (ndarray): Tokens of each document. Shape: (docs,)
        RETURNS (ndarray): Start, end (exclusive), type. Shape: (mentions, 3)
        """
        offsets = np.repeat(np.cumsum(token_lengths) - token_lengths, self.mention_lengths)
        shift = np.stack([offsets, offsets, np.zeros_like(offsets)], axis=1)
        return self.mentions + shift

    def select(self, keep: np.ndarray) -> "Candidates":
        """The same mentions with only some of the pairs.

        keep (ndarray): Ascending indices into the pairs. Shape: (kept,)
        RETURNS (Candidates): The reduced batch.
        """
        owner = np.repeat(np.arange(len(self.pair_lengths)), self.pair_lengths)[keep]
        lengths = np.bincount(owner, minlength=len(self.pair_lengths))
        return Candidates(
            self.mentions, self.mention_lengths, self.pairs[keep], lengths, self.n_types
        )


class Emissions(NamedTuple):
    """Tag scores of a batch of documents and the transition scores of a linear-chain CRF.

    scores (Floats2d): Emission of each tag at each token, documents one after the other.
        Shape: (tokens, tags)
    transitions (Floats2d): Score of going from one tag (row) to the next. Shape: (tags, tags)
    start (Floats1d): Score of starting with a tag. Shape: (tags,)
    end (Floats1d): Score of ending with a tag. Shape: (tags,)
    lengths (Ints1d): Tokens of each document. Shape: (docs,)
    """

    scores: Floats2d
    transitions: Floats2d
    start: Floats1d
    end: Floats1d
    lengths: Ints1d


class SelectionInput(NamedTuple):
    """What the relation scorer of a joint model gets.

    docs (List[Doc]): The documents.
    encoded (Any): The shared encoder's output.
    tags (ndarray): BIEOS tag of each token of the batch: gold in training, else predicted. Shape:
        (tokens,)
    candidates (Candidates): Pairs of mentions.
    """

    docs: List[Doc]
    encoded: Any
    tags: np.ndarray
    candidates: Candidates


# Doc and its mentions → ordered (head, tail) pairs of mention indices, (pairs, 2)
CandidateStrategy = Callable[[Doc, Mentions], np.ndarray]

# (head type, relation label, tail type), as strings
Signature = Tuple[str, str, str]
Signatures = List[Signature]
