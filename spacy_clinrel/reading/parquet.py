"""Reading of Parquet files in batches."""

from typing import Any, Callable, Iterator, List, Tuple

from ..errors import Errors, require
from .inputs import InputFile

# Number of rows of a Parquet file that are read at a time.
PARQUET_ROWS = 256


def column_names(file: InputFile) -> List[str]:
    """Return the names of the columns of a Parquet file.

    file (InputFile): The file.
    RETURNS (List[str]): The names.
    """
    parquet_module = require("pyarrow.parquet", "apply")
    with file.path.open("rb") as raw:
        names: List[str] = parquet_module.read_schema(raw).names
    return names


def read_batches(
    file: InputFile, choose: Callable[[List[str]], List[str]]
) -> Iterator[Tuple[Any, int, int, int]]:
    """Read a Parquet file in batches. If a row group is damaged, reading continues after it.

    file (InputFile): The file.
    choose (Callable[[List[str]], List[str]]): Returns the columns to read, given those of the file.
    YIELDS (Tuple[Any, int, int, int]): The batch, or an error message; its first row, from 0, and
        the row after its last; and the approximate number of bytes up to its end.
    """
    parquet_module = require("pyarrow.parquet", "apply")
    # pyarrow does not accept file names that are not UTF-8.
    with file.path.open("rb") as raw, parquet_module.ParquetFile(raw) as parquet:
        columns = choose(parquet.schema_arrow.names)
        count = parquet.metadata.num_rows
        number = 0
        for group in range(parquet.num_row_groups):
            end = number + parquet.metadata.row_group(group).num_rows
            batches = parquet.iter_batches(PARQUET_ROWS, row_groups=[group], columns=columns)
            while number < end:
                try:
                    batch = next(batches)
                except Exception as error:  # codecs raise different types
                    problem = Errors.P020.format(first=number + 1, last=end, error=error)
                    yield problem, number, end, file.size * end // count
                    number = end
                    break
                last = number + len(batch)
                yield batch, number, last, file.size * last // count
                number = last
