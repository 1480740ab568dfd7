"""Damaged copies of saved components."""

import pytest

from ..util import run_python


@pytest.mark.slow
def test_randomly_damaged_components_load_or_give_one_error():
    assert "refused" in run_python("-m", "tests.fuzz.models", 15)
