"""Terminologies that the tests share."""

from pathlib import Path

import pytest

from spacy_clinrel import build_terminology

from .util import TABLE


@pytest.fixture(scope="session")
def terminology_path(tmp_path_factory) -> Path:
    """Return the folder of a terminology of 30 concepts."""
    folder = tmp_path_factory.mktemp("terminology")
    (folder / "table.csv").write_text(TABLE, encoding="utf-8")
    build_terminology(folder / "table.csv", folder / "out")
    return folder / "out"
