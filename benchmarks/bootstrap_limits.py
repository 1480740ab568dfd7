"""What holds bootstrapping back: one round of it upon records whose gold relations are known, with
what the first model says of them replaced step by step by what is right.

    python benchmarks/bootstrap_limits.py [--data corpus] [--vectors corpus/vectors] [--jobs 2]
        [--seeds 0 1 2] [--only "10 %"] [--systems "Mention pair, bare" ...] [--report]

A model is trained on a share of the relation layer's train part and labels the rest of it, as if
that were unlabelled. Each row of the table is a model trained on the share and on some of these
pairs. What finished stays in benchmarks/results/bootstrap_limits/ and is not repeated.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
import spacy
import srsly
import torch
from bootstrap_choices import THRESHOLD, VARIANTS, Choice, Said
from bootstrap_settings import (
    MENTION_PAIR,
    MODELS,
    NO_GUARDS,
    PARTNER,
    RUNS,
    SHARES,
    Cell,
    add_settings,
    asked,
    config,
    labelled_docs,
    layer_docs,
)
from cell_training import commit
from jobs import add_options, file_stem, run_cells, save
from relation_report import spread, table, write_page
from relation_settings import ROOT
from spacy.language import Language
from spacy.tokens import Doc

from spacy_clinrel.active_learning.bootstrap import BootstrapOptions
from spacy_clinrel.active_learning.bootstrap.selection import ClassCounts
from spacy_clinrel.active_learning.bootstrap.silver import Silver, silver_docs
from spacy_clinrel.active_learning.bootstrap.training import measure, train_round
from spacy_clinrel.active_learning.pair_scores import (
    find_component,
    gold_classes,
    gold_examples,
    score_pairs,
)
from spacy_clinrel.files import write_docs

RESULTS = ROOT / "benchmarks" / "results"


def arguments() -> argparse.Namespace:
    """RETURNS (Namespace): The command line's options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser, "bootstrap_limits", list(SHARES))
    parser.set_defaults(only=["10 %"])
    add_settings(parser)
    first = [f"{model}, bare" for model in MODELS]
    parser.add_argument(
        "--systems", nargs="+", choices=first, default=[f"{MENTION_PAIR}, bare"], metavar="NAME"
    )
    return parser.parse_args()


def stem(cell: Cell) -> str:
    """cell (Cell): The cell.
    RETURNS (str): The name of its files.
    """
    return file_stem(cell.scale, cell.share.replace(" %", ""), cell.model, cell.seed)


def fit(cell: Cell, docs: List[Doc], folder: Path, seed: int) -> Language:
    """Train, unless it was.

    cell (Cell): The cell.
    docs (List[Doc]): Gold documents and such with known pairs.
    folder (Path): For the model.
    seed (int): Of the training.
    RETURNS (Language): The best pipeline by dev.
    """
    if not (folder / "done.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / f"{part}.spacy" for part in ("train", "dev")]
        for path, some in zip(paths, (docs, layer_docs(cell, "dev", spacy.blank("zh")))):
            write_docs(some, path)
        train_round(config(cell), *paths, folder, seed, -1)
        save({"seed": seed}, folder / "done.json")
    return spacy.load(folder / "model-best")


def figures(cell: Cell, nlp: Language) -> Dict[str, Dict[str, float]]:
    """cell (Cell): The cell.
    nlp (Language): A trained pipeline.
    RETURNS (Dict[str, Dict[str, float]]): P, R and F of dev and test.
    """
    return {part: measure(nlp, layer_docs(cell, part, nlp)) for part in ("dev", "test")}


def learn(
    cell: Cell, folder: Path, gold: List[Doc], rest: List[Doc], choice: Choice, said: Said
) -> Dict[str, Any]:
    """Train on the share and on some pairs of the rest.

    cell (Cell): The cell.
    folder (Path): For the model.
    gold (List[Doc]): The labelled share.
    rest (List[Doc]): The rest of the train part.
    choice (Choice): Which pairs.
    said (Said): What is said of them.
    RETURNS (Dict[str, Any]): Figures of the model and of what it learned from.
    """
    rows, classes = choice(said)
    known = Silver(
        said.scored.docs[rows],
        said.scored.pairs[rows],
        classes[rows],
        said.scored.confidence[rows].astype("float32"),
        np.ones(len(rows), dtype="int64"),
    )
    first = spacy.load(folder.parent / "first" / "model-best")
    component: Any = first.get_pipe(find_component(first))
    docs = list(silver_docs(rest, known, component.labels, component.cfg["mentions"]))
    nlp = fit(cell, [*gold, *docs], folder, cell.seed)
    related = known.classes > 0
    right = known.classes == said.gold[rows]
    return {
        **figures(cell, nlp),
        "documents": len(docs),
        "relations": int(related.sum()),
        "wrong": int((related & ~right).sum()),
        "none": int((~related).sum()),
        "missed": int((~related & ~right).sum()),
    }


def run(cell: Cell, folder: Path) -> Dict[str, Any]:
    """Train the first models and all that learn from them.

    cell (Cell): The run of bootstrapping that they are the beginning of.
    folder (Path): For its files.
    RETURNS (Dict[str, Any]): The figures.
    """
    torch.set_num_threads(1)
    start = time.perf_counter()
    gold = labelled_docs(cell, layer_docs(cell, "train", spacy.blank("zh")))
    first = fit(cell, gold, folder / "first", cell.seed)
    second = fit(cell, gold, folder / "second", cell.seed + 1000)
    other_cell = cell._replace(system=f"{PARTNER}, bare")
    other = fit(other_cell, gold, folder / "other", cell.seed)
    texts = {doc.text for doc in gold}
    rest = [doc for doc in layer_docs(cell, "train", first) if doc.text not in texts]
    component: Any = first.get_pipe(find_component(first))
    counts = np.bincount(
        gold_classes(first, gold_examples(first, gold)), minlength=1 + len(component.labels)
    )
    said = Said(
        *(
            score_pairs(nlp, [eg.predicted for eg in gold_examples(nlp, rest)])
            for nlp in (first, second, other)
        ),
        gold_classes(first, gold_examples(first, rest)),
        ClassCounts(counts),
        BootstrapOptions(batch=RUNS[cell.scale].batch, guards=NO_GUARDS),
        cell.seed,
    )
    wrong = said.sure()[(said.scored.classes != said.gold)[said.sure()]]
    shared = said.second.classes[wrong] == said.scored.classes[wrong]
    return {
        **{"model": cell.model, "share": cell.share, "seed": cell.seed, "scale": cell.scale},
        "documents": len(gold),
        "supervised": figures(cell, first),
        "other": figures(cell, other),
        "sure_errors": {"count": len(wrong), "shared": float(shared.mean()) if len(wrong) else 0.0},
        "variants": {
            name: learn(cell, folder / f"variant{i}", gold, rest, choice, said)
            for i, (name, choice) in enumerate(VARIANTS.items())
        },
        "seconds": round(time.perf_counter() - start),
        "commit": commit(),
    }


def rows_of(found: List[Dict[str, Any]]) -> List[List[str]]:
    """found (List[Dict[str, Any]]): Results of one model and share, a seed each.
    RETURNS (List[List[str]]): A row of the table for the supervised model and each variant.
    """
    rows = [["The share alone", *["–"] * 4]]
    every = [[run["supervised"] for run in found]]
    for name in VARIANTS:
        runs = [run["variants"][name] for run in found]
        keys = ("relations", "wrong", "none", "missed")
        rows.append([name, *(f"{np.mean([run[key] for run in runs]):.0f}" for key in keys)])
        every.append(runs)
    for row, runs in zip(rows, every):
        row += [spread([run["dev"]["f"] for run in runs])]
        row += [spread([run["test"][key] for run in runs]) for key in "prf"]
        starts = [run["supervised"]["test"]["f"] for run in found]
        row += [spread([run["test"]["f"] - f for run, f in zip(runs, starts)])]
    return rows


def write_report(folder: Path, scale: str, out: Path, notes: Path) -> None:
    """Write the tables, as markdown and JSON.

    folder (Path): Holds the results.
    scale (str): Name of the settings.
    out (Path): The markdown file; the JSON stands beside it.
    notes (Path): What is to be said of the figures, where it exists.
    """
    found = [srsly.read_json(path) for path in sorted(folder.glob(f"{scale}.*.json"))]
    header = ["Learned from", "relations", "wrong", "no relation", "missed"]
    header += ["dev F", "test P", "test R", "test F", "gain on test"]
    parts = [
        "# What holds bootstrapping back\n",
        "Relation layer of CCKS-2017, 11 labels, gold entities. A model trained on a share of the "
        "train part says what it thinks of the rest, whose gold relations are known; each row is a "
        f"model trained on the share and on pairs of the rest that the first gives {THRESHOLD} or "
        f"more ({RUNS[scale].batch} relations are a batch). Wrong: relations that are none or "
        "others; missed: pairs without a relation that have one. Mean ± standard deviation over "
        f"seeds; {RUNS[scale].steps} steps each.\n",
    ]
    groups = sorted({(run["share"], run["model"]) for run in found})
    for share, model in groups:
        runs = [run for run in found if (run["share"], run["model"]) == (share, model)]
        parts.append(f"## {model}, {share} of the train part\n")
        parts.append(table(header, rows_of(runs)))
        shared = spread([run["sure_errors"]["shared"] for run in runs])
        other = {
            part: spread([run["other"][part]["f"] for run in runs]) for part in ("dev", "test")
        }
        documents = ", ".join(str(run["documents"]) for run in runs)
        parts.append(
            f"Seeds: {len(runs)}; labelled documents: {documents}. Of the first model's errors "
            f"above the threshold, a model trained from another seed makes {shared} % as well. "
            f"{PARTNER}, trained on the share alone: F {other['dev']} on dev, {other['test']} on "
            "test.\n"
        )
    write_page(parts, found, out, notes)


def main() -> int:
    """RETURNS (int): The number of runs that failed."""
    chosen = arguments()
    failed = run_cells(asked(chosen), "--systems", chosen, stem, run)
    if not chosen.cell:
        suffix = "" if chosen.scale == "cpu" else f"_{chosen.scale}"
        out = chosen.results.parent / f"{chosen.results.name}{suffix}.md"
        notes = RESULTS / f"bootstrap_limits{suffix}_notes.md"
        write_report(chosen.results, chosen.scale, out, notes)
        print(f"Saved {out}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
