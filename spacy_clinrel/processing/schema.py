"""Settings of the annotation, the Arrow schema of its output, and its input columns."""

from typing import Any, List, NamedTuple, Optional

from ..errors import Errors, require

ID = "id"
TEXT = "text"


class AnnotationOptions(NamedTuple):
    """The pipeline that annotates documents, and its settings. Plain values only, so that they can
    be sent to any worker.

    model (str): Package name or folder of the pipeline, on every machine that annotates.
    batch_size (int): Padded characters of a model call: the number of documents times the length
        of the longest.
    max_length (int): Maximum number of characters of a document. Longer ones get an error, since
        their time and memory have no bound.
    include_text (bool): Add the texts to the output.
    include_doc (bool): Add each document as a serialised spaCy DocBin.
    gpu_id (int): The GPU, or -1 for the CPU.
    code (Optional[str]): Python file with functions that the pipeline needs.
    id_column (str): Input column of the document ids. If it is "id", files may lack it; file name
        and line are the id then.
    text_column (str): Input column of the texts.
    """

    model: str
    batch_size: int = 20_000
    max_length: int = 100_000
    include_text: bool = False
    include_doc: bool = False
    gpu_id: int = -1
    code: Optional[str] = None
    id_column: str = ID
    text_column: str = TEXT


def printable(text: str) -> str:
    """Escape what can't be encoded in UTF-8. File names and messages of exceptions can hold lone
    surrogates, which stand for undecodable bytes.

    text (str): The text.
    RETURNS (str): The text with backslash escapes in place of surrogates.
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def output_schema(options: AnnotationOptions) -> Any:
    """Return the schema of annotated documents, one row each.

    id: the document's id.
    text: its text, with `include_text`.
    mentions: start and end (exclusive) in characters, text and type, in the order of the text.
    relations: head and tail as indices into mentions, label, and score (null if not finite).
    doc: a serialised DocBin of this document, with `include_doc`.
    error: null, or why the document could not be processed; all columns but id are null then.

    options (AnnotationOptions): Whether there are texts and documents.
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
            *([("text", pa.string())] if options.include_text else []),
            ("mentions", pa.list_(pa.struct(mention))),
            ("relations", pa.list_(pa.struct(relation))),
            *([("doc", pa.binary())] if options.include_doc else []),
            ("error", pa.string()),
        ]
    )


def read_column(batch: Any, name: str) -> Any:
    """Return a column by name.

    batch (pyarrow.RecordBatch): The rows.
    name (str): Name of the column.
    RETURNS (pyarrow.Array): The column, without dictionary encoding.
    RAISES (ValueError): If no column or several columns have that name.
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
    """Read a column of texts as bytes. They need not be UTF-8: Arrow does not check string columns
    when it reads them from a file.

    batch (pyarrow.RecordBatch): The rows.
    name (str): Name of the column.
    RETURNS (List[Optional[bytes]]): The texts.
    RAISES (ValueError): If there is no such column, or it does not hold texts.
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
    RAISES (ValueError): If there is no such column.
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
