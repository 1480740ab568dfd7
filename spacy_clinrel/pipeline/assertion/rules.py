"""Rules that judge mentions by the cue words around them.

A cue gives attributes to the mentions in its scope. A scope begins at the cue and ends at a
terminator, at the end of the sentence or clause, or where a list of mentions ends.
"""

from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Union

import numpy as np
from spacy.tokens import Doc

from ...rules import read_rules
from ...types import ASSERTIONS, Mentions
from .analysis import N_FEATURES, Analysis
from .compiled import CompiledRules
from .mention_text import MentionText, join_texts, mention_text
from .rule_file import check_rules

# Number of characters after which the analysis of a batch begins anew, to bound the memory.
MAX_CHARS = 50_000


class CueRules:
    """Judges mentions by cue words. The time is linear in the text and in the mentions.

    rules (Dict[str, Any]): The rules, as in a file.
    """

    def __init__(self, rules: Dict[str, Any], path: Optional[Union[str, Path]] = None) -> None:
        """Check and compile rules.

        rules (Dict[str, Any]): The rules, from `read_rules`.
        path (Optional[Union[str, Path]]): Where they come from, for errors.
        RAISES (ValueError): If the rules are invalid.
        """
        self.rules = rules
        self._compiled = CompiledRules(check_rules(rules, path))

    @classmethod
    def from_language(
        cls, lang: str, path: Optional[Union[str, Path]] = None, *, extend: bool = True
    ) -> "CueRules":
        """Create rules from the built-in ones of a language and those of a user's file.

        lang (str): The language, e.g. "zh".
        path (Optional[Union[str, Path]]): A file with rules. None for the built-in ones.
        extend (bool): Whether the file extends the built-in rules. If not, it replaces them.
        RETURNS (CueRules): The rules.
        RAISES (ValueError): If the language has no built-in rules, or the file is invalid.
        """
        return cls(read_rules("assertion", lang, path, extend=extend), path)

    @property
    def n_features(self) -> int:
        """Return the number of features of a mention."""
        return N_FEATURES

    def predict(
        self, doc: Doc, starts: np.ndarray, ends: np.ndarray, labels: Optional[np.ndarray] = None
    ) -> np.ndarray:
        """Judge the mentions of a document.

        All its mentions should be given, also of types without attributes: cues within mentions
        do not count, and mentions are the items of lists.

        doc (Doc): The document.
        starts (ndarray): First token of each mention. Shape: (mentions,)
        ends (ndarray): Token after the last of each mention. Shape: (mentions,)
        labels (Optional[ndarray]): Hash of the entity type of each mention. Without it, cues that
            need a type reach no mention. Shape: (mentions,)
        RETURNS (ndarray): Whether each attribute holds, bool, in the order of `ASSERTIONS`. Shape:
            (mentions, 5)
        """
        holds = np.zeros((len(starts), len(ASSERTIONS)), dtype=bool)
        has_tokens = starts < ends
        if has_tokens.any():
            holds[has_tokens] = self._analyse(doc, starts, ends, labels).verdict()
        return holds

    def cue_features(
        self, doc: Doc, starts: np.ndarray, ends: np.ndarray, labels: Optional[np.ndarray] = None
    ) -> np.ndarray:
        """Return features of the mentions of a document, for a trainable component.

        For each attribute: the verdict of the rules, that of the section, and for the nearest cue
        in each direction `CUE_FEATURES`; then
        `GENERAL_FEATURES`.

        doc (Doc): The document.
        starts (ndarray): First token of each mention. Shape: (mentions,)
        ends (ndarray): Token after the last of each mention. Shape: (mentions,)
        labels (Optional[ndarray]): Hash of the entity type of each mention. Without it, cues that
            need a type reach no mention. Shape: (mentions,)
        RETURNS (ndarray): The features from 0 to 1, float32. Shape: (mentions, n_features)
        """
        features = np.zeros((len(starts), self.n_features), dtype="float32")
        has_tokens = starts < ends
        if has_tokens.any():
            features[has_tokens] = self._analyse(doc, starts, ends, labels).features()
        return features

    def batch_predict(self, docs: Sequence[Doc], mentions: Sequence[Mentions]) -> np.ndarray:
        """Judge the mentions of a batch of documents, see `predict`.

        docs (Sequence[Doc]): The documents.
        mentions (Sequence[Mentions]): The mentions of each, which have tokens.
        RETURNS (ndarray): Whether each attribute holds, bool, in the order of `ASSERTIONS`. Shape:
            (mentions of all documents, 5)
        """
        parts = [
            Analysis(self._compiled, text).verdict() for text in self._batch_texts(docs, mentions)
        ]
        return np.concatenate([np.zeros((0, len(ASSERTIONS)), dtype=bool), *parts])

    def batch_features(self, docs: Sequence[Doc], mentions: Sequence[Mentions]) -> np.ndarray:
        """Return the features of the mentions of a batch of documents, see `cue_features`.

        docs (Sequence[Doc]): The documents.
        mentions (Sequence[Mentions]): The mentions of each, which have tokens.
        RETURNS (ndarray): float32. Shape: (mentions of all documents, n_features)
        """
        parts = [
            Analysis(self._compiled, text).features() for text in self._batch_texts(docs, mentions)
        ]
        return np.concatenate([np.zeros((0, self.n_features), dtype="float32"), *parts])

    def _batch_texts(
        self, docs: Sequence[Doc], mentions: Sequence[Mentions]
    ) -> Iterator[MentionText]:
        """Yield the texts of documents with mentions, joined up to a bounded length."""
        texts: List[MentionText] = []
        length = 0
        for doc, part in zip(docs, mentions):
            if len(part.starts):
                texts.append(mention_text(doc, part))
                length += len(texts[-1].text)
            if length > MAX_CHARS:
                yield join_texts(texts)
                texts, length = [], 0
        if texts:
            yield join_texts(texts)

    def _analyse(
        self, doc: Doc, starts: np.ndarray, ends: np.ndarray, labels: Optional[np.ndarray]
    ) -> Analysis:
        """Return the analysis of the mentions that have tokens."""
        if labels is None:
            labels = np.zeros(len(starts), dtype="uint64")
        has_tokens = starts < ends
        mentions = Mentions(starts[has_tokens], ends[has_tokens], labels[has_tokens])
        return Analysis(self._compiled, mention_text(doc, mentions))
