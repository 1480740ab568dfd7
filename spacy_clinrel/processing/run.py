"""Annotation of an archive of any size: reads files and writes shards."""

import os
import warnings
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Callable, Iterator, Optional, Sequence, Tuple, Union

from ..errors import Errors, Warnings, require
from ..files import check_encoding, is_not_utf8
from ..reading.inputs import digest_files, list_files
from ..reading.texts import EncodingDoubts
from .annotation import load_pipeline
from .changes import InputChanges, writing_entries
from .folder import OutputFolder
from .pool import Position, resolve_attributes
from .records import Record
from .schema import ID, TEXT, AnnotationOptions, one_line
from .settings import Job, run_settings
from .shards import FORMATS, INPUTS, QUARANTINE
from .stream import make_chunks, read_input, read_quarantined
from .writing import Counts, ReportProgress, Totals, write_shards


def apply(
    model: Union[str, Path],
    source: Union[str, Path],
    output: Union[str, Path],
    *,
    format: str = "parquet",
    text_column: str = TEXT,
    id_column: str = ID,
    include_text: bool = True,
    batch_size: int = 20_000,
    max_length: int = 100_000,
    shard_size: int = 2000,
    n_process: int = 1,
    resume: bool = False,
    retry_quarantined: bool = False,
    attributes: Sequence[str] = (),
    encoding: Optional[str] = None,
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
    include_text (bool): Whether to write the texts too (parquet and jsonl only). Without them, the
        other commands cannot read the output.
    batch_size (int): Maximum number of padded characters in a model call: number of documents times
        length of the longest document.
    max_length (int): Maximum number of characters of a document. Longer documents are quarantined.
    shard_size (int): Maximum number of documents in a shard.
    n_process (int): Number of processes.
    resume (bool): Whether to resume an interrupted run after its last finished shard.
    retry_quarantined (bool): Whether to annotate only the documents in quarantine again, e.g. with
        a higher `max_length` or a repaired pipeline. Annotated documents are written to additional
        shards and leave the quarantine. An interrupted retry is continued.
    attributes (Sequence[str]): Names of custom attributes of entities to write, e.g. "negex" for
        `span._.negex` of negspaCy. Components of the pipeline must register them. The assertion
        attributes of this package are always written.
    encoding (Optional[str]): Encoding of .txt, .jsonl and .csv files, e.g. "gb18030". None detects
        UTF-8 and UTF-16 for each file and refuses other files.
    code (Optional[Union[str, Path]]): Python file with functions that the pipeline needs.
    gpu_id (int): The GPU, or -1 for the CPU.
    report_progress (Optional[ReportProgress]): Called after each chunk of documents with the number
        of bytes read, the total number of bytes, and the counts.
    RETURNS (Counts): Counts of documents, mentions and relations.
    RAISES (ValueError): If there is nothing to read, the folder contains other files, another
        process writes to it, an attribute is not registered, processes die while they load the
        pipeline, or no document could be processed.
    RAISES (OSError): If the pipeline does not exist.
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
        encoding=check_encoding(encoding),
    )
    job = Job(str(source), Path(output), options, format, shard_size)
    return run_job(
        job,
        n_process=n_process,
        resume=resume,
        retry_quarantined=retry_quarantined,
        attributes=attributes,
        report_progress=report_progress,
    )


def run_job(
    job: Job,
    *,
    n_process: int = 1,
    resume: bool = False,
    retry_quarantined: bool = False,
    attributes: Sequence[str] = (),
    report_progress: Optional[ReportProgress] = None,
) -> Counts:
    """Annotate all documents of a job. For guarantees and errors, see `apply`.

    job (Job): The job.
    n_process (int): Number of processes.
    resume (bool): Whether to resume an interrupted run after its last finished shard.
    retry_quarantined (bool): Whether to annotate only the documents in quarantine again, e.g. with
        a higher `max_length` or a repaired pipeline. Annotated documents are written to additional
        shards and leave the quarantine. An interrupted retry is continued.
    attributes (Sequence[str]): Names of custom attributes of entities to write, e.g. "negex" for
        `span._.negex` of negspaCy. Components of the pipeline must register them. The assertion
        attributes of this package are always written.
    report_progress (Optional[ReportProgress]): As in `apply`.
    RETURNS (Counts): Counts of documents, mentions and relations.
    """
    require("pyarrow", "apply")
    if job.format not in FORMATS:
        raise ValueError(Errors.P014.format(name=job.format, known=", ".join(FORMATS)))
    if n_process > 1 and job.options.gpu_id >= 0:
        warnings.warn(Warnings.W030.format(n=n_process, gpu=job.options.gpu_id), stacklevel=3)
    job = job._replace(options=job.options._replace(include_doc=job.format == "spacy"))
    # The folder of the pipeline may have been replaced since an earlier run in this process.
    load_pipeline.cache_clear()
    report_progress = report_progress or _ignore_progress
    with OutputFolder(job.output) as folder:
        if retry_quarantined and not folder.has_run():
            raise ValueError(Errors.P034.format(path=job.output))
        if attributes:
            found = resolve_attributes(job.options, attributes, n_process)
            job = job._replace(options=job.options._replace(attributes=found))
        if retry_quarantined:
            return _retry(job, folder, n_process, report_progress)
        return _run(job, folder, n_process, resume, report_progress)


def count_not_utf8(output: Path) -> int:
    """Count the files in quarantine that another encoding may read.

    output (Path): The folder that `apply` wrote.
    RETURNS (int): The number of files that are neither UTF-8 nor UTF-16.
    """
    records = OutputFolder(output).read_quarantine()
    return sum(is_not_utf8(record["error"]) for record in records)


def _ignore_progress(done: int, total: int, counts: Counts) -> None:
    pass


def _with_size(report_progress: ReportProgress, size: int) -> Callable[[int, Counts], Any]:
    def report(done: int, counts: Counts) -> None:
        report_progress(done, size, counts)

    return report


@contextmanager
def _recorded_inputs(job: Job, folder: OutputFolder) -> Iterator[Tuple[Record, InputChanges]]:
    """Lock the output folder and list the input files.

    YIELDS (Tuple[Record, InputChanges]): The settings of the run, and the changes of the input
        since the run began. The list of the files is stored when the context ends without an
        exception.
    """
    settings = run_settings(job)
    find_files = partial(list_files, job.source, job.output)
    next(find_files())  # report a missing input before the folder is created
    folder.lock()
    draft = job.output / f".{INPUTS}.{os.getpid()}.tmp"
    try:
        with writing_entries(draft) as write:
            settings["input"] = digest_files(job.source, job.output, write)
        yield settings, InputChanges(job.output / INPUTS, find_files)
        os.replace(draft, job.output / INPUTS)
    finally:
        draft.unlink(missing_ok=True)


def _run(
    job: Job, folder: OutputFolder, n_process: int, resume: bool, report_progress: ReportProgress
) -> Counts:
    with _recorded_inputs(job, folder) as (settings, inputs):
        last = folder.start(settings, resume, inputs.find)
    totals = Totals(last)
    start = Position(*last["next"]) if last else Position()
    size = settings["input"]["bytes"]
    report_progress(start.bytes, size, totals.counts)
    doubts = EncodingDoubts(settings["model"]["name"].partition("_")[0])
    items = read_input(inputs.watch(), start, job.options, doubts)
    chunks = make_chunks(items, job, last["shard"] + 1 if last else 0)
    report = _with_size(report_progress, size)
    write_shards(job, chunks, totals, n_process, folder.add, report)
    doubts.warn()
    folder.finish(settings, totals.counts, inputs.report())
    if not totals.counts["documents"]:
        raise ValueError(_describe_failure(folder.first_failed(), job.source))
    return totals.counts


def _describe_failure(failed: Optional[Record], source: str) -> str:
    """Return the message for a run without annotated documents."""
    if failed is None:
        return Errors.F002.format(path=source, expected="documents")
    error = failed["error"]
    if not error.startswith("["):
        # Messages of other packages can quote the text of the document.
        error = Errors.P040.format(type=error.partition(":")[0], path=QUARANTINE)
    return Errors.P015.format(source=one_line(failed["source"]), error=error)


def _retry(
    job: Job, folder: OutputFolder, n_process: int, report_progress: ReportProgress
) -> Counts:
    with _recorded_inputs(job, folder) as (settings, inputs):
        state = folder.start_retry(settings, inputs.find)
    if not state.quarantined:
        return Totals(state.run).counts
    changed = folder.changed_settings(settings)
    totals = Totals(state.retry or state.run)
    start = Position(*state.retry["next"]) if state.retry else Position()
    size = settings["input"]["bytes"]
    report_progress(start.bytes, size, totals.counts)
    items = read_quarantined(inputs.watch(), start, job.options, folder.read_quarantine())
    report = _with_size(report_progress, size)
    add = partial(folder.add_retried, state=state, settings=changed)
    write_shards(job, make_chunks(items, job, state.next_shard), totals, n_process, add, report)
    totals.counts["quarantined"] = folder.count_failed(state)
    folder.finish_retry(state, changed, totals.counts)
    inputs.report()
    return totals.counts
