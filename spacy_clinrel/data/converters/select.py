"""Selections: restriction of a corpus to some documents, types and labels, and renaming of
types."""

import dataclasses
from collections import Counter
from pathlib import Path
from types import MappingProxyType
from typing import Callable, Collection, Iterator, Mapping, NamedTuple, Optional

from spacy.vocab import Vocab

from ...files import read_docbin
from ..groups import group_of, groups_of
from .record import Record
from .report import Report

# Returns the changed record, or None if it is left out.
Change = Callable[[Record, Report], Optional[Record]]


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


def select(selection: Selection) -> Change:
    """Create the function that applies a selection to a record.

    selection (Selection): The selection.
    RETURNS (Change): Function that returns the selected part of a record, or None if the document
        is left out. The report counts what is renamed, kept and left out.
    RAISES (ValueError): If a file of groups cannot be read, or a document has no group.
    """
    kept_groups = [
        (groups_of(read_docbin(Path(path), Vocab()), selection.group_by), is_kept)
        for path, is_kept in (
            (selection.only_groups_of, True),
            (selection.without_groups_of, False),
        )
        if path is not None
    ]

    def change(record: Record, report: Report) -> Optional[Record]:
        for groups, is_kept in kept_groups:
            if (group_of(record.doc_id, selection.group_by) in groups) != is_kept:
                return None
        if selection.rename:
            record = _rename_types(record, selection.rename, report)
        if selection.keep_types or selection.keep_labels:
            record = _keep_annotations(record, selection.keep_types, selection.keep_labels, report)
        return record

    return change


def _rename_types(record: Record, names: Mapping[str, str], report: Report) -> Record:
    report.renamed.update(m.type for m in record.mentions if m.type in names)
    mentions = [m._replace(type=names.get(m.type, m.type)) for m in record.mentions]
    return dataclasses.replace(record, mentions=mentions)


def _keep_annotations(
    record: Record, types: Collection[str], labels: Collection[str], report: Report
) -> Record:
    """Return a record with some types and labels; empty for all. If a mention is left out, its
    relations are left out too."""
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
