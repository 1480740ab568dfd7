"""Joint extraction against a pipeline of two components, and its ablations, on real corpora.

    python benchmarks/joint.py --data corpus --vectors corpus/vectors [--jobs 2] [--seeds 0 1 2]
        [--only layer cmeie] [--systems NAME ...] [--ablations] [--report]

Each system is trained in a process of its own with one thread on the same splits, with the same
number of steps (each of the components that are trained apart has all of them) and batches of the
same size, chosen on dev and measured once on test.
What finished stays in benchmarks/results/joint/ and is not repeated. Ablations run on the relation
layer. --report writes benchmarks/results/joint.{md,json} from what there is.
"""

import argparse
import platform
import sys
import time
from pathlib import Path
from typing import Any, Dict, List

import spacy
import srsly
import torch
from cell_training import assemble, commit, train
from jobs import add_options, file_stem, run_cells
from joint_report import write_report
from joint_settings import ABLATIONS, BERT, CORPORA, SCALES, SYSTEMS, TINY_BERT, Cell, configs
from relation_settings import ROOT
from spacy import util

from spacy_clinrel.evaluation.evaluate import evaluate
from spacy_clinrel.files import read_docbin
from spacy_clinrel.ml.encoder_files import save_encoder
from spacy_clinrel.pretraining.make_encoder import build_encoder

RESULTS = ROOT / "benchmarks" / "results"


def arguments() -> argparse.Namespace:
    """RETURNS (Namespace): The command line's options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [*SYSTEMS, *ABLATIONS]
    add_options(parser, "joint", list(CORPORA))
    parser.add_argument("--vectors", default=str(ROOT / "corpus" / "vectors"), help="or 'none'")
    parser.add_argument("--systems", nargs="+", choices=names, metavar="NAME")
    parser.add_argument("--ablations", action="store_true", help="the ablations instead")
    parser.add_argument("--scale", choices=list(SCALES), default="cpu")
    return parser.parse_args()


def cells(options: argparse.Namespace) -> List[Cell]:
    """options (Namespace): The options.
    RETURNS (List[Cell]): All cells asked for, seed by seed.
    """
    vectors = None if options.vectors == "none" else options.vectors
    systems = options.systems or list(ABLATIONS if options.ablations else SYSTEMS)
    encoder = options.work / f"encoder.{options.scale}"
    return [
        Cell(system, corpus, seed, options.scale, options.data, encoder, vectors)
        for seed in options.seeds
        for corpus in options.only
        for system in systems
        if corpus == "layer" or system in SYSTEMS
    ]


def stem(cell: Cell) -> str:
    """cell (Cell): The cell.
    RETURNS (str): The name of its files.
    """
    return file_stem(cell.scale, cell.corpus, cell.system, cell.seed)


def run(cell: Cell, folder: Path) -> Dict[str, Any]:
    """Train and measure one cell.

    cell (Cell): Which.
    folder (Path): For its files.
    RETURNS (Dict[str, Any]): Figures, end to end and between gold entities.
    """
    torch.set_num_threads(1)
    start, at, marks = time.perf_counter(), commit(), []
    parts = []
    for i, config in enumerate(configs(cell)):
        util.fix_random_seed(cell.seed)
        marks.append(train(config, folder / f"part{i}"))
        parts.append(spacy.load(folder / f"part{i}" / "model-best"))
    nlp = assemble(parts)
    nlp.to_disk(folder / "model")
    result: Dict[str, Any] = {}
    for part in ("dev", "test"):
        scores = [
            evaluate(folder / "model", cell.file(part), gold_entities=gold)
            for gold in (False, True)
        ]
        result[part] = {**scores[0], **scores[1]}
    return {
        **{"system": cell.system, "corpus": cell.corpus, "seed": cell.seed, "scale": cell.scale},
        "vectors": bool(cell.vectors),
        "training_seconds": round(sum(some[-1]["seconds"] for some in marks)),
        **result,
        "seconds": round(time.perf_counter() - start),
        "steps": SCALES[cell.scale].steps[cell.corpus],
        "commit": at,
        "machine": f"{platform.machine()}, one thread",
    }


def make_bert(options: argparse.Namespace, folder: Path) -> None:
    """Make the small BERT from the training texts, unless it is there and was made from these.

    options (Namespace): The options.
    folder (Path): Where it goes.
    """
    source = {"data": str(options.data.resolve()), "vectors": options.vectors}
    note = folder / "made_from.json"
    if (folder / "config.json").exists() and note.exists() and srsly.read_json(note) == source:
        return
    small = SCALES[options.scale].small
    nlp = spacy.blank("zh") if options.vectors == "none" else spacy.load(options.vectors)
    texts = [
        doc.text
        for corpus in CORPORA.values()
        for doc in read_docbin(options.data / f"{corpus.prefix}_train.spacy", nlp.vocab)
    ]
    vectors = None if options.vectors == "none" or small else nlp.vocab
    sizes = TINY_BERT if small else BERT
    save_encoder(build_encoder(texts, vectors=vectors, seed=0, **sizes), folder)
    srsly.write_json(note, source)


def main() -> int:
    """RETURNS (int): The number of cells that failed."""
    options = arguments()
    if not (options.cell or options.report):
        make_bert(options, options.work / f"encoder.{options.scale}")
    failed = run_cells(cells(options), "--systems", options, stem, run)
    if not options.cell:
        suffix = "" if options.scale == "cpu" else f"_{options.scale}"
        out = options.results.parent / f"joint{suffix}.md"
        write_report(options.results, options.scale, out, RESULTS / "joint_notes.md")
        print(f"Saved {out}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
