"""Annotation of an archive of any size: reads files and writes shards."""

import time
import warnings
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any, Callable, Iterator, List, Optional, Tuple, TypedDict, Union

from ..errors import Errors, Warnings, require
from .documents import InputDocument, read_documents
from .inputs import list_files
from .pool import Chunk, Position, annotate_all
from .schema import ID, TEXT, AnnotationOptions
from .settings import Job, run_settings
from .shards import FORMATS, OutputFolder, Record, Shard

# Size of a chunk, as a multiple of `batch_size` in bytes. Documents are sorted by length within a
# chunk.
CHUNK_BATCHES = 16
MAX_CHUNK_DOCS = 500
# Maximum size of a shard. A shard of long documents can have fewer than `shard_size` documents.
MAX_SHARD_BYTES = 2**26


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


def apply(
    model: Union[str, Path],
    source: Union[str, Path],
    output: Union[str, Path],
    *,
    format: str = "parquet",
    text_column: str = TEXT,
    id_column: str = ID,
    include_text: bool = False,
    batch_size: int = 20_000,
    max_length: int = 100_000,
    shard_size: int = 2000,
    n_process: int = 1,
    resume: bool = False,
    code: Optional[Union[str, Path]] = None,
    gpu_id: int = -1,
    report_progress: Optional[ReportProgress] = None,
) -> Counts:
    """Annotate all documents of an archive and write them to a folder.

    Each document is written exactly once, to a shard or with its error to quarantine, however often
    the run is interrupted and resumed. The number of processes and the batch size do not change the
    shards. Memory depends on these two settings, on `max_length`, on `shard_size`, and on the
    largest .spacy file and Parquet row group, but not on the size of the archive. With several
    processes, a document that kills its process, e.g. because memory runs out, is quarantined.

    model (Union[str, Path]): Package name or folder of the pipeline.
    source (Union[str, Path]): A file, a folder (searched with its subfolders) or a pattern, e.g.
        "notes/*.csv": .txt (one document each), .jsonl, .csv, .parquet, .spacy.
    output (Union[str, Path]): The folder to write. It contains part-000000.parquet etc., with the
        columns of `output_schema` except `error`, and _quarantine.jsonl.
    format (str): Format of the shards: "parquet", "jsonl" or "spacy".
    text_column (str): Column or key of the texts.
    id_column (str): Column or key of the document ids. If it is "id" and missing, file name and
        line are used as ids.
    include_text (bool): Whether to write the texts too (parquet and jsonl only).
    batch_size (int): Maximum number of padded characters in a model call: number of documents times
        length of the longest document.
    max_length (int): Maximum number of characters of a document. Longer documents are quarantined.
    shard_size (int): Maximum number of documents in a shard.
    n_process (int): Number of processes.
    resume (bool): Whether to resume an interrupted run after its last finished shard.
    code (Optional[Union[str, Path]]): Python file with functions that the pipeline needs.
    gpu_id (int): The GPU, or -1 for the CPU.
    report_progress (Optional[ReportProgress]): Called after each chunk of documents with the number
        of bytes read, the total number of bytes, and the counts.
    RETURNS (Counts): Counts of documents, mentions and relations.
    RAISES (ValueError): If there is nothing to read, the folder contains other files, another
        process writes to it, processes die while they load the pipeline, or no document could be
        processed.
    RAISES (OSError): If the pipeline does not exist, or a folder of the source can't be read.
    RAISES (ImportError): If pyarrow is not installed.
    """
    options = AnnotationOptions(
        str(model),
        batch_size,
        max_length,
        include_text,
        gpu_id=gpu_id,
        code=None if code is None else str(code),
        id_column=id_column,
        text_column=text_column,
    )
    job = Job(str(source), Path(output), options, format, shard_size)
    return run_job(job, n_process=n_process, resume=resume, report_progress=report_progress)


def run_job(
    job: Job,
    *,
    n_process: int = 1,
    resume: bool = False,
    report_progress: Optional[ReportProgress] = None,
) -> Counts:
    """Annotate all documents of a job. For guarantees and errors, see `apply`.

    job (Job): The job.
    n_process (int): Number of processes.
    resume (bool): Whether to resume an interrupted run after its last finished shard.
    report_progress (Optional[ReportProgress]): As in `apply`.
    RETURNS (Counts): Counts of documents, mentions and relations.
    """
    require("pyarrow", "apply")
    if job.format not in FORMATS:
        raise ValueError(Errors.P014.format(name=job.format, known=", ".join(FORMATS)))
    if n_process > 1 and job.options.gpu_id >= 0:
        warnings.warn(Warnings.W030.format(n=n_process, gpu=job.options.gpu_id), stacklevel=3)
    job = job._replace(options=job.options._replace(include_doc=job.format == "spacy"))
    with OutputFolder(job.output) as folder:
        return _run(job, folder, n_process, resume, report_progress or _ignore_progress)


def _ignore_progress(done: int, total: int, counts: Counts) -> None:
    pass


def _run(
    job: Job, folder: OutputFolder, n_process: int, resume: bool, report_progress: ReportProgress
) -> Counts:
    settings = run_settings(job)
    last = folder.start(settings, resume)
    totals = _Totals(last)
    start = Position(*last["next"]) if last else Position()
    size = settings["input"]["bytes"]
    report_progress(start.bytes, size, totals.counts)
    chunks = _chunks(job, start, last["shard"] + 1 if last else 0)
    options = job.options._replace(id_column=ID, text_column=TEXT)
    # `closing` stops the processes if a shard can't be written.
    with closing(annotate_all(chunks, options, n_process)) as results:
        for number, group in groupby(results, key=lambda pair: pair[0].shard):
            with Shard(job.output, number, job.format) as shard:
                for chunk, batch in group:
                    totals.add(_write(shard, chunk, batch))
                    report_progress(chunk.end.bytes, size, totals.counts)
            folder.add(shard, {"shard": number, "next": chunk.end, "totals": totals.counts})
    folder.finish(settings, totals.counts)
    if not totals.counts["documents"]:
        failed = folder.first_failed()
        nothing = Errors.F002.format(path=job.source, expected="documents")
        raise ValueError(Errors.P015.format(**failed) if failed else nothing)
    return totals.counts


class _Totals:
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


def _chunks(job: Job, start: Position, shard: int) -> Iterator[Chunk]:
    """Yield chunks of documents. Shard boundaries depend only on the input and `shard_size`."""
    documents: List[InputDocument] = []
    size = shard_docs = shard_bytes = 0
    for document, end in _stream(job, start):
        documents.append(document)
        size += len(document.text or b"")
        shard_docs += 1
        shard_bytes += len(document.text or b"")
        is_shard_full = shard_docs >= job.shard_size or shard_bytes >= MAX_SHARD_BYTES
        is_chunk_full = (
            len(documents) >= MAX_CHUNK_DOCS or size >= CHUNK_BATCHES * job.options.batch_size
        )
        if is_shard_full or is_chunk_full:
            yield _chunk(documents, shard, end)
            documents, size = [], 0
        if is_shard_full:
            shard += 1
            shard_docs = shard_bytes = 0
    if documents:
        yield _chunk(documents, shard, end)


def _stream(job: Job, start: Position) -> Iterator[Tuple[InputDocument, Position]]:
    """Yield the documents after a position, each with the position after it."""
    bytes_before = 0
    for number, file in enumerate(list_files(job.source, job.output)):
        if number >= start.file:
            skip = start.documents if number == start.file else 0
            for count, document in enumerate(read_documents(file, job.options), start=1):
                if count > skip:
                    yield document, Position(number, count, bytes_before + document.position)
        bytes_before += file.size


def _chunk(documents: List[InputDocument], shard: int, end: Position) -> Chunk:
    pa = require("pyarrow", "apply")
    ids = pa.array([document.doc_id for document in documents], pa.string())
    texts = pa.array([document.text for document in documents], pa.large_binary())
    batch = pa.RecordBatch.from_arrays([ids, texts], names=[ID, TEXT])
    without_texts = tuple(document._replace(text=None) for document in documents)
    return Chunk(without_texts, batch, shard, end)


def _write(shard: Shard, chunk: Chunk, batch: Any) -> Counts:
    """Write annotated documents to a shard and collect documents with errors. Return the counts."""
    pa, compute = require("pyarrow", "apply"), require("pyarrow.compute", "apply")
    errors = [
        document.error or error
        for document, error in zip(chunk.documents, batch.column("error").to_pylist())
    ]
    shard.failed += [
        {"id": document.doc_id, "source": document.source, "error": error}
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
