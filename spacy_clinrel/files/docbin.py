"""Reading and writing of .spacy files."""

from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Optional, Sequence, Union

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from ..errors import Errors
from .names import show_path
from .walk import LeftOut, check_source, skip_hidden, walk_files
from .writing import replacing

SUFFIX = ".spacy"


def ensure_paths(sources: Union[str, Path, Sequence[Union[str, Path]]]) -> List[Path]:
    """Convert one or several paths to a list of `Path` objects.

    sources (Union[str, Path, Sequence]): One path or a sequence of paths.
    RETURNS (List[Path]): The paths.
    """
    several = [sources] if isinstance(sources, (str, Path)) else sources
    return [Path(path) for path in several]


def spacy_files(sources: Sequence[Path]) -> List[Path]:
    """List .spacy files, without duplicates and in a fixed order. Warns about links, pipes and
    unreadable folders that are left out.

    sources (Sequence[Path]): .spacy files or folders. Folders are searched with their subfolders
        and linked folders.
    RETURNS (List[Path]): The files.
    RAISES (ValueError): If a source is missing or no regular file, or a folder contains no .spacy
        files.
    """
    unique: Dict[Path, Path] = {}
    for source in sources:
        check_source(source)
        files = _search(source) if source.is_dir() else [source]
        for path in files:
            unique.setdefault(path.resolve(), path)
    return list(unique.values())


def _search(folder: Path) -> List[Path]:
    """Return the .spacy files in a folder.

    RAISES (ValueError): If there are none.
    """
    left_out = LeftOut()
    files = sorted(file.path for file in walk_files(folder, left_out, check_file=_check_file))
    if not files:
        expected = "*.spacy"
        if left_out.named:
            expected += f". Left out: {left_out.named[0]}"
        raise ValueError(Errors.F002.format(path=show_path(folder), expected=expected))
    left_out.warn(folder)
    return files


def _check_file(relative: str) -> Optional[str]:
    """Return why a file is left out; None if it is not. Other formats are not reported."""
    return skip_hidden(relative) if relative.lower().endswith(SUFFIX) else ""


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
