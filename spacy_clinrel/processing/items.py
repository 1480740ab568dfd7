"""The documents in the files of an input."""

import json
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional

from spacy.vocab import Vocab

from ..errors import Errors, require
from ..files import stream_docbin
from ..tokens import get_doc_id
from .inputs import KINDS, File
from .lines import BOM, Row, read_lines, read_rows
from .schema import ID, Options, printable, read_ids, read_texts

# Bytes of a character in UTF-8, at most, and in JSON, with escapes.
WIDEST, WIDEST_ESCAPED = 4, 12
# Bytes of a line of JSON that is read at all, whatever the longest document.
LONGEST_LINE = 2**24
# Rows of a Parquet file at a time.
ROWS = 256


class Item(NamedTuple):
    """A document of the input, or something that was to be one.

    doc_id (str): Its id.
    source (str): File and line or row.
    text (Optional[bytes]): Its text, in UTF-8 if all is well.
    error (Optional[str]): Why there is none.
    position (int): About how much of the file was read with it, in bytes.
    """

    doc_id: str
    source: str
    text: Optional[bytes]
    error: Optional[str]
    position: int


def read_items(file: File, options: Options) -> Iterator[Item]:
    """The documents of a file, one after the other.

    file (File): The file.
    options (Options): The columns, and the most characters of a document.
    YIELDS (Item): Documents. What can't be read, be it a line or the whole file, is one with an
        error.
    """
    count = 0
    try:
        for item in READERS[file.path.suffix.lower()](file, options):
            problem = _too_long(len(item.text or b""), options) or item.error
            yield item._replace(text=None, error=printable(problem)) if problem else item
            count += 1
    except Exception as error:  # whatever is wrong with a file is that file's
        problem = printable(Errors.P009.format(path=file.path, error=error, n=count))
        yield Item(file.name, file.name, None, problem, file.size)


def _too_long(size: int, options: Options) -> Optional[str]:
    """What is surely too long is not even sent to the pipeline. RETURNS the error, if so."""
    least = size // WIDEST
    if least <= options.max_length:
        return None
    return Errors.P004.format(n=f"{least} or more", most=options.max_length)


def _read_txt(file: File, options: Options) -> Iterator[Item]:
    doc_id = str(Path(file.name).with_suffix(""))
    problem = _too_long(file.size, options)
    text = None if problem else file.path.read_bytes().removeprefix(BOM)
    yield Item(doc_id, file.name, text, problem, file.size)


def _read_jsonl(file: File, options: Options) -> Iterator[Item]:
    longest = max(LONGEST_LINE, WIDEST_ESCAPED * options.max_length)
    with file.path.open("rb") as raw:
        for number, (line, position) in enumerate(read_lines(raw, longest), start=1):
            source = f"{file.name}:{number}"
            if line is None:
                yield Item(source, source, None, Errors.P017.format(most=longest), position)
            elif line.strip():
                yield _json_item(line, source, options, position)


def _json_item(line: bytes, source: str, options: Options, position: int) -> Item:
    try:
        entry = json.loads(line)
        if not isinstance(entry, dict):
            raise ValueError(f"{type(entry).__name__} where an object is wanted")
    except (ValueError, RecursionError) as error:
        return Item(source, source, None, Errors.P008.format(error=error), position)
    return _entry_item(entry, entry.get(options.id_column), source, options, position)


def _entry_item(
    entry: Dict[str, Any], doc_id: Any, source: str, options: Options, position: int
) -> Item:
    name = source if doc_id is None else printable(str(doc_id))
    text = entry.get(options.text_column)
    wanted = [options.text_column, *([] if options.id_column == ID else [options.id_column])]
    missing = next((column for column in wanted if column not in entry), None)
    problem = None
    if missing is not None:
        problem = Errors.P006.format(name=missing, columns=", ".join(entry))
    elif isinstance(text, str):
        # Strings can hold halves of surrogate pairs, from JSON's escapes or for a table's bytes
        # that are no UTF-8. They become bytes that are none either, and so an error later on.
        text = text.encode("utf-8", "surrogatepass")
    elif text is not None:
        problem = Errors.P007.format(name=options.text_column, type=type(text).__name__)
    return Item(name, source, None if problem else text, problem, position)


def _read_csv(file: File, options: Options) -> Iterator[Item]:
    with file.path.open("rb") as raw:
        rows = read_rows(raw)
        names = _header(rows, options)
        for number, fields, problem, position in rows:
            source = f"{file.name}:{number}"
            # Separators too many at a row's end are harmless.
            if any(fields[len(names) :]):
                problem = Errors.P018.format(n=len(fields), most=len(names))
            if problem:
                yield Item(source, source, None, problem, position)
            elif fields:
                entry = dict(zip(names, fields))
                doc_id = entry.get(options.id_column) or None
                yield _entry_item(entry, doc_id, source, options, position)


def _header(rows: Iterator[Row], options: Options) -> List[str]:
    """The first row that is not blank."""
    for row in rows:
        if row.error:
            raise ValueError(row.error)
        if any(name.strip() for name in row.fields):
            for name in (options.text_column, options.id_column):
                if row.fields.count(name) > 1:
                    raise ValueError(Errors.P019.format(name=name))
            return row.fields
    return []


def _read_parquet(file: File, options: Options) -> Iterator[Item]:
    parquet = require("pyarrow.parquet", "apply").ParquetFile(file.path)
    with parquet:
        wanted = _columns(parquet.schema_arrow.names, options)
        count = parquet.metadata.num_rows
        number = 0
        for group in range(parquet.num_row_groups):
            end = number + parquet.metadata.row_group(group).num_rows
            batches = parquet.iter_batches(ROWS, row_groups=[group], columns=wanted)
            while number < end:
                try:
                    batch = next(batches)
                except Exception as error:  # each codec has its own
                    source = f"{file.name}:{number + 1}-{end}"
                    problem = Errors.P020.format(first=number + 1, last=end, error=error)
                    number = end
                    yield Item(source, source, None, problem, file.size * end // count)
                    break
                for doc_id, text in _entries(batch, wanted):
                    number += 1
                    source = f"{file.name}:{number}"
                    position = file.size * number // count
                    yield Item(source if doc_id is None else doc_id, source, text, None, position)


def _columns(known: List[str], options: Options) -> List[str]:
    """The columns to read: that of the texts, and that of the ids, if there is one."""
    wanted = [options.text_column, options.id_column]
    if ID not in known and options.id_column == ID:
        wanted.pop()
    for name in wanted:
        if name not in known:
            raise ValueError(Errors.P006.format(name=name, columns=", ".join(known)))
    return wanted


def _entries(batch: Any, wanted: List[str]) -> List[Any]:
    """Ids and texts."""
    texts = read_texts(batch, wanted[0])
    ids = read_ids(batch, wanted[1]) if wanted[1:] else [None] * len(texts)
    return list(zip(ids, texts))


def _read_spacy(file: File, options: Options) -> Iterator[Item]:
    for number, doc in enumerate(stream_docbin(file.path, Vocab()), start=1):
        source = f"{file.name}:{number}"
        yield Item(get_doc_id(doc) or source, source, doc.text.encode(), None, 0)  # read at once


READERS: Dict[str, Callable[[File, Options], Iterator[Item]]] = dict(
    zip(KINDS, (_read_txt, _read_jsonl, _read_csv, _read_parquet, _read_spacy))
)
