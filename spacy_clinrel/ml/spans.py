"""Windows for an encoder: a sentence each."""

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
    """Create a function that cuts texts into sentences, as the candidates do, and a longer sentence
    into windows that overlap. The encoder then sees a sentence at a time, which is fast, but no
    pair across sentences can be scored.

    window (int): The most tokens of a window.
    stride (int): Tokens from the start of a sentence's window to the start of its next one.
    ends (str): Characters that end a sentence where they are a token of their own.
    line_breaks (bool): Whether a token with a line break ends a sentence.
    RETURNS (Callable[[List[Doc]], List[List[Span]]]): For `get_spans`.
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
    found: List[List[Span]] = []
    for doc in docs:
        ids = Sentences(ends, line_breaks).ids(doc)
        bounds = np.searchsorted(ids, np.arange(ids[-1] + 2)).tolist() if len(ids) else [0]
        spans: List[Span] = []
        for start, end in pairwise(bounds):
            spans += _strided(doc, start, end, window, stride)
        found.append(spans)
    return found


def _strided(doc: Doc, start: int, end: int, window: int, stride: int) -> List[Span]:
    starts = range(start, max(end - window, start) + stride, stride)
    spans = [doc[first : min(first + window, end)] for first in starts]
    # The last one may begin where the one before has ended the sentence already.
    return [span for i, span in enumerate(spans) if i == 0 or spans[i - 1].end < end]
