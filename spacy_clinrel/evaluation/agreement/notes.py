"""Two annotations of the same notes: reading, and matching by document id."""

from collections import Counter
from pathlib import Path
from typing import Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Set, Tuple, Union

from spacy.tokens import Doc

from ...data.converters import ReadOptions, Report
from ...data.corpus import Format, read_corpus
from ...errors import Errors
from ...reading.documents import is_annotated
from ...tokens import get_doc_id, has_assertion
from ..assertion_scores import Attributes, mention_attributes
from ..error_report.matching import mention_keys, relation_scores
from ..scorers import MentionKey, RelationKey

Source = Union[str, Path, Iterable[Doc]]


class Annotation(NamedTuple):
    """The annotation of a note by one annotator.

    mentions (FrozenSet[MentionKey]): The mentions.
    relations (FrozenSet[RelationKey]): The relations.
    attributes (Optional[Dict[MentionKey, FrozenSet[str]]]): The assertion attributes of each
        mention; None if the note is not annotated with attributes.
    """

    mentions: FrozenSet[MentionKey]
    relations: FrozenSet[RelationKey]
    attributes: Optional[Attributes]


class Note(NamedTuple):
    """A note that two annotators annotated.

    name (str): The document id.
    text (str): The text.
    first (Annotation): The first annotation.
    second (Annotation): The second annotation.
    """

    name: str
    text: str
    first: Annotation
    second: Annotation

    @property
    def agreed_mentions(self) -> Set[MentionKey]:
        """Return the mentions that both annotators have, with the same boundaries and type."""
        return set(self.first.mentions & self.second.mentions)

    def relations_between_agreed(self) -> Tuple[Set[RelationKey], Set[RelationKey]]:
        """Return the relations of each annotator whose head and tail are agreed mentions."""
        agreed = self.agreed_mentions
        first, second = (
            {key for key in side.relations if key.head in agreed and key.tail in agreed}
            for side in (self.first, self.second)
        )
        return first, second


class MatchedNotes(NamedTuple):
    """The notes of two annotations, matched by document id.

    notes (List[Note]): The notes in both, in the order of the first annotation.
    first_only (List[str]): Ids of the notes that only the first annotation has.
    second_only (List[str]): Ids of the notes that only the second annotation has.
    """

    notes: List[Note]
    first_only: List[str]
    second_only: List[str]


class Side(NamedTuple):
    """One of the two annotations.

    name (str): The path, for messages.
    docs (Dict[str, Doc]): The documents by id.
    lost (Dict[str, int]): Number of annotations that could not be read, by reason.
    """

    name: str
    docs: Dict[str, Doc]
    lost: Dict[str, int]


def read_side(
    source: Source,
    name: str,
    format: Optional[Format],
    lang: str,
    options: ReadOptions,
    progress: bool = False,
) -> Side:
    """Read one of the two annotations.

    source (Union[str, Path, Iterable[Doc]]): A path, or the documents.
    name (str): The name of the annotation in messages if it is not a path.
    format (Optional[Format]): The format of the files. A .spacy file and the output of
        `apply` are read as such in any case.
    lang (str): Language whose tokenizer is used.
    options (ReadOptions): How the files are read.
    progress (bool): Whether to show a progress bar if stderr is a terminal.
    RETURNS (Side): The documents by id.
    RAISES (ValueError): If the files can't be read, a document has no id, or two have the same.
    """
    report = Report()
    if isinstance(source, (str, Path)):
        name = str(source)
        if is_annotated(Path(source)):
            format = None
        source = read_corpus(
            source, format, lang=lang, options=options, report=report, progress=progress
        )
    by_id: Dict[str, Doc] = {}
    for number, doc in enumerate(source, start=1):
        doc_id = get_doc_id(doc)
        if not doc_id:
            raise ValueError(Errors.F140.format(path=name, number=number))
        if doc_id in by_id:
            raise ValueError(Errors.F141.format(path=name, doc_id=doc_id))
        by_id[doc_id] = doc
    return Side(name, by_id, dict(Counter(report.lost).most_common()))


def match_notes(first: Side, second: Side) -> MatchedNotes:
    """Match the notes of two annotations by document id.

    first (Side): The first annotation.
    second (Side): The second annotation.
    RETURNS (MatchedNotes): The notes in both, and the ids of those in one only.
    RAISES (ValueError): If no note is in both, or a note has two different texts.
    """
    common = [doc_id for doc_id in first.docs if doc_id in second.docs]
    if not common:
        examples = [next(iter(side.docs), "–") for side in (first, second)]
        raise ValueError(
            Errors.F142.format(first=first.name, second=second.name, ids=" and ".join(examples))
        )
    different = [key for key in common if first.docs[key].text != second.docs[key].text]
    if different:
        key = different[0]
        raise ValueError(
            Errors.F143.format(
                doc_id=key,
                offset=_first_difference(first.docs[key].text, second.docs[key].text),
                first=first.name,
                second=second.name,
                n=len(different),
            )
        )
    notes = [
        Note(key, first.docs[key].text, read_annotation(first.docs[key]), read_annotation(doc))
        for key, doc in ((key, second.docs[key]) for key in common)
    ]
    first_only = sorted(first.docs.keys() - second.docs.keys())
    return MatchedNotes(notes, first_only, sorted(second.docs.keys() - first.docs.keys()))


def read_annotation(doc: Doc) -> Annotation:
    """Read the annotation of a document, by character offsets.

    doc (Doc): The document.
    RETURNS (Annotation): Its mentions, relations and attributes.
    """
    return Annotation(
        frozenset(mention_keys(doc)),
        frozenset(relation_scores(doc)),
        mention_attributes(doc) if has_assertion(doc) else None,
    )


def _first_difference(first: str, second: str) -> int:
    """Return the first character offset at which two texts differ."""
    pairs = enumerate(zip(first, second))
    return next((i for i, (a, b) in pairs if a != b), min(len(first), len(second)))
