"""Fast prediction of character embeddings, which computes equal rows once.

Most characters and pairs occur many times in a batch. The product of each distinct row of the
embeddings with the weights of the mix is computed once, and the products are added up for each
token.
"""

from typing import Any, Callable, List, NamedTuple, Tuple, cast

import numpy as np
from spacy.attrs import ORTH
from spacy.tokens import Doc
from thinc.api import Model, NumpyOps
from thinc.layers.chain import forward as chain_forward
from thinc.types import Floats2d

from .features import LEFT_PAIR, MIX_LEFT, MIX_RIGHT, RIGHT_PAIR, token_features

# Rows whose products are added up at a time, few enough to stay in the processor's cache.
ROWS = 512


class Part(NamedTuple):
    """Distinct rows of a part of the embeddings.

    values (ndarray): The distinct rows, float32. Shape: (distinct rows, width)
    rows (ndarray): Index of the distinct row of each row, int64. Shape: (rows,)
    """

    values: np.ndarray
    rows: np.ndarray


def with_distinct_rows(layer: Model) -> Model:
    """Let a character embedding predict on the CPU with distinct rows. Training is unchanged.

    layer (Model): A chain of hash embeddings and vectors, their mix, and the split by document.
    RETURNS (Model): A layer with the same layers.
    """
    dims = {name: layer.maybe_get_dim(name) for name in layer.dim_names}
    layers, ops = layer.layers, layer.ops
    return Model(layer.name, _forward, init=layer.init, dims=dims, layers=layers, ops=ops)


def _forward(
    model: Model[List[Doc], List[Floats2d]], docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    if is_train or not docs or not isinstance(model.ops, NumpyOps):
        return chain_forward(model, docs, is_train)
    embed, mix, _ = model.layers
    hashed, *others = [embed] if embed.layers[0].name == "char_features" else embed.layers
    features = token_features(docs)
    columns = [np.concatenate([doc.to_array([ORTH]).ravel() for doc in docs])]
    columns += [features[:, LEFT_PAIR], features[:, RIGHT_PAIR]]
    first, inverse = distinct_tokens(columns)
    parts = []
    tables = hashed.layers[-1].layers[0]  # one, or several that are concatenated
    has_pairs = bool(tables.layers[0].layers)
    for table, column in zip(tables.layers if has_pairs else [tables], columns):
        _, rows, index = np.unique(column, return_index=True, return_inverse=True)
        parts.append(Part(table.predict(features[rows]), index[first]))
    for other in others:
        parts.append(Part(other.predict(docs).dataXd[first], np.arange(len(first))))
    mixed = cast(Any, mix_parts(mix, parts)[inverse])
    lengths = model.ops.asarray1i([len(doc) for doc in docs])
    return cast(List[Floats2d], model.ops.unflatten(mixed, lengths)), _no_backprop


def _no_backprop(d_outputs: List[Floats2d]) -> List[Doc]:
    raise NotImplementedError  # prediction has no gradients


def distinct_tokens(columns: List[np.ndarray]) -> Tuple[np.ndarray, np.ndarray]:
    """Find tokens with the same text and the same pairs with their neighbours.

    columns (List[ndarray]): Hashes of the texts, left pairs and right pairs, uint64. Shape of each:
        (tokens,)
    RETURNS (Tuple[ndarray, ndarray]): Position of the first token of each kind, and the kind of
        each token.
    """
    texts, left, right = columns
    with np.errstate(over="ignore"):
        keys = (((texts * MIX_LEFT) ^ left) * MIX_RIGHT) ^ right
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    return first, inverse


def mix_parts(mix: Model, parts: List[Part]) -> np.ndarray:
    """Mix embeddings whose parts have few distinct rows.

    mix (Model): A maxout layer with layer normalization, in `with_array`.
    parts (List[Part]): The parts, in the order of the mix's inputs.
    RETURNS (ndarray): Shape: (rows, width)
    """
    maxout, norm = mix.layers[0].layers
    weights, bias = (cast(Any, maxout.get_param(name)) for name in ("W", "b"))
    width, pieces, n_in = weights.shape
    # Pieces first, so that those of a row are contiguous.
    weights = weights.transpose(1, 0, 2).reshape(pieces * width, n_in)
    products: List[np.ndarray] = []
    start = 0
    for values, _ in parts:
        end = start + values.shape[1]
        products.append(values @ weights[:, start:end].T)  # (distinct rows, pieces · width)
        start = end
    products[0] += bias.T.ravel()
    rows = len(parts[0].rows)
    best = np.empty((rows, width), dtype="float32")
    for begin in range(0, rows, ROWS):
        chunk = slice(begin, begin + ROWS)
        total = products[0][parts[0].rows[chunk]]
        for product, part in zip(products[1:], parts[1:]):
            total += product[part.rows[chunk]]
        total.reshape(-1, pieces, width).max(axis=1, out=best[chunk])
    return norm.predict(best)
