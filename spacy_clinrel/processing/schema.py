"""What goes in and out, as Arrow has it."""

from typing import Any, List, NamedTuple, Optional

from ..errors import Errors, require

ID = "id"
TEXT = "text"


class Options(NamedTuple):
    """How documents are annotated. Holds plain values alone, so that it can go to any worker.

    model (str): A pipeline's name or folder, known on each machine that works.
    batch_size (int): Padded characters that the pipeline takes at once: the number of documents
        times the length of the longest.
    max_length (int): A document with more characters is not processed, as its time and memory
        could be anything.
    text (bool): Whether the output holds the texts.
    docs (bool): Whether it holds spaCy's documents.
    gpu_id (int): The GPU, or -1 for the CPU.
    code (Optional[str]): A Python file with functions that the pipeline needs.
    id_column (str): The input's column with the documents' ids. Files may lack one named "id":
        their documents are called by file and line then.
    text_column (str): The one with their texts.
    """

    model: str
    batch_size: int = 20_000
    max_length: int = 100_000
    text: bool = False
    docs: bool = False
    gpu_id: int = -1
    code: Optional[str] = None
    id_column: str = ID
    text_column: str = TEXT


def printable(text: str) -> str:
    """What can be written in UTF-8 of a text that is none: names of files, and what exceptions say,
    can hold bytes that are no characters.

    text (str): The text.
    RETURNS (str): The same, with escapes for what is no character.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def output_schema(options: Options) -> Any:
    """The schema of annotated documents, a row for each.

    id: the document's id. text: its text, where wanted. mentions: where each begins and ends in
    characters (the end exclusive), its text and type; in the order of the text. relations: head and
    tail, as indices into mentions, label and score (null where it is no finite number). doc: a
    DocBin of this one document as bytes, where wanted. error: null, or why the document could not
    be processed; all else but the id is null then.

    options (Options): Whether it has texts and documents.
    RETURNS (pyarrow.Schema): The schema.
    """
    pa = require("pyarrow", "apply")
    mention = [("start_char", pa.int64()), ("end_char", pa.int64())]
    mention += [("text", pa.string()), ("type", pa.string())]
    relation = [("head", pa.int64()), ("tail", pa.int64())]
    relation += [("label", pa.string()), ("score", pa.float64())]
    return pa.schema(
        [
            ("id", pa.string()),
            *([("text", pa.string())] if options.text else []),
            ("mentions", pa.list_(pa.struct(mention))),
            ("relations", pa.list_(pa.struct(relation))),
            *([("doc", pa.binary())] if options.docs else []),
            ("error", pa.string()),
        ]
    )


def read_column(batch: Any, name: str) -> Any:
    """A column by its name.

    batch (pyarrow.RecordBatch): The rows.
    name (str): The column's name.
    RETURNS (pyarrow.Array): The column, without a dictionary.
    RAISES (ValueError): If there is none of that name, or more than one.
    """
    if name not in batch.schema.names:
        columns = ", ".join(batch.schema.names)
        raise ValueError(Errors.P006.format(name=name, columns=columns))
    if batch.schema.names.count(name) > 1:
        raise ValueError(Errors.P019.format(name=name))
    column = batch.column(name)
    is_coded = require("pyarrow", "apply").types.is_dictionary(column.type)
    return column.dictionary_decode() if is_coded else column


def read_texts(batch: Any, name: str) -> List[Optional[bytes]]:
    """A column of texts as bytes, which need not be UTF-8: neither binary columns nor those of
    strings are checked on their way from a file.

    batch (pyarrow.RecordBatch): The rows.
    name (str): The column's name.
    RETURNS (List[Optional[bytes]]): Its values.
    RAISES (ValueError): If there is none of that name, or it holds no texts.
    """
    pa = require("pyarrow", "apply")
    column = read_column(batch, name)
    if not (pa.types.is_null(column.type) or _is_textual(pa, column.type)):
        raise ValueError(Errors.P007.format(name=name, type=column.type))
    values: List[Optional[bytes]] = column.cast(pa.large_binary()).to_pylist()
    return values


def read_ids(batch: Any, name: str) -> List[Optional[str]]:
    """A column of ids as strings; what is not UTF-8 in them becomes U+FFFD.

    batch (pyarrow.RecordBatch): The rows.
    name (str): The column's name.
    RETURNS (List[Optional[str]]): Its values.
    RAISES (ValueError): If there is none of that name.
    """
    pa = require("pyarrow", "apply")
    column = read_column(batch, name)
    if not _is_textual(pa, column.type):
        return [None if value is None else str(value) for value in column.to_pylist()]
    values = column.cast(pa.large_binary()).to_pylist()
    return [None if value is None else value.decode("utf-8", "replace") for value in values]


def _is_textual(pa: Any, kind: Any) -> bool:
    types = pa.types
    tests = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    views = (types.is_string_view, types.is_binary_view)
    return any(test(kind) for test in (*tests, *views))
