"""What became of a corpus on its way into or out of Docs."""

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional

BROKEN_LINE = "broken line"
BROKEN_FILE = "broken file"
LOST_WITH_MENTION = "relation lost with its mention"
DISCONTINUOUS = "discontinuous mention kept as its covering span"


@dataclass
class Report:
    """Counts of what was kept, lost and repaired, and messages that name each fault.

    documents (int): Documents converted.
    entities (int): Mentions kept, each once.
    nested (int): Those of them that overlap a longer one, and so are in the span group only.
    relations (int): Relations kept, each once.
    lost (Counter): How much could not be kept, or not in its shape, by reason.
    repaired (Counter): How much was put right without loss, by reason.
    renamed (Counter): Mentions whose type got another name, by old name.
    kept_types (Counter): Mentions kept by type, where only some types were asked for.
    kept_labels (Counter): Relations kept by label, where only some labels were asked for.
    left_out (Counter): How much was left out because it was not asked for, by reason.
    messages (List[str]): `file:line: what is wrong`.
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
        """RETURNS (int): How much was lost, for all reasons together."""
        return sum(self.lost.values())

    def lose(
        self,
        reason: str,
        path: Optional[Path] = None,
        line: Optional[int] = None,
        what: str = "",
        count: int = 1,
    ) -> None:
        """Count something that could not be kept.

        reason (str): Why; the key it is counted under.
        path (Optional[Path]): The file. If given, a message names the loss.
        line (Optional[int]): The line in the file.
        what (str): What was lost.
        count (int): How many.
        """
        if count:
            self.lost[reason] += count
        if path is not None:
            place = str(path) if line is None else f"{path}:{line}"
            self.messages.append(": ".join(part for part in (place, reason, what) if part))

    def repair(self, reason: str) -> None:
        """Count something that was put right without loss.

        reason (str): What was done; the key it is counted under.
        """
        self.repaired[reason] += 1

    @contextmanager
    def guard(self, path: Path, line: Optional[int]) -> Iterator[None]:
        """Name a line as broken, and go on, if the code under this raises because of its data.

        path (Path): The file.
        line (Optional[int]): The line in the file.
        """
        try:
            yield
        except KeyError as error:
            self.lose(BROKEN_LINE, path, line, f"has no {error}")
        except (ValueError, TypeError, LookupError) as error:
            self.lose(BROKEN_LINE, path, line, str(error))

    def to_dict(self) -> Dict[str, Any]:
        """RETURNS (Dict[str, Any]): The report as plain values, to be written as JSON."""
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
