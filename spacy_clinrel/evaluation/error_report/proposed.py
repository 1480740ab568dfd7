"""Which pairs of mentions the candidates of a pipeline hold."""

from functools import partial
from typing import Any, List, Optional, Sequence

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from ...tokens import all_mentions
from ..scorers import mention_key
from .budget import Ends, Proposed


def candidate_components(nlp: Language) -> List[Any]:
    """Components that can say which pairs of mentions they score.

    nlp (Language): The pipeline.
    RETURNS (List[Any]): Those with `make_candidates`.
    """
    return [pipe for _, pipe in nlp.pipeline if hasattr(pipe, "make_candidates")]


def proposed_in(doc: Doc, components: Sequence[Any]) -> Optional[Proposed]:
    """A test of pairs of a document's mentions.

    doc (Doc): The predicted document.
    components (Sequence[Any]): See `candidate_components`.
    RETURNS (Optional[Proposed]): True for the candidates of any component; None without components.
    """
    return partial(_proposed, doc, components) if components else None


def _proposed(doc: Doc, components: Sequence[Any], pairs: Sequence[Ends]) -> List[bool]:
    tokens = {mention_key(span): (span.start, span.end, span.label_) for span in all_mentions(doc)}
    found = np.zeros(len(pairs), dtype=bool)
    for component in components:
        candidates = component.make_candidates([doc])
        kinds = {label: i for i, label in enumerate(component.label_data["types"], start=1)}
        index = {tuple(row): i for i, row in enumerate(candidates.mentions.tolist())}
        none = len(candidates.mentions)  # stands for mentions that the component does not take
        place = {
            key: index.get((start, end, kinds.get(label, 0)), none)
            for key, (start, end, label) in tokens.items()
        }
        wanted = [place[head] * (none + 1) + place[tail] for head, tail in pairs]
        found |= np.isin(wanted, candidates.pairs @ np.asarray([none + 1, 1]))
    return [bool(known) for known in found]
