"""Building of a terminology from the user's table."""

from pathlib import Path
from typing import Optional, Union

from ..errors import Errors
from ..files import replacing_folder, show_path
from . import report as reasons
from .columns import Columns
from .concepts import collect_concepts
from .forms import term_form
from .report import TerminologyReport
from .storage import is_terminology, to_files, write_files
from .table import SEPARATORS, TableOptions, open_table, read_rows
from .terminology import Terminology


def build_terminology(
    table: Union[str, Path],
    out: Union[str, Path],
    *,
    columns: Columns = Columns(),  # noqa: B008 - it is immutable
    separators: str = SEPARATORS,
    delimiter: Optional[str] = None,
    encoding: Optional[str] = None,
    strict: bool = False,
    force: bool = False,
    report: Optional[TerminologyReport] = None,
) -> TerminologyReport:
    """Build a terminology from a table of codes and names, for the component
    `terminology_linker`.

    table (Union[str, Path]): A CSV file (.csv, .tsv, .txt) with a header, or a Parquet file. A row
        has a code, a name and, if the table has these columns, synonyms and a type. Several rows
        can have the same code: the first name is preferred, and the others are synonyms.
    out (Union[str, Path]): The folder to write.
    columns (Columns): Names of the columns. Those that are None are found by usual names, in
        English and as in tables of ICD-10 国临版, 医保 and drugs.
    separators (str): Characters that separate the synonyms in a cell.
    delimiter (Optional[str]): Character that separates the cells of a CSV file. None to detect
        comma, tab, semicolon and vertical bar.
    encoding (Optional[str]): Encoding of a CSV file. None to detect UTF-8 and UTF-16.
    strict (bool): Whether to raise an error instead of writing if rows are left out or doubtful.
    force (bool): Whether to replace an existing terminology.
    report (Optional[TerminologyReport]): Report to fill in, also if the table is refused. None
        creates a new one.
    RETURNS (TerminologyReport): What the table contains, and what is doubtful in it.
    RAISES (ValueError): If the table can't be read, lacks a column or has no concept, if `strict`
        is set and the table is doubtful, or if `out` exists. Nothing is written in these cases.
    RAISES (ImportError): If scikit-learn is not installed, or PyArrow for a Parquet file.

    EXAMPLE:
        report = spacy_clinrel.build_terminology("icd10.csv", "icd10")
        print(report.concepts, dict(report.doubtful))
    """
    report = TerminologyReport() if report is None else report
    path, folder = Path(table), Path(out)
    _check_folder(path, folder, force)
    options = TableOptions(columns, separators, delimiter, encoding)
    opened = open_table(path, options)
    rows, report.columns = read_rows(path, opened, options)
    for number, problem in opened.broken:
        report.leave_out(reasons.BROKEN_LINE, number, problem)
    if opened.doubt:
        report.warn(reasons.ENCODING, 1, opened.doubt)
    concepts = collect_concepts(rows, report)
    if not any(term_form(name) for concept in concepts for name in concept.names):
        raise ValueError(Errors.F125.format(path=show_path(path)))
    if strict:
        report.check_doubts()
    terminology = Terminology.build(concepts)
    report.ambiguous = terminology.n_ambiguous
    with replacing_folder(folder) as draft:
        write_files(draft, to_files(terminology))
    return report


def _check_folder(table: Path, folder: Path, force: bool) -> None:
    """Check that the output folder is new, or a terminology that may be replaced.

    RAISES (ValueError): If it exists and may not be replaced.
    """
    if folder.resolve() == table.resolve():
        raise ValueError(Errors.F017.format(path=show_path(folder)))
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not folder.is_dir() or not is_terminology(folder):
        raise ValueError(Errors.F129.format(path=show_path(folder)))
    if not force:
        raise ValueError(Errors.F128.format(path=show_path(folder)))
