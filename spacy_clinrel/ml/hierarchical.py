"""The hierarchical model: words, sentences and document around each pair of mentions."""

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
    """Create the document-level relation model after "RoBERTa-BiGRU-Attention-CRF": a BiGRU over
    the words of each sentence with attention, one over the sentences of a text with attention;
    its arithmetic stands in `layers.hierarchy`. `spacy-clinrel.PairCRF.v1` puts the CRF upon it.

    tok2vec (Optional[Model[List[Doc], List[Floats2d]]]): The encoder, e.g. a transformer, or a
        listener to one.
    width (int): Width of the vectors of mentions and pairs.
    hidden_width (int): Width of the BiGRUs' output, half of it for each direction. Even.
    between (int): Width of what a pair sees of the tokens between its mentions.
    sentence_level (bool): Whether there is a BiGRU over sentences.
    attention (bool): Attention at both levels; False takes means.
    use_sents (Optional[bool]): None for the sentence rule of the candidates. Configs of earlier
        versions set it: whether to use the sentence boundaries of the Doc if it has any.
    mixed_precision (bool): Half precision on CUDA.
    RETURNS (RelationModel): Documents and their candidates to scores of shape (pairs, nO), before
        any softmax or sigmoid.
    RAISES (ValueError): If the width of the BiGRUs is odd.
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


# A module-level function: worker processes get components by pickling.
def _sentences(docs: List[Doc], candidates: Candidates, use_sents: Optional[bool]) -> np.ndarray:
    """Return document and sentence of each token. Shape: (tokens, 2)"""
    rule = candidates.sentences if use_sents is None else Sentences(use_sents=use_sents)
    return rule.batch_ids(docs)
