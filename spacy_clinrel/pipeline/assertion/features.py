"""Features of mentions for `assertion_classifier`: cue words and the section."""

from typing import List, Sequence

import numpy as np
from spacy.tokens import Doc

from ...types import ASSERTIONS, MentionBatch, Mentions

SECTIONS = "sections"  # key of the span group that `clinical_sectionizer` writes
# Ids of sections that have a feature of their own. The others share one.
SECTION_IDS: Sequence[str] = ()


class MentionFeatures:
    """Computes the features of mentions.

    lang (str): Language of the cue rules.
    cues (bool): Whether there are features from cue words.
    sections (bool): Whether there are features from sections.
    """

    def __init__(self, lang: str, *, cues: bool, sections: bool):
        self.cues = None
        self.sections = sections

    def __call__(self, doc: Doc, mentions: Mentions) -> np.ndarray:
        """Return the features of a document's mentions.

        doc (Doc): The document.
        mentions (Mentions): Its mentions.
        RETURNS (ndarray): float32. Shape: (mentions, features)
        """
        parts: List[np.ndarray] = [np.zeros((len(mentions.starts), 0), dtype="float32")]
        if self.sections:
            parts.append(section_features(doc, mentions))
        return np.concatenate(parts, axis=1)

    def rule_attributes(self, docs: Sequence[Doc], mentions: MentionBatch) -> np.ndarray:
        """Return the attributes that the cue rules assign to mentions.

        docs (Sequence[Doc]): The documents.
        mentions (MentionBatch): Their mentions.
        RETURNS (ndarray): bool; all False without cue rules. Shape: (mentions, 5)
        """
        return np.zeros((len(mentions), len(ASSERTIONS)), dtype=bool)


def section_features(doc: Doc, mentions: Mentions) -> np.ndarray:
    """Return the section of each mention as a one-hot row: the sections of `SECTION_IDS`, then all
    other sections. The row is zero for a mention outside all sections.

    doc (Doc): The document.
    mentions (Mentions): Its mentions.
    RETURNS (ndarray): float32. Shape: (mentions, sections + 1)
    """
    features = np.zeros((len(mentions.starts), len(SECTION_IDS) + 1), dtype="float32")
    if SECTIONS not in doc.spans or not len(mentions.starts):
        return features
    index = {name: i for i, name in enumerate(SECTION_IDS)}
    for span in doc.spans[SECTIONS]:
        inside = (mentions.starts >= span.start) & (mentions.ends <= span.end)
        features[inside] = 0.0
        features[inside, index.get(span.label_, len(SECTION_IDS))] = 1.0
    return features
