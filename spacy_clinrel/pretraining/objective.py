"""A pretraining objective for `spacy pretrain`: a bidirectional language model."""

from typing import Any, Callable, List, Tuple, cast

import numpy as np
from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.api import Linear, Model, Ops
from thinc.types import Floats2d

from ..errors import Errors
from ..ml.features import CHARACTER, token_features

Tok2Vec = Model[List[Doc], List[Floats2d]]


def PretrainNeighbours(
    buckets: int = 1000, distance: int = 2
) -> Callable[[Vocab, Tok2Vec], Model[List[Doc], Floats2d]]:
    """Create the objective of a bidirectional language model (Peters et al. 2018). The first half
    of the encoder's output, the forward direction, predicts the character `distance` tokens ahead,
    the second half the character `distance` tokens before:

        L = -Σ_t log p(c_{t+d} | →h_t) - Σ_t log p(c_{t-d} | ←h_t)

    The encoder's output must consist of these two halves, as that of `spacy-clinrel.BiRNN.v1` of
    depth 1. The default distance is 2, since the embeddings of `spacy-clinrel.CharEmbed.v1` contain
    the direct neighbours of a character. Characters are predicted by hash, without a vocabulary.

    buckets (int): Number of buckets that characters are hashed to.
    distance (int): Distance of the predicted characters in tokens, d.
    RETURNS (Callable[[Vocab, Model], Model]): Creates the model that `spacy pretrain` trains.
    RAISES (ValueError): If an argument is out of range.
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

    buckets (int): Number of buckets.
    distance (int): Distance of the predicted characters in tokens.
    """

    def __init__(self, buckets: int, distance: int):
        self.buckets = buckets
        self.distance = distance

    def __call__(self, ops: Ops, docs: List[Doc], scores: Floats2d) -> Tuple[float, Floats2d]:
        """Compute the loss and its gradient.

        ops (Ops): Ops of the model.
        docs (List[Doc]): The documents.
        scores (Floats2d): Scores before the softmax. Shape: (tokens, 2 · buckets)
        RETURNS (Tuple[float, Floats2d]): The loss, summed over tokens, and the gradient of its mean
            per direction.
        """
        gradient = ops.xp.empty_like(scores)
        loss = 0.0
        for side, target in enumerate(neighbours(docs, self.buckets, self.distance)):
            columns = slice(side * self.buckets, (side + 1) * self.buckets)
            p = ops.softmax(ops.as_contig(scores[:, columns]), inplace=True, axis=1)
            known = ops.xp.asarray(target >= 0)
            rows, gold = ops.xp.arange(len(target)), ops.xp.asarray(target)
            loss -= float(ops.xp.log(ops.xp.maximum(p[rows, gold], 1e-9))[known].sum())
            p[rows, gold] -= 1.0
            p *= known[:, None] / max(float(known.sum()), 1.0)
            gradient[:, columns] = p
        return loss, gradient


def neighbours(docs: List[Doc], buckets: int, distance: int) -> Tuple[np.ndarray, np.ndarray]:
    """Return the buckets of the characters `distance` tokens after and before each token.

    docs (List[Doc]): The documents.
    buckets (int): Number of buckets.
    distance (int): Distance in tokens.
    RETURNS (Tuple[ndarray, ndarray]): Buckets, -1 beyond the document. Shape: (tokens,) each
    """
    after: List[np.ndarray] = [np.zeros(0, dtype="int64")]
    before: List[np.ndarray] = [np.zeros(0, dtype="int64")]
    for doc in docs:
        rows = (token_features([doc])[:, CHARACTER] % np.uint64(buckets)).astype("int64")
        missing = np.full(min(distance, len(rows)), -1)
        after.append(np.concatenate([rows[distance:], missing]))
        before.append(np.concatenate([missing, rows[: len(rows) - len(missing)]]))
    return np.concatenate(after), np.concatenate(before)
