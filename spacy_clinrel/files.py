"""Reading .spacy files, and writing files that are there as a whole or not at all."""

import json
import os
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Sequence, Union

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from .errors import Errors

# Windows has none.
fcntl: Any = import_module("fcntl") if find_spec("fcntl") else None


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file so that it is there as a whole or not at all, even if the machine loses power.
    Its folder is made.

    path (Path): The file.
    YIELDS (Path): What to write to; it takes the file's place in the end.
    RAISES (ValueError): If it can't be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield draft
            with draft.open("rb+") as file:
                os.fsync(file.fileno())
            os.replace(draft, path)
            _keep_folder(path.parent)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise ValueError(Errors.F018.format(path=path, error=error.strerror or error)) from error


def _keep_folder(path: Path) -> None:
    """A folder's list of names has to reach the disk too, where it can be opened."""
    with suppress(OSError):
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def locked_folder(path: Path) -> Iterator[None]:
    """Make a folder, and keep other processes that ask for it too out of it, where the system knows
    how.

    path (Path): The folder.
    RAISES (ValueError): If it can't be made, or another one has it.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(Errors.F018.format(path=path, error=error.strerror or error)) from error
    if fcntl is None:
        yield
        return
    lock = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError):  # some file systems have no locks
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ValueError(Errors.F033.format(path=path)) from error
        yield
    finally:
        os.close(lock)


def check_output(output: Optional[Path], *inputs: Optional[Path]) -> None:
    """Refuse an output before any work is done, where it can't be or would replace an input.

    output (Optional[Path]): The file to write; None if there is none.
    inputs (Optional[Path]): Files that are read, or other outputs.
    RAISES (ValueError): If the output is a folder or one of the other files.
    """
    if output is None:
        return
    if output.is_dir():
        raise ValueError(Errors.F020.format(path=output))
    for path in inputs:
        if path is not None and path.resolve() == output.resolve():
            raise ValueError(Errors.F017.format(path=output))


def text_lines(paths: Sequence[Path]) -> Iterator[str]:
    """The lines of text files.

    paths (Sequence[Path]): Text files in UTF-8.
    YIELDS (str): A line without its end.
    RAISES (ValueError): Before the first line, if a file is missing or a folder; and if one is not
        UTF-8.
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
    """Write a JSON file for people and programs.

    path (Path): The file.
    data (Any): What it is to hold.
    """
    with replacing(path) as draft:
        # Not srsly's, which writes ten digits of a number.
        text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
        draft.write_text(text + "\n", encoding="utf-8")


def ensure_paths(sources: Union[str, Path, Sequence[Union[str, Path]]]) -> List[Path]:
    """Return one or several paths as a list of Paths.

    sources (Union[str, Path, Sequence]): A path, or several.
    RETURNS (List[Path]): The paths.
    """
    several = [sources] if isinstance(sources, (str, Path)) else sources
    return [Path(path) for path in several]


def spacy_files(sources: Sequence[Path]) -> List[Path]:
    """The .spacy files that are named or stand in folders, each once, in the same order everywhere.

    sources (Sequence[Path]): .spacy files, or folders, searched with their subfolders.
    RETURNS (List[Path]): The files.
    RAISES (ValueError): If a source is missing, or a folder without .spacy files.
    """
    found: Dict[Path, Path] = {}
    for source in sources:
        if not source.exists():
            raise ValueError(Errors.F001.format(path=source))
        inside = (path for path in source.rglob("*.spacy") if not path.name.startswith("."))
        files = sorted(inside) if source.is_dir() else [source]
        if not files:
            raise ValueError(Errors.F002.format(path=source, expected="*.spacy"))
        for path in files:
            found.setdefault(path.resolve(), path)
    return list(found.values())


def stream_docbin(path: Path, vocab: Vocab) -> Iterator[Doc]:
    """Read the documents of a .spacy file one by one.

    path (Path): The file.
    vocab (Vocab): The vocabulary they get.
    YIELDS (Doc): At least one document.
    RAISES (ValueError): If there is no such file, it can't be read, or it is empty.
    """
    if path.is_dir():
        raise ValueError(Errors.F020.format(path=path))
    if not path.is_file():
        raise ValueError(Errors.F001.format(path=path))
    stream = _docs_of(path, vocab)
    count = 0
    while True:
        # No `yield` in here: what befalls whoever takes the documents is no fault of the file.
        try:
            doc = next(stream, None)
        except Exception as error:  # zlib, msgpack and spaCy each have their own
            raise ValueError(Errors.F003.format(path=path, error=error)) from error
        if doc is None:
            break
        count += 1
        yield doc
    if not count:
        raise ValueError(Errors.F004.format(path=path))


def _docs_of(path: Path, vocab: Vocab) -> Iterator[Doc]:
    yield from DocBin().from_disk(path).get_docs(vocab)


def read_docbin(path: Path, vocab: Vocab) -> List[Doc]:
    """Read the documents of a .spacy file.

    path (Path): The file.
    vocab (Vocab): The vocabulary they get.
    RETURNS (List[Doc]): At least one document.
    RAISES (ValueError): If there is no such file, it can't be read, or it is empty.
    """
    return list(stream_docbin(path, vocab))


def write_docs(docs: Iterable[Doc], path: Path) -> None:
    """docs (Iterable[Doc]): Documents.
    path (Path): The .spacy file to write.
    """
    with replacing(path) as draft:
        DocBin(docs=docs, store_user_data=True).to_disk(draft)
