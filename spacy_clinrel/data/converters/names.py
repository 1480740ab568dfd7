"""Types, labels and attributes of a corpus that a pipeline does not have, e.g. typing errors."""

from pathlib import Path
from types import MappingProxyType
from typing import Iterator, Mapping, NamedTuple, Optional

from ...types import ASSERTIONS, LabelNames
from .attributes import stored_attribute
from .record import Link, Mention, Record
from .report import Report

TYPE, LABEL, ATTRIBUTE = "entity type", "relation label", "attribute"


class UnknownName(NamedTuple):
    """A name that a pipeline does not have.

    what (str): "entity type", "relation label" or "attribute".
    name (str): The name.
    path (Path): The file.
    line (Optional[int]): The line in the file, if it is known.
    detail (str): The mention or relation, without its text.
    """

    what: str
    name: str
    path: Path
    line: Optional[int]
    detail: str

    def warn(self, report: Report, doc_id: str) -> None:
        """Add a warning to a report.

        report (Report): The report.
        doc_id (str): The id of the document.
        """
        reason = f"{self.what} that the pipeline does not have: {self.name!r}"
        report.warn(reason, self.path, self.line, f"{doc_id!r}: {self.detail}")


def unknown_names(
    record: Record,
    path: Path,
    known: LabelNames,
    attributes: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[UnknownName]:
    """Find types, labels and attributes that a pipeline does not have.

    record (Record): The record.
    path (Path): The file with the annotations.
    known (LabelNames): The names of the pipeline. An empty list of types or labels allows all. The
        assertion attributes are always known.
    attributes (Mapping[str, str]): Assertion attributes by their name in the files.
    YIELDS (UnknownName): The names, once for each mention or relation.
    """
    stored = {None, *ASSERTIONS, *known.attributes}
    for mention in record.mentions:
        detail = describe_mention(mention)
        if known.types and mention.type not in known.types:
            yield UnknownName(TYPE, mention.type, path, mention.line, detail)
        for name in mention.attributes:
            if stored_attribute(name, attributes) not in stored:
                yield UnknownName(ATTRIBUTE, name, path, mention.line, detail)
    for link in record.relations:
        if known.labels and link.label not in known.labels:
            source = record.relation_source or path
            detail = describe_link(link, record)
            yield UnknownName(LABEL, link.label, source, link.line, detail)


def describe_mention(mention: Mention) -> str:
    """Describe a mention for a message, without its text.

    mention (Mention): The mention.
    RETURNS (str): Its type, its offsets as in the file, and its id.
    """
    start, end = mention.source_span or (mention.start, mention.end)
    id = str(mention.id).partition("\n")[0]
    return f"{mention.type} {start}–{end} (id {id})"


def describe_link(link: Link, record: Record) -> str:
    """Describe a relation for a message, without the texts of its ends.

    link (Link): The relation.
    record (Record): The record.
    RETURNS (str): The label, with the types, offsets and ids of head and tail.
    """
    mentions = {mention.id: mention for mention in reversed(record.mentions)}
    head, tail = (
        describe_mention(mentions[id]) if id in mentions else f"(id {id})"
        for id in (link.head, link.tail)
    )
    return f"{head} — {link.label} → {tail}" if link.label else f"{head} → {tail}"
