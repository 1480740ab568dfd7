"""Annotation of record batches in one or several processes, in input order."""

import os
import signal
import threading
from collections import deque
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from typing import Any, Deque, Generator, Iterable, Iterator, List, NamedTuple, Optional, Tuple

from ..errors import Errors, require
from ..reading.columns import read_ids
from .annotation import annotate, load_pipeline
from .attributes import find_attributes
from .schema import AnnotationOptions, Attribute, output_schema

# Number of chunks per process that are submitted before the next result is returned.
CHUNKS_AHEAD = 4
THREADS = "OMP_NUM_THREADS"


class Position(NamedTuple):
    """A position in the input.

    file (int): Index of the file in the input.
    documents (int): Number of documents of that file before the position.
    bytes (int): Approximate number of bytes of the whole input before the position.
    """

    file: int = 0
    documents: int = 0
    bytes: int = 0


class Origin(NamedTuple):
    """Where a document of the input comes from.

    doc_id (str): The document id.
    source (str): File name and line or row.
    error (Optional[str]): Why the document could not be read; None if it was read.
    file (str): The name of its file.
    lines (Tuple[int, Optional[int]]): The first and the last line or row of the file that the
        document consists of. The last is None if the rest of the file could not be read.
    """

    doc_id: str
    source: str
    error: Optional[str]
    file: str
    lines: Tuple[int, Optional[int]]


class Chunk(NamedTuple):
    """A batch of documents that are sent to a process together.

    documents (Tuple[Origin, ...]): Where the documents come from.
    batch (pyarrow.RecordBatch): The ids and texts of the documents.
    shard (int): The number of the shard to which they belong.
    end (Position): The position after the last document.
    """

    documents: Tuple[Origin, ...]
    batch: Any
    shard: int
    end: Position


Results = Generator[Tuple[Chunk, Any], None, None]


def resolve_attributes(
    options: AnnotationOptions, names: Iterable[str], n_process: int
) -> Tuple[Attribute, ...]:
    """Load the pipeline and determine the types of custom attributes. With several processes, this
    process does not load the pipeline.

    options (AnnotationOptions): The pipeline and its settings.
    names (Iterable[str]): Names of the attributes.
    n_process (int): Number of processes.
    RETURNS (Tuple[Attribute, ...]): The attributes.
    RAISES (ValueError): If an attribute is not registered or is a method, or the process dies while
        it loads the pipeline.
    """
    if n_process == 1:
        return _load_and_resolve(options, tuple(names))
    try:
        with _processes(1) as pool:
            return pool.submit(_load_and_resolve, options, tuple(names)).result()
    except BrokenProcessPool as error:
        raise ValueError(Errors.P013) from error


def _load_and_resolve(options: AnnotationOptions, names: Tuple[str, ...]) -> Tuple[Attribute, ...]:
    return find_attributes(load_pipeline(options.model, options.gpu_id, options.code), names)


def annotate_all(chunks: Iterable[Chunk], options: AnnotationOptions, n_process: int) -> Results:
    """Annotate chunks. Only a few chunks per process are read in advance. If a process dies, a
    single process annotates the unfinished chunks, and documents that kill this process get an
    error.

    chunks (Iterable[Chunk]): The chunks.
    options (AnnotationOptions): The pipeline and its settings, with the column names of the chunks.
    n_process (int): Number of processes; with 1, this process annotates.
    YIELDS (Tuple[Chunk, RecordBatch]): Each chunk and its annotation, in input order.
    RAISES (ValueError): If processes die while they load the pipeline.
    """
    if n_process == 1:
        for chunk in chunks:
            yield chunk, annotate(chunk.batch, options)
        return
    remaining = iter(chunks)
    waiting: Deque[Tuple[Chunk, Future]] = deque()
    while True:
        with suppress(BrokenProcessPool), _processes(n_process) as pool:
            for chunk in remaining:
                waiting.append((chunk, _submit(pool, chunk.batch, options)))
                if len(waiting) >= CHUNKS_AHEAD * n_process:
                    yield _pop_result(waiting)
            while waiting:
                yield _pop_result(waiting)
            return
        yield from _annotate_unfinished(waiting, options)


def _submit(pool: ProcessPoolExecutor, batch: Any, options: AnnotationOptions) -> Future:
    try:
        return pool.submit(annotate, batch, options)
    except BrokenProcessPool as error:
        future: Future = Future()
        future.set_exception(error)
        return future


def _pop_result(waiting: Deque[Tuple[Chunk, Future]]) -> Tuple[Chunk, Any]:
    """Return the first chunk and its result when ready. If its process died, it stays in the
    queue."""
    chunk, future = waiting[0]
    annotated = future.result()
    waiting.popleft()
    return chunk, annotated


def _annotate_unfinished(
    waiting: Deque[Tuple[Chunk, Future]], options: AnnotationOptions
) -> Results:
    """Yield the chunks that were not finished when a process died, with their annotation."""
    with _SingleProcess(options) as process:
        while waiting:
            try:
                yield _pop_result(waiting)
            except (BrokenProcessPool, CancelledError):
                chunk, _ = waiting.popleft()
                yield chunk, process.annotate(chunk.batch)


class _SingleProcess:
    """A worker process that annotates one batch at a time and is replaced if it dies."""

    def __init__(self, options: AnnotationOptions):
        """Store the settings. The process starts with the first batch.

        options (AnnotationOptions): The pipeline and its settings.
        """
        self.options = options
        self._stack = ExitStack()
        self._pool: Optional[ProcessPoolExecutor] = None

    def __enter__(self) -> "_SingleProcess":
        return self

    def __exit__(self, *exception: Any) -> None:
        self._stack.__exit__(*exception)

    def annotate(self, batch: Any) -> Any:
        """Annotate documents. Documents that kill the process get an error.

        batch (pyarrow.RecordBatch): Documents.
        RETURNS (RecordBatch): The annotated documents.
        RAISES (ValueError): If the process dies while it loads the pipeline.
        """
        pa = require("pyarrow", "apply")
        parts = self._annotate_halves(batch)
        (annotated,) = pa.Table.from_batches(parts).combine_chunks().to_batches()
        return annotated

    def _annotate_halves(self, batch: Any) -> List[Any]:
        """Return the annotated parts of a batch. Split it in half as long as it kills the
        process."""
        try:
            return [self._start_worker(batch).submit(annotate, batch, self.options).result()]
        except BrokenProcessPool:
            self._stack.close()
            self._pool = None
        if len(batch) == 1:
            return [_fatal_row(batch, self.options)]
        half = len(batch) // 2
        return self._annotate_halves(batch.slice(0, half)) + self._annotate_halves(
            batch.slice(half)
        )

    def _start_worker(self, batch: Any) -> ProcessPoolExecutor:
        """Start the worker if needed, load the pipeline and return the worker. A later crash is
        then caused by a document."""
        if self._pool is None:
            pool = self._stack.enter_context(_processes(1))
            try:
                pool.submit(annotate, batch.slice(0, 0), self.options).result()
            except BrokenProcessPool as error:
                raise ValueError(Errors.P013) from error
            self._pool = pool
        return self._pool


def _fatal_row(batch: Any, options: AnnotationOptions) -> Any:
    """Return the row, with an error, of a document that kills its process."""
    rows = [{"id": doc_id, "error": Errors.P021} for doc_id in read_ids(batch, options.id_column)]
    return type(batch).from_pylist(rows, schema=output_schema(options))


@contextmanager
def _processes(n_process: int) -> Iterator[ProcessPoolExecutor]:
    """Start worker processes, and end them when the context ends (at once after an exception). They
    are spawned, because PyTorch's threads and GPU state do not survive a fork."""
    context = get_context("spawn")
    # Nothing is sent through the pipe. Closing the sender tells the processes to end.
    receiver, sender = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(n_process, context, _start_process, (receiver,))
    before = os.environ.get(THREADS)
    # Without a limit, each process would start as many threads as there are cores.
    os.environ.setdefault(THREADS, str(max(1, (os.cpu_count() or 1) // n_process)))
    try:
        yield pool
    except BaseException:
        sender.close()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        sender.close()
        receiver.close()
        if before is None:
            os.environ.pop(THREADS, None)


def _start_process(receiver: Connection) -> None:
    """Set up a worker process. It ignores Ctrl-C, which the parent handles, and ends with the
    parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_wait_for_end, args=(receiver,), daemon=True).start()


def _wait_for_end(receiver: Connection) -> None:
    """End the process when the parent closes the pipe or is killed. Otherwise, the process would
    wait for work forever."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel, receiver])
        os._exit(1)
