"""The cues of a text: their scopes, the mentions that they reach, and features of these."""

import re
from typing import Dict, NamedTuple, Tuple

import numpy as np
from spacy.strings import get_string_id

from ...types import ASSERTIONS
from .compiled import CompiledRules
from .mention_text import MAX_TERM, MentionText
from .rule_file import CueGroup, Fit
from .text import (
    COMMA,
    PARAGRAPH_BREAK,
    SENTENCE_BREAK,
    Breaks,
    covered_chars,
    find_breaks,
    merge_breaks,
)
from .words import mask_chars

N_ATTRIBUTES = len(ASSERTIONS)
# Characters between the items of a list.
SEPARATORS = frozenset("、及和或与/ \t")
# Text between mentions that share a cue for the nearest one.
JOINT = re.compile(r"[、及和或与/+]*|\s*(?:\b(?:and|or)|[/+])\s+(?:all\s+|other\s+)?")
# The first letter of a heading, after numbers and brackets.
HEADING_START = re.compile(r"[^\W\d_]")
# Features of each attribute and direction, and of a mention.
CUE_FEATURES = ("in sentence", "in clause", "proximity", "blocked")
GENERAL_FEATURES = ("after separator", "after pseudo cue", "contains cue", "normal state")
N_FEATURES = N_ATTRIBUTES * (2 + 2 * len(CUE_FEATURES)) + len(GENERAL_FEATURES)


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


class Analysis:
    """The cues, breaks and scopes of a text."""

    def __init__(self, rules: CompiledRules, mentions: MentionText) -> None:
        """Find cues and breaks, and compute the scopes.

        rules (CompiledRules): The rules.
        mentions (MentionText): The text and its mentions.
        """
        self.rules = rules
        self.mentions = mentions
        self.length = len(mentions.text)
        self._fits: Dict[Fit, np.ndarray] = {}
        self.matches = rules.words(mask_chars(mentions.text, mentions.in_term))
        self.sentences = find_breaks(SENTENCE_BREAK, mentions.original)
        self.commas = find_breaks(COMMA, mentions.original)
        self.clauses = merge_breaks(self.sentences, self.commas)
        self.breaks = {
            "clause": self.clauses,
            "sentence": self.sentences,
            "paragraph": find_breaks(PARAGRAPH_BREAK, mentions.original),
        }
        self.list_ends, self.list_starts = self._list_breaks()
        self.scopes = self._scopes()
        self.in_section = self._in_section()
        self.is_normal = self._are_normal()

    def verdict(self) -> np.ndarray:
        """Return whether each attribute holds. Shape: (mentions, 5)"""
        before, after = self._reached()
        holds = before | after
        in_section = self.in_section.copy()
        for attribute, others in self.rules.checked.section_overrides:
            in_section[np.ix_(holds[:, attribute], others)] = False
        holds |= in_section
        self._add_contained(holds)
        holds[self.is_normal] = False
        for attribute, others in self.rules.checked.overrides:
            holds[np.ix_(holds[:, attribute], others)] = False
        return holds

    def _list_breaks(self) -> Tuple[Breaks, Breaks]:
        """Return the commas that end a list for cues before it, and for cues after it.

        A comma belongs to a list if a mention precedes it, and the clause on its other side, seen
        from the cue, has at most `max_residue` characters that are not part of a mention, filler or
        separator. Two adjacent mentions, e.g. a body part and a symptom, begin a new statement.
        """
        text, commas = self.mentions.text, self.commas
        fillers = self.rules.fillers(text)
        is_rest = ~self.mentions.in_term
        is_rest &= covered_chars(fillers.starts, fillers.ends, self.length) == 0
        is_rest &= [char not in SEPARATORS for char in text]
        rest = np.append(0, np.cumsum(is_rest))
        is_adjacent = np.isin(self.mentions.starts, self.mentions.ends)
        adjacent = np.bincount(self.mentions.starts[is_adjacent], minlength=self.length)
        pairs = np.append(0, np.cumsum(adjacent))
        next_end = self.clauses.next_start(commas.ends, self.length)
        last_start = self.clauses.last_end(commas.starts)
        most = self.rules.checked.max_residue
        order = np.sort(self.mentions.ends)
        tails = np.maximum(Breaks(order, order).last_end(commas.starts), last_start)
        follows_item = rest[commas.starts] - rest[tails] <= most
        breaks = []
        for starts, ends in ((commas.ends, next_end), (last_start, commas.starts)):
            is_item = (rest[ends] - rest[starts] <= most) & (pairs[ends] == pairs[starts])
            is_item &= follows_item
            breaks.append(merge_breaks(self.sentences, commas.select(~is_item)))
        return breaks[0], breaks[1]

    def _scopes(self) -> Scopes:
        """Return the cues outside mentions with their scopes."""
        rows, groups = np.nonzero(self.rules.word_groups[self.matches.words])
        starts, ends = self.matches.starts[rows], self.matches.ends[rows]
        limits = np.empty(len(rows), dtype="int64")
        for i in np.unique(groups).tolist():
            own = groups == i
            if self.rules.groups[i].direction == "after":
                limits[own] = self._backward(i, starts[own])
            else:
                limits[own] = self._forward(i, ends[own])
        return Scopes(starts, ends, limits, groups)

    def _forward(self, i: int, offsets: np.ndarray) -> np.ndarray:
        """Return where the scope of cues that stand before their mentions ends."""
        group = self.rules.groups[i]
        breaks = self.list_ends if group.scope == "list" else self.breaks[group.scope]
        limits = breaks.next_start(offsets, self.length)
        limits = np.minimum(limits, self._stops(i).next_start(offsets, self.length))
        return np.minimum(limits, offsets + group.max_chars)

    def _backward(self, i: int, offsets: np.ndarray) -> np.ndarray:
        """Return where the scope of cues that stand after their mentions begins."""
        group = self.rules.groups[i]
        breaks = self.list_starts if group.scope == "list" else self.breaks[group.scope]
        limits = breaks.last_end(offsets)
        limits = np.maximum(limits, self._stops(i).last_end(offsets))
        if group.nearest:
            limits = np.maximum(limits, self._nearest_items(group, offsets))
        return np.maximum(limits, offsets - group.max_chars)

    def _nearest_items(self, group: CueGroup, offsets: np.ndarray) -> np.ndarray:
        """Return where the list begins that ends with the last mention before each of the offsets,
        of the mentions that fit a group.
        """
        rows = np.stack([self.mentions.starts, self.mentions.ends], axis=1)[self._fit(group.fit)]
        if not len(rows):
            return offsets
        starts, ends = np.unique(rows, axis=0).T
        gaps = map(self.mentions.text.__getitem__, map(slice, ends.tolist(), starts[1:].tolist()))
        is_first = np.append(True, [JOINT.fullmatch(gap) is None for gap in gaps])
        firsts = np.maximum.accumulate(np.where(is_first, np.arange(len(starts)), 0))
        found = np.searchsorted(ends, offsets, side="right")
        return np.append(0, starts[firsts])[found]

    def _stops(self, i: int) -> Breaks:
        """Return the terminators of the scope of a group's cues."""
        return self._words(self.rules.stops[:, i])

    def _words(self, is_given: np.ndarray) -> Breaks:
        """Return the matches of some words.

        is_given (ndarray): Which words, bool. Shape: (words,)
        RETURNS (Breaks): Their matches in the text.
        """
        return Breaks(self.matches.starts, self.matches.ends).select(is_given[self.matches.words])

    def _reached(self) -> Tuple[np.ndarray, np.ndarray]:
        """Return the attributes from cues before mentions and from cues after them. Shape:
        (mentions, 5) each
        """
        shape = (len(self.mentions.starts), N_ATTRIBUTES)
        before, after = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
        scopes = self.scopes
        for i in np.unique(scopes.groups).tolist():
            group, own = self.rules.groups[i], scopes.groups == i
            columns = list(group.attributes)
            if group.direction == "before":
                covered = covered_chars(scopes.ends[own], scopes.limits[own], self.length)
                is_reached = covered[self.mentions.starts] > 0
                before[:, columns] |= (is_reached & self._fit(group.fit))[:, None]
            elif group.direction == "after":
                covered = covered_chars(scopes.limits[own], scopes.starts[own], self.length)
                is_reached = covered[self.mentions.ends - 1] > 0
                after[:, columns] |= (is_reached & self._fit(group.fit))[:, None]
        return before, after

    def _fit(self, fit: Fit) -> np.ndarray:
        """Return which mentions a group or a section applies to. Shape: (mentions,)"""
        if fit in self._fits:
            return self._fits[fit]
        labels = self.mentions.labels
        fits = np.full(len(labels), not fit.types and (not fit.endings or bool(fit.except_types)))
        for names, value in ((fit.types, True), (fit.except_types, False)):
            for name in names:
                fits[labels == get_string_id(name)] = value
        if fit.endings:
            text, ends = self.mentions.text, self.mentions.ends.tolist()
            fits |= [text.endswith(fit.endings, 0, end) for end in ends]
        self._fits[fit] = fits
        return fits

    def _in_section(self) -> np.ndarray:
        """Return the attributes from sections. Shape: (mentions, 5)"""
        holds = np.zeros((len(self.mentions.starts), N_ATTRIBUTES), dtype=bool)
        begins = np.append(0, self.clauses.ends)
        for label, section in self.rules.checked.sections.items():
            bounds = [
                (start, end)
                for name, start, end in self.mentions.sections
                if name == label and self._has_heading(section.headings, start)
            ]
            if not bounds or not section.attributes:
                continue
            starts, ends = np.asarray(bounds, dtype="int64").T
            ends = np.minimum(
                ends, self._words(self.rules.section_ends[label]).next_start(starts, self.length)
            )
            # The clauses that begin in a section. Its first clause begins with it.
            number = np.searchsorted(starts, begins, side="left") - 1
            is_inside = (number >= 0) & (begins < ends[number])
            own = np.concatenate([starts, begins[is_inside]])
            section_ends = np.concatenate([ends, ends[number[is_inside]]])
            limits = self.clauses.next_start(own, self.length)
            stops = self._words(self.rules.section_stops[label])
            limits = np.minimum(limits, stops.next_start(own, self.length))
            limits = np.minimum(limits, section_ends)
            covered = covered_chars(own, limits, self.length)
            is_covered = (covered[self.mentions.starts] > 0) & self._fit(section.fit)
            holds[:, list(section.attributes)] |= is_covered[:, None]
        return holds

    def _has_heading(self, headings: Tuple[str, ...], start: int) -> bool:
        """Return whether a section begins with one of the headings, if there are any."""
        if not headings:
            return True
        match = HEADING_START.search(self.mentions.text, start)
        return match is not None and self.mentions.text.startswith(headings, match.start())

    def _are_normal(self) -> np.ndarray:
        """Return which mentions name a normal state. Shape: (mentions,)"""
        return self._contain(self.rules.normal(self.mentions.text).starts)

    def _add_contained(self, holds: np.ndarray) -> None:
        """Add the attributes of cues within mentions."""
        starts, ends = self.mentions.starts, self.mentions.ends
        found = self.rules.within(self.mentions.text)
        for word, columns in self.rules.within_columns:
            own = Breaks(found.starts, found.ends).select(found.words == word)
            # The end of the first match that begins in the mention.
            first = np.searchsorted(own.starts, starts)
            contains = np.append(own.ends, self.length + 1)[first] <= ends
            holds[:, columns] |= (contains & (ends - starts <= MAX_TERM))[:, None]

    def _contain(self, offsets: np.ndarray) -> np.ndarray:
        """Return which mentions contain one of the characters. Shape: (mentions,)"""
        counts = np.append(0, np.cumsum(np.bincount(offsets, minlength=self.length)))
        return counts[self.mentions.ends] > counts[self.mentions.starts]

    def features(self) -> np.ndarray:
        """Return the features of the mentions. Shape: (mentions, features)"""
        columns = [self.verdict(), self.in_section]
        before, after = self._reached()
        for attribute in range(N_ATTRIBUTES):
            own = self.rules.attributes[self.scopes.groups, attribute]
            directions = np.array([group.direction for group in self.rules.groups])
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
        is_pseudo = self.rules.is_pseudo[self.matches.words]
        pseudo = self.matches.ends[is_pseudo]
        last = Breaks(pseudo, pseudo).last_end(starts, no_break=-1)
        after_pseudo = last >= np.maximum(self.clauses.last_end(starts), 0)
        found = self.rules.words(text)
        is_cue = self.rules.word_groups[found.words].any(axis=1)
        contains = self._contain(found.starts[is_cue])
        return np.stack([separated, after_pseudo, contains, self.is_normal], axis=1)
