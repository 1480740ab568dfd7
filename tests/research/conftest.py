"""Fixtures for the tests of the studies."""

import pytest

from research.common.runner import main


@pytest.fixture
def run_study(capsys, tmp_path):
    """Return a function that runs a study's command in this process with a small configuration.

    It takes the study and its arguments, and returns the number of failed training runs and the
    output. The study still starts a new process for each training run. Results are in tmp_path /
    "results", the files of the training runs in tmp_path / "work".
    """

    def run(study, *args):
        folders = ("--results", tmp_path / "results", "--work", tmp_path / "work")
        options = ("--vectors", "none", "--scale", "small", "--seeds", 0, "--jobs", 1)
        failed = main(study, [str(arg) for arg in ("--run", *folders, *options, *args)])
        captured = capsys.readouterr()
        return failed, captured.out + captured.err

    return run
