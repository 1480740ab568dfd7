"""Memory and time of the hierarchical model with its CRF as documents grow, on made-up texts.

    python benchmarks/document_length.py [--tokens 1000 2000 5000 10000 20000] [--threads 2]

An untrained model, 22 labels, reads one document with a mention in every ten tokens and pairs up to
three sentences of 40 tokens apart, at most 200 tokens (the default cap). Prediction is forward pass
and Viterbi; a training step is forward pass, loss and gradient of all pairs. Each figure comes from
a process of its own. Results go to benchmarks/results/document_length.json and .md. (For Unix.)
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
import srsly
import torch
from cell_training import commit
from memory import now_mib, peak_mib
from relation_report import table
from relation_settings import ROOT
from relation_speed import CHARACTERS
from spacy import registry
from spacy.lang.zh import Chinese
from spacy.tokens import Doc, Span

from spacy_clinrel.pipeline.candidates import SentencePairs, make_candidates

SENTENCE, STEP, LABELS = 40, 10, 22
SENTENCES_ON = 3
WAYS = ("predict", "train")
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
    """nlp (Chinese): Makes it.
    tokens (int): How long.
    RETURNS (Doc): A document with a mention of two tokens in every ten.
    """
    chars = np.random.default_rng(0).choice(list(CHARACTERS), tokens)
    chars[SENTENCE - 1 :: SENTENCE] = "。"
    doc = Doc(nlp.vocab, words=chars.tolist(), spaces=[False] * tokens)
    doc.set_ents([Span(doc, i, i + 2, label="X") for i in range(1, tokens - 1, STEP)])
    return doc


def measure(tokens: int, way: str, scope: str, threads: int) -> Dict[str, Any]:
    """Run the model once in this process.

    tokens (int): Length of the document.
    way (str): "predict" or "train".
    scope (str): Of the CRF's chains, "sentence" or "document".
    threads (int): Threads of PyTorch.
    RETURNS (Dict[str, Any]): Sizes, seconds, peak memory in MiB.
    """
    torch.set_num_threads(threads)
    nlp = Chinese()
    relations = {"@architectures": "spacy-clinrel.Hierarchical.v1", "tok2vec": TOK2VEC}
    config = {"@architectures": "spacy-clinrel.PairCRF.v1", "scope": scope, "relations": relations}
    model = registry.resolve({"model": config})["model"]
    model.set_dim("nO", LABELS + 1)
    strategy = SentencePairs(max_sentences=SENTENCES_ON)
    sample, doc = make_text(nlp, 5 * SENTENCE), make_text(nlp, tokens)
    pairs = [make_candidates([text], strategy, types=["X"]) for text in (sample, doc)]
    model.initialize(X=([sample], pairs[0]))
    before, start = now_mib(), time.perf_counter()
    if way == "predict":
        model.attrs["chain_scores"](model.predict(([doc], pairs[1])))
    else:
        output, backprop = model.begin_update(([doc], pairs[1]))
        none = np.zeros(len(pairs[1]), dtype="int64")
        _, gradient = model.attrs["chain_loss"](output, none, none == 0)
        backprop(gradient)
    seconds = time.perf_counter() - start
    sizes = {"tokens": tokens, "mentions": len(doc.ents), "pairs": len(pairs[1])}
    figures = {"seconds": seconds, "before_mib": before, "peak_mib": peak_mib()}
    return {"way": way, "scope": scope, **sizes, **figures}


def report(results: List[Dict[str, Any]], threads: int, out: Path) -> None:
    """Write the table.

    results (List[Dict[str, Any]]): What `measure` returned.
    threads (int): Threads.
    out (Path): The markdown file; the JSON stands beside it.
    """
    rows = []
    for length in sorted({one["tokens"] for one in results}):
        of_length = {one["way"]: one for one in results if one["tokens"] == length}
        sizes = [f"{of_length[WAYS[0]][key]:,}" for key in ("tokens", "mentions", "pairs")]
        row = []
        for way in WAYS:
            one = of_length[way]
            row += [f"{one['seconds']:.1f}", f"{one['peak_mib']:,.0f} ({one['before_mib']:,.0f})"]
        rows.append([*sizes, *row])
    header = ["Tokens", "mentions", "pairs", "prediction, s", "peak MiB (before)"]
    header += ["training step, s", "peak MiB (before)"]
    text = (
        "# Hierarchical model and CRF as documents grow\n\nOne document, untrained, "
        f"{LABELS} labels, a mention in every {STEP} tokens, pairs up to {SENTENCES_ON} sentences "
        f"and 200 tokens apart, chains of a {results[0]['scope']}; {threads} threads, "
        f"{platform.machine()}, float32. In brackets what libraries, text and model took before. "
        f"Commit {commit()}. `python benchmarks/document_length.py`\n\n"
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text + table(header, rows), encoding="utf-8")
    srsly.write_json(out.with_suffix(".json"), {"threads": threads, "results": results})


def main() -> None:
    """Measure prediction and a training step at each length."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lengths = [1000, 2000, 5000, 10_000, 20_000]
    parser.add_argument("--tokens", nargs="+", type=int, default=lengths)
    parser.add_argument("--scope", choices=["sentence", "document"], default="sentence")
    parser.add_argument("--threads", type=int, default=2)
    default = ROOT / "benchmarks" / "results" / "document_length.md"
    parser.add_argument("--out", type=Path, default=default)
    parser.add_argument("--here", choices=WAYS, help="one length in this process")
    options = parser.parse_args()
    if options.here:
        one = measure(options.tokens[0], options.here, options.scope, options.threads)
        print(json.dumps(one))
        return
    results = []
    for length in options.tokens:
        for way in WAYS:
            command = [sys.executable, __file__, "--here", way, "--tokens", str(length)]
            command += ["--scope", options.scope, "--threads", str(options.threads)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            results.append(json.loads(done.stdout))
            print(results[-1], flush=True)
    report(results, options.threads, options.out)
    print(f"Saved {options.out}")


if __name__ == "__main__":
    main()
