"""Batches through one process or several, in their order."""

import os
import signal
import threading
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from typing import Any, Deque, Iterable, Iterator, NamedTuple, Tuple

from ..errors import Errors
from .annotate import annotate
from .inputs import Item
from .schema import Options

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


def annotate_all(
    chunks: Iterable[Chunk], options: Options, n_process: int
) -> Iterator[Tuple[Chunk, Any]]:
    """Annotate batches. No more of them are read than the processes are about to need.

    chunks (Iterable[Chunk]): The batches.
    options (Options): How to annotate.
    n_process (int): The number of processes; 1 to work in this one.
    YIELDS (Tuple[Chunk, RecordBatch]): Each batch as it was and annotated, in the same order.
    RAISES (ValueError): If a process dies.
    """
    if n_process == 1:
        for chunk in chunks:
            yield chunk, annotate(chunk.batch, options)
        return
    waiting: Deque[Tuple[Chunk, Future]] = deque()
    try:
        with _processes(n_process) as pool:
            for chunk in chunks:
                waiting.append((chunk, pool.submit(annotate, chunk.batch, options)))
                if len(waiting) >= AHEAD * n_process:
                    yield _next(waiting)
            while waiting:
                yield _next(waiting)
    except BrokenProcessPool as error:
        sources = [item.source for chunk, _ in waiting for item in chunk.items] or ["?"]
        raise ValueError(Errors.P013.format(first=sources[0], last=sources[-1])) from error


def _next(waiting: Deque[Tuple[Chunk, Future]]) -> Tuple[Chunk, Any]:
    chunk, future = waiting[0]
    found = future.result()
    waiting.popleft()
    return chunk, found


@contextmanager
def _processes(n_process: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that are started anew: neither PyTorch's threads nor a GPU survive a fork."""
    pool = ProcessPoolExecutor(n_process, get_context("spawn"), _begin)
    before = os.environ.get(THREADS)
    # Several processes with as many threads each as there are cores are far slower than with one.
    os.environ.setdefault(THREADS, str(max(1, (os.cpu_count() or 1) // n_process)))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        if before is None:
            os.environ.pop(THREADS, None)


def _begin() -> None:
    """What a process does first: it leaves Ctrl-C to its parent, and ends when that does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for work forever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
