"""The sections of a document: the span group `doc.spans["sections"]` and `span._.section`.

The label of each span is a section id such as "past_history". A section begins with its heading;
the group's `attrs["headings"]` has the length of each heading in characters. Mentions are assigned
to sections by characters, so tokens may be merged or split afterwards.
"""

from typing import Iterable, List, NamedTuple, Sequence, Tuple, Union

import numpy as np
from spacy.attrs import IDX
from spacy.tokens import Doc, Span, SpanGroup

from .group import MentionGroup, stored_spans

SECTIONS = "sections"
# Key in the attrs of the group.
HEADINGS = "headings"


class Section(NamedTuple):
    """A section of a document. Offsets are in characters.

    label (str): Section id.
    start (int): First character, which is the heading's.
    content_start (int): First character after the heading and its colon.
    end (int): Character after the section.
    doc (Doc): The document.
    """

    label: str
    start: int
    content_start: int
    end: int
    doc: Doc

    @property
    def heading(self) -> str:
        """Return the text of the heading, with its number, brackets and colon."""
        return self.doc.text[self.start : self.content_start].strip()

    @property
    def content(self) -> str:
        """Return the text after the heading."""
        return self.doc.text[self.content_start : self.end].strip()


class SectionGroup(MentionGroup):
    """A SpanGroup whose spans keep their characters when tokens are merged or split. A section that
    begins or ends within a token then gets the whole token.
    """

    def __getitem__(self, i: int) -> Span:
        """Return a section with its current tokens.

        i (int): The index.
        RETURNS (Span): The section.
        """
        try:
            return super().__getitem__(i)
        except ValueError:  # R010: a section begins or ends within a token
            _expand(self)
            return super().__getitem__(i)


def has_sections(doc: Doc) -> bool:
    """Return whether a document is annotated with sections.

    doc (Doc): The document.
    RETURNS (bool): False if its sections are unknown.
    """
    return SECTIONS in doc.spans


def set_sections(doc: Doc, sections: Iterable[Tuple[str, int, int, int]]) -> None:
    """Replace the sections of a document. A section that begins or ends within a token gets the
    whole token; a token of two sections belongs to the later one.

    doc (Doc): The document.
    sections (Iterable[Tuple[str, int, int, int]]): Section id, first character, first character
        after the heading, and character after the section. In the order of the text, without
        overlap.
    """
    rows = list(sections)
    bounds = np.asarray([row[1:] for row in rows], dtype="int64").reshape(-1, 3)
    first, last = _tokens(doc, bounds[:, 0], bounds[:, 2])
    spans, headings = [], []
    for (label, _, content_start, _), i, j in zip(rows, first.tolist(), last.tolist()):
        if i < j:
            span = Span(doc, i, j, label=label)
            spans.append(span)
            headings.append(min(content_start, span.end_char) - span.start_char)
    doc.spans[SECTIONS] = SectionGroup(doc, name=SECTIONS, spans=spans, attrs={HEADINGS: headings})


def get_sections(doc: Doc) -> List[Section]:
    """Return the sections of a document.

    doc (Doc): The document.
    RETURNS (List[Section]): The sections, in the order of the text.
    """
    if not has_sections(doc):
        return []
    group = doc.spans[SECTIONS]
    rows = stored_spans(group)
    headings = list(group.attrs.get(HEADINGS, ()))[: len(rows)]
    headings += [0] * (len(rows) - len(headings))  # sections that the user set have no headings
    strings = doc.vocab.strings
    sections = [
        Section(strings[int(row["label"])], start, min(start + heading, end), end, doc)
        for row, heading, start, end in zip(
            rows, headings, rows["start_char"].tolist(), rows["end_char"].tolist()
        )
    ]
    return sorted(sections, key=lambda section: section.start)


def section_ids(doc: Doc, starts: Union[Sequence[int], np.ndarray]) -> np.ndarray:
    """Return the sections of many tokens, e.g. of the first tokens of all mentions.

    doc (Doc): The document.
    starts (Union[Sequence[int], ndarray]): Token indices.
    RETURNS (ndarray): Hash of each token's section id in the StringStore, uint64; 0 for a token
        outside all sections. Shape: (tokens,)
    """
    index = np.asarray(starts, dtype="int64")
    labels = np.zeros(len(index), dtype="uint64")
    if len(index) and has_sections(doc) and len(doc.spans[SECTIONS]):
        characters = doc.to_array([IDX]).astype("int64").ravel()[index]
        labels = _labels_at(doc, characters)
    return labels


def section_of(span: Span) -> str:
    """Return the section of a mention. This is the getter of `span._.section`.

    span (Span): The mention. It belongs to the section in which it begins.
    RETURNS (str): The section id; empty if the mention is outside all sections, or the document has
        none.
    """
    if not has_sections(span.doc) or not len(span.doc.spans[SECTIONS]):
        return ""
    label = _labels_at(span.doc, np.asarray([span.start_char]))[0]
    return span.doc.vocab.strings[int(label)]


def _labels_at(doc: Doc, characters: np.ndarray) -> np.ndarray:
    """Return the hashes of the section ids at characters of a document that has sections."""
    rows = stored_spans(doc.spans[SECTIONS])
    rows = rows[np.argsort(rows["start_char"], kind="stable")]
    number = np.searchsorted(rows["start_char"], characters, side="right") - 1
    found = rows[number]  # for -1 the last section, which begins after the character
    is_inside = (number >= 0) & (characters < found["end_char"])
    return np.where(is_inside, found["label"], 0).astype("uint64")


def _tokens(doc: Doc, starts: np.ndarray, ends: np.ndarray) -> Tuple[np.ndarray, np.ndarray]:
    """Return the first and the last token (exclusive) of stretches of characters that are in the
    order of the text. A token of two stretches belongs to the later one.
    """
    idx = doc.to_array([IDX]).astype("int64").ravel() if len(doc) else np.zeros(0, dtype="int64")
    first = np.maximum(np.searchsorted(idx, starts, side="right") - 1, 0)
    last = np.searchsorted(idx, ends, side="left")
    last[:-1] = np.minimum(last[:-1], first[1:])
    return first, np.maximum(first, last)


def _expand(group: SpanGroup) -> None:
    """Update the tokens of sections, some of which begin or end within a token."""
    rows = stored_spans(group)
    order = np.argsort(rows["start_char"], kind="stable")
    starts, ends = (rows[name][order].astype("int64") for name in ("start_char", "end_char"))
    first, last = _tokens(group.doc, starts, ends)
    for k, i in enumerate(order.tolist()):
        label, kb_id, span_id = (int(rows[i][name]) for name in ("label", "kb_id", "id"))
        span = Span(
            group.doc, int(first[k]), int(last[k]), label=label, kb_id=kb_id, span_id=span_id
        )
        group[i] = span  # type: ignore[index]  # missing in spaCy's stub
        if HEADINGS in group.attrs and i < len(group.attrs[HEADINGS]):
            shift = int(starts[k]) - span.start_char
            group.attrs[HEADINGS][i] = max(0, group.attrs[HEADINGS][i] + shift)
