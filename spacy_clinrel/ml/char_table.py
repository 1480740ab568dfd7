"""A table of character embeddings that are trained, from vectors where there are any."""

from typing import Any, Callable, Dict, List, Tuple, cast

import numpy as np
from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.api import Model
from thinc.types import Floats2d, Ints1d

from ..errors import Errors
from ..tokens.normalize import lookup_form
from .embed import CHARACTER, doc_features

# Bounds of the values that embeddings start with.
SCALE = 0.2


def CharTable(width: int, rows: int = 5000) -> Model[List[Doc], List[Floats2d]]:
    """Create a table of one embedding for each character, as the papers have it.

    Where the pipeline has vectors, each character that has one starts from it, and all are
    trained; vectors of anything but single characters are left out. Other characters, and all
    of them where there are no vectors, share `rows` embeddings by their hashes. The vectors are
    needed at initialization alone.

    width (int): Width of an embedding; the width of the vectors, where there are any.
    rows (int): Embeddings for characters without a vector.
    RETURNS (Model[List[Doc], List[Floats2d]]): The embedding layer.
    RAISES (ValueError): If a size is out of range; at initialization, if the vectors have another
        width or no rows of their own for each character.
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
        # Hashes of the characters that have a row of their own, ascending.
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
        # Vectors of whatever length start as long, on average, as the random ones.
        table[: len(keys)] = vectors * (table.std() / max(vectors.std(), 1e-9))
    model.set_param("E", model.ops.asarray2f(cast(Any, table)))


def character_vectors(vocab: Vocab) -> Tuple[np.ndarray, np.ndarray]:
    """The vectors of single characters.

    vocab (Vocab): With vectors.
    RETURNS (Tuple[ndarray, ndarray]): Hashes of the characters in the form that
        `embed.doc_features` gives them, ascending, uint64, and their vectors. Shape:
        (characters,) and (characters, width)
    """
    table = vocab.vectors
    if table.mode != "default":
        raise ValueError(Errors.M007.format(mode=table.mode))
    found: Dict[Tuple[int, bool], int] = {}
    for key in table.key2row:
        text = vocab.strings[key]
        if len(text) == 1:
            # The form that is spelled as it is looked up comes before its variants.
            own = lookup_form(text) == text
            found.setdefault((vocab.strings.add(lookup_form(text)), not own), key)
    first: Dict[int, int] = {}
    for (char, _), key in sorted(found.items()):
        first.setdefault(char, key)
    keys = np.asarray(sorted(first), dtype="uint64")
    rows = table.find(keys=[first[int(key)] for key in keys])
    data = table.data[rows]
    return keys, np.asarray(data.get() if hasattr(data, "get") else data)


def table_rows(keys: np.ndarray, rows: int, doc: Doc) -> np.ndarray:
    """The row of each character of a document.

    keys (ndarray): Hashes of the characters that have a row of their own, ascending.
    rows (int): Rows for all others.
    doc (Doc): The document.
    RETURNS (ndarray): int64. Shape: (tokens,)
    """
    chars = doc_features(doc)[:, CHARACTER]
    shared = len(keys) + (chars % np.uint64(rows)).astype("int64")
    if not len(keys):
        return shared
    place = np.minimum(np.searchsorted(keys, chars), len(keys) - 1)
    return np.where(keys[place] == chars, place, shared)


def _forward(
    model: Model[List[Doc], List[Floats2d]], docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    keys, rows = model.attrs["keys"], model.attrs["rows"]
    table = cast(Floats2d, model.get_param("E"))
    index = [model.ops.asarray1i(cast(Ints1d, table_rows(keys, rows, doc))) for doc in docs]

    def backprop(d_vectors: List[Floats2d]) -> List:
        gradient = model.ops.alloc2f(*table.shape)
        for some, d_some in zip(index, d_vectors):
            model.ops.scatter_add(gradient, some, d_some)
        model.inc_grad("E", gradient)
        return []

    return [cast(Floats2d, table[some]) for some in index], backprop
