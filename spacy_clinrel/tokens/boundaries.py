"""White space, control characters and line breaks in the tokens of a document."""

from typing import NamedTuple

import numpy as np
from spacy.attrs import ORTH
from spacy.tokens import Doc

# The characters at which `str.splitlines` splits.
LINE_BREAKS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
# First and last code point of each range of characters without a visible form: white space, control
# characters and invisible format characters, such as the zero-width space and the byte order mark.
_INVISIBLE = (
    (0x00, 0x20),
    (0x7F, 0xA0),
    (0xAD, 0xAD),
    (0x61C, 0x61C),
    (0x1680, 0x1680),
    (0x180E, 0x180E),
    (0x2000, 0x200F),
    (0x2028, 0x202F),
    (0x205F, 0x206F),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
)
_BREAKS = frozenset(LINE_BREAKS)
# A code point is in a range if it is at or above an odd number of these bounds.
_BOUNDS = np.asarray([(first, last + 1) for first, last in _INVISIBLE], dtype="uint32").ravel()


class TokenBoundaries(NamedTuple):
    """The tokens of a document at which an entity cannot begin or end.

    starts_invisible (ndarray): Tokens that begin with white space or a control character, bool.
        Shape: (tokens,)
    ends_invisible (ndarray): Tokens that end with one, bool. Shape: (tokens,)
    has_break (ndarray): Tokens that contain a line break, bool. Shape: (tokens,)
    """

    starts_invisible: np.ndarray
    ends_invisible: np.ndarray
    has_break: np.ndarray


def token_boundaries(doc: Doc) -> TokenBoundaries:
    """Find white space, control characters and line breaks at the edges of and in tokens.

    doc (Doc): The document.
    RETURNS (TokenBoundaries): Boolean arrays.
    """
    if not len(doc):
        none = np.zeros(0, dtype=bool)
        return TokenBoundaries(none, none, none)
    orths, index = np.unique(doc.to_array([ORTH]).ravel(), return_inverse=True)
    texts = [doc.vocab.strings[orth] or " " for orth in orths]
    edges = np.asarray([(ord(text[0]), ord(text[-1])) for text in texts], dtype="uint32")
    has_break = np.asarray([not _BREAKS.isdisjoint(text) for text in texts])
    starts, ends = _is_invisible(edges).T
    return TokenBoundaries(starts[index], ends[index], has_break[index])


def _is_invisible(codes: np.ndarray) -> np.ndarray:
    """Return which code points are white space, control or invisible format characters."""
    return np.searchsorted(_BOUNDS, codes, side="right") % 2 == 1
