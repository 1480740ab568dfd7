"""The pair-sentence family: each pair read in its own window of the text."""

from functools import partial
from typing import List, Optional

import numpy as np
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

from ..errors import Errors
from ..layers.pair_sentence import PairSentence as PairSentenceModule
from ..layers.pair_sentence.encoders import CreateEncoder
from ..layers.pair_sentence.pooling import CreatePooling
from ..tokens.sentences import Sentences
from ..types import Candidates
from .encode import Encoder
from .pair_model import RelationModel, pair_model


def PairSentence(
    tok2vec: Optional[Model[List[Doc], List[Floats2d]]],
    encoder: CreateEncoder,
    pooling: CreatePooling,
    position_width: int = 25,
    max_distance: int = 100,
    window: Optional[int] = 300,
    sentence_ends: Optional[str] = None,
    budget: int = 32768,
    context: Optional[Encoder] = None,
    mixed_precision: bool = False,
) -> RelationModel:
    """Create a relation model that encodes each pair's sentence, as both Chinese papers do; its
    arithmetic stands in `layers.pair_sentence`.

    tok2vec (Optional[Model[List[Doc], List[Floats2d]]]): Character embeddings, e.g.
        `spacy-clinrel.CharTable.v1`, or any encoder.
    encoder (Callable[..., Module]): Encodes a window: `spacy-clinrel.CNN.v1`, `ResNet.v1`,
        `RNN.v1`, or `Stacked.v1` and `Parallel.v1` of these.
    pooling (Callable[..., Module]): Makes one vector of a window: `spacy-clinrel.MaxPool.v1`,
        `PiecewiseMaxPool.v1`, `AttentionPool.v1`, `PositionAttentionPool.v1`.
    position_width (int): Width of each of the two embeddings of a token's distances to head and
        tail; 0 leaves them out.
    max_distance (int): Distances beyond it are clipped, in tokens.
    window (Optional[int]): Tokens on either side of each mention that a pair sees, within its
        sentence, or all sentences from one mention's to the other's. None for no limit but the
        sentence's, which lets the time for a text without punctuation grow with its length times
        its pairs.
    sentence_ends (Optional[str]): None for the sentence rule of the candidates. Configs of earlier
        versions set it: characters that end a sentence, as a line break does.
    budget (int): Most places of a padded batch, pairs times tokens, which bounds the memory.
    context (Optional[Encoder]): A sequence encoder over the vectors of the whole text, told where
        its mentions stand, e.g. `spacy-clinrel.BiRNN.v1`; pairs see its output beside the token
        vectors. The papers have none.
    mixed_precision (bool): Half precision on CUDA.
    RETURNS (Model[Tuple[List[Doc], Candidates], Floats2d]): Documents and their candidates to
        scores of shape (pairs, nO), before any softmax or sigmoid.
    RAISES (ValueError): If a size is out of range.
    """
    sizes = {"max_distance": (max_distance, 1), "budget": (budget, 1)}
    sizes.update(position_width=(position_width, 0), window=(window or 0, 0))
    for name, (value, least) in sizes.items():
        if value < least:
            raise ValueError(Errors.M004.format(what=name, need=f"{least} or more", value=value))
    create = partial(
        PairSentenceModule,
        encoder=encoder,
        pooling=pooling,
        position_width=position_width,
        max_distance=max_distance,
        window=window,
        budget=budget,
    )
    numbers = partial(batch_sentences, ends=sentence_ends)
    return pair_model(
        "pair_sentence",
        tok2vec,
        create,
        context=context,
        token_numbers=numbers,
        mixed_precision=mixed_precision,
    )


# A module-level function: worker processes get components by pickling.
def batch_sentences(docs: List[Doc], candidates: Candidates, ends: Optional[str]) -> np.ndarray:
    """Return the number of each token's sentence, counted through a batch.

    docs (List[Doc]): The documents.
    candidates (Candidates): Their candidates, which have the sentence rule.
    ends (Optional[str]): Characters that end a sentence, instead of the rule.
    RETURNS (ndarray): Ascending, int64. Shape: (tokens,)
    """
    rule = candidates.sentences if ends is None else Sentences(ends)
    return np.ascontiguousarray(rule.batch_ids(docs)[:, 1])
