"""The hierarchical model: encode words, sentences and documents around each pair of mentions."""

from functools import partial
from typing import List, Optional

import numpy as np
from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

from ..errors import Errors
from ..layers.hierarchy import HierarchicalPairs
from ..tokens.sentences import Sentences
from ..types import Candidates
from .pair_model import RelationModel, pair_model


def Hierarchical(
    tok2vec: Optional[Model[List[Doc], List[Floats2d]]],
    width: int = 128,
    hidden_width: int = 128,
    between: int = 32,
    sentence_level: bool = True,
    attention: bool = True,
    use_sents: Optional[bool] = None,
    mixed_precision: bool = False,
) -> RelationModel:
    """Create the document-level relation model after "RoBERTa-BiGRU-Attention-CRF".

    A BiGRU with attention encodes the words of each sentence, and a second BiGRU encodes the
    sentences of each document. See `layers.hierarchy` for the computation.
    `spacy-clinrel.PairCRF.v1` adds the CRF.

    tok2vec (Optional[Model[List[Doc], List[Floats2d]]]): The encoder, e.g. a transformer, or a
        listener to one.
    width (int): Width of the mention vectors and pair vectors.
    hidden_width (int): Width of the BiGRUs' output, half of it for each direction. Even.
    between (int): Width of the vector of the tokens between the two mentions.
    sentence_level (bool): Whether to use the BiGRU over sentences.
    attention (bool): Whether to pool with attention at both levels. False to pool with the mean.
    use_sents (Optional[bool]): None for the sentence rule of the candidates. Configs of earlier
        versions set it: whether to use the sentence boundaries of the Doc if it has any.
    mixed_precision (bool): Whether to use half precision on CUDA.
    RETURNS (RelationModel): Documents and their candidates to scores of shape (pairs, nO), before
        softmax or sigmoid.
    RAISES (ValueError): If `hidden_width` is odd.
    """
    if hidden_width % 2:
        raise ValueError(Errors.M004.format(what="hidden_width", need="even", value=hidden_width))
    create = partial(
        HierarchicalPairs,
        width=width,
        hidden_width=hidden_width,
        between=between,
        sentence_level=sentence_level,
        attention=attention,
    )
    return pair_model(
        "hierarchical_pairs",
        tok2vec,
        create,
        token_numbers=partial(_sentences, use_sents=use_sents),
        mixed_precision=mixed_precision,
    )


# A module-level function, so that components can be pickled for worker processes.
def _sentences(docs: List[Doc], candidates: Candidates, use_sents: Optional[bool]) -> np.ndarray:
    """Return the document number and sentence number of each token. Shape: (tokens, 2)"""
    rule = candidates.sentences if use_sents is None else Sentences(use_sents=use_sents)
    return rule.batch_ids(docs)
