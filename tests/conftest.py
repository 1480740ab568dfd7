"""Fixtures that tests of several rooms share."""

import os
from pathlib import Path

import pytest
import spacy
from spacy.language import Language


@pytest.fixture
def zh() -> Language:
    """RETURNS (Language): A blank Chinese pipeline, a token a character."""
    return spacy.blank("zh")


@pytest.fixture(scope="session")
def corpora() -> Path:
    """RETURNS (Path): The folder with real corpora, which only some have; skips without it."""
    default = Path(__file__).parent.parent / ".." / "shared" / "corpora"
    path = Path(os.environ.get("CLINREL_CORPORA") or default)
    if not path.is_dir():
        pytest.skip(f"no real corpora at {path}: set CLINREL_CORPORA to their folder")
    return path
