"""Constraints on the entities that a tagger may predict.

Entities do not begin or end with white space or a control character, and do not contain a line
break. Entities that a document already has are kept, so predictions do not overlap them. The scores
of tags that violate a constraint are masked before decoding: the decoder then finds the best tag
sequence among the others.
"""

import warnings
from typing import Iterable, Sequence

import numpy as np
from spacy.attrs import ENT_IOB, ENT_TYPE
from spacy.tokens import Doc
from thinc.util import get_array_module

from ..errors import Warnings
from ..tokens.bieos import BEGIN, END, OUTSIDE, SINGLE, n_tags, spans_to_tags, tag_positions
from ..tokens.boundaries import token_boundaries
from ..types import IMPOSSIBLE, Emissions

# The value of ENT_IOB of the first token of an entity, and of a token that spaCy's option `blocked`
# excludes from entities.
ENT_BEGIN = 3
FREE = -1


def constrain(
    emissions: Emissions, docs: Sequence[Doc], types: Sequence[str], overwrite: bool
) -> Emissions:
    """Mask the scores of tags that violate a constraint.

    emissions (Emissions): Scores of the tagger.
    docs (Sequence[Doc]): The documents.
    types (Sequence[str]): The entity types.
    overwrite (bool): Whether predictions may replace existing entities.
    RETURNS (Emissions): The masked scores; the same object if there is nothing to mask.
    """
    columns = [np.stack(token_boundaries(doc)) for doc in docs]
    no_start, no_end, no_entity = np.concatenate(columns, axis=1)
    fixed = np.full(len(no_start), FREE, dtype="int64")
    if not overwrite:
        fixed = np.concatenate([fixed_tags(doc, types) for doc in docs])
    rows = np.flatnonzero(no_start | no_end | no_entity | (fixed != FREE))
    if not len(rows):
        return emissions
    positions = tag_positions(len(types))
    is_first, is_last = np.isin(positions, (BEGIN, SINGLE)), np.isin(positions, (END, SINGLE))
    forbidden = no_start[rows, None] & is_first | no_end[rows, None] & is_last
    forbidden |= no_entity[rows, None] & (positions != OUTSIDE)
    is_fixed = fixed[rows, None] != FREE
    tags = np.arange(n_tags(len(types)))
    forbidden = np.where(is_fixed, fixed[rows, None] != tags, forbidden)  # (rows, tags)
    xp = get_array_module(emissions.scores)
    scores = emissions.scores.copy()
    index = xp.asarray(rows)
    scores[index] = xp.where(xp.asarray(forbidden), IMPOSSIBLE, scores[index])
    return emissions._replace(scores=scores)


def fixed_tags(doc: Doc, types: Sequence[str]) -> np.ndarray:
    """Return the tags that existing entities determine.

    doc (Doc): The document.
    types (Sequence[str]): The entity types. Tokens of entities of other types, and blocked tokens,
        are tagged as outside of entities.
    RETURNS (ndarray): The tag of each token; FREE where there is no entity. Shape: (tokens,)
    """
    tags = np.full(len(doc), FREE, dtype="int64")
    tags[blocked_tokens(doc)] = OUTSIDE
    index = {name: i for i, name in enumerate(types)}
    known = []
    for ent in doc.ents:
        tags[ent.start : ent.end] = OUTSIDE
        if ent.label_ in index:
            known.append((ent.start, ent.end, index[ent.label_]))
    known_tags = spans_to_tags(np.asarray(known, dtype="int64").reshape(-1, 3), len(doc))
    return np.where(known_tags == OUTSIDE, tags, known_tags)


def blocked_tokens(doc: Doc) -> np.ndarray:
    """Return the tokens that `doc.set_ents` has blocked: they cannot be part of an entity.

    doc (Doc): The document.
    RETURNS (ndarray): Token indices. Shape: (blocked,)
    """
    iob, types = doc.to_array([ENT_IOB, ENT_TYPE]).T if len(doc) else np.zeros((2, 0))
    return np.flatnonzero((iob == ENT_BEGIN) & (types == 0))


def warn_of_forbidden(docs: Iterable[Doc], component: str) -> None:
    """Warn about gold entities that cannot be predicted, because they begin or end with white space
    or a control character, or contain a line break.

    The loss counts them like others. Otherwise the tagger would learn that such words are not part
    of an entity.

    docs (Iterable[Doc]): Gold documents.
    component (str): The component's name.
    """
    total = forbidden = 0
    for doc in docs:
        if not doc.ents:
            continue
        bounds = np.asarray([(ent.start, ent.end) for ent in doc.ents])
        no_start, no_end, no_entity = token_boundaries(doc)
        breaks = np.concatenate([[0], no_entity.cumsum()])
        starts, ends = bounds.T
        is_forbidden = no_start[starts] | no_end[ends - 1] | (breaks[ends] > breaks[starts])
        total += len(bounds)
        forbidden += int(is_forbidden.sum())
    if forbidden:
        message = Warnings.W040.format(name=component, n=forbidden, total=total)
        warnings.warn(message, stacklevel=2)
