"""The sentence rule of a pipeline."""

from dataclasses import dataclass
from typing import Sequence

import numpy as np
from spacy.attrs import ORTH, SENT_START
from spacy.tokens import Doc

from .boundaries import LINE_BREAKS

# The relation guidelines end a sentence at these characters and at line breaks. spaCy's default
# sentencizer splits neither at semicolons nor at line breaks.
SENTENCE_ENDS = "。；;！？!?"


@dataclass(frozen=True)
class Sentences:
    """The rule by which a pipeline splits texts into sentences.

    The rule belongs to the candidate strategy. Relation models get it with the candidates; `debug`
    and the error report read it from the strategy. Therefore they all use the same sentences.

    ends (str): Characters that end a sentence if they are a separate token.
    line_breaks (bool): Whether a token that contains a line break ends a sentence.
    use_sents (bool): Use the sentence boundaries of the Doc if it has any.
    """

    ends: str = SENTENCE_ENDS
    line_breaks: bool = True
    use_sents: bool = False

    def ids(self, doc: Doc) -> np.ndarray:
        """Return the sentence number of each token. The token that ends a sentence is part of it.

        doc (Doc): The document.
        RETURNS (ndarray): Ascending from 0. Shape: (tokens,)
        """
        if self.use_sents and doc.has_annotation("SENT_START"):
            return np.cumsum(doc.to_array([SENT_START]).ravel() == 1) - 1
        if not len(doc):
            return np.zeros(0, dtype="int64")
        orths, index = np.unique(doc.to_array([ORTH]).ravel(), return_inverse=True)
        texts = [doc.vocab.strings[orth] for orth in orths]
        breaks = set(LINE_BREAKS if self.line_breaks else "")
        is_end = np.asarray(
            [text in self.ends or not breaks.isdisjoint(text) for text in texts], dtype=bool
        )
        follows_end = np.concatenate([[False], is_end[index][:-1]])
        return np.cumsum(follows_end)

    def batch_ids(self, docs: Sequence[Doc]) -> np.ndarray:
        """Return the document number and the sentence number of each token of a batch.

        docs (Sequence[Doc]): The documents.
        RETURNS (ndarray): Document number and sentence number, both ascending. Sentences are
            numbered through the whole batch. Shape: (tokens, 2)
        """
        sentences = [self.ids(doc) for doc in docs]
        offsets = np.cumsum([0, *(ids[-1] + 1 if len(ids) else 0 for ids in sentences)])
        owners = np.repeat(np.arange(len(docs)), [len(ids) for ids in sentences])
        ids = np.concatenate([*sentences, owners[:0]])
        return np.stack([owners, ids + offsets[owners]], axis=1)
