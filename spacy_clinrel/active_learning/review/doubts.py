"""Corrected annotation that a person should check: unknown names, and types that do not fit."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Sequence, Set, Tuple

from ...data.converters import Link, Mention, Record, Report
from ...data.converters.names import UnknownName, describe_link, unknown_names
from ...errors import Errors
from ...files import show_path
from ...types import LabelNames

UNSEEN = "types that the label does not have in the training data of the pipeline"


@dataclass
class Doubts:
    """Annotation of corrected documents that the pipeline does not know.

    known (LabelNames): The names and signatures of the pipeline.
    names (List[Tuple[str, UnknownName]]): Names that it does not have, with the document ids.
    unseen (List[Dict[str, Any]]): Relations whose label is not known between their types.
    """

    known: LabelNames
    names: List[Tuple[str, UnknownName]] = field(default_factory=list)
    unseen: List[Dict[str, Any]] = field(default_factory=list)

    def add(self, record: Record, path: Path) -> None:
        """Check a corrected record.

        record (Record): The record, with the original names.
        path (Path): The file with the annotations.
        """
        found = unknown_names(record, path, self.known)
        self.names += [(record.doc_id, name) for name in found]
        self.unseen += unseen_type_pairs(record, path, self.known.signatures)

    def report(self, report: Report) -> None:
        """Add a warning for each place.

        report (Report): The report.
        """
        for doc_id, name in self.names:
            name.warn(report, doc_id)
        for row in self.unseen:
            detail = f"{row['doc_id']!r}: {row['detail']}. Check label, direction and types"
            report.warn(UNSEEN, Path(row["file"]), row["line"], detail)

    def check(self, problems: Sequence[str]) -> None:
        """Raise an error if there is anything to check.

        problems (Sequence[str]): Messages about documents that were left out.
        RAISES (ValueError): If there are unknown names, unknown pairs of types or problems.
        """
        if self.names or self.unseen or problems:
            raise ValueError(
                Errors.B030.format(
                    names=len(self.names), types=len(self.unseen), documents=len(problems)
                )
            )

    def summary(self) -> Dict[str, Any]:
        """Return the number of each unknown name, and the number and places of unknown pairs of
        types, as plain values."""
        counts = Counter((name.what, name.name) for _, name in self.names)
        rows = [{"what": what, "name": name, "count": n} for (what, name), n in counts.items()]
        return {
            "unknown_names": rows,
            "unseen_type_pairs": {"count": len(self.unseen), "places": self.unseen},
        }


def unseen_type_pairs(
    record: Record, path: Path, signatures: Sequence[Sequence[str]]
) -> List[Dict[str, Any]]:
    """Find relations whose label is not known between their types. They may be errors.

    record (Record): The corrected record.
    path (Path): The file with the annotations.
    signatures (Sequence[Sequence[str]]): The head type, label and tail type of relations in the
        pipeline's training data. Relations whose label has no signature are not checked.
    RETURNS (List[Dict[str, Any]]): For each relation the "doc_id", the types of "head" and "tail",
        the "label", the "characters" of both mentions, as in "changes", the "file" and the "line"
        (None if unknown), and a "detail" for messages.
    """
    known = {tuple(signature) for signature in signatures}
    labels = {label for _, label, _ in known}
    mentions = {mention.id: mention for mention in reversed(record.mentions)}
    seen: Set[Link] = set()
    rows = []
    for link in record.relations:
        head, tail = mentions.get(link.head), mentions.get(link.tail)
        if head is None or tail is None or link._replace(line=None) in seen:
            continue
        seen.add(link._replace(line=None))
        if link.label in labels and (head.type, link.label, tail.type) not in known:
            rows.append(
                {
                    "doc_id": record.doc_id,
                    "head": head.type,
                    "label": link.label,
                    "tail": tail.type,
                    "characters": (_trimmed(record, head), _trimmed(record, tail)),
                    "file": show_path(record.relation_source or path),
                    "line": link.line,
                    "detail": describe_link(link, record),
                }
            )
    return rows


def _trimmed(record: Record, mention: Mention) -> Tuple[int, int]:
    """Return the offsets of a mention without surrounding white space."""
    text = record.text[mention.start : mention.end]
    return mention.start + len(text) - len(text.lstrip()), mention.start + len(text.rstrip())
