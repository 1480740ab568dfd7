"""The output folder of `apply`. Names of files that are not shards begin with _ or ., so that
Arrow, pandas and Spark can read the folder as one table:

_manifest.json     settings of the run, and counts once it is finished
_shards.jsonl      a line per finished shard, with the input position after it
_quarantine.jsonl  id, source and error of each document that could not be processed
part-000000.parquet
"""

import json
import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional

import srsly
from spacy.tokens import DocBin

from ..errors import Errors, require
from ..files import LOCK_FILE, locked_folder, replacing, write_json

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
        # Not srsly.write_jsonl, which rounds scores to nine digits and escapes Chinese characters.
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
    """A shard that is being written. The file appears when the context ends without an exception.
    If no document could be processed, there is no file."""

    def __init__(self, folder: Path, number: int, format: str):
        """Set the path and format of the shard.

        folder (Path): The output folder.
        number (int): The number of the shard.
        format (str): A key of `FORMATS`.
        """
        self.path = folder / f"part-{number:06}.{format}"
        self.format = format
        self.failed: List[Record] = []
        self.count = 0
        self._files = ExitStack()
        self._write: Optional[Write] = None

    def __enter__(self) -> "Shard":
        return self

    def __exit__(self, *exception: Any) -> None:
        self._files.__exit__(*exception)

    def write(self, batch: Any) -> None:
        """Append annotated documents.

        batch (pyarrow.RecordBatch): Documents without errors.
        """
        if not len(batch):
            return
        if self._write is None:
            draft = self._files.enter_context(replacing(self.path))
            shard = FORMATS[self.format](draft, batch.schema)
            self._write = self._files.enter_context(shard)
        self._write(batch)
        self.count += len(batch)


class OutputFolder:
    """The output folder. `start` locks it until the context ends."""

    def __init__(self, path: Path):
        """Check that a path can be used as the output folder.

        path (Path): The folder.
        RAISES (ValueError): If the path is a file or is named like a shard, or the folder contains
            other files.
        """
        if path.is_file() or path.suffix.lower().lstrip(".") in FORMATS:
            raise ValueError(Errors.P010.format(path=path, formats=", ".join(FORMATS)))
        self.path = path
        if path.is_dir() and not (path / MANIFEST).exists():
            # If a run is killed early, the lock and a temporary manifest may remain.
            others = set(path.iterdir()) - {path / LOCK_FILE, *path.glob(f".{MANIFEST}.*.tmp")}
            if others:
                raise ValueError(Errors.P011.format(path=path))
        self._lock = ExitStack()

    def __enter__(self) -> "OutputFolder":
        return self

    def __exit__(self, *exception: Any) -> None:
        self._lock.close()

    def start(self, settings: Record, resume: bool) -> Optional[Record]:
        """Store the settings of a new run, or check that a resumed run has the same settings, and
        delete unfinished output.

        settings (Record): The settings that the output depends on.
        resume (bool): Whether to continue an interrupted run.
        RETURNS (Optional[Record]): The record of the last finished shard; None in a new run.
        RAISES (ValueError): If the folder has shards and `resume` is False, the settings differ
            from those of the run, or another process holds the lock.
        """
        self._lock.enter_context(locked_folder(self.path))
        path = self.path / MANIFEST
        before = self._read_manifest()
        changed = [key for key, value in settings.items() if before.get(key) != value]
        if any(self.path.glob("part-*")):
            if not resume:
                raise ValueError(Errors.P011.format(path=self.path))
            if changed:
                what = ", ".join(changed).replace("_", " ")
                raise ValueError(Errors.P012.format(path=self.path, what=what))
        elif changed or not resume:  # no shard is finished, so nothing is lost
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
            manifest: Record = dict(srsly.read_json(path)) if path.exists() else {}
        except (TypeError, ValueError) as error:
            raise ValueError(Errors.P022.format(path=path, error=error)) from error
        return manifest

    def _read_last(self) -> Optional[Record]:
        """Return the last record up to which all shards are complete, or None. Delete the rest of
        the list: an unfinished line, and lines from the first missing or truncated shard on."""
        path = self.path / SHARDS
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        last: Optional[Record] = None
        size = 0
        for line in lines:
            record = json.loads(line) if line.endswith(b"\n") else {}
            if not self._is_complete(record):
                break
            last = record
            size += len(line)
        self._cut(SHARDS, size)
        return last

    def _is_complete(self, record: Record) -> bool:
        """Return whether the shard and the quarantine have the sizes in the record."""
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
        """Record a finished shard. The line in the list is written last: if it is missing, a
        resumed run repeats the shard and removes its documents from quarantine.

        shard (Shard): The shard.
        record (Record): Additional fields of the record.
        """
        size = self._append(QUARANTINE, shard.failed)
        name = shard.path.name if shard.count else None
        file = {"file": name, "bytes": self._size(shard.path.name) if name else 0}
        self._append(SHARDS, [{**file, **record, "quarantine_bytes": size}])

    def _append(self, name: str, records: List[Record]) -> int:
        with (self.path / name).open("ab") as file:
            lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
            file.write(lines.encode())
            file.flush()
            os.fsync(file.fileno())
            return file.tell()

    def first_failed(self) -> Optional[Record]:
        """Return the record of the first document in quarantine, or None if there is none."""
        with (self.path / QUARANTINE).open(encoding="utf-8") as lines:
            return next(map(json.loads, lines), None)

    def finish(self, settings: Record, totals: Mapping[str, Any]) -> None:
        """Add the counts to the manifest.

        settings (Record): The settings that `start` stored.
        totals (Mapping[str, Any]): Total counts of the run.
        """
        write_json(self.path / MANIFEST, {**settings, "finished": totals})
