"""Text and annotation files of one document, in the same folder or in sibling folders."""

import os
from pathlib import Path
from typing import Iterator, Sequence

from ...files import existing_path

# Usual names of the folder with the texts if the annotations have another folder.
TEXT_FOLDERS = ("txt", "text", "texts")


def find_partner(
    path: Path, suffix: str, folders: Sequence[str], partner_folders: Sequence[str]
) -> Path:
    """Find the other file of a document.

    If it is not beside the file, it is searched in the sibling folders: for `a/txt/1/x.txt`, the
    file may be `a/ann/1/x.ann`.

    path (Path): One file of the document.
    suffix (str): The suffix of the other file.
    folders (Sequence[str]): Names, in lower case, of the folder that contains the first file if the
        files are in sibling folders.
    partner_folders (Sequence[str]): Names, in lower case, of the folder with the other file.
    RETURNS (Path): The file; the path beside the first file if there is none.
    """
    beside = path.with_suffix(suffix)
    paths = (beside, *_in_siblings(beside, folders, partner_folders))
    candidates = map(existing_path, paths)
    # Unlike Path.exists, os.path.exists returns False if a folder cannot be read.
    return next((candidate for candidate in candidates if os.path.exists(candidate)), beside)


def _in_siblings(
    path: Path, folders: Sequence[str], partner_folders: Sequence[str]
) -> Iterator[Path]:
    """Yield the paths with the name of one folder replaced, from the innermost folder."""
    parts = path.parts
    for index in reversed(range(len(parts) - 1)):
        if parts[index].lower() in folders:
            for name in partner_folders:
                for spelling in (name, name.upper(), name.title()):
                    yield Path(*parts[:index], spelling, *parts[index + 1 :])
