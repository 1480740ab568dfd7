"""The attributes and entity types of `assertion_classifier`."""

from typing import Dict, Iterable, List, Optional, Sequence, Set

import numpy as np
from spacy.tokens import Doc

from ...errors import Errors
from ...tokens import all_mentions, assertion_matrix
from ...types import ASSERTIONS


def check_attributes(component: str, option: str, attributes: Iterable[str]) -> None:
    """Check that assertion attributes exist.

    component (str): The component's name.
    option (str): The option that names them.
    attributes (Iterable[str]): The names.
    RAISES (ValueError): If there is no attribute with one of these names.
    """
    unknown = [name for name in attributes if name not in ASSERTIONS]
    if unknown:
        message = Errors.C050.format(
            option=option, name=component, attribute=unknown[0], known=", ".join(ASSERTIONS)
        )
        raise ValueError(message)


def assertion_labels(
    docs: Iterable[Doc], attributes: Sequence[str], types: Optional[Sequence[str]]
) -> Dict[str, List[str]]:
    """Collect the attributes that gold documents show, and the types of the mentions that have
    them.

    docs (Iterable[Doc]): The documents.
    attributes (Sequence[str]): The attributes to look for.
    types (Optional[Sequence[str]]): Entity types of the mentions to look at. None for all types.
    RETURNS (Dict[str, List[str]]): "labels", in the order of `ASSERTIONS`, and "types": the given
        ones, or those of mentions with one of the attributes, sorted.
    """
    wanted = np.asarray([name in attributes for name in ASSERTIONS])
    seen = np.zeros(len(ASSERTIONS), dtype=bool)
    found: Set[str] = set()
    for doc in docs:
        mentions = [span for span in all_mentions(doc) if types is None or span.label_ in types]
        holds = assertion_matrix(doc, mentions) & wanted
        seen |= holds.any(axis=0)
        found.update(mentions[row].label_ for row in np.flatnonzero(holds.any(axis=1)))
    labels = [name for name, is_seen in zip(ASSERTIONS, seen) if is_seen]
    return {"labels": labels, "types": sorted(found) if types is None else list(types)}
