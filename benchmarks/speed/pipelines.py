"""Measure pipelines: characters and documents per second, components, startup, training, and
document length."""

import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any, Callable, Dict, List, NamedTuple, Sequence

import spacy
import torch
from spacy import util
from spacy.language import Language
from spacy.training.initialize import init_nlp

from benchmarks.common import Record
from benchmarks.memory import peak_mib, reset_peak_mib
from benchmarks.tutorial import load_tutorial
from spacy_clinrel.files import read_docbin

from .systems import SPACY, Setting, load, pipelines, system_config

REPEATS = 5
UPDATE_CHARACTERS = 2000


def read_texts(setting: Setting, lang: str) -> List[str]:
    """Read the texts of the test split.

    setting (Setting): Files and training steps of the benchmark.
    lang (str): Language.
    RETURNS (List[str]): The texts.
    """
    docs = read_docbin(setting.file(lang, "test"), spacy.blank(lang).vocab)
    return [doc.text for doc in docs]


def time_in_turns(
    functions: Dict[str, Callable[[], Any]], repeats: int = REPEATS
) -> Dict[str, float]:
    """Time functions alternately, so that other load on the machine affects all of them equally.

    functions (Dict[str, Callable[[], Any]]): Name → function. Each is called once before timing.
    repeats (int): Number of timed calls of each.
    RETURNS (Dict[str, float]): Name → median seconds.
    """
    seconds: Dict[str, List[float]] = {name: [] for name in functions}
    for turn in range(repeats + 1):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return {name: median(values) for name, values in seconds.items()}


class Workload(NamedTuple):
    """A pipeline in its own process, and the texts that it annotates.

    nlp (Language): The pipeline.
    texts (List[str]): The texts.
    """

    nlp: Language
    texts: List[str]


# Of a worker process; each has one.
WORKLOADS: List[Workload] = []


def _start_worker(setting: Setting, path: Path, texts: List[str], threads: int) -> None:
    torch.set_num_threads(threads)
    WORKLOADS[:] = [Workload(load(setting, path), texts)]


def _run_workload() -> None:
    _run(*WORKLOADS[0])


def _count_annotations() -> Dict[str, int]:
    nlp, texts = WORKLOADS[0]
    docs = list(nlp.pipe(texts))
    return {
        "mentions": sum(len(doc.ents) for doc in docs),
        "relations": sum(len(doc._.relations) for doc in docs),
    }


def measure_pipelines(setting: Setting, lang: str, threads: int) -> List[Record]:
    """Measure the rate of each pipeline of a language on the same notes.

    Each pipeline runs in its own process. The pipelines run alternately, not in parallel.

    setting (Setting): Files and training steps of the benchmark.
    lang (str): Language.
    threads (int): Number of PyTorch threads.
    RETURNS (List[Dict[str, Any]]): A record per pipeline.
    """
    texts = read_texts(setting, lang)
    size = sum(map(len, texts))
    with ExitStack() as stack:
        spawn = get_context("spawn")
        workers = {
            name: stack.enter_context(
                ProcessPoolExecutor(1, spawn, _start_worker, (setting, path, texts, threads))
            )
            for name, path in pipelines(setting, lang).items()
        }
        seconds = time_in_turns(
            {
                name: lambda worker=worker: worker.submit(_run_workload).result()
                for name, worker in workers.items()
            }
        )
        return [
            {
                **{"lang": lang, "threads": threads, "system": name, "seconds": seconds[name]},
                "characters_per_second": size / seconds[name],
                "documents_per_second": len(texts) / seconds[name],
                "ratio": seconds[SPACY] / seconds[name],
                **worker.submit(_count_annotations).result(),
            }
            for name, worker in workers.items()
        ]


def _run(nlp: Language, texts: Sequence[str]) -> None:
    for _ in nlp.pipe(texts):
        pass


def measure_components(setting: Setting, lang: str, system: str) -> List[Record]:
    """Measure the tokenizer and each component of a pipeline.

    setting (Setting): Files and training steps of the benchmark.
    lang (str): Language.
    system (str): Name of the pipeline.
    RETURNS (List[Dict[str, Any]]): A record per component.
    """
    torch.set_num_threads(1)
    texts = read_texts(setting, lang)
    nlp = load(setting, pipelines(setting, lang)[system])
    seconds: Dict[str, List[float]] = {}
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        docs = [nlp.make_doc(text) for text in texts]
        seconds.setdefault("tokenizer", []).append(time.perf_counter() - start)
        for name, pipe in nlp.pipeline:
            start = time.perf_counter()
            docs = list(pipe.pipe(docs, batch_size=nlp.batch_size))  # type: ignore[attr-defined]
            seconds.setdefault(name, []).append(time.perf_counter() - start)
    size = sum(map(len, texts))
    return [
        {
            **{"lang": lang, "system": system, "part": name},
            "microseconds_per_character": 1e6 * median(values[1:]) / size,
        }
        for name, values in seconds.items()
    ]


def measure_start(setting: Setting, lang: str) -> List[Record]:
    """Measure the seconds from the start of a process to the first annotated document.

    setting (Setting): Files and training steps of the benchmark.
    lang (str): Language.
    RETURNS (List[Dict[str, Any]]): A record per pipeline.
    """
    text = min(read_texts(setting, lang), key=len)
    rows = []
    for name, path in pipelines(setting, lang).items():
        if "tutorial" in name:
            continue  # its code is not installed
        code = (
            "import time; t = time.perf_counter(); import spacy; a = time.perf_counter() - t; "
            f"nlp = spacy.load({str(path)!r}); b = time.perf_counter() - t; nlp({text!r}); "
            "print(a, b, time.perf_counter() - t)"
        )
        seconds = []
        for _ in range(3):
            done = subprocess.run(
                [sys.executable, "-c", code], check=True, capture_output=True, text=True
            )
            seconds.append([float(value) for value in done.stdout.split()])
        imported, loaded, first = (median(values) for values in zip(*seconds))
        figures = {"import": imported, "load": loaded, "first_document": first}
        rows.append({"lang": lang, "system": name, **figures})
    return rows


def measure_updates(setting: Setting, lang: str, steps: int = 20) -> List[Record]:
    """Measure the training speed of each pipeline on the same batches.

    setting (Setting): Files and training steps of the benchmark.
    lang (str): Language.
    steps (int): Number of batches.
    RETURNS (List[Dict[str, Any]]): A record per pipeline, except the tutorial's.
    """
    torch.set_num_threads(1)
    if setting.tutorial:
        load_tutorial(setting.tutorial)
    functions = {}
    for name in pipelines(setting, lang):
        if "tutorial" in name:
            continue
        config = system_config(setting, lang, name)
        nlp = init_nlp(config)
        corpus = util.resolve_dot_names(config.interpolate(), ["corpora.train"])[0]
        batches: List[List[Any]] = [[]]
        for example in corpus(nlp):
            if sum(map(len, batches[-1])) + len(example) > UPDATE_CHARACTERS and batches[-1]:
                batches.append([])
            batches[-1].append(example)
        optimizer = nlp.resume_training()

        def update(nlp=nlp, batches=batches[:steps], optimizer=optimizer) -> None:
            for batch in batches:
                nlp.update(batch, sgd=optimizer, drop=0.1)

        functions[name] = update
    return [
        {"lang": lang, "system": name, "steps_per_second": steps / seconds}
        for name, seconds in time_in_turns(functions, 1).items()
    ]


def measure_growth(setting: Setting, system: str, characters: int, documents: int) -> List[Record]:
    """Measure time and memory of a pipeline on documents joined from real notes.

    setting (Setting): Files and training steps of the benchmark.
    system (str): Name of the Chinese pipeline.
    characters (int): Length of each document.
    documents (int): Number of documents.
    RETURNS (List[Dict[str, Any]]): One record.
    """
    torch.set_num_threads(1)
    notes = read_texts(setting, "zh")
    endless = "".join(islice(cycle(notes), 1 + 2 * characters * len(notes) // sum(map(len, notes))))
    nlp = load(setting, pipelines(setting, "zh")[system])
    _run(nlp, notes[:5])
    text = (endless * (1 + characters // len(endless)))[:characters]
    before, start = reset_peak_mib(), time.perf_counter()
    mentions = sum(len(doc.ents) for doc in nlp.pipe(text for _ in range(documents)))
    seconds = time.perf_counter() - start
    return [
        {
            **{"system": system, "characters": characters, "documents": documents},
            **{"mentions": mentions, "seconds": seconds},
            **{"before_mib": before, "peak_mib": peak_mib()},
        }
    ]
