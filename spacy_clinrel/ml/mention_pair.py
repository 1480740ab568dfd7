"""Mention-pair models: encode each text once and score all pairs from mention vectors."""

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
    around: int = 0,
    table_layers: int = 0,
    mixed_precision: bool = False,
) -> RelationModel:
    """Create a mention-pair model, the fast relation model. See `layers.mention_pair` for the
    computation.

    tok2vec (Optional[Model[List[Doc], List[Floats2d]]]): The encoder, or a listener to one.
    width (int): Width of the mention vectors and pair vectors.
    between (int): Width of the vector of the tokens between the two mentions.
    context (Optional[Encoder]): A sequence encoder over token vectors to which embeddings of the
        mentions are added, e.g. `spacy-clinrel.BiRNN.v1`. None for the token vectors alone.
    attention (int): Number of self-attention layers over the mentions of a text.
    around (int): Number of tokens before and after a mention that its vector takes in, e.g. what a
        treatment did (好转, 加重). 0 for none.
    table_layers (int): Number of convolutions over the table of candidate pairs, which has a row
        for each head and a column for each tail: the scores of a pair depend on the pairs of the
        neighbouring mentions. 0 for none. Scoring takes 3 times as long with one layer, not
        counting the encoder. Train on all pairs (`negatives = null`), which prediction sees too.
    mixed_precision (bool): Whether to use half precision on CUDA.
    RETURNS (RelationModel): Documents and their candidates to scores of shape (pairs, nO), before
        softmax or sigmoid.
    RAISES (ValueError): If there is self-attention and the width is not a multiple of its number of
        heads.
    """
    if attention and width % HEADS:
        raise ValueError(
            Errors.M004.format(what="width", need=f"a multiple of {HEADS}", value=width)
        )
    create = partial(
        MentionPairModule,
        width=width,
        between=between,
        attention=attention,
        around=around,
        table_layers=table_layers,
    )
    return pair_model(
        "mention_pair",
        tok2vec,
        create,
        context=context,
        token_numbers=batch_texts,
        mixed_precision=mixed_precision,
    )


def batch_texts(docs: List[Doc], candidates: Candidates) -> np.ndarray:
    """Return the document index of each token of a batch.

    docs (List[Doc]): The documents.
    candidates (Candidates): Their candidates.
    RETURNS (ndarray): int64. Shape: (tokens,)
    """
    return np.repeat(np.arange(len(docs)), [len(doc) for doc in docs])
