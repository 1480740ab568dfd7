"""Correction of offsets that count byte order marks, `\\r\\n` or UTF-16 code units differently."""

from dataclasses import replace
from typing import Iterable, Iterator, List, Tuple

from .record import Mention, Record
from .report import Report
from .text import BOM


def fit_offsets(record: Record, report: Report) -> Record:
    """Remove a byte order mark from the text and adjust the offsets to the remaining text.

    For converters with separate text files. Within a JSON string or a line, U+FEFF is part of the
    text.

    Tools differ in whether a byte order mark counts, and whether `\\r\\n` counts as one character
    or two. If the file records the texts of mentions, the rule that matches the most texts is used
    for the whole record. Otherwise `\\r\\n` counts as two characters and the mark is not counted.

    record (Record): The record, with its text as in the file.
    report (Report): Counts a record whose offsets were changed as repaired.
    RETURNS (Record): The record with offsets into its text.
    """
    text = record.text.removeprefix(BOM)
    return _best_counting(replace(record, text=text), _countings(record.text), report)


def fit_utf16(record: Record, report: Report) -> Record:
    """Convert offsets from UTF-16 code units, as in JavaScript, to characters where this fits
    better.

    The offsets are converted if more mentions then match their recorded texts. Without recorded
    texts, the offsets are unchanged.

    record (Record): The record.
    report (Report): Counts a record whose offsets were changed as repaired.
    RETURNS (Record): The record with offsets into its text.
    """
    return _best_counting(record, [("offsets had counted UTF-16", from_utf16(record.text))], report)


def from_utf16(text: str) -> List[int]:
    """Map offsets in UTF-16 code units to offsets in characters.

    text (str): The text.
    RETURNS (List[int]): The offset in characters of each code unit and of the end; -1 for the
        second code unit of a character.
    """
    positions: List[int] = []
    for i, char in enumerate(text):
        positions += [i, -1] if char > "\uffff" else [i]
    return [*positions, len(text)]


def to_utf16(text: str) -> List[int]:
    """Map offsets in characters to offsets in UTF-16 code units.

    text (str): The text.
    RETURNS (List[int]): The offset in code units of each character and of the end.
    """
    return [offset for offset, position in enumerate(from_utf16(text)) if position >= 0]


def matches_text(text: str, mention: Mention) -> bool:
    """Check that the text at a mention's offsets is its recorded text, ignoring white space.

    text (str): The document's text.
    mention (Mention): The mention.
    RETURNS (bool): Whether the texts are equal; True if no text is recorded.
    """
    if not isinstance(mention.text, str):  # other types are reported later
        return mention.text is None
    bounds = [mention.start, *(b for gap in mention.gaps for b in gap), mention.end]
    spans = zip(bounds[::2], bounds[1::2], strict=True)
    found = "".join(text[s:e] for s, e in spans if 0 <= s < e <= len(text))
    # Some tools replace a line break within a mention by a space, or drop it.
    return "".join(found.split()) == "".join(mention.text.split())


def _best_counting(
    record: Record, countings: Iterable[Tuple[str, List[int]]], report: Report
) -> Record:
    """Return the record with the offsets that fit best: unchanged, or converted by a counting."""
    best = record.mentions
    mismatches = sum(not matches_text(record.text, m) for m in best)
    reason = ""
    if mismatches:
        for name, positions in countings:
            moved = [_move(m, positions) for m in record.mentions]
            remaining = sum(not matches_text(record.text, m) for m in moved)
            if remaining < mismatches:
                best, mismatches, reason = moved, remaining, name
    if reason:
        report.repair(reason)
    return replace(record, mentions=best)


def _countings(raw: str) -> Iterator[Tuple[str, List[int]]]:
    """Yield a name and the position in the text for each offset, for all other ways of counting."""
    text = raw.removeprefix(BOM)
    every = list(range(len(text) + 1))
    merged = [i for i in every if not (text[i : i + 1] == "\n" and text[max(i - 1, 0) : i] == "\r")]
    if raw != text:
        yield "offsets had counted the byte order mark", [0, *every]
    if len(merged) < len(every):
        yield "offsets had counted \\r\\n as one character", merged
        if raw != text:
            reason = "offsets had counted the byte order mark, and \\r\\n as one character"
            yield reason, [0, *merged]


def _move(mention: Mention, positions: List[int]) -> Mention:
    def position(offset: int) -> int:
        return positions[offset] if 0 <= offset < len(positions) else -1

    gaps = tuple((position(start), position(end)) for start, end in mention.gaps)
    return mention._replace(start=position(mention.start), end=position(mention.end), gaps=gaps)
