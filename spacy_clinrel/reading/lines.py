"""Reading of lines and CSV rows from files that may be damaged. The memory for an invalid line or
row is bounded, and reading continues after it."""

import csv
import io
from contextlib import contextmanager
from itertools import count
from typing import BinaryIO, Iterator, List, NamedTuple, Optional

from ..errors import Errors

BOM = b"\xef\xbb\xbf"
# Maximum length of a line in bytes and of a field in characters. Without a limit, a quote that is
# not closed would make the rest of the file one field.
MAX_FIELD = 2**24


class Line(NamedTuple):
    """A line of a file.

    data (Optional[bytes]): The line with its line break; None if the line is too long.
    position (int): Byte offset after its end in the file.
    """

    data: Optional[bytes]
    position: int


class Row(NamedTuple):
    """A row of a table.

    number (int): The row number from 1, including blank rows.
    fields (List[str]): The fields. Lone surrogates represent bytes that are not UTF-8.
    error (Optional[str]): Why the row is invalid; None if it is valid.
    position (int): Byte offset after its end in the file.
    """

    number: int
    fields: List[str]
    error: Optional[str]
    position: int


def read_lines(file: BinaryIO, max_length: int) -> Iterator[Line]:
    """Read the lines of a file. At most `max_length` + 1 bytes are in memory at a time.

    file (BinaryIO): The file.
    max_length (int): Maximum length of a line in bytes.
    YIELDS (Line): The lines.
    """
    position = 0
    while block := file.readline(max_length + 1):
        data: Optional[bytes] = block if position else block.removeprefix(BOM)
        position += len(block)
        while len(block) > max_length and not block.endswith(b"\n"):
            data, block = None, file.readline(max_length + 1)
            position += len(block)
        yield Line(data, position)


def read_rows(file: BinaryIO) -> Iterator[Row]:
    """Read the rows of a CSV file that is converted to UTF-8. If an invalid row spans several
    lines, e.g. because a quote is not closed, reading continues at the second line of the row.

    file (BinaryIO): The file.
    YIELDS (Row): The rows, including the header.
    """
    lines = _TableLines(file)
    rows = csv.reader(lines, strict=True)
    with _field_size_limit():
        for number in count(1):
            lines.start_row()
            try:
                fields = next(rows, None)
            except csv.Error as error:
                problem = Errors.P008.format(error=error)
                if lines.rewind():
                    problem = Errors.P016.format(error=error)
                yield Row(number, [], problem, lines.position)
                continue
            if fields is None:
                return
            yield Row(number, fields, None, lines.position)


@contextmanager
def _field_size_limit() -> Iterator[None]:
    before = csv.field_size_limit(MAX_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)


class _TableLines:
    """An iterator over the lines of a table for `csv.reader` that can return to the second line of
    a row."""

    def __init__(self, file: BinaryIO):
        """Start at the beginning of a file.

        file (BinaryIO): The file.
        """
        # In Latin-1, each byte is a character, so offsets are known. Text mode also splits at \r.
        self._text = io.TextIOWrapper(file, "latin-1", newline="")
        self.position = 0
        self.start_row()

    def start_row(self) -> None:
        """Treat the next line as the first line of a row."""
        self._ends: List[int] = []

    def rewind(self) -> bool:
        """Go back to the second line of a row. Return whether the row has a second line."""
        if len(self._ends) < 2:
            return False
        self.position = self._ends[0]
        self._text.seek(self.position)
        return True

    def __iter__(self) -> "_TableLines":
        return self

    def __next__(self) -> str:
        is_first = not self.position
        line = block = self._read_block()
        if not line:
            raise StopIteration
        while len(block) > MAX_FIELD and not block.endswith(("\n", "\r")):
            line, block = "", self._read_block()
        # Keep only the ends of the first and the last line, because a row may have very many lines.
        self._ends = [*self._ends[:1], self.position]
        if not line:
            raise csv.Error(f"a line of more than {MAX_FIELD} bytes")
        data = line.encode("latin-1")
        return (data.removeprefix(BOM) if is_first else data).decode("utf-8", "surrogateescape")

    def _read_block(self) -> str:
        block = self._text.readline(MAX_FIELD + 1)
        self.position += len(block)
        return block
