"""The language that a tokenizer must fit, guessed from texts and tokens."""

import re
from itertools import islice
from typing import Iterable, Optional

from spacy.tokens import Doc

CHINESE = re.compile(r"[㐀-䶿一-鿿豈-﫿]")
LATIN = re.compile(r"[A-Za-z]")
# A Chinese text may have many Latin letters, e.g. in names of tests, drugs and units.
MIN_CHINESE = 0.2
# Fewer letters than this say nothing of a corpus.
MIN_LETTERS = 50
# Documents that are read, and characters or tokens of each.
MAX_DOCUMENTS = 200
MAX_CHARACTERS = 2000


def guess_language(texts: Iterable[str]) -> Optional[str]:
    """Guess whether texts are Chinese or written in Latin letters, by their share of Chinese
    characters.

    texts (Iterable[str]): The texts. Only the first ones are read.
    RETURNS (Optional[str]): "zh"; "en" for Latin letters, also of another language; None if there
        are too few letters.
    """
    n_chinese = n_latin = 0
    for text in islice(texts, MAX_DOCUMENTS):
        start = text[:MAX_CHARACTERS]
        n_chinese += len(CHINESE.findall(start))
        n_latin += len(LATIN.findall(start))
    if n_chinese + n_latin < MIN_LETTERS:
        return None
    return "zh" if n_chinese >= MIN_CHINESE * (n_chinese + n_latin) else "en"


def is_split_into_letters(docs: Iterable[Doc]) -> bool:
    """Return whether most tokens are single Latin letters: a tokenizer for Chinese, which makes a
    token of each character, has split a text in another language.

    docs (Iterable[Doc]): The documents. Only the first ones are read.
    RETURNS (bool): Whether more than half of the tokens are single letters from A to Z.
    """
    n_letters = n_tokens = 0
    for doc in islice(docs, MAX_DOCUMENTS):
        # Not IS_ALPHA: a vocabulary without a language does not set it.
        words = [token.text for token in doc[:MAX_CHARACTERS] if not token.text.isspace()]
        n_letters += sum(LATIN.fullmatch(word) is not None for word in words)
        n_tokens += len(words)
    return n_tokens >= MIN_LETTERS and 2 * n_letters > n_tokens
