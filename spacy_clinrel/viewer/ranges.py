"""Measurements and section headings of a document, as character ranges."""

from typing import Dict, List, NamedTuple, Set

from spacy.tokens import Doc

from ..tokens import get_sections
from ..tokens.measurements import get_measurements


class Heading(NamedTuple):
    """The heading of a section.

    start (int): Offset of the first character.
    end (int): Offset after the last character.
    label (str): The label of the section, e.g. "past_history".
    """

    start: int
    end: int
    label: str


def find_headings(doc: Doc) -> List[Heading]:
    """Return the headings of the sections in `doc.spans["sections"]`.

    doc (Doc): The document.
    RETURNS (List[Heading]): The headings. A section without heading or label is left out.
    """
    return [
        Heading(section.start, section.start + len(section.heading), section.label)
        for section in get_sections(doc)
        if section.heading and section.label
    ]


def find_bold_characters(headings: List[Heading]) -> Set[int]:
    """Return the characters of headings.

    headings (List[Heading]): The headings.
    RETURNS (Set[int]): The offsets.
    """
    return {offset for start, end, _ in headings for offset in range(start, end)}


def find_measured_characters(doc: Doc) -> Dict[int, int]:
    """Return the characters of the measurements in `doc.spans["measurements"]`.

    doc (Doc): The document.
    RETURNS (Dict[int, int]): Index of the measurement by offset of the character.
    """
    return {
        offset: index
        for index, (span, _) in enumerate(get_measurements(doc))
        for offset in range(span.start_char, span.end_char)
    }
