"""A lexicon as sorted arrays of hashes, and the search for its words in texts.

The hash of a word is a polynomial of the hashes of its characters. So all n-grams of a batch are
hashed with one multiplication and one addition for each length, and looked up by binary search.
"""

from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np
from spacy.strings import StringStore
from spacy.tokens import Doc

from ..terminology.lexicon import LexiconWord
from ..tokens.normalize import lookup_form
from .features import CHARACTER, token_features

# Odd multiplier of the polynomial (from the MMIX linear congruential generator).
BASE = np.uint64(6364136223846793005)
# Scores from 0 to 1 are stored in steps of 1/255.
FULL_SCORE = 255


class Lexicon(NamedTuple):
    """Words, sorted by length and hash.

    keys (ndarray): Hash of each word, uint64. Shape: (words,)
    offsets (ndarray): Where the words of each length begin, int64. Words of length n are at
        offsets[n] to offsets[n + 1]. Shape: (longest + 2,)
    weights (ndarray): Weight of each word in its set, float32. Shape: (words,)
    scores (ndarray): Score of each type for each word, uint8. Shape: (words, types)
    owned (ndarray): word · types + type of the types that a word has in only one training document;
        ascending, int64. Shape: (owned types,)
    owners (ndarray): Hash of that document's text, uint64. Shape: (owned types,)
    """

    keys: np.ndarray
    offsets: np.ndarray
    weights: np.ndarray
    scores: np.ndarray
    owned: np.ndarray
    owners: np.ndarray

    def to_attrs(self) -> Dict[str, Any]:
        """Return the arrays by name, to be saved with a model."""
        return self._asdict()


class Matches(NamedTuple):
    """Words found in a batch, by the position of their first character in the batch.

    starts (ndarray): Position of the first character, int64. Shape: (matches,)
    lengths (ndarray): Number of characters, int64. Shape: (matches,)
    words (ndarray): Index of the word in the lexicon, int64. Shape: (matches,)
    """

    starts: np.ndarray
    lengths: np.ndarray
    words: np.ndarray


def create_lexicon(
    words: Sequence[LexiconWord], types: Sequence[str]
) -> Tuple[Lexicon, List[LexiconWord]]:
    """Create a lexicon.

    words (Sequence[LexiconWord]): The words. Each text occurs once.
    types (Sequence[str]): All types.
    RETURNS (Tuple[Lexicon, List[LexiconWord]]): The lexicon, and the words in its order.
    """
    forms = [[lookup_form(char) for char in word.text] for word in words]
    lengths = np.asarray([len(form) for form in forms], dtype="int64")
    strings = StringStore()
    hashes = {char: strings.add(char) for char in {char for form in forms for char in form}}
    flat = np.asarray([hashes[char] for form in forms for char in form], dtype="uint64")
    begin = np.cumsum(lengths) - lengths
    keys = np.zeros(len(words), dtype="uint64")
    with np.errstate(over="ignore"):
        for i in range(int(lengths.max(initial=0))):
            longer = np.flatnonzero(lengths > i)
            keys[longer] = keys[longer] * BASE + flat[begin[longer] + i]
    order = np.lexsort([keys, lengths])
    index = {name: i for i, name in enumerate(types)}
    scores = np.zeros((len(words), len(types)), dtype="uint8")
    owners: Dict[int, int] = {}
    for row, i in enumerate(order.tolist()):
        for name, score in words[i].scores.items():
            scores[row, index[name]] = max(1, round(FULL_SCORE * score))
        for name, owner in words[i].owners.items():
            owners[row * len(types) + index[name]] = owner
    lexicon = Lexicon(
        keys[order],
        np.searchsorted(lengths[order], np.arange(int(lengths.max(initial=0)) + 2)),
        np.asarray([words[i].weight for i in order], dtype="float32"),
        scores,
        np.asarray(sorted(owners), dtype="int64"),
        np.asarray([owners[code] for code in sorted(owners)], dtype="uint64"),
    )
    return lexicon, [words[i] for i in order]


def find_words(lexicon: Lexicon, docs: Sequence[Doc]) -> Matches:
    """Find all words of a lexicon in documents whose tokens are characters.

    lexicon (Lexicon): The lexicon.
    docs (Sequence[Doc]): The documents. Words never cross from one to the next.
    RETURNS (Matches): The words found, with positions in the concatenated documents.
    """
    chars = token_features(docs)[:, CHARACTER]
    sizes = [len(doc) for doc in docs]
    room = np.repeat(np.cumsum(sizes), sizes) - np.arange(len(chars))  # characters until the end
    found: List[Matches] = []
    hashes = np.zeros(len(chars), dtype="uint64")
    for length in range(1, len(lexicon.offsets) - 1):
        if length > len(chars):
            break
        with np.errstate(over="ignore"):
            hashes = hashes[: len(chars) - length + 1] * BASE + chars[length - 1 :]
        first, end = lexicon.offsets[length : length + 2]
        if first == end:
            continue
        keys = lexicon.keys[first:end]
        words = np.minimum(np.searchsorted(keys, hashes), len(keys) - 1)
        starts = np.flatnonzero((keys[words] == hashes) & (room[: len(hashes)] >= length))
        found.append(Matches(starts, np.full(len(starts), length), words[starts] + first))
    empty = np.zeros(0, dtype="int64")
    parts = zip(*found) if found else [(empty,)] * 3
    return Matches(*(np.concatenate(part).astype("int64") for part in parts))


def hide_own_words(
    lexicon: Lexicon, docs: Sequence[Doc], matches: Matches, scores: np.ndarray
) -> np.ndarray:
    """Leave one document out: set the scores to 0 that a word has only because of the document in
    which it is found.

    In training, every annotated mention would otherwise be found in the lexicon with its right
    type, which is not so in new text.

    lexicon (Lexicon): The lexicon.
    docs (Sequence[Doc]): The documents.
    matches (Matches): The words found in them.
    scores (ndarray): Type scores of each match. Shape: (matches, types)
    RETURNS (ndarray): The remaining scores.
    """
    if not len(lexicon.owned) or not len(matches.words):
        return scores
    sizes = [len(doc) for doc in docs]
    texts = np.repeat(np.asarray([text_hash(doc.text) for doc in docs], dtype="uint64"), sizes)
    n_types = scores.shape[1]
    codes = matches.words[:, None] * n_types + np.arange(n_types)
    rows = np.minimum(np.searchsorted(lexicon.owned, codes), len(lexicon.owned) - 1)
    is_own = lexicon.owned[rows] == codes
    is_own &= lexicon.owners[rows] == texts[matches.starts][:, None]
    return np.where(is_own, np.uint8(0), scores)


def text_hash(text: str) -> int:
    """Return the hash by which a training document is recognized.

    text (str): The document's text.
    RETURNS (int): 64 bits.
    """
    return StringStore().add(text) if text else 0
