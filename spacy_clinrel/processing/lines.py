"""Lines of text and rows of tables, of which a broken one takes neither much memory nor the rest of
its file with it."""

import csv
import io
from contextlib import contextmanager
from itertools import count
from typing import BinaryIO, Iterator, List, NamedTuple, Optional

from ..errors import Errors

BOM = b"\xef\xbb\xbf"
# Bytes of a table's line, characters of its field: what a quote that nobody closes can take.
LONGEST_FIELD = 2**24


class Line(NamedTuple):
    """A line of a file.

    data (Optional[bytes]): What stands in it; None if it is too long.
    position (int): Where it ends in the file, in bytes.
    """

    data: Optional[bytes]
    position: int


class Row(NamedTuple):
    """A row of a table.

    number (int): Its number, from 1. Blank lines have one too.
    fields (List[str]): What stands in it. What is not UTF-8 is in them as halves of surrogate
        pairs.
    error (Optional[str]): Why it can't be read.
    position (int): Where it ends in the file, in bytes.
    """

    number: int
    fields: List[str]
    error: Optional[str]
    position: int


def read_lines(file: BinaryIO, longest: int) -> Iterator[Line]:
    """The lines of a file. Of one that is too long, no more than a piece is held.

    file (BinaryIO): The file.
    longest (int): Bytes of a line, at most.
    YIELDS (Line): Its lines.
    """
    position = 0
    while piece := file.readline(longest + 1):
        data: Optional[bytes] = piece if position else piece.removeprefix(BOM)
        position += len(piece)
        while len(piece) > longest and not piece.endswith(b"\n"):
            data, piece = None, file.readline(longest + 1)
            position += len(piece)
        yield Line(data, position)


def read_rows(file: BinaryIO) -> Iterator[Row]:
    """The rows of a CSV file in UTF-8. After a row that is broken over several lines, which a quote
    does that nobody closes, it is read on from the second of them.

    file (BinaryIO): The file.
    YIELDS (Row): Its rows, the header too.
    """
    lines = _TableLines(file)
    rows = csv.reader(lines, strict=True)
    with _longest_field():
        for number in count(1):
            lines.begin_row()
            try:
                fields = next(rows, None)
            except csv.Error as error:
                problem = Errors.P008.format(error=error)
                if lines.go_back():
                    problem = Errors.P016.format(error=error)
                yield Row(number, [], problem, lines.position)
                continue
            if fields is None:
                return
            yield Row(number, fields, None, lines.position)


@contextmanager
def _longest_field() -> Iterator[None]:
    before = csv.field_size_limit(LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)


class _TableLines:
    """The lines of a table for Python's reader, with a way back."""

    def __init__(self, file: BinaryIO):
        """file (BinaryIO): The file."""
        # A byte is a character here. So places are known, and lines may end in \r, too.
        self._text = io.TextIOWrapper(file, "latin-1", newline="")
        self.position = 0
        self.begin_row()

    def begin_row(self) -> None:
        """What comes is a new row."""
        self._ends: List[int] = []

    def go_back(self) -> bool:
        """Go back to the second line of a row. RETURNS (bool): Whether it has one."""
        if len(self._ends) < 2:
            return False
        self.position = self._ends[0]
        self._text.seek(self.position)
        return True

    def __iter__(self) -> "_TableLines":
        return self

    def __next__(self) -> str:
        is_first = not self.position
        line = piece = self._piece()
        if not line:
            raise StopIteration
        while len(piece) > LONGEST_FIELD and not piece.endswith(("\n", "\r")):
            line, piece = "", self._piece()
        # The first two are enough: a row may have very many.
        self._ends = [*self._ends[:1], self.position]
        if not line:
            raise csv.Error(f"a line of more than {LONGEST_FIELD} bytes")
        data = line.encode("latin-1")
        return (data.removeprefix(BOM) if is_first else data).decode("utf-8", "surrogateescape")

    def _piece(self) -> str:
        piece = self._text.readline(LONGEST_FIELD + 1)
        self.position += len(piece)
        return piece
