"""The mention-pair family: the text encoded once, all pairs scored from vectors of mentions."""

from functools import partial
from typing import List, Optional

import numpy as np
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

from ..errors import Errors
from ..layers.mention_attention import HEADS
from ..layers.mention_pair import MentionPair as MentionPairModule
from ..types import Candidates
from .encode import Encoder
from .pair_model import RelationModel, pair_model


def MentionPair(
    tok2vec: Optional[Model[List[Doc], List[Floats2d]]],
    width: int = 128,
    between: int = 32,
    context: Optional[Encoder] = None,
    attention: int = 0,
    mixed_precision: bool = False,
) -> RelationModel:
    """Create the fast relation model; its arithmetic stands in `layers.mention_pair`.

    tok2vec (Optional[Model[List[Doc], List[Floats2d]]]): The encoder, or a listener to one.
    width (int): Width of the vectors of mentions and pairs.
    between (int): Width of what a pair sees of the tokens between its mentions.
    context (Optional[Encoder]): A sequence encoder over token vectors that have been told where
        the mentions stand, e.g. `spacy-clinrel.BiRNN.v1`. None scores the token vectors as
        they come.
    attention (int): Layers of self-attention among the mentions of a text, before they are paired.
    mixed_precision (bool): Half precision on CUDA.
    RETURNS (RelationModel): Documents and their candidates to scores of shape (pairs, nO), before
        any softmax or sigmoid.
    RAISES (ValueError): If the width does not suit the attention.
    """
    if attention and width % HEADS:
        raise ValueError(
            Errors.M004.format(what="width", need=f"a multiple of {HEADS}", value=width)
        )
    create = partial(MentionPairModule, width=width, between=between, attention=attention)
    return pair_model(
        "mention_pair",
        tok2vec,
        create,
        context=context,
        token_numbers=batch_texts,
        mixed_precision=mixed_precision,
    )


def batch_texts(docs: List[Doc], candidates: Candidates) -> np.ndarray:
    """Return the number of each token's document in a batch.

    docs (List[Doc]): The documents.
    candidates (Candidates): Their candidates.
    RETURNS (ndarray): int64. Shape: (tokens,)
    """
    return np.repeat(np.arange(len(docs)), [len(doc) for doc in docs])
