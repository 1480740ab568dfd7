"""Measure the prediction speed and memory of the pair-sentence models on generated sentences.

    python -m research.relations.speed [--models CNN-Max ResNet-PAtt] [--threads 2]

Untrained models with the papers' sizes score pairs in sentences of 60 characters. Each measurement
runs in its own process. Peak memory is measured with a small and a large number of pairs. Results
are written to research/relations/results/relations_speed.jsonl and .md. Needs Unix.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from inspect import signature
from pathlib import Path
from typing import List, Sequence

import numpy as np
import torch
from spacy import registry, util
from spacy.lang.zh import Chinese
from spacy.tokens import Doc, Span

from benchmarks.common import (
    CHARACTERS,
    ROOT,
    Record,
    read_records,
    table,
    write_records,
    write_text,
)
from benchmarks.memory import peak_mib, reset_peak_mib
from research.common.corpora import COMPONENT
from spacy_clinrel.pipeline.candidates import SentencePairs, make_candidates

from .settings import PAIR_SENTENCE

LENGTH, MENTIONS = 60, 9  # of a sentence
PAIRS = MENTIONS * (MENTIONS - 1)
LABELS = 23
PAIR_COUNTS = (2_000, 200_000)
RESULTS = ROOT / "research" / "relations" / "results"


def make_sentences(nlp: Chinese, count: int) -> Doc:
    """Generate a document of random sentences with evenly spaced mentions.

    nlp (Chinese): A pipeline.
    count (int): Number of sentences.
    RETURNS (Doc): The document.
    """
    rng = np.random.default_rng(0)
    chars = rng.choice(list(CHARACTERS), (count, LENGTH))
    chars[:, -1] = "。"
    doc = Doc(nlp.vocab, words=chars.ravel().tolist(), spaces=[False] * chars.size)
    offsets = np.linspace(1, LENGTH - 4, MENTIONS).astype(int).tolist()
    starts = [LENGTH * i + offset for i in range(count) for offset in offsets]
    doc.set_ents([Span(doc, start, start + 2, label="X") for start in starts])
    return doc


def measure(model: str, pairs: int, threads: int) -> Record:
    """Score pairs in this process.

    model (str): Name of the model.
    pairs (int): Approximate number of pairs.
    threads (int): Number of PyTorch threads.
    RETURNS (Dict[str, Any]): Pairs, seconds, and memory before scoring and at the peak, in MiB.
    """
    torch.set_num_threads(threads)
    nlp = Chinese()
    path = ROOT / "configs" / "papers" / f"{PAIR_SENTENCE[model]}.cfg"
    config = util.load_config(path)["components"][COMPONENT]["model"]
    network = registry.resolve({"model": config})["model"]
    network.set_dim("nO", LABELS)
    strategy = SentencePairs()
    sample = [make_sentences(nlp, 1)]
    network.initialize(X=(sample, make_candidates(sample, strategy, types=["X"])))
    docs = [make_sentences(nlp, max(1, pairs // PAIRS))]
    candidates = make_candidates(docs, strategy, types=["X"])
    network.predict((sample, make_candidates(sample, strategy, types=["X"])))
    before, start = reset_peak_mib(), time.perf_counter()
    scores = network.predict((docs, candidates))
    seconds = time.perf_counter() - start
    assert scores.shape == (len(candidates), LABELS)
    architecture = registry.architectures.get("spacy-clinrel.PairSentence.v1")
    return {
        **{"threads": threads, "model": model, "pairs": len(candidates), "seconds": seconds},
        **{"before_mib": before, "peak_mib": peak_mib()},
        "budget": signature(architecture).parameters["budget"].default,
        "machine": platform.machine(),
    }


def report(records: Sequence[Record]) -> str:
    """Format the table.

    records (Sequence[Dict[str, Any]]): For each model, the measurements with the small and the
        large number of pairs.
    RETURNS (str): Markdown.
    """
    rows: List[List[str]] = []
    for few, many in zip(records[::2], records[1::2]):
        rate = many["pairs"] / many["seconds"]
        memory = [f"{run['peak_mib']:,.0f} ({run['before_mib']:,.0f})" for run in (few, many)]
        rows.append([many["model"], f"{rate:,.0f}", *memory])
    header = ["Model", "pairs/s"]
    header += [f"peak MiB, {run['pairs']:,} pairs (before)" for run in records[:2]]
    return (
        "# Pair-sentence models at prediction\n\nThe papers' sizes, untrained, sentences of "
        f"{LENGTH} characters, {records[0]['threads']} threads, {records[0]['machine']}, float32; "
        f"batches of at most {records[0]['budget']:,} characters. In brackets: memory of texts, "
        "pairs and model before scoring. `python -m research.relations.speed`\n\n"
        + table(header, rows)
    )


def main() -> None:
    """Measure each model with both numbers of pairs and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    models = ["CNN-Max", "ResNet-PAtt"]
    parser.add_argument("--models", nargs="+", choices=list(PAIR_SENTENCE), default=models)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pairs", nargs=2, type=int, default=PAIR_COUNTS, help="small and large")
    parser.add_argument("--out", type=Path, default=RESULTS / "relations_speed.md")
    parser.add_argument("--tables", action="store_true", help="only write the table")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(measure(options.models[0], options.pairs[0], options.threads)))
        return
    kept = options.out.with_suffix(".jsonl")
    if not options.tables:
        runs = [(model, pairs) for model in options.models for pairs in options.pairs]
        write_records(kept, [_measure_in_process(*run, options.threads) for run in runs])
    write_text(options.out, report(read_records(kept)))
    print(f"Saved {options.out}")


def _measure_in_process(model: str, pairs: int, threads: int) -> Record:
    command = [sys.executable, "-m", "research.relations.speed", "--here", "--models", model]
    command += ["--pairs", str(pairs), str(pairs), "--threads", str(threads)]
    done = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
