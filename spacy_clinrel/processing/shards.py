"""The folder that is written: shards, a list of them, and what could not be processed.

Its own files begin with _, so that Arrow, pandas and Spark read the folder as one table:

_manifest.json     what the run was begun with, and its totals when it is finished
_shards.jsonl      a line for each finished shard, with where to read on after it
_quarantine.jsonl  id, source and error of each document that could not be processed
part-000000.parquet
"""

import json
import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

import srsly
from spacy.tokens import DocBin

from ..errors import Errors, require
from ..files import locked_folder, replacing, write_json

MANIFEST = "_manifest.json"
SHARDS = "_shards.jsonl"
QUARANTINE = "_quarantine.jsonl"

Record = Dict[str, Any]
Write = Callable[[Any], Any]


@contextmanager
def _parquet_shard(path: Path, schema: Any) -> Iterator[Write]:
    with require("pyarrow.parquet", "apply").ParquetWriter(path, schema) as writer:
        yield writer.write_batch


@contextmanager
def _jsonl_shard(path: Path, schema: Any) -> Iterator[Write]:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        # Not srsly's, which rounds scores to nine digits and writes Chinese as escapes.
        yield lambda batch: file.writelines(
            json.dumps(row, ensure_ascii=False) + "\n" for row in batch.to_pylist()
        )


@contextmanager
def _spacy_shard(path: Path, schema: Any) -> Iterator[Write]:
    docs = DocBin()

    def write(batch: Any) -> None:
        for data in batch.column("doc").to_pylist():
            docs.merge(DocBin().from_bytes(data))

    yield write
    docs.to_disk(path)


FORMATS = {"parquet": _parquet_shard, "jsonl": _jsonl_shard, "spacy": _spacy_shard}


class Shard:
    """A shard that is being written. Its file is there when it is finished, not before, and not at
    all where no document could be processed."""

    def __init__(self, folder: Path, number: int, format: str):
        """folder (Path): The folder.
        number (int): The shard's number.
        format (str): A name of FORMATS.
        """
        self.path = folder / f"part-{number:06}.{format}"
        self.format = format
        self.failed: List[Record] = []
        self.count = 0
        self._files = ExitStack()
        self._write: Optional[Write] = None

    def __enter__(self) -> "Shard":
        return self

    def __exit__(self, *problem: Any) -> None:
        self._files.__exit__(*problem)

    def write(self, batch: Any) -> None:
        """batch (pyarrow.RecordBatch): Some of its documents, none of them with an error."""
        if not len(batch):
            return
        if self._write is None:
            draft = self._files.enter_context(replacing(self.path))
            shard = FORMATS[self.format](draft, batch.schema)
            self._write = self._files.enter_context(shard)
        self._write(batch)
        self.count += len(batch)


class OutputFolder:
    """The folder that is written. As a context, it is this process's alone from its `begin` on."""

    def __init__(self, path: Path):
        """path (Path): The folder.
        RAISES (ValueError): If it can't be one, or holds something else.
        """
        if path.is_file() or path.suffix.lower().lstrip(".") in FORMATS:
            raise ValueError(Errors.P010.format(path=path, formats=", ".join(FORMATS)))
        self.path = path
        if path.is_dir() and not (path / MANIFEST).exists():
            # A run that was killed at once leaves no more than a draft.
            others = set(path.iterdir()) - set(path.glob(f".{MANIFEST}.*.tmp"))
            if others:
                raise ValueError(Errors.P011.format(path=path))
        self._lock = ExitStack()

    def __enter__(self) -> "OutputFolder":
        return self

    def __exit__(self, *problem: Any) -> None:
        self._lock.close()

    def begin(self, settings: Record, resume: bool) -> Optional[Record]:
        """Note what the run is begun with, or see that it goes on with the same, and take away
        what an interrupted run left unfinished.

        settings (Record): All that the documents' annotation depends on.
        resume (bool): Whether to go on where there is something.
        RETURNS (Optional[Record]): The last finished shard's line; None at the beginning.
        RAISES (ValueError): If there is a run that is not to be gone on with, was begun with
            something else or is at work.
        """
        self._lock.enter_context(locked_folder(self.path))
        path = self.path / MANIFEST
        before = self._read_manifest()
        other = [key for key, value in settings.items() if before.get(key) != value]
        if any(self.path.glob("part-*")):
            if not resume:
                raise ValueError(Errors.P011.format(path=self.path))
            if other:
                what = ", ".join(other).replace("_", " ")
                raise ValueError(Errors.P012.format(path=self.path, what=what))
        elif other or not resume:  # nothing is lost
            for name in (SHARDS, QUARANTINE):
                (self.path / name).unlink(missing_ok=True)
            write_json(path, settings)
        for draft in self.path.glob(".*.tmp"):
            draft.unlink()
        last = self._read_last()
        self._cut(QUARANTINE, last["quarantine_bytes"] if last else 0)
        return last

    def _read_manifest(self) -> Record:
        path = self.path / MANIFEST
        try:
            found: Record = dict(srsly.read_json(path)) if path.exists() else {}
        except (TypeError, ValueError) as error:
            raise ValueError(Errors.P022.format(path=path, error=error)) from error
        return found

    def _read_last(self) -> Optional[Record]:
        """The last line of the list. A line that has no end was never finished; what comes after
        one whose shard is gone or cut off is made again."""
        path = self.path / SHARDS
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        last: Optional[Record] = None
        size = 0
        for line in lines:
            record = json.loads(line) if line.endswith(b"\n") else {}
            if not self._is_there(record):
                break
            last = record
            size += len(line)
        self._cut(SHARDS, size)
        return last

    def _is_there(self, record: Record) -> bool:
        """Whether a shard is as its line says, and what is in quarantine is there too."""
        if "file" not in record or self._size(QUARANTINE) < record["quarantine_bytes"]:
            return False
        name = record["file"]
        return name is None or self._size(name) == record.get("bytes")

    def _size(self, name: str) -> int:
        path = self.path / name
        return path.stat().st_size if path.exists() else 0

    def _cut(self, name: str, size: int) -> None:
        with (self.path / name).open("ab") as file:
            file.truncate(size)

    def add(self, shard: Shard, record: Record) -> None:
        """Note a shard that is finished. Its line comes last: without it the shard is made again,
        and what it has in quarantine is taken out.

        shard (Shard): The shard.
        record (Record): More for its line.
        """
        size = self._append(QUARANTINE, shard.failed)
        name = shard.path.name if shard.count else None
        about = {"file": name, "bytes": self._size(shard.path.name) if name else 0}
        self._append(SHARDS, [{**about, **record, "quarantine_bytes": size}])

    def _append(self, name: str, records: List[Record]) -> int:
        with (self.path / name).open("ab") as file:
            lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
            file.write(lines.encode())
            file.flush()
            os.fsync(file.fileno())
            return file.tell()

    def first_failed(self) -> Optional[Record]:
        """RETURNS (Optional[Record]): The first document in quarantine."""
        with (self.path / QUARANTINE).open(encoding="utf-8") as lines:
            return next(map(json.loads, lines), None)

    def finish(self, settings: Record, totals: Record) -> None:
        """Note that all is done.

        settings (Record): As before.
        totals (Record): What was done.
        """
        write_json(self.path / MANIFEST, {**settings, "finished": totals})
