"""Measure speed, memory and scale.

    python -m benchmarks.speed [--data corpus] [--tutorial CHECKOUT] [--only SECTION ...]
    python -m benchmarks.speed --tables
    python -m benchmarks.speed --against OTHER/bin/python

The sections are: pipelines compared with spaCy's, scoring of pairs by number of mentions,
processing by document length, startup, training, and archives. Requires the .spacy files from
`spacy project run ccks2017-convert`, and from `maccrobat-convert` for the English rows. CHECKOUT is
a checkout of explosion/projects. Each measurement runs in its own process; run nothing else at the
same time. benchmarks/results/speed.jsonl has the records with machine and commit, speed.md the
tables; --tables only writes the tables. --against compares this version of spacy-clinrel with the
version installed in another Python environment. Needs Unix.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence

import spacy
import torch
from tqdm import tqdm

from benchmarks.common import (
    RESULTS,
    ROOT,
    WORK,
    Record,
    commit,
    machine,
    read_records,
    write_records,
    write_text,
)

from .archive import measure_archive
from .pairs import MODELS, measure_machine, measure_pairs
from .pipelines import (
    measure_components,
    measure_growth,
    measure_pipelines,
    measure_start,
    measure_updates,
)
from .report import report
from .systems import DEFAULT, SPACY, Setting, pipelines
from .versions import compare_versions

Job = Dict[str, Any]
# Section → the function that measures it.
SECTIONS: Dict[str, Callable[..., List[Record]]] = {
    "machine": measure_machine,
    "pipelines": measure_pipelines,
    "components": measure_components,
    "start": measure_start,
    "updates": measure_updates,
    "pairs": measure_pairs,
    "growth": measure_growth,
    "archive": measure_archive,
}
# Sections that measure layers and need no pipelines.
WITHOUT_PIPELINES = ("machine", "pairs")


def jobs(section: str, setting: Setting, is_small: bool) -> List[Job]:
    """List the measurements of a section, each of which runs in its own process.

    section (str): Name of the section.
    setting (Setting): Files and training steps of the benchmark.
    is_small (bool): Whether to use tiny sizes, for tests.
    RETURNS (List[Dict[str, Any]]): Arguments of the section's function.
    """
    languages = [{"lang": lang} for lang in setting.languages()]
    if section == "machine":
        return [{"threads": 1, "size": 256}] if is_small else [{"threads": 1}, {"threads": 2}]
    if section == "pipelines":
        counts = (1,) if is_small else (1, 2)
        return [{**lang, "threads": threads} for threads in counts for lang in languages]
    if section == "components":
        return [
            {**lang, "system": system}
            for lang in languages
            for system in (SPACY, f"{lang['lang']}_clinrel")
        ]
    if section == "pairs":
        counts = (10, 20) if is_small else (10, 50, 200, 500)
        return [
            {"model": model, "mentions": count, "threads": 2}
            for model in MODELS
            for count in counts
        ]
    if section == "growth":
        lengths = (100, 200) if is_small else (100, 1000, 10_000, 50_000)
        counts = (10, 20) if is_small else (100, 1000, 10_000)
        sizes = [(length, 1) for length in lengths] + [(230, count) for count in counts]
        return [
            {"system": system, "characters": length, "documents": count}
            for system in (SPACY, DEFAULT)
            for length, count in sizes
        ]
    if section == "archive":
        few, many = (100, 200) if is_small else (2000, 20_000)
        runs = [(few, 1, False), (few, 2, False), (many, 1, False), (many, 2, False)]
        runs.append((many, 2, True))
        names = ("documents", "processes", "killed")
        return [{"system": DEFAULT, **dict(zip(names, run))} for run in runs]
    if section == "updates" and is_small:
        return [{**lang, "steps": 2} for lang in languages]
    return [dict(lang) for lang in languages]


def measure(section: str, job: Job, setting: Setting) -> List[Record]:
    """Do one measurement in this process.

    section (str): Name of the section.
    job (Dict[str, Any]): Arguments of the section's function.
    setting (Setting): Files and training steps of the benchmark.
    RETURNS (List[Dict[str, Any]]): The records.
    """
    needed = [] if section in WITHOUT_PIPELINES else [setting]
    return SECTIONS[section](*needed, **job)


def measure_in_process(section: str, job: Job, options: argparse.Namespace) -> List[Record]:
    """Do one measurement in its own process.

    section (str): Name of the section.
    job (Dict[str, Any]): Arguments of the section's function.
    options (Namespace): The options of the command line.
    RETURNS (List[Dict[str, Any]]): The records.
    RAISES (CalledProcessError): If the process fails.
    """
    command = [sys.executable, "-m", "benchmarks.speed", *shared_arguments(options)]
    command += ["--here", section, json.dumps(job)]
    done = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def shared_arguments(options: argparse.Namespace) -> List[str]:
    """Return the arguments that all processes need.

    options (Namespace): The options of the command line.
    RETURNS (List[str]): Arguments.
    """
    named = {"--data": options.data, "--work": options.work, "--steps": options.steps}
    if options.tutorial:
        named["--tutorial"] = options.tutorial
    return [str(argument) for pair in named.items() for argument in pair]


def measure_section(section: str, setting: Setting, options: argparse.Namespace) -> List[Record]:
    """Measure a section.

    section (str): Name of the section.
    setting (Setting): Files and training steps of the benchmark.
    options (Namespace): The options of the command line.
    RETURNS (List[Dict[str, Any]]): Its records, with machine, commit and versions.
    """
    if section not in WITHOUT_PIPELINES:
        for lang in setting.languages():
            pipelines(setting, lang)
    source = {"machine": machine(), "commit": commit()}
    source.update(spacy=spacy.__version__, torch=torch.__version__)
    return [
        {"section": section, **record, **source}
        for job in tqdm(jobs(section, setting, options.small), desc=section)
        for record in measure_in_process(section, job, options)
    ]


def arguments() -> argparse.Namespace:
    """Parse the command line.

    RETURNS (Namespace): The options.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--data", type=Path, default=ROOT / "corpus", help="folder of the .spacy files")
    add("--tutorial", type=Path, help="checkout of explosion/projects")
    add("--work", type=Path, default=WORK / "speed", help="folder for trained pipelines")
    add("--out", type=Path, default=RESULTS / "speed.md", help="the page with the tables")
    add("--only", nargs="+", choices=list(SECTIONS), default=list(SECTIONS), metavar="SECTION")
    add("--steps", type=int, default=300, help="steps of each training")
    add("--small", action="store_true", help="tiny sizes")
    add("--tables", action="store_true", help="only write the tables")
    add("--against", type=Path, metavar="PYTHON", help="compare with another Python's version")
    add("--model", type=Path, help="pipeline for --against; default: the trained zh_clinrel")
    add("--repeats", type=int, default=7, help="runs of each version for --against")
    add("--here", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    for name in ("data", "tutorial", "work", "model"):
        path = getattr(options, name)
        setattr(options, name, path and path.resolve())
    return options


def main() -> int:
    """Run the command line.

    RETURNS (int): 0
    """
    options = arguments()
    setting = Setting(options.data, options.work, options.tutorial, options.steps)
    if options.here:
        section, job = options.here
        print(json.dumps(measure(section, json.loads(job), setting)))
        return 0
    if options.against:
        print(compare_versions(setting, options.against, options.model, options.repeats))
        return 0
    kept = options.out.with_suffix(".jsonl")
    records = read_records(kept)
    for section in [] if options.tables else options.only:
        records = replace_section(records, section, measure_section(section, setting, options))
        write_records(kept, records)
    write_text(options.out, report(records))
    print(f"Saved {options.out}")
    return 0


def replace_section(
    records: Sequence[Record], section: str, measured: Sequence[Record]
) -> List[Record]:
    """Replace the records of a section.

    records (Sequence[Dict[str, Any]]): The records of all sections.
    section (str): Name of the section.
    measured (Sequence[Dict[str, Any]]): Its new records.
    RETURNS (List[Dict[str, Any]]): The records of all sections.
    """
    return [*(record for record in records if record["section"] != section), *measured]


if __name__ == "__main__":
    sys.exit(main())
