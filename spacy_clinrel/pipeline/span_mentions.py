"""Gold and predicted mentions that may nest and overlap, for `span_ner`."""

from collections import Counter
from typing import Iterable, List, NamedTuple, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..errors import Errors
from ..tokens import GROUP, Sentences, all_mentions, group_mentions, relation_edges, store_relations
from ..tokens.alignment import align_spans
from ..tokens.assertion import discard_assertion, has_assertion
from ..tokens.boundaries import token_boundaries
from ..tokens.group import MentionIndex, moved_indices, span_key
from ..types import Mentions, ScoredSpans
from .constraints import blocked_tokens

TOO_LONG = "more than max_length tokens"
SEVERAL_SENTENCES = "in more than one sentence"


class TokenLimits(NamedTuple):
    """Where mentions may be in the tokens of a batch.

    segments (ndarray): Number of each token's segment, ascending; a mention is within one. Shape:
        (tokens,)
    no_start (ndarray): Tokens with which no mention starts, bool. Shape: (tokens,)
    no_end (ndarray): Tokens with which no mention ends, bool. Shape: (tokens,)
    """

    segments: np.ndarray
    no_start: np.ndarray
    no_end: np.ndarray


def segment_ids(docs: Sequence[Doc], within_sentences: bool) -> np.ndarray:
    """Number the documents or sentences of a batch.

    docs (Sequence[Doc]): The documents.
    within_sentences (bool): Whether to number the sentences: the Doc's, else by our default rule.
    RETURNS (ndarray): Number of each token's document or sentence, ascending. Shape: (tokens,)
    """
    if within_sentences:
        return Sentences(use_sents=True).batch_ids(docs)[:, 1]
    return np.repeat(np.arange(len(docs)), [len(doc) for doc in docs])


def token_limits(docs: Sequence[Doc], within_sentences: bool, overwrite: bool) -> TokenLimits:
    """Find where mentions may be. They are in one document or sentence, do not begin or end with
    white space or a control character, and do not contain a line break or a blocked token.

    docs (Sequence[Doc]): The documents.
    within_sentences (bool): Whether a mention is within one sentence.
    overwrite (bool): Whether predictions replace existing entities, and blocked tokens too.
    RETURNS (TokenLimits): The limits.
    """
    columns = []
    for doc in docs:
        no_start, no_end, is_outside = map(np.copy, token_boundaries(doc))
        if not overwrite:
            is_outside[blocked_tokens(doc)] = True
        columns.append(np.stack([no_start | is_outside, no_end | is_outside, is_outside]))
    no_start, no_end, is_outside = np.concatenate(columns, axis=1)
    segments = segment_ids(docs, within_sentences)
    changes = np.diff(segments, prepend=segments[:1]) != 0
    # Tokens that no mention contains are segments of their own.
    changes |= is_outside | np.concatenate([[False], is_outside[:-1]])
    return TokenLimits(np.cumsum(changes), no_start, no_end)


def has_gold_mentions(examples: Iterable[Example]) -> np.ndarray:
    """Return which examples are annotated with mentions. Only these count in the loss.

    examples (Iterable[Example]): The examples.
    RETURNS (ndarray): 1 or 0. Shape: (docs,)
    """
    references = (example.reference for example in examples)
    known = [doc.has_annotation("ENT_IOB") or GROUP in doc.spans for doc in references]
    return np.asarray(known, dtype="int64")


def gold_spans(examples: Sequence[Example], types: Sequence[str], component: str) -> np.ndarray:
    """Return the gold mentions of examples, of `doc.ents` and of the span group, in the tokens of
    the predicted Docs.

    examples (Sequence[Example]): The examples.
    types (Sequence[str]): The entity types.
    component (str): The component's name, for errors.
    RETURNS (ndarray): Start and end (exclusive) in the tokens of the batch, and column of the type,
        sorted by start. Mentions that do not align are left out. Shape: (mentions, 3)
    RAISES (ValueError): If a mention has another type.
    """
    index = {name: i for i, name in enumerate(types)}
    parts = [np.zeros((0, 3), dtype="int64")]
    offset = 0
    for example in examples:
        mentions = all_mentions(example.reference)
        for mention in mentions:
            if mention.label_ not in index:
                known, label = ", ".join(index), mention.label_
                raise ValueError(Errors.C008.format(label=label, name=component, known=known))
        columns = np.asarray([index[mention.label_] for mention in mentions], dtype="int64")
        bounds = align_spans(example, mentions)
        rows = np.concatenate([bounds + offset, columns[:, None]], axis=1)[bounds[:, 0] >= 0]
        parts.append(np.unique(rows, axis=0))
        offset += len(example.predicted)
    return np.concatenate(parts)


def select_reachable(
    spans: np.ndarray, segments: np.ndarray, max_length: int
) -> Tuple[np.ndarray, Counter]:
    """Select the gold mentions that the model scores.

    spans (ndarray): Output of `gold_spans`.
    segments (ndarray): Output of `segment_ids`.
    max_length (int): Maximum number of tokens of a mention.
    RETURNS (Tuple[ndarray, Counter]): The selected mentions, and the number of others by reason.
    """
    starts, ends, _ = spans.T
    is_long = ends - starts > max_length
    is_split = (segments[starts] != segments[ends - 1]) & ~is_long
    lost = Counter({TOO_LONG: int(is_long.sum()), SEVERAL_SENTENCES: int(is_split.sum())})
    return spans[~is_long & ~is_split], +lost


def split_spans(spans: ScoredSpans, docs: Sequence[Doc]) -> List[ScoredSpans]:
    """Split the spans of a batch by document.

    spans (ScoredSpans): The spans, in the tokens of the batch.
    docs (Sequence[Doc]): The documents.
    RETURNS (List[ScoredSpans]): The spans of each document, in its tokens.
    """
    offsets = np.cumsum([0, *map(len, docs)])
    bounds = np.searchsorted(spans.starts, offsets)
    return [
        ScoredSpans(
            spans.starts[low:high] - offset,
            spans.ends[low:high] - offset,
            spans.types[low:high],
            spans.scores[low:high],
        )
        for low, high, offset in zip(bounds, bounds[1:], offsets)
    ]


def drop_crossing(spans: ScoredSpans) -> ScoredSpans:
    """Remove spans that cross a span of the same type with a higher score: both have tokens that
    the other does not have. Nested spans are kept.

    spans (ScoredSpans): The spans of a document.
    RETURNS (ScoredSpans): The spans that are kept.
    """
    if len(spans.starts) < 2:
        return spans
    size = int(spans.ends.max()) + 1
    # By type: the last end of the kept spans that start at a token, and the first start of those
    # that end there. Each check reads only the tokens of one span.
    last_end = {column: np.zeros(size, dtype="int64") for column in set(spans.types.tolist())}
    first_start = {column: np.full(size, size) for column in last_end}
    keep = np.zeros(len(spans.starts), dtype=bool)
    columns = [column.tolist() for column in spans[:3]]
    for i in np.argsort(-spans.scores, kind="stable").tolist():
        start, end, column = (values[i] for values in columns)
        ends, starts = last_end[column], first_start[column]
        inner = slice(start + 1, end)
        if end - start > 1 and (ends[inner].max() > end or starts[inner].min() < start):
            continue
        keep[i] = True
        ends[start], starts[end] = max(ends[start], end), min(starts[end], start)
    return ScoredSpans(*(values[keep] for values in spans))


def longest_spans(spans: ScoredSpans) -> ScoredSpans:
    """Select spans that do not overlap: the longest first, and of equally long ones the one with
    the highest score.

    spans (ScoredSpans): The spans of a document.
    RETURNS (ScoredSpans): The selected spans, in the order of the text.
    """
    lengths = spans.ends - spans.starts
    is_taken = np.zeros(int(spans.ends.max(initial=0)), dtype=bool)
    keep = np.zeros(len(lengths), dtype=bool)
    for i in np.lexsort([-spans.scores, -lengths]).tolist():
        tokens = slice(int(spans.starts[i]), int(spans.ends[i]))
        if not is_taken[tokens].any():
            is_taken[tokens] = keep[i] = True
    return ScoredSpans(*(values[keep] for values in spans))


def to_mentions(doc: Doc, spans: ScoredSpans, types: Sequence[str]) -> Mentions:
    """Return spans as mentions.

    doc (Doc): The document.
    spans (ScoredSpans): Its spans.
    types (Sequence[str]): The entity types.
    RETURNS (Mentions): The mentions.
    """
    hashes = np.asarray([doc.vocab.strings.add(name) for name in types], dtype="uint64")
    return Mentions(spans.starts, spans.ends, hashes[spans.types])


def set_mentions(doc: Doc, mentions: Mentions, overwrite: bool) -> None:
    """Write mentions to the span group. Relations and attributes of mentions that stay are kept.

    doc (Doc): The document.
    mentions (Mentions): The mentions.
    overwrite (bool): Whether to replace the group's mentions. If not, the new ones are added.
    """
    rows = zip(*(column.tolist() for column in mentions))
    spans = [Span(doc, start, end, label=label) for start, end, label in rows]
    judged = set(map(span_key, group_mentions(doc))) if has_assertion(doc) else None
    edges = relation_edges(doc)
    if overwrite:
        moved = moved_indices(doc, spans)
        ends = [(moved[head], moved[tail], label, score) for head, tail, label, score in edges]
        kept = [(h, t, label, score) for h, t, label, score in ends if not (h is None or t is None)]
        store_relations(doc, spans, kept, from_ents=False)
    else:
        index = MentionIndex(doc)
        for span in spans:
            index.add(span, "predicted mention")
        store_relations(doc, index.mentions, edges, from_ents=False)
    if judged is not None and not judged.issuperset(map(span_key, spans)):
        discard_assertion(doc)
