"""Which sentence a token stands in."""

from typing import Sequence

import numpy as np
from spacy.attrs import ORTH, SENT_START
from spacy.tokens import Doc

# The relation guidelines end a sentence at these; the default sentencizer stops at neither
# the semicolons nor a line break.
SENTENCE_ENDS = "。；;！？!?"


def sentence_ids(
    doc: Doc, ends: str = SENTENCE_ENDS, line_breaks: bool = True, use_sents: bool = False
) -> np.ndarray:
    """The number of the sentence of each token. An end belongs to the sentence it ends.

    doc (Doc): The document.
    ends (str): Characters that end a sentence where they are a token of their own.
    line_breaks (bool): Whether a token with a line break ends a sentence.
    use_sents (bool): Take the sentences of the Doc, where it has any, instead.
    RETURNS (ndarray): Ascending from 0. Shape: (tokens,)
    """
    if use_sents and doc.has_annotation("SENT_START"):
        return np.cumsum(doc.to_array([SENT_START]).ravel() == 1) - 1
    orths, index = np.unique(doc.to_array([ORTH]).ravel(), return_inverse=True)
    texts = [doc.vocab.strings[orth] for orth in orths]
    is_end = np.asarray(
        [text in ends or (line_breaks and ("\n" in text or "\r" in text)) for text in texts],
        dtype=bool,
    )
    if not len(doc):
        return np.zeros(0, dtype="int64")
    after_end = np.concatenate([[False], is_end[index][:-1]])
    return np.cumsum(after_end)


def text_sentences(
    docs: Sequence[Doc], ends: str = SENTENCE_ENDS, use_sents: bool = False
) -> np.ndarray:
    """The text and the sentence of each token of a batch.

    docs (Sequence[Doc]): The documents.
    ends (str): Characters that end a sentence; a line break does so as well.
    use_sents (bool): Take the sentences of the Doc, where it has any.
    RETURNS (ndarray): Number of the text, and of the sentence counted through the batch, both
        ascending. Shape: (tokens, 2)
    """
    sentences = [sentence_ids(doc, ends, use_sents=use_sents) for doc in docs]
    offsets = np.cumsum([0, *(ids[-1] + 1 if len(ids) else 0 for ids in sentences)])
    texts = np.repeat(np.arange(len(docs)), [len(ids) for ids in sentences])
    return np.stack([texts, np.concatenate([*sentences, texts[:0]]) + offsets[texts]], axis=1)
