"""Speed and memory of the pair-sentence models at prediction, on made-up sentences.

    python benchmarks/relation_speed.py [--models CNN-Max ResNet-PAtt] [--threads 2]

Untrained models with the papers' sizes score pairs in sentences of 60 characters. Each figure comes
from a process of its own, its peak memory with few pairs and with many. Results go to
benchmarks/results/relations_speed.json and .md. (For Unix; elsewhere there is no such peak.)
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from inspect import signature
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
import srsly
import torch
from memory import now_mib, peak_mib
from relation_report import table
from relation_settings import COMPONENT, PAIR_SENTENCE, ROOT
from spacy import registry, util
from spacy.lang.zh import Chinese
from spacy.tokens import Doc, Span

from spacy_clinrel.pipeline.candidates import SentencePairs, make_candidates

LENGTH, MENTIONS = 60, 9
PAIRS = MENTIONS * (MENTIONS - 1)
CHARACTERS = "患者头痛咳嗽胸闷气促发热查体示肺炎脑梗死给予补液治疗后好转"
LABELS = 23
FEW, MANY = 2_000, 200_000


def sentences(nlp: Chinese, count: int) -> Doc:
    """A document of sentences with mentions spread evenly over each.

    nlp (Chinese): Makes it.
    count (int): How many sentences.
    RETURNS (Doc): The document.
    """
    dice = np.random.default_rng(0)
    chars = dice.choice(list(CHARACTERS), (count, LENGTH))
    chars[:, -1] = "。"
    doc = Doc(nlp.vocab, words=chars.ravel().tolist(), spaces=[False] * chars.size)
    places = np.linspace(1, LENGTH - 4, MENTIONS).astype(int).tolist()
    starts = [LENGTH * i + place for i in range(count) for place in places]
    doc.set_ents([Span(doc, start, start + 2, label="X") for start in starts])
    return doc


def measure(model: str, pairs: int, threads: int) -> Dict[str, Any]:
    """Score pairs in this process.

    model (str): Name in the tables.
    pairs (int): About how many.
    threads (int): Threads of PyTorch.
    RETURNS (Dict[str, Any]): Pairs, seconds, peak memory in MiB.
    """
    torch.set_num_threads(threads)
    nlp = Chinese()
    path = ROOT / "configs" / "papers" / f"{PAIR_SENTENCE[model]}.cfg"
    config = util.load_config(path)["components"][COMPONENT]["model"]
    network = registry.resolve({"model": config})["model"]
    network.set_dim("nO", LABELS)
    strategy = SentencePairs()
    sample = [sentences(nlp, 1)]
    network.initialize(X=(sample, make_candidates(sample, strategy, types=["X"])))
    docs = [sentences(nlp, max(1, pairs // PAIRS))]
    candidates = make_candidates(docs, strategy, types=["X"])
    network.predict((sample, make_candidates(sample, strategy, types=["X"])))
    before, start = now_mib(), time.perf_counter()
    scores = network.predict((docs, candidates))
    seconds = time.perf_counter() - start
    assert scores.shape == (len(candidates), LABELS)
    figures = {"before_mib": before, "peak_mib": peak_mib()}
    return {"model": model, "pairs": len(candidates), "seconds": seconds, **figures}


def report(results: List[Dict[str, Any]], threads: int, budget: int, out: Path) -> None:
    """Write the table.

    results (List[Dict[str, Any]]): For each model the figures for few and for many pairs.
    threads (int): Threads.
    budget (int): Places of a padded batch.
    out (Path): The markdown file; the JSON stands beside it.
    """
    rows = []
    for few, many in zip(results[::2], results[1::2]):
        rate = many["pairs"] / many["seconds"]
        memory = [f"{one['peak_mib']:,.0f} ({one['before_mib']:,.0f})" for one in (few, many)]
        rows.append([many["model"], f"{rate:,.0f}", *memory])
    header = ["Model", "pairs/s"]
    header += [f"peak MiB, {one['pairs']:,} pairs (before)" for one in results[:2]]
    text = (
        "# Pair-sentence models at prediction\n\nThe papers' sizes, untrained, sentences of "
        f"{LENGTH} characters, {threads} threads, {platform.machine()}, float32; batches of at "
        f"most {budget:,} characters. In brackets what texts, pairs and model took before. "
        "`python benchmarks/relation_speed.py`\n\n"
    )
    out.write_text(text + table(header, rows), encoding="utf-8")
    srsly.write_json(out.with_suffix(".json"), {"threads": threads, "results": results})


def main() -> None:
    """Measure each model with few and with many pairs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    models = ["CNN-Max", "ResNet-PAtt"]
    parser.add_argument("--models", nargs="+", choices=list(PAIR_SENTENCE), default=models)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--pairs", nargs=2, type=int, default=[FEW, MANY], help="few and many")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--here", action="store_true", help="one model in this process")
    options = parser.parse_args()
    if options.here:
        print(json.dumps(measure(options.models[0], options.pairs[0], options.threads)))
        return
    results = []
    for model in options.models:
        for pairs in options.pairs:
            command = [sys.executable, __file__, "--here", "--models", model]
            command += ["--pairs", str(pairs), str(pairs), "--threads", str(options.threads)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            results.append(json.loads(done.stdout))
            print(results[-1], flush=True)
    out = options.out or ROOT / "benchmarks" / "results" / "relations_speed.md"
    architecture = registry.architectures.get("spacy-clinrel.PairSentence.v1")
    budget = signature(architecture).parameters["budget"].default
    report(results, options.threads, budget, out)


if __name__ == "__main__":
    main()
