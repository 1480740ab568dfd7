"""Writing files that are there as a whole or not at all."""

import os
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

import srsly


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file so that it is there as a whole or not at all. Its folder is made.

    path (Path): The file.
    YIELDS (Path): What to write to; it takes the file's place in the end.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def write_json(path: Path, data: Any) -> None:
    """Write a JSON file for people and programs.

    path (Path): The file.
    data (Any): What it is to hold.
    """
    with replacing(path) as draft:
        draft.write_text(srsly.json_dumps(data, indent=2) + "\n", encoding="utf-8")
