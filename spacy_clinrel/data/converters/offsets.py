"""Which characters the offsets count, where the text is a file of its own."""

from dataclasses import replace
from typing import Iterable, Iterator, List, Tuple

from .record import Mention, Record
from .report import Report
from .text import BOM


def fit_offsets(record: Record, report: Report) -> Record:
    """Drop a byte order mark, and let the offsets count the characters of the text that is left.

    To be called by converters whose text is a whole file: inside of a JSON string or a line, that
    character is part of the text.

    Tools differ in whether a byte order mark counts and whether `\\r\\n` counts as one character
    or two. Where the file records the mentions' texts they settle it: the first way of counting
    that makes most of them fit is taken, for the whole record. Without them, `\\r\\n` counts as two
    and the mark not at all.

    record (Record): The record as read.
    report (Report): Counts a record whose offsets were moved as repaired.
    RETURNS (Record): The record with the offsets that its text has.
    """
    text = record.text.removeprefix(BOM)
    return _best(replace(record, text=text), _countings(record.text), report)


def fit_utf16(record: Record, report: Report) -> Record:
    """Let the offsets count characters where they counted units of UTF-16, as JavaScript does.

    The mentions' recorded texts settle it, for the whole record; without them, offsets are taken as
    they are.

    record (Record): The record as read.
    report (Report): Counts a record whose offsets were moved as repaired.
    RETURNS (Record): The record with the offsets that its text has.
    """
    return _best(record, [("offsets had counted UTF-16", from_utf16(record.text))], report)


def from_utf16(text: str) -> List[int]:
    """Positions in a text by offsets that count units of UTF-16.

    text (str): The text.
    RETURNS (List[int]): The position at each offset, -1 for those within a character.
    """
    positions: List[int] = []
    for i, char in enumerate(text):
        positions += [i, -1] if char > "\uffff" else [i]
    return [*positions, len(text)]


def to_utf16(text: str) -> List[int]:
    """Offsets that count units of UTF-16, by positions in a text.

    text (str): The text.
    RETURNS (List[int]): The offset of each character and of the end.
    """
    return [offset for offset, position in enumerate(from_utf16(text)) if position >= 0]


def fits(text: str, mention: Mention) -> bool:
    """Whether a mention's recorded text stands at its offsets, white space aside.

    text (str): The document's text.
    mention (Mention): The mention.
    RETURNS (bool): True also if the file records no text.
    """
    if mention.text is None:
        return True
    bounds = [mention.start, *(b for gap in mention.gaps for b in gap), mention.end]
    found = "".join(text[s:e] for s, e in zip(bounds[::2], bounds[1::2], strict=True) if 0 <= s < e)
    # Tools write a line break in a mention as a space, or leave it out.
    return "".join(found.split()) == "".join(mention.text.split())


def _best(record: Record, countings: Iterable[Tuple[str, List[int]]], report: Report) -> Record:
    """The record, its offsets moved by the first counting that makes most mentions fit."""
    best = record.mentions
    misfits = sum(not fits(record.text, m) for m in best)
    reason = ""
    if misfits:
        for name, positions in countings:
            moved = [_move(m, positions) for m in record.mentions]
            wrong = sum(not fits(record.text, m) for m in moved)
            if wrong < misfits:
                best, misfits, reason = moved, wrong, name
    if reason:
        report.repair(reason)
    return replace(record, mentions=best)


def _countings(raw: str) -> Iterator[Tuple[str, List[int]]]:
    """Other ways to count: name, and the position in the text of each counted character."""
    text = raw.removeprefix(BOM)
    two = list(range(len(text) + 1))
    one = [i for i in two if not (text[i : i + 1] == "\n" and text[max(i - 1, 0) : i] == "\r")]
    if raw != text:
        yield "offsets had counted the byte order mark", [0, *two]
    if len(one) < len(two):
        yield "offsets had counted \\r\\n as one character", one
        if raw != text:
            yield "offsets had counted the byte order mark, and \\r\\n as one character", [0, *one]


def _move(mention: Mention, positions: List[int]) -> Mention:
    def position(offset: int) -> int:
        return positions[offset] if 0 <= offset < len(positions) else -1

    gaps = tuple((position(start), position(end)) for start, end in mention.gaps)
    return mention._replace(start=position(mention.start), end=position(mention.end), gaps=gaps)
