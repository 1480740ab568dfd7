"""Measure memory and time of BERT-like encoders in the component tok2vec.

    python -m benchmarks.encoder [--sizes 4x128 6x384 12x768] [--threads 1]

An encoder with random weights and the characters of Chinese (20,992) as its vocabulary reads six
generated texts of 500 characters: a batch of the size in configs/zh_clinrel_trf.cfg. Weights do not
change memory and time, so 12x768 (12 layers of width 768) stands for bert-base-chinese and
chinese-macbert-base. A training step consists of forward and backward pass and Adam's update.
The step before it is not measured, since it allocates the optimizer's state. Each measurement runs
in its own process, on the CPU. Seconds are processor time, so that other jobs
have little effect with one thread. The task train-bfloat16 is training with mixed_precision, the
attention of PyTorch operators ("eager") and no dropout of attention weights. Results are written to
benchmarks/results/encoder.jsonl and .md. Needs Unix.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import List, Sequence

import numpy as np
import torch
from spacy import registry
from spacy.lang.zh import Chinese
from spacy.tokens import Doc
from thinc.api import Adam, Model

from spacy_clinrel.ml.encoder_files import load_encoder
from spacy_clinrel.pretraining.make_encoder import build_encoder, save_encoder

from .accuracy_transformer import FASTER
from .common import (
    CHARACTERS,
    RESULTS,
    ROOT,
    Record,
    commit,
    machine,
    read_records,
    table,
    write_records,
    write_text,
)
from .memory import peak_mib, reset_peak_mib

TEXTS, LENGTH = 6, 500
BUDGETS = (8192, 1024)
TASKS = {
    "predict": "prediction",
    "train": "training step",
    "train-bfloat16": "training step, bfloat16",
}
WIDTH_OF_HEAD = 64  # of BERT-base; smaller encoders have at least four heads
VOCABULARY = "".join(map(chr, range(0x4E00, 0xA000)))


def make_model(layers: int, width: int, budget: int, mixed_precision: bool) -> Model:
    """Create an encoder with random weights.

    layers (int): Number of layers.
    width (int): Width.
    budget (int): Word pieces that run through it at once.
    mixed_precision (bool): Whether it trains with bfloat16, and without dropout of attention
        weights.
    RETURNS (Model): The model, not initialized.
    """
    heads = max(width // WIDTH_OF_HEAD, 4)
    encoder = build_encoder([VOCABULARY], layers=layers, width=width, heads=heads, length=512)
    if mixed_precision:
        with TemporaryDirectory() as folder:
            save_encoder(encoder, Path(folder))
            encoder = load_encoder(folder, {}, FASTER)
    spans = registry.get("span_getters", "spacy-transformers.strided_spans.v1")(500, 400)
    create = registry.get("architectures", "spacy-clinrel.Transformer.v1")
    return create(lambda docs: encoder, spans, budget=budget, mixed_precision=mixed_precision)


def measure(size: str, task: str, budget: int, threads: int) -> Record:
    """Run an encoder in this process.

    size (str): Layers and width, e.g. "12x768".
    task (str): "predict", "train" or "train-bfloat16".
    budget (int): Word pieces that run through it at once.
    threads (int): Number of PyTorch threads.
    RETURNS (Dict[str, Any]): Sizes, processor time in seconds, and memory before and at the peak,
        in MiB.
    """
    torch.set_num_threads(threads)
    layers, width = map(int, size.split("x"))
    nlp, dice = Chinese(), np.random.default_rng(0)
    docs = [
        Doc(
            nlp.vocab, words=dice.choice(list(CHARACTERS), LENGTH).tolist(), spaces=[False] * LENGTH
        )
        for _ in range(TEXTS)
    ]
    before = reset_peak_mib()
    model = make_model(layers, width, budget, task == "train-bfloat16")
    model.initialize(X=docs)
    optimizer = Adam(0.0015, use_averages=False)

    def run() -> None:
        if task == "predict":
            model.predict(docs)
            return
        vectors, backprop = model.begin_update(docs)
        backprop(vectors)
        model.finish_update(optimizer)

    run()
    start = time.process_time()
    run()
    module = model.layers[0].shims[0]._model
    return {
        **{"size": size, "task": task, "budget": budget, "threads": threads},
        "parameters": sum(weight.numel() for weight in module.parameters()),
        **{"characters": TEXTS * LENGTH, "seconds": time.process_time() - start},
        **{"before_mib": before, "peak_mib": peak_mib()},
        **{"machine": machine(), "commit": commit()},
    }


def report(records: Sequence[Record]) -> str:
    """Format the table.

    records (Sequence[Dict[str, Any]]): The measurements.
    RETURNS (str): Markdown.
    """
    rows: List[List[str]] = []
    for run in records:
        task = TASKS[run["task"]]
        row = [run["size"], f"{run['parameters'] / 1e6:.1f}", task, f"{run['budget']:,}"]
        rate = run["characters"] / run["seconds"]
        memory = run["peak_mib"] - run["before_mib"]
        rows.append([*row, f"{run['seconds']:.1f}", f"{rate:,.0f}", f"{memory:,.0f}"])
    header = ["Layers x width", "million weights", "task", "budget", "s", "characters/s", "MiB"]
    first = records[0]
    text = (
        f"# Memory and time of BERT-like encoders\n\n{TEXTS} texts of {LENGTH} characters at once, "
        f"random weights; {first['threads']} thread, {first['machine']}, float32 "
        "except where bfloat16 is named. Memory is that of encoder, optimizer "
        "and batch, without the libraries; time is processor time. "
        f"Commit {first['commit']}. `python -m benchmarks.encoder`\n\n"
    )
    return text + table(header, rows)


def main() -> None:
    """Measure each encoder and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", nargs="+", default=["4x128", "6x384", "12x768"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS / "encoder.md")
    parser.add_argument("--tables", action="store_true", help="only write the table")
    parser.add_argument("--here", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        task, budget = options.here
        print(json.dumps(measure(options.sizes[0], task, int(budget), options.threads)))
        return
    kept = options.out.with_suffix(".jsonl")
    if not options.tables:
        tasks = [(task, BUDGETS[0]) for task in TASKS] + [("train", BUDGETS[1])]
        runs = [(size, *task) for size in options.sizes for task in tasks]
        write_records(kept, [_measure_in_process(*run, options.threads) for run in runs])
    write_text(options.out, report(read_records(kept)))
    print(f"Saved {options.out}")


def _measure_in_process(size: str, task: str, budget: int, threads: int) -> Record:
    command = [sys.executable, "-m", "benchmarks.encoder", "--here", task, str(budget)]
    command += ["--sizes", size, "--threads", str(threads)]
    done = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
