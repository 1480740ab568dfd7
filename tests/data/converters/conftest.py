"""Fixtures for the tests of converters."""

import json
from pathlib import Path
from typing import Any, Callable, List, Tuple

import pytest
from spacy.language import Language
from spacy.tokens import Doc

from spacy_clinrel.data.converters import ReadOptions, Report, find_files, get_converter, read_docs

Convert = Callable[..., Tuple[List[Doc], Report]]


@pytest.fixture
def read(zh: Language) -> Convert:
    """Return a function that reads a path in a format and returns the Docs and the
    report."""

    def convert(name: str, path: Path, **options: Any) -> Tuple[List[Doc], Report]:
        converter, report = get_converter(name), Report()
        files = find_files(path, converter)
        return list(read_docs(zh, converter, files, report, ReadOptions(**options))), report

    return convert


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a file under a temporary folder, without changing
    line breaks."""

    def write(name: str, content: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode(encoding))
        return path

    return write


@pytest.fixture
def read_tasks(zh, put):
    """Return a function that reads tasks as JSON and returns the Docs and the report."""

    def run(*tasks, name="label-studio", **options):
        path = put("project.json", json.dumps(tasks))
        report, converter = Report(), get_converter(name)
        files = find_files(path, converter)
        return list(read_docs(zh, converter, files, report, ReadOptions(**options))), report

    return run
