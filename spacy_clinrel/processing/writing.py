"""Writing of annotated documents to shards, and the counts of a run."""

import time
from contextlib import closing
from itertools import groupby
from typing import Any, Callable, Iterable, Optional, TypedDict

from ..errors import require
from .pool import Chunk, annotate_all
from .records import Record
from .schema import ID, TEXT, one_line
from .settings import Job
from .shards import Shard


class Counts(TypedDict):
    """Counts of a run, including the documents that interrupted runs had finished.

    documents (int): Number of annotated documents.
    quarantined (int): Number of documents that could not be processed.
    mentions (int): Number of predicted mentions.
    relations (int): Number of predicted relations.
    seconds (float): Total time, including interrupted runs, in seconds.
    """

    documents: int
    quarantined: int
    mentions: int
    relations: int
    seconds: float


ReportProgress = Callable[[int, int, Counts], Any]


class Totals:
    """The total counts of all shards, including those of interrupted runs."""

    def __init__(self, last: Optional[Record]):
        """Start with the counts of the last finished shard.

        last (Optional[Record]): The record of that shard; None in a new run.
        """
        zero = Counts(documents=0, quarantined=0, mentions=0, relations=0, seconds=0.0)
        self.counts: Counts = last["totals"] if last else zero
        self._start = time.monotonic() - self.counts["seconds"]

    def add(self, counts: Counts) -> None:
        """Add the counts of a chunk, and update the time.

        counts (Counts): Counts of the chunk.
        """
        self.counts["documents"] += counts["documents"]
        self.counts["quarantined"] += counts["quarantined"]
        self.counts["mentions"] += counts["mentions"]
        self.counts["relations"] += counts["relations"]
        self.counts["seconds"] = round(time.monotonic() - self._start, 1)


def write_shards(
    job: Job,
    chunks: Iterable[Chunk],
    totals: Totals,
    n_process: int,
    add: Callable[[Shard, Record], Any],
    report_progress: Callable[[int, Counts], Any],
) -> None:
    """Annotate chunks of documents and write them to shards.

    job (Job): The job.
    chunks (Iterable[Chunk]): The chunks.
    totals (Totals): The counts, which are updated.
    n_process (int): Number of processes.
    add (Callable[[Shard, Record], Any]): Called with each finished shard and its record.
    report_progress (Callable[[int, Counts], Any]): Called after each chunk with the input position
        in bytes and the counts.
    """
    options = job.options._replace(id_column=ID, text_column=TEXT)
    # `closing` stops the processes if a shard can't be written.
    with closing(annotate_all(chunks, options, n_process)) as results:
        for number, group in groupby(results, key=lambda pair: pair[0].shard):
            with Shard(job.output, number, job.format) as shard:
                for chunk, batch in group:
                    totals.add(_write(shard, chunk, batch))
                    report_progress(chunk.end.bytes, totals.counts)
            add(shard, {"shard": number, "next": chunk.end, "totals": totals.counts})


def _write(shard: Shard, chunk: Chunk, batch: Any) -> Counts:
    """Write annotated documents to a shard and collect documents with errors. Return the counts."""
    pa, compute = require("pyarrow", "apply"), require("pyarrow.compute", "apply")
    errors = [
        one_line(document.error or error or "")
        for document, error in zip(chunk.documents, batch.column("error").to_pylist())
    ]
    shard.failed += [
        {
            "id": document.doc_id,
            "source": document.source,
            "error": error,
            "file": document.file,
            "lines": document.lines,
        }
        for document, error in zip(chunk.documents, errors)
        if error
    ]
    good = batch.filter(pa.array([not error for error in errors], pa.bool_()))
    good = good.select([name for name in good.schema.names if name != "error"])
    shard.write(good)
    return Counts(
        documents=len(good),
        quarantined=len(batch) - len(good),
        mentions=compute.sum(compute.list_value_length(good.column("mentions"))).as_py() or 0,
        relations=compute.sum(compute.list_value_length(good.column("relations"))).as_py() or 0,
        seconds=0.0,
    )
