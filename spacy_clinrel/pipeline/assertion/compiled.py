"""Rules of assertion attributes in the form in which they are applied."""

from typing import Iterable, List

import numpy as np

from ...types import ASSERTIONS
from .rule_file import ALL, AssertionRules, CueGroup
from .words import WordMatcher


class CompiledRules:
    """The words of rules as regular expressions, and their meaning as arrays.

    checked (AssertionRules): The rules.
    groups (List[CueGroup]): The groups of cues.
    words (WordMatcher): Finds cues, pseudo cues and terminators.
    fillers (WordMatcher): Finds fillers.
    normal (WordMatcher): Finds words of normal states.
    within (WordMatcher): Finds cues within mentions.
    within_columns (List[Tuple[int, List[int]]]): Index of such a cue, and its attributes.
    word_groups (ndarray): Whether a word is a cue of a group, bool. Shape: (words, groups)
    stops (ndarray): Whether a word ends the scopes of a group, bool. Shape: (words, groups)
    section_stops (Dict[str, ndarray]): Whether a word ends the attributes of a section, bool. Shape
        of each: (words,)
    section_ends (Dict[str, ndarray]): Whether a word ends a section, bool. Shape of each: (words,)
    is_pseudo (ndarray): Whether a word is a pseudo cue, bool. Shape: (words,)
    attributes (ndarray): Whether a group gives an attribute, bool. Shape: (groups, 5)
    """

    def __init__(self, checked: AssertionRules) -> None:
        """Compile rules.

        checked (AssertionRules): The rules.
        """
        self.checked = checked
        self.groups: List[CueGroup] = checked.groups
        stop_words = [word for words in checked.terminators.values() for word in words]
        cues = [word for group in self.groups for word in group.words]
        self.words = WordMatcher([*cues, *checked.pseudo, *stop_words])
        self.fillers = WordMatcher(checked.fillers)
        self.normal = WordMatcher(checked.normal_states)
        within = [group for group in self.groups if group.direction == "within"]
        self.within = WordMatcher([word for group in within for word in group.words])
        self.within_columns = [
            (self.within.index(word), list(group.attributes))
            for group in within
            for word in group.words
        ]
        empty = np.zeros((len(self.words.words), 0), dtype=bool)
        are_cues = [self._are(group.words)[:, None] for group in self.groups]
        self.word_groups = np.concatenate([empty, *are_cues], axis=1)
        are_stops = [self._end_scopes(group.terminators)[:, None] for group in self.groups]
        self.stops = np.concatenate([empty, *are_stops], axis=1)
        self.section_stops = {
            name: self._end_scopes(section.terminators)
            for name, section in checked.sections.items()
        }
        self.section_ends = {
            name: self._are(word for stop in section.ends for word in checked.terminators[stop])
            for name, section in checked.sections.items()
        }
        self.is_pseudo = self._are(checked.pseudo)
        self.attributes = np.zeros((len(self.groups), len(ASSERTIONS)), dtype=bool)
        for row, group in enumerate(self.groups):
            self.attributes[row, list(group.attributes)] = True

    def _are(self, words: Iterable[str]) -> np.ndarray:
        """Return which words of the matcher are given. Shape: (words,)"""
        found = np.zeros(len(self.words.words), dtype=bool)
        for word in words:
            found[self.words.index(word)] = True
        return found

    def _end_scopes(self, names: Iterable[str]) -> np.ndarray:
        """Return which words are in sets of terminators. Shape: (words,)"""
        terminators = self.checked.terminators
        return self._are(word for name in (ALL, *names) for word in terminators.get(name, ()))
