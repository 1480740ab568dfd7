"""Tests of which mention pairs are candidates of a pipeline."""

from functools import partial
from typing import Any, List, Optional, Sequence

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from ...tokens import Sentences, all_mentions
from ...tokens.group import span_key
from ..scorers import mention_key
from .budget import CandidateTest, MentionPair


def candidate_components(nlp: Language) -> List[Any]:
    """Return the components that score candidate pairs.

    nlp (Language): The pipeline.
    RETURNS (List[Any]): The components with `make_candidates`.
    """
    return [component for _, component in nlp.pipeline if hasattr(component, "make_candidates")]


def sentence_rule(components: Sequence[Any]) -> Sentences:
    """Return the sentence rule of a pipeline.

    components (Sequence[Any]): See `candidate_components`.
    RETURNS (Sentences): The rule of the first component that has one; otherwise the sentence
        boundaries of the documents, or the default rule where they have none.
    """
    rules = [component.sentences for component in components if hasattr(component, "sentences")]
    return rules[0] if rules else Sentences(use_sents=True)


def make_candidate_test(doc: Doc, components: Sequence[Any]) -> Optional[CandidateTest]:
    """Create a test of which mention pairs of a document are candidates.

    doc (Doc): The predicted document.
    components (Sequence[Any]): The components, see `candidate_components`.
    RETURNS (Optional[CandidateTest]): True for the candidates of any component; None if there are
        no components.
    """
    return partial(_are_candidates, doc, components) if components else None


def _are_candidates(
    doc: Doc, components: Sequence[Any], pairs: Sequence[MentionPair]
) -> List[bool]:
    spans = {mention_key(span): span_key(span) for span in all_mentions(doc)}
    is_candidate = np.zeros(len(pairs), dtype=bool)
    for component in components:
        candidates = component.make_candidates([doc])
        mentions = zip(*(column.tolist() for column in candidates.mentions))
        rows = {key: i for i, key in enumerate(mentions)}
        # The index of mentions that the component does not use.
        unused = len(rows)
        index = {key: rows.get(span, unused) for key, span in spans.items()}
        # One number per ordered pair, so that numpy can compare them.
        codes = [index[head] * (unused + 1) + index[tail] for head, tail in pairs]
        is_candidate |= np.isin(codes, candidates.pairs @ np.asarray([unused + 1, 1]))
    return is_candidate.tolist()
