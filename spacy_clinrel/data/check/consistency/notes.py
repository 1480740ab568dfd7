"""Documents as plain values: their texts, mentions, attributes and relations."""

from typing import Dict, FrozenSet, Iterator, List, NamedTuple, Set, Tuple

from ....tokens import attribute_rows, group_mentions, has_assertion, span_key
from ....types import ASSERTIONS
from ..table import Part


class NoteMention(NamedTuple):
    """A mention of a note.

    start (int): Its first character.
    end (int): The character after its last.
    text (str): Its text.
    type (str): Its type.
    attributes (FrozenSet[str]): Its assertion attributes.
    sentence (int): The number of the sentence that it begins in.
    """

    start: int
    end: int
    text: str
    type: str
    attributes: FrozenSet[str]
    sentence: int


class Note(NamedTuple):
    """A document.

    title (str): Its id or number, and the name of its part.
    id (str): Its id or number.
    text (str): Its text.
    mentions (List[NoteMention]): Its mentions, ordered by start, end and type.
    relations (List[Tuple[int, int, str]]): Index of the head, index of the tail, and label.
    has_assertion (bool): Whether it is annotated with assertion attributes.
    """

    title: str
    id: str
    text: str
    mentions: List[NoteMention]
    relations: List[Tuple[int, int, str]]
    has_assertion: bool

    def gaps(self) -> Iterator[Tuple[int, str]]:
        """Yield the offset and text of each stretch of text outside all mentions."""
        reach = 0
        for mention in self.mentions:
            if mention.start > reach:
                yield reach, self.text[reach : mention.start]
            reach = max(reach, mention.end)
        if reach < len(self.text):
            yield reach, self.text[reach:]


class Case(NamedTuple):
    """One place that a check reports.

    note (int): Index of the document.
    start (int): Its first character.
    end (int): The character after its last.
    text (str): The text of the mention, or what should be one.
    detail (str): What is wrong.
    """

    note: int
    start: int
    end: int
    text: str
    detail: str


def read_notes(part: Part) -> List[Note]:
    """Read the documents of a part.

    part (Part): A part of the corpus.
    RETURNS (List[Note]): The documents.
    """
    relations: List[List[Tuple[int, int, str]]] = [[] for _ in part.docs]
    labels = part.strings(part.edges.signature[:, 1]) if part.docs else []
    for doc_index, (head, tail), label in zip(
        part.edges.doc.tolist(), part.edges.ends.tolist(), labels
    ):
        relations[doc_index].append((head, tail, label))
    notes = []
    for i, doc in enumerate(part.docs):
        attributes = _attributes(doc)
        # doc.text and token.idx are slow to read for each mention.
        text = doc.text
        starts = [token.idx for token in doc] + [len(text)]
        ends = [token.idx + len(token) for token in doc]
        mentions = []
        rows = zip(*(column.tolist() for column in part.mentions[i]))
        for key in rows:
            start, end, label = key
            first = starts[start]
            last = ends[end - 1] if end > start else first
            mentions.append(
                NoteMention(
                    first,
                    last,
                    text[first:last],
                    doc.vocab.strings[label],
                    frozenset(attributes.get(key, ())),
                    int(part.sentences[i][start]) if start < len(doc) else 0,
                )
            )
        title = part.title(i)
        note_id = title[: -len(f" ({part.name})")]
        notes.append(Note(title, note_id, text, mentions, relations[i], has_assertion(doc)))
    return notes


def _attributes(doc) -> Dict[Tuple[int, int, int], Set[str]]:
    rows = [(i, name) for i, name, _ in attribute_rows(doc) if name in ASSERTIONS]
    spans = group_mentions(doc) if rows else []
    found: Dict[Tuple[int, int, int], Set[str]] = {}
    for i, name in rows:
        found.setdefault(span_key(spans[i]), set()).add(name)
    return found
