"""`python -m spacy clinrel apply` over an archive: rate, memory, kills, broken documents."""

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
from typing import Any, Dict, List

import srsly
from memory import in_mib
from speed_pipelines import texts_of
from speed_systems import Setting, pipelines

Row = Dict[str, Any]
# One document in a hundred, in turn; None is what a whole archive has otherwise.
BROKEN = (b"\xff\xfe\xff not UTF-8", b"", "症".encode() * (2**20 // 3), b"\x00\x00NUL\x00")
KILLS = 3
# A process has the memory of the one that started it, as far as the system counts. This has little.
LAUNCHER = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def make_archive(setting: Setting, documents: int, folder: Path) -> int:
    """Real notes over and over, half of them lines of one file, half files, and a hundredth of
    them broken.

    setting (Setting): The setting.
    documents (int): How many.
    folder (Path): Gets the files, unless it is there.
    RETURNS (int): How many are broken.
    """
    broken = documents // 100
    if folder.exists():
        return broken
    draft = folder.with_suffix(".part")
    shutil.rmtree(draft, ignore_errors=True)
    (draft / "files").mkdir(parents=True)
    notes = list(islice(cycle(texts_of(setting, "zh")), documents - broken))
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
    """out (Path): What was written.
    RETURNS (str): Of the shards and of what is in quarantine.
    """
    found = hashlib.sha256()
    for path in [*sorted(out.glob("part-*")), out / "_quarantine.jsonl"]:
        if path.exists():
            found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()


def command(model: Path, archive: Path, out: Path, processes: int) -> List[str]:
    """RETURNS (List[str]): The command line of a run, which goes on where one was stopped."""
    start = [sys.executable, "-m", "spacy", "clinrel", "apply", str(model), str(archive), str(out)]
    return [*start, "--n-process", str(processes), "--shard-size", "500", "--resume", "--quiet"]


def run_to_end(run: List[str], env: Dict[str, str]) -> float:
    """run (List[str]): A command line.
    env (Dict[str, str]): Its environment.
    RETURNS (float): The most memory that it, or the largest of its processes, had, in MiB.
    RAISES (CalledProcessError): If it fails.
    """
    launcher = [sys.executable, "-c", LAUNCHER, *run]
    done = subprocess.run(launcher, env=env, check=True, stdout=subprocess.PIPE, text=True)
    return in_mib(int(done.stdout.splitlines()[-1]))


def measure_archive(
    setting: Setting, system: str, documents: int, processes: int, killed: bool
) -> List[Row]:
    """Run over an archive, from its beginning to its end.

    setting (Setting): The setting.
    system (str): Name of the Chinese pipeline.
    documents (int): How many documents the archive has.
    processes (int): Of the run.
    killed (bool): Whether the run is killed some times at random, and gone on with.
    RETURNS (List[Row]): One row.
    """
    model = pipelines(setting, "zh")[system]
    archive = setting.work / f"archive-{documents}"
    broken = make_archive(setting, documents, archive)
    out = setting.work / f"out-{documents}-{processes}-{'killed' if killed else 'whole'}"
    shutil.rmtree(out, ignore_errors=True)
    run = command(model, archive, out, processes)
    kills, dice = 0, random.Random(0)
    # Workers take one thread each, and so does a run of one process.
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    expected = 15 + documents / 250  # seconds, about
    while killed and kills < KILLS:
        process = subprocess.Popen(run, env=env, start_new_session=True)
        try:
            process.wait(dice.uniform(0.1, 0.5) * expected)
            break  # it was quicker
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
    begun = time.perf_counter()
    peak = run_to_end(run, env)
    totals = srsly.read_json(out / "_manifest.json")["finished"]
    return [
        {
            **{"system": system, "archive": documents, "processes": processes, "kills": kills},
            **{"broken": broken, "wall": time.perf_counter() - start},
            "seconds": time.perf_counter() - (start if not killed else begun),
            "peak_mib": peak,
            "digest": digest(out),
            **{key: totals[key] for key in ("documents", "quarantined", "mentions", "relations")},
        }
    ]
