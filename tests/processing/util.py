"""Comparison of results."""

from typing import Any

import pytest


def assert_same(found: Any, expected: Any) -> None:
    """Assert that rows are equal, with scores within 1e-5.

    found (Any): Rows, or their values.
    expected (Any): The expected rows or values.
    """
    if isinstance(expected, float):
        assert found == pytest.approx(expected, abs=1e-5)
    elif isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for key, value in expected.items():
            assert_same(found[key], value)
    elif isinstance(expected, list):
        assert len(found) == len(expected)
        for value, expected_value in zip(found, expected):
            assert_same(value, expected_value)
    else:
        assert found == expected
