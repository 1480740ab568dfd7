"""Pair-sentence models: encode a separate window of the text for each pair."""

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
    """Create a relation model that encodes the sentence of each pair, as ResNet-PAtt and ResGRU-Att
    do. See `layers.pair_sentence` for the computation.

    tok2vec (Optional[Model[List[Doc], List[Floats2d]]]): Character embeddings, e.g.
        `spacy-clinrel.CharTable.v1`, or any encoder.
    encoder (Callable[..., Module]): Encodes a window: `spacy-clinrel.CNN.v1`, `ResNet.v1`,
        `RNN.v1`, or a combination of these by `Stacked.v1` or `Parallel.v1`.
    pooling (Callable[..., Module]): Pools a window to one vector: `spacy-clinrel.MaxPool.v1`,
        `PiecewiseMaxPool.v1`, `AttentionPool.v1`, `PositionAttentionPool.v1`.
    position_width (int): Width of each of the two embeddings of a token's distances to head and
        tail; 0 for none.
    max_distance (int): Maximum distance in tokens; larger distances are clipped.
    window (Optional[int]): Number of tokens on either side of each mention that a pair's window
        contains, within the sentences from one mention to the other. None for these sentences
        without a limit; for a text without punctuation the time then grows with its length times
        its number of pairs.
    sentence_ends (Optional[str]): None for the sentence rule of the candidates. Configs of earlier
        versions set it: characters that end a sentence, in addition to line breaks.
    budget (int): Maximum number of cells (pairs × tokens) of a padded batch; bounds memory.
    context (Optional[Encoder]): A sequence encoder over the token vectors of the whole text, to
        which embeddings of the mentions are added, e.g. `spacy-clinrel.BiRNN.v1`. Its output is
        appended to the token vectors. None for the token vectors alone, as in the papers.
    mixed_precision (bool): Whether to use half precision on CUDA.
    RETURNS (RelationModel): Documents and their candidates to scores of shape (pairs, nO), before
        softmax or sigmoid.
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


# A module-level function, so that components can be pickled for worker processes.
def batch_sentences(docs: List[Doc], candidates: Candidates, ends: Optional[str]) -> np.ndarray:
    """Return the sentence index of each token of a batch.

    docs (List[Doc]): The documents.
    candidates (Candidates): Their candidates, with the sentence rule.
    ends (Optional[str]): Characters that end a sentence. None for the sentence rule.
    RETURNS (ndarray): Ascending, int64. Shape: (tokens,)
    """
    rule = candidates.sentences if ends is None else Sentences(ends)
    return np.ascontiguousarray(rule.batch_ids(docs)[:, 1])
