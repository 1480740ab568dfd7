"""The documents of the input as a stream: from a position on, or only those in quarantine."""

import re
from itertools import groupby
from typing import Iterable, Iterator, List, NamedTuple, Optional, Tuple

from ..errors import require
from ..reading.inputs import InputFile
from ..reading.texts import EncodingDoubts, InputDocument, read_documents
from .pool import Chunk, Origin, Position
from .records import Record
from .schema import ID, TEXT, AnnotationOptions
from .settings import Job

# Size of a chunk, as a multiple of `batch_size` in bytes. Documents are sorted by length within a
# chunk.
CHUNK_BATCHES = 16
MAX_CHUNK_DOCS = 500
# Maximum size of a shard. A shard of long documents can have fewer than `shard_size` documents.
MAX_SHARD_BYTES = 2**26

# Line or row numbers at the end of `InputDocument.source`.
NUMBERS = re.compile(r":(\d+)(?:-(\d+))?")

Lines = Tuple[int, Optional[int]]


class Item(NamedTuple):
    """A document of the stream.

    document (InputDocument): The document.
    file (str): The name of its file.
    lines (Lines): Its first and last line or row in the file.
    end (Position): The position after it.
    """

    document: InputDocument
    file: str
    lines: Lines
    end: Position


def read_input(
    files: Iterable[InputFile],
    start: Position,
    options: AnnotationOptions,
    doubts: Optional[EncodingDoubts] = None,
) -> Iterator[Item]:
    """Read the documents after a position.

    files (Iterable[InputFile]): All input files.
    start (Position): The position.
    options (AnnotationOptions): The column names, and the maximum length of a document.
    doubts (Optional[EncodingDoubts]): Receives the files whose encoding is doubtful.
    YIELDS (Item): The documents.
    """
    bytes_before = 0
    for number, file in enumerate(files):
        if number >= start.file:
            skip = start.documents if number == start.file else 0
            numbered = _number(file, options, doubts)
            for count, (document, lines) in enumerate(numbered, start=1):
                if count > skip:
                    end = Position(number, count, bytes_before + document.position)
                    yield Item(document, file.name, lines, end)
        bytes_before += file.size


def read_quarantined(
    files: Iterable[InputFile],
    start: Position,
    options: AnnotationOptions,
    entries: Iterable[Record],
) -> Iterator[Item]:
    """Read the documents in quarantine again. Files without such documents are not read. If a
    document is not found, it is returned with the error that it has in the quarantine.

    files (Iterable[InputFile]): All input files.
    start (Position): The position to start at. It counts only the documents that this function
        returns.
    options (AnnotationOptions): The column names, and the maximum length of a document.
    entries (Iterable[Record]): The records of the quarantine, in input order.
    YIELDS (Item): The documents.
    """
    remaining = enumerate(files)
    bytes_before = 0
    for name, group in groupby(entries, key=lambda entry: str(entry["file"])):
        for index, file in remaining:
            if file.name == name:
                number = index
                break
            bytes_before += file.size
        else:
            # The file has vanished since the run began. Its documents stay in quarantine.
            for entry in group:
                yield Item(_keep(entry, 0), name, tuple(entry["lines"]), start)
            continue
        if number >= start.file:
            skip = start.documents if number == start.file else 0
            for count, (document, lines) in enumerate(_match(file, group, options), start=1):
                if count > skip:
                    end = Position(number, count, bytes_before + document.position)
                    yield Item(document, name, lines, end)
        bytes_before += file.size


def _keep(entry: Record, position: int) -> InputDocument:
    """Return a document that stays in quarantine."""
    return InputDocument(str(entry["id"]), entry["source"], None, entry["error"], position)


def _number(
    file: InputFile, options: AnnotationOptions, doubts: Optional[EncodingDoubts] = None
) -> Iterator[Tuple[InputDocument, Lines]]:
    """Yield the documents of a file with their first and last line or row."""
    last = 0
    for document in read_documents(file, options, doubts):
        numbers = NUMBERS.fullmatch(document.source.removeprefix(file.name))
        if numbers is None:
            # A text file, or an error that prevents reading the rest of the file.
            yield document, (last + 1, None)
        else:
            first, last = int(numbers[1]), int(numbers[2] or numbers[1])
            yield document, (first, last)


def _match(
    file: InputFile, entries: Iterable[Record], options: AnnotationOptions
) -> Iterator[Tuple[InputDocument, Lines]]:
    """Yield the documents of a file that are in quarantine, with their lines. If several records
    lie within the lines that can't be read, each is kept with the new error."""
    remaining = iter(entries)
    entry = next(remaining, None)
    is_found = False
    position = 0
    for document, (first, last) in _number(file, options):
        while entry is not None and _ends_before(entry, first):
            if not is_found:
                yield _keep(entry, position), tuple(entry["lines"])
            entry, is_found = next(remaining, None), False
        position = document.position
        while entry is not None and (last is None or entry["lines"][0] <= last):
            is_found = True
            yield _clip(document, (first, last), entry)
            if _ends_after(entry, last):
                break
            entry, is_found = next(remaining, None), False
        if entry is None:
            return
    while entry is not None:
        # The rest of a file that can be read again may contain no documents.
        if not is_found and entry["lines"][1] is not None:
            yield _keep(entry, position), tuple(entry["lines"])
        entry, is_found = next(remaining, None), False


def _ends_before(entry: Record, line: int) -> bool:
    last = entry["lines"][1]
    return last is not None and last < line


def _ends_after(entry: Record, line: Optional[int]) -> bool:
    last = entry["lines"][1]
    return line is not None and (last is None or last > line)


def _clip(document: InputDocument, lines: Lines, entry: Record) -> Tuple[InputDocument, Lines]:
    """Return a document of a file and its lines, as far as they are those of a record of the
    quarantine: other lines may have been annotated."""
    first, last = max(lines[0], entry["lines"][0]), entry["lines"][1]
    if last is None or (lines[1] is not None and lines[1] < last):
        last = lines[1]
    if document.error and (first, last) != lines:
        document = document._replace(doc_id=str(entry["id"]), source=entry["source"])
    return document, (first, last)


def make_chunks(items: Iterable[Item], job: Job, shard: int) -> Iterator[Chunk]:
    """Group documents to chunks. Shard boundaries depend only on the documents and `shard_size`.

    items (Iterable[Item]): The documents.
    job (Job): The job.
    shard (int): The number of the first shard.
    YIELDS (Chunk): The chunks.
    """
    chosen: List[Item] = []
    size = shard_docs = shard_bytes = 0
    for item in items:
        chosen.append(item)
        length = len(item.document.text or b"")
        size += length
        shard_docs += 1
        shard_bytes += length
        is_shard_full = shard_docs >= job.shard_size or shard_bytes >= MAX_SHARD_BYTES
        is_chunk_full = (
            len(chosen) >= MAX_CHUNK_DOCS or size >= CHUNK_BATCHES * job.options.batch_size
        )
        if is_shard_full or is_chunk_full:
            yield _make_chunk(chosen, shard)
            chosen, size = [], 0
        if is_shard_full:
            shard += 1
            shard_docs = shard_bytes = 0
    if chosen:
        yield _make_chunk(chosen, shard)


def _make_chunk(items: List[Item], shard: int) -> Chunk:
    pa = require("pyarrow", "apply")
    ids = pa.array([item.document.doc_id for item in items], pa.string())
    texts = pa.array([item.document.text for item in items], pa.large_binary())
    batch = pa.RecordBatch.from_arrays([ids, texts], names=[ID, TEXT])
    origins = tuple(
        Origin(doc.doc_id, doc.source, doc.error, file, lines) for doc, file, lines, _ in items
    )
    return Chunk(origins, batch, shard, items[-1].end)
