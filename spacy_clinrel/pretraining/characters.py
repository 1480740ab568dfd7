"""Vocabularies of characters for BERT's tokenizer."""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Iterable, List, Sequence

from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from transformers import BertTokenizerFast

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CONTINUATION = "##"


def character_pieces(
    lines: Iterable[str], min_count: int = 1, *, lowercase: bool = True
) -> List[str]:
    """Return the word pieces for the characters of a text, as BERT's tokenizer normalises them
    (e.g. to lower case). Characters that BERT joins into words, such as Latin letters and digits,
    have a second piece for positions inside a word.

    lines (Iterable[str]): Text.
    min_count (int): Minimum number of occurrences of a character.
    lowercase (bool): Convert to lower case and remove accents.
    RETURNS (List[str]): Sorted pieces, e.g. `a` and `##a`.
    """
    normalizer, pre_tokenizer = BertNormalizer(lowercase=lowercase), BertPreTokenizer()
    counts: Counter = Counter()
    for line in lines:
        counts.update(normalizer.normalize_str(line))
    chars = [char for char, count in counts.items() if count >= min_count and not char.isspace()]
    joined = [char for char in chars if len(pre_tokenizer.pre_tokenize_str(2 * char)) == 1]
    # The normaliser separates ideographs by spaces, so they never occur inside a word.
    inside = [char for char in joined if " " not in normalizer.normalize_str(2 * char)]
    return sorted([*chars, *(CONTINUATION + char for char in inside)])


def make_tokenizer(
    pieces: Sequence[str], length: int, *, lowercase: bool = True
) -> BertTokenizerFast:
    """Create BERT's tokenizer.

    pieces (Sequence[str]): All word pieces in the order of the embedding table, with the special
        tokens.
    length (int): Maximum number of word pieces of a text.
    lowercase (bool): Convert to lower case and remove accents.
    RETURNS (BertTokenizerFast): The tokenizer.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vocab.txt"
        path.write_text("\n".join(pieces), encoding="utf-8")
        return BertTokenizerFast(
            vocab_file=str(path), model_max_length=length, do_lower_case=lowercase
        )
