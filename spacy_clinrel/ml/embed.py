"""Embeddings of characters and of the pairs they form with their neighbours."""

from functools import partial
from typing import Any, Callable, List, Sequence, Tuple, cast

import numpy as np
from spacy.ml.staticvectors import StaticVectors
from spacy.tokens import Doc
from thinc.api import (
    HashEmbed,
    Linear,
    Maxout,
    Model,
    NumpyOps,
    Ops,
    chain,
    concatenate,
    list2ragged,
    ragged2list,
    with_array,
)
from thinc.types import Floats2d, Ints2d, Ragged

from ..errors import Errors
from .distinct import with_distinct_rows
from .features import CHARACTER, LEFT_PAIR, RIGHT_PAIR, read_forms, token_features

# Placeholder for the missing neighbour of the first and the last character. No vector contains it.
EDGE = "\x02"


def CharEmbed(
    width: int,
    rows: int = 5000,
    pair_rows: int = 20000,
    include_static_vectors: bool = False,
    pair_vectors: bool = False,
    seed: int = 7,
) -> Model[List[Doc], List[Floats2d]]:
    """Create an embedding layer for tokens that are characters.

    Hash embeddings of each character, in NFKC form and lower case, and of its pairs with both
    neighbours are concatenated, optionally with the vocab's vectors, and mixed by a maxout layer.

    width (int): Width of each embedding and of the output.
    rows (int): Rows of the character table.
    pair_rows (int): Rows of each pair table; 0 for no pairs.
    include_static_vectors (bool): Add the vocab's vectors of characters. They are not trained.
    pair_vectors (bool): Add the vocab's vectors of both pairs of each character. Their keys are the
        two characters as a string.
    seed (int): Seed of the hashing.
    RETURNS (Model[List[Doc], List[Floats2d]]): The embedding layer.
    """
    tables: List[Model] = [HashEmbed(width, rows, column=CHARACTER, seed=seed)]
    if pair_rows:
        for column in (LEFT_PAIR, RIGHT_PAIR):
            tables.append(HashEmbed(width, pair_rows, column=column, seed=seed + column))
    hashed: Model[List[Doc], Ragged] = chain(
        char_features(),
        cast(Model[List[Ints2d], Ragged], list2ragged()),
        with_array(concatenate(*tables) if len(tables) > 1 else tables[0]),
    )
    parts = [hashed]
    if include_static_vectors:
        parts.append(checked_vectors(width))
    if pair_vectors:
        parts.append(pair_vector_layer(width))
    n_parts = len(tables) + len(parts) - 1
    mix: Model = with_array(Maxout(width, width * n_parts, nP=3, normalize=True))
    layer: Model = chain(concatenate(*parts) if len(parts) > 1 else hashed, mix, ragged2list())
    use_numpy_products(layer)
    return with_distinct_rows(layer)


def use_numpy_products(model: Model) -> None:
    """Multiply matrices with NumPy instead of Thinc's BLIS on the CPU (benchmarks/NOTES.md compares
    their speed).

    model (Model): The layer, changed in place.
    """
    for node in model.walk():
        if type(node.ops) is NumpyOps:
            node.ops = NumpyOps(use_blis=False)


def checked_vectors(width: int) -> Model[List[Doc], Ragged]:
    """Create spaCy's StaticVectors layer. Its initialization raises an error if there are no
    vectors.

    width (int): Width that vectors are projected to.
    RETURNS (Model[List[Doc], Ragged]): The layer.
    """
    layer = StaticVectors(width)
    layer.init = partial(_init_vectors, layer.init)
    return layer


def _init_vectors(init: Callable, model: Model, X=None, Y=None) -> None:
    if X and not X[0].vocab.vectors.shape[1]:
        raise ValueError(Errors.M003)
    init(model, X=X, Y=Y)


def pair_vector_layer(width: int) -> Model[List[Doc], Ragged]:
    """Create the layer that looks up vectors of character pairs.

    width (int): Width of the output. The vectors of the two pairs that a character is in are
        concatenated and projected to it.
    RETURNS (Model[List[Doc], Ragged]): The layer.
    """
    lookup: Model[List[Doc], Ragged] = chain(
        Model("pair_vectors", _pairs_forward), cast(Model[List[Floats2d], Ragged], list2ragged())
    )
    project: Model[Ragged, Ragged] = with_array(Linear(width))
    layer = chain(lookup, project)
    layer.init = partial(_init_vectors, layer.init)
    return layer


def _pairs_forward(
    model: Model[List[Doc], List[Floats2d]], docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    vectors = pair_vectors_of(docs, model.ops)

    def backprop(d_vectors: List[Floats2d]) -> List:
        return []

    return _split(vectors, docs, model.ops), backprop


def pair_vectors_of(docs: Sequence[Doc], ops: Ops) -> Floats2d:
    """Look up the vectors of each character's pairs with both neighbours; zeros for unknown pairs.

    docs (Sequence[Doc]): The documents, with the same vocab.
    ops (Ops): Ops of the vector table's device.
    RETURNS (Floats2d): Left pair, then right pair. Shape: (tokens, 2 · width of the vectors)
    """
    forms = read_forms(docs)
    strings, table = docs[0].vocab.strings, docs[0].vocab.vectors
    # Form 0 is the missing neighbour.
    texts, own = [EDGE, *forms.texts], forms.kinds + 1
    left = forms.before(own) * len(texts) + own
    right = own * len(texts) + forms.after(own)
    pairs, index = np.unique(np.concatenate([left, right]), return_inverse=True)
    keys = [strings.add(texts[a] + texts[b]) for a, b in zip(*divmod(pairs, len(texts)))]
    rows = table.find(keys=keys)
    vectors = ops.xp.where((rows >= 0)[:, None], table.data[rows], 0.0)
    index = ops.xp.asarray(index.reshape(2, -1))
    return ops.asarray2f(ops.xp.hstack([vectors[index[0]], vectors[index[1]]]))


def _split(array: Any, docs: Sequence[Doc], ops: Ops) -> List[Any]:
    return ops.unflatten(array, ops.asarray1i([len(doc) for doc in docs]))


def char_features() -> Model[List[Doc], List[Ints2d]]:
    """Create the layer that maps documents to hashes (see `token_features`).

    RETURNS (Model[List[Doc], List[Ints2d]]): The layer. Its output has the shape (tokens, 3).
    """
    return Model("char_features", _features_forward)


def _features_forward(
    model: Model[List[Doc], List[Ints2d]], docs: List[Doc], is_train: bool
) -> Tuple[List[Ints2d], Callable]:
    features = model.ops.xp.asarray(token_features(docs))

    def backprop(d_features: List[Ints2d]) -> List:
        return []

    return _split(features, docs, model.ops), backprop
