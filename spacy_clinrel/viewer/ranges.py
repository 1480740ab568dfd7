"""Measurements and section headings of a document, as character ranges."""

import re
from typing import Dict, List, NamedTuple, Set

from spacy.tokens import Doc, Span

MEASUREMENTS, SECTIONS = "measurements", "sections"
# The heading is the first line of a section, up to a colon or a closing bracket.
BRACKETED = r"[【\[][^】\]\n]{1,24}[】\]]\s*[:：]?"
BEFORE_COLON = r"[^\s:：。；;\n][^:：。；;\n]{0,39}[:：]"
HEADING = re.compile(rf"\s*(?:{BRACKETED}|{BEFORE_COLON})")


class Heading(NamedTuple):
    """The heading of a section.

    start (int): Offset of the first character.
    end (int): Offset after the last character.
    label (str): The label of the section, e.g. "past_history".
    """

    start: int
    end: int
    label: str


def read_headings(doc: Doc) -> List[Heading]:
    """Find the headings of the sections in `doc.spans["sections"]`.

    doc (Doc): The document.
    RETURNS (List[Heading]): The headings. A section without one is left out.
    """
    headings = []
    for span in _read_spans(doc, SECTIONS):
        found = HEADING.match(doc.text, span.start_char, span.end_char)
        if found and span.label_:
            start = span.start_char + len(found[0]) - len(found[0].lstrip())
            headings.append(Heading(start, found.end(), span.label_))
    return headings


def measured_characters(doc: Doc) -> Dict[int, int]:
    """Return the characters of the measurements in `doc.spans["measurements"]`.

    doc (Doc): The document.
    RETURNS (Dict[int, int]): Index of the measurement by offset of the character.
    """
    return {
        offset: index
        for index, span in enumerate(_read_spans(doc, MEASUREMENTS))
        for offset in range(span.start_char, span.end_char)
    }


def bold_characters(headings: List[Heading]) -> Set[int]:
    """Return the characters of headings.

    headings (List[Heading]): The headings.
    RETURNS (Set[int]): The offsets.
    """
    return {offset for start, end, _ in headings for offset in range(start, end)}


def _read_spans(doc: Doc, key: str) -> List[Span]:
    """Return the spans of a span group. If tokens were merged after the group was set, spans may
    end after the last token, and none is returned."""
    try:
        return list(doc.spans[key]) if key in doc.spans else []
    except IndexError:
        return []
