"""The files of an input, in the same order each time, and the documents in them."""

import csv
import glob
import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, NamedTuple, Optional

from spacy.vocab import Vocab

from ..errors import Errors
from ..extras import require
from ..files import stream_docbin
from ..tokens import get_doc_id
from .schema import ID, Options, read_ids, read_texts

# Bytes of a character in UTF-8, at most.
WIDEST = 4
# A quote that nobody closes takes the rest of a table into one field: the most bytes lost to it.
LONGEST_FIELD = 2**24
# Rows of a Parquet file at a time.
ROWS = 256
BOM = b"\xef\xbb\xbf"


class File(NamedTuple):
    """A file of the input.

    path (Path): The file.
    name (str): What it is called in ids: its path within the input.
    size (int): Its bytes.
    time (int): When it was changed.
    """

    path: Path
    name: str
    size: int
    time: int


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


def list_files(src: str, out: Path) -> Iterator[File]:
    """The files of an input, those of a folder with its subfolders, always in the same order. In a
    folder or pattern, files whose names begin with . or _ are no input, nor is the output.

    src (str): A file, a folder or a pattern such as "notes/*.txt".
    out (Path): The folder of the output.
    YIELDS (File): Files of the known kinds, at least one.
    RAISES (ValueError): If there are none.
    """
    root = Path(src)
    if not root.exists() and not glob.has_magic(src):
        raise ValueError(Errors.F001.format(path=src))
    is_found = False
    own = os.path.join(os.path.abspath(out), "")
    for path, name in _paths(src):
        if path.suffix.lower() in READERS and not os.path.abspath(path).startswith(own):
            stat = path.stat()
            is_found = True
            yield File(path, name, stat.st_size, stat.st_mtime_ns)
    if not is_found:
        raise ValueError(Errors.F002.format(path=src, expected=", ".join(READERS)))


def _paths(src: str) -> Iterator[Any]:
    """Paths, and their names within the input."""
    root = Path(src)
    if root.is_dir():
        # Folder by folder: the paths of a whole archive may be too many to hold and sort.
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(name for name in folders if name[0] not in "._")
            for name in sorted(name for name in names if name[0] not in "._"):
                path = Path(folder, name)
                if path.is_file():
                    yield path, path.relative_to(root).as_posix()
    elif root.exists():
        yield root, root.name
    else:
        parts = Path(src).parts
        fixed = next(i for i, part in enumerate(parts) if glob.has_magic(part))
        for found in sorted(glob.iglob(src, recursive=True)):
            path = Path(found)
            if path.is_file() and path.name[0] not in "._":
                yield path, Path(*path.parts[fixed:]).as_posix()


def digest_files(src: str, out: Path) -> Dict[str, Any]:
    """What an input is known by. Texts are not read for it: there may be very many.

    src (str): A file, a folder or a pattern.
    out (Path): The folder of the output.
    RETURNS (Dict[str, Any]): The number of files, their bytes, and a digest of their names, sizes
        and times.
    RAISES (ValueError): If there are none.
    """
    digest = hashlib.sha256()
    files = size = 0
    for file in list_files(src, out):
        files += 1
        size += file.size
        digest.update(f"{file.name}\0{file.size}\0{file.time}\n".encode("utf-8", "surrogateescape"))
    return {"files": files, "bytes": size, "sha256": digest.hexdigest()}


def read_items(file: File, options: Options) -> Iterator[Item]:
    """The documents of a file, one after the other.

    file (File): The file.
    options (Options): The columns, and the most characters of a document.
    YIELDS (Item): Documents. What can't be read, be it a line or the whole file, is one with an
        error.
    """
    try:
        for item in READERS[file.path.suffix.lower()](file, options):
            problem = _too_long(len(item.text or b""), options)
            yield item._replace(text=None, error=problem) if problem else item
    except (OSError, ValueError, require("pyarrow", "apply").ArrowException) as error:
        problem = Errors.P009.format(path=file.path, error=error)
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
    with file.path.open("rb") as lines:
        position = 0
        for number, line in enumerate(lines, start=1):
            position += len(line)
            line = line.removeprefix(BOM) if number == 1 else line
            if line.strip():
                yield _json_item(line, f"{file.name}:{number}", options, position)


def _json_item(line: bytes, source: str, options: Options, position: int) -> Item:
    try:
        entry = json.loads(line)
        if not isinstance(entry, dict):
            raise ValueError(f"{type(entry).__name__} where an object is wanted")
    except (ValueError, RecursionError) as error:
        return Item(source, source, None, Errors.P008.format(error=error), position)
    return _row_item(entry, source, options, position)


def _row_item(row: Dict[str, Any], source: str, options: Options, position: int) -> Item:
    doc_id = row.get(options.id_column)
    name = source if doc_id is None else _clean(str(doc_id))
    text = row.get(options.text_column)
    problem = None
    if options.text_column not in row:
        problem = Errors.P006.format(name=options.text_column, columns=_clean(", ".join(row)))
    elif options.id_column != ID and doc_id is None:
        problem = Errors.P006.format(name=options.id_column, columns=_clean(", ".join(row)))
    elif isinstance(text, str):
        # Strings can hold halves of surrogate pairs, from JSON's escapes or for a table's bytes
        # that are no UTF-8. They become bytes that are none either, and so an error later on.
        text = text.encode("utf-8", "surrogatepass")
    elif text is not None and not isinstance(text, bytes):
        problem = Errors.P007.format(name=options.text_column, type=type(text).__name__)
    return Item(name, source, None if problem else text, problem, position)


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _read_csv(file: File, options: Options) -> Iterator[Item]:
    before = csv.field_size_limit(LONGEST_FIELD)
    try:
        with file.path.open("rb") as raw:
            text = io.TextIOWrapper(raw, "utf-8-sig", errors="surrogateescape", newline="")
            rows = csv.reader(text)
            names = next(rows, [])
            number = 1
            while True:
                number += 1
                source = f"{file.name}:{number}"
                try:
                    row = dict(zip(names, next(rows)))
                except StopIteration:
                    return
                except csv.Error as error:
                    problem = Errors.P008.format(error=error)
                    yield Item(source, source, None, problem, raw.tell())
                    continue
                if row:
                    yield _row_item(row, source, options, raw.tell())
    finally:
        csv.field_size_limit(before)


def _read_parquet(file: File, options: Options) -> Iterator[Item]:
    parquet = require("pyarrow.parquet", "apply").ParquetFile(file.path)
    with parquet:
        known = parquet.schema_arrow.names
        wanted = [options.text_column, options.id_column]
        if ID not in known and options.id_column == ID:
            wanted.pop()
        for name in wanted:
            if name not in known:
                raise ValueError(Errors.P006.format(name=name, columns=", ".join(known)))
        count = parquet.metadata.num_rows
        number = 0
        for batch in parquet.iter_batches(ROWS, columns=wanted):
            texts = read_texts(batch, options.text_column)
            ids = read_ids(batch, wanted[1]) if wanted[1:] else [None] * len(texts)
            for doc_id, text in zip(ids, texts):
                number += 1
                source = f"{file.name}:{number}"
                position = file.size * number // count
                yield Item(source if doc_id is None else doc_id, source, text, None, position)


def _read_spacy(file: File, options: Options) -> Iterator[Item]:
    for number, doc in enumerate(stream_docbin(file.path, Vocab()), start=1):
        source = f"{file.name}:{number}"
        yield Item(get_doc_id(doc) or source, source, doc.text.encode(), None, 0)  # read at once


READERS: Dict[str, Callable[[File, Options], Iterator[Item]]] = {
    ".txt": _read_txt,
    ".jsonl": _read_jsonl,
    ".csv": _read_csv,
    ".parquet": _read_parquet,
    ".spacy": _read_spacy,
}
