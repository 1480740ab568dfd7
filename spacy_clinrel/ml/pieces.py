"""Word pieces of a BERT-like encoder, in windows over texts, and their alignment with tokens.

Uses the tokenization and alignment of spacy-transformers."""

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

# Returns the windows of each document, which may overlap (span getter of spacy-transformers).
GetSpans = Callable[[List[Doc]], List[List[Span]]]


class Pieces(NamedTuple):
    """The word pieces of a batch of texts, by window.

    inputs (Dict[str, ndarray]): Inputs of the encoder. Shape of each: (windows, pieces
        of the longest window)
    align (Ragged): For each token of the batch, its pieces in all windows, as indices into the
        concatenated windows without padding. Tokens of white space have none.
    lengths (ndarray): Number of pieces of each window, with [CLS] and [SEP]. Shape: (windows,)
    docs (ndarray): The document of each window, ascending. Shape: (windows,)
    bounds (ndarray): First token and end (exclusive) of each window, relative to its document.
        Shape: (windows, 2)
    offsets (ndarray): Index of each window's first token in `starts` and `ends`. Shape: (windows,)
    starts (ndarray): First piece of each token of each window, relative to the window. A token
        without pieces has the start of the next token. Shape: (tokens of all windows,)
    ends (ndarray): End (exclusive) of each token's pieces, relative to the window. A token without
        pieces has the end of the previous token. Shape: (tokens of all windows,)
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
    """Split texts into windows, and windows into word pieces. Warn about tokens outside all windows
    or beyond the encoder's maximum length.

    docs (Sequence[Doc]): The documents, at least one of them with a token.
    get_spans (Callable[[List[Doc]], List[List[Span]]]): Returns the windows of each document.
    tokenizer (Any): The encoder's tokenizer, from transformers.
    RETURNS (Pieces): The pieces.
    """
    # Some getters return an empty window for a document without tokens, which breaks the alignment.
    windows = [[span for span in doc_spans if len(span)] for doc_spans in get_spans(list(docs))]
    spans = [span for doc_spans in windows for span in doc_spans]
    encoding = huggingface_tokenize(tokenizer, [span.text for span in spans])
    batch = WordpieceBatch.from_batch_encoding(encoding)
    if "offset_mapping" in encoding:
        align = get_alignment_via_offset_mapping(spans, encoding["offset_mapping"])
    else:
        align = get_alignment(spans, batch.strings, tokenizer.all_special_tokens)
    batch, align = truncate_oversize_splits(batch, align, tokenizer.model_max_length)
    lengths = np.asarray(batch.attention_mask).sum(axis=1).astype("int64")
    is_truncated = np.asarray(encoding["attention_mask"]).sum(axis=1) > lengths
    inputs = {"input_ids": batch.input_ids, "attention_mask": batch.attention_mask}
    if batch.token_type_ids is not None:
        inputs["token_type_ids"] = batch.token_type_ids
    window_docs = np.repeat(np.arange(len(docs)), [len(doc_spans) for doc_spans in windows])
    bounds = np.asarray([(span.start, span.end) for span in spans]).reshape(-1, 2)
    token_offsets = np.cumsum([0, *(len(doc) for doc in docs)])[window_docs]
    longest = np.shape(batch.input_ids)[1]
    ranges = _piece_ranges(align, is_truncated, longest, bounds, token_offsets)
    _warn_of_lost(docs, ranges[0] + token_offsets[:, None], tokenizer.model_max_length)
    align = _without_padding(align, lengths, longest)
    return Pieces(cast(Dict[str, np.ndarray], inputs), align, lengths, window_docs, *ranges)


def _without_padding(align: Ragged, lengths: np.ndarray, longest: int) -> Ragged:
    """Convert indices into padded windows to indices into concatenated windows without padding."""
    windows, pieces = np.divmod(np.asarray(align.dataXd, dtype="int64"), longest)
    starts = np.cumsum(lengths) - lengths
    return Ragged((starts[windows] + pieces).astype("int32"), align.lengths)


def _warn_of_lost(docs: Sequence[Doc], bounds: np.ndarray, most: int) -> None:
    """Warn if tokens other than white space are in no window.

    bounds (ndarray): First token and end of each window, relative to the batch. Shape: (windows, 2)
    most (int): Maximum number of pieces of a window.
    """
    is_text = ~np.concatenate([doc.to_array([IS_SPACE]).ravel().astype(bool) for doc in docs])
    # Number of windows that begin at each token, minus the number that end there.
    steps = np.zeros(len(is_text) + 1, dtype="int64")
    np.add.at(steps, bounds[:, 0], 1)
    np.add.at(steps, bounds[:, 1], -1)
    lost = int((is_text & (steps.cumsum()[:-1] == 0)).sum())
    if lost:
        message = Warnings.W003.format(lost=lost, total=int(is_text.sum()), most=most)
        warnings.warn(message, stacklevel=3)


def _piece_ranges(
    align: Ragged,
    is_truncated: np.ndarray,
    longest: int,
    bounds: np.ndarray,
    token_offsets: np.ndarray,
) -> List[np.ndarray]:
    """Compute bounds, offsets, starts and ends of `Pieces`. Truncated windows end after their last
    token with pieces.

    align (Ragged): Pieces of each token, as indices into padded windows.
    is_truncated (ndarray): Windows that lost pieces, bool. Shape: (windows,)
    longest (int): Number of pieces of the longest window.
    bounds (ndarray): First token and end of each window, relative to its document. Shape: (windows,
        2)
    token_offsets (ndarray): Number of tokens of the batch before each window's document. Shape:
        (windows,)
    RETURNS (List[ndarray]): Bounds, offsets, starts and ends.
    """
    sizes = bounds[:, 1] - bounds[:, 0]
    offsets = np.cumsum(sizes) - sizes
    starts = np.full(sizes.sum(), longest, dtype="int64")
    ends = np.ones(sizes.sum(), dtype="int64")
    tokens = np.repeat(np.arange(len(align.lengths)), np.asarray(align.lengths))
    windows, pieces = np.divmod(np.asarray(align.dataXd, dtype="int64"), longest)
    index = offsets[windows] + tokens - token_offsets[windows] - bounds[windows, 0]
    np.minimum.at(starts, index, pieces)
    np.maximum.at(ends, index, pieces + 1)
    complete = bounds.copy()
    for window, (offset, size) in enumerate(zip(offsets, sizes)):
        in_window = slice(offset, offset + size)
        with_pieces = np.flatnonzero(ends[in_window] > 1)
        if is_truncated[window] and len(with_pieces):
            complete[window, 1] = bounds[window, 0] + with_pieces[-1] + 1
        starts[in_window] = np.minimum.accumulate(starts[in_window][::-1])[::-1]
        ends[in_window] = np.maximum.accumulate(ends[in_window])
    return [complete, offsets, starts, ends]


class PairPieces(NamedTuple):
    """The window and the pieces of each pair.

    windows (ndarray): The window of each pair; -1 if none contains both mentions. Shape: (pairs,)
    spans (ndarray): First piece and end (exclusive) of head and tail, relative to the window.
        Shape: (pairs, 4)
    """

    windows: np.ndarray
    spans: np.ndarray


def place_pairs(pieces: Pieces, candidates: Candidates) -> PairPieces:
    """Choose a window for each pair: the middle one of the windows that contain both mentions.

    pieces (Pieces): The windows.
    candidates (Candidates): Mentions and pairs.
    RETURNS (PairPieces): Windows and spans.
    """
    bounds = np.stack([candidates.mentions.starts, candidates.mentions.ends], axis=1)
    rows = bounds[candidates.batch_pairs()]  # (pairs, head and tail, start and end)
    low, high = rows[:, :, 0].min(axis=1), rows[:, :, 1].max(axis=1)
    windows = np.full(len(rows), -1, dtype="int64")
    ends = np.cumsum(candidates.pair_lengths)
    first = np.searchsorted(pieces.docs, np.arange(len(ends) + 1))
    for i, end in enumerate(ends):
        in_doc = slice(end - candidates.pair_lengths[i], end)
        starts, stops = pieces.bounds[first[i] : first[i + 1]].T
        # Window starts and ends both ascend, so the windows that contain a pair are consecutive.
        # The middle one gives it context on both sides.
        latest = np.searchsorted(starts, low[in_doc], side="right") - 1
        earliest = np.searchsorted(stops, high[in_doc], side="left")
        middle = first[i] + (earliest + latest + 1) // 2
        windows[in_doc] = np.where(earliest <= latest, middle, -1)
    has_window = windows[:, None] >= 0
    shift = pieces.offsets[windows][:, None] - pieces.bounds[windows, 0][:, None]
    starts = pieces.starts[np.where(has_window, rows[:, :, 0] + shift, 0)]
    stops = pieces.ends[np.where(has_window, rows[:, :, 1] - 1 + shift, 0)]
    # A mention without pieces, e.g. of white space, gets an empty span.
    stops = np.maximum(stops, starts)
    return PairPieces(windows, np.stack([starts, stops], axis=2).reshape(-1, 4))
