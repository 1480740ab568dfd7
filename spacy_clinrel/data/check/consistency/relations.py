"""Checks of relations and attributes: lists, the nearest mention, labels and cues."""

import re
from collections import Counter, defaultdict
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Set, Tuple

import numpy as np

from ....types import ASSERTIONS
from .notes import Case, Note, NoteMention
from .rules import CorpusRules

Settings = Dict[str, Any]
# For each document, the attributes of its mentions by a component. Shape: (mentions, 5)
Cues = Sequence[np.ndarray]


def incomplete_lists(
    notes: Sequence[Note], settings: Settings, rules: CorpusRules
) -> Iterator[Case]:
    """Find members of lists without the relation that other members have.

    A list is a sequence of mentions of one type that only a separator stands between. Members that
    have another relation to the same mention are not reported.

    notes (Sequence[Note]): The documents.
    settings (Dict[str, Any]): "between": regular expression of the text between members;
        "min_related": how many members have the relation; "labels": labels that are checked.
    rules (CorpusRules): Not used.
    YIELDS (Case): The members without the relation that stand beside one with it.
    """
    between = re.compile(settings["between"])
    for n, note in enumerate(notes):
        lists = _lists(note, between)
        member_of = {i: members for members in lists for i in members}
        if not member_of:
            continue
        linked: Set[Tuple[int, int]] = set()
        related: Dict[Tuple[int, int, str, bool], Set[int]] = defaultdict(set)
        for head, tail, label in note.relations:
            linked |= {(head, tail), (tail, head)}
            if settings["labels"] is not None and label not in settings["labels"]:
                continue
            for member, other, is_head in ((head, tail, True), (tail, head, False)):
                if member in member_of:
                    first = member_of[member][0]
                    related[first, other, label, is_head].add(member)
        for (first, other, label, is_head), found in related.items():
            members = member_of[first]
            if len(found) < settings["min_related"] or len(found) == len(members):
                continue
            place = {member: k for k, member in enumerate(members)}
            for member in members:
                beside = {
                    members[k]
                    for k in (place[member] - 1, place[member] + 1)
                    if 0 <= k < len(members)
                }
                if member not in found and beside & found and (member, other) not in linked:
                    mention, end = note.mentions[member], note.mentions[other]
                    arrow = f"{label} to {end.text}" if is_head else f"{label} from {end.text}"
                    yield Case(n, mention.start, mention.end, mention.text, f"no {arrow}")


def _lists(note: Note, between: "re.Pattern[str]") -> List[List[int]]:
    """Return the lists of at least two mentions of one type, as indices of mentions."""
    lists: List[List[int]] = []
    current: List[int] = []
    for i, mention in enumerate(note.mentions):
        last = note.mentions[current[-1]] if current else None
        gap = note.text[last.end : mention.start] if last and mention.start >= last.end else None
        if last and gap and mention.type == last.type and between.fullmatch(gap):
            current.append(i)
        else:
            current = [i]
            lists.append(current)
    return [members for members in lists if len(members) > 1]


def skipped_mentions(
    notes: Sequence[Note], settings: Settings, rules: CorpusRules
) -> Iterator[Case]:
    """Find relations that skip a nearer mention of the same text and type.

    A nearer mention that is related to the same other mention is not skipped.

    notes (Sequence[Note]): The documents.
    settings (Dict[str, Any]): "within": "sentence" or "text"; "labels": labels that are checked.
    rules (CorpusRules): Not used.
    YIELDS (Case): The farther mention of the relation.
    """
    for n, note in enumerate(notes):
        same: Dict[Tuple[str, str], List[int]] = defaultdict(list)
        for i, mention in enumerate(note.mentions):
            same[mention.text, mention.type].append(i)
        linked = {pair for head, tail, _ in note.relations for pair in ((head, tail), (tail, head))}
        for head, tail, label in note.relations:
            if settings["labels"] is not None and label not in settings["labels"]:
                continue
            for end, other in ((head, tail), (tail, head)):
                far, near = note.mentions[end], note.mentions[other]
                for i in same[far.text, far.type]:
                    between = note.mentions[i]
                    if _is_between(between, far, near, settings) and (i, other) not in linked:
                        detail = f"{label} with {near.text}, which is nearer to the mention at "
                        yield Case(n, far.start, far.end, far.text, f"{detail}{between.start}")
                        break


def _is_between(mention: NoteMention, far: NoteMention, near: NoteMention, settings: Settings):
    """Return whether a mention stands between the ends of a relation."""
    if settings["within"] == "sentence" and mention.sentence != near.sentence:
        return False
    low, high = min(far.end, near.end), max(far.start, near.start)
    return low <= mention.start and mention.end <= high


def same_texts(notes: Sequence[Note], settings: Settings, rules: CorpusRules) -> Iterator[Case]:
    """Find notes with the text of an earlier note and another annotation.

    notes (Sequence[Note]): The documents. Attributes are compared if both have them.
    settings (Dict[str, Any]): Not used.
    rules (CorpusRules): Not used.
    YIELDS (Case): The first mention of each note that differs, or that has another relation.
    """
    first: Dict[str, int] = {}
    for n, note in enumerate(notes):
        other = notes[first.setdefault(note.text, n)]
        if other is note or not note.text.strip():
            continue
        has_attributes = note.has_assertion and other.has_assertion
        found, expected = (_annotations(item, has_attributes) for item in (note, other))
        if found != expected:
            start, end, _ = min(found ^ expected)
            detail = f"differs from {other.title}"
            yield Case(n, start, end, note.text[start:end], detail)


def _annotations(note: Note, has_attributes: bool) -> Set[Tuple[int, int, str]]:
    """Return the mentions and relations as values that can be compared and sorted."""
    found = {
        (m.start, m.end, f"{m.type} {_names(m.attributes) if has_attributes else ''}")
        for m in note.mentions
    }
    for head, tail, label in note.relations:
        mention, end = note.mentions[head], note.mentions[tail]
        found.add((mention.start, mention.end, f"{label} {end.start} {end.end}"))
    return found


def rare_types(notes: Sequence[Note], settings: Settings, rules: CorpusRules) -> Iterator[Case]:
    """Find relations between other types than their label usually has.

    notes (Sequence[Note]): The documents.
    settings (Dict[str, Any]): "min_count": number of relations of the most frequent types;
        "max_share": share of the label's relations up to which other types are reported.
    rules (CorpusRules): Not used.
    YIELDS (Case): The head of the relation.
    """
    counts: Dict[str, Counter] = defaultdict(Counter)
    for note in notes:
        for head, tail, label in note.relations:
            counts[label][note.mentions[head].type, note.mentions[tail].type] += 1
    usual: Dict[str, Tuple[str, str]] = {}
    for label, pairs in counts.items():
        types, most = pairs.most_common(1)[0]
        rest = pairs.total() - most
        if most >= settings["min_count"] and rest <= settings["max_share"] * pairs.total():
            usual[label] = types
    for n, note in enumerate(notes):
        for head, tail, label in note.relations:
            first, last = note.mentions[head], note.mentions[tail]
            if usual.get(label, (first.type, last.type)) != (first.type, last.type):
                detail = f"{label} from {first.type} to {last.type}, usually from "
                detail += " to ".join(usual[label])
                yield Case(n, first.start, first.end, first.text, detail)


def attribute_types(
    notes: Sequence[Note], settings: Settings, rules: CorpusRules
) -> Iterator[Case]:
    """Find attributes of mentions whose type has none.

    notes (Sequence[Note]): The documents.
    settings (Dict[str, Any]): Not used.
    rules (CorpusRules): `attribute_types`.
    YIELDS (Case): The mentions.
    """
    for n, note in enumerate(notes):
        for mention in note.mentions if rules.attribute_types else ():
            if mention.attributes and mention.type not in rules.attribute_types:
                detail = f"{mention.type} with {_names(mention.attributes)}"
                yield Case(n, mention.start, mention.end, mention.text, detail)


def label_attributes(
    notes: Sequence[Note], settings: Settings, rules: CorpusRules
) -> Iterator[Case]:
    """Find relations whose ends have, or lack, attributes against their label.

    notes (Sequence[Note]): The documents. Those without attributes are left out.
    settings (Dict[str, Any]): Not used.
    rules (CorpusRules): `labels`.
    YIELDS (Case): The end of the relation.
    """
    for n, note in enumerate(notes):
        if not note.has_assertion:
            continue
        for head, tail, label in note.relations:
            for name, wanted in rules.labels.get(label, {}).items():
                mention = note.mentions[head if name.startswith("head") else tail]
                is_denied = name.endswith("_not")
                for attribute in wanted:
                    if (attribute in mention.attributes) == is_denied:
                        state = "is" if is_denied else "is not"
                        detail = f"{label}, but {state} {attribute}"
                        yield Case(n, mention.start, mention.end, mention.text, detail)


def cues(
    notes: Sequence[Note], settings: Settings, cues_of: Optional[Callable[[], Cues]]
) -> Iterator[Case]:
    """Find attributes that differ from those of cue words.

    notes (Sequence[Note]): The documents. Those without attributes are left out.
    settings (Dict[str, Any]): "types": types that are checked.
    cues_of (Optional[Callable[[], Cues]]): Returns the attributes by cue words.
    YIELDS (Case): The mentions.
    """
    if cues_of is None:
        return
    for n, (note, table) in enumerate(zip(notes, cues_of())):
        if not note.has_assertion:
            continue
        for mention, row in zip(note.mentions, table):
            if settings["types"] is not None and mention.type not in settings["types"]:
                continue
            found = {name for name, holds in zip(ASSERTIONS, row) if holds}
            if found != mention.attributes:
                detail = f"annotated {_names(mention.attributes)}, cues say {_names(found)}"
                yield Case(n, mention.start, mention.end, mention.text, detail)


def _names(attributes) -> str:
    return "+".join(name for name in ASSERTIONS if name in attributes) or "none"
