"""Records: a document's text and its annotations in character offsets, as converters yield them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import List, NamedTuple, Optional, Tuple


class Mention(NamedTuple):
    """A typed span in the text of a record.

    id (str): The id of the mention, unique in the record.
    start (int): Offset of the first character.
    end (int): Offset after the last character.
    type (str): The entity type.
    text (Optional[str]): The text of the mention if the file records it. It must equal the text at
        the offsets, ignoring white space.
    gaps (Tuple[Tuple[int, int], ...]): For a discontinuous mention, the start and end of each gap
        between its fragments, in order.
    line (Optional[int]): Line number in the file, for messages.
    attributes (Tuple[str, ...]): Attributes, as a name ("Negated") or name and value
        ("Polarity=Negative").
    attribute_scores (Tuple[float, ...]): The confidence of the model in each attribute. Empty for
        gold attributes, whose score is 1.0.
    source_span (Optional[Tuple[int, int]]): Start and end as in the file, for messages. None if
        they are equal to `start` and `end`.
    """

    id: str
    start: int
    end: int
    type: str
    text: Optional[str] = None
    gaps: Tuple[Tuple[int, int], ...] = ()
    line: Optional[int] = None
    attributes: Tuple[str, ...] = ()
    attribute_scores: Tuple[float, ...] = ()
    source_span: Optional[Tuple[int, int]] = None


class Link(NamedTuple):
    """A relation between two mentions of a record.

    head (str): Id of the head mention.
    tail (str): Id of the tail mention.
    label (str): The relation label.
    line (Optional[int]): Line number in the file, for messages.
    score (float): The confidence of the model; 1.0 for gold relations.
    """

    head: str
    tail: str
    label: str
    line: Optional[int] = None
    score: float = 1.0


@dataclass
class Record:
    """One document of a corpus file.

    doc_id (str): The document id. Empty if the file records none: then the document is named after
        its file and, if `line` is set, the line.
    text (str): The text, with the line breaks of the file.
    mentions (List[Mention]): The mentions, in any order.
    relations (List[Link]): The relations, in any order.
    source (Optional[Path]): The file with the annotations, for messages. None if it is the file
        that was passed to `read`.
    line (Optional[int]): Line number of the record in that file, for messages.
    relation_source (Optional[Path]): The file with the relations, for messages. None if it is the
        file with the annotations.
    assertions (Tuple[str, ...]): The names that the five assertion attributes have in the file, in
        the order of `ASSERTIONS`, if the document is annotated with them: then a mention without
        attributes is affirmed. Empty if it is not annotated, or if the file does not say so.
    model (str): Name and version of the pipeline that predicted the annotations. Empty if unknown.
    has_final_offsets (bool): Whether the reader has already decided how offsets are counted, and
        converted them.
    """

    doc_id: str
    text: str
    mentions: List[Mention] = field(default_factory=list)
    relations: List[Link] = field(default_factory=list)
    source: Optional[Path] = None
    line: Optional[int] = None
    relation_source: Optional[Path] = None
    assertions: Tuple[str, ...] = ()
    model: str = ""
    has_final_offsets: bool = False
