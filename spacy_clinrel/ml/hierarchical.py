"""The hierarchical model: words, sentences and document around each pair of mentions."""

from functools import partial
from typing import List

from spacy.tokens import Doc
from thinc.api import Model
from thinc.types import Floats2d

from ..errors import Errors
from ..layers.hierarchy import HierarchicalPairs
from ..tokens.sentences import text_sentences
from .pair_model import RelationModel, pair_model


def Hierarchical(
    tok2vec: Model[List[Doc], List[Floats2d]],
    width: int = 128,
    hidden_width: int = 128,
    between: int = 32,
    sentence_level: bool = True,
    attention: bool = True,
    use_sents: bool = False,
    mixed_precision: bool = False,
) -> RelationModel:
    """Create the document-level relation model after "RoBERTa-BiGRU-Attention-CRF": a BiGRU over
    the words of each sentence with attention, one over the sentences of a text with attention;
    its arithmetic stands in `layers.hierarchy`. `spacy-clinrel.PairCRF.v1` puts the CRF upon it.

    tok2vec (Model[List[Doc], List[Floats2d]]): The encoder, a transformer or any other, or a
        listener to one.
    width (int): Width of the vectors of mentions and pairs.
    hidden_width (int): Width of the BiGRUs' output, half of it for each direction. Even.
    between (int): Width of what a pair sees of the tokens between its mentions.
    sentence_level (bool): Whether there is a BiGRU over sentences.
    attention (bool): Attention at both levels; False takes means.
    use_sents (bool): Take the sentences of the Doc, where it has any; else they end as in
        `spacy-clinrel.SentencePairs.v1`.
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
        token_numbers=partial(text_sentences, use_sents=use_sents),
        mixed_precision=mixed_precision,
    )
