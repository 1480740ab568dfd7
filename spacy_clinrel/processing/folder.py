"""The state of an output folder of `apply`: which shards are finished, and what may be resumed."""

import json
import os
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from ..errors import Errors, Warnings
from ..files import LOCK_FILE, locked_folder, write_json
from ..reading.inputs import MANIFEST
from .records import SHARDS, Line, Record, read_records
from .schema import one_line
from .settings import check_version
from .shards import FORMATS, INPUTS, QUARANTINE, Shard, sha256_of

# Settings that a retry of quarantined documents may change, since the other documents are kept.
RETRY_SETTINGS = ("spacy_clinrel", "model", "code", "max_length", "encoding")
# Each retry has its own name, so that a new retry is never taken for one that was interrupted.
RETRY, RETRIES = "_retry-{:03}.jsonl", "_retry-*.jsonl"


class State(NamedTuple):
    """The finished shards of a folder.

    run (Optional[Record]): The last record of the run or of a finished retry; None if there is
        none. Its "next" is the input position after all finished shards of the run.
    retry (Optional[Record]): The last record of an unfinished retry; None if there is none.
    retry_name (str): The name of the new quarantine of an unfinished or new retry.
    quarantined (int): In a retry, the number of documents in quarantine.
    """

    run: Optional[Record]
    retry: Optional[Record]
    retry_name: str
    quarantined: int = 0

    @property
    def next_shard(self) -> int:
        """Number of the next shard."""
        last = self.retry or self.run
        return last["shard"] + 1 if last else 0


class OutputFolder:
    """The output folder. `lock` locks it until the context ends."""

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
            # If a run is killed early, the lock and temporary files may remain.
            drafts = (path.glob(f".{name}.*.tmp") for name in (MANIFEST, INPUTS))
            others = set(path.iterdir()) - {path / LOCK_FILE}.union(*drafts)
            if others:
                raise ValueError(Errors.P011.format(path=path))
        self._lock = ExitStack()

    def __enter__(self) -> "OutputFolder":
        return self

    def __exit__(self, *exception: Any) -> None:
        self._lock.close()

    def has_run(self) -> bool:
        """RETURNS (bool): Whether the folder contains a run."""
        return (self.path / MANIFEST).exists()

    def lock(self) -> None:
        """Create and lock the folder, and delete temporary files of interrupted runs.

        RAISES (ValueError): If another process holds the lock.
        """
        self._lock.enter_context(locked_folder(self.path))
        for draft in self.path.glob(".*.tmp"):
            draft.unlink()

    def start(
        self, settings: Record, resume: bool, describe_input: Callable[[], str]
    ) -> Optional[Record]:
        """Store the settings of a new run, or check that a resumed run has the same settings, and
        delete unfinished output.

        settings (Record): The settings that the output depends on.
        resume (bool): Whether to continue an interrupted run.
        describe_input (Callable[[], str]): Returns which input files have changed.
        RETURNS (Optional[Record]): The record of the last finished shard; None in a new run.
        RAISES (ValueError): If the folder has shards and `resume` is False, the settings differ
            from those of the run, a retry was interrupted, or the folder is damaged.
        """
        before = self._read_manifest()
        changed = [key for key, value in settings.items() if before.get(key) != value]
        if any(self.path.glob("part-*")):
            if not resume:
                raise ValueError(Errors.P011.format(path=self.path))
            check_version(self.path, before, settings)
            if changed:
                what = _list_changes(changed, describe_input)
                raise ValueError(Errors.P012.format(path=self.path, what=what))
        elif changed or not resume:  # no shard is finished, so nothing is lost
            for name in (SHARDS, QUARANTINE):
                (self.path / name).unlink(missing_ok=True)
            write_json(self.path / MANIFEST, settings)
        state = self._read_state()
        if state.retry:
            raise ValueError(Errors.P033.format(path=self.path))
        self._delete_retries()
        self._cut(QUARANTINE, state.run["quarantine_bytes"] if state.run else 0)
        return state.run

    def start_retry(self, settings: Record, describe_input: Callable[[], str]) -> State:
        """Check that the quarantined documents of the run can be annotated again, and delete
        unfinished output. A retry with other settings that was interrupted is discarded.

        settings (Record): The settings of the retry.
        describe_input (Callable[[], str]): Returns which input files have changed.
        RETURNS (State): The finished shards. `run` is not None.
        RAISES (ValueError): If the folder contains no run, or settings other than `RETRY_SETTINGS`
            differ from those of the run, or the folder is damaged.
        """
        before = self._read_manifest()
        check_version(self.path, before, settings)
        changed = [key for key in self.changed_settings(settings) if key not in RETRY_SETTINGS]
        if changed:
            what = _list_changes(changed, describe_input)
            raise ValueError(Errors.P035.format(path=self.path, what=what))
        state = self._read_state(self.changed_settings(settings))
        if state.run is None:
            raise ValueError(Errors.P034.format(path=self.path))
        if _count_read(state.run["totals"]) < _count_read(before.get("finished", {})):
            # The list of the shards lost its end, and with it the documents in quarantine.
            raise ValueError(Errors.P036.format(path=self.path / SHARDS))
        self._cut(QUARANTINE, state.run["quarantine_bytes"])
        self._delete_retries(except_for=state.retry_name if state.retry else None)
        if state.retry:
            self._cut(state.retry_name, state.retry["retry_bytes"])
        # Read all records, so that a damaged one is reported before the work begins.
        return state._replace(quarantined=sum(1 for _ in self.read_quarantine()))

    def changed_settings(self, settings: Record) -> Record:
        """Return the settings of a retry that differ from those of the run.

        settings (Record): The settings of the retry.
        RETURNS (Record): The different ones.
        """
        before = self._read_manifest()
        return {key: value for key, value in settings.items() if before.get(key) != value}

    def _read_manifest(self) -> Record:
        path = self.path / MANIFEST
        try:
            # Not srsly.read_json, which reads 0.3 as 0.30000000000000004.
            manifest: Record = dict(json.loads(path.read_bytes())) if path.exists() else {}
        except (TypeError, ValueError, RecursionError) as error:
            raise ValueError(Errors.P022.format(path=path, error=error)) from error
        return manifest

    def _read_state(self, retry: Optional[Record] = None) -> State:
        """Return the finished shards, and delete the records and files of all others.

        retry (Optional[Record]): In a retry, its changed settings.
        """
        lines = read_records(self.path / SHARDS)
        retries = sum(line.is_end_of_retry for line in lines)
        is_empty = not lines and len(list(self.path.glob("part-*"))) > 1
        if is_empty or retries < len(self._read_manifest().get("retries", [])):
            raise ValueError(Errors.P031.format(path=self.path / SHARDS))
        if lines and lines[-1].is_end_of_retry:
            self._finish_retry(lines)
        complete, damaged = self._find_damage(lines)
        if damaged:
            self._check_repairable(lines, complete, self.path / damaged, retry is not None)
        kept = lines[:complete]
        if retry is not None:
            while kept and kept[-1].is_retry and kept[-1].record["retry"] != retry:
                kept.pop()
        self._delete_after(kept)
        runs = [line.record for line in kept if not line.is_retry]
        is_retry_open = bool(kept) and kept[-1].is_retry
        return State(
            run=runs[-1] if runs else None,
            retry=kept[-1].record if is_retry_open else None,
            retry_name=RETRY.format(1 + sum(line.is_end_of_retry for line in kept)),
        )

    def _find_damage(self, lines: List[Line]) -> Tuple[int, Optional[str]]:
        """Find the first record whose shard is missing or damaged, or whose documents are missing
        in the quarantine.

        lines (List[Line]): The records.
        RETURNS (Tuple[int, Optional[str]]): The number of records before it, and the name of the
            damaged file; None if there is none.
        """
        ends = [i for i, line in enumerate(lines) if line.is_end_of_retry]
        retry_name = RETRY.format(1 + len(ends))
        in_quarantine, in_retry = self._size(QUARANTINE), self._size(retry_name)
        # A retry replaces the quarantine, so only sizes that were recorded after it can be checked.
        start = ends[-1] if ends else 0
        for i, (record, _) in enumerate(lines):
            if i >= start and in_quarantine < record["quarantine_bytes"]:
                return i, QUARANTINE
            if i > start and in_retry < record.get("retry_bytes", 0):
                return i, retry_name
            if not self._is_intact(record):
                return i, record["file"]
        return len(lines), None

    def _is_intact(self, record: Record) -> bool:
        """Return whether the shard has the size and the checksum in the record."""
        name = record["file"]
        if name is None:
            return True
        if self._size(name) != record["bytes"]:
            return False
        # Earlier versions did not write checksums.
        return "sha256" not in record or sha256_of(self.path / name) == record["sha256"]

    def _check_repairable(
        self, lines: List[Line], complete: int, damaged: Path, is_retry: bool
    ) -> None:
        """Check whether a damaged file can be written again, and warn about it.

        lines (List[Line]): The records.
        complete (int): The number of records before the damaged one.
        damaged (Path): The damaged file.
        is_retry (bool): Whether quarantined documents are annotated again.
        RAISES (ValueError): If it can't.
        """
        if any(line.is_end_of_retry for line in lines[complete:]):
            raise ValueError(Errors.P032.format(path=damaged))
        if is_retry and not lines[complete].is_retry:
            self._delete_after(lines[:complete])
            raise ValueError(Errors.P036.format(path=damaged))
        count = len(lines) - complete
        warnings.warn(Warnings.W061.format(path=damaged, n=count), stacklevel=2)

    def _delete_after(self, lines: List[Line]) -> None:
        """Delete the shards that are not in the given records, and all other records."""
        listed = {line.record["file"] for line in lines}
        # Delete the shards first: a record whose shard is missing is noticed, but not a shard
        # without a record.
        for path in self.path.glob("part-*"):
            if path.name not in listed:
                path.unlink()
        self._cut(SHARDS, lines[-1].end if lines else 0)

    def _delete_retries(self, except_for: Optional[str] = None) -> None:
        """Delete the new quarantines of retries that did not finish a shard."""
        for path in self.path.glob(RETRIES):
            if path.name != except_for:
                path.unlink()

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
        self._append(SHARDS, [{**self._describe(shard), **record, "quarantine_bytes": size}])

    def add_retried(self, shard: Shard, record: Record, state: State, settings: Record) -> None:
        """Record a finished shard of a retry.

        shard (Shard): The shard.
        record (Record): Additional fields of the record.
        state (State): The result of `start_retry`.
        settings (Record): The settings of the retry that differ from those of the run.
        """
        size = self._append(state.retry_name, shard.failed)
        more = {"quarantine_bytes": self._size(QUARANTINE), "retry": settings, "retry_bytes": size}
        self._append(SHARDS, [{**self._describe(shard), **record, **more}])

    def _describe(self, shard: Shard) -> Record:
        """Return the name, the size and the checksum of a finished shard."""
        if not shard.count:
            return {"file": None, "bytes": 0}
        name = shard.path.name
        return {"file": name, "bytes": self._size(name), "sha256": sha256_of(shard.path)}

    def _append(self, name: str, records: List[Record]) -> int:
        with (self.path / name).open("ab") as file:
            lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
            file.write(lines.encode())
            file.flush()
            os.fsync(file.fileno())
            return file.tell()

    def read_quarantine(self) -> Iterator[Record]:
        """Read the records of the documents in quarantine.

        YIELDS (Record): The records.
        RAISES (ValueError): If a line is damaged, or an earlier version wrote it.
        """
        path = self.path / QUARANTINE
        with path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    record = json.loads(line)
                    first, last = record["lines"]
                    texts = [record[key] for key in ("file", "source", "error")]
                    is_valid = isinstance(first, int) and isinstance(last, (int, type(None)))
                    if not is_valid or not all(isinstance(text, str) for text in texts):
                        raise TypeError("invalid field")
                except (KeyError, TypeError, ValueError) as error:
                    kind = type(error).__name__
                    text = Errors.P037.format(path=path, number=number, error=kind)
                    raise ValueError(text) from error
                yield record

    def count_failed(self, state: State) -> int:
        """Return the number of documents that a retry could not process.

        state (State): The result of `start_retry`.
        RETURNS (int): The number of documents.
        """
        with (self.path / state.retry_name).open("ab+") as lines:
            lines.seek(0)
            return sum(1 for _ in lines)

    def first_failed(self) -> Optional[Record]:
        """Return the record of the first document in quarantine, or None if there is none."""
        with (self.path / QUARANTINE).open(encoding="utf-8") as lines:
            return next(map(json.loads, lines), None)

    def finish(self, settings: Record, totals: Mapping[str, Any], changes: Record) -> None:
        """Add the counts to the manifest.

        settings (Record): The settings that `start` stored.
        totals (Mapping[str, Any]): Total counts of the run.
        changes (Record): The changes of the input during the run; empty if there are none.
        """
        before = self._read_manifest()
        kept = {key: before[key] for key in ("input_changes", "retries") if key in before}
        if changes:
            kept["input_changes"] = changes
        write_json(self.path / MANIFEST, {**settings, "finished": totals, **kept})

    def finish_retry(self, state: State, settings: Record, totals: Mapping[str, Any]) -> None:
        """Remove the documents that a retry annotated from the quarantine.

        state (State): The result of `start_retry`.
        settings (Record): The settings of the retry that differ from those of the run.
        totals (Mapping[str, Any]): Total counts, including the retry.
        """
        assert state.run is not None
        size = self._append(state.retry_name, [])
        last = read_records(self.path / SHARDS)[-1].record
        record = {"file": None, "bytes": 0, "shard": last["shard"], "next": state.run["next"]}
        record.update(totals=totals, quarantine_bytes=size, retried=settings)
        # With this line, the retry is finished. The rest is repeated after an interruption.
        self._append(SHARDS, [record])
        self._finish_retry(read_records(self.path / SHARDS))

    def _finish_retry(self, lines: List[Line]) -> None:
        """Replace the quarantine and update the manifest after the end of a retry."""
        manifest = self._read_manifest()
        ends = [line.record for line in lines if line.is_end_of_retry]
        draft = self.path / RETRY.format(len(ends))
        if draft.exists():
            os.replace(draft, self.path / QUARANTINE)
        retries = [{**end["retried"], "totals": end["totals"]} for end in ends]
        updated = {**manifest, "retries": retries}
        if "finished" in manifest:
            updated["finished"] = ends[-1]["totals"]
        if updated != manifest:
            write_json(self.path / MANIFEST, updated)


def _count_read(totals: Mapping[str, Any]) -> int:
    """Return the number of documents that were read, annotated or not."""
    return sum(totals.get(key, 0) for key in ("documents", "quarantined"))


def _list_changes(keys: List[str], describe_input: Callable[[], str]) -> str:
    """Return the names of changed settings for a message, with the changed input files."""
    names = []
    for key in keys:
        files = one_line(describe_input()) if key == "input" else ""
        names.append(key.replace("_", " ") + (f" ({files})" if files else ""))
    return ", ".join(names)
