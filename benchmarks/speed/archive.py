"""Measure `python -m spacy clinrel apply` on an archive: speed, memory, resumption after kills,
broken documents."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Dict, List

import srsly

from benchmarks.common import Record
from benchmarks.memory import in_mib

from .pipelines import read_texts
from .systems import Setting, pipelines

# 1 in 100 documents has one of these contents.
BROKEN = (b"\xff\xfe\xff not UTF-8", b"", "症".encode() * (2**20 // 3), b"\x00\x00NUL\x00")
KILLS = 3
# On Linux, the peak of a new process includes that of the process that started it. This launcher
# needs little memory.
LAUNCHER = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def make_archive(setting: Setting, documents: int, folder: Path) -> int:
    """Create an archive from copies of real notes.

    Half of the notes are lines of one file, the others are text files. 1 in 100 documents is
    broken.

    setting (Setting): Files and training steps of the benchmark.
    documents (int): Number of documents.
    folder (Path): Folder for the files. An existing archive is kept.
    RETURNS (int): Number of broken documents.
    """
    broken = documents // 100
    if folder.exists():
        return broken
    draft = folder.with_suffix(".part")
    shutil.rmtree(draft, ignore_errors=True)
    (draft / "files").mkdir(parents=True)
    notes = list(islice(cycle(read_texts(setting, "zh")), documents - broken))
    half = len(notes) // 2
    lines = ({"id": f"line{i}", "text": text} for i, text in enumerate(notes[:half]))
    srsly.write_jsonl(draft / "notes.jsonl", lines)
    contents = [text.encode() for text in notes[half:]] + list(islice(cycle(BROKEN), broken))
    random.Random(0).shuffle(contents)
    for i, content in enumerate(contents):
        (draft / "files" / f"{i:06d}.txt").write_bytes(content)
    draft.rename(folder)
    return broken


def digest(out: Path) -> str:
    """Compute a digest of the output.

    out (Path): Folder of the output.
    RETURNS (str): SHA-256 of the shards and of the quarantine.
    """
    sha = hashlib.sha256()
    for path in [*sorted(out.glob("part-*")), out / "_quarantine.jsonl"]:
        if path.exists():
            sha.update(path.name.encode() + path.read_bytes())
    return sha.hexdigest()


def command(model: Path, archive: Path, out: Path, processes: int) -> List[str]:
    """Return the command line of `apply` with --resume.

    model (Path): The pipeline.
    archive (Path): The archive.
    out (Path): Folder for the output.
    processes (int): Number of processes.
    RETURNS (List[str]): The command line.
    """
    start = [sys.executable, "-m", "spacy", "clinrel", "apply", str(model), str(archive), str(out)]
    return [*start, "--n-process", str(processes), "--shard-size", "500", "--resume", "--quiet"]


def run_to_end(run: List[str], env: Dict[str, str]) -> float:
    """Run a command and measure its memory.

    run (List[str]): The command line.
    env (Dict[str, str]): Its environment.
    RETURNS (float): Peak memory of its largest process, in MiB.
    RAISES (CalledProcessError): If it fails.
    """
    launcher = [sys.executable, "-c", LAUNCHER, *run]
    done = subprocess.run(launcher, env=env, check=True, stdout=subprocess.PIPE, text=True)
    return in_mib(int(done.stdout.splitlines()[-1]))


def measure_archive(
    setting: Setting, system: str, documents: int, processes: int, killed: bool
) -> List[Record]:
    """Annotate an archive.

    setting (Setting): Files and training steps of the benchmark.
    system (str): Name of the Chinese pipeline.
    documents (int): Number of documents in the archive.
    processes (int): Number of processes.
    killed (bool): Whether to kill the run at random times and resume it.
    RETURNS (List[Dict[str, Any]]): One record.
    """
    model = pipelines(setting, "zh")[system]
    archive = setting.work / f"archive-{documents}"
    broken = make_archive(setting, documents, archive)
    out = setting.work / f"out-{documents}-{processes}-{'killed' if killed else 'whole'}"
    shutil.rmtree(out, ignore_errors=True)
    run = command(model, archive, out, processes)
    kills, rng = 0, random.Random(0)
    # Worker processes use one thread each, so a run with one process must as well.
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    expected_seconds = 15 + documents / 250
    while killed and kills < KILLS:
        process = subprocess.Popen(run, env=env, start_new_session=True)
        try:
            process.wait(rng.uniform(0.1, 0.5) * expected_seconds)
            break  # the run finished before the kill
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
    last_start = time.perf_counter()
    peak = run_to_end(run, env)
    totals = srsly.read_json(out / "_manifest.json")["finished"]
    return [
        {
            **{"system": system, "archive": documents, "processes": processes, "kills": kills},
            **{"broken": broken, "wall": time.perf_counter() - start},
            "seconds": time.perf_counter() - (last_start if killed else start),
            "peak_mib": peak,
            "digest": digest(out),
            **{key: totals[key] for key in ("documents", "quarantined", "mentions", "relations")},
        }
    ]
