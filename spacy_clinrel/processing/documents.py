"""Reading of the documents in input files."""

import json
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from spacy.vocab import Vocab

from ..errors import Errors, require
from ..files import stream_docbin
from ..tokens import get_doc_id
from .inputs import SUFFIXES, InputFile
from .lines import BOM, Row, read_lines, read_rows
from .schema import ID, AnnotationOptions, printable, read_ids, read_texts

# Maximum number of bytes of a character, in UTF-8 and in JSON with escapes.
MAX_UTF8_BYTES, MAX_JSON_BYTES = 4, 12
# Minimum for the maximum length of a JSON line in bytes, however short documents have to be.
MIN_LINE_LIMIT = 2**24
# Number of rows of a Parquet file that are read at a time.
PARQUET_ROWS = 256


class InputDocument(NamedTuple):
    """A document of the input, or a part of a file that could not be read as a document.

    doc_id (str): The document id.
    source (str): File name and line or row.
    text (Optional[bytes]): The text, not yet decoded; None if there is an error.
    error (Optional[str]): Why the document could not be read; None if it was read.
    position (int): Approximate number of bytes of the file up to the end of the document.
    """

    doc_id: str
    source: str
    text: Optional[bytes]
    error: Optional[str]
    position: int


def read_documents(file: InputFile, options: AnnotationOptions) -> Iterator[InputDocument]:
    """Read the documents of a file.

    file (InputFile): The file.
    options (AnnotationOptions): The column names, and the maximum length of a document.
    YIELDS (InputDocument): The documents. For an unreadable line or file, a document with an error.
    """
    count = 0
    try:
        for document in READERS[file.path.suffix.lower()](file, options):
            problem = _length_error(len(document.text or b""), options) or document.error
            yield document._replace(text=None, error=printable(problem)) if problem else document
            count += 1
    except Exception as error:  # the libraries raise different types for a broken file
        problem = printable(Errors.P009.format(path=file.path, error=error, n=count))
        yield InputDocument(file.name, file.name, None, problem, file.size)


def _length_error(size: int, options: AnnotationOptions) -> Optional[str]:
    """Return an error if a text of this size in bytes is too long in any case. Avoids decoding
    it."""
    min_characters = size // MAX_UTF8_BYTES
    if min_characters <= options.max_length:
        return None
    return Errors.P004.format(n=f"{min_characters} or more", most=options.max_length)


def _read_txt(file: InputFile, options: AnnotationOptions) -> Iterator[InputDocument]:
    doc_id = str(Path(file.name).with_suffix(""))
    problem = _length_error(file.size, options)
    text = None if problem else file.path.read_bytes().removeprefix(BOM)
    yield InputDocument(doc_id, file.name, text, problem, file.size)


def _read_jsonl(file: InputFile, options: AnnotationOptions) -> Iterator[InputDocument]:
    limit = max(MIN_LINE_LIMIT, MAX_JSON_BYTES * options.max_length)
    with file.path.open("rb") as raw:
        for number, (line, position) in enumerate(read_lines(raw, limit), start=1):
            source = f"{file.name}:{number}"
            if line is None:
                problem = Errors.P017.format(most=limit)
                yield InputDocument(source, source, None, problem, position)
            elif line.strip():
                yield _from_json(line, source, options, position)


def _from_json(
    line: bytes, source: str, options: AnnotationOptions, position: int
) -> InputDocument:
    try:
        entry = json.loads(line)
        if not isinstance(entry, dict):
            raise ValueError(f"expected an object, got {type(entry).__name__}")
    except (ValueError, RecursionError) as error:
        return InputDocument(source, source, None, Errors.P008.format(error=error), position)
    return _from_entry(entry, entry.get(options.id_column), source, options, position)


def _from_entry(
    entry: Dict[str, Any], doc_id: Any, source: str, options: AnnotationOptions, position: int
) -> InputDocument:
    name = source if doc_id is None else printable(str(doc_id))
    text = entry.get(options.text_column)
    required = [options.text_column, *([] if options.id_column == ID else [options.id_column])]
    missing = next((column for column in required if column not in entry), None)
    problem = None
    if missing is not None:
        problem = Errors.P006.format(name=missing, columns=", ".join(entry))
    elif isinstance(text, str):
        # Lone surrogates come from JSON escapes or undecodable bytes of a table. They are encoded
        # as invalid UTF-8, which `annotation.decode` reports.
        text = text.encode("utf-8", "surrogatepass")
    elif text is not None:
        problem = Errors.P007.format(name=options.text_column, type=type(text).__name__)
    return InputDocument(name, source, None if problem else text, problem, position)


def _read_csv(file: InputFile, options: AnnotationOptions) -> Iterator[InputDocument]:
    with file.path.open("rb") as raw:
        rows = read_rows(raw)
        names = _read_header(rows, options)
        for number, fields, problem, position in rows:
            source = f"{file.name}:{number}"
            # Additional empty fields are allowed.
            if any(fields[len(names) :]):
                problem = Errors.P018.format(n=len(fields), most=len(names))
            if problem:
                yield InputDocument(source, source, None, problem, position)
            elif fields:
                entry = dict(zip(names, fields))
                doc_id = entry.get(options.id_column) or None
                yield _from_entry(entry, doc_id, source, options, position)


def _read_header(rows: Iterator[Row], options: AnnotationOptions) -> List[str]:
    """Return the fields of the first row that is not blank."""
    for row in rows:
        if row.error:
            raise ValueError(row.error)
        if any(name.strip() for name in row.fields):
            for name in (options.text_column, options.id_column):
                if row.fields.count(name) > 1:
                    raise ValueError(Errors.P019.format(name=name))
            return row.fields
    return []


def _read_parquet(file: InputFile, options: AnnotationOptions) -> Iterator[InputDocument]:
    parquet = require("pyarrow.parquet", "apply").ParquetFile(file.path)
    with parquet:
        columns = _columns(parquet.schema_arrow.names, options)
        count = parquet.metadata.num_rows
        number = 0
        for group in range(parquet.num_row_groups):
            end = number + parquet.metadata.row_group(group).num_rows
            batches = parquet.iter_batches(PARQUET_ROWS, row_groups=[group], columns=columns)
            while number < end:
                try:
                    batch = next(batches)
                except Exception as error:  # codecs raise different types
                    source = f"{file.name}:{number + 1}-{end}"
                    problem = Errors.P020.format(first=number + 1, last=end, error=error)
                    number = end
                    yield InputDocument(source, source, None, problem, file.size * end // count)
                    break
                for doc_id, text in _entries(batch, columns):
                    number += 1
                    source = f"{file.name}:{number}"
                    name = source if doc_id is None else doc_id
                    yield InputDocument(name, source, text, None, file.size * number // count)


def _columns(available: List[str], options: AnnotationOptions) -> List[str]:
    """Return the names of the columns to read: texts and, if present, ids."""
    columns = [options.text_column, options.id_column]
    if ID not in available and options.id_column == ID:
        columns.pop()
    for name in columns:
        if name not in available:
            raise ValueError(Errors.P006.format(name=name, columns=", ".join(available)))
    return columns


def _entries(batch: Any, columns: List[str]) -> Iterator[Tuple[Optional[str], Optional[bytes]]]:
    """Return an iterator over pairs of id and text."""
    texts = read_texts(batch, columns[0])
    ids = read_ids(batch, columns[1]) if columns[1:] else [None] * len(texts)
    return zip(ids, texts)


def _read_spacy(file: InputFile, options: AnnotationOptions) -> Iterator[InputDocument]:
    for number, doc in enumerate(stream_docbin(file.path, Vocab()), start=1):
        source = f"{file.name}:{number}"
        # The position is 0, because the file is not read in parts.
        yield InputDocument(get_doc_id(doc) or source, source, doc.text.encode(), None, 0)


READERS: Dict[str, Callable[[InputFile, AnnotationOptions], Iterator[InputDocument]]] = dict(
    zip(SUFFIXES, (_read_txt, _read_jsonl, _read_csv, _read_parquet, _read_spacy))
)
