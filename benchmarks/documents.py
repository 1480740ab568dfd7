"""Document-level relations: the hierarchical model, its parts, mention pairs and BiGRU-Att, between
gold entities.

    python benchmarks/documents.py [--data corpus] [--jobs 2] [--seeds 0 1 2]
        [--only maccrobat layer] [--systems NAME ...] [--report]

Needs the .spacy files of `spacy project run maccrobat-convert` and `ccks2017-convert`. Each system
is trained in a process of its own with one thread, chosen on dev and measured once on test;
relations within a sentence and across sentences are scored apart as well. What finished stays in
benchmarks/results/documents/ and is not repeated. --report writes the tables from what there is.
"""

import argparse
import platform
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Tuple

import spacy
import srsly
import torch
from cell_training import commit, train
from document_settings import CORPORA, SYSTEMS, Cell, config
from jobs import add_options, file_stem, run_cells, save
from relation_report import spread, table, write_page
from relation_settings import COMPONENT, ROOT
from spacy import util
from spacy.tokens import Doc

from spacy_clinrel.data.readers import Corpus
from spacy_clinrel.pipeline.candidates import sentence_ids

RESULTS = ROOT / "benchmarks" / "results"
PLACES = ("all", "within", "across")
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99)


def arguments() -> argparse.Namespace:
    """RETURNS (Namespace): The command line's options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser, "documents", list(CORPORA))
    parser.add_argument("--systems", nargs="+", choices=list(SYSTEMS), metavar="NAME")
    parser.add_argument("--small", action="store_true", help="few documents and steps, for tests")
    return parser.parse_args()


def cells(options: argparse.Namespace) -> List[Cell]:
    """options (Namespace): The options.
    RETURNS (List[Cell]): All cells asked for, seed by seed.
    """
    return [
        Cell(system, corpus, seed, options.data, options.small)
        for seed in options.seeds
        for corpus in options.only
        for system in options.systems or SYSTEMS
    ]


def stem(cell: Cell) -> str:
    """cell (Cell): The cell.
    RETURNS (str): The name of its files.
    """
    return file_stem(cell.corpus, cell.system, cell.seed)


def place_counts(
    gold: Doc, predicted: Doc, sents: bool, threshold: float = 0.0
) -> Dict[str, List[int]]:
    """Relations of a document that are right, predicted and gold, by place.

    gold (Doc): With gold relations.
    predicted (Doc): The same text with predicted ones, and the sentences.
    sents (bool): Whether sentences are those of the Doc.
    threshold (float): Lowest score of a predicted one.
    RETURNS (Dict[str, List[int]]): Right, predicted and gold ones for each of PLACES.
    """
    ids = sentence_ids(predicted, use_sents=sents)
    sets = [
        {_edge(rel) for rel in doc._.relations if rel.score >= least}
        for doc, least in ((predicted, threshold), (gold, 0.0))
    ]
    counts = {}
    for place in PLACES:
        own = [{edge for edge in some if place in ("all", _place(edge, ids))} for some in sets]
        counts[place] = [len(own[0] & own[1]), len(own[0]), len(own[1])]
    return counts


def _edge(rel: Any) -> Tuple:
    ends = [(span.start, span.end, span.label_) for span in (rel.head, rel.tail)]
    return (*ends, rel.label)


def _place(edge: Tuple, ids: Any) -> str:
    (head, *_), (tail, *_), _ = edge
    return "within" if ids[head] == ids[tail] else "across"


def predict(cell: Cell, folder: Path, part: str) -> List[Tuple[Doc, Doc]]:
    """What a trained pipeline finds between gold entities, whatever its threshold.

    cell (Cell): What was trained.
    folder (Path): The pipeline.
    part (str): "dev" or "test".
    RETURNS (List[Tuple[Doc, Doc]]): The gold and the predicted side of each document.
    """
    nlp = spacy.load(folder)
    component: Any = nlp.get_pipe(COMPONENT)
    component.cfg["threshold"] = min(component.cfg["threshold"], THRESHOLDS[0])
    reader = Corpus(cell.file(part), gold_entities=True, limit=6 if cell.small else 0)
    examples = list(reader(nlp))
    found = nlp.pipe([example.predicted for example in examples], batch_size=1)
    return [(example.reference, doc) for example, doc in zip(examples, found)]


def measure(
    docs: List[Tuple[Doc, Doc]], sents: bool, threshold: float
) -> Dict[str, Dict[str, float]]:
    """Precision, recall and F.

    docs (List[Tuple[Doc, Doc]]): What `predict` returns.
    sents (bool): Whether sentences are those of the Doc.
    threshold (float): Lowest score of a relation.
    RETURNS (Dict[str, Dict[str, float]]): For each of PLACES "p", "r", "f" and the number of "gold"
        relations.
    """
    totals = {place: [0, 0, 0] for place in PLACES}
    for gold, predicted in docs:
        for place, counts in place_counts(gold, predicted, sents, threshold).items():
            totals[place] = [a + b for a, b in zip(totals[place], counts)]
    return {
        place: {
            "p": right / max(predicted, 1),
            "r": right / max(gold, 1),
            "f": 2 * right / max(predicted + gold, 1),
            "gold": gold,
        }
        for place, (right, predicted, gold) in totals.items()
    }


def best_threshold(cell: Cell, docs: List[Tuple[Doc, Doc]]) -> float:
    """The threshold of the best F, which a model needs that has seen few of the pairs without a
    relation. With a CRF Viterbi has decided.

    cell (Cell): What was trained.
    docs (List[Tuple[Doc, Doc]]): What was found in dev.
    RETURNS (float): One of THRESHOLDS, or 0.
    """
    if "relations" in SYSTEMS[cell.system]:
        return 0.0
    sents = CORPORA[cell.corpus].sents
    return max(THRESHOLDS, key=lambda least: measure(docs, sents, least)["all"]["f"])


def fit(cell: Cell, folder: Path) -> Dict[str, Any]:
    """Train, unless it was.

    cell (Cell): What.
    folder (Path): Gets model-best.
    RETURNS (Dict[str, Any]): Seconds of training, and the commit.
    """
    done = folder / "trained.json"
    if not done.exists():
        util.fix_random_seed(cell.seed)
        at = commit()
        marks = train(config(cell), folder)
        save({"training_seconds": round(marks[-1]["seconds"]), "commit": at}, done)
    return srsly.read_json(done)


def run(cell: Cell, folder: Path) -> Dict[str, Any]:
    """Train and measure one cell.

    cell (Cell): Which.
    folder (Path): For its files.
    RETURNS (Dict[str, Any]): All that the tables need.
    """
    torch.set_num_threads(1)
    start, made, sents = time.perf_counter(), config(cell), CORPORA[cell.corpus].sents
    trained = fit(cell, folder)
    found = {part: predict(cell, folder / "model-best", part) for part in ("dev", "test")}
    threshold = best_threshold(cell, found["dev"])
    return {
        **{"system": cell.system, "corpus": cell.corpus, "seed": cell.seed},
        **{part: measure(docs, sents, threshold) for part, docs in found.items()},
        "threshold": threshold,
        **trained,
        "steps": made["training"]["max_steps"],
        "candidates": made["components"][COMPONENT]["candidates"],
        "seconds": round(time.perf_counter() - start),
        "machine": f"{platform.machine()}, one thread",
    }


def write_report(folder: Path, out: Path, notes: Path) -> None:
    """Write the tables, as markdown and JSON.

    folder (Path): Holds the cells' results.
    out (Path): The markdown file; the JSON stands beside it.
    notes (Path): A markdown file with what is to be said of the figures, where it exists.
    """
    found = [srsly.read_json(path) for path in sorted(folder.glob("*.json"))]
    header = ["System", "Seeds", "dev F", "test P", "R", "F", "within F", "across F"]
    header += ["threshold", "training, s"]
    parts = [
        "# Document-level relations\n",
        "Gold entities, micro-averaged, strict; a relation across sentences is one whose mentions "
        "begin in two. The step and the threshold are chosen on dev (with a CRF there is none), "
        "test is measured once; mean ± standard deviation over seeds. Seconds are one thread's "
        "processor time. Nothing is pretrained.\n",
    ]
    for corpus, data in CORPORA.items():
        rows = []
        for system in SYSTEMS:
            runs = [run for run in found if (run["corpus"], run["system"]) == (corpus, system)]
            if runs:
                values = [[run["dev"]["all"]["f"] for run in runs]]
                values += [[run["test"]["all"][key] for run in runs] for key in "prf"]
                values += [[run["test"][place]["f"] for run in runs] for place in PLACES[1:]]
                seconds = [run["training_seconds"] for run in runs]
                limits = ", ".join(
                    f"{run['threshold']:g}" if run["threshold"] else "–" for run in runs
                )
                row = [*map(spread, values), limits, f"{sum(seconds) / len(seconds):.0f}"]
                rows.append([system, str(len(runs)), *row])
        parts.append(f"## {data.title}\n\nCandidates: {data.pairs}; {data.steps} steps.\n")
        parts.append(table(header, rows))
    write_page(parts, found, out, notes)


def main() -> int:
    """RETURNS (int): The number of cells that failed."""
    options = arguments()
    failed = run_cells(cells(options), "--systems", options, stem, run)
    if not options.cell:
        out = options.results.with_suffix(".md")
        write_report(options.results, out, RESULTS / "documents_notes.md")
        print(f"Saved {out}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
