"""Labelling with the mean probabilities of several models."""

from typing import Sequence

import numpy as np
from spacy.language import Language

from ...errors import Errors
from ...evaluation.pair_scores import ScoredPairs, classifier_settings


def mean_scores(models: Sequence[Language], scored: Sequence[ScoredPairs]) -> ScoredPairs:
    """Average the probabilities of several models.

    models (Sequence[Language]): The models.
    scored (Sequence[ScoredPairs]): The same pairs, scored by each model.
    RETURNS (ScoredPairs): The pairs with mean probabilities.
    RAISES (ValueError): If the models have different labels, or the pairs differ.
    """
    labels = [classifier_settings(nlp).labels for nlp in models]
    if any(model_labels != labels[0] for model_labels in labels):
        raise ValueError(Errors.B012.format(what="labels"))
    first, *rest = scored
    for other in rest:
        has_same_docs = np.array_equal(first.docs, other.docs)
        if not has_same_docs or not np.array_equal(first.pairs, other.pairs):
            raise ValueError(Errors.B012.format(what="pairs"))
    return first._replace(p=np.mean([model_pairs.p for model_pairs in scored], axis=0))
