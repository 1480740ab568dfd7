"""The report of a conversion: what was kept, repaired and lost."""

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

from ...errors import Errors

BROKEN_LINE = "broken line"
BROKEN_FILE = "broken file"
LOST_WITH_MENTION = "relation lost with its mention"
DISCONTINUOUS = "discontinuous mention kept as its covering span"


@dataclass
class Report:
    """Counts of what was kept, lost and repaired, and messages that locate each fault.

    documents (int): Documents converted.
    entities (int): Distinct mentions kept.
    nested (int): Mentions among these that overlap a longer one and are in the span group only.
    relations (int): Distinct relations kept.
    lost (Counter): Annotations that were lost, or kept in another shape, by reason.
    repaired (Counter): Corrections without loss, by reason.
    renamed (Counter): Mentions whose type was renamed, by old name.
    kept_types (Counter): Mentions kept by type, if a selection names types.
    kept_labels (Counter): Relations kept by label, if a selection names labels.
    left_out (Counter): Annotations outside the selection, by reason.
    messages (List[str]): Located faults, `file:line: reason: detail`.
    """

    documents: int = 0
    entities: int = 0
    nested: int = 0
    relations: int = 0
    lost: Counter = field(default_factory=Counter)
    repaired: Counter = field(default_factory=Counter)
    renamed: Counter = field(default_factory=Counter)
    kept_types: Counter = field(default_factory=Counter)
    kept_labels: Counter = field(default_factory=Counter)
    left_out: Counter = field(default_factory=Counter)
    messages: List[str] = field(default_factory=list)

    @property
    def losses(self) -> int:
        """RETURNS (int): The number of losses, for all reasons together."""
        return sum(self.lost.values())

    def count_doc(self, mentions: int, nested: int, relations: int) -> None:
        """Count a converted document.

        mentions (int): Distinct mentions of the document.
        nested (int): Mentions among these that are not entities.
        relations (int): Distinct relations.
        """
        self.documents += 1
        self.entities += mentions
        self.nested += nested
        self.relations += relations

    def lose(
        self,
        reason: str,
        path: Optional[Path] = None,
        line: Optional[int] = None,
        detail: str = "",
        count: int = 1,
    ) -> None:
        """Count a loss and, if a file is given, add a message.

        reason (str): The reason, under which the loss is counted.
        path (Optional[Path]): The file.
        line (Optional[int]): The line in the file.
        detail (str): What was lost.
        count (int): The number of losses.
        """
        if count:
            self.lost[reason] += count
        if path is not None:
            place = str(path) if line is None else f"{path}:{line}"
            self.messages.append(": ".join(part for part in (place, reason, detail) if part))

    def repair(self, reason: str) -> None:
        """Count a correction without loss.

        reason (str): What was corrected, under which it is counted.
        """
        self.repaired[reason] += 1

    def check_losses(self) -> None:
        """RAISES (ValueError): If anything was lost."""
        if self.losses:
            reasons = ", ".join(f"{reason}: {n}" for reason, n in self.lost.most_common())
            raise ValueError(Errors.F007.format(losses=f"{self.losses} annotations ({reasons})"))

    @contextmanager
    def guard(self, path: Path, line: Optional[int]) -> Iterator[None]:
        """Report any exception in the block as a broken line, so that it costs only this line.

        path (Path): The file.
        line (Optional[int]): The line in the file.
        """
        try:
            yield
        except KeyError as error:
            self.lose(BROKEN_LINE, path, line, f"{error} is missing")
        except Exception as error:  # parsers raise errors of their own
            self.lose(BROKEN_LINE, path, line, str(error))

    def to_dict(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): The report as plain values, for JSON."""
        return {
            "documents": self.documents,
            "entities": self.entities,
            "nested": self.nested,
            "relations": self.relations,
            "lost": dict(self.lost.most_common()),
            "repaired": dict(self.repaired.most_common()),
            "renamed": dict(self.renamed.most_common()),
            "kept_types": dict(self.kept_types.most_common()),
            "kept_labels": dict(self.kept_labels.most_common()),
            "left_out": dict(self.left_out.most_common()),
            "messages": self.messages,
        }
