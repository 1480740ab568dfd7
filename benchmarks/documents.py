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
from jobs import add_options, file_stem, run_cells
from relation_report import spread, table, write_page
from relation_settings import COMPONENT, ROOT
from spacy import util
from spacy.tokens import Doc

from spacy_clinrel.candidates import sentence_ids
from spacy_clinrel.readers import Corpus

RESULTS = ROOT / "benchmarks" / "results"
PLACES = ("all", "within", "across")


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


def place_counts(gold: Doc, predicted: Doc, sents: bool) -> Dict[str, List[int]]:
    """Relations of a document that are right, predicted and gold, by place.

    gold (Doc): With gold relations.
    predicted (Doc): The same text with predicted ones, and the sentences.
    sents (bool): Whether sentences are those of the Doc.
    RETURNS (Dict[str, List[int]]): Right, predicted and gold ones for each of PLACES.
    """
    ids = sentence_ids(predicted, use_sents=sents)
    sets = [{_edge(rel) for rel in doc._.relations} for doc in (predicted, gold)]
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


def measure(cell: Cell, folder: Path, part: str) -> Dict[str, Dict[str, float]]:
    """Precision, recall and F of a trained pipeline between gold entities.

    cell (Cell): What was trained.
    folder (Path): The pipeline.
    part (str): "dev" or "test".
    RETURNS (Dict[str, Dict[str, float]]): For each of PLACES "p", "r", "f" and the number of "gold"
        relations.
    """
    nlp = spacy.load(folder)
    reader = Corpus(cell.file(part), gold_entities=True, limit=6 if cell.small else 0)
    totals = {place: [0, 0, 0] for place in PLACES}
    for example in reader(nlp):
        [predicted] = nlp.pipe([example.predicted])
        found = place_counts(example.reference, predicted, CORPORA[cell.corpus].sents)
        for place, counts in found.items():
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


def run(cell: Cell, folder: Path) -> Dict[str, Any]:
    """Train and measure one cell.

    cell (Cell): Which.
    folder (Path): For its files.
    RETURNS (Dict[str, Any]): All that the tables need.
    """
    torch.set_num_threads(1)
    util.fix_random_seed(cell.seed)
    start, at, made = time.perf_counter(), commit(), config(cell)
    marks = train(made, folder)
    return {
        **{"system": cell.system, "corpus": cell.corpus, "seed": cell.seed},
        "dev": measure(cell, folder / "model-best", "dev"),
        "test": measure(cell, folder / "model-best", "test"),
        "training_seconds": round(marks[-1]["seconds"]),
        "steps": made["training"]["max_steps"],
        "candidates": made["components"][COMPONENT]["candidates"],
        "seconds": round(time.perf_counter() - start),
        "commit": at,
        "machine": f"{platform.machine()}, one thread",
    }


def write_report(folder: Path, out: Path, notes: Path) -> None:
    """Write the tables, as markdown and JSON.

    folder (Path): Holds the cells' results.
    out (Path): The markdown file; the JSON stands beside it.
    notes (Path): A markdown file with what is to be said of the figures, where it exists.
    """
    found = [srsly.read_json(path) for path in sorted(folder.glob("*.json"))]
    header = ["System", "Seeds", "dev F", "test P", "R", "F", "within F", "across F", "training, s"]
    parts = [
        "# Document-level relations\n",
        "Gold entities, micro-averaged, strict; a relation across sentences is one whose mentions "
        "begin in two. The step is chosen on dev, test is measured once; mean ± standard deviation "
        "over seeds. Seconds are one thread's processor time. Nothing is pretrained.\n",
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
                row = [*map(spread, values), f"{sum(seconds) / len(seconds):.0f}"]
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
