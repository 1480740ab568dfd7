"""Trainings, each in a process of its own with one thread, some at a time."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import List, NamedTuple, Sequence

from tqdm import tqdm


class Job(NamedTuple):
    """A training.

    title (str): What a failure is reported as.
    command (List[str]): Script and arguments, after `python`.
    folder (Path): Gets the output, in output.txt.
    """

    title: str
    command: List[str]
    folder: Path


def run_jobs(jobs: Sequence[Job], at_a_time: int) -> int:
    """Run trainings.

    jobs (Sequence[Job]): The trainings.
    at_a_time (int): How many.
    RETURNS (int): How many failed.
    """
    with ThreadPoolExecutor(at_a_time) as pool:
        codes = pool.map(_run, jobs)
        return sum(bool(code) for code in tqdm(codes, total=len(jobs), desc="Trainings"))


def _run(job: Job) -> int:
    job.folder.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    with (job.folder / "output.txt").open("w", encoding="utf-8") as out:
        command = [sys.executable, *job.command]
        code = subprocess.run(command, env=env, stdout=out, stderr=out).returncode
    if code:
        tqdm.write(f"{job.title}: failed, see {out.name}")
    return code
