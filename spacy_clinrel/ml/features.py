"""Hashes of the characters of documents, and of the pairs they form with their neighbours."""

from typing import List, NamedTuple, Sequence

import numpy as np
from spacy.attrs import ORTH
from spacy.tokens import Doc

from ..tokens.normalize import lookup_form

# Columns of the features: the character, and its pairs with the left and right neighbour.
CHARACTER, LEFT_PAIR, RIGHT_PAIR = range(3)
# Odd constants that mix two hashes into 64 bits (from the SplitMix64 generator).
MIX_LEFT, MIX_RIGHT = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def token_features(docs: Sequence[Doc]) -> np.ndarray:
    """Hash the characters and character pairs of documents.

    docs (Sequence[Doc]): The documents.
    RETURNS (ndarray): The character, its pair with the left neighbour, and its pair with the right
        neighbour; uint64. Shape: (tokens, 3)
    """
    if not docs:
        return np.zeros((0, 3), dtype="uint64")
    forms = read_forms(docs)
    keys = np.asarray([docs[0].vocab.strings.add(text) for text in forms.texts], dtype="uint64")
    chars = keys[forms.kinds]
    # Pairs are hashed from characters rounded to double precision. Without the rounding, pipelines
    # trained with it would get other rows.
    rounded = chars.astype("float64").astype("uint64")
    with np.errstate(over="ignore"):
        left = (forms.before(rounded) * MIX_LEFT) ^ (rounded * MIX_RIGHT)
        right = (rounded * MIX_LEFT) ^ (forms.after(rounded) * MIX_RIGHT)
    return np.stack([chars, left, right], axis=1)


class Forms(NamedTuple):
    """The lookup forms of the tokens of a batch.

    texts (List[str]): The forms.
    kinds (ndarray): Form of each token, int64. Shape: (tokens,)
    starts (ndarray): Position of the first token of each document that has tokens, int64. Shape:
        (documents,)
    """

    texts: List[str]
    kinds: np.ndarray
    starts: np.ndarray

    def before(self, values: np.ndarray) -> np.ndarray:
        """Shift values of tokens to the next token of the document; 0 at the first one.

        values (ndarray): Shape: (tokens,)
        RETURNS (ndarray): Shape: (tokens,)
        """
        shifted = np.concatenate([np.zeros(1, values.dtype), values])[: len(values)]
        shifted[self.starts] = 0
        return shifted

    def after(self, values: np.ndarray) -> np.ndarray:
        """Shift values of tokens to the previous token of the document; 0 at the last one.

        values (ndarray): Shape: (tokens,)
        RETURNS (ndarray): Shape: (tokens,)
        """
        shifted = np.concatenate([values, np.zeros(1, values.dtype)])[1:]
        shifted[self.starts[1:] - 1] = 0
        return shifted


def read_forms(docs: Sequence[Doc]) -> Forms:
    """Read the lookup forms of the tokens of a batch.

    docs (Sequence[Doc]): The documents.
    RETURNS (Forms): The forms.
    """
    orths = np.concatenate([doc.to_array([ORTH]).ravel() for doc in docs])
    kinds, index = np.unique(orths, return_inverse=True)
    stores = {id(doc.vocab): doc.vocab.strings for doc in docs}.values()
    texts = [next(strings[kind] for strings in stores if kind in strings) for kind in kinds]
    lengths = np.asarray([len(doc) for doc in docs if len(doc)], dtype="int64")
    return Forms(list(map(lookup_form, texts)), index, np.cumsum(lengths) - lengths)
