"""Comparison of results, and runs that are killed."""

import os
import signal
from typing import Any

import pytest

from spacy_clinrel.processing.folder import OutputFolder
from spacy_clinrel.processing.run import run_job


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


def killed_at(step: int, job: Any, **options: Any) -> bool:
    """Run `apply` in a process that kills itself before or after a write to disk.

    step (int): The number of the write, from 1. Before and after count separately.
    job (Any): The job.
    options (Any): Options of `run_job`.
    RETURNS (bool): Whether the run reached this write.
    """
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert status in (0, signal.SIGKILL), status
        return status != 0
    done = [0]

    def deadly(real):
        def call(*args, **kwargs):
            for act in (None, real):
                done[0] += 1
                if done[0] == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                if act is not None:
                    return act(*args, **kwargs)

        return call

    try:
        os.replace = deadly(os.replace)
        OutputFolder._append = deadly(OutputFolder._append)
        run_job(job, **options)
        os._exit(0)
    finally:
        os._exit(1)
