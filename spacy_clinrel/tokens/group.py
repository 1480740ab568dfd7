"""The mention group: the SpanGroup `doc.spans["clinrel"]` with the mentions of a Doc.

Everything else that the store keeps refers to mentions by their index in the group and consists of
plain values in the group's `attrs`. It is therefore preserved wherever span groups are: in bytes,
DocBin, copies, pickles and worker processes.

spaCy's retokenizer (`merge_entities`, `merge_noun_chunks`, `doc.retokenize`) changes the tokens and
leaves the token indices of span groups as they were. Each span also records its characters, so
`MentionGroup` and `group_mentions` find the tokens of the mentions again, or raise an error if a
mention now begins or ends within a token. Copies made by spaCy's storage are ordinary SpanGroups:
read them with `group_mentions`, not from `doc.spans` directly.
"""

from typing import Dict, List, Optional, Tuple

import numpy as np
import srsly
from spacy.tokens import Doc, Span, SpanGroup

from ..errors import Errors

GROUP = "clinrel"
# Keys in the attrs of the group.
RELATIONS = "relations"
ATTRIBUTES = "attributes"
CANDIDATES = "candidates"
VALUES = "values"
DOSAGES = "dosages"
# Keys whose values are rows of plain values that begin with a mention's index.
MENTION_ROWS = (ATTRIBUTES, CANDIDATES, VALUES, DOSAGES)
SILVER = "silver"
SILVER_TAGS = "silver_tags"
# Whether the document is annotated with assertion attributes. Without this key, it is annotated if
# a mention has one.
ASSERTION = "assertion"
# True if the group was filled from doc.ents, i.e. its mentions are only copies of entities.
FROM_ENTS = "from_ents"

# The serialized form of a span in SpanGroup.to_bytes.
STORED_SPAN = np.dtype(
    [
        ("id", ">u8"),
        ("kb_id", ">u8"),
        ("label", ">u8"),
        ("start", ">i4"),
        ("end", ">i4"),
        ("start_char", ">i4"),
        ("end_char", ">i4"),
    ]
)


def span_key(span: Span) -> Tuple[int, int, int]:
    """Return the key by which two mentions of a Doc count as equal: boundaries and type.

    span (Span): The mention.
    RETURNS (Tuple[int, int, int]): Start token, end token (exclusive), hash of the type.
    """
    return (span.start, span.end, span.label)


class MentionGroup(SpanGroup):
    """A SpanGroup whose spans keep their characters when tokens are merged or split.

    RAISES (ValueError): In reading a span, if it does not begin and end at token boundaries any
        more.
    """

    def __getitem__(self, i: int) -> Span:
        """Return a span with its current tokens. The other methods read spans in this way too.

        i (int): The index.
        RETURNS (Span): The span.
        """
        try:
            span = super().__getitem__(i)
            if _is_current(span):
                return span
        except IndexError:
            if not -len(self) <= i < len(self):
                raise
            # E035: the span ends after the last token.
        _update(self.doc, self)
        return super().__getitem__(i)

    def copy(self, doc: Optional[Doc] = None) -> "MentionGroup":
        """Copy the group.

        doc (Optional[Doc]): The document of the copy. None for the same document.
        RETURNS (MentionGroup): The copy.
        """
        group = super().copy(doc)
        return type(self)(group.doc, name=group.name, attrs=group.attrs, spans=list(group))


def group_mentions(doc: Doc, name: str = GROUP) -> List[Span]:
    """Return the mentions of the span group, in its order.

    If tokens were merged or split, this function finds the tokens that have the characters of each
    mention, and updates the group.

    doc (Doc): The document.
    name (str): Name of the span group, to read another group in the same way.
    RETURNS (List[Span]): The mentions; empty if the Doc has no span group.
    RAISES (ValueError): If a mention does not begin and end at token boundaries any more.
    """
    if name not in doc.spans:
        return []
    group = doc.spans[name]
    if isinstance(group, MentionGroup):
        return list(group)
    try:
        spans = list(group)
    except IndexError:  # E035: a mention ends after the last token
        spans = None
    if spans is None or not all(map(_is_current, spans)):
        _update(doc, group)
        spans = list(group)
    return spans


def current_span(span: Span) -> Span:
    """Return a Span with the tokens that have the characters of a mention.

    span (Span): The mention, created before or after tokens were merged or split.
    RETURNS (Span): The same object if the tokens of the mention did not change.
    RAISES (ValueError): If the mention does not begin and end at token boundaries any more.
    """
    if _is_current(span):
        return span
    group = SpanGroup(span.doc, spans=[span])
    _update(span.doc, group)
    return group[0]


class MentionIndex:
    """The mentions of a Doc's span group, to which mentions can be added.

    doc (Doc): The document. It is not changed.
    mentions (List[Span]): The mentions of the group, then the added ones.
    """

    def __init__(self, doc: Doc) -> None:
        """Read the mentions of the group.

        doc (Doc): The document.
        """
        self.doc = doc
        self.mentions = group_mentions(doc)
        self._n_stored = len(self.mentions)
        self._index = {span_key(span): i for i, span in enumerate(self.mentions)}

    def add(self, mention: Span, role: str) -> int:
        """Return the index of a mention, which is added if it is missing.

        mention (Span): The mention.
        role (str): What the mention is, for the error, e.g. "head of a relation".
        RETURNS (int): The index.
        RAISES (ValueError): If the mention is not a Span of this Doc.
        """
        if not isinstance(mention, Span) or mention.doc is not self.doc:
            # Without the text of the span, which may be a patient's.
            is_span = isinstance(mention, Span)
            found = "a Span of another Doc" if is_span else f"a {type(mention).__name__}"
            raise ValueError(Errors.R001.format(role=role, found=found))
        mention = current_span(mention)
        index = self._index.setdefault(span_key(mention), len(self.mentions))
        if index == len(self.mentions):
            self.mentions.append(mention)
        return index

    @property
    def from_ents(self) -> Optional[bool]:
        """Whether the mentions are only copies of entities: False if an added mention is not an
        entity; None if nothing changed.
        """
        ents = {span_key(ent) for ent in self.doc.ents}
        added = map(span_key, self.mentions[self._n_stored :])
        return None if ents.issuperset(added) else False


def moved_indices(doc: Doc, mentions: List[Span]) -> List[Optional[int]]:
    """Return where the mentions of the span group are in a new list of mentions.

    doc (Doc): The document.
    mentions (List[Span]): The new mentions.
    RETURNS (List[Optional[int]]): The new index of each mention of the group; None if it is gone.
    """
    index: Dict[Tuple[int, int, int], int] = {}
    for i, mention in enumerate(mentions):
        index.setdefault(span_key(mention), i)
    return [index.get(span_key(span)) for span in group_mentions(doc)]


def mention_rows(doc: Doc, key: str) -> List[List]:
    """Return the rows of plain values that the store keeps of mentions.

    doc (Doc): The document.
    key (str): Key of the rows in the group's `attrs`, e.g. "attributes".
    RETURNS (List[List]): The rows. Each begins with the mention's index in the span group.
    RAISES (ValueError): If a row refers to a mention that the span group does not have.
    """
    if GROUP not in doc.spans:
        return []
    group = doc.spans[GROUP]
    rows = group.attrs.get(key) or []
    for index, *_ in rows:
        if not 0 <= index < len(group):
            raise ValueError(Errors.R011.format(group=GROUP, mentions=len(group), index=index))
    return [list(row) for row in rows]


def described_mentions(doc: Doc) -> List[Span]:
    """Return the mentions of which the store keeps rows: attributes, values and so on.

    doc (Doc): The document.
    RETURNS (List[Span]): The mentions, in the order of the span group.
    """
    described = {index for key in MENTION_ROWS for index, *_ in mention_rows(doc, key)}
    spans = group_mentions(doc) if described else []
    return [span for i, span in enumerate(spans) if i in described]


def span_rows(span: Span, key: str) -> List[List]:
    """Return the rows of plain values that the store keeps of one mention.

    span (Span): The mention: an entity, a mention of the span group, or any Span with the same
        boundaries and type.
    key (str): Key of the rows in the group's `attrs`, e.g. "attributes".
    RETURNS (List[List]): The rows, without the mention's index.
    RAISES (ValueError): If a row refers to a mention that the span group does not have.
    """
    rows = mention_rows(span.doc, key)
    if not rows:
        return []
    wanted = span_key(span)
    index = {i for i, mention in enumerate(group_mentions(span.doc)) if span_key(mention) == wanted}
    return [row for i, *row in rows if i in index]


def _is_current(span: Span) -> bool:
    """Return whether the tokens of a span still have the characters that it was created with."""
    doc, start, end = span.doc, span.start, span.end
    if end > len(doc):
        return False
    start_char = end_char = doc[start].idx if start < len(doc) else len(doc.text)
    if end > start:
        last = doc[end - 1]
        end_char = last.idx + len(last)
    return (span.start_char, span.end_char) == (start_char, end_char)


def _update(doc: Doc, group: SpanGroup) -> None:
    """Update the tokens of a group's spans by their characters."""
    rows = stored_spans(group)
    starts = np.asarray([token.idx for token in doc] + [len(doc.text)])
    ends = np.asarray([token.idx + len(token) for token in doc] + [len(doc.text)])
    first = np.searchsorted(starts, rows["start_char"])
    last = np.searchsorted(ends, rows["end_char"])
    is_empty = rows["start_char"] == rows["end_char"]
    starts_token = starts[np.minimum(first, len(doc))] == rows["start_char"]
    ends_token = ends[np.minimum(last, len(doc))] == rows["end_char"]
    lost = np.flatnonzero(~(starts_token & (ends_token | is_empty)))
    if len(lost):
        row = rows[lost[0]]
        message = Errors.R010.format(
            index=lost[0],
            group=group.name or GROUP,
            type=doc.vocab.strings[int(row["label"])],
            start=row["start_char"],
            end=row["end_char"],
        )
        raise ValueError(message)
    stops = np.where(is_empty, first, last + 1)
    for i, (row, start, stop) in enumerate(zip(rows, first.tolist(), stops.tolist())):
        label, kb_id, span_id = (int(row[name]) for name in ("label", "kb_id", "id"))
        span = Span(doc, start, stop, label=label, kb_id=kb_id, span_id=span_id)
        group[i] = span  # type: ignore[index]  # missing in spaCy's stub


def stored_spans(group: SpanGroup) -> np.ndarray:
    """Return the spans of a group as they are stored, also those whose tokens are gone.

    group (SpanGroup): The group.
    RETURNS (ndarray): A structured array with the fields of `STORED_SPAN`. Shape: (spans,)
    """
    try:
        spans = [SpanGroup.__getitem__(group, i) for i in range(len(group))]
    except IndexError:  # E035: a span ends after the last token, so that it cannot be read
        copy = SpanGroup(group.doc)
        copy.extend(group)
        copy.attrs = {}
        stored = srsly.msgpack_loads(copy.to_bytes())["spans"]
        return np.frombuffer(b"".join(stored), dtype=STORED_SPAN)
    rows = [
        (span.id, span.kb_id, span.label, span.start, span.end, span.start_char, span.end_char)
        for span in spans
    ]
    return np.asarray(rows, dtype=STORED_SPAN)
