"""What converters yield: a document's text and its annotations in character offsets."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import List, NamedTuple, Optional, Tuple


class Mention(NamedTuple):
    """A stretch of a record's text that carries a type.

    id (str): Its name, unique in the record.
    start (int): First character.
    end (int): Character after the last.
    type (str): The entity type.
    text (Optional[str]): What the file says stands there, if it says so. It is compared with the
        text at the offsets, white space aside.
    gaps (Tuple[Tuple[int, int], ...]): Stretches between start and end that the mention leaves
        out: start and end of each, in order.
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

    head (str): Id of the mention it goes out from.
    tail (str): Id of the mention it goes to.
    label (str): The relation's type.
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
    """One document as its file has it.

    doc_id (str): Its name.
    text (str): Its text, line breaks and all as they stand in the file.
    mentions (List[Mention]): In any order.
    relations (List[Link]): In any order.
    source (Optional[Path]): The file that holds the annotations, for messages, where that is not
        the file that was read.
    line (Optional[int]): The record's line in that file.
    relation_source (Optional[Path]): The file that holds the relations, for messages, where they
        have one of their own.
    """

    doc_id: str
    text: str
    mentions: List[Mention] = field(default_factory=list)
    relations: List[Link] = field(default_factory=list)
    source: Optional[Path] = None
    line: Optional[int] = None
    relation_source: Optional[Path] = None
