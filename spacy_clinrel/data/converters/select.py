"""Selections: read part of a corpus, keep some types and labels, rename types."""

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
    """The part of a corpus to read.

    only_groups_of (Optional[Path]): A .spacy file: keep only documents of its groups.
    without_groups_of (Optional[Path]): A .spacy file: leave out documents of its groups.
    group_by (str): Pattern that finds the group in a document id, as in `group_of`.
    rename (Mapping[str, str]): Old → new name of entity types. Other types keep their name.
    keep_types (Collection[str]): Entity types to keep, by their new name; empty for all.
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
        """RETURNS (bool): Whether the selection changes anything."""
        return any((self.has_groups, self.rename, self.keep_types, self.keep_labels))

    @property
    def has_groups(self) -> bool:
        """RETURNS (bool): Whether the selection leaves out documents."""
        return bool(self.only_groups_of or self.without_groups_of)

    def unmatched(self, report: Report) -> Iterator[str]:
        """Find the names in the selection that the corpus does not have.

        report (Report): The report of the whole corpus.
        YIELDS (str): A message for each name.
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
    RETURNS (Converter): A format that yields only the selected part.
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
    RETURNS (Converter): The format with the new names. Reports count the renamed mentions.
    """

    def rename(record: Record, report: Report) -> Record:
        report.renamed.update(m.type for m in record.mentions if m.type in names)
        mentions = [m._replace(type=names.get(m.type, m.type)) for m in record.mentions]
        return dataclasses.replace(record, mentions=mentions)

    return _with_records(converter, rename)


def keep_annotations(
    converter: Converter, types: Collection[str] = (), labels: Collection[str] = ()
) -> Converter:
    """Keep some entity types and relation labels of a format.

    converter (Converter): The format.
    types (Collection[str]): Entity types to keep; empty for all. Relations of a mention that is
        left out are left out too.
    labels (Collection[str]): Relation labels to keep; empty for all.
    RETURNS (Converter): The reduced format. Reports count what is kept and left out.
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
    """Keep some documents of a format.

    converter (Converter): The format.
    is_kept (Callable[[str], bool]): Whether to keep the document with an id.
    RETURNS (Converter): The reduced format.
    """
    return _with_records(converter, lambda record, _: record if is_kept(record.doc_id) else None)


def _in_groups(groups: Set[str], pattern: str, expected: bool) -> Callable[[str], bool]:
    return lambda doc_id: (group_of(doc_id, pattern) in groups) == expected


def _with_records(
    converter: Converter, change: Callable[[Record, Report], Optional[Record]]
) -> Converter:
    """A format whose records pass through a function, which may drop them by returning None."""

    def read(path: Path, report: Report) -> Iterator[Record]:
        for record in converter.read(path, report):
            changed = change(record, report)
            if changed is not None:
                yield changed

    return dataclasses.replace(converter, read=read)
