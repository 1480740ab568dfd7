"""Code shared by all benchmarks: paths, the commit, records on disk, tables."""

import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Iterable, List, Sequence

import srsly

from spacy_clinrel.files import replacing

Record = Dict[str, Any]

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
WORK = ROOT / "benchmarks" / "work"
CHARACTERS = "患者头痛咳嗽胸闷气促发热查体示肺炎脑梗死给予补液治疗后好转"  # of generated texts


def commit() -> str:
    """Return the commit of the working tree.

    RETURNS (str): The short hash, ending in "-dirty" if tracked files differ from the commit.
        Results and files unknown to git are ignored.
    """
    results = (":!benchmarks/results", ":!research/*/results")
    outputs = [
        subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True).stdout.strip()
        for command in (
            ["rev-parse", "--short=10", "HEAD"],
            ["status", "--porcelain", "-uno", "--", ".", *results],
        )
    ]
    return outputs[0] + ("-dirty" if outputs[1] else "")


def machine() -> str:
    """Describe this machine.

    RETURNS (str): System, processor and number of cores.
    """
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def one_thread() -> Dict[str, str]:
    """Return the environment of a subprocess whose libraries use one thread.

    RETURNS (Dict[str, str]): The environment variables.
    """
    return {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def run_spacy(*args: str, log: Path = Path(os.devnull)) -> None:
    """Run a spaCy command with one thread.

    args (str): Its arguments.
    log (Path): File for its output.
    RAISES (CalledProcessError): If it fails.
    """
    with log.open("a", encoding="utf-8") as out:
        command = [sys.executable, "-m", "spacy", *args]
        subprocess.run(command, check=True, cwd=ROOT, env=one_thread(), stdout=out, stderr=out)


def read_records(path: Path) -> List[Record]:
    """Read measurements.

    path (Path): A file with one JSON object per line.
    RETURNS (List[Dict[str, Any]]): The records; empty if the file does not exist.
    """
    return list(srsly.read_jsonl(path)) if path.exists() else []


def write_records(path: Path, records: Iterable[Record]) -> None:
    """Write measurements, one JSON object per line.

    path (Path): The file. An existing file is replaced.
    records (Iterable[Dict[str, Any]]): The records.
    """
    with replacing(path) as draft:
        srsly.write_jsonl(draft, records)


def write_text(path: Path, text: str) -> None:
    """Write a report.

    path (Path): The file. An existing file is replaced.
    text (str): Its content.
    """
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Format a table in Markdown.

    header (Sequence[str]): The column titles.
    rows (Sequence[Sequence[str]]): The cells of each row.
    RETURNS (str): The lines of the table, each ending in a line break.
    """
    lines = [header, ["---", *("---:" for _ in header[1:])], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def spread(values: Sequence[float], factor: float = 100.0) -> str:
    """Format mean and standard deviation.

    values (Sequence[float]): One value per seed.
    factor (float): Multiplies each value.
    RETURNS (str): For example "86.11 ± 0.24". A single value has no deviation.
    """
    mean = f"{factor * statistics.mean(values):.2f}"
    if len(values) < 2:
        return mean
    return f"{mean} ± {factor * statistics.stdev(values):.2f}"
