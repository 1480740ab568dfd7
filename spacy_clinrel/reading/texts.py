"""Reading of the documents in input files."""

import json
import re
import warnings
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from spacy.vocab import Vocab

from ..errors import Errors, Warnings
from ..files import (
    Encoding,
    EncodingError,
    decode_text,
    detect_encoding,
    encoding_doubt,
    has_surrogates,
    line_problem,
    open_utf8,
    printable,
    read_encoded,
    show_path,
    stream_docbin,
)
from ..tokens import get_doc_id
from .columns import ID, TextColumns, read_ids, read_texts
from .inputs import SUFFIXES, InputFile
from .lines import Row, read_lines
from .lines import read_rows as read_table_rows
from .parquet import read_batches

# Maximum number of bytes of a character, in UTF-8 and in JSON with escapes.
MAX_UTF8_BYTES, MAX_JSON_BYTES = 4, 12
# Minimum for the maximum length of a JSON line in bytes, however short documents have to be.
MIN_LINE_LIMIT = 2**24
# Names of columns that a message shows. Other names may be values, e.g. the name of a patient.
COLUMN_NAME = re.compile("[A-Za-z_][A-Za-z0-9_-]{0,29}")


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


class EncodingDoubts:
    """Files whose encoding a user should check.

    lang (str): Language of the texts.
    """

    def __init__(self, lang: str):
        self.lang = lang
        self.counts: Dict[str, int] = {}
        self.examples: Dict[str, str] = {}

    def add(self, name: str, encoding: Encoding) -> None:
        """Count a file if its encoding is doubtful.

        name (str): The name of the file.
        encoding (Encoding): Its encoding.
        """
        doubt = encoding_doubt(encoding, self.lang)
        if doubt:
            self.counts[doubt] = self.counts.get(doubt, 0) + 1
            self.examples.setdefault(doubt, name)

    def warn(self) -> None:
        """Issue a warning for each kind of doubt."""
        for doubt, n in self.counts.items():
            text = Warnings.W071.format(n=n, path=self.examples[doubt], doubt=doubt)
            warnings.warn(text, stacklevel=2)


def read_documents(
    file: InputFile, options: TextColumns, doubts: Optional[EncodingDoubts] = None
) -> Iterator[InputDocument]:
    """Read the documents of a file.

    file (InputFile): The file.
    options (TextColumns): The column names, the encoding, and the maximum length of a
        document.
    doubts (Optional[EncodingDoubts]): Receives the file if its encoding is doubtful.
    YIELDS (InputDocument): The documents. For an unreadable line or file, a document with an error.
    """
    count = 0
    doubts = doubts or EncodingDoubts("")
    try:
        for document in READERS[file.path.suffix.lower()](file, options, doubts):
            problem = _length_error(len(document.text or b""), options) or document.error
            # Positions in a file that is converted to UTF-8 can exceed its size.
            document = document._replace(position=min(document.position, file.size))
            yield document._replace(text=None, error=printable(problem)) if problem else document
            count += 1
    except EncodingError as error:
        yield InputDocument(file.name, file.name, None, str(error), file.size)
    except Exception as error:  # the libraries raise different types for a broken file
        path = show_path(file.path)
        problem = printable(Errors.P009.format(path=path, error=error, n=count))
        yield InputDocument(file.name, file.name, None, problem, file.size)


def _length_error(size: int, options: TextColumns) -> Optional[str]:
    """Return an error if a text of this size in bytes is too long in any case. Avoids decoding
    it."""
    min_characters = size // MAX_UTF8_BYTES
    if min_characters <= options.max_length:
        return None
    return Errors.P004.format(n=f"{min_characters} or more", most=options.max_length)


def _detect(file: InputFile, options: TextColumns, doubts: EncodingDoubts) -> Encoding:
    """Return the encoding of a file. A file is read twice: its encoding depends on all lines."""
    encoding = detect_encoding(file.path, options.encoding)
    doubts.add(file.name, encoding)
    return encoding


def _read_txt(
    file: InputFile, options: TextColumns, doubts: EncodingDoubts
) -> Iterator[InputDocument]:
    doc_id = str(Path(file.name).with_suffix(""))
    problem = _length_error(file.size, options)
    text: Optional[bytes] = None
    if not problem:
        try:
            data, encoding = read_encoded(file.path, options.encoding)
            text = decode_text(data, encoding, file.path).removeprefix("\ufeff").encode("utf-8")
            doubts.add(file.name, encoding)
        except EncodingError as error:
            problem = str(error)
    yield InputDocument(doc_id, file.name, text, problem, file.size)


def _read_jsonl(
    file: InputFile, options: TextColumns, doubts: EncodingDoubts
) -> Iterator[InputDocument]:
    for document, _ in read_objects(file, options, doubts):
        yield document


def read_objects(
    file: InputFile, options: TextColumns, doubts: EncodingDoubts
) -> Iterator[Tuple[InputDocument, Dict[str, Any]]]:
    """Read the lines of a .jsonl file.

    file (InputFile): The file.
    options (TextColumns): The names of the keys, the encoding, and the maximum length.
    doubts (EncodingDoubts): Receives the file if its encoding is doubtful.
    YIELDS (Tuple[InputDocument, Dict[str, Any]]): The document and the object of each line that is
        not blank. An invalid line gives a document with an error, and an empty object.
    """
    limit = max(MIN_LINE_LIMIT, MAX_JSON_BYTES * options.max_length)
    encoding = _detect(file, options, doubts)
    with open_utf8(file.path, encoding) as raw:
        for number, (line, position) in enumerate(read_lines(raw, limit), start=1):
            source = f"{file.name}:{number}"
            if line is None:
                problem = Errors.P017.format(most=limit)
                yield InputDocument(source, source, None, problem, position), {}
            elif line.strip():
                text = line.decode("utf-8", "surrogateescape")
                fault = line_problem(text, encoding)
                if fault:
                    yield InputDocument(source, source, None, fault, position), {}
                else:
                    yield _from_json(text, source, options, position)


def _from_json(
    line: str, source: str, options: TextColumns, position: int
) -> Tuple[InputDocument, Dict[str, Any]]:
    try:
        entry = json.loads(line)
        if not isinstance(entry, dict):
            raise ValueError(f"expected an object, got {type(entry).__name__}")
        doc_id = entry.get(options.id_column)
        return from_entry(entry, doc_id, source, options, position), entry
    except (ValueError, RecursionError) as error:
        return InputDocument(source, source, None, Errors.P008.format(error=error), position), {}


def from_entry(
    entry: Dict[str, Any], doc_id: Any, source: str, options: TextColumns, position: int
) -> InputDocument:
    """Return the document of a row.

    entry (Dict[str, Any]): The values by column.
    doc_id (Any): The id; None for the source.
    source (str): File name and line.
    options (TextColumns): The names of the columns.
    position (int): Number of bytes of the file up to the end of the row.
    RETURNS (InputDocument): The document, with an error if it has no text.
    """
    name = source if doc_id is None else printable(str(doc_id))
    text = entry.get(options.text_column)
    required = [options.text_column, *([] if options.id_column == ID else [options.id_column])]
    missing = next((column for column in required if column not in entry), None)
    problem = None
    if missing is not None:
        problem = _missing_column(missing, entry)
    elif isinstance(text, str):
        if has_surrogates(text):  # from an escape in JSON
            problem = Errors.F081.format(what="The text")
        text = text.encode("utf-8", "surrogatepass")
    elif text is not None:
        problem = Errors.P007.format(name=options.text_column, type=type(text).__name__)
    return InputDocument(name, source, None if problem else text, problem, position)


def _missing_column(name: str, entry: Dict[str, Any]) -> str:
    """Return the message for a column that is missing. In a CSV file without a header, the names of
    the columns are the values of the first row, so they are shown only if all look like names."""
    if all(COLUMN_NAME.fullmatch(column) for column in entry):
        return Errors.P006.format(name=name, columns=", ".join(entry))
    return Errors.P050.format(name=name, n=len(entry))


def _read_csv(
    file: InputFile, options: TextColumns, doubts: EncodingDoubts
) -> Iterator[InputDocument]:
    encoding = _detect(file, options, doubts)
    with open_utf8(file.path, encoding) as raw:
        rows = read_table_rows(raw)
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
                document = from_entry(entry, doc_id, source, options, position)
                problem = _row_problem(entry, encoding, options)
                yield document._replace(error=problem) if problem else document


def _row_problem(entry: Dict[str, str], encoding: Encoding, options: TextColumns) -> Optional[str]:
    """Return why the text or the id of a row can't be used. Other columns may be damaged."""
    used = [entry.get(name) or "" for name in (options.text_column, options.id_column)]
    if any(map(has_surrogates, used)):
        return Errors.F074.format(encoding=encoding.name)
    valid = "\t".join(value for value in entry.values() if not has_surrogates(value))
    return line_problem(valid, encoding)


def _read_header(rows: Iterator[Row], options: TextColumns) -> List[str]:
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


def read_parquet(
    file: InputFile, options: TextColumns, doubts: EncodingDoubts
) -> Iterator[InputDocument]:
    """Read the texts of a .parquet file.

    file (InputFile): The file.
    options (TextColumns): The names of the columns.
    doubts (EncodingDoubts): Not used, because Parquet has a single encoding of texts.
    YIELDS (InputDocument): The documents. For unreadable rows, a document with an error.
    """
    columns: List[str] = []

    def choose(available: List[str]) -> List[str]:
        columns.extend(_columns(available, options))
        return columns

    for batch, first, end, position in read_batches(file, choose):
        if isinstance(batch, str):
            source = f"{file.name}:{first + 1}-{end}"
            yield InputDocument(source, source, None, batch, position)
            continue
        for number, (doc_id, text) in enumerate(_entries(batch, columns), start=first + 1):
            source = f"{file.name}:{number}"
            name = source if doc_id is None else doc_id
            yield InputDocument(name, source, text, None, position)


def _columns(available: List[str], options: TextColumns) -> List[str]:
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


def _read_spacy(
    file: InputFile, options: TextColumns, doubts: EncodingDoubts
) -> Iterator[InputDocument]:
    for number, doc in enumerate(stream_docbin(file.path, Vocab()), start=1):
        source = f"{file.name}:{number}"
        # The position is 0, because the file is not read in parts.
        yield InputDocument(get_doc_id(doc) or source, source, doc.text.encode(), None, 0)


Reader = Callable[[InputFile, TextColumns, EncodingDoubts], Iterator[InputDocument]]
READERS: Dict[str, Reader] = dict(
    zip(SUFFIXES, (_read_txt, _read_jsonl, _read_csv, read_parquet, _read_spacy))
)
