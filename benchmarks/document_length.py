"""Measure memory and time of the hierarchical model with a CRF by document length.

    python -m benchmarks.document_length [--tokens 1000 2000 5000 10000 20000] [--threads 2]

An untrained model with 22 labels reads one generated document with a mention in every ten tokens. A
sentence has 40 tokens. The mentions of a pair are at most three sentences and 200 tokens apart (the
default). Prediction consists of the forward pass and Viterbi decoding; a training step consists of
the forward pass, loss and gradient for all pairs. Each measurement runs in its own process. Results
are written to benchmarks/results/document_length.jsonl and .md. Needs Unix.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import List, Sequence

import numpy as np
import torch
from spacy import registry
from spacy.lang.zh import Chinese
from spacy.tokens import Doc, Span

from spacy_clinrel.pipeline.candidates import SentencePairs, make_candidates
from spacy_clinrel.pipeline.heads import SOFTMAX, make_head

from .common import (
    CHARACTERS,
    RESULTS,
    ROOT,
    Record,
    commit,
    read_records,
    table,
    write_records,
    write_text,
)
from .memory import peak_mib, reset_peak_mib

SENTENCE, MENTION_STEP, LABELS = 40, 10, 22
MAX_SENTENCES = 3
TASKS = ("predict", "train")
TOK2VEC = {
    "@architectures": "spacy.Tok2Vec.v2",
    "embed": {
        "@architectures": "spacy-clinrel.CharEmbed.v1",
        "width": 128,
        "rows": 5000,
        "pair_rows": 20000,
        "include_static_vectors": False,
    },
    "encode": {"@architectures": "spacy-clinrel.BiRNN.v1", "width": 256, "depth": 1},
}


def make_text(nlp: Chinese, tokens: int) -> Doc:
    """Generate a document with a mention of two tokens in every ten.

    nlp (Chinese): A pipeline.
    tokens (int): Length of the document.
    RETURNS (Doc): The document.
    """
    chars = np.random.default_rng(0).choice(list(CHARACTERS), tokens)
    chars[SENTENCE - 1 :: SENTENCE] = "。"
    doc = Doc(nlp.vocab, words=chars.tolist(), spaces=[False] * tokens)
    doc.set_ents([Span(doc, i, i + 2, label="X") for i in range(1, tokens - 1, MENTION_STEP)])
    return doc


def measure(tokens: int, task: str, scope: str, threads: int) -> Record:
    """Run the model once in this process.

    tokens (int): Length of the document.
    task (str): "predict" or "train".
    scope (str): Scope of the CRF's chains, "sentence" or "document".
    threads (int): Number of PyTorch threads.
    RETURNS (Dict[str, Any]): Sizes, seconds, and memory before and at the peak, in MiB.
    """
    torch.set_num_threads(threads)
    nlp = Chinese()
    relations = {"@architectures": "spacy-clinrel.Hierarchical.v1", "tok2vec": TOK2VEC}
    config = {"@architectures": "spacy-clinrel.PairCRF.v1", "scope": scope, "relations": relations}
    model = registry.resolve({"model": config})["model"]
    model.set_dim("nO", LABELS + 1)
    head = make_head(model, SOFTMAX, None)
    strategy = SentencePairs(max_sentences=MAX_SENTENCES)
    sample, doc = make_text(nlp, 5 * SENTENCE), make_text(nlp, tokens)
    pairs = [make_candidates([text], strategy, types=["X"]) for text in (sample, doc)]
    model.initialize(X=([sample], pairs[0]))
    before, start = reset_peak_mib(), time.perf_counter()
    if task == "predict":
        head.probabilities(model.predict(([doc], pairs[1])), pairs[1])
    else:
        output, backprop = model.begin_update(([doc], pairs[1]))
        no_relations = np.zeros((len(pairs[1]), LABELS), dtype=bool)
        _, gradient = head.loss(output, pairs[1], no_relations)
        backprop(gradient)
    seconds = time.perf_counter() - start
    return {
        **{"threads": threads, "way": task, "scope": scope},
        **{"tokens": tokens, "mentions": len(doc.ents), "pairs": len(pairs[1])},
        **{"seconds": seconds, "before_mib": before, "peak_mib": peak_mib()},
        **{"machine": platform.machine(), "commit": commit()},
    }


def report(records: Sequence[Record]) -> str:
    """Format the table.

    records (Sequence[Dict[str, Any]]): The measurements.
    RETURNS (str): Markdown.
    """
    rows: List[List[str]] = []
    for tokens in sorted({record["tokens"] for record in records}):
        tasks = {record["way"]: record for record in records if record["tokens"] == tokens}
        row = [f"{tasks[TASKS[0]][key]:,}" for key in ("tokens", "mentions", "pairs")]
        for run in (tasks[task] for task in TASKS):
            row += [f"{run['seconds']:.1f}", f"{run['peak_mib']:,.0f} ({run['before_mib']:,.0f})"]
        rows.append(row)
    header = ["Tokens", "mentions", "pairs", "prediction, s", "peak MiB (before)"]
    header += ["training step, s", "peak MiB (before)"]
    first = records[0]
    text = (
        "# Hierarchical model and CRF as documents grow\n\nOne document, untrained model, "
        f"{LABELS} labels, a mention in every {MENTION_STEP} tokens, pairs up to {MAX_SENTENCES} "
        f"sentences and 200 tokens apart, one chain per {first['scope']}; {first['threads']} "
        f"threads, {first['machine']}, float32. In brackets: memory of libraries, text and model "
        f"before. Commit {first['commit']}. `python -m benchmarks.document_length`\n\n"
    )
    return text + table(header, rows)


def main() -> None:
    """Measure prediction and a training step at each length and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lengths = [1000, 2000, 5000, 10_000, 20_000]
    parser.add_argument("--tokens", nargs="+", type=int, default=lengths)
    parser.add_argument("--scope", choices=["sentence", "document"], default="sentence")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULTS / "document_length.md")
    parser.add_argument("--tables", action="store_true", help="only write the table")
    parser.add_argument("--here", choices=TASKS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        record = measure(options.tokens[0], options.here, options.scope, options.threads)
        print(json.dumps(record))
        return
    kept = options.out.with_suffix(".jsonl")
    if not options.tables:
        runs = [(tokens, task) for tokens in options.tokens for task in TASKS]
        write_records(kept, [_measure_in_process(*run, options) for run in runs])
    write_text(options.out, report(read_records(kept)))
    print(f"Saved {options.out}")


def _measure_in_process(tokens: int, task: str, options: argparse.Namespace) -> Record:
    command = [sys.executable, "-m", "benchmarks.document_length", "--here", task]
    command += ["--tokens", str(tokens), "--scope", options.scope]
    command += ["--threads", str(options.threads)]
    done = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()
