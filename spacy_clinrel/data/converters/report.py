"""The report of a conversion: what was kept, repaired and lost."""

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Set

from ...errors import Errors
from ...files import printable, show_path

BROKEN_LINE = "broken line"
BROKEN_FILE = "broken file"
LOST_WITH_MENTION = "relation lost with its mention"
ATTRIBUTE_LOST = "attribute not kept"
ATTRIBUTE_SCORE_LOST = "score of an attribute not kept"
ATTRIBUTE_LOST_WITH_MENTION = "attribute lost with its mention"
# What no corpus format holds.
DETAILS_LOST = tuple(
    f"{name} not kept"
    for name in ("value of a mention", "dosage of a mention", "code of a mention", "section")
)
DISCONTINUOUS = "discontinuous mention kept as its covering span"

# Maximum length of a message in characters. Errors of parsers can contain a whole line.
MAX_MESSAGE = 2000

# Longer strings in messages may be texts of patients.
MAX_SHOWN = 20


def show_value(value: Any) -> str:
    """Describe an unexpected value for a message, without a patient's text.

    value (Any): The value.
    RETURNS (str): The value, or its type if it is a long string, a list or an object.
    """
    if isinstance(value, str):
        return repr(value) if len(value) <= MAX_SHOWN else f"a string of {len(value)} characters"
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else f"a list of {len(value)} values"
    return f"{value!r:.40}"


@dataclass
class Report:
    """Counts of annotations that were kept, lost and repaired, and messages with the place of each
    error.

    documents (int): Number of converted documents.
    entities (int): Number of distinct mentions kept.
    nested (int): Number of these mentions that overlap a longer mention. They are in the span
        group, but not in `doc.ents`.
    relations (int): Number of distinct relations kept.
    attributes (Counter): Number of mentions with an attribute, by attribute.
    without_attributes (int): Number of documents without attributes in a corpus that has them.
        They count as annotated: no attribute holds.
    lost (Counter): Number of annotations that were lost or changed, by reason.
    repaired (Counter): Number of corrections without loss, by reason.
    renamed (Counter): Number of mentions whose type was renamed, by old name.
    kept_types (Counter): Number of mentions kept, by type, if a selection names types.
    kept_labels (Counter): Number of relations kept, by label, if a selection names labels.
    left_out (Counter): Number of documents and annotations left out on purpose, by reason.
    doubtful (Counter): Number of documents and annotations that were kept, but that a person should
        check, by reason.
    messages (List[str]): Messages about errors, in the form `file:line: reason: detail`.
    text_files (Set[Path]): Files that contain texts of documents of other files, such as the tasks
        of Label Studio. They are not left out.
    """

    documents: int = 0
    entities: int = 0
    nested: int = 0
    relations: int = 0
    attributes: Counter = field(default_factory=Counter)
    without_attributes: int = 0
    lost: Counter = field(default_factory=Counter)
    repaired: Counter = field(default_factory=Counter)
    renamed: Counter = field(default_factory=Counter)
    kept_types: Counter = field(default_factory=Counter)
    kept_labels: Counter = field(default_factory=Counter)
    left_out: Counter = field(default_factory=Counter)
    doubtful: Counter = field(default_factory=Counter)
    messages: List[str] = field(default_factory=list)
    text_files: Set[Path] = field(default_factory=set)

    @property
    def losses(self) -> int:
        """Return the total number of losses."""
        return sum(self.lost.values())

    def count_doc(self, mentions: int, nested: int, relations: int) -> None:
        """Count a converted document.

        mentions (int): Number of distinct mentions.
        nested (int): Number of these mentions that are not in `doc.ents`.
        relations (int): Number of distinct relations.
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

        reason (str): The reason. Losses are counted by reason.
        path (Optional[Path]): The file where the loss occurred.
        line (Optional[int]): The line in the file.
        detail (str): What was lost.
        count (int): The number of losses.
        """
        if count:
            self.lost[reason] += count
        if path is not None:
            self._add_message(reason, path, line, detail)

    def warn(self, reason: str, path: Path, line: Optional[int] = None, detail: str = "") -> None:
        """Count something that was kept, but that a person should check, and add a message.

        reason (str): What is doubtful. Doubts are counted by reason.
        path (Path): The file.
        line (Optional[int]): The line in the file.
        detail (str): The document or annotation, and what to do.
        """
        self.doubtful[reason] += 1
        self._add_message(reason, path, line, detail)

    def leave_out(self, reason: str, path: Path) -> None:
        """Count a file or folder that is left out on purpose, and add a message.

        reason (str): Why it is left out. Files and folders are counted by reason.
        path (Path): The file or folder.
        """
        self.left_out[reason] += 1
        self._add_message(reason, path, None, "left out")

    def add_text_file(self, path: Path, reason: str) -> None:
        """Record that a file has been read as the text of a document, so it is not left out.

        path (Path): The file.
        reason (str): The reason for which the search of the folder left it out.
        """
        path = path.resolve()
        if path not in self.text_files and self.left_out[reason] > 0:
            self.left_out[reason] -= 1
        self.text_files.add(path)
        self.left_out = +self.left_out  # without zeros

    def _add_message(self, reason: str, path: Path, line: Optional[int], detail: str) -> None:
        place = show_path(path) if line is None else f"{show_path(path)}:{line}"
        message = ": ".join(part for part in (place, reason, detail) if part)
        if len(message) > MAX_MESSAGE:
            message = f"{message[: MAX_MESSAGE - 1]}…"
        self.messages.append(printable(message))

    def repair(self, reason: str) -> None:
        """Count a correction without loss.

        reason (str): What was corrected. Corrections are counted by reason.
        """
        self.repaired[reason] += 1

    def check_losses(self) -> None:
        """Raise an error if anything was lost or is doubtful.

        RAISES (ValueError): If anything was lost or is doubtful.
        """
        if self.losses:
            reasons = ", ".join(f"{reason}: {n}" for reason, n in self.lost.most_common())
            raise ValueError(Errors.F007.format(losses=f"{self.losses} annotations ({reasons})"))
        if self.doubtful:
            reasons = ", ".join(f"{reason}: {n}" for reason, n in self.doubtful.most_common())
            raise ValueError(Errors.F051.format(doubts=reasons))

    @contextmanager
    def guard(self, path: Path, line: Optional[int]) -> Iterator[None]:
        """Report any exception in the `with` block as a broken line. Reading continues after it.

        path (Path): The file.
        line (Optional[int]): The line in the file.
        """
        try:
            yield
        except KeyError as error:
            self.lose(BROKEN_LINE, path, line, f"{error} is missing")
        except Exception as error:  # parsers raise various types
            self.lose(BROKEN_LINE, path, line, str(error))

    def to_dict(self) -> Dict[str, Any]:
        """Return the report as plain values, for JSON."""
        return {
            "documents": self.documents,
            "entities": self.entities,
            "nested": self.nested,
            "relations": self.relations,
            "attributes": dict(self.attributes.most_common()),
            "without_attributes": self.without_attributes,
            "lost": dict(self.lost.most_common()),
            "repaired": dict(self.repaired.most_common()),
            "renamed": dict(self.renamed.most_common()),
            "kept_types": dict(self.kept_types.most_common()),
            "kept_labels": dict(self.kept_labels.most_common()),
            "left_out": dict(self.left_out.most_common()),
            "doubtful": dict(self.doubtful.most_common()),
            "messages": self.messages,
        }
