"""Atomic writing of files, and locks on output folders."""

import json
import math
import os
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Iterable, Iterator, Optional, Tuple

from filelock import FileLock, Timeout

from ..errors import Errors

# The file that `locked_folder` locks. It is never deleted: otherwise, two processes could hold
# locks on different files with this name.
LOCK_FILE = ".lock"


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file atomically: after a crash or power failure, it has either the old or the new
    content. Creates the parent folder.

    path (Path): The file.
    YIELDS (Path): The temporary file to write to. It replaces `path` when the context ends.
    RAISES (ValueError): If the file can't be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield draft
            with draft.open("rb+") as file:
                os.fsync(file.fileno())
            os.replace(draft, path)
            _sync_folder(path.parent)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise ValueError(Errors.F018.format(path=path, error=error.strerror or error)) from error


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Write a folder of files atomically: after an error or a crash, it has its old content, or
    does not exist if it did not before. Creates the parent folder.

    path (Path): The folder. Its content is replaced.
    YIELDS (Path): The temporary folder to write files to. It replaces `path` when the context ends.
    RAISES (ValueError): If the folder can't be written.
    """
    draft, old = (path.with_name(f".{path.name}.{os.getpid()}.{end}") for end in ("tmp", "old"))
    try:
        try:
            draft.mkdir(parents=True)
            yield draft
            for file in draft.rglob("*"):
                if file.is_file():
                    with file.open("rb+") as opened:
                        os.fsync(opened.fileno())
            _sync_folder(draft)
            if path.exists():
                os.replace(path, old)
            try:
                os.replace(draft, path)
            except OSError:
                if old.exists():
                    os.replace(old, path)
                raise
            _sync_folder(path.parent)
        finally:
            for leftover in (draft, old):
                shutil.rmtree(leftover, ignore_errors=True)
    except OSError as error:
        raise ValueError(Errors.F018.format(path=path, error=error.strerror or error)) from error


def _sync_folder(path: Path) -> None:
    """Write the entries of a folder to disk, on systems that can open folders."""
    with suppress(OSError):
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def locked_folder(path: Path) -> Iterator[None]:
    """Create a folder and lock it against other processes that use this function. On file systems
    without locks, the folder is only created.

    path (Path): The folder. An empty file `LOCK_FILE` is created in it.
    RAISES (ValueError): If the folder can't be created, or another process has locked it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(Errors.F018.format(path=path, error=error.strerror or error)) from error
    lock = FileLock(path / LOCK_FILE)
    with suppress(OSError, NotImplementedError):  # the file system does not support locks
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise ValueError(Errors.F033.format(path=path)) from error
    try:
        yield
    finally:
        lock.release()


def check_output(output: Optional[Path], *inputs: Optional[Path]) -> None:
    """Check that an output is not a folder and does not replace an input.

    output (Optional[Path]): The file to write; None if nothing is written.
    inputs (Optional[Path]): Input files and other output files.
    RAISES (ValueError): If the output is a folder or is equal to one of the `inputs`.
    """
    if output is None:
        return
    if output.is_dir():
        raise ValueError(Errors.F020.format(path=output))
    for path in inputs:
        if path is not None and path.resolve() == output.resolve():
            raise ValueError(Errors.F017.format(path=output))


def json_text(data: Any) -> str:
    """Return a value as JSON in one line, with Chinese and other characters as they are.

    Use it instead of srsly, which escapes these characters and rounds floats to ten digits.

    data (Any): The value.
    RETURNS (str): The text. Lone surrogates, which UTF-8 cannot represent, are escaped.
    """
    text = json.dumps(data, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def write_json(path: Path, data: Any) -> None:
    """Write an indented JSON file atomically.

    path (Path): The file.
    data (Any): The content.
    RAISES (ValueError): If the file can't be written, or a number is NaN or infinite.
    """
    place = _find_non_finite(data)
    if place is not None:
        raise ValueError(Errors.G011.format(path=path, place=place or "the value"))
    with replacing(path) as draft:
        # Not srsly.write_json, which rounds floats to ten digits.
        text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
        # Lone surrogates become JSON escapes.
        draft.write_bytes((text + "\n").encode("utf-8", "backslashreplace"))


def _find_non_finite(data: Any) -> Optional[str]:
    """Return the keys that lead to the first number that is NaN or infinite, None if there is none.
    JSON has no such numbers.
    """
    if isinstance(data, float):
        return None if math.isfinite(data) else ""
    items: Iterable[Tuple[Any, Any]] = ()
    if isinstance(data, dict):
        items = data.items()
    elif isinstance(data, (list, tuple)):
        items = enumerate(data)
    for key, value in items:
        place = _find_non_finite(value)
        if place is not None:
            return f"{key}.{place}".rstrip(".")
    return None
