"""How results compare."""

from typing import Any

import pytest


def same(found: Any, wanted: Any) -> None:
    """Rows are equal, scores within 1e-5.

    found (Any): Rows, or what is in them.
    wanted (Any): The same.
    """
    if isinstance(wanted, float):
        assert found == pytest.approx(wanted, abs=1e-5)
    elif isinstance(wanted, dict):
        assert found.keys() == wanted.keys()
        for key, value in wanted.items():
            same(found[key], value)
    elif isinstance(wanted, list):
        assert len(found) == len(wanted)
        for one, other in zip(found, wanted):
            same(one, other)
    else:
        assert found == wanted
