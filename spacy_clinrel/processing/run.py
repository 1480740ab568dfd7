"""A pipeline over an archive of any size: files in, shards out."""

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

# Documents are sorted by length within chunks of this many times `batch_size` bytes.
CHUNK_BATCHES = 16
MAX_CHUNK_DOCS = 500
# A shard of long documents ends before it has `shard_size` of them.
MAX_SHARD_BYTES = 2**26


class Counts(TypedDict):
    """Counts of a run, including what earlier runs finished before they were interrupted.

    documents (int): Annotated documents.
    quarantined (int): Documents that could not be processed.
    mentions (int): Predicted mentions.
    relations (int): Predicted relations.
    seconds (float): Time of all runs.
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

    Each document ends up exactly once in a shard, or once in quarantine with its error, however
    often the run is interrupted and resumed. Neither the number of processes nor the batch size
    changes the shards. Memory depends on both, on `max_length`, on `shard_size`, and on the largest
    .spacy file and Parquet row group, but not on the size of the archive. With several processes, a
    document that kills its process, e.g. for lack of memory, goes to quarantine.

    model (Union[str, Path]): Package name or folder of the pipeline.
    source (Union[str, Path]): A file, a folder (searched with its subfolders) or a pattern, e.g.
        "notes/*.csv": .txt (one document each), .jsonl, .csv, .parquet, .spacy.
    output (Union[str, Path]): The folder to write: part-000000.parquet and so on, with the columns
        of `output_schema` except error; and _quarantine.jsonl.
    format (str): Format of the shards: "parquet", "jsonl" or "spacy".
    text_column (str): Column or key of the texts.
    id_column (str): Column or key of the document ids. Without a column "id", file name and line
        are the id.
    include_text (bool): Write the texts too, to parquet and jsonl.
    batch_size (int): Padded characters of a model call: the number of documents times the length
        of the longest.
    max_length (int): Maximum number of characters of a document. Longer ones go to quarantine.
    shard_size (int): Maximum number of documents of a shard.
    n_process (int): Number of processes.
    resume (bool): Continue an interrupted run after its last finished shard.
    code (Optional[Union[str, Path]]): Python file with functions that the pipeline needs.
    gpu_id (int): The GPU, or -1 for the CPU.
    report_progress (Optional[ReportProgress]): Called after each chunk of documents with the bytes
        read, the bytes of all files, and the counts.
    RETURNS (Counts): Counts of documents, mentions and relations.
    RAISES (ValueError): If there is nothing to read, the folder holds other files, another process
        writes to it, processes die while they load the pipeline, or no document could be processed.
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
    """Run a job. See `apply` for what it guarantees and raises.

    job (Job): The job.
    n_process (int): Number of processes.
    resume (bool): Continue an interrupted run after its last finished shard.
    report_progress (Optional[ReportProgress]): As for `apply`.
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
    """Counts over all shards, including those of interrupted runs."""

    def __init__(self, last: Optional[Record]):
        """last (Optional[Record]): The record of the last finished shard."""
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
    """Group documents into chunks. Shard boundaries depend only on the input and `shard_size`."""
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
    """Read the documents after a position, each with the position behind it."""
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
    """Write annotated documents to a shard, and collect those with errors. RETURNS counts."""
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
