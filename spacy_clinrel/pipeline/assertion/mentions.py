"""The mentions that `assertion_classifier` judges, as arrays, and their gold attributes."""

from typing import List, Mapping, NamedTuple, Sequence, Union

import numpy as np
from spacy.tokens import Doc, Span
from spacy.training import Example

from ...tokens import read_mentions
from ...tokens.alignment import align_assertion
from ...types import ASSERTIONS, MentionBatch, Mentions
from .features import MentionFeatures


class AssertionPredictions(NamedTuple):
    """Predictions for the mentions of a batch.

    mentions (MentionBatch): The mentions.
    probabilities (ndarray): Probability of each attribute, in the order of `ASSERTIONS`; 0 for
        attributes that are not predicted. Shape: (mentions, 5)
    """

    mentions: MentionBatch
    probabilities: np.ndarray


class GoldAssertion(NamedTuple):
    """The gold attributes of a batch of mentions.

    holds (ndarray): Whether each attribute holds, bool, in the order of `ASSERTIONS`. Shape:
        (mentions, 5)
    annotated (ndarray): Whether a mention is annotated, bool: it is a gold mention of a document
        that is annotated with attributes. Shape: (mentions,)
    """

    holds: np.ndarray
    annotated: np.ndarray


def make_batch(
    docs: Sequence[Doc],
    types: Sequence[str],
    source: str,
    features: MentionFeatures,
    columns: Sequence[int],
) -> MentionBatch:
    """Create the batch of the mentions of documents.

    docs (Sequence[Doc]): The documents.
    types (Sequence[str]): The entity types of the mentions. Type indices begin with 1.
    source (str): Source of the mentions, see `read_mentions`.
    features (MentionFeatures): Computes the features of mentions.
    columns (Sequence[int]): Index of each label among the five attributes.
    RETURNS (MentionBatch): The mentions.
    """
    hashes = [docs[0].vocab.strings[name] for name in types] if docs else []
    everything = [with_tokens(read_mentions(doc, source)) for doc in docs]
    judged = [np.isin(part.labels, np.asarray(hashes, dtype="uint64")) for part in everything]
    # The features of a mention depend on all mentions of the document.
    table = features(docs, everything)
    if not docs:
        empty = np.zeros(0, dtype="int64")
        none = Mentions(empty, empty, empty.astype("uint64"))
        return MentionBatch(none, empty, empty, table, table, 1 + len(types))
    keep = np.concatenate(judged)
    table = table[keep]
    mentions = Mentions(*(np.concatenate(values)[keep] for values in zip(*everything)))
    index = {label: i for i, label in enumerate(hashes, start=1)}
    return MentionBatch(
        mentions=mentions,
        types=np.asarray([index[label] for label in mentions.labels.tolist()], dtype="int64"),
        mention_lengths=np.asarray([part.sum() for part in judged], dtype="int64"),
        features=table,
        prior=features.prior(table)[:, list(columns)],
        n_types=1 + len(types),
    )


def with_tokens(mentions: Mentions) -> Mentions:
    """Return the mentions that have tokens.

    mentions (Mentions): The mentions.
    RETURNS (Mentions): Those whose end is after their start.
    """
    return Mentions(*(column[mentions.starts < mentions.ends] for column in mentions))


def read_gold(examples: Sequence[Example], batch: MentionBatch) -> GoldAssertion:
    """Read the gold attributes of a batch of mentions of the predicted documents.

    examples (Sequence[Example]): The examples.
    batch (MentionBatch): The mentions of their predicted documents.
    RETURNS (GoldAssertion): The attributes, and which mentions are annotated.
    """
    holds = np.zeros((len(batch), len(ASSERTIONS)), dtype=bool)
    annotated = np.zeros(len(batch), dtype=bool)
    keys = list(zip(*(column.tolist() for column in batch.mentions)))
    for example, part in zip(examples, batch.slices()):
        aligned = align_assertion(example)
        if aligned is None:
            continue
        gold = dict(zip(aligned.keys, aligned.holds))
        for i in range(part.start, part.stop):
            if keys[i] in gold:
                holds[i] = gold[keys[i]]
                annotated[i] = True
    return GoldAssertion(holds, annotated)


def mention_spans(doc: Doc, batch: MentionBatch, part: slice) -> List[Span]:
    """Return a document's mentions as Spans.

    doc (Doc): The document.
    batch (MentionBatch): The batch.
    part (slice): The document's mentions in the batch.
    RETURNS (List[Span]): One for each mention.
    """
    rows = zip(*(column[part].tolist() for column in batch.mentions))
    return [Span(doc, start, end, label=label) for start, end, label in rows]


def sigmoid(scores: np.ndarray) -> np.ndarray:
    """Return the sigmoid of scores, without overflow.

    scores (ndarray): Any shape.
    RETURNS (ndarray): The same shape.
    """
    return 0.5 * (1.0 + np.tanh(0.5 * scores))


def thresholds(value: Union[float, Mapping[str, float]], default: float = 0.5) -> np.ndarray:
    """Return the threshold of each attribute.

    value (Union[float, Mapping[str, float]]): A number for all attributes, or numbers by attribute.
    default (float): Threshold of the attributes that the mapping does not have.
    RETURNS (ndarray): The thresholds, in the order of `ASSERTIONS`. Shape: (5,)
    """
    if isinstance(value, Mapping):
        return np.asarray([value.get(name, default) for name in ASSERTIONS], dtype="float64")
    return np.full(len(ASSERTIONS), value, dtype="float64")
