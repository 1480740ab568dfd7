"""Speed, memory and scale, measured side by side: pipelines against spaCy's own, pairs as mentions
grow, documents as they grow, starting, training, archives.

    python benchmarks/speed.py [--data corpus] [--tutorial CHECKOUT] [--only PART ...] [--report]

Needs the .spacy files of `spacy project run ccks2017-convert` (and of `maccrobat-convert` for the
English rows). CHECKOUT is one of explosion/projects. Each figure comes from a process of its own,
with nothing else to be run beside it. What was measured is kept for each part in
benchmarks/results/speed.json, with machine and commit; the tables go to speed.md. (For Unix.)
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List

import spacy
import srsly
import torch
from cell_training import commit
from relation_settings import ROOT
from speed_archive import measure_archive
from speed_pairs import MODELS, measure_machine, measure_pairs
from speed_pipelines import (
    measure_components,
    measure_growth,
    measure_pipelines,
    measure_start,
    measure_updates,
)
from speed_report import write_report
from speed_systems import SPACY, Setting, pipelines
from tqdm import tqdm

from spacy_clinrel.files import write_json

Row = Dict[str, Any]
Job = Dict[str, Any]
DEFAULT = "zh_clinrel"
# Part → what measures it.
PARTS: Dict[str, Callable[..., List[Row]]] = {
    "machine": measure_machine,
    "pipelines": measure_pipelines,
    "components": measure_components,
    "start": measure_start,
    "updates": measure_updates,
    "pairs": measure_pairs,
    "growth": measure_growth,
    "archive": measure_archive,
}
# Those that measure layers, not pipelines.
BARE = ("machine", "pairs")


def jobs(part: str, setting: Setting, small: bool) -> List[Job]:
    """What a part measures, each in a process of its own.

    part (str): The part.
    setting (Setting): The setting.
    small (bool): Tiny sizes, for tests.
    RETURNS (List[Job]): Arguments of its function.
    """
    languages = [{"lang": lang} for lang in setting.languages()]
    if part == "machine":
        return [{"threads": threads} for threads in (1, 2)]
    if part == "pipelines":
        return [{**lang, "threads": threads} for threads in (1, 2) for lang in languages]
    if part == "components":
        return [
            {**lang, "system": system}
            for lang in languages
            for system in (SPACY, f"{lang['lang']}_clinrel")
        ]
    if part == "pairs":
        counts = (10, 20) if small else (10, 50, 200, 500)
        return [
            {"model": model, "mentions": count, "threads": 2}
            for model in MODELS
            for count in counts
        ]
    if part == "growth":
        lengths = (100, 200) if small else (100, 1000, 10_000, 50_000)
        counts = (10, 20) if small else (100, 1000, 10_000)
        sizes = [(length, 1) for length in lengths] + [(230, count) for count in counts]
        return [
            {"system": system, "characters": length, "documents": count}
            for system in (SPACY, DEFAULT)
            for length, count in sizes
        ]
    if part == "archive":
        few, many = (100, 200) if small else (2000, 20_000)
        runs = [(few, 1, False), (few, 2, False), (many, 1, False), (many, 2, False)]
        runs.append((many, 2, True))
        names = ("documents", "processes", "killed")
        return [{"system": DEFAULT, **dict(zip(names, run))} for run in runs]
    return [dict(lang) for lang in languages]


def in_process(part: str, job: Job, options: argparse.Namespace) -> List[Row]:
    """Measure one job in a process of its own.

    part (str): The part.
    job (Job): Arguments of its function.
    options (Namespace): The command line's options.
    RETURNS (List[Row]): What it measured.
    RAISES (CalledProcessError): If it failed; it has said why.
    """
    command = [sys.executable, __file__, *options.shared, "--here", part, json.dumps(job)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def run_part(part: str, setting: Setting, options: argparse.Namespace) -> Row:
    """Measure a part.

    part (str): The part.
    setting (Setting): The setting.
    options (Namespace): The command line's options.
    RETURNS (Row): Its rows, and of which machine and commit they are.
    """
    if part not in BARE:
        for lang in setting.languages():
            pipelines(setting, lang)
    todo = jobs(part, setting, options.small)
    rows = [row for job in tqdm(todo, desc=part) for row in in_process(part, job, options)]
    return {
        "rows": rows,
        "commit": commit(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "versions": {"spacy": spacy.__version__, "torch": torch.__version__},
    }


def arguments() -> argparse.Namespace:
    """RETURNS (Namespace): The command line's options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    bench = ROOT / "benchmarks"
    parser.add_argument("--data", type=Path, default=ROOT / "corpus", help=".spacy files")
    parser.add_argument("--tutorial", type=Path, help="checkout of explosion/projects")
    parser.add_argument("--work", type=Path, default=bench / "work" / "speed")
    parser.add_argument("--out", type=Path, default=bench / "results" / "speed.md")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--steps", type=int, default=300, help="steps of each training")
    parser.add_argument("--small", action="store_true", help="tiny sizes")
    parser.add_argument("--report", action="store_true", help="only write what is there")
    parser.add_argument("--here", nargs=2, metavar=("PART", "JOB"), help="one job, in this process")
    options = parser.parse_args()
    named = {"--data": options.data, "--work": options.work, "--steps": options.steps}
    if options.tutorial:
        named["--tutorial"] = options.tutorial
    options.shared = [str(value) for pair in named.items() for value in pair]
    return options


def main() -> int:
    """RETURNS (int): 0"""
    options = arguments()
    setting = Setting(options.data, options.work, options.tutorial, options.steps)
    if options.here:
        part, job = options.here[0], json.loads(options.here[1])
        rows = PARTS[part](**job) if part in BARE else PARTS[part](setting, **job)
        print(json.dumps(rows))
        return 0
    kept = options.out.with_suffix(".json")
    found = srsly.read_json(kept) if kept.exists() else {}
    for part in [] if options.report else options.only:
        found[part] = run_part(part, setting, options)
        write_json(kept, found)
    write_report(found, options.out)
    print(f"Saved {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
