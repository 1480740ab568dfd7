"""Reading a part of a corpus, some of its types and labels, or other names for its types: a format
made from a format."""

import dataclasses
import re
from collections import Counter
from pathlib import Path
from types import MappingProxyType
from typing import Callable, Collection, Iterable, Iterator, Mapping, NamedTuple, Optional, Set

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ...errors import Errors
from ...files import read_docbin
from ...tokens import get_doc_id
from .record import Record
from .registry import Converter
from .report import Report


class Selection(NamedTuple):
    """What to take of a corpus.

    only (Optional[Path]): A .spacy file whose documents' groups to keep. None keeps all.
    without (Optional[Path]): A .spacy file whose documents' groups to leave out.
    group_by (str): Pattern that finds the group in a document's id.
    names (Mapping[str, str]): New names of entity types by old ones.
    types (Collection[str]): Entity types to keep, by their new names. Empty keeps all.
    labels (Collection[str]): Relation labels to keep. Empty keeps all.
    """

    only: Optional[Path] = None
    without: Optional[Path] = None
    group_by: str = "[0-9]+$"
    names: Mapping[str, str] = MappingProxyType({})
    types: Collection[str] = ()
    labels: Collection[str] = ()


def select(converter: Converter, selection: Selection) -> Converter:
    """The format with a selection applied.

    converter (Converter): The format.
    selection (Selection): What to take.
    RETURNS (Converter): A format that yields that part.
    """
    if selection.names:
        converter = renaming(converter, selection.names)
    if selection.types or selection.labels:
        converter = keeping(converter, selection.types, selection.labels)
    for path, wanted in ((selection.only, True), (selection.without, False)):
        if path is not None:
            groups = groups_of(read_docbin(path, Vocab()), selection.group_by)
            converter = selecting(converter, _membership(groups, selection.group_by, wanted))
    return converter


def renaming(converter: Converter, names: Mapping[str, str]) -> Converter:
    """A format whose entity types get other names.

    converter (Converter): The format.
    names (Mapping[str, str]): New names by old ones; other types keep theirs.
    RETURNS (Converter): The format with these names.
    """

    def rename(record: Record, report: Report) -> Record:
        report.renamed.update(m.type for m in record.mentions if m.type in names)
        mentions = [m._replace(type=names.get(m.type, m.type)) for m in record.mentions]
        return dataclasses.replace(record, mentions=mentions)

    return _mapped(converter, rename)


def keeping(
    converter: Converter, types: Collection[str] = (), labels: Collection[str] = ()
) -> Converter:
    """A format that yields only mentions of some types and relations of some labels.

    converter (Converter): The format.
    types (Collection[str]): Entity types to keep, empty for all. With a mention go its relations.
    labels (Collection[str]): Relation labels to keep, empty for all.
    RETURNS (Converter): The format with only these. Reports count what is kept and left out.
    """

    def keep(record: Record, report: Report) -> Record:
        gone = {m.id for m in record.mentions if types and m.type not in types}
        mentions = [m for m in record.mentions if m.id not in gone]
        wanted = [link for link in record.relations if not labels or link.label in labels]
        relations = [link for link in wanted if gone.isdisjoint((link.head, link.tail))]
        report.kept_types.update(m.type for m in mentions if types)
        report.kept_labels.update(link.label for link in relations if labels)
        report.left_out += Counter(
            {
                "entities of other types": len(gone),
                "relations of other labels": len(record.relations) - len(wanted),
                "relations of entities that are left out": len(wanted) - len(relations),
            }
        )
        return dataclasses.replace(record, mentions=mentions, relations=relations)

    return _mapped(converter, keep)


def selecting(converter: Converter, keep: Callable[[str], bool]) -> Converter:
    """A format that yields only some documents.

    converter (Converter): The format.
    keep (Callable[[str], bool]): Whether to keep a document, by its id.
    RETURNS (Converter): The format with only these.
    """
    return _mapped(converter, lambda record, _: record if keep(record.doc_id) else None)


def group_of(doc_id: str, pattern: str) -> str:
    """The group that a document belongs to, such as the patient's record of a section.

    doc_id (str): The document's id.
    pattern (str): A regular expression; its first group, or else all it matches, is the answer.
    RETURNS (str): The group.
    RAISES (ValueError): If the pattern is no regular expression or does not match.
    """
    try:
        match = re.search(pattern, doc_id)
    except re.error as error:
        raise ValueError(Errors.F011.format(pattern=pattern, error=error)) from error
    if match is None:
        raise ValueError(Errors.F012.format(pattern=pattern, doc_id=doc_id))
    return match[1] if match.re.groups else match[0]


def groups_of(docs: Iterable[Doc], pattern: str) -> Set[str]:
    """The groups that documents belong to.

    docs (Iterable[Doc]): Converted documents.
    pattern (str): As `group_of` has it.
    RETURNS (Set[str]): The groups.
    """
    return {group_of(get_doc_id(doc) or "", pattern) for doc in docs}


def _membership(groups: Set[str], pattern: str, wanted: bool) -> Callable[[str], bool]:
    return lambda doc_id: (group_of(doc_id, pattern) in groups) == wanted


def _mapped(
    converter: Converter, change: Callable[[Record, Report], Optional[Record]]
) -> Converter:
    def read(path: Path, report: Report) -> Iterator[Record]:
        for record in converter.read(path, report):
            changed = change(record, report)
            if changed is not None:
                yield changed

    return dataclasses.replace(converter, read=read)
