"""Input files, in an order that does not change between runs."""

import glob
import hashlib
import os
import warnings
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, NamedTuple, Optional, Sequence

from ..errors import Errors, Warnings
from ..files import (
    FoundFile,
    LeftOut,
    check_source,
    is_hidden,
    other_type,
    printable_name,
    show_path,
    walk_files,
)
from ..files.walk import HIDDEN, UNREADABLE, UNSUPPORTED

MANIFEST = "_manifest.json"
SUFFIXES = (".txt", ".jsonl", ".csv", ".parquet", ".spacy")
# The first characters of the names of files that are skipped. Names of outputs of `apply` that are
# not shards begin with an underscore.
HIDDEN_FIRST = "._"


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
    source: str, output: Path, left_out: Optional[LeftOut] = None
) -> Iterator[InputFile]:
    """Yield the input files in a fixed order. Folders are searched with their subfolders and linked
    folders. In folders and patterns, outputs of `apply` and files whose names begin with . or _ are
    skipped.

    source (str): A file, a folder or a pattern, e.g. "notes/*.txt".
    output (Path): The output folder of this run.
    left_out (Optional[LeftOut]): Receives the files and folders that are left out.
    YIELDS (InputFile): The files; at least one.
    RAISES (ValueError): If there are no files with a supported suffix, or the source can't be read.
    """
    if not glob.has_magic(source) or os.path.exists(source):
        check_source(Path(source))
    is_empty = True
    left_out = LeftOut() if left_out is None else left_out
    for path, name in _list_paths(source, os.path.realpath(output), left_out):
        try:
            status = path.stat()
        except FileNotFoundError:  # deleted since the folder was read
            continue
        except OSError as error:  # e.g. a folder whose names may be read, but not its files
            left_out.add(UNREADABLE, str(path), error.strerror or "")
            continue
        is_empty = False
        yield InputFile(path, name, status.st_size, status.st_mtime_ns)
    if is_empty:
        expected = ", ".join(SUFFIXES)
        raise ValueError(Errors.F002.format(path=show_path(Path(source)), expected=expected))


def _list_paths(source: str, output: str, left_out: LeftOut) -> Iterator[FoundFile]:
    """Yield the paths of the input files and their names within the source."""
    root = Path(source)
    if root.is_dir():
        if not _is_within(root, output):
            yield from walk_files(
                root,
                left_out,
                check_file=_check_file,
                check_folder=partial(_check_folder, root=root, output=output),
            )
    elif not root.exists():
        yield from _match(source, output, left_out)
    elif root.suffix.lower() in SUFFIXES and not _is_within(root.parent, output):
        yield FoundFile(root, printable_name(root.name))


def _check_file(relative: str) -> Optional[str]:
    """Return why a file is left out; None if it is not."""
    if is_hidden(relative, HIDDEN_FIRST):
        return HIDDEN
    name = relative.rpartition("/")[2]
    return None if os.path.splitext(name)[1].lower() in SUFFIXES else other_type(name)


def _check_folder(relative: str, root: Path, output: str) -> Optional[str]:
    """Return why a folder is left out; None if it is not. Outputs are not reported."""
    if is_hidden(relative, HIDDEN_FIRST):
        return HIDDEN
    folder = root / relative
    return "" if _is_output(folder) or _is_within(folder, output) else None


def _match(pattern: str, output: str, left_out: LeftOut) -> Iterator[FoundFile]:
    """Yield the files that match a pattern. The folder before the first wildcard is read even if it
    is an output."""
    parts = Path(pattern).parts
    fixed = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    root = Path(*parts[:fixed])
    if not root.is_dir():
        return

    def check_file(relative: str) -> Optional[str]:
        is_match = _matches(relative.split("/"), parts[fixed:])
        return (_check_file(relative) or None) if is_match else ""

    def check_folder(relative: str) -> Optional[str]:
        if not _matches(relative.split("/"), parts[fixed:], is_folder=True):
            return ""
        folder = root / relative
        return "" if _is_output(folder) or _is_within(folder, output) else None

    yield from walk_files(root, left_out, check_file=check_file, check_folder=check_folder)


def _matches(names: Sequence[str], patterns: Sequence[str], is_folder: bool = False) -> bool:
    """Return whether a path matches a pattern, both given by their parts. ** matches any number of
    folders. Wildcards do not match names that begin with a dot. With `is_folder`, return whether
    files in the folder can match."""
    if not names:
        return bool(patterns) if is_folder else all(part == "**" for part in patterns)
    if not patterns:
        return False
    if patterns[0] == "**":
        return _matches(names, patterns[1:], is_folder) or (
            names[0][0] != "." and _matches(names[1:], patterns, is_folder)
        )
    is_visible = names[0][0] != "." or patterns[0][0] == "."
    is_match = is_visible and fnmatchcase(names[0], patterns[0])
    return is_match and _matches(names[1:], patterns[1:], is_folder)


def _is_output(folder: Any) -> bool:
    return os.path.exists(os.path.join(folder, MANIFEST))


def _is_within(folder: Any, output: str) -> bool:
    """Return whether a folder is the output or inside it, after resolving links."""
    return os.path.join(os.path.realpath(folder), "").startswith(os.path.join(output, ""))


def digest_files(
    source: str, output: Path, on_file: Optional[Callable[[InputFile], Any]] = None
) -> Dict[str, Any]:
    """Return a digest that identifies the input. The contents of the files are not read, because
    there may be very many files. Warns about files and folders that are left out.

    source (str): A file, a folder or a pattern.
    output (Path): The output folder.
    on_file (Optional[Callable[[InputFile], Any]]): Called with each file.
    RETURNS (Dict[str, Any]): The number of files, their total size in bytes, and a digest of their
        names, sizes and modification times.
    RAISES (ValueError): If there are no files with a supported suffix, or the source can't be read.
    """
    digest = hashlib.sha256()
    left_out = LeftOut()
    files = size = 0
    for file in list_files(source, output, left_out):
        if on_file is not None:
            on_file(file)
        files += 1
        size += file.size
        digest.update(f"{file.name}\0{file.size}\0{file.modified}\n".encode())
    warn_left_out(source, left_out)
    return {"files": files, "bytes": size, "sha256": digest.hexdigest()}


def warn_left_out(source: str, left_out: LeftOut) -> None:
    """Warn about files and folders that a search left out. Hidden files alone give no warning.

    source (str): The folder or pattern that was searched.
    left_out (LeftOut): The files and folders.
    """
    suffixes = {
        reason.removeprefix(UNSUPPORTED): n
        for reason, n in left_out.counts.most_common()
        if reason.startswith(UNSUPPORTED)
    }
    if suffixes:
        kinds = ", ".join(f"{suffix} {n}" for suffix, n in suffixes.items())
        warnings.warn(Warnings.W031.format(n=sum(suffixes.values()), kinds=kinds), stacklevel=3)
    left_out.warn(Path(source))
