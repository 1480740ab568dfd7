"""A pipeline over an archive of any size: files in, shards out."""

import hashlib
import json
import os
import time
import warnings
from contextlib import closing
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from spacy.errors import Errors as SpacyErrors
from spacy.util import get_package_path, is_package

from ..errors import Errors, Warnings, require
from .inputs import digest_files, list_files
from .items import Item, read_items
from .pool import Chunk, Place, annotate_all
from .schema import ID, TEXT, Options
from .shards import FORMATS, OutputFolder, Record, Shard

# A batch's worth of documents that are sorted by length together: so many times `batch_size` bytes.
BUFFER = 16
MOST_DOCS = 500
# A shard of long documents ends before it has `shard_size` of them.
SHARD_BYTES = 2**26

Report = Callable[[int, int, Record], Any]


class Job(NamedTuple):
    """What is to be done.

    src (str): A file, a folder or a pattern: .txt, .jsonl, .csv, .parquet, .spacy.
    out (Path): The folder to write.
    options (Options): The pipeline, and how to run it; its columns are the files'.
    format (str): Of the shards: parquet, jsonl or spacy.
    shard_size (int): Documents of a shard, at most.
    """

    src: str
    out: Path
    options: Options
    format: str = "parquet"
    shard_size: int = 2000


def apply(
    job: Job,
    *,
    n_process: int = 1,
    resume: bool = False,
    report_progress: Report = lambda done, total, totals: None,
) -> Record:
    """Annotate all documents of an input.

    Each document is once in a shard, or once in quarantine with its error, however often the run is
    interrupted and gone on with. Shards and what is in them depend on neither the number of
    processes nor the batch size. Memory depends on these, on `max_length`, on `shard_size`, and on
    the largest .spacy file and Parquet row group; else not on the input. A document that kills its
    process, as one can that needs too much memory, goes to quarantine if there are several.

    job (Job): What is to be done.
    n_process (int): The number of processes.
    resume (bool): Go on after the last finished shard, if there is one.
    report_progress (Report): Gets bytes done, all bytes, and counts.
    RETURNS (Record): Counts of documents, those in quarantine, mentions and relations, and seconds.
    RAISES (ValueError): If there is nothing to read, the folder holds something else or another
        process writes in it, processes die as they begin, or no document could be processed.
    RAISES (OSError): If there is no such pipeline, or a folder of the input can't be read.
    RAISES (ImportError): If Arrow is not installed.
    """
    require("pyarrow", "apply")
    if job.format not in FORMATS:
        raise ValueError(Errors.P014.format(name=job.format, known=", ".join(FORMATS)))
    if n_process > 1 and job.options.gpu_id >= 0:
        warnings.warn(Warnings.W030.format(n=n_process, gpu=job.options.gpu_id), stacklevel=2)
    job = job._replace(options=job.options._replace(docs=job.format == "spacy"))
    with OutputFolder(job.out) as folder:
        return _run(job, folder, n_process, resume, report_progress)


def _run(
    job: Job, folder: OutputFolder, n_process: int, resume: bool, report_progress: Report
) -> Record:
    settings = describe(job)
    last = folder.begin(settings, resume)
    totals = _Totals(last)
    place = Place(*last["next"]) if last else Place()
    size = settings["input"]["bytes"]
    report_progress(place.bytes, size, totals.counts)
    chunks = _chunks(job, place, last["shard"] + 1 if last else 0)
    options = job.options._replace(id_column=ID, text_column=TEXT)
    # If a shard can't be written, the processes are not to go on working for it.
    with closing(annotate_all(chunks, options, n_process)) as results:
        for number, group in groupby(results, key=lambda pair: pair[0].shard):
            with Shard(job.out, number, job.format) as shard:
                for chunk, batch in group:
                    totals.add(_take(shard, chunk, batch))
                    report_progress(chunk.place.bytes, size, totals.counts)
            folder.add(shard, {"shard": number, "next": chunk.place, "totals": totals.counts})
    folder.finish(settings, totals.counts)
    if not totals.counts["documents"]:
        failed = folder.first_failed()
        nothing = Errors.F002.format(path=job.src, expected="documents")
        raise ValueError(Errors.P015.format(**failed) if failed else nothing)
    return totals.counts


class _Totals:
    """Counts over all shards, those of earlier runs too."""

    def __init__(self, last: Optional[Record]):
        """last (Optional[Record]): The line of the last finished shard."""
        zero = {"documents": 0, "quarantined": 0, "mentions": 0, "relations": 0, "seconds": 0.0}
        self.counts: Record = last["totals"] if last else zero
        self._begun = time.monotonic() - self.counts["seconds"]

    def add(self, counts: Dict[str, int]) -> None:
        """counts (Dict[str, int]): Of some documents."""
        for key, value in counts.items():
            self.counts[key] += value
        self.counts["seconds"] = round(time.monotonic() - self._begun, 1)


def describe(job: Job) -> Record:
    """What a run that goes on must have in common with its beginning. The number of processes, the
    batch size and the GPU are free: they change nothing in what is found.

    job (Job): What is to be done.
    RETURNS (Record): Settings, and digests of pipeline and input.
    """
    options = job.options
    return {
        "spacy_clinrel": version("spacy-clinrel"),
        "model": digest_model(options.model),
        "code": _digest([Path(options.code)]) if options.code else None,
        "input": digest_files(job.src, job.out),
        "format": job.format,
        "text": options.text,
        "text_column": options.text_column,
        "id_column": options.id_column,
        "max_length": options.max_length,
        "shard_size": job.shard_size,
    }


def digest_model(name: str) -> Record:
    """What a pipeline is known by.

    name (str): Its name or folder.
    RETURNS (Record): Its name and version, and a digest of all its files.
    RAISES (OSError): If it is neither installed nor a folder.
    """
    if not Path(name).exists() and not is_package(name):
        raise OSError(SpacyErrors.E050.format(name=name))
    path = Path(name) if Path(name).exists() else get_package_path(name)
    files = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix != ".pyc")
    metas = sorted(path.rglob("meta.json"))
    if not metas:
        raise OSError(SpacyErrors.E053.format(name="meta.json", path=path))
    about = "{lang}_{name}-{version}".format(**json.loads(metas[0].read_bytes()))
    return {"name": about, "sha256": _digest(files, path)}


def _digest(files: List[Path], root: Optional[Path] = None) -> str:
    digest = hashlib.sha256()
    for path in files:
        digest.update(os.fsencode(path.relative_to(root or path.parent)) + b"\0")
        with path.open("rb") as file:
            while part := file.read(2**20):
                digest.update(part)
    return digest.hexdigest()


def _chunks(job: Job, start: Place, shard: int) -> Iterator[Chunk]:
    """Documents as they travel. A shard's bounds depend on the input and `shard_size` alone."""
    items: List[Item] = []
    size = shard_docs = shard_bytes = 0
    for item, place in _stream(job, start):
        items.append(item)
        size += len(item.text or b"")
        shard_docs += 1
        shard_bytes += len(item.text or b"")
        is_last = shard_docs >= job.shard_size or shard_bytes >= SHARD_BYTES
        if is_last or len(items) >= MOST_DOCS or size >= BUFFER * job.options.batch_size:
            yield _chunk(items, shard, place)
            items, size = [], 0
        if is_last:
            shard += 1
            shard_docs = shard_bytes = 0
    if items:
        yield _chunk(items, shard, place)


def _stream(job: Job, start: Place) -> Iterator[Tuple[Item, Place]]:
    """Documents from a place on, each with the place after it."""
    before = 0
    for number, file in enumerate(list_files(job.src, job.out)):
        if number >= start.file:
            skip = start.items if number == start.file else 0
            for count, item in enumerate(read_items(file, job.options), start=1):
                if count > skip:
                    yield item, Place(number, count, before + item.position)
        before += file.size


def _chunk(items: List[Item], shard: int, place: Place) -> Chunk:
    pa = require("pyarrow", "apply")
    ids = pa.array([item.doc_id for item in items], pa.string())
    texts = pa.array([item.text for item in items], pa.large_binary())
    batch = pa.RecordBatch.from_arrays([ids, texts], names=[ID, TEXT])
    return Chunk(tuple(item._replace(text=None) for item in items), batch, shard, place)


def _take(shard: Shard, chunk: Chunk, batch: Any) -> Dict[str, int]:
    """Put documents into a shard, those with errors aside. RETURNS counts."""
    pa, compute = require("pyarrow", "apply"), require("pyarrow.compute", "apply")
    errors = [
        item.error or error for item, error in zip(chunk.items, batch.column("error").to_pylist())
    ]
    shard.failed += [
        {"id": item.doc_id, "source": item.source, "error": error}
        for item, error in zip(chunk.items, errors)
        if error
    ]
    good = batch.filter(pa.array([not error for error in errors], pa.bool_()))
    good = good.select([name for name in good.schema.names if name != "error"])
    shard.write(good)
    counts = {"documents": len(good), "quarantined": len(batch) - len(good)}
    for name in ("mentions", "relations"):
        counts[name] = compute.sum(compute.list_value_length(good.column(name))).as_py() or 0
    return counts
