"""Word pieces of a BERT-like encoder: windows over texts, and which tokens they stand for.

Tokenized and aligned with spacy-transformers' functions."""

import warnings
from typing import Any, Callable, Dict, List, NamedTuple, Sequence, cast

import numpy as np
from spacy.attrs import IS_SPACE
from spacy.tokens import Doc, Span
from spacy_transformers.align import get_alignment, get_alignment_via_offset_mapping
from spacy_transformers.data_classes import WordpieceBatch
from spacy_transformers.layers.transformer_model import huggingface_tokenize
from spacy_transformers.truncate import truncate_oversize_splits
from thinc.types import Ragged

from ..errors import Warnings
from ..types import Candidates

# Documents → stretches of each, which may overlap; registered by spacy-transformers.
GetSpans = Callable[[List[Doc]], List[List[Span]]]


class Pieces(NamedTuple):
    """The word pieces of a batch of texts, window by window.

    inputs (Dict[str, ndarray]): What the encoder takes. Shape of each: (windows, longest)
    align (Ragged): For each token of the batch the pieces it is made of, in all windows that hold
        it, as places in the windows laid end to end without padding. A token of white space has
        none.
    lengths (ndarray): Pieces of each window, [CLS] and [SEP] among them. Shape: (windows,)
    docs (ndarray): The document of each window, ascending. Shape: (windows,)
    bounds (ndarray): First token of each window and the one after its last, counted in its
        document. Shape: (windows, 2)
    offsets (ndarray): Where a window's tokens begin in the next two. Shape: (windows,)
    starts (ndarray): Piece at which each token of each window begins, or the next token that has
        any. Shape: (tokens of all windows,)
    ends (ndarray): Piece after the last one of each token, or of the token before that has any.
        Shape: (tokens of all windows,)
    """

    inputs: Dict[str, np.ndarray]
    align: Ragged
    lengths: np.ndarray
    docs: np.ndarray
    bounds: np.ndarray
    offsets: np.ndarray
    starts: np.ndarray
    ends: np.ndarray


def make_pieces(docs: Sequence[Doc], get_spans: GetSpans, tokenizer: Any) -> Pieces:
    """Cut texts into windows and these into word pieces. Warns of tokens that no window holds,
    as the encoder takes no more pieces.

    docs (Sequence[Doc]): The documents, one at least with a token.
    get_spans (Callable[[List[Doc]], List[List[Span]]]): Gives the windows of each.
    tokenizer (Any): The encoder's, of transformers.
    RETURNS (Pieces): The pieces.
    """
    # Some getters give an empty window for a document without tokens, which nothing aligns with.
    nested = [[span for span in some if len(span)] for some in get_spans(list(docs))]
    spans = [span for some in nested for span in some]
    encoding = huggingface_tokenize(tokenizer, [span.text for span in spans])
    batch = WordpieceBatch.from_batch_encoding(encoding)
    if "offset_mapping" in encoding:
        align = get_alignment_via_offset_mapping(spans, encoding["offset_mapping"])
    else:
        align = get_alignment(spans, batch.strings, tokenizer.all_special_tokens)
    batch, align = truncate_oversize_splits(batch, align, tokenizer.model_max_length)
    lengths = np.asarray(batch.attention_mask).sum(axis=1).astype("int64")
    cut = np.asarray(encoding["attention_mask"]).sum(axis=1) > lengths
    inputs = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask}
    if batch.token_type_ids is not None:
        inputs["token_type_ids"] = batch.token_type_ids
    owners = np.repeat(np.arange(len(docs)), [len(some) for some in nested])
    bounds = np.asarray([(span.start, span.end) for span in spans]).reshape(-1, 2)
    token_offsets = np.cumsum([0, *(len(doc) for doc in docs)])[owners]
    longest = np.shape(batch.input_ids)[1]
    ranges = _piece_ranges(align, cut, longest, bounds, token_offsets)
    _warn_of_lost(docs, ranges[0] + token_offsets[:, None], tokenizer.model_max_length)
    align = _without_padding(align, lengths, longest)
    return Pieces(cast(Dict[str, np.ndarray], inputs), align, lengths, owners, *ranges)


def _without_padding(align: Ragged, lengths: np.ndarray, longest: int) -> Ragged:
    """The same pieces, counted through windows that are not padded."""
    windows, pieces = np.divmod(np.asarray(align.dataXd, dtype="int64"), longest)
    starts = np.cumsum(lengths) - lengths
    return Ragged((starts[windows] + pieces).astype("int32"), align.lengths)


def _warn_of_lost(docs: Sequence[Doc], bounds: np.ndarray, most: int) -> None:
    """bounds (ndarray): Tokens of each window, counted through the batch. Shape: (windows, 2)"""
    text = ~np.concatenate([doc.to_array([IS_SPACE]).ravel().astype(bool) for doc in docs])
    steps = np.zeros(len(text) + 1, dtype="int64")
    np.add.at(steps, bounds[:, 0], 1)
    np.add.at(steps, bounds[:, 1], -1)
    lost = int((text & (steps.cumsum()[:-1] == 0)).sum())
    if lost:
        message = Warnings.W003.format(lost=lost, total=int(text.sum()), most=most)
        warnings.warn(message, stacklevel=3)


def _piece_ranges(
    align: Ragged, cut: np.ndarray, longest: int, bounds: np.ndarray, token_offsets: np.ndarray
) -> List[np.ndarray]:
    """Bounds, offsets, starts and ends of `Pieces`; a window ends before what was cut off.

    cut (ndarray): Windows that lost pieces, bool. Shape: (windows,)
    token_offsets (ndarray): Tokens of the batch before each window's document. Shape: (windows,)
    """
    sizes = bounds[:, 1] - bounds[:, 0]
    offsets = np.cumsum(sizes) - sizes
    starts = np.full(sizes.sum(), longest, dtype="int64")
    ends = np.ones(sizes.sum(), dtype="int64")
    tokens = np.repeat(np.arange(len(align.lengths)), np.asarray(align.lengths))
    windows, pieces = np.divmod(np.asarray(align.dataXd, dtype="int64"), longest)
    places = offsets[windows] + tokens - token_offsets[windows] - bounds[windows, 0]
    np.minimum.at(starts, places, pieces)
    np.maximum.at(ends, places, pieces + 1)
    whole = bounds.copy()
    for window, (offset, size) in enumerate(zip(offsets, sizes)):
        own = slice(offset, offset + size)
        found = np.flatnonzero(ends[own] > 1)
        if cut[window] and len(found):
            whole[window, 1] = bounds[window, 0] + found[-1] + 1
        starts[own] = np.minimum.accumulate(starts[own][::-1])[::-1]
        ends[own] = np.maximum.accumulate(ends[own])
    return [whole, offsets, starts, ends]


class PairPieces(NamedTuple):
    """Where pairs stand.

    windows (ndarray): The window of each pair; -1 where none holds both mentions. Shape: (pairs,)
    spans (ndarray): First piece and the one after the last, of head and of tail. Shape: (pairs, 4)
    """

    windows: np.ndarray
    spans: np.ndarray


def place_pairs(pieces: Pieces, candidates: Candidates) -> PairPieces:
    """Find for each pair a window in which both mentions stand: of several the middle one.

    pieces (Pieces): The windows.
    candidates (Candidates): Mentions and pairs.
    RETURNS (PairPieces): Windows and spans.
    """
    rows = candidates.mentions[candidates.batch_pairs(), :2]  # (pairs, 2, 2)
    low, high = rows[:, :, 0].min(axis=1), rows[:, :, 1].max(axis=1)
    windows = np.full(len(rows), -1, dtype="int64")
    ends = np.cumsum(candidates.pair_lengths)
    first = np.searchsorted(pieces.docs, np.arange(len(ends) + 1))
    for i, end in enumerate(ends):
        own = slice(end - candidates.pair_lengths[i], end)
        starts, stops = pieces.bounds[first[i] : first[i + 1]].T
        # Both ascend: the windows that hold a pair stand together, and it is best placed in the
        # middle one.
        last = np.searchsorted(starts, low[own], side="right") - 1
        earliest = np.searchsorted(stops, high[own], side="left")
        middle = first[i] + (earliest + last + 1) // 2
        windows[own] = np.where(earliest <= last, middle, -1)
    where = pieces.offsets[windows][:, None] - pieces.bounds[windows, 0][:, None]
    inside = np.where(windows[:, None] >= 0, where, 0)
    starts = pieces.starts[np.where(windows[:, None] >= 0, rows[:, :, 0] + inside, 0)]
    stops = pieces.ends[np.where(windows[:, None] >= 0, rows[:, :, 1] - 1 + inside, 0)]
    # A mention without pieces, of white space or so, has none rather than its neighbours'.
    stops = np.maximum(stops, starts)
    return PairPieces(windows, np.stack([starts, stops], axis=2).reshape(-1, 4))
