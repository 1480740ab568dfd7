"""Converters on mutated files of each format."""

import pytest

from ..data.converters.examples import examples
from .check import check_format

FILES = 200


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(examples()))
def test_mutated_files_lose_nothing_silently(name, tmp_path):
    """`python -m tests.fuzz` runs more files and other seeds."""
    assert check_format(name, FILES, 0, tmp_path) > FILES / 20
