"""Searching of folders, the same in all commands."""

import errno
import os
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterator, List, NamedTuple, Optional, Set, Tuple

from ..errors import Errors, Warnings
from .names import printable, printable_name, show_path

# Reasons why a search leaves out a file or folder.
HIDDEN = "hidden file or folder"
LINKED_TWICE = "link to a file or folder that is read anyway"
BROKEN_LINK = "link without a target"
SPECIAL = "pipe, socket or device"
UNREADABLE = "folder or file that cannot be read"
# Prefix of the reasons for files with other suffixes.
UNSUPPORTED = "unsupported suffix "
# Reasons of which each file is named, not only counted.
NAMED = (LINKED_TWICE, BROKEN_LINK, SPECIAL, UNREADABLE)
# Maximum number of files that are named, in all and in a warning.
MAX_NAMED, MAX_EXAMPLES = 1000, 5

Check = Callable[[str], Optional[str]]
FileId = Tuple[int, int]


class FoundFile(NamedTuple):
    """A file that a search found.

    path (Path): The file.
    name (str): The path within the folder, with slashes, in printable form, for document ids.
    """

    path: Path
    name: str


class LeftOutFile(NamedTuple):
    """A file or folder that a search left out.

    path (Path): The file or folder.
    reason (str): Why it is left out.
    detail (str): An error message; may be empty.
    """

    path: Path
    reason: str
    detail: str

    def __str__(self) -> str:
        return ": ".join(filter(None, (show_path(self.path), self.reason, self.detail)))


@dataclass
class LeftOut:
    """Files and folders that a search left out.

    counts (Counter): Number of files and folders, by reason.
    named (List[LeftOutFile]): The files and folders that the user may miss: those with a reason in
        `NAMED` or an error message, at most `MAX_NAMED`.
    """

    counts: Counter = field(default_factory=Counter)
    named: List[LeftOutFile] = field(default_factory=list)

    def add(self, reason: str, path: str, detail: str = "") -> None:
        """Count a file or folder.

        reason (str): Why it is left out; empty if it need not be counted.
        path (str): The file or folder.
        detail (str): An error message.
        """
        if not reason:
            return
        self.counts[reason] += 1
        if (reason in NAMED or detail) and len(self.named) < MAX_NAMED:
            self.named.append(LeftOutFile(Path(path), reason, detail))

    def summary(self) -> str:
        """Return the counts in one line."""
        return ", ".join(f"{reason} {n}" for reason, n in self.counts.most_common())

    def warn(self, source: Path) -> None:
        """Warn about the files and folders that are named, if there are any.

        source (Path): The folder or pattern that was searched.
        """
        if not self.named:
            return
        counts = (
            f"{reason}: {n}"
            for reason, n in self.counts.items()
            if not reason.startswith(UNSUPPORTED)
        )
        text = Warnings.W072.format(
            path=show_path(source),
            summary=", ".join(counts),
            examples="; ".join(map(str, self.named[:MAX_EXAMPLES])),
        )
        warnings.warn(text, stacklevel=4)


def other_type(name: str) -> str:
    """Return the reason to leave out a file with an unsupported suffix.

    name (str): The file name.
    RETURNS (str): The reason.
    """
    suffix = os.path.splitext(name)[1].lower()
    return UNSUPPORTED + (printable(suffix) or "none")


def is_hidden(relative: str, first: str = ".") -> bool:
    """Return whether a file or folder is hidden.

    relative (str): The path within the searched folder.
    first (str): The characters with which hidden names begin.
    RETURNS (bool): Whether its name begins with one of them.
    """
    return relative.rpartition("/")[2][:1] in tuple(first)


def skip_hidden(relative: str) -> Optional[str]:
    """Return the reason to leave out a hidden file or folder, as a check for `walk_files`.

    relative (str): The path within the searched folder.
    RETURNS (Optional[str]): The reason; None if it is not hidden.
    """
    return HIDDEN if is_hidden(relative) else None


def walk_files(
    root: Path,
    left_out: Optional[LeftOut] = None,
    *,
    check_file: Check = skip_hidden,
    check_folder: Check = skip_hidden,
) -> Iterator[FoundFile]:
    """Search a folder with its subfolders and linked folders. Each folder and file is found once:
    if a link leads to a file or folder that the search finds anyway, the link is left out. Only
    regular files are found. The order does not change between runs: in each folder the files by
    name, then the folders by name. The memory depends on the number of folders and links, but not
    on the number of files.

    root (Path): The folder.
    left_out (Optional[LeftOut]): Receives the files and folders that are left out.
    check_file (Check): Function that returns why a file is left out, given its path within the
        folder; None if it is not, and an empty string if it need not be reported.
    check_folder (Check): The same for folders.
    YIELDS (FoundFile): The files.
    RAISES (ValueError): If the folder itself can't be read.
    """
    return _Search(root, left_out or LeftOut(), check_file, check_folder).run()


def check_source(path: Path) -> None:
    """Check that an input is a file or a folder.

    path (Path): The input.
    RAISES (ValueError): If it is missing, or a pipe, socket or device.
    """
    if not path.exists():
        raise ValueError(Errors.F001.format(path=show_path(path)))
    if not path.is_file() and not path.is_dir():
        raise ValueError(Errors.F078.format(path=show_path(path)))


def existing_path(path: Path) -> Path:
    """Return a path with its suffix in the case in which the file exists, e.g. a.TXT for a.txt.

    path (Path): The path.
    RETURNS (Path): The path of the existing file; the path unchanged if there is none.
    """
    suffix = path.suffix
    candidates = [path.with_suffix(s) for s in (suffix, suffix.upper(), suffix.lower())]
    # Unlike Path.exists, os.path.exists returns False if a folder cannot be read.
    return next((candidate for candidate in candidates if os.path.exists(candidate)), path)


class _Search:
    """A search of a folder. For the arguments, see `walk_files`."""

    def __init__(self, root: Path, left_out: LeftOut, check_file: Check, check_folder: Check):
        self.root = root
        self.real_root = os.path.realpath(root)
        self.left_out = left_out
        self.check_file = check_file
        self.check_folder = check_folder
        self.folders: Set[FileId] = set()
        self.linked_files: Set[FileId] = set()

    def run(self) -> Iterator[FoundFile]:
        """Yield the files."""
        stack = [(str(self.root), "")]
        while stack:
            folder, relative = stack.pop()
            entries = self._scan(folder, is_root=not relative)
            subfolders = []
            for entry in entries:
                name = f"{relative}/{entry.name}" if relative else entry.name
                kind = self._classify(entry, name)
                if kind == "folder":
                    subfolders.append((entry.path, name))
                elif kind == "file":
                    yield FoundFile(Path(entry.path), printable_name(name))
            stack.extend(reversed(subfolders))

    def _scan(self, folder: str, is_root: bool) -> List["os.DirEntry[str]"]:
        """Return the entries of a folder, sorted by name; none if it was read before."""
        try:
            status = os.stat(folder)
            if (status.st_dev, status.st_ino) in self.folders:
                self.left_out.add(LINKED_TWICE, folder)
                return []
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if is_root:
                path = show_path(self.root)
                raise ValueError(Errors.F077.format(path=path, error=error.strerror)) from error
            self.left_out.add(UNREADABLE, folder, error.strerror or "")
            return []
        self.folders.add((status.st_dev, status.st_ino))
        return found

    def _classify(self, entry: "os.DirEntry[str]", name: str) -> str:
        """Return "file" or "folder", or an empty string if the entry is left out."""
        try:
            is_folder = entry.is_dir()
            reason = self.check_folder(name) if is_folder else self.check_file(name)
            if not is_folder and not entry.is_file() and reason not in ("", HIDDEN):
                is_broken = entry.is_symlink() and not os.path.exists(entry.path)
                reason = BROKEN_LINK if is_broken else SPECIAL
            if reason is None:
                reason = self._link_problem(entry, is_folder)
        except OSError as error:
            is_loop = error.errno == errno.ELOOP
            detail = error.strerror or ""
            self.left_out.add(BROKEN_LINK if is_loop else UNREADABLE, entry.path, detail)
            return ""
        if reason is not None:
            self.left_out.add(reason, entry.path)
            return ""
        return "folder" if is_folder else "file"

    def _link_problem(self, entry: "os.DirEntry[str]", is_folder: bool) -> Optional[str]:
        """Return why an entry is left out that is found anyway."""
        if not entry.is_symlink():
            is_known = bool(self.linked_files) and not is_folder and self._is_linked(entry)
            return LINKED_TWICE if is_known else None
        if self._is_found_directly(os.path.realpath(entry.path), is_folder):
            return LINKED_TWICE
        if is_folder:
            return None
        status = entry.stat()
        file_id = (status.st_dev, status.st_ino)
        if file_id in self.linked_files or self._is_in_read_folder(os.path.realpath(entry.path)):
            return LINKED_TWICE
        self.linked_files.add(file_id)
        return None

    def _is_linked(self, entry: "os.DirEntry[str]") -> bool:
        status = entry.stat()
        return (status.st_dev, status.st_ino) in self.linked_files

    def _is_in_read_folder(self, target: str) -> bool:
        """Return whether the search has found the target of a link in a linked folder."""
        parent = os.stat(os.path.dirname(target))
        is_read = (parent.st_dev, parent.st_ino) in self.folders
        return is_read and self.check_file(os.path.basename(target)) is None

    def _is_found_directly(self, target: str, is_folder: bool) -> bool:
        """Return whether the search finds the target of a link without links."""
        if target == self.real_root:
            return True
        prefix = os.path.join(self.real_root, "")
        if not target.startswith(prefix):
            return False
        parts = target[len(prefix) :].split(os.sep)
        paths = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
        folders = paths if is_folder else paths[:-1]
        if any(self.check_folder(path) is not None for path in folders):
            return False
        return is_folder or self.check_file(paths[-1]) is None
