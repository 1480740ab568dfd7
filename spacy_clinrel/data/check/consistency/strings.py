"""Checks of the boundaries and types of mentions: each string is annotated in the same way."""

from bisect import bisect_right
from collections import Counter, defaultdict
from typing import Any, Dict, Iterable, Iterator, List, Sequence, Tuple

from .notes import Case, Note, NoteMention
from .rules import CorpusRules
from .words import WordFinder

Settings = Dict[str, Any]


def split_mentions(notes: Sequence[Note], settings: Settings, rules: CorpusRules) -> Iterator[Case]:
    """Find strings that are one mention here and two adjacent mentions there.

    notes (Sequence[Note]): The documents.
    settings (Dict[str, Any]): "min_whole": how often the string is one mention.
    rules (CorpusRules): Not used.
    YIELDS (Case): The places of the rarer form.
    """
    whole: Dict[str, List[Tuple[int, int]]] = defaultdict(list)
    split: Dict[str, List[Tuple[int, int, str]]] = defaultdict(list)
    for n, note in enumerate(notes):
        starts: Dict[int, List[NoteMention]] = defaultdict(list)
        for mention in note.mentions:
            starts[mention.start].append(mention)
            whole[mention.text].append((n, mention.start))
        spans = {(mention.start, mention.end) for mention in note.mentions}
        for left in note.mentions:
            for right in starts.get(left.end, ()):
                if (left.start, right.end) not in spans and right.end > left.end > left.start:
                    parts = f"{left.text}|{right.text}"
                    split[left.text + right.text].append((n, left.start, parts))
    for text, places in split.items():
        ones = whole.get(text, [])
        if len(ones) < max(settings["min_whole"], 1):
            continue
        counts = f"one mention {len(ones)} times, two ({places[0][2]}) {len(places)} times"
        rarer = places if len(places) <= len(ones) else ones
        yield from (Case(n, start, start + len(text), text, counts) for n, start, *_ in rarer)


def two_types(notes: Sequence[Note], settings: Settings, rules: CorpusRules) -> Iterator[Case]:
    """Find strings with several types.

    notes (Sequence[Note]): The documents.
    settings (Dict[str, Any]): "min_count": how often the string is a mention; "max_share": share of
        a type up to which it is reported.
    rules (CorpusRules): Not used.
    YIELDS (Case): The mentions of the rarer types.
    """
    types: Dict[str, Counter] = defaultdict(Counter)
    for note in notes:
        for mention in note.mentions:
            types[mention.text][mention.type] += 1
    usual = {
        text: counts
        for text, counts in types.items()
        if len(counts) > 1 and counts.total() >= settings["min_count"]
    }
    for n, note in enumerate(notes):
        for start, end, text, label, *_ in note.mentions:
            if text not in usual:
                continue
            counts = usual[text]
            most, times = counts.most_common(1)[0]
            if label != most and counts[label] <= settings["max_share"] * counts.total():
                yield Case(n, start, end, text, f"{label} {counts[label]}, {most} {times} times")


def unmarked_strings(
    notes: Sequence[Note], settings: Settings, rules: CorpusRules
) -> Iterator[Case]:
    """Find strings that are mentions here and no mention there.

    notes (Sequence[Note]): The documents.
    settings (Dict[str, Any]): "min_marked", "min_unmarked": how often the string is a mention and
        none; "max_share": share of the unmarked ones up to which they are reported; "min_length":
        its length.
    rules (CorpusRules): `longer_words`, in which the string is not searched.
    YIELDS (Case): The places where the string is no mention.
    """
    counts = Counter(mention.text for note in notes for mention in note.mentions)
    marked = {
        text: n
        for text, n in counts.items()
        if n >= settings["min_marked"] and len(text) >= max(settings["min_length"], 1)
    }
    found: Dict[str, List[Tuple[int, int, int]]] = defaultdict(list)
    for place in _unmarked(notes, marked, rules.longer_words):
        n, start, end = place
        found[notes[n].text[start:end]].append(place)
    for text, places in found.items():
        is_rare = len(places) <= settings["max_share"] * (len(places) + marked[text])
        if is_rare and len(places) >= settings["min_unmarked"]:
            detail = f"a mention {marked[text]} times, unmarked {len(places)} times"
            yield from (Case(n, start, end, text, detail) for n, start, end in places)


def unmarked_inventory(
    notes: Sequence[Note], settings: Settings, rules: CorpusRules
) -> Iterator[Case]:
    """Find texts of the inventory that are no mention, or have another type.

    notes (Sequence[Note]): The documents.
    settings (Dict[str, Any]): Not used.
    rules (CorpusRules): `inventory` and `longer_words`.
    YIELDS (Case): The places.
    """
    types: Dict[str, List[str]] = defaultdict(list)
    for label, texts in rules.inventory.items():
        for text in texts:
            types[text].append(label)
    if not types:
        return
    for n, start, end in _unmarked(notes, types, rules.longer_words):
        text = notes[n].text[start:end]
        yield Case(n, start, end, text, f"unmarked, should be {'/'.join(types[text])}")
    for n, note in enumerate(notes):
        for start, end, text, label, *_ in note.mentions:
            if text in types and label not in types[text]:
                yield Case(n, start, end, text, f"{label}, should be {'/'.join(types[text])}")


def _unmarked(
    notes: Sequence[Note], words: Iterable[str], longer: Sequence[str]
) -> Iterator[Tuple[int, int, int]]:
    """Yield the document, start and end of each word outside all mentions and longer words."""
    finder, longer_finder = WordFinder(words), WordFinder(longer)
    for n, note in enumerate(notes):
        hidden = list(longer_finder.find(note.text))
        hidden_starts = [start for start, _ in hidden]
        for gap_start, gap in note.gaps():
            for start, end in finder.find(note.text, gap_start, gap_start + len(gap)):
                before = bisect_right(hidden_starts, start) - 1
                if before < 0 or hidden[before][1] < end:
                    yield n, start, end


def separators(notes: Sequence[Note], settings: Settings, rules: CorpusRules) -> Iterator[Case]:
    """Find mentions that contain a separator.

    notes (Sequence[Note]): The documents.
    settings (Dict[str, Any]): Not used.
    rules (CorpusRules): `separators`.
    YIELDS (Case): The mentions.
    """
    for n, note in enumerate(notes):
        for start, end, text, label, *_ in note.mentions:
            for separator, (types, exceptions) in rules.separators.items():
                if separator in text and (types is None or label in types):
                    rest = text
                    for exception in exceptions:
                        rest = rest.replace(exception, "")
                    if separator in rest:
                        yield Case(n, start, end, text, f"contains {separator}")


def never_mentions(notes: Sequence[Note], settings: Settings, rules: CorpusRules) -> Iterator[Case]:
    """Find mentions that are never a mention.

    notes (Sequence[Note]): The documents.
    settings (Dict[str, Any]): Not used.
    rules (CorpusRules): `never`.
    YIELDS (Case): The mentions.
    """
    never = set(rules.never)
    for n, note in enumerate(notes):
        for start, end, text, label, *_ in note.mentions:
            if text in never:
                yield Case(n, start, end, text, label)


def edge_words(notes: Sequence[Note], settings: Settings, rules: CorpusRules) -> Iterator[Case]:
    """Find mentions that begin or end with text that belongs outside.

    notes (Sequence[Note]): The documents.
    settings (Dict[str, Any]): Not used.
    rules (CorpusRules): `edges`.
    YIELDS (Case): The mentions.
    """
    if not rules.edges:
        return
    known: Dict[Tuple[str, str], str] = {}
    for n, note in enumerate(notes):
        for start, end, text, label, *_ in note.mentions:
            key = (text, label)
            if key not in known:
                known[key] = _edge(text, label, rules)
            if known[key]:
                yield Case(n, start, end, text, known[key])


def _edge(text: str, label: str, rules: CorpusRules) -> str:
    """Return what is wrong with the beginning or end of a mention; empty if nothing is."""
    for name in (label, "*"):
        first, last = rules.edges.get(name, (None, None))
        begin = first.match(text) if first else None
        if begin and begin.end():
            return f"begins with {begin.group()}"
        finish = last and next((i for i in range(1, len(text)) if last.fullmatch(text, i)), None)
        if finish:
            return f"ends with {text[finish:]}"
    return ""
