"""Embeddings of characters and of the pairs they form with their neighbours."""

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
from thinc.layers.chain import forward as chain_forward
from thinc.types import Floats2d, Ints2d, Ragged

from ..errors import Errors
from ..tokens.normalize import lookup_form

# Columns of the features: the character, and its pairs with the left and right neighbour.
CHARACTER, LEFT_PAIR, RIGHT_PAIR = range(3)
# Placeholder for the missing neighbour of the first and the last character. No vector contains it.
EDGE = "\x02"
# Odd constants that mix two hashes into 64 bits (from the SplitMix64 generator).
MIX_LEFT, MIX_RIGHT = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


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
    return embed_equal_tokens_once(layer)


def embed_equal_tokens_once(layer: Model) -> Model:
    """Let prediction on the CPU embed and mix equal characters between equal neighbours once for a
    batch of documents. Half of the rows of a batch are copies of another one.

    layer (Model): A chain of the embeddings of documents, their mix, and the split by document.
    RETURNS (Model): A layer with the same layers.
    """
    dims = {name: layer.maybe_get_dim(name) for name in layer.dim_names}
    layers, ops = layer.layers, layer.ops
    return Model(layer.name, _embed, init=layer.init, dims=dims, layers=layers, ops=ops)


def _embed(
    model: Model[List[Doc], List[Floats2d]], docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    if is_train or not docs or not isinstance(model.ops, NumpyOps):
        return chain_forward(model, docs, is_train)
    embed, mix, _ = model.layers
    hashed, *others = [embed] if embed.layers[0].name == "char_features" else embed.layers
    features = np.concatenate([doc_features(doc) for doc in docs])
    first, inverse = equal_tokens(docs, features)
    parts = [hashed.layers[-1].predict(features[first])]
    parts += [other.predict(docs).dataXd[first] for other in others]
    mixed = cast(np.ndarray, mix.predict(np.hstack(parts)))
    lengths = model.ops.asarray1i([len(doc) for doc in docs])
    return cast(List[Floats2d], model.ops.unflatten(mixed[inverse], lengths)), _no_backprop


def _no_backprop(d_outputs: List[Floats2d]) -> List[Doc]:
    raise NotImplementedError  # prediction has no gradients


def equal_tokens(docs: List[Doc], features: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Find tokens with the same text and the same pairs with their neighbours.

    docs (List[Doc]): The documents.
    features (ndarray): Their features (see `doc_features`), concatenated.
    RETURNS (Tuple[ndarray, ndarray]): Position of the first token of each kind, and the kind of
        each token, with positions in the concatenated documents.
    """
    texts = np.concatenate([doc.to_array([ORTH]).ravel() for doc in docs])
    with np.errstate(over="ignore"):
        keys = (texts * MIX_LEFT) ^ features[:, LEFT_PAIR]
        keys = (keys * MIX_RIGHT) ^ features[:, RIGHT_PAIR]
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    return first, inverse


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
    vectors = [model.ops.asarray2f(doc_pair_vectors(doc, model.ops)) for doc in docs]

    def backprop(d_vectors: List[Floats2d]) -> List:
        return []

    return vectors, backprop


def doc_pair_vectors(doc: Doc, ops: Ops) -> Floats2d:
    """Look up the vectors of each character's pairs with both neighbours; zeros for unknown pairs.

    doc (Doc): The document.
    ops (Ops): Ops of the vector table's device.
    RETURNS (Floats2d): Left pair, then right pair. Shape: (tokens, 2 · width of the vectors)
    """
    table = doc.vocab.vectors
    texts = [lookup_form(token.text) for token in doc]
    all_pairs = [left + right for left, right in zip([EDGE, *texts], [*texts, EDGE])]
    pairs, index = np.unique(all_pairs, return_inverse=True)
    rows = table.find(keys=[doc.vocab.strings.add(str(pair)) for pair in pairs])[index]
    vectors = ops.xp.where((rows >= 0)[:, None], table.data[rows], 0.0)
    return cast(Floats2d, ops.xp.hstack([vectors[:-1], vectors[1:]]))


def char_features() -> Model[List[Doc], List[Ints2d]]:
    """Create the layer that maps documents to hashes (see `doc_features`).

    RETURNS (Model[List[Doc], List[Ints2d]]): The layer. Its output has the shape (tokens, 3).
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
    """Hash the characters and character pairs of a document.

    doc (Doc): The document.
    RETURNS (ndarray): The character, its pair with the left neighbour, and its pair with the right
        neighbour; uint64. Shape: (tokens, 3)
    """
    orths, index = np.unique(doc.to_array([ORTH]).ravel(), return_inverse=True)
    strings = doc.vocab.strings
    keys = [strings.add(lookup_form(strings[orth])) for orth in orths]
    chars = np.asarray(keys, dtype="uint64")[index]
    padded = np.concatenate([[0], chars, [0]]).astype("uint64")
    with np.errstate(over="ignore"):
        pairs = (padded[:-1] * MIX_LEFT) ^ (padded[1:] * MIX_RIGHT)
    return np.stack([chars, pairs[:-1], pairs[1:]], axis=1)
