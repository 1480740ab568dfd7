"""Marks of mentions and their types in the input of a BERT-like encoder."""

from typing import Sequence

import numpy as np
from spacy.tokens import Doc

from .pieces import Pieces

# Two hashes of a type choose one of so many rows each. It has the sum of their embeddings.
ROWS = 256
HASHES = 2
PARTS = 3  # first, inner and last tokens of a mention
N_MARKS = 1 + HASHES * ROWS * PARTS  # 0 marks tokens outside mentions


def token_marks(doc: Doc) -> np.ndarray:
    """Return the marks of the tokens: of the type of their entity, and their place in it. A single
    token is marked as the first one.

    doc (Doc): The document.
    RETURNS (ndarray): int64, from 0 to `N_MARKS` - 1; 0 outside entities. Shape: (tokens, HASHES)
    """
    marks = np.zeros((len(doc), HASHES), dtype="int64")
    for ent in doc.ents:
        hashes = np.asarray([(ent.label >> 32) % ROWS, ROWS + ent.label % ROWS], dtype="int64")
        first = 1 + PARTS * hashes
        marks[ent.start : ent.end] = first + 1
        marks[ent.end - 1] = first + 2
        marks[ent.start] = first
    return marks


def piece_marks(pieces: Pieces, docs: Sequence[Doc]) -> np.ndarray:
    """Return the marks of word pieces. Each piece has those of its token.

    pieces (Pieces): The pieces of the documents.
    docs (Sequence[Doc]): The documents.
    RETURNS (ndarray): int64. Shape: (windows, pieces of the longest window, HASHES)
    """
    marks = np.concatenate([token_marks(doc) for doc in docs])
    flat = np.zeros((int(pieces.lengths.sum()), HASHES), dtype="int64")
    of_tokens = np.asarray(pieces.align.dataXd, dtype="int64")
    flat[of_tokens] = np.repeat(marks, np.asarray(pieces.align.lengths), axis=0)
    n_windows, longest = np.shape(pieces.inputs["input_ids"])
    padded = np.zeros((n_windows, longest, HASHES), dtype="int64")
    padded[np.arange(longest) < pieces.lengths[:, None]] = flat
    return padded
