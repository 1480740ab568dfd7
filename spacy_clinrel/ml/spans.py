"""Encoder windows of one sentence each."""

from functools import partial
from itertools import pairwise
from typing import Iterable, List

import numpy as np
from spacy.tokens import Doc, Span

from ..errors import Errors
from ..tokens.sentences import SENTENCE_ENDS, Sentences
from .pieces import GetSpans


def SentenceSpans(
    window: int = 128, stride: int = 64, ends: str = SENTENCE_ENDS, line_breaks: bool = True
) -> GetSpans:
    """Create a function that splits texts into sentences, and long sentences into overlapping
    windows.

    The encoder then reads one sentence at a time. This is fast, but pairs across sentences cannot
    be scored. The sentences are those of the candidates if both have the same `ends` and
    `line_breaks`.

    window (int): Maximum length of a window, in tokens.
    stride (int): Distance between the starts of consecutive windows of a sentence, in tokens.
    ends (str): Characters that end a sentence if they are a separate token.
    line_breaks (bool): Whether a token that contains a line break ends a sentence.
    RETURNS (Callable[[List[Doc]], List[List[Span]]]): The function, for the option `get_spans`.
    RAISES (ValueError): If the stride is not between 1 and the window.
    """
    if not 1 <= stride <= window:
        raise ValueError(Errors.M004.format(what="stride", need=f"1 to {window}", value=stride))
    return partial(
        _sentence_spans, window=window, stride=stride, ends=ends, line_breaks=line_breaks
    )


def _sentence_spans(
    docs: Iterable[Doc], *, window: int, stride: int, ends: str, line_breaks: bool
) -> List[List[Span]]:
    windows: List[List[Span]] = []
    for doc in docs:
        ids = Sentences(ends, line_breaks).ids(doc)
        bounds = np.searchsorted(ids, np.arange(ids[-1] + 2)).tolist() if len(ids) else [0]
        spans: List[Span] = []
        for start, end in pairwise(bounds):
            spans += _sentence_windows(doc, start, end, window, stride)
        windows.append(spans)
    return windows


def _sentence_windows(doc: Doc, start: int, end: int, window: int, stride: int) -> List[Span]:
    starts = range(start, max(end - window, start) + stride, stride)
    spans = [doc[first : min(first + window, end)] for first in starts]
    # Drop the last window if the one before it already reaches the end of the sentence.
    return [span for i, span in enumerate(spans) if i == 0 or spans[i - 1].end < end]
