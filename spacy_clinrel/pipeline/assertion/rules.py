"""Rules that judge mentions by the cue words around them.

A cue gives attributes to the mentions in its scope. A scope begins at the cue and ends at a
terminator, at the end of the sentence or clause, or where a list of mentions ends.
"""

from pathlib import Path
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple, Union

import numpy as np
from spacy.tokens import Doc

from ...rules import read_rules
from ...types import ASSERTIONS
from .cues import ALL, AssertionRules, CueGroup, WordMatcher, check_rules, mask_chars, normalize
from .text import (
    COMMA,
    PARAGRAPH_BREAK,
    SENTENCE_BREAK,
    Breaks,
    covered_chars,
    find_breaks,
    merge_breaks,
)

SECTIONS = "sections"
# Longer mentions are no terms: cues in them count for the mentions that they contain.
MAX_TERM = 30
N_ATTRIBUTES = len(ASSERTIONS)
SEPARATORS = "、及和或与/"
# Features of each attribute and direction, of each attribute, and of a mention.
CUE_FEATURES = ("in sentence", "in clause", "proximity", "blocked")
GENERAL_FEATURES = ("after separator", "after pseudo cue", "contains cue", "normal state")


class Scopes(NamedTuple):
    """The cues of a text and what they reach.

    starts (ndarray): First character of each cue. Shape: (cues,)
    ends (ndarray): Character after the last of each cue. Shape: (cues,)
    limits (ndarray): Where the scope ends; where it begins if the cue stands after the mention.
        Shape: (cues,)
    groups (ndarray): Index of the cue's group. Shape: (cues,)
    """

    starts: np.ndarray
    ends: np.ndarray
    limits: np.ndarray
    groups: np.ndarray


class MentionText(NamedTuple):
    """A text and its mentions, as offsets of characters.

    text (str): The text, from `normalize`.
    starts (ndarray): First character of each mention. Shape: (mentions,)
    ends (ndarray): Character after the last of each mention. Shape: (mentions,)
    in_term (ndarray): Whether a character is part of a mention of usual length, bool. Shape:
        (characters,)
    """

    text: str
    starts: np.ndarray
    ends: np.ndarray
    in_term: np.ndarray


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
        self._checked: AssertionRules = check_rules(rules, path)
        self._groups: List[CueGroup] = self._checked.groups
        words = [word for group in self._groups for word in group.words]
        terminators = self._checked.terminators
        words += self._checked.pseudo + [word for stops in terminators.values() for word in stops]
        self._words = WordMatcher(words)
        self._fillers = WordMatcher(self._checked.fillers)
        self._normal = WordMatcher(self._checked.normal_states)
        within = [group for group in self._groups if group.direction == "within"]
        self._within = WordMatcher([word for group in within for word in group.words])
        self._within_columns = [
            (self._within.index(word), list(group.attributes))
            for group in within
            for word in group.words
        ]
        shape = (len(self._words.words), len(self._groups))
        self._word_groups = np.zeros(shape, dtype=bool)
        for column, group in enumerate(self._groups):
            self._word_groups[[self._words.index(word) for word in group.words], column] = True
        self._stops = np.zeros(shape, dtype=bool)
        for column, group in enumerate(self._groups):
            self._stops[:, column] = self._are_stops(group.terminators)
        self._section_stops = {
            name: self._are_stops([ASSERTIONS[column] for column in columns])
            for name, columns in self._checked.sections.items()
        }
        self._is_pseudo = np.zeros(shape[0], dtype=bool)
        self._is_pseudo[[self._words.index(word) for word in self._checked.pseudo]] = True
        self._attributes = np.zeros((shape[1], N_ATTRIBUTES), dtype=bool)
        for row, group in enumerate(self._groups):
            self._attributes[row, list(group.attributes)] = True

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

    def _are_stops(self, names: Iterable[str]) -> np.ndarray:
        """Return which words are in sets of terminators. Shape: (words,)"""
        is_stop = np.zeros(len(self._words.words), dtype=bool)
        for name in {ALL, *names} & self._checked.terminators.keys():
            is_stop[[self._words.index(word) for word in self._checked.terminators[name]]] = True
        return is_stop

    @property
    def n_features(self) -> int:
        """Return the number of features of a mention."""
        per_attribute = 2 + 2 * len(CUE_FEATURES)
        return N_ATTRIBUTES * per_attribute + len(GENERAL_FEATURES)

    def predict(self, doc: Doc, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Judge the mentions of a document.

        All its mentions should be given, also of types without attributes: cues within mentions
        do not count, and mentions are the items of lists.

        doc (Doc): The document.
        starts (ndarray): First token of each mention. Shape: (mentions,)
        ends (ndarray): Token after the last of each mention. Shape: (mentions,)
        RETURNS (ndarray): Whether each attribute holds, bool, in the order of `ASSERTIONS`. Shape:
            (mentions, 5)
        """
        if not len(starts):
            return np.zeros((0, N_ATTRIBUTES), dtype=bool)
        mentions = mention_text(doc, starts, ends)
        analysis = _Analysis(self, doc, mentions)
        return analysis.verdict()

    def cue_features(self, doc: Doc, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Return features of the mentions of a document, for a trainable component.

        For each attribute: the verdict of the rules, that of the section, and for the nearest cue
        in each direction `CUE_FEATURES`; then `GENERAL_FEATURES`.

        doc (Doc): The document.
        starts (ndarray): First token of each mention. Shape: (mentions,)
        ends (ndarray): Token after the last of each mention. Shape: (mentions,)
        RETURNS (ndarray): The features from 0 to 1, float32. Shape: (mentions, n_features)
        """
        if not len(starts):
            return np.zeros((0, self.n_features), dtype="float32")
        mentions = mention_text(doc, starts, ends)
        return _Analysis(self, doc, mentions).features()


def mention_text(doc: Doc, starts: np.ndarray, ends: np.ndarray) -> MentionText:
    """Return the text of a document and the characters of its mentions.

    doc (Doc): The document.
    starts (ndarray): First token of each mention. Shape: (mentions,)
    ends (ndarray): Token after the last of each mention. Shape: (mentions,)
    RETURNS (MentionText): The text and the mentions.
    """
    text = normalize(doc.text)
    offsets = doc.to_array(["IDX", "LENGTH"]).astype("int64").reshape(-1, 2)
    bounds = np.append(offsets, [[len(text), 0]], axis=0)
    first = bounds[np.asarray(starts, dtype="int64"), 0]
    last = np.maximum(bounds[np.asarray(ends, dtype="int64") - 1].sum(axis=1), first)
    is_term = last - first <= MAX_TERM
    in_term = covered_chars(first[is_term], last[is_term], len(text)) > 0
    return MentionText(text, first, last, in_term)


class _Analysis:
    """The cues, breaks and scopes of one document."""

    def __init__(self, rules: CueRules, doc: Doc, mentions: MentionText) -> None:
        """Find cues and breaks, and compute the scopes.

        rules (CueRules): The rules.
        doc (Doc): The document.
        mentions (MentionText): Its text and mentions.
        """
        self.rules = rules
        self.mentions = mentions
        self.length = len(mentions.text)
        self.matches = rules._words(mask_chars(mentions.text, mentions.in_term))
        self.sentences = find_breaks(SENTENCE_BREAK, mentions.text)
        self.commas = find_breaks(COMMA, mentions.text)
        self.clauses = merge_breaks(self.sentences, self.commas)
        self.breaks = {
            "clause": self.clauses,
            "sentence": self.sentences,
            "paragraph": find_breaks(PARAGRAPH_BREAK, mentions.text),
        }
        self.list_ends, self.list_starts = self._list_breaks()
        self.scopes = self._scopes()
        self.in_section = self._in_section(doc)
        self.is_normal = self._are_normal()

    def verdict(self) -> np.ndarray:
        """Return whether each attribute holds. Shape: (mentions, 5)"""
        before, after = self._reached()
        holds = before | after | self.in_section
        self._add_contained(holds)
        holds[self.is_normal] = False
        return holds

    def _list_breaks(self) -> Tuple[Breaks, Breaks]:
        """Return the commas that end a list for cues before it, and for cues after it.

        A comma belongs to a list if a mention precedes it and the clause on its other side, seen
        from the cue, consists of mentions. Two adjacent mentions, e.g. a body part and a symptom,
        begin a new statement.
        """
        text, commas = self.mentions.text, self.commas
        fillers = self.rules._fillers(text)
        is_rest = ~self.mentions.in_term
        is_rest &= covered_chars(fillers.starts, fillers.ends, self.length) == 0
        is_rest &= ~np.isin(np.array(list(text) or [""]), [" ", "\t", *SEPARATORS])[: self.length]
        rest = np.append(0, np.cumsum(is_rest))
        items = np.append(0, np.cumsum(self.mentions.in_term))
        is_adjacent = np.isin(self.mentions.starts, self.mentions.ends)
        adjacent = np.bincount(self.mentions.starts[is_adjacent], minlength=self.length)
        pairs = np.append(0, np.cumsum(adjacent))
        next_end = self.clauses.next_start(commas.ends, self.length)
        last_start = self.clauses.last_end(commas.starts)
        most = self.rules._checked.max_residue
        follows_item = ~is_rest[commas.starts - 1] & (commas.starts > 0)
        breaks = []
        for starts, ends in ((commas.ends, next_end), (last_start, commas.starts)):
            is_item = (rest[ends] - rest[starts] <= most) & (items[ends] > items[starts])
            is_item &= (pairs[ends] == pairs[starts]) & follows_item
            breaks.append(merge_breaks(self.sentences, commas.select(~is_item)))
        return breaks[0], breaks[1]

    def _scopes(self) -> Scopes:
        """Return the cues outside mentions with their scopes."""
        rows, groups = np.nonzero(self.rules._word_groups[self.matches.words])
        starts, ends = self.matches.starts[rows], self.matches.ends[rows]
        limits = np.empty(len(rows), dtype="int64")
        for i, group in enumerate(self.rules._groups):
            own = groups == i
            if group.direction == "after":
                limits[own] = self._backward(i, starts[own])
            else:
                limits[own] = self._forward(i, ends[own])
        return Scopes(starts, ends, limits, groups)

    def _forward(self, i: int, offsets: np.ndarray) -> np.ndarray:
        """Return where the scope of cues that stand before their mentions ends."""
        group = self.rules._groups[i]
        breaks = self.list_ends if group.scope == "list" else self.breaks[group.scope]
        limits = breaks.next_start(offsets, self.length)
        limits = np.minimum(limits, self._stops(i).next_start(offsets, self.length))
        return np.minimum(limits, offsets + group.max_chars)

    def _backward(self, i: int, offsets: np.ndarray) -> np.ndarray:
        """Return where the scope of cues that stand after their mentions begins."""
        group = self.rules._groups[i]
        breaks = self.list_starts if group.scope == "list" else self.breaks[group.scope]
        limits = breaks.last_end(offsets)
        limits = np.maximum(limits, self._stops(i).last_end(offsets))
        return np.maximum(limits, offsets - group.max_chars)

    def _stops(self, i: int) -> Breaks:
        """Return the terminators of the scope of a group's cues."""
        is_stop = self.rules._stops[self.matches.words, i]
        return Breaks(self.matches.starts, self.matches.ends).select(is_stop)

    def _reached(self) -> Tuple[np.ndarray, np.ndarray]:
        """Return the attributes from cues before mentions and from cues after them. Shape:
        (mentions, 5) each
        """
        shape = (len(self.mentions.starts), N_ATTRIBUTES)
        before, after = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
        scopes = self.scopes
        for i, group in enumerate(self.rules._groups):
            own = (scopes.groups == i) & (scopes.starts < scopes.ends)
            columns = list(group.attributes)
            if not own.any() or group.direction == "within":
                continue
            if group.direction == "before":
                covered = covered_chars(scopes.ends[own], scopes.limits[own], self.length)
                is_reached = covered[self.mentions.starts] > 0
                before[:, columns] |= (is_reached & self._end_with(group))[:, None]
            else:
                covered = covered_chars(scopes.limits[own], scopes.starts[own], self.length)
                is_reached = covered[self.mentions.ends - 1] > 0
                after[:, columns] |= (is_reached & self._end_with(group))[:, None]
        return before, after

    def _end_with(self, group: CueGroup) -> np.ndarray:
        """Return which mentions end as a group needs it. Shape: (mentions,)"""
        text, endings = self.mentions.text, group.mention_endings
        ends = self.mentions.ends.tolist()
        return np.asarray([not endings or text.endswith(endings, 0, end) for end in ends])

    def _in_section(self, doc: Doc) -> np.ndarray:
        """Return the attributes from sections. Shape: (mentions, 5)"""
        holds = np.zeros((len(self.mentions.starts), N_ATTRIBUTES), dtype=bool)
        sections = self.rules._checked.sections
        spans = doc.spans[SECTIONS] if sections and SECTIONS in doc.spans else ()
        begins = np.append(0, self.clauses.ends)
        for span in spans:
            columns = sections.get(span.label_)
            if not columns:
                continue
            own = begins[(begins > span.start_char) & (begins < span.end_char)]
            own = np.append(np.int64(span.start_char), own)
            limits = self.clauses.next_start(own, self.length)
            is_stop = self.rules._section_stops[span.label_][self.matches.words]
            stops = Breaks(self.matches.starts, self.matches.ends).select(is_stop)
            limits = np.minimum(limits, stops.next_start(own, self.length))
            limits = np.minimum(limits, span.end_char)
            covered = covered_chars(own, limits, self.length)
            holds[:, list(columns)] |= (covered[self.mentions.starts] > 0)[:, None]
        return holds

    def _are_normal(self) -> np.ndarray:
        """Return which mentions name a normal state. Shape: (mentions,)"""
        return self._contain(self.rules._normal(self.mentions.text).starts)

    def _add_contained(self, holds: np.ndarray) -> None:
        """Add the attributes of cues within mentions."""
        found = self.rules._within(self.mentions.text)
        is_inside = self.mentions.in_term[found.starts] & self.mentions.in_term[found.ends - 1]
        is_term = self.mentions.ends - self.mentions.starts <= MAX_TERM
        for word, columns in self.rules._within_columns:
            contains = self._contain(found.starts[is_inside & (found.words == word)]) & is_term
            holds[:, columns] |= contains[:, None]

    def _contain(self, offsets: np.ndarray) -> np.ndarray:
        """Return which mentions contain one of the characters. Shape: (mentions,)"""
        counts = np.append(0, np.cumsum(np.bincount(offsets, minlength=self.length)))
        return counts[self.mentions.ends] > counts[self.mentions.starts]

    def features(self) -> np.ndarray:
        """Return the features of the mentions. Shape: (mentions, features)"""
        columns = [self.verdict(), self.in_section]
        before, after = self._reached()
        for attribute in range(N_ATTRIBUTES):
            own = self.rules._attributes[self.scopes.groups, attribute]
            directions = np.array([group.direction for group in self.rules._groups])
            direction = directions[self.scopes.groups]
            columns.append(self._nearest_before(own & (direction == "before"), before, attribute))
            columns.append(self._nearest_after(own & (direction == "after"), after, attribute))
        return np.concatenate([*columns, self._general()], axis=1).astype("float32")

    def _nearest_before(self, own: np.ndarray, reached: np.ndarray, attribute: int) -> np.ndarray:
        """Return `CUE_FEATURES` of the nearest cue before each mention. Shape: (mentions, 4)"""
        starts = self.mentions.starts
        ends = np.sort(self.scopes.ends[own])
        nearest = Breaks(ends, ends).last_end(starts, no_break=-1)
        in_sentence = nearest >= np.maximum(self.sentences.last_end(starts), 0)
        in_clause = nearest >= np.maximum(self.clauses.last_end(starts), 0)
        proximity = np.exp((nearest - starts) / 8) * in_sentence
        blocked = in_sentence & ~reached[:, attribute]
        return np.stack([in_sentence, in_clause, proximity, blocked], axis=1)

    def _nearest_after(self, own: np.ndarray, reached: np.ndarray, attribute: int) -> np.ndarray:
        """Return `CUE_FEATURES` of the nearest cue after each mention. Shape: (mentions, 4)"""
        ends = self.mentions.ends
        starts = np.sort(self.scopes.starts[own])
        nearest = Breaks(starts, starts).next_start(ends, no_break=self.length + 1)
        in_sentence = nearest <= self.sentences.next_start(ends, self.length)
        in_clause = nearest <= self.clauses.next_start(ends, self.length)
        proximity = np.exp((ends - nearest) / 8) * in_sentence
        blocked = in_sentence & ~reached[:, attribute]
        return np.stack([in_sentence, in_clause, proximity, blocked], axis=1)

    def _general(self) -> np.ndarray:
        """Return `GENERAL_FEATURES`. Shape: (mentions, 4)"""
        starts, text = self.mentions.starts, self.mentions.text
        separated = [start > 0 and text[start - 1] in SEPARATORS for start in starts]
        is_pseudo = self.rules._is_pseudo[self.matches.words]
        pseudo = self.matches.ends[is_pseudo]
        last = Breaks(pseudo, pseudo).last_end(starts, no_break=-1)
        after_pseudo = last >= np.maximum(self.clauses.last_end(starts), 0)
        found = self.rules._words(text)
        is_cue = self.rules._word_groups[found.words].any(axis=1)
        contains = self._contain(found.starts[is_cue])
        return np.stack([separated, after_pseudo, contains, self.is_normal], axis=1)
