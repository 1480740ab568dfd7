"""Records: a document's text and its annotations in character offsets, as converters yield them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import List, NamedTuple, Optional, Tuple


class Mention(NamedTuple):
    """A typed span of a record's text.

    id (str): Its id, unique in the record.
    start (int): First character.
    end (int): Character after the last.
    type (str): The entity type.
    text (Optional[str]): Its text as recorded in the file, if the file records it. It is compared
        with the text at the offsets, ignoring white space.
    gaps (Tuple[Tuple[int, int], ...]): For a discontinuous mention, start and end of each stretch
        that it leaves out, in order.
    line (Optional[int]): The line in the file, for messages.
    """

    id: str
    start: int
    end: int
    type: str
    text: Optional[str] = None
    gaps: Tuple[Tuple[int, int], ...] = ()
    line: Optional[int] = None


class Link(NamedTuple):
    """A relation between two mentions of a record.

    head (str): Id of the head mention.
    tail (str): Id of the tail mention.
    label (str): The relation label.
    line (Optional[int]): The line in the file, for messages.
    score (float): A model's confidence, 1.0 for gold relations.
    """

    head: str
    tail: str
    label: str
    line: Optional[int] = None
    score: float = 1.0


@dataclass
class Record:
    """One document of a corpus file.

    doc_id (str): The document id.
    text (str): The text, with the line breaks of the file.
    mentions (List[Mention]): In any order.
    relations (List[Link]): In any order.
    source (Optional[Path]): The file with the annotations, for messages, if it is not the file
        that `read` was given.
    line (Optional[int]): The record's line in that file.
    relation_source (Optional[Path]): The file with the relations, for messages, if it is another
        one.
    """

    doc_id: str
    text: str
    mentions: List[Mention] = field(default_factory=list)
    relations: List[Link] = field(default_factory=list)
    source: Optional[Path] = None
    line: Optional[int] = None
    relation_source: Optional[Path] = None
