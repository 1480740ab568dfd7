"""Comparison of the input files with those at the start of a run.

The names, sizes and modification times at the start are stored in a compressed file, because there
may be very many files. Memory depends only on the number of changes."""

import gzip
import json
import warnings
import zlib
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional

from ..errors import Warnings
from ..reading.inputs import InputFile
from .records import Record
from .schema import one_line

# Maximum number of changes that are kept in memory.
MAX_CHANGES = 100_000
# Number of changed files that a message names.
MAX_EXAMPLES = 3
VANISHED, APPEARED = "vanished", "appeared"


class Entry(NamedTuple):
    """A file as it was at the start of a run.

    name (str): The path within the source.
    size (int): The size in bytes.
    modified (int): The modification time in nanoseconds.
    """

    name: str
    size: int
    modified: int


@contextmanager
def writing_entries(path: Path) -> Iterator[Callable[[InputFile], Any]]:
    """Write a list of files.

    path (Path): The file to write.
    YIELDS (Callable[[InputFile], Any]): Call it with each file.
    """
    # Without a name and a time, equal lists give equal bytes.
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as out:

        def write(file: InputFile) -> None:
            entry = Entry(file.name, file.size, file.modified)
            out.write((json.dumps(entry, ensure_ascii=False) + "\n").encode())

        yield write


def read_entries(path: Path) -> Iterator[Entry]:
    """Read a list of files.

    path (Path): A file that `writing_entries` wrote.
    YIELDS (Entry): The files.
    RAISES (OSError, EOFError, ValueError, TypeError): If the list can't be read.
    """
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield Entry(*json.loads(line))


class InputChanges:
    """The changes of the input files since the start of a run."""

    def __init__(self, path: Path, list_files: Callable[[], Iterator[InputFile]]):
        """Start without changes.

        path (Path): The list of the files at the start of the run.
        list_files (Callable[[], Iterator[InputFile]]): Lists the files, always in the same order.
        """
        self.path = path
        self._list_files = list_files
        self._kinds: Dict[str, str] = {}
        self._others = 0

    def __len__(self) -> int:
        """RETURNS (int): The number of files that changed."""
        return len(self._kinds) + self._others

    def watch(self) -> Iterator[InputFile]:
        """List the files, and compare them with those at the start of the run.

        RETURNS (Iterator[InputFile]): The files.
        """
        return self._compare(self._list_files())

    def _compare(self, files: Iterator[InputFile]) -> Iterator[InputFile]:
        comparison = _Comparison(read_entries(self.path), self._add)
        for file in files:
            comparison.see(file)
            yield file
        comparison.finish()

    def find(self) -> str:
        """Compare the files with those at the start of the run. If the source can't be listed to
        its end, the remaining files count as vanished.

        RETURNS (str): Some of the changed files, and the number of others.
        """
        for _ in self._compare(_until_error(self._list_files())):
            pass
        more = len(self) - MAX_EXAMPLES
        return ", ".join(self._examples()) + (f" and {more} others" if more > 0 else "")

    def report(self) -> Record:
        """Compare the files with those at the start of the run, and warn about all changes so far.

        RETURNS (Dict[str, Any]): The number of changed files and some examples; empty if there are
            none.
        """
        what = self.find()
        if not len(self):
            return {}
        text = Warnings.W060.format(n=len(self), what=one_line(what))
        warnings.warn(text, stacklevel=2)
        return {"files": len(self), "examples": self._examples()}

    def _add(self, name: str, kind: str) -> None:
        if name in self._kinds:
            return
        if len(self._kinds) < MAX_CHANGES:
            self._kinds[name] = kind
        else:
            self._others += 1

    def _examples(self) -> List[str]:
        return [f"{name} ({kind})" for name, kind in islice(self._kinds.items(), MAX_EXAMPLES)]


def _until_error(files: Iterator[InputFile]) -> Iterator[InputFile]:
    with suppress(OSError, ValueError):
        yield from files


class _Comparison:
    """A comparison of two lists of files in the same order, which reads both at the same pace."""

    def __init__(self, before: Iterator[Entry], add: Callable[[str, str], Any]):
        """Start at the beginning of both lists.

        before (Iterator[Entry]): The files at the start of the run.
        add (Callable[[str, str], Any]): Called with the name of each changed file and the change.
        """
        self._before = before
        self._add = add
        # Files that have been found in only one of the lists so far.
        self._only_before: Dict[str, Entry] = {}
        self._only_now: Dict[str, Entry] = {}
        self._is_stopped = False

    def see(self, file: InputFile) -> None:
        """Compare the next file.

        file (InputFile): The file.
        """
        if self._is_stopped:
            return
        before = self._next()
        now = Entry(file.name, file.size, file.modified)
        if before is not None:
            self._only_before[before.name] = before
        self._only_now[now.name] = now
        for entry in (before, now):
            if (
                entry is not None
                and entry.name in self._only_before
                and entry.name in self._only_now
            ):
                self._compare(self._only_before.pop(entry.name), self._only_now.pop(entry.name))
        if len(self._only_now) + len(self._only_before) > 2 * MAX_CHANGES:
            self._stop()

    def finish(self) -> None:
        """Read the rest of the first list, and report the files that only one list contains."""
        while not self._is_stopped:
            before = self._next()
            if before is None:
                break
            if before.name in self._only_now:
                self._compare(before, self._only_now.pop(before.name))
            else:
                self._add(before.name, VANISHED)
        self._stop()

    def _stop(self) -> None:
        """Report the files that have been found in only one of the lists, and end the
        comparison."""
        if not self._is_stopped:
            for name in self._only_before:
                self._add(name, VANISHED)
            for name in self._only_now:
                self._add(name, APPEARED)
        self._is_stopped = True

    def _next(self) -> Optional[Entry]:
        try:
            return next(self._before, None)
        except (OSError, EOFError, ValueError, TypeError, zlib.error):
            # The list is missing or damaged, e.g. because an earlier version began the run.
            self._is_stopped = True
            return None

    def _compare(self, before: Entry, now: Entry) -> None:
        if now.size != before.size:
            self._add(now.name, "grew" if now.size > before.size else "shrank")
        elif now != before:
            self._add(now.name, "changed")
