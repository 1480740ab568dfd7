"""Selections: restriction of a corpus to some documents, types and labels, and renaming of
types."""

import dataclasses
from collections import Counter
from pathlib import Path
from types import MappingProxyType
from typing import Callable, Collection, Iterator, Mapping, NamedTuple, Optional, Set

from spacy.vocab import Vocab

from ...files import read_docbin
from ..groups import group_of, groups_of
from .record import Record
from .registry import Converter
from .report import Report


class Selection(NamedTuple):
    """Which documents, types and labels of a corpus to read.

    only_groups_of (Optional[Path]): A .spacy file. Only documents whose group occurs in this file
        are kept.
    without_groups_of (Optional[Path]): A .spacy file. Documents whose group occurs in this file are
        left out.
    group_by (str): Regular expression that finds the group in a document id, as in `group_of`.
    rename (Mapping[str, str]): Old → new name of entity types. Other types keep their name.
    keep_types (Collection[str]): Entity types to keep, by new name; empty for all.
    keep_labels (Collection[str]): Relation labels to keep; empty for all.
    """

    only_groups_of: Optional[Path] = None
    without_groups_of: Optional[Path] = None
    group_by: str = "[0-9]+$"
    rename: Mapping[str, str] = MappingProxyType({})
    keep_types: Collection[str] = ()
    keep_labels: Collection[str] = ()

    @property
    def is_active(self) -> bool:
        """Whether the selection changes anything."""
        return any((self.filters_groups, self.rename, self.keep_types, self.keep_labels))

    @property
    def filters_groups(self) -> bool:
        """Whether the selection filters documents by group."""
        return bool(self.only_groups_of or self.without_groups_of)

    def unmatched(self, report: Report) -> Iterator[str]:
        """Report types and labels in the selection that do not occur in the corpus.

        report (Report): The report after the whole corpus was read.
        YIELDS (str): A message for each type or label.
        """
        for old, new in self.rename.items():
            if not report.renamed[old]:
                yield f"no entity of type '{old}' to rename to '{new}'"
        for name in self.keep_types:
            if not report.kept_types[name]:
                yield f"no entity of type '{name}' to keep"
        for name in self.keep_labels:
            if not report.kept_labels[name]:
                yield f"no relation with label '{name}' to keep"


def select(converter: Converter, selection: Selection) -> Converter:
    """Apply a selection to a format.

    converter (Converter): The format.
    selection (Selection): The selection.
    RETURNS (Converter): The format, whose `read` yields only the selection.
    RAISES (ValueError): If a file of groups cannot be read, or a document has no group.
    """
    if selection.rename:
        converter = rename_types(converter, selection.rename)
    if selection.keep_types or selection.keep_labels:
        converter = keep_annotations(converter, selection.keep_types, selection.keep_labels)
    for path, is_kept in ((selection.only_groups_of, True), (selection.without_groups_of, False)):
        if path is not None:
            docs = read_docbin(Path(path), Vocab())
            groups = groups_of(docs, selection.group_by)
            converter = keep_documents(converter, _in_groups(groups, selection.group_by, is_kept))
    return converter


def rename_types(converter: Converter, names: Mapping[str, str]) -> Converter:
    """Rename entity types of a format.

    converter (Converter): The format.
    names (Mapping[str, str]): Old → new name. Other types keep their name.
    RETURNS (Converter): The format, whose `read` uses the new names. The report counts renamed
        mentions.
    """

    def rename(record: Record, report: Report) -> Record:
        report.renamed.update(m.type for m in record.mentions if m.type in names)
        mentions = [m._replace(type=names.get(m.type, m.type)) for m in record.mentions]
        return dataclasses.replace(record, mentions=mentions)

    return _with_records(converter, rename)


def keep_annotations(
    converter: Converter, types: Collection[str] = (), labels: Collection[str] = ()
) -> Converter:
    """Restrict a format to some entity types and relation labels.

    converter (Converter): The format.
    types (Collection[str]): Entity types to keep; empty for all. If a mention is left out, its
        relations are left out too.
    labels (Collection[str]): Relation labels to keep; empty for all.
    RETURNS (Converter): The format, whose `read` yields only these annotations. The report counts
        annotations that are kept and left out.
    """

    def keep(record: Record, report: Report) -> Record:
        removed = {m.id for m in record.mentions if types and m.type not in types}
        mentions = [m for m in record.mentions if m.id not in removed]
        labelled = [link for link in record.relations if not labels or link.label in labels]
        relations = [link for link in labelled if removed.isdisjoint((link.head, link.tail))]
        report.kept_types.update(m.type for m in mentions if types)
        report.kept_labels.update(link.label for link in relations if labels)
        report.left_out += Counter(
            {
                "entities of other types": len(removed),
                "relations of other labels": len(record.relations) - len(labelled),
                "relations of entities that are left out": len(labelled) - len(relations),
            }
        )
        return dataclasses.replace(record, mentions=mentions, relations=relations)

    return _with_records(converter, keep)


def keep_documents(converter: Converter, is_kept: Callable[[str], bool]) -> Converter:
    """Restrict a format to some documents.

    converter (Converter): The format.
    is_kept (Callable[[str], bool]): Function that returns whether to keep a document, given its id.
    RETURNS (Converter): The format, whose `read` yields only these documents.
    """
    return _with_records(converter, lambda record, _: record if is_kept(record.doc_id) else None)


def _in_groups(groups: Set[str], pattern: str, expected: bool) -> Callable[[str], bool]:
    return lambda doc_id: (group_of(doc_id, pattern) in groups) == expected


def _with_records(
    converter: Converter, change: Callable[[Record, Report], Optional[Record]]
) -> Converter:
    """Return a format that applies a function to each record. None drops the record."""

    def read(path: Path, report: Report) -> Iterator[Record]:
        for record in converter.read(path, report):
            changed = change(record, report)
            if changed is not None:
                yield changed

    return dataclasses.replace(converter, read=read)
