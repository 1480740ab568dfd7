"""The cells of a benchmark, each in a process of its own with one thread, some at a time.

A cell begins with what is measured, on which corpus and with which seed. What finished stays.
"""

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence

import srsly
from tqdm import tqdm


def add_options(parser: argparse.ArgumentParser, name: str, corpora: Sequence[str]) -> None:
    """Add the options of every such benchmark.

    parser (ArgumentParser): The benchmark's.
    name (str): Its name: results go to benchmarks/results/NAME, files to benchmarks/work/NAME.
    corpora (Sequence[str]): Its corpora.
    """
    root = Path(__file__).resolve().parent
    parser.add_argument("--data", type=Path, default=root.parent / "corpus", help=".spacy files")
    parser.add_argument("--only", nargs="+", choices=list(corpora), default=list(corpora))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--jobs", type=int, default=2, help="trainings at a time")
    parser.add_argument("--results", type=Path, default=root / "results" / name)
    parser.add_argument("--work", type=Path, default=root / "work" / name)
    parser.add_argument("--report", action="store_true", help="only write what is there")
    parser.add_argument("--cell", action="store_true", help="run the one cell here and now")


def file_stem(*parts: Any) -> str:
    """parts (Any): What tells a cell from others, its model's name among them.
    RETURNS (str): The name of its files.
    """
    return ".".join(re.sub(r"[^\w-]+", "_", str(part)).lower() for part in parts)


def cell_command(cell: Sequence, option: str) -> List[str]:
    """cell (Sequence): The cell.
    option (str): The benchmark's option that names what is measured.
    RETURNS (List[str]): The command that goes on here, for this cell alone.
    """
    what, corpus, seed = cell[:3]
    return [*sys.argv, "--cell", option, what, "--only", corpus, "--seeds", str(seed)]


def run_cells(
    cells: Sequence, option: str, options: argparse.Namespace, stem: Callable, run: Callable
) -> int:
    """Run the cells that have no result yet; with --cell, the one cell within this process.

    cells (Sequence): Those asked for.
    option (str): The option that names what is measured.
    options (Namespace): The command line's.
    stem (Callable): Cell → name of its files.
    run (Callable): Takes a cell and a folder for its files; returns its result.
    RETURNS (int): How many failed.
    """
    if options.cell:
        [cell] = cells
        save(run(cell, options.work / stem(cell)), options.results / f"{stem(cell)}.json")
        return 0
    todo = [cell for cell in cells if not (options.results / f"{stem(cell)}.json").exists()]
    if options.report or not todo:
        return 0

    def work(cell: Sequence) -> int:
        return _run(cell_command(cell, option), options.work / stem(cell))

    with ThreadPoolExecutor(options.jobs) as pool:
        codes = pool.map(work, todo)
        return sum(bool(code) for code in tqdm(codes, total=len(todo), desc="Trainings"))


def _run(command: List[str], folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    with (folder / "output.txt").open("w", encoding="utf-8") as out:
        code = subprocess.run(
            [sys.executable, *command], env=env, stdout=out, stderr=out
        ).returncode
    if code:
        tqdm.write(f"{folder.name}: failed, see {out.name}")
    return code


def save(result: Dict[str, Any], path: Path) -> None:
    """Write a result in one go, so that a run that was stopped leaves none or a whole one.

    result (Dict[str, Any]): The result.
    path (Path): The file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    srsly.write_json(part, result)
    part.replace(path)
