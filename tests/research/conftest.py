"""Fixtures for the tests of the studies."""

import traceback
from contextlib import redirect_stderr, redirect_stdout

import pytest

from research.common import runner


@pytest.fixture
def run_study(capsys, monkeypatch, tmp_path):
    """Return a function that runs a study's command in this process with a small configuration.

    It takes the study and its arguments, and returns the number of failed training runs and the
    output. Results are in tmp_path / "results", the files of the training runs in tmp_path /
    "work". The training runs have no processes of their own, which take seconds to start, unless
    `new_processes` is set.
    """

    def run(study, *args, new_processes=False):
        folders = ("--results", tmp_path / "results", "--work", tmp_path / "work")
        options = ("--vectors", "none", "--scale", "small", "--seeds", 0, "--jobs", 1)
        with monkeypatch.context() as patch:
            if not new_processes:
                patch.setattr(runner, "_run_process", run_cell_of(study))
            failed = runner.main(study, [str(arg) for arg in ("--run", *folders, *options, *args)])
        captured = capsys.readouterr()
        return failed, captured.out + captured.err

    return run


def run_cell_of(study):
    """Return a function that does in this process what `_run_process` does in a new one."""

    def run_cell(command, folder):
        folder.mkdir(parents=True, exist_ok=True)
        log = (folder / "output.txt").open("w", encoding="utf-8")
        with log, redirect_stdout(log), redirect_stderr(log):
            try:
                # The command is `python -m PACKAGE ARGUMENTS`.
                return runner.main(study, command[3:]) == 0
            except Exception:
                traceback.print_exc()
        print(f"{folder.name}: failed, see {folder}")
        return False

    return run_cell
