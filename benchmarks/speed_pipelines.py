"""How fast whole pipelines are: characters, documents, components, start, training, growth."""

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
from memory import now_mib, peak_mib
from relation_tutorial import load_tutorial
from spacy import util
from spacy.language import Language
from spacy.training.initialize import init_nlp
from speed_systems import SPACY, Setting, load, pipelines, system_config

from spacy_clinrel.files import read_docbin

Row = Dict[str, Any]
REPEATS = 5
UPDATE_CHARACTERS = 2000


def texts_of(setting: Setting, lang: str) -> List[str]:
    """setting (Setting): The setting.
    lang (str): Language.
    RETURNS (List[str]): The notes of its test part.
    """
    docs = read_docbin(setting.file(lang, "test"), spacy.blank(lang).vocab)
    return [doc.text for doc in docs]


def side_by_side(ways: Dict[str, Callable[[], Any]], repeats: int = REPEATS) -> Dict[str, float]:
    """Time several ways in turn, so that what else the machine does falls on all of them.

    ways (Dict[str, Callable[[], Any]]): Name → what to time. Each runs once before.
    repeats (int): How often each is timed.
    RETURNS (Dict[str, float]): The median of the seconds of each.
    """
    taken: Dict[str, List[float]] = {name: [] for name in ways}
    for turn in range(repeats + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            if turn:
                taken[name].append(time.perf_counter() - start)
    return {name: median(seconds) for name, seconds in taken.items()}


class Running(NamedTuple):
    """What a process that runs one pipeline holds.

    nlp (Language): The pipeline.
    texts (List[str]): What it runs over.
    """

    nlp: Language
    texts: List[str]


HERE: List[Running] = []


def _begin(setting: Setting, path: Path, texts: List[str], threads: int) -> None:
    torch.set_num_threads(threads)
    HERE[:] = [Running(load(setting, path), texts)]


def _go() -> None:
    _run(*HERE[0])


def _count() -> Dict[str, int]:
    docs = list(HERE[0].nlp.pipe(HERE[0].texts))
    return {
        "mentions": sum(len(doc.ents) for doc in docs),
        "relations": sum(len(doc._.relations) for doc in docs),
    }


def measure_pipelines(setting: Setting, lang: str, threads: int) -> List[Row]:
    """Characters and documents a second of each pipeline of a language, on the same notes. Each
    runs in a process of its own, and they take turns.

    setting (Setting): The setting.
    lang (str): Language.
    threads (int): Threads of PyTorch.
    RETURNS (List[Row]): A row for each.
    """
    texts = texts_of(setting, lang)
    size = sum(map(len, texts))
    with ExitStack() as stack:
        started = {
            name: stack.enter_context(
                ProcessPoolExecutor(
                    1, get_context("spawn"), _begin, (setting, path, texts, threads)
                )
            )
            for name, path in pipelines(setting, lang).items()
        }
        ways = {name: lambda one=one: one.submit(_go).result() for name, one in started.items()}
        seconds = side_by_side(ways)
        return [
            {
                **{"lang": lang, "threads": threads, "system": name, "seconds": seconds[name]},
                "characters_per_second": size / seconds[name],
                "documents_per_second": len(texts) / seconds[name],
                "ratio": seconds[SPACY] / seconds[name],
                **one.submit(_count).result(),
            }
            for name, one in started.items()
        ]


def _run(nlp: Language, texts: Sequence[str]) -> None:
    for _ in nlp.pipe(texts):
        pass


def measure_components(setting: Setting, lang: str, system: str) -> List[Row]:
    """Where a pipeline's time goes.

    setting (Setting): The setting.
    lang (str): Language.
    system (str): Name of the pipeline.
    RETURNS (List[Row]): Seconds of the tokenizer and of each component.
    """
    torch.set_num_threads(1)
    texts = texts_of(setting, lang)
    nlp = load(setting, pipelines(setting, lang)[system])
    taken: Dict[str, List[float]] = {}
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        docs = [nlp.make_doc(text) for text in texts]
        taken.setdefault("tokenizer", []).append(time.perf_counter() - start)
        for name, pipe in nlp.pipeline:
            start = time.perf_counter()
            docs = list(pipe.pipe(docs, batch_size=nlp.batch_size))  # type: ignore[attr-defined]
            taken.setdefault(name, []).append(time.perf_counter() - start)
    size = sum(map(len, texts))
    return [
        {
            **{"lang": lang, "system": system, "part": name},
            "microseconds_per_character": 1e6 * median(seconds[1:]) / size,
        }
        for name, seconds in taken.items()
    ]


def measure_start(setting: Setting, lang: str) -> List[Row]:
    """Seconds until a pipeline is there, and until its first document is, in a fresh process.

    setting (Setting): The setting.
    lang (str): Language.
    RETURNS (List[Row]): A row for each pipeline.
    """
    text = min(texts_of(setting, lang), key=len)
    rows = []
    for name, path in pipelines(setting, lang).items():
        if "tutorial" in name:
            continue  # its code is no package
        code = (
            "import time; t = time.perf_counter(); import spacy; a = time.perf_counter() - t; "
            f"nlp = spacy.load({str(path)!r}); b = time.perf_counter() - t; nlp({text!r}); "
            "print(a, b, time.perf_counter() - t)"
        )
        taken = []
        for _ in range(3):
            done = subprocess.run(
                [sys.executable, "-c", code], check=True, capture_output=True, text=True
            )
            taken.append([float(value) for value in done.stdout.split()])
        imported, loaded, first = (median(values) for values in zip(*taken))
        found = {"import": imported, "load": loaded, "first_document": first}
        rows.append({"lang": lang, "system": name, **found})
    return rows


def measure_updates(setting: Setting, lang: str, steps: int = 20) -> List[Row]:
    """Steps of training a second, on the same batches.

    setting (Setting): The setting.
    lang (str): Language.
    steps (int): How many batches.
    RETURNS (List[Row]): A row for each pipeline that is trained in one go.
    """
    torch.set_num_threads(1)
    if setting.tutorial:
        load_tutorial(setting.tutorial)
    ways = {}
    for name in pipelines(setting, lang):
        if "tutorial" in name:
            continue
        config = system_config(setting, lang, name)
        nlp = init_nlp(config)
        corpus = util.resolve_dot_names(config.interpolate(), ["corpora.train"])[0]
        examples = [eg for eg in corpus(nlp)]
        batches = [[]]  # type: List[List[Any]]
        for example in examples:
            if sum(map(len, batches[-1])) + len(example) > UPDATE_CHARACTERS and batches[-1]:
                batches.append([])
            batches[-1].append(example)
        optimizer = nlp.resume_training()

        def update(nlp=nlp, batches=batches[:steps], optimizer=optimizer) -> None:
            for batch in batches:
                nlp.update(batch, sgd=optimizer, drop=0.1)

        ways[name] = update
    seconds = side_by_side(ways, 1)
    return [
        {"lang": lang, "system": name, "steps_per_second": steps / taken}
        for name, taken in seconds.items()
    ]


def measure_growth(setting: Setting, system: str, characters: int, documents: int) -> List[Row]:
    """Time and memory of a pipeline on some documents of some length, made of real notes.

    setting (Setting): The setting.
    system (str): Name of the Chinese pipeline.
    characters (int): Length of each document.
    documents (int): How many.
    RETURNS (List[Row]): One row.
    """
    torch.set_num_threads(1)
    notes = texts_of(setting, "zh")
    endless = "".join(islice(cycle(notes), 1 + 2 * characters * len(notes) // sum(map(len, notes))))
    nlp = load(setting, pipelines(setting, "zh")[system])
    _run(nlp, notes[:5])
    text = (endless * (1 + characters // len(endless)))[:characters]
    before, start = now_mib(), time.perf_counter()
    found = 0
    for doc in nlp.pipe(text for _ in range(documents)):
        found += len(doc.ents)
    seconds = time.perf_counter() - start
    row = {"system": system, "characters": characters, "documents": documents, "mentions": found}
    return [{**row, "seconds": seconds, "before_mib": before, "peak_mib": peak_mib()}]
