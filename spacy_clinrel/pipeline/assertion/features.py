"""Features of mentions for `assertion_classifier`: cue words and the section."""

from typing import List, Optional, Sequence

import numpy as np
from spacy.tokens import Doc

from ...tokens.sections import section_ids
from ...types import ASSERTIONS, Mentions
from .rules import CueRules

# Ids of sections that have a feature of their own. The others share one. The list is part of
# trained models: do not change it.
SECTION_IDS = (
    "chief_complaint",
    "present_illness",
    "past_history",
    "personal_history",
    "family_history",
    "allergies",
    "physical_examination",
    "specialist_examination",
    "auxiliary_examination",
    "diagnosis",
    "differential_diagnosis",
    "impression",
    "treatment_course",
    "treatment_plan",
    "discharge_condition",
    "discharge_instructions",
    "discharge_medications",
)


class MentionFeatures:
    """Computes the features of mentions, and what the cue rules say of them.

    rules (Optional[CueRules]): The cue rules. None for no features from cue words.
    has_sections (bool): Whether there are features from sections.
    """

    def __init__(self, rules: Optional[CueRules], *, has_sections: bool):
        self.rules = rules
        self.has_sections = has_sections

    def __call__(self, docs: Sequence[Doc], mentions: Sequence[Mentions]) -> np.ndarray:
        """Return the features of the mentions of a batch of documents.

        docs (Sequence[Doc]): The documents.
        mentions (Sequence[Mentions]): All mentions of each that have tokens, also those that are
            not judged, since they limit the scope of cue words.
        RETURNS (ndarray): float32. Shape: (mentions of all documents, features)
        """
        count = sum(len(part.starts) for part in mentions)
        parts: List[np.ndarray] = [np.zeros((count, 0), dtype="float32")]
        if self.rules is not None:
            parts.append(self.rules.batch_features(docs, mentions))
        if self.has_sections and docs:
            rows = [section_features(doc, part.starts) for doc, part in zip(docs, mentions)]
            parts.append(np.concatenate(rows))
        return np.concatenate(parts, axis=1)

    def verdict(self, features: np.ndarray) -> np.ndarray:
        """Return which attributes the cue rules assign. They are the first of the cue features.

        features (ndarray): Features of mentions. Shape: (mentions, features)
        RETURNS (ndarray): 0 or 1; all 0 without cue rules. Shape: (mentions, 5)
        """
        if self.rules is None:
            return np.zeros((len(features), len(ASSERTIONS)), dtype="float32")
        return features[:, : len(ASSERTIONS)]

    def prior(self, features: np.ndarray) -> np.ndarray:
        """Return what the cue rules say of each attribute.

        features (ndarray): Features of mentions. Shape: (mentions, features)
        RETURNS (ndarray): 1 for an attribute that they assign, else -1; all 0 without cue rules.
            float32. Shape: (mentions, 5)
        """
        verdict = self.verdict(features)
        return 0.0 * verdict if self.rules is None else 2.0 * verdict - 1.0


def section_features(doc: Doc, starts: np.ndarray) -> np.ndarray:
    """Return the section of each mention as a one-hot row: the sections of `SECTION_IDS`, then all
    other sections. The row is zero for a mention outside all sections.

    doc (Doc): The document.
    starts (ndarray): First token of each mention. Shape: (mentions,)
    RETURNS (ndarray): float32. Shape: (mentions, sections + 1)
    """
    features = np.zeros((len(starts), len(SECTION_IDS) + 1), dtype="float32")
    labels = section_ids(doc, starts)
    known = [doc.vocab.strings[name] for name in SECTION_IDS]
    index = {label: i for i, label in enumerate(known)}
    columns = [index.get(label, len(SECTION_IDS)) for label in labels.tolist()]
    inside = np.flatnonzero(labels)
    features[inside, np.asarray(columns, dtype="int64")[inside]] = 1.0
    return features
