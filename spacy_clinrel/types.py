"""Types that several parts of the package share."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Protocol, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc
from thinc.types import Floats1d, Floats2d, Ints1d

# The assertion attributes of mentions, in the order of columns and output.
ASSERTIONS = ("negated", "uncertain", "hypothetical", "historical", "family")
# Fields of span._.value and span._.dosage, see spacy_clinrel.measurements.
# fmt: off
VALUE_FIELDS = (
    "text", "form", "number", "numbers", "low", "high", "comparison", "unit", "ucum", "flag",
    "qualitative", "degree", "range", "previous",
)
DOSAGE_FIELDS = (
    "text", "dose", "low", "high", "unit", "ucum", "route", "frequency", "times_per_day",
    "interval_hours", "as_needed", "duration", "duration_days", "parts",
)
# fmt: on


class Mentions(NamedTuple):
    """The mentions of one document, ordered by start, end and label.

    starts (ndarray): First token of each mention. Shape: (mentions,)
    ends (ndarray): Token after the last of each mention. Shape: (mentions,)
    labels (ndarray): Hash of each mention's entity type, uint64. Shape: (mentions,)
    """

    starts: np.ndarray
    ends: np.ndarray
    labels: np.ndarray


class ConceptCandidate(NamedTuple):
    """A concept of a terminology to which a mention may refer.

    code (str): The code.
    name (str): The preferred name.
    score (float): The similarity of the mention and the best name of the concept, from 0 to 1. 1.0
        if their normal forms are equal.
    """

    code: str
    name: str
    score: float


class SentenceRule(Protocol):
    """A rule that splits documents into sentences."""

    def ids(self, doc: Doc) -> np.ndarray:
        """Return the sentence number of each token, ascending from 0. Shape: (tokens,)"""

    def batch_ids(self, docs: Sequence[Doc]) -> np.ndarray:
        """Return the document number and the sentence number of each token of a batch, both
        ascending. Shape: (tokens, 2)
        """


@dataclass(frozen=True)
class Candidates:
    """Candidate pairs of a batch of documents: the input of relation models.

    The mentions of the pairs are included, so that mentions are read only once per batch. Token and
    mention indices start at 0 in each document.

    mentions (Mentions): The mentions of all documents, concatenated.
    types (ndarray): Index of each mention's entity type; 0 for a type unseen in training. Shape:
        (mentions,)
    mention_lengths (ndarray): Number of mentions of each document. Shape: (docs,)
    pairs (ndarray): Mention index of head and of tail. Shape: (pairs, 2)
    pair_lengths (ndarray): Number of pairs of each document. Shape: (docs,)
    n_types (int): Number of type indices, including 0.
    sentences (SentenceRule): The sentence rule, see `tokens.sentences.Sentences`.
    """

    mentions: Mentions
    types: np.ndarray
    mention_lengths: np.ndarray
    pairs: np.ndarray
    pair_lengths: np.ndarray
    n_types: int
    sentences: SentenceRule

    def __len__(self) -> int:
        """Return the number of pairs in the batch."""
        return len(self.pairs)

    def owners(self) -> np.ndarray:
        """Return the index of each pair's document.

        RETURNS (ndarray): Ascending. Shape: (pairs,)
        """
        return np.repeat(np.arange(len(self.pair_lengths)), self.pair_lengths)

    def by_doc(self) -> List[Tuple[Mentions, slice]]:
        """Return the mentions of each document and the slice of its pairs.

        RETURNS (List[Tuple[Mentions, slice]]): One item per document.
        """
        slices = []
        for lengths in (self.mention_lengths, self.pair_lengths):
            ends = np.cumsum(lengths).tolist()
            slices.append(list(map(slice, [0, *ends], ends)))
        of_mentions, of_pairs = slices
        mentions = [Mentions(*(column[part] for column in self.mentions)) for part in of_mentions]
        return list(zip(mentions, of_pairs))

    def batch_pairs(self) -> np.ndarray:
        """Return the pairs with mention indices into the whole batch.

        RETURNS (ndarray): Shape: (pairs, 2)
        """
        offsets = np.cumsum(self.mention_lengths) - self.mention_lengths
        return self.pairs + np.repeat(offsets, self.pair_lengths)[:, None]

    def batch_mentions(self, token_lengths: np.ndarray) -> np.ndarray:
        """Return the mentions with token indices into the whole batch.

        token_lengths (ndarray): Number of tokens of each document. Shape: (docs,)
        RETURNS (ndarray): Start, end (exclusive), type index. Shape: (mentions, 3)
        """
        offsets = np.repeat(np.cumsum(token_lengths) - token_lengths, self.mention_lengths)
        starts, ends, _ = self.mentions
        return np.stack([starts + offsets, ends + offsets, self.types], axis=1)

    def select(self, keep: np.ndarray) -> "Candidates":
        """Return a batch with the same mentions and only the selected pairs.

        keep (ndarray): Ascending indices of the pairs to keep. Shape: (kept,)
        RETURNS (Candidates): The new batch.
        """
        lengths = np.bincount(self.owners()[keep], minlength=len(self.pair_lengths))
        return replace(self, pairs=self.pairs[keep], pair_lengths=lengths)


@dataclass(frozen=True)
class MentionBatch:
    """The mentions of a batch of documents: the input of assertion models.

    mentions (Mentions): The mentions of all documents, concatenated. Token indices start at 0 in
        each document.
    types (ndarray): Index of each mention's entity type; 0 for a type unseen in training. Shape:
        (mentions,)
    mention_lengths (ndarray): Number of mentions of each document. Shape: (docs,)
    features (ndarray): Values from cue words and the section of each mention, float32. Shape:
        (mentions, features)
    prior (ndarray): 1 for each attribute that the cue rules assign, -1 for the others; 0 without
        cue rules. float32. Shape: (mentions, nO)
    n_types (int): Number of type indices, including 0.
    """

    mentions: Mentions
    types: np.ndarray
    mention_lengths: np.ndarray
    features: np.ndarray
    prior: np.ndarray
    n_types: int

    def __len__(self) -> int:
        """Return the number of mentions in the batch."""
        return len(self.types)

    def slices(self) -> List[slice]:
        """Return the slice of each document's mentions.

        RETURNS (List[slice]): One slice per document.
        """
        ends = np.cumsum(self.mention_lengths).tolist()
        return list(map(slice, [0, *ends], ends))

    def batch_mentions(self, token_lengths: np.ndarray) -> np.ndarray:
        """Return the mentions with token indices into the whole batch.

        token_lengths (ndarray): Number of tokens of each document. Shape: (docs,)
        RETURNS (ndarray): Start, end (exclusive), type index. Shape: (mentions, 3)
        """
        offsets = np.repeat(np.cumsum(token_lengths) - token_lengths, self.mention_lengths)
        starts, ends, _ = self.mentions
        return np.stack([starts + offsets, ends + offsets, self.types], axis=1)


class TagProbabilities(NamedTuple):
    """A distribution of the tag sequences of a document, given by its marginals.

    tags (ndarray): Probability of each tag at each token. Shape: (tokens, tags)
    transitions (ndarray): Expected number of times that the column's tag follows the row's. Shape:
        (tags, tags)
    """

    tags: np.ndarray
    transitions: np.ndarray


class Emissions(NamedTuple):
    """Tag scores of a batch of documents and the transition scores of a linear-chain CRF.

    scores (Floats2d): Emission score of each tag at each token, documents concatenated.
        Shape: (tokens, tags)
    transitions (Floats2d): Score of a tag (row) followed by another (column). Shape: (tags, tags)
    start (Floats1d): Score of each tag as the first. Shape: (tags,)
    end (Floats1d): Score of each tag as the last. Shape: (tags,)
    lengths (Ints1d): Number of tokens of each document. Shape: (docs,)
    """

    scores: Floats2d
    transitions: Floats2d
    start: Floats1d
    end: Floats1d
    lengths: Ints1d

    def scaled(self, factor: float) -> "Emissions":
        """Multiply the emissions, or a gradient with respect to them, by a factor.

        factor (float): The factor.
        RETURNS (Emissions): A copy.
        """
        scores, transitions, start, end = (factor * part for part in self[:4])
        return Emissions(scores, transitions, start, end, self.lengths)


class SpanTerms(NamedTuple):
    """The terms of the scores of spans, or the gradient with respect to them. The number of spans
    grows faster than the text; their terms do not. Documents are concatenated.

    queries (Floats2d): Query of each token. Shape: (tokens, width)
    keys (Floats2d): Key of each token. Shape: (tokens, width)
    starts (Floats2d): Bias of spans of each type that start at a token. Shape: (tokens, types)
    ends (Floats2d): Bias of spans of each type that end with a token. Shape: (tokens, types)
    lengths (Ints1d): Number of tokens of each document. Shape: (docs,)
    """

    queries: Floats2d
    keys: Floats2d
    starts: Floats2d
    ends: Floats2d
    lengths: Ints1d


class ScoredSpans(NamedTuple):
    """Typed spans with probabilities, ordered by start and end.

    starts (ndarray): First token of each span. Shape: (spans,)
    ends (ndarray): Token after the last of each span. Shape: (spans,)
    types (ndarray): Column of each span's type. Shape: (spans,)
    scores (ndarray): Probability of each span, float32. Shape: (spans,)
    """

    starts: np.ndarray
    ends: np.ndarray
    types: np.ndarray
    scores: np.ndarray


class JointInput(NamedTuple):
    """Input of a joint model in training.

    docs (List[Doc]): The documents.
    tags (ndarray): Gold BIEOS tag of each token of the batch. Shape: (tokens,)
    candidates (Optional[Candidates]): Pairs to score; None to train entities only.
    """

    docs: List[Doc]
    tags: np.ndarray
    candidates: Optional[Candidates]


class JointOutput(NamedTuple):
    """Output of a joint model, or the gradient with respect to it.

    emissions (Emissions): Scores of the tags.
    relations (Optional[Floats2d]): Scores of the pairs; None if the input has no candidates.
        Shape: (pairs, nO)
    """

    emissions: Emissions
    relations: Optional[Floats2d]


class SelectionInput(NamedTuple):
    """Input of the relation scorer of a joint model.

    docs (List[Doc]): The documents.
    encoded (Any): Output of the shared encoder.
    tags (ndarray): BIEOS tag of each token of the batch, gold in training and predicted otherwise.
        Shape: (tokens,)
    candidates (Candidates): Pairs of mentions.
    """

    docs: List[Doc]
    encoded: Any
    tags: np.ndarray
    candidates: Candidates


class GoldPairs(NamedTuple):
    """The gold annotation of candidate pairs.

    pairs (Candidates): The pairs.
    labels (ndarray): Whether a pair has a label, bool. Shape: (pairs, labels)
    annotated (ndarray): Whether a pair is annotated, bool. In a gold document all pairs are, in a
        silver document the silver pairs. Shape: (pairs,)
    lost (Counter): Number of gold relations that no candidate represents, by reason.
    total (int): Number of gold relations.
    """

    pairs: Candidates
    labels: np.ndarray
    annotated: np.ndarray
    lost: Counter
    total: int


class Resize(NamedTuple):
    """New sizes of a model that gets additional labels.

    sizes (Dict[str, int]): "n_labels": number of labels of a tagger; "n_tags": number of its tags;
        "n_types": number of type indices, including 0; "n_out": number of scores per pair.
    kept_outputs (ndarray): The new index of each old score of a pair. Shape: (old scores,)
    """

    sizes: Dict[str, int]
    kept_outputs: np.ndarray


class PairHead(Protocol):
    """Interface of pair heads, which turn the pair scores of a relation model into a loss and
    probabilities.

    A head is immutable.

    allowed (Optional[ndarray]): Labels that the types of head and tail allow, bool; None allows
        all. Shape: (types + 1, types + 1, labels)
    is_exclusive (bool): Whether the labels exclude each other and `probabilities` has a column for
        no relation.
    """

    allowed: Optional[np.ndarray]
    is_exclusive: bool

    def n_outputs(self, n_labels: int) -> int:
        """Return the number of scores per pair, which is the model's nO."""

    def model_pairs(self, candidates: Candidates) -> Candidates:
        """Return the pairs that the model scores: the candidates, or unordered pairs."""

    def model_gold(self, gold: GoldPairs) -> GoldPairs:
        """Map the gold annotation to the pairs that the model scores."""

    def loss(
        self, output: Any, pairs: Candidates, gold: np.ndarray, counted: Optional[np.ndarray] = None
    ) -> Tuple[float, Any]:
        """Return the loss, averaged over the documents, and its gradient.

        output (Any): Output of the model.
        pairs (Candidates): Pairs from `model_pairs`, all or a selection.
        gold (ndarray): Gold labels of these pairs from `model_gold`, bool. Shape: (pairs, labels)
        counted (Optional[ndarray]): Pairs to learn from, bool; None for all. Shape: (pairs,)
        RETURNS (Tuple[float, Any]): The loss, and the gradient, which has the output's type.
        """

    def probabilities(self, output: Any, candidates: Candidates) -> np.ndarray:
        """Return the probabilities of the candidates' labels, as a NumPy array. If the head is
        exclusive, the first column is the probability of no relation. Shape: (pairs, 1 + labels)
        or (pairs, labels)
        """


# Takes a Doc and its mentions, returns (head, tail) pairs of mention indices: (pairs, 2)
CandidateStrategy = Callable[[Doc, Mentions], np.ndarray]

# (head type, relation label, tail type), as strings
Signature = Tuple[str, str, str]
Signatures = List[Signature]

# Score (logit) of a label that the types of a pair do not allow. Finite, so that no row is NaN.
IMPOSSIBLE = -1e4


class LabelNames(NamedTuple):
    """Types and labels that annotators can choose from.

    types (List[str]): Entity types.
    labels (List[str]): Relation labels.
    signatures (Signatures): Triples of head type, label and tail type seen in training.
    attributes (Sequence[str]): Assertion attributes that the model predicts.
    """

    types: List[str]
    labels: List[str]
    signatures: Signatures
    attributes: Sequence[str] = ()
