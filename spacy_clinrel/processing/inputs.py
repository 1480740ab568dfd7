"""Input files, in an order that does not change between runs."""

import glob
import hashlib
import os
import warnings
from collections import Counter
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, NamedTuple, Optional, Tuple

from ..errors import Errors, Warnings
from .schema import printable
from .shards import MANIFEST

SUFFIXES = (".txt", ".jsonl", ".csv", ".parquet", ".spacy")


class InputFile(NamedTuple):
    """An input file.

    path (Path): The file.
    name (str): The path within the source, used in document ids.
    size (int): The size in bytes.
    modified (int): The modification time in nanoseconds.
    """

    path: Path
    name: str
    size: int
    modified: int


def list_files(
    source: str, output: Path, skipped: Optional[Dict[str, int]] = None
) -> Iterator[InputFile]:
    """Yield the input files in a fixed order. Folders are searched with their subfolders. In
    folders and patterns, outputs of `apply` and files whose names begin with . or _ are skipped.

    source (str): A file, a folder or a pattern, e.g. "notes/*.txt".
    output (Path): The output folder of this run.
    skipped (Optional[Dict[str, int]]): Receives the number of files with unsupported suffixes in a
        folder, by suffix.
    YIELDS (InputFile): The files; at least one.
    RAISES (ValueError): If there are no files with a supported suffix.
    RAISES (OSError): If a folder can't be read.
    """
    root = Path(source)
    if not root.exists() and not glob.has_magic(source):
        raise ValueError(Errors.F001.format(path=source))
    is_empty = True
    for path, name in _list_paths(source, os.path.realpath(output)):
        suffix = path.suffix.lower()
        if suffix in SUFFIXES:
            stat = path.stat()
            is_empty = False
            yield InputFile(path, printable(name), stat.st_size, stat.st_mtime_ns)
        elif skipped is not None and root.is_dir():
            skipped[suffix] = skipped.get(suffix, 0) + 1
    if is_empty:
        raise ValueError(Errors.F002.format(path=source, expected=", ".join(SUFFIXES)))


def _list_paths(source: str, output: str) -> Iterator[Tuple[Path, str]]:
    """Yield the paths of the input files and their names within the source."""
    root = Path(source)
    if root.is_dir():
        yield from _walk(root, output)
    elif not root.exists():
        yield from _match(source, output)
    elif not _is_within(root.parent, output):
        yield root, root.name


def _walk(root: Path, output: str) -> Iterator[Tuple[Path, str]]:
    # Sort folder by folder, because all paths of a large archive may not fit into memory.
    for folder, folders, names in os.walk(root, onerror=_raise):
        if _is_within(folder, output) or (Path(folder) != root and _is_output(folder)):
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if name[0] not in "._")
        for name in sorted(name for name in names if name[0] not in "._"):
            path = Path(folder, name)
            if path.is_file():
                yield path, path.relative_to(root).as_posix()


def _raise(error: OSError) -> None:
    raise error


def _match(pattern: str, output: str) -> Iterator[Tuple[Path, str]]:
    parts = Path(pattern).parts
    fixed = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    # Maps folders to whether they are skipped. The folder before the first wildcard is never
    # skipped, even if it is an output.
    is_skipped = {Path(*parts[:fixed]): False}
    # Use a set, because a pattern such as **/** matches files more than once.
    for match in sorted(set(glob.iglob(pattern, recursive=True))):
        path = Path(match)
        is_visible = path.is_file() and path.name[0] not in "._"
        if is_visible and not _check_skipped(path.parent, output, is_skipped):
            yield path, Path(*path.parts[fixed:]).as_posix()


def _check_skipped(folder: Path, output: str, is_skipped: Dict[Path, bool]) -> bool:
    """Return whether a folder is an output or inside an output. Cache the answer in
    `is_skipped`."""
    if folder not in is_skipped:
        is_output = _is_output(folder) or _is_within(folder, output)
        is_skipped[folder] = is_output or _check_skipped(folder.parent, output, is_skipped)
    return is_skipped[folder]


def _is_output(folder: Any) -> bool:
    return os.path.exists(os.path.join(folder, MANIFEST))


def _is_within(folder: Any, output: str) -> bool:
    """Return whether a folder is the output or inside it, after resolving links."""
    return os.path.join(os.path.realpath(folder), "").startswith(os.path.join(output, ""))


def digest_files(
    source: str, output: Path, on_file: Optional[Callable[[InputFile], Any]] = None
) -> Dict[str, Any]:
    """Return a digest that identifies the input. The contents of the files are not read, because
    there may be very many files. Warns about files with unsupported suffixes.

    source (str): A file, a folder or a pattern.
    output (Path): The output folder.
    on_file (Optional[Callable[[InputFile], Any]]): Called with each file.
    RETURNS (Dict[str, Any]): The number of files, their total size in bytes, and a digest of their
        names, sizes and modification times.
    RAISES (ValueError): If there are no files with a supported suffix.
    RAISES (OSError): If a folder can't be read.
    """
    digest = hashlib.sha256()
    skipped: Counter = Counter()
    files = size = 0
    for file in list_files(source, output, skipped):
        if on_file is not None:
            on_file(file)
        files += 1
        size += file.size
        digest.update(f"{file.name}\0{file.size}\0{file.modified}\n".encode())
    if skipped:
        suffixes = ", ".join(f"{suffix or 'none'} {n}" for suffix, n in skipped.most_common())
        text = Warnings.W031.format(n=skipped.total(), kinds=printable(suffixes))
        warnings.warn(text, stacklevel=2)
    return {"files": files, "bytes": size, "sha256": digest.hexdigest()}
