"""The report on a terminology table: what was read, merged, left out and is doubtful."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Dict, List

from ..errors import Errors

# Rows that are left out.
NO_CODE = "row without a code"
NO_NAME = "row without a name"
BROKEN_LINE = "line that cannot be read"
# Rows that are merged.
SAME_NAME = "row with the code and the name of an earlier row"
# What a person should check.
OTHER_NAME = "row with the code of an earlier row and another name"
OTHER_TYPE = "row with the code of an earlier row and another type"
EXTRA_CELLS = "row with more cells than columns"
NO_FORM = "name without letters and digits"
ENCODING = "encoding"
# Longer names are cut in messages.
MAX_SHOWN = 40


@dataclass
class TerminologyReport:
    """Counts of what a terminology table contains, and messages with row numbers.

    rows (int): Number of rows, without the header and blank rows.
    concepts (int): Number of different codes.
    names (int): Number of names and synonyms, each counted once per concept.
    ambiguous (int): Number of normalized names that several concepts have.
    types (Counter): Number of concepts by type.
    columns (Dict[str, str]): The columns that were used, by role.
    merged (Counter): Number of rows that were merged with an earlier row, by reason.
    left_out (Counter): Number of rows that were left out, by reason.
    doubtful (Counter): Number of rows that a person should check, by reason.
    messages (List[str]): Messages about rows, in the form `row 12: reason: detail`.
    """

    rows: int = 0
    concepts: int = 0
    names: int = 0
    ambiguous: int = 0
    types: Counter = field(default_factory=Counter)
    columns: Dict[str, str] = field(default_factory=dict)
    merged: Counter = field(default_factory=Counter)
    left_out: Counter = field(default_factory=Counter)
    doubtful: Counter = field(default_factory=Counter)
    messages: List[str] = field(default_factory=list)

    def leave_out(self, reason: str, row: int, detail: str = "") -> None:
        """Count a row that is left out, and add a message.

        reason (str): Why it is left out.
        row (int): The row number.
        detail (str): Further information.
        """
        self.left_out[reason] += 1
        self._add(reason, row, detail)

    def warn(self, reason: str, row: int, detail: str = "") -> None:
        """Count a row that a person should check, and add a message.

        reason (str): What is doubtful.
        row (int): The row number.
        detail (str): Further information.
        """
        self.doubtful[reason] += 1
        self._add(reason, row, detail)

    def check_doubts(self) -> None:
        """Raise an error if rows are left out or doubtful.

        RAISES (ValueError): If there are such rows.
        """
        doubts = self.left_out + self.doubtful
        if doubts:
            listed = ", ".join(f"{reason}: {n}" for reason, n in doubts.most_common())
            raise ValueError(Errors.F126.format(doubts=listed))

    def to_dict(self) -> Dict[str, Any]:
        """Return the report as plain values, for JSON."""
        return {
            "rows": self.rows,
            "concepts": self.concepts,
            "names": self.names,
            "ambiguous": self.ambiguous,
            "types": dict(self.types.most_common()),
            "columns": self.columns,
            "merged": dict(self.merged.most_common()),
            "left_out": dict(self.left_out.most_common()),
            "doubtful": dict(self.doubtful.most_common()),
            "messages": self.messages,
        }

    def _add(self, reason: str, row: int, detail: str) -> None:
        self.messages.append(": ".join(part for part in (f"row {row}", reason, detail) if part))


def shown(text: str) -> str:
    """Return a cell for a message, shortened.

    text (str): The cell.
    RETURNS (str): The cell in quotes.
    """
    return repr(text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…")
