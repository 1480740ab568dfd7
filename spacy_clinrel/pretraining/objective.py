"""Pretraining on unlabelled text, as an objective of `spacy pretrain`: a language model in both
directions."""

from typing import Any, Callable, List, Tuple, cast

import numpy as np
from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.api import Linear, Model, Ops
from thinc.types import Floats2d

from ..errors import Errors
from ..ml.embed import CHARACTER, doc_features

Tok2Vec = Model[List[Doc], List[Floats2d]]


def PretrainNeighbours(
    buckets: int = 1000, distance: int = 2
) -> Callable[[Vocab, Tok2Vec], Model[List[Doc], Floats2d]]:
    """Create the objective of a bidirectional language model (Peters et al. 2018) for encoders
    whose output holds a forward half and then a backward half, as `spacy-clinrel.BiRNN.v1` of depth
    1 has: the forward half predicts the character some tokens on, the backward half the one before.

    The distance is 2, as the embedding of a character by `spacy-clinrel.CharEmbed.v1` knows its
    neighbours. Characters are predicted by their hashes, so that no vocabulary is needed.

    buckets (int): Rows that characters are hashed to.
    distance (int): How far off the predicted characters stand.
    RETURNS (Callable[[Vocab, Model], Model]): Creates the model that `spacy pretrain` trains.
    RAISES (ValueError): If a setting is out of range.
    """
    for name, value in (("buckets", buckets), ("distance", distance)):
        if value < 1:
            raise ValueError(Errors.M004.format(what=name, need="1 or more", value=value))

    def create(vocab: Vocab, tok2vec: Tok2Vec) -> Model[List[Doc], Floats2d]:
        half = tok2vec.get_dim("nO") // 2
        heads = [Linear(nO=buckets, nI=half) for _ in range(2)]
        model: Model[List[Doc], Floats2d] = Model(
            "pretrain_neighbours",
            _forward,
            init=_init,
            layers=[tok2vec, *heads],
            dims={"nO": 2 * buckets},
            refs={"tok2vec": tok2vec},
            attrs={"loss": _Loss(buckets, distance)},
        )
        return model

    return create


def _init(model: Model, X: Any = None, Y: Any = None) -> None:
    tok2vec, *heads = model.layers
    tok2vec.initialize(X=X)
    for head in heads:
        head.initialize()


def _forward(
    model: Model[List[Doc], Floats2d], docs: List[Doc], is_train: bool
) -> Tuple[Floats2d, Callable]:
    tok2vec, *heads = model.layers
    vectors, backprop_tok2vec = tok2vec(docs, is_train)
    flat = model.ops.flatten(vectors)
    half = flat.shape[1] // 2
    sides = (flat[:, :half], flat[:, half:])
    outputs = [head(model.ops.as_contig(side), is_train) for head, side in zip(heads, sides)]

    def backprop(d_scores: Floats2d) -> Any:
        columns = d_scores.shape[1] // 2
        parts = (d_scores[:, :columns], d_scores[:, columns:])
        d_flat = model.ops.xp.hstack(
            [back(model.ops.as_contig(part)) for (_, back), part in zip(outputs, parts)]
        )
        lengths = model.ops.asarray1i([len(x) for x in vectors])
        return backprop_tok2vec(model.ops.unflatten(d_flat, lengths))

    return cast(Floats2d, model.ops.xp.hstack([scores for scores, _ in outputs])), backprop


class _Loss:
    """Cross-entropy of both directions. A class, so that the model can be pickled.

    buckets (int): Columns of each direction.
    distance (int): How far off the predicted characters stand.
    """

    def __init__(self, buckets: int, distance: int):
        self.buckets = buckets
        self.distance = distance

    def __call__(self, ops: Ops, docs: List[Doc], scores: Floats2d) -> Tuple[float, Floats2d]:
        """ops (Ops): The model's.
        docs (List[Doc]): The documents.
        scores (Floats2d): Before the softmax. Shape: (tokens, 2 · buckets)
        RETURNS (Tuple[float, Floats2d]): The sum over tokens and its gradient, the mean's.
        """
        gradient = ops.xp.empty_like(scores)
        loss = 0.0
        for side, target in enumerate(neighbours(docs, self.buckets, self.distance)):
            columns = slice(side * self.buckets, (side + 1) * self.buckets)
            p = ops.softmax(ops.as_contig(scores[:, columns]), inplace=True, axis=1)
            known = ops.xp.asarray(target >= 0)
            place, wanted = ops.xp.arange(len(target)), ops.xp.asarray(target)
            loss -= float(ops.xp.log(ops.xp.maximum(p[place, wanted], 1e-9))[known].sum())
            p[place, wanted] -= 1.0
            p *= known[:, None] / max(float(known.sum()), 1.0)
            gradient[:, columns] = p
        return loss, gradient


def neighbours(docs: List[Doc], buckets: int, distance: int) -> Tuple[np.ndarray, np.ndarray]:
    """The characters that stand after and before each token.

    docs (List[Doc]): The documents.
    buckets (int): Rows that characters are hashed to.
    distance (int): How many tokens off.
    RETURNS (Tuple[ndarray, ndarray]): Rows, -1 beyond the document's ends. Shape: (tokens,) each
    """
    after: List[np.ndarray] = [np.zeros(0, dtype="int64")]
    before: List[np.ndarray] = [np.zeros(0, dtype="int64")]
    for doc in docs:
        rows = (doc_features(doc)[:, CHARACTER] % np.uint64(buckets)).astype("int64")
        none = np.full(min(distance, len(rows)), -1)
        after.append(np.concatenate([rows[distance:], none]))
        before.append(np.concatenate([none, rows[: len(rows) - len(none)]]))
    return np.concatenate(after), np.concatenate(before)
