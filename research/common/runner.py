"""The command line of a study, and the runner of its training runs.

Each training run has its own process with one thread. Its record is stored in the work folder, so
that an interrupted study can be resumed. The records of all finished training runs are collected in
results/NAME.jsonl, one per line. The tables are generated from this file alone.
"""

import argparse
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import List, Optional, Sequence

import srsly
from tqdm import tqdm

from benchmarks.common import (
    ROOT,
    Record,
    one_thread,
    read_records,
    write_records,
    write_text,
)
from spacy_clinrel.files import write_json

from .cells import Cell
from .study import SEEDS, Study


def parse_options(study: Study, args: Sequence[str]) -> argparse.Namespace:
    """Parse the command line of a study.

    study (Study): The study.
    args (Sequence[str]): The arguments.
    RETURNS (Namespace): The options.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m {study.package}",
        description=study.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    task = parser.add_mutually_exclusive_group(required=True)
    task.add_argument(
        "--tables", action="store_true", help="write the tables from the collected records"
    )
    task.add_argument(
        "--run", action="store_true", help="run the cells without a record, then write the tables"
    )
    task.add_argument("--cell", help=argparse.SUPPRESS)
    add = parser.add_argument
    systems = study.default_systems or study.systems
    add("--systems", nargs="+", choices=study.systems, default=systems, metavar="NAME")
    corpora = study.default_corpora or study.corpora
    add("--corpora", nargs="+", choices=study.corpora, default=corpora, metavar="NAME")
    add("--seeds", nargs="+", type=int, default=list(SEEDS), metavar="SEED")
    add("--scale", choices=study.scales, default=study.scales[0], help="settings of all systems")
    add("--jobs", type=int, default=2, help="cells that run at a time")
    add("--data", type=Path, default=ROOT / "corpus", help="folder of the .spacy files")
    vectors = str(ROOT / "corpus" / "vectors")
    add("--vectors", default=vectors, help="pipeline with character vectors, or 'none'")
    work = ROOT / "research" / "work" / study.name
    add("--work", type=Path, default=work, help="folder for trained models and records")
    add("--results", type=Path, default=study.folder, help="folder of the records and the tables")
    study.add_options(parser)
    options = parser.parse_args(args)
    options.vectors = None if options.vectors == "none" else options.vectors
    options.data, options.work = options.data.resolve(), options.work.resolve()
    return options


def main(study: Study, args: Optional[Sequence[str]] = None) -> int:
    """Run a study's command line.

    study (Study): The study.
    args (Optional[Sequence[str]]): The command-line arguments; None for those of the process.
    RETURNS (int): The number of failed training runs.
    """
    args = sys.argv[1:] if args is None else args
    options = parse_options(study, args)
    if options.cell:
        [cell] = [cell for cell in study.cells(options) if cell.id == options.cell]
        record = {**cell.key(), **study.run(cell, options.work / cell.id)}
        write_json(cell_path(options.work, cell.id), record)
        return 0
    suffix = "" if options.scale == study.scales[0] else f"_{options.scale}"
    page = options.results / f"{study.name}{suffix}.md"
    failed = run_missing(study, page.with_suffix(".jsonl"), options, args) if options.run else 0
    records = read_records(page.with_suffix(".jsonl"))
    notes = study.folder / f"{study.name}{suffix}_notes.md"
    write_text(page, page_text(study, records, options.scale, notes))
    study.plots(records, page)
    print(f"Saved {page}")
    return failed


def page_text(study: Study, records: Sequence[Record], scale: str, notes: Path) -> str:
    """Format the page of a study.

    study (Study): The study.
    records (Sequence[Dict[str, Any]]): The records of all training runs.
    scale (str): Name of the shared settings (see `Study.scales`).
    notes (Path): A Markdown file with a discussion of the results, which may not exist.
    RETURNS (str): Markdown.
    """
    parts = study.tables(records, scale)
    parts += [notes.read_text(encoding="utf-8")] if notes.exists() else []
    commits = ", ".join(sorted({record["commit"] for record in records}))
    return "\n".join([*parts, f"Commits: {commits}.\n"])


def cell_path(work: Path, cell_id: str) -> Path:
    """Return the path of a training run's record before it is collected.

    work (Path): The study's work folder.
    cell_id (str): Id of the training run.
    RETURNS (Path): A JSON file.
    """
    return work / "cells" / f"{cell_id}.json"


def run_missing(
    study: Study, collected: Path, options: argparse.Namespace, args: Sequence[str]
) -> int:
    """Do the training runs that have no record, and collect the records.

    study (Study): The study.
    collected (Path): The file of all records.
    options (Namespace): The options of the command line.
    args (Sequence[str]): The command-line arguments from which `options` was parsed.
    RETURNS (int): The number of failed training runs.
    """
    records = {record["cell"]: record for record in read_records(collected)}
    cells = study.cells(options)
    missing = [
        cell
        for cell in cells
        if cell.id not in records and not cell_path(options.work, cell.id).exists()
    ]
    failed = run_cells(study, missing, options, args) if missing else 0
    for cell in cells:
        path = cell_path(options.work, cell.id)
        if cell.id not in records and path.exists():
            records[cell.id] = srsly.read_json(path)
    write_records(collected, [records[cell_id] for cell_id in sorted(records)])
    return failed


def run_cells(
    study: Study, cells: Sequence[Cell], options: argparse.Namespace, args: Sequence[str]
) -> int:
    """Do training runs in parallel processes.

    study (Study): The study.
    cells (Sequence[Cell]): The training runs.
    options (Namespace): The options of the command line.
    args (Sequence[str]): The command-line arguments from which `options` was parsed.
    RETURNS (int): The number of failed training runs.
    """
    study.prepare(options)
    shared = [arg for arg in args if arg != "--run"]

    def run(cell: Cell) -> bool:
        command = [sys.executable, "-m", study.package, *shared, "--cell", cell.id]
        return _run_process(command, options.work / cell.id)

    with ThreadPoolExecutor(options.jobs) as pool:
        finished = list(tqdm(pool.map(run, cells), total=len(cells), desc="Cells"))
    return finished.count(False)


def _run_process(command: List[str], folder: Path) -> bool:
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "output.txt"
    with log.open("w", encoding="utf-8") as out:
        code = subprocess.run(command, cwd=ROOT, env=one_thread(), stdout=out, stderr=out)
    if code.returncode:
        tqdm.write(f"{folder.name}: failed, see {log}")
    return code.returncode == 0
