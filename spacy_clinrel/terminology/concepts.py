"""The concepts of a terminology, and their collection from the rows of a table."""

from dataclasses import dataclass, field
from typing import Dict, Iterable, List, NamedTuple, Tuple

from ..files import printable
from . import report as reasons
from .forms import term_form
from .report import TerminologyReport, shown
from .table import Row


class Concept(NamedTuple):
    """A concept of a terminology.

    code (str): The code.
    name (str): The preferred name.
    type (str): The type; empty if the table has no types.
    synonyms (Tuple[str, ...]): Further names.
    """

    code: str
    name: str
    type: str = ""
    synonyms: Tuple[str, ...] = ()

    @property
    def names(self) -> Tuple[str, ...]:
        """Return all names, the preferred one first."""
        return (self.name, *self.synonyms)


@dataclass
class _Names:
    """The names of one code.

    row (int): The row where the code occurs first.
    type (str): The type.
    names (Dict[str, None]): The names in the order of the table, the preferred name first.
    """

    row: int
    type: str
    names: Dict[str, None] = field(default_factory=dict)


def collect_concepts(rows: Iterable[Row], report: TerminologyReport) -> List[Concept]:
    """Collect the concepts of a table. Rows with the same code are merged: the first name is the
    preferred name, and the other names are synonyms.

    rows (Iterable[Row]): The rows.
    report (TerminologyReport): Report to fill in.
    RETURNS (List[Concept]): The concepts, in the order of the table.
    """
    found: Dict[str, _Names] = {}
    for row in rows:
        report.rows += 1
        row = row._replace(code=printable(row.code), name=printable(row.name))
        if row.has_extra_cells:
            report.warn(reasons.EXTRA_CELLS, row.number, "put cells with delimiters in quotes")
        if not row.code:
            report.leave_out(reasons.NO_CODE, row.number)
        elif not row.name:
            report.leave_out(reasons.NO_NAME, row.number, shown(row.code))
        else:
            _add_row(found, row, report)
    concepts = []
    for code, names in found.items():
        preferred, *synonyms = names.names
        concepts.append(Concept(code, preferred, names.type, tuple(synonyms)))
    report.concepts = len(concepts)
    report.names = sum(1 + len(concept.synonyms) for concept in concepts)
    report.types.update(concept.type for concept in concepts if concept.type)
    return concepts


def _add_row(found: Dict[str, _Names], row: Row, report: TerminologyReport) -> None:
    """Add a row with a code and a name."""
    earlier = found.get(row.code)
    if earlier is None:
        earlier = found[row.code] = _Names(row.number, row.type)
    elif row.name in earlier.names:
        report.merged[reasons.SAME_NAME] += 1
    else:
        preferred = next(iter(earlier.names))
        names = f"{shown(preferred)} in row {earlier.row}, {shown(row.name)} here"
        detail = f"{shown(row.code)} is {names}"
        report.warn(reasons.OTHER_NAME, row.number, detail)
    if row.type != earlier.type:
        if earlier.type and row.type:
            detail = f"{shown(row.code)} has type {shown(earlier.type)} in row {earlier.row}"
            report.warn(reasons.OTHER_TYPE, row.number, detail)
        earlier.type = earlier.type or row.type
    for name in (row.name, *map(printable, row.synonyms)):
        if name not in earlier.names:
            earlier.names[name] = None
            if not term_form(name):
                report.warn(reasons.NO_FORM, row.number, shown(name))
