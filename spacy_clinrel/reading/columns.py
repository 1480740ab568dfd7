"""Columns of texts and document ids in Arrow tables."""

from typing import Any, List, NamedTuple, Optional, Protocol

from ..errors import Errors, require

ID = "id"
TEXT = "text"


class TextColumns(Protocol):
    """The options that the readers of texts use: `TextOptions`, or all options of `apply`.

    text_column (str): Column or key of the texts.
    id_column (str): Column or key of the document ids. If it is "id" and missing in a file, file
        name and line are used as ids.
    encoding (Optional[str]): Encoding of .txt, .jsonl and .csv files. None detects the encoding of
        each file, as described in `spacy_clinrel.files.encoding`.
    max_length (int): Maximum number of characters of a document. Longer documents are errors.
    """

    @property
    def text_column(self) -> str: ...

    @property
    def id_column(self) -> str: ...

    @property
    def encoding(self) -> Optional[str]: ...

    @property
    def max_length(self) -> int: ...


class TextOptions(NamedTuple):
    """Options of reading texts from files.

    text_column (str): Column or key of the texts.
    id_column (str): Column or key of the document ids. If it is "id" and missing in a file, file
        name and line are used as ids.
    encoding (Optional[str]): Encoding of .txt, .jsonl and .csv files. None detects the encoding of
        each file.
    max_length (int): Maximum number of characters of a document. Longer documents are left out.
    """

    text_column: str = TEXT
    id_column: str = ID
    encoding: Optional[str] = None
    max_length: int = 1_000_000


def read_column(batch: Any, name: str) -> Any:
    """Return a column by name.

    batch (pyarrow.RecordBatch): The rows.
    name (str): Name of the column.
    RETURNS (pyarrow.Array): The column, without dictionary encoding.
    RAISES (ValueError): If no column or more than one column has that name.
    """
    if name not in batch.schema.names:
        columns = ", ".join(batch.schema.names)
        raise ValueError(Errors.P006.format(name=name, columns=columns))
    if batch.schema.names.count(name) > 1:
        raise ValueError(Errors.P019.format(name=name))
    column = batch.column(name)
    is_encoded = require("pyarrow", "apply").types.is_dictionary(column.type)
    return column.dictionary_decode() if is_encoded else column


def read_texts(batch: Any, name: str) -> List[Optional[bytes]]:
    """Read a column of texts as bytes. The bytes may be invalid UTF-8, because Arrow does not check
    string columns when it reads a file.

    batch (pyarrow.RecordBatch): The rows.
    name (str): Name of the column.
    RETURNS (List[Optional[bytes]]): The texts.
    RAISES (ValueError): If the column is missing or does not contain texts.
    """
    pa = require("pyarrow", "apply")
    column = read_column(batch, name)
    if not (pa.types.is_null(column.type) or _is_textual(pa, column.type)):
        raise ValueError(Errors.P007.format(name=name, type=column.type))
    values: List[Optional[bytes]] = column.cast(pa.large_binary()).to_pylist()
    return values


def read_ids(batch: Any, name: str) -> List[Optional[str]]:
    """Read a column of ids as strings. U+FFFD replaces bytes that are not UTF-8.

    batch (pyarrow.RecordBatch): The rows.
    name (str): Name of the column.
    RETURNS (List[Optional[str]]): The ids.
    RAISES (ValueError): If the column is missing.
    """
    pa = require("pyarrow", "apply")
    column = read_column(batch, name)
    if not _is_textual(pa, column.type):
        return [None if value is None else str(value) for value in column.to_pylist()]
    values = column.cast(pa.large_binary()).to_pylist()
    return [None if value is None else value.decode("utf-8", "replace") for value in values]


def _is_textual(pa: Any, data_type: Any) -> bool:
    types = pa.types
    plain = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    views = (types.is_string_view, types.is_binary_view)
    return any(is_type(data_type) for is_type in (*plain, *views))
