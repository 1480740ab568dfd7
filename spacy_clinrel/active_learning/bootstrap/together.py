"""Two models that label together."""

from typing import Sequence

import numpy as np
from spacy.language import Language
from thinc.api import Config

from ...errors import Errors
from ..pairs import ScoredPairs, find_component
from .texts import pair_settings


def check_second(config: Config, second: Config) -> None:
    """See that two models will score the same pairs.

    config (Config): The first one's config.
    second (Config): The second one's.
    RAISES (ValueError): If their candidate pairs would differ.
    """
    first, other = pair_settings(config), pair_settings(second)
    unlike = [key for key, value in first.items() if other[key] != value]
    if unlike:
        raise ValueError(Errors.B012.format(what=", ".join(unlike)))


def mean_scores(models: Sequence[Language], scored: Sequence[ScoredPairs]) -> ScoredPairs:
    """The mean of what models say of the same pairs.

    models (Sequence[Language]): The models.
    scored (Sequence[ScoredPairs]): What each says.
    RETURNS (ScoredPairs): The pairs with the mean of their probabilities.
    RAISES (ValueError): If the models have other labels, or the pairs are not the same.
    """
    first, *others = scored
    labels = [nlp.get_pipe(find_component(nlp)).labels for nlp in models]  # type: ignore[attr-defined]
    if any(own != labels[0] for own in labels):
        raise ValueError(Errors.B012.format(what="labels"))
    for other in others:
        same = np.array_equal(first.docs, other.docs) and np.array_equal(first.pairs, other.pairs)
        if not same:
            raise ValueError(Errors.B012.format(what="pairs"))
    return first._replace(p=np.mean([one.p for one in scored], axis=0))
