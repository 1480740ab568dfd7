"""Compare two installed versions of spacy-clinrel with the same pipeline and texts."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Dict, List, Optional

from benchmarks.common import one_thread, table
from spacy_clinrel.files import write_json

from .pipelines import read_texts
from .systems import DEFAULT, Setting, pipeline

# Runs with either version, so it may only use spaCy's public functions. It trains on the pipeline's
# own predictions.
WORKER = """
import json, sys, time
start = time.perf_counter()
import spacy
from spacy.training import Example
nlp = spacy.load(sys.argv[1])
seconds = {"start": time.perf_counter() - start}
with open(sys.argv[2], encoding="utf-8") as file:
    texts = json.load(file)
list(nlp.pipe(texts[:5]))
start = time.perf_counter()
docs = list(nlp.pipe(texts))
seconds["annotate"] = time.perf_counter() - start
examples = [Example(nlp.make_doc(doc.text), doc) for doc in docs[:64]]
optimizer = nlp.resume_training()
nlp.update(examples[:4], sgd=optimizer)
start = time.perf_counter()
for i in range(0, len(examples), 8):
    nlp.update(examples[i : i + 8], sgd=optimizer, drop=0.1)
seconds["train"] = time.perf_counter() - start
print(json.dumps(seconds))
"""
LEAST_CHARACTERS = 20_000  # of all texts; short ones are repeated


def compare_versions(
    setting: Setting, other: Path, model: Optional[Path] = None, repeats: int = 7
) -> str:
    """Time this version and another version alternately, each run in a new process with one thread.

    setting (Setting): Files and training steps of the benchmark.
    other (Path): The Python executable of an environment with the other version.
    model (Optional[Path]): A Chinese pipeline that both versions can load; None for the trained
        zh_clinrel.
    repeats (int): Runs of each version.
    RETURNS (str): A table in Markdown with the median seconds of each version, and the ratio.
    """
    model = model or pipeline(setting, "zh", DEFAULT)
    this: Dict[str, List[float]] = {}
    that: Dict[str, List[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        texts = Path(folder) / "texts.json"
        notes = read_texts(setting, "zh")
        write_json(texts, notes * (1 + LEAST_CHARACTERS // sum(map(len, notes))))
        for _ in range(repeats):
            for python, tasks in ((Path(sys.executable), this), (other, that)):
                for task, value in _run(python, model, texts).items():
                    tasks.setdefault(task, []).append(value)
    rows = []
    for task, values in this.items():
        new, old = median(values), median(that[task])
        spans = [f"{min(times):.3f}–{max(times):.3f}" for times in (values, that[task])]
        rows.append([task, f"{new:.3f}", spans[0], f"{old:.3f}", spans[1], f"{old / new:.3f}"])
    header = ["Task", "this, s", "range", "other, s", "range", "this is faster by"]
    return table(header, rows)


def _run(python: Path, model: Path, texts: Path) -> Dict[str, float]:
    """Run the worker outside of this repository, so that it imports the installed version."""
    command = [str(python), "-c", WORKER, str(model), str(texts)]
    env = {key: value for key, value in one_thread().items() if key != "PYTHONPATH"}
    done = subprocess.run(
        command, check=True, cwd=texts.parent, env=env, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])
