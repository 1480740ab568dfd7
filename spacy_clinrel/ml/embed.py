"""Embeddings of characters and of the two character pairs around each."""

from functools import partial
from typing import Callable, List, Tuple, cast

import numpy as np
from spacy.attrs import ORTH
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
from ..tokens.normalize import lookup_form

# Columns of the features: the character and the pairs with its left and right neighbour.
CHARACTER, LEFT_PAIR, RIGHT_PAIR = range(3)
# Stands before the first and after the last character, where there is no pair to look up.
EDGE = "\x02"
# Odd constants that spread a pair of hashes over 64 bits (those of the SplitMix64 generator).
MIX_LEFT, MIX_RIGHT = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def CharEmbed(
    width: int,
    rows: int = 5000,
    pair_rows: int = 20000,
    include_static_vectors: bool = False,
    pair_vectors: bool = False,
    seed: int = 7,
) -> Model[List[Doc], List[Floats2d]]:
    """Create embeddings for tokens that are characters.

    Each character, in its NFKC form and lower case, and its pairs with both neighbours are
    embedded by hashing; the vocab's vectors join in if asked for; a maxout layer mixes them.

    width (int): Width of each embedding and of the output.
    rows (int): Rows of the table of characters.
    pair_rows (int): Rows of each table of pairs; 0 leaves pairs out.
    include_static_vectors (bool): Whether to use the vocab's vectors, which stay as they are.
    pair_vectors (bool): Whether the vocab's vectors have entries for pairs as well, under the two
        characters written together, which are looked up for both pairs of each character.
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
    return layer


def use_numpy_products(model: Model) -> None:
    """Let a layer multiply its matrices by NumPy's library, not by Thinc's own, on the CPU:
    benchmarks/NOTES.md has the rates of both.

    model (Model): The layer, changed in place.
    """
    for node in model.walk():
        if type(node.ops) is NumpyOps:
            node.ops = NumpyOps(use_blis=False)


def checked_vectors(width: int) -> Model[List[Doc], Ragged]:
    """spaCy's StaticVectors with a clear error where the pipeline has no vectors.

    width (int): Width they are projected to.
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

    width (int): Width that the vectors of both pairs together are projected to.
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
    vectors = [model.ops.asarray2f(doc_pair_vectors(doc, model.ops)) for doc in docs]

    def backprop(d_vectors: List[Floats2d]) -> List:
        return []

    return vectors, backprop


def doc_pair_vectors(doc: Doc, ops: Ops) -> Floats2d:
    """Vectors of each character's pairs with both neighbours, zero where there is none.

    doc (Doc): The document.
    ops (Ops): Where the vectors' table is.
    RETURNS (Floats2d): Left pair, then right pair. Shape: (tokens, 2 · vectors' width)
    """
    table = doc.vocab.vectors
    texts = [lookup_form(token.text) for token in doc]
    both = [a + b for a, b in zip([EDGE, *texts], [*texts, EDGE])]
    pairs, index = np.unique(both, return_inverse=True)
    rows = table.find(keys=[doc.vocab.strings.add(str(pair)) for pair in pairs])[index]
    vectors = ops.xp.where((rows >= 0)[:, None], table.data[rows], 0.0)
    return cast(Floats2d, ops.xp.hstack([vectors[:-1], vectors[1:]]))


def char_features() -> Model[List[Doc], List[Ints2d]]:
    """Create the layer that turns documents into rows of hashes.

    RETURNS (Model[List[Doc], List[Ints2d]]): For each document an array of shape (tokens, 3):
        the character, its pair with the left and its pair with the right neighbour.
    """
    return Model("char_features", _features_forward)


def _features_forward(
    model: Model[List[Doc], List[Ints2d]], docs: List[Doc], is_train: bool
) -> Tuple[List[Ints2d], Callable]:
    features = [cast(Ints2d, model.ops.xp.asarray(doc_features(doc))) for doc in docs]

    def backprop(d_features: List[Ints2d]) -> List:
        return []

    return features, backprop


def doc_features(doc: Doc) -> np.ndarray:
    """Hashes of a document's characters and character pairs.

    doc (Doc): The document.
    RETURNS (ndarray): uint64. Shape: (tokens, 3)
    """
    orths, index = np.unique(doc.to_array([ORTH]).ravel(), return_inverse=True)
    strings = doc.vocab.strings
    keys = [strings.add(lookup_form(strings[orth])) for orth in orths]
    chars = np.asarray(keys, dtype="uint64")[index]
    padded = np.concatenate([[0], chars, [0]]).astype("uint64")
    with np.errstate(over="ignore"):
        pairs = (padded[:-1] * MIX_LEFT) ^ (padded[1:] * MIX_RIGHT)
    return np.stack([chars, pairs[:-1], pairs[1:]], axis=1)
