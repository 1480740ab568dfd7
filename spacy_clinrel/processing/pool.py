"""Batches through one process or several, in their order."""

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
from .annotate import annotate
from .items import Item
from .schema import Options, output_schema, read_ids

# Batches that wait for a process or for their turn, of each process.
AHEAD = 4
THREADS = "OMP_NUM_THREADS"


class Place(NamedTuple):
    """A place in the input.

    file (int): The number of the file, from 0.
    items (int): How many documents of it lie before.
    bytes (int): About how many bytes of the whole input do.
    """

    file: int = 0
    items: int = 0
    bytes: int = 0


class Chunk(NamedTuple):
    """Documents that travel together.

    items (Tuple[Item, ...]): What is known of them, without their texts.
    batch (pyarrow.RecordBatch): Their ids and texts.
    shard (int): The number of their shard.
    place (Place): Where to read on after them.
    """

    items: Tuple[Item, ...]
    batch: Any
    shard: int
    place: Place


Results = Generator[Tuple[Chunk, Any], None, None]


def annotate_all(chunks: Iterable[Chunk], options: Options, n_process: int) -> Results:
    """Annotate batches. No more of them are read than the processes are about to need. If a process
    dies, the documents that it may have died of are given to one alone, and those that kill it have
    an error.

    chunks (Iterable[Chunk]): The batches.
    options (Options): How to annotate; its columns are the batches'.
    n_process (int): The number of processes; 1 to work in this one.
    YIELDS (Tuple[Chunk, RecordBatch]): Each batch as it was and annotated, in the same order.
    RAISES (ValueError): If processes die as they load the pipeline.
    """
    if n_process == 1:
        for chunk in chunks:
            yield chunk, annotate(chunk.batch, options)
        return
    left = iter(chunks)
    waiting: Deque[Tuple[Chunk, Future]] = deque()
    while True:
        with suppress(BrokenProcessPool), _processes(n_process) as pool:
            for chunk in left:
                waiting.append((chunk, _submit(pool, chunk.batch, options)))
                if len(waiting) >= AHEAD * n_process:
                    yield _next(waiting)
            while waiting:
                yield _next(waiting)
            return
        yield from _one_by_one(waiting, options)


def _submit(pool: ProcessPoolExecutor, batch: Any, options: Options) -> Future:
    try:
        return pool.submit(annotate, batch, options)
    except BrokenProcessPool as error:
        future: Future = Future()
        future.set_exception(error)
        return future


def _next(waiting: Deque[Tuple[Chunk, Future]]) -> Tuple[Chunk, Any]:
    chunk, future = waiting[0]
    found = future.result()
    waiting.popleft()
    return chunk, found


def _one_by_one(waiting: Deque[Tuple[Chunk, Future]], options: Options) -> Results:
    """What was not finished when a process died."""
    with _Alone(options) as alone:
        while waiting:
            try:
                yield _next(waiting)
            except (BrokenProcessPool, CancelledError):
                chunk, _ = waiting.popleft()
                yield chunk, alone.annotate(chunk.batch)


class _Alone:
    """A process that works by itself on a batch at a time. When it dies there is a new one."""

    def __init__(self, options: Options):
        """options (Options): How to annotate."""
        self.options = options
        self._stack = ExitStack()
        self._pool: Optional[ProcessPoolExecutor] = None

    def __enter__(self) -> "_Alone":
        return self

    def __exit__(self, *problem: Any) -> None:
        self._stack.__exit__(*problem)

    def annotate(self, batch: Any) -> Any:
        """batch (pyarrow.RecordBatch): Documents.
        RETURNS (RecordBatch): The same annotated. Those that killed the process have an error.
        RAISES (ValueError): If it dies before it has any.
        """
        pa = require("pyarrow", "apply")
        parts = self._halved(batch)
        (found,) = pa.Table.from_batches(parts).combine_chunks().to_batches()
        return found

    def _halved(self, batch: Any) -> List[Any]:
        try:
            return [self._begun(batch).submit(annotate, batch, self.options).result()]
        except BrokenProcessPool:
            self._stack.close()
            self._pool = None
        if len(batch) == 1:
            return [_dead(batch, self.options)]
        half = len(batch) // 2
        return self._halved(batch.slice(0, half)) + self._halved(batch.slice(half))

    def _begun(self, batch: Any) -> ProcessPoolExecutor:
        """The process, with its pipeline loaded: what it dies of from now on is a document."""
        if self._pool is None:
            pool = self._stack.enter_context(_processes(1))
            try:
                pool.submit(annotate, batch.slice(0, 0), self.options).result()
            except BrokenProcessPool as error:
                raise ValueError(Errors.P013) from error
            self._pool = pool
        return self._pool


def _dead(batch: Any, options: Options) -> Any:
    """The row of a document that kills its process."""
    rows = [{"id": doc_id, "error": Errors.P021} for doc_id in read_ids(batch, options.id_column)]
    return type(batch).from_pylist(rows, schema=output_schema(options))


@contextmanager
def _processes(n_process: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that are started anew: neither PyTorch's threads nor a GPU survive a fork. They end
    with this context, at once if it is left by an exception."""
    context = get_context("spawn")
    # Nothing is ever sent: it is the end of it that tells the processes to end.
    receiver, sender = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(n_process, context, _begin, (receiver,))
    before = os.environ.get(THREADS)
    # Several processes with as many threads each as there are cores are far slower than with one.
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


def _begin(receiver: Connection) -> None:
    """What a process does first: it leaves Ctrl-C to its parent, and ends when that does or wants
    it to."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_when_told, args=(receiver,), daemon=True).start()


def _end_when_told(receiver: Connection) -> None:
    """A process whose parent was killed would wait for work forever."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel, receiver])
        os._exit(1)
