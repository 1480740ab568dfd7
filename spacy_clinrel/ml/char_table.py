"""A trainable table of character embeddings, initialized from vectors if there are any."""

from typing import Any, Callable, Dict, List, Tuple, cast

import numpy as np
from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.api import Model
from thinc.types import Floats2d, Ints1d

from ..errors import Errors
from ..tokens.normalize import lookup_form
from .features import CHARACTER, token_features

# Random embeddings are drawn from [-SCALE, SCALE].
SCALE = 0.2


def CharTable(width: int, rows: int = 5000) -> Model[List[Doc], List[Floats2d]]:
    """Create a trainable table with one embedding per character.

    If the pipeline has vectors, the vectors of single characters initialize their embeddings;
    vectors of longer strings are ignored. All other characters share `rows` embeddings by their
    hash. Vectors are needed only for initialization.

    width (int): Width of an embedding, equal to the width of the vectors if there are any.
    rows (int): Number of embeddings for characters without a vector.
    RETURNS (Model[List[Doc], List[Floats2d]]): The embedding layer.
    RAISES (ValueError): If a size is out of range; at initialization, if the vectors have another
        width, or they have no separate row for each character (floret).
    """
    for name, value in (("width", width), ("rows", rows)):
        if value < 1:
            raise ValueError(Errors.M004.format(what=name, need="1 or more", value=value))
    model: Model[List[Doc], List[Floats2d]] = Model(
        "char_table",
        _forward,
        init=_init,
        dims={"nO": width, "nV": None},
        params={"E": None},
        # Hashes of the characters that have their own row, ascending.
        attrs={"keys": np.zeros(0, dtype="uint64"), "rows": rows},
    )
    return model


def _init(model: Model, X: Any = None, Y: Any = None) -> None:
    if model.has_param("E"):
        return
    width, rows = model.get_dim("nO"), model.attrs["rows"]
    keys, vectors = np.zeros(0, dtype="uint64"), np.zeros((0, width), dtype="float32")
    if X and X[0].vocab.vectors.shape[1]:
        keys, vectors = character_vectors(X[0].vocab)
        if vectors.shape[1] != width:
            raise ValueError(
                Errors.M006.format(name=model.name, got=vectors.shape[1], wanted=width)
            )
    model.attrs["keys"] = keys
    model.set_dim("nV", len(keys) + rows)
    table = np.random.uniform(-SCALE, SCALE, (len(keys) + rows, width)).astype("float32")
    if len(keys):
        # Scale vectors to the standard deviation of the random embeddings.
        table[: len(keys)] = vectors * (table.std() / max(vectors.std(), 1e-9))
    model.set_param("E", model.ops.asarray2f(cast(Any, table)))


def character_vectors(vocab: Vocab) -> Tuple[np.ndarray, np.ndarray]:
    """Return the vectors of single characters.

    vocab (Vocab): A vocab with vectors.
    RETURNS (Tuple[ndarray, ndarray]): Hashes of the characters as `embed.token_features` computes
        them, ascending, uint64; and their vectors. Shape: (characters,) and (characters, width)
    """
    table = vocab.vectors
    if table.mode != "default":
        raise ValueError(Errors.M007.format(mode=table.mode))
    candidates: Dict[Tuple[int, bool], int] = {}
    for key in table.key2row:
        text = vocab.strings[key]
        if len(text) == 1:
            # The lookup form itself comes before its variants, e.g. upper case.
            is_variant = lookup_form(text) != text
            candidates.setdefault((vocab.strings.add(lookup_form(text)), is_variant), key)
    first: Dict[int, int] = {}
    for (char, _), key in sorted(candidates.items()):
        first.setdefault(char, key)
    keys = np.asarray(sorted(first), dtype="uint64")
    rows = table.find(keys=[first[int(key)] for key in keys])
    data = table.data[rows]
    return keys, np.asarray(data.get() if hasattr(data, "get") else data)


def table_rows(keys: np.ndarray, rows: int, doc: Doc) -> np.ndarray:
    """Return the table row of each character of a document.

    keys (ndarray): Hashes of the characters that have their own row, ascending.
    rows (int): Number of rows that all other characters share.
    doc (Doc): The document.
    RETURNS (ndarray): int64. Shape: (tokens,)
    """
    chars = token_features([doc])[:, CHARACTER]
    shared = len(keys) + (chars % np.uint64(rows)).astype("int64")
    if not len(keys):
        return shared
    position = np.minimum(np.searchsorted(keys, chars), len(keys) - 1)
    return np.where(keys[position] == chars, position, shared)


def _forward(
    model: Model[List[Doc], List[Floats2d]], docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    keys, rows = model.attrs["keys"], model.attrs["rows"]
    table = cast(Floats2d, model.get_param("E"))
    index = [model.ops.asarray1i(cast(Ints1d, table_rows(keys, rows, doc))) for doc in docs]

    def backprop(d_vectors: List[Floats2d]) -> List:
        gradient = model.ops.alloc2f(*table.shape)
        for doc_index, d_doc in zip(index, d_vectors):
            model.ops.scatter_add(gradient, doc_index, d_doc)
        model.inc_grad("E", gradient)
        return []

    return [cast(Floats2d, table[doc_index]) for doc_index in index], backprop
