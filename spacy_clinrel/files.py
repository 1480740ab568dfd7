"""Atomic writing of files, locks on output folders, and reading of .spacy and text files."""

import json
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Union

from filelock import FileLock, Timeout
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from .errors import Errors

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


def read_text_lines(paths: Sequence[Path]) -> Iterator[str]:
    """Read the lines of text files.

    paths (Sequence[Path]): Text files in UTF-8.
    YIELDS (str): The lines, without line breaks.
    RAISES (ValueError): If a file is missing, a folder or not UTF-8. Missing files and folders are
        reported before the first line.
    """
    for path in paths:
        if path.is_dir():
            raise ValueError(Errors.F020.format(path=path))
        if not path.exists():
            raise ValueError(Errors.F001.format(path=path))
    for path in paths:
        try:
            with path.open(encoding="utf-8-sig") as lines:
                for line in lines:
                    yield line.rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise ValueError(Errors.V006.format(path=path, byte=error.start)) from error


def write_json(path: Path, data: Any) -> None:
    """Write an indented JSON file atomically.

    path (Path): The file.
    data (Any): The content.
    RAISES (ValueError): If the file can't be written.
    """
    with replacing(path) as draft:
        # Not srsly.write_json, which rounds floats to ten digits.
        text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
        draft.write_text(text + "\n", encoding="utf-8")


def ensure_paths(sources: Union[str, Path, Sequence[Union[str, Path]]]) -> List[Path]:
    """Convert one or several paths to a list of `Path` objects.

    sources (Union[str, Path, Sequence]): One path or a sequence of paths.
    RETURNS (List[Path]): The paths.
    """
    several = [sources] if isinstance(sources, (str, Path)) else sources
    return [Path(path) for path in several]


def spacy_files(sources: Sequence[Path]) -> List[Path]:
    """List .spacy files, without duplicates and in a fixed order.

    sources (Sequence[Path]): .spacy files or folders. Folders are searched with their subfolders.
    RETURNS (List[Path]): The files.
    RAISES (ValueError): If a source is missing, or a folder contains no .spacy files.
    """
    unique: Dict[Path, Path] = {}
    for source in sources:
        if not source.exists():
            raise ValueError(Errors.F001.format(path=source))
        inside = (path for path in source.rglob("*.spacy") if not path.name.startswith("."))
        files = sorted(inside) if source.is_dir() else [source]
        if not files:
            raise ValueError(Errors.F002.format(path=source, expected="*.spacy"))
        for path in files:
            unique.setdefault(path.resolve(), path)
    return list(unique.values())


def stream_docbin(path: Path, vocab: Vocab) -> Iterator[Doc]:
    """Read the documents of a .spacy file one by one.

    path (Path): The file.
    vocab (Vocab): The vocabulary of the documents.
    YIELDS (Doc): The documents; at least one.
    RAISES (ValueError): If the file is missing, empty or can't be read.
    """
    if path.is_dir():
        raise ValueError(Errors.F020.format(path=path))
    if not path.is_file():
        raise ValueError(Errors.F001.format(path=path))
    stream = _stream_docs(path, vocab)
    count = 0
    while True:
        # Keep the `yield` outside of `try`: an exception in the caller is not a reading error.
        try:
            doc = next(stream, None)
        except Exception as error:  # zlib, msgpack and spaCy raise different types
            raise ValueError(Errors.F003.format(path=path, error=error)) from error
        if doc is None:
            break
        count += 1
        yield doc
    if not count:
        raise ValueError(Errors.F004.format(path=path))


def _stream_docs(path: Path, vocab: Vocab) -> Iterator[Doc]:
    yield from DocBin().from_disk(path).get_docs(vocab)


def read_docbin(path: Path, vocab: Vocab) -> List[Doc]:
    """Read the documents of a .spacy file.

    path (Path): The file.
    vocab (Vocab): The vocabulary of the documents.
    RETURNS (List[Doc]): The documents; at least one.
    RAISES (ValueError): If the file is missing, empty or can't be read.
    """
    return list(stream_docbin(path, vocab))


def write_docs(docs: Iterable[Doc], path: Path) -> None:
    """Write documents to a .spacy file atomically, with their user data.

    docs (Iterable[Doc]): The documents.
    path (Path): The file.
    RAISES (ValueError): If the file can't be written.
    """
    with replacing(path) as draft:
        DocBin(docs=docs, store_user_data=True).to_disk(draft)
