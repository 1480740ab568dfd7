"""A BERT of random weights with a vocabulary of characters, for a machine without a hub."""

import tempfile
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Iterable, List, Optional, Sequence

import numpy as np
import torch
from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.util import to_numpy
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from transformers import BertConfig, BertModel, BertTokenizerFast

from ..errors import Errors
from ..ml.encoder_files import BertLike, GetEncoder

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CONTINUED = "##"


def RandomEncoder(
    layers: int = 4, width: int = 128, heads: int = 4, length: int = 512, vectors: bool = False
) -> GetEncoder:
    """Create a source of encoders of random weights, whose vocabulary is the characters of the
    training texts: for a CPU, for tests, and where no pretrained one is at hand.

    layers (int): Number of layers.
    width (int): Width, a multiple of `heads`; within the layers four times that.
    heads (int): Attention heads of a layer.
    length (int): Most word pieces of a window.
    vectors (bool): Start the characters' embeddings from the pipeline's vectors, of that width.
    RETURNS (Callable[[List[Doc]], BertLike]): Documents, whose vocabulary knows the strings of all
        training texts, to an encoder.
    """
    sizes = {"layers": layers, "width": width, "heads": heads, "length": length}
    return partial(_random_encoder, vectors=vectors, **sizes)


def _random_encoder(docs: List[Doc], *, vectors: bool, **sizes: int) -> BertLike:
    if not docs:
        raise ValueError(Errors.F015.format(paths="no training text", n=1))
    vocab = docs[0].vocab
    return make_encoder(list(vocab.strings), vectors=vocab if vectors else None, **sizes)


def char_pieces(lines: Iterable[str], min_count: int = 1) -> List[str]:
    """The characters of a text as BERT's tokenizer sees them, in lower case and so on; those that
    join into words, as Latin letters and digits do, a second time for the inside of a word.

    lines (Iterable[str]): Text.
    min_count (int): How often a character must occur.
    RETURNS (List[str]): Sorted pieces, `a` and `##a`.
    """
    normalizer, splitter = BertNormalizer(), BertPreTokenizer()
    counts: Counter = Counter()
    for line in lines:
        counts.update(normalizer.normalize_str(line))
    chars = [char for char, count in counts.items() if count >= min_count and not char.isspace()]
    joined = [char for char in chars if len(splitter.pre_tokenize_str(2 * char)) == 1]
    # Normalising puts spaces around ideographs, which is what keeps them apart.
    inside = [char for char in joined if " " not in normalizer.normalize_str(2 * char)]
    return sorted([*chars, *(CONTINUED + char for char in inside)])


def make_encoder(
    lines: Iterable[str],
    *,
    layers: int = 4,
    width: int = 128,
    heads: int = 4,
    length: int = 512,
    min_count: int = 1,
    vectors: Optional[Vocab] = None,
    seed: Optional[int] = None,
) -> BertLike:
    """Make a BERT (Devlin et al. 2019) of random weights.

    lines (Iterable[str]): Text, for the vocabulary.
    layers (int): Number of layers.
    width (int): Width, a multiple of `heads`; within the layers four times that.
    heads (int): Attention heads of a layer.
    length (int): Most word pieces of a text.
    min_count (int): How often a character must occur.
    vectors (Optional[Vocab]): Character vectors of that width, as `init-vectors` makes them, from
        which the characters' embeddings start.
    seed (Optional[int]): Seed of the weights; None leaves PyTorch's as it is.
    RETURNS (BertLike): Encoder and tokenizer.
    RAISES (ValueError): If no character is that frequent, or the sizes do not fit.
    """
    if width % heads:
        raise ValueError(Errors.M004.format(what="width", need=f"{heads} times n", value=width))
    pieces = char_pieces(lines, min_count)
    if not pieces:
        raise ValueError(Errors.F015.format(paths="the text", n=min_count))
    vocabulary = {piece: i for i, piece in enumerate((*SPECIAL, *pieces))}
    if seed is not None:
        torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=4 * width,
        max_position_embeddings=length,
    )
    transformer = BertModel(config)
    if vectors is not None:
        table = transformer.embeddings.word_embeddings.weight
        _start_from(table.data, list(vocabulary), vectors, config.initializer_range)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vocab.txt"
        path.write_text("\n".join(vocabulary), encoding="utf-8")
        tokenizer = BertTokenizerFast(vocab_file=str(path), model_max_length=length)
    return BertLike(tokenizer, transformer)


def _start_from(table: torch.Tensor, pieces: Sequence[str], vocab: Vocab, scale: float) -> None:
    """Put vectors into the rows of an embedding, at the scale of the others."""
    width = vocab.vectors.shape[1]
    if width != table.shape[1]:
        need = f"{table.shape[1]}, as the encoder"
        raise ValueError(Errors.M004.format(what="width of the vectors", need=need, value=width))
    chars = [piece.removeprefix(CONTINUED) for piece in pieces]
    known = [i for i, char in enumerate(chars) if vocab.has_vector(char)]
    if known:
        rows = np.stack([to_numpy(vocab.get_vector(chars[i])) for i in known])
        table[known] = torch.from_numpy(rows * (scale / rows.std()))
