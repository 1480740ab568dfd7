"""The files of an input, in the same order each time."""

import glob
import hashlib
import os
import warnings
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterator, NamedTuple, Optional, Tuple

from ..errors import Errors, Warnings
from .schema import printable
from .shards import MANIFEST

KINDS = (".txt", ".jsonl", ".csv", ".parquet", ".spacy")


class File(NamedTuple):
    """A file of the input.

    path (Path): The file.
    name (str): What it is called in ids: its path within the input.
    size (int): Its bytes.
    time (int): When it was changed.
    """

    path: Path
    name: str
    size: int
    time: int


def list_files(src: str, out: Path, others: Optional[Dict[str, int]] = None) -> Iterator[File]:
    """The files of an input, those of a folder with its subfolders, always in the same order. In a
    folder or pattern, files whose names begin with . or _ are no input, nor is the output of this
    run or of another one.

    src (str): A file, a folder or a pattern such as "notes/*.txt".
    out (Path): The folder of the output.
    others (Optional[Dict[str, int]]): Gets the number of the files of other kinds in a folder, by
        their endings.
    YIELDS (File): Files of the known kinds, at least one.
    RAISES (ValueError): If there are none.
    RAISES (OSError): If a folder can't be read.
    """
    root = Path(src)
    if not root.exists() and not glob.has_magic(src):
        raise ValueError(Errors.F001.format(path=src))
    is_found = False
    for path, name in _paths(src, os.path.realpath(out)):
        ending = path.suffix.lower()
        if ending in KINDS:
            stat = path.stat()
            is_found = True
            yield File(path, printable(name), stat.st_size, stat.st_mtime_ns)
        elif others is not None and root.is_dir():
            others[ending] = others.get(ending, 0) + 1
    if not is_found:
        raise ValueError(Errors.F002.format(path=src, expected=", ".join(KINDS)))


def _paths(src: str, out: str) -> Iterator[Tuple[Path, str]]:
    """Paths, and their names within the input."""
    root = Path(src)
    if root.is_dir():
        yield from _inside(root, out)
    elif not root.exists():
        yield from _matching(src, out)
    elif not _is_within(root.parent, out):
        yield root, root.name


def _inside(root: Path, out: str) -> Iterator[Tuple[Path, str]]:
    # Folder by folder: the paths of a whole archive may be too many to hold and sort.
    for folder, folders, names in os.walk(root, onerror=_stop):
        if _is_within(folder, out) or (Path(folder) != root and _is_output(folder)):
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if name[0] not in "._")
        for name in sorted(name for name in names if name[0] not in "._"):
            path = Path(folder, name)
            if path.is_file():
                yield path, path.relative_to(root).as_posix()


def _stop(error: OSError) -> None:
    raise error


def _matching(src: str, out: str) -> Iterator[Tuple[Path, str]]:
    parts = Path(src).parts
    fixed = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    # Folder → whether it holds an output. The one that is named in full may.
    known = {Path(*parts[:fixed]): False}
    # A pattern such as **/** finds files more than once.
    for found in sorted(set(glob.iglob(src, recursive=True))):
        path = Path(found)
        if (
            path.is_file()
            and path.name[0] not in "._"
            and not _is_left_out(path.parent, out, known)
        ):
            yield path, Path(*path.parts[fixed:]).as_posix()


def _is_left_out(folder: Path, out: str, known: Dict[Path, bool]) -> bool:
    if folder not in known:
        is_here = _is_output(folder) or _is_within(folder, out)
        known[folder] = is_here or _is_left_out(folder.parent, out, known)
    return known[folder]


def _is_output(folder: Any) -> bool:
    return os.path.exists(os.path.join(folder, MANIFEST))


def _is_within(folder: Any, out: str) -> bool:
    """Links may lead there too."""
    return os.path.join(os.path.realpath(folder), "").startswith(os.path.join(out, ""))


def digest_files(src: str, out: Path) -> Dict[str, Any]:
    """What an input is known by. Texts are not read for it: there may be very many. Warns of the
    files that are left out for their kinds.

    src (str): A file, a folder or a pattern.
    out (Path): The folder of the output.
    RETURNS (Dict[str, Any]): The number of files, their bytes, and a digest of their names, sizes
        and times.
    RAISES (ValueError): If there are none.
    RAISES (OSError): If a folder can't be read.
    """
    digest = hashlib.sha256()
    others: Counter = Counter()
    files = size = 0
    for file in list_files(src, out, others):
        files += 1
        size += file.size
        digest.update(f"{file.name}\0{file.size}\0{file.time}\n".encode())
    if others:
        kinds = ", ".join(f"{ending or 'none'} {n}" for ending, n in others.most_common())
        text = Warnings.W031.format(n=others.total(), kinds=printable(kinds))
        warnings.warn(text, stacklevel=2)
    return {"files": files, "bytes": size, "sha256": digest.hexdigest()}
