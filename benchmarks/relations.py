"""Relation models side by side: those of both Chinese papers, an SVM, the mention-pair model and
explosion's tutorial component, on real corpora, between gold entities.

    python benchmarks/relations.py --corpora PATH --tutorial CHECKOUT [--jobs 2] [--seeds 0 1 2]
        [--models NAME ...] [--only 15-labels 11-labels cmeie] [--scale cpu]

Makes vectors and .spacy files first, as project.yml does. Each model, corpus and seed is trained
in a process of its own with one thread, chosen on dev and measured once on test. What finished
stays in benchmarks/results/relations/ and is not repeated, so it can be stopped at any time;
tables and plots go to benchmarks/results/. --report writes these from what there is.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import List

from jobs import add_options, file_stem, run_cells
from relation_cells import run
from relation_report import write_report
from relation_settings import CORPORA, MODELS, ROOT, SCALES, SVM, TUTORIAL, VARIANTS, Cell

RESULTS = ROOT / "benchmarks" / "results"


def arguments() -> argparse.Namespace:
    """RETURNS (Namespace): The command line's options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [*MODELS, *VARIANTS]
    add_options(parser, "relations", list(CORPORA))
    parser.add_argument("--corpora", type=Path, help="folder of the corpora, to convert them")
    parser.add_argument("--vectors", default=str(ROOT / "corpus" / "vectors"), help="or 'none'")
    parser.add_argument("--tutorial", type=Path, help="checkout of explosion/projects")
    parser.add_argument("--models", nargs="+", choices=names, default=names, metavar="NAME")
    parser.add_argument("--scale", choices=list(SCALES), default="cpu")
    return parser.parse_args()


def cells(options: argparse.Namespace) -> List[Cell]:
    """All cells asked for, seed by seed, so that a table is whole early.

    options (Namespace): The options.
    RETURNS (List[Cell]): Those without a checkout of the tutorial are left out. The SVM has no
        chance in it, and so one seed.
    """
    vectors = None if options.vectors == "none" else options.vectors
    return [
        Cell(model, corpus, seed, options.scale, options.data, vectors, options.tutorial)
        for seed in options.seeds
        for corpus in options.only
        for model in options.models
        if model != TUTORIAL or options.tutorial
        if model != SVM or seed == options.seeds[0]
    ]


def stem(cell: Cell) -> str:
    """cell (Cell): The cell.
    RETURNS (str): The name of its files.
    """
    return file_stem(cell.scale, cell.corpus, cell.model, cell.seed)


def convert(corpora: Path) -> None:
    """Make the .spacy files and the vectors, where they are not there yet.

    corpora (Path): The folder of the corpora.
    """
    made = {
        "vectors": "vectors/meta.json",
        "ccks2017-convert": "ccks2017_relations_test.spacy",
        "cmeie-convert": "cmeie_test.spacy",
    }
    for command, output in made.items():
        if not (ROOT / "corpus" / output).exists():
            args = [sys.executable, "-m", "spacy", "project", "run", command, str(ROOT)]
            subprocess.run([*args, "--vars.corpora", str(corpora.resolve())], check=True, cwd=ROOT)


def main() -> int:
    """RETURNS (int): The number of cells that failed."""
    options = arguments()
    if options.corpora and not (options.cell or options.report):
        convert(options.corpora)
    failed = run_cells(cells(options), "--models", options, stem, run)
    if not options.cell:
        suffix = "" if options.scale == "cpu" else f"_{options.scale}"
        out = options.results.parent / f"relations{suffix}.md"
        write_report(options.results, options.scale, out, RESULTS / "relations_notes.md")
        print(f"Saved {out}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
