"""Reading of terminology tables: CSV in any encoding and with any delimiter, and Parquet."""

import csv
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ..errors import Errors, require
from ..files import (
    check_encoding,
    check_source,
    decode_lines,
    encoding_doubt,
    read_encoded,
    show_path,
)
from .columns import Columns, find_columns

PARQUET = (".parquet", ".pq")
CSV = (".csv", ".tsv", ".txt")
DELIMITERS = ",\t;|"
# Separators of the synonyms in a cell, if the user names none.
SEPARATORS = "|;；"
BATCH = 10_000


class Row(NamedTuple):
    """A row of a terminology table.

    number (int): The row number, from 1. In CSV files, the header is row 1.
    code (str): The code.
    name (str): The preferred name.
    synonyms (Tuple[str, ...]): The synonyms.
    type (str): The type; empty if the table has no types.
    has_extra_cells (bool): Whether the row has more cells than the header, which shows that a cell
        with a delimiter lacks quotes.
    """

    number: int
    code: str
    name: str
    synonyms: Tuple[str, ...] = ()
    type: str = ""
    has_extra_cells: bool = False


class Table(NamedTuple):
    """A table.

    header (List[str]): The names of the columns.
    rows (Iterator[Tuple[int, List[str]]]): Number and cells of each row.
    broken (List[Tuple[int, str]]): Number and problem of each line that can't be read.
    doubt (Optional[str]): What the user should check about the encoding.
    """

    header: List[str]
    rows: Iterator[Tuple[int, List[str]]]
    broken: Sequence[Tuple[int, str]] = ()
    doubt: Optional[str] = None


class TableOptions(NamedTuple):
    """How a table is read.

    columns (Columns): Names of the columns.
    separators (str): Characters that separate the synonyms in a cell.
    delimiter (Optional[str]): Character that separates the cells of a CSV file. None to detect
        comma, tab, semicolon and vertical bar.
    encoding (Optional[str]): Encoding of a CSV file. None to detect UTF-8 and UTF-16.
    """

    columns: Columns = Columns()
    separators: str = SEPARATORS
    delimiter: Optional[str] = None
    encoding: Optional[str] = None


def open_table(path: Path, options: TableOptions) -> Table:
    """Open a table.

    path (Path): A .csv, .tsv, .txt or .parquet file.
    options (TableOptions): How it is read.
    RETURNS (Table): Its header and rows.
    RAISES (ValueError): If the file is missing, has another format, or can't be read.
    """
    suffix = path.suffix.lower()
    check_source(path)
    if path.is_dir():
        raise ValueError(Errors.F020.format(path=show_path(path)))
    if suffix in PARQUET:
        return _open_parquet(path)
    if suffix in CSV:
        return _open_csv(path, options)
    raise ValueError(Errors.F122.format(path=show_path(path), known=", ".join((*CSV, *PARQUET))))


def read_rows(
    path: Path, table: Table, options: TableOptions
) -> Tuple[Iterator[Row], Dict[str, str]]:
    """Return the rows of a table.

    path (Path): The table, for errors.
    table (Table): The table.
    options (TableOptions): How it is read.
    RETURNS (Tuple[Iterator[Row], Dict[str, str]]): The rows, and the names of the columns by their
        role.
    RAISES (ValueError): If a column is missing.
    """
    found = find_columns(table.header, options.columns, show_path(path))
    return _rows(table, found, options.separators), {
        role: table.header[i] for role, i in found.items()
    }


def _rows(table: Table, found: Dict[str, int], separators: str) -> Iterator[Row]:
    split = str.maketrans(dict.fromkeys(separators, "\n"))

    def cell(cells: Sequence[str], role: str) -> str:
        i = found.get(role, -1)
        return cells[i].strip() if 0 <= i < len(cells) else ""

    for number, cells in table.rows:
        if not any(map(str.strip, cells)):
            continue
        parts = map(str.strip, cell(cells, "synonyms").translate(split).split("\n"))
        synonyms = tuple(part for part in parts if part)
        has_extra_cells = any(map(str.strip, cells[len(table.header) :]))
        code, name, kind = (cell(cells, role) for role in ("code", "name", "type"))
        yield Row(number, code, name, synonyms, kind, has_extra_cells)


def _open_csv(path: Path, options: TableOptions) -> Table:
    data, encoding = read_encoded(path, check_encoding(options.encoding))
    broken: List[Tuple[int, str]] = []
    lines: List[str] = []
    for line in decode_lines(data, encoding):
        if line.problem:
            broken.append((line.number, line.problem))
        # An empty line in place of a broken one, so that the row numbers stay right.
        lines.append("" if line.problem else line.text)
    del data
    delimiter = options.delimiter or _delimiter(path, lines)
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise ValueError(Errors.F124.format(value=delimiter))
    rows = _csv_rows(path, lines, delimiter)
    header = next((cells for _, cells in rows if any(map(str.strip, cells))), None)
    if header is None:
        raise ValueError(Errors.F125.format(path=show_path(path)))
    names = [name.strip() for name in header]
    return Table(names, rows, broken, encoding_doubt(encoding, "zh"))


def _csv_rows(path: Path, lines: List[str], delimiter: str) -> Iterator[Tuple[int, List[str]]]:
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            problem = f"row {number}: {error}"
            raise ValueError(Errors.F123.format(path=show_path(path), error=problem)) from error
        if cells is None:
            return
        yield number, cells


def _delimiter(path: Path, lines: Iterable[str]) -> str:
    """Return the delimiter of a CSV file: the one that occurs most often in its header."""
    if path.suffix.lower() == ".tsv":
        return "\t"
    header = next((line for line in lines if line.strip()), "")
    return max(DELIMITERS, key=header.count)


def _open_parquet(path: Path) -> Table:
    parquet = require("pyarrow.parquet", "terminology")
    try:
        file = parquet.ParquetFile(path)
        header = list(map(str, file.schema_arrow.names))
    except (ValueError, OSError) as error:
        reason = str(error).split("\n")[0]
        raise ValueError(Errors.F123.format(path=show_path(path), error=reason)) from error
    return Table(header, _parquet_rows(path, file))


def _parquet_rows(path: Path, file: Any) -> Iterator[Tuple[int, List[str]]]:
    number = 0
    try:
        for batch in file.iter_batches(batch_size=BATCH):
            for cells in zip(*(column.to_pylist() for column in batch.columns)):
                number += 1
                yield number, ["" if cell is None else _text(cell) for cell in cells]
    except (ValueError, OSError) as error:
        reason = f"after row {number}: {str(error).splitlines()[0]}"
        raise ValueError(Errors.F123.format(path=show_path(path), error=reason)) from error


def _text(value: Any) -> str:
    """Return a value of a Parquet table as the text of a cell."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)
