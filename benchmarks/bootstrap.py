"""Bootstrapping on the relation layer: F over rounds from 10, 25 and 100 % of its train part, with
the guards against semantic drift and without, between gold entities, 11 labels.

    python benchmarks/bootstrap.py [--data corpus] [--vectors corpus/vectors] [--jobs 2]
        [--seeds 0 1 2] [--only "10 %" ...] [--systems "CNN, guarded" ...] [--scale cpu] [--report]

Needs the .spacy files of `spacy project run ccks2017-convert`. Unlabelled are the sections of
CCKS-2017's train part outside the layer, none of them of its dev records. Each run is a process of
its own with one thread. What finished stays in benchmarks/results/bootstrap/; a run that was
stopped goes on after its last round. --report writes the tables from what there is. --scale long
has more steps a training, and a page of its own.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any, Dict, List

import spacy
import srsly
import torch
from bootstrap_settings import (
    EVERY,
    LAYER,
    PARTNER,
    RUNS,
    SHARES,
    SYSTEMS,
    Cell,
    add_settings,
    asked,
    config,
    labelled_docs,
    options,
    partner,
    unlabelled_docs,
)
from cell_training import commit
from jobs import add_options, file_stem, run_cells
from relation_report import spread, table, write_page
from relation_settings import ROOT

from spacy_clinrel.active_learning.bootstrap import BootstrapData, bootstrap, draw_rounds
from spacy_clinrel.files import read_docbin, write_docs

RESULTS = ROOT / "benchmarks" / "results"
PARTNER_HEADER = ["System", "Seeds", "dev F, supervised", "test F, supervised"]
PARTNER_HEADER += ["dev F, last round", "test F, last round"]


def arguments() -> argparse.Namespace:
    """RETURNS (Namespace): The command line's options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_options(parser, "bootstrap", list(SHARES))
    add_settings(parser)
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=SYSTEMS, metavar="NAME")
    return parser.parse_args()


def stem(cell: Cell) -> str:
    """cell (Cell): The run.
    RETURNS (str): The name of its files.
    """
    return file_stem(cell.scale, cell.share.replace(" %", ""), cell.system, cell.seed)


def run(cell: Cell, folder: Path) -> Dict[str, Any]:
    """Bootstrap once, or go on with it.

    cell (Cell): Which run.
    folder (Path): For its files.
    RETURNS (Dict[str, Any]): The rounds, and which was kept.
    """
    torch.set_num_threads(1)
    start = time.perf_counter()
    nlp = spacy.blank("zh")
    paths = {name: folder / f"{name}.spacy" for name in ("labelled", "unlabelled")}
    if not all(path.exists() for path in paths.values()):
        train = read_docbin(cell.data / f"{LAYER}_train.spacy", nlp.vocab)
        write_docs(labelled_docs(cell, train), paths["labelled"])
        write_docs(unlabelled_docs(cell, nlp), paths["unlabelled"])
    gold = [cell.data / f"{LAYER}_{part}.spacy" for part in ("dev", "test")]
    data = BootstrapData(paths["labelled"], paths["unlabelled"], *gold)
    out = folder / "run"
    resume = (out / "settings.json").exists()
    result = bootstrap(config(cell), data, out, options(cell), second=partner(cell), resume=resume)
    draw_rounds(result["rounds"], folder / "rounds.png")
    return {
        **{"system": cell.system, "share": cell.share, "seed": cell.seed, "scale": cell.scale},
        **result,
        "options": options(cell)._asdict(),
        "seconds": round(time.perf_counter() - start),
        "commit": commit(),
    }


def gain_rows(found: List[Dict[str, Any]], share: str) -> List[List[str]]:
    """found (List[Dict[str, Any]]): Results.
    share (str): Share of the labelled part.
    RETURNS (List[List[str]]): A row of the table for each system.
    """
    rows = []
    for system in SYSTEMS:
        runs = [run for run in found if (run["system"], run["share"]) == (system, share)]
        if not runs:
            continue
        first = [run["rounds"][0] for run in runs]
        kept = [run["rounds"][run["kept"]] for run in runs]
        gains = [b["test"]["f"] - a["test"]["f"] for a, b in zip(first, kept)]
        row = [
            spread([one[part]["f"] for one in some])
            for some in (first, kept)
            for part in ("dev", "test")
        ]
        silver = sum(one["relations"]["silver"] for one in kept) / len(kept)
        errors = [
            spread([one["errors"][name] for one in first]) for name in ("all", "all_calibrated")
        ]
        rounds = ", ".join(f"{run['kept']} of {len(run['rounds']) - 1}" for run in runs)
        rows.append([system, str(len(runs)), *row, spread(gains), f"{silver:.0f}", rounds, *errors])
    return rows


def partner_rows(found: List[Dict[str, Any]], share: str) -> List[List[str]]:
    """found (List[Dict[str, Any]]): Results.
    share (str): Share of the labelled part.
    RETURNS (List[List[str]]): For each system with a second model, how good that is by itself.
    """
    rows = []
    for system in SYSTEMS:
        runs = [run for run in found if (run["system"], run["share"]) == (system, share)]
        runs = [run for run in runs if "second" in run["rounds"][0]]
        if runs:
            some = [[run["rounds"][i]["second"] for run in runs] for i in (0, -1)]
            figures = [
                spread([one[p]["f"] for one in each]) for each in some for p in ("dev", "test")
            ]
            rows.append([system, str(len(runs)), *figures])
    return rows


def write_report(folder: Path, scale: str, out: Path, notes: Path) -> None:
    """Write the tables, as markdown and JSON.

    folder (Path): Holds the results.
    scale (str): Name of the settings.
    out (Path): The markdown file; the JSON stands beside it.
    notes (Path): What is to be said of the figures, where it exists.
    """
    found = [srsly.read_json(path) for path in sorted(folder.glob(f"{scale}.*.json"))]
    shared, every = RUNS[scale], EVERY[scale]
    header = ["System", "Seeds", "dev F, supervised", "test F, supervised", "dev F, kept"]
    header += ["test F, kept", "gain on test", "silver relations", "kept round"]
    header += ["ECE", "ECE, calibrated"]
    parts = [
        "# Bootstrapping\n",
        "Relation layer of CCKS-2017, 11 labels, gold entities, micro-averaged F; mean ± standard "
        "deviation over seeds (documents chosen anew with each). Supervised: trained on the share "
        "alone. Kept: the best round on dev with a guard against falling, else the last. ECE: "
        "expected calibration error of the supervised model's best class, on dev, in %, before "
        f"and after the temperature fitted there. Each training has {shared.steps} steps of "
        f"{shared.docs} documents (mention pairs: the config's batches); at most {shared.rounds} "
        f"rounds of {shared.batch} relations. All pairs: {every['steps']} steps; pairs join at "
        "once whatever their probability, those without a relation in the labelled share's "
        "proportion, labelled by the model itself or by the mean of it and a "
        f"{PARTNER} trained on the same documents.\n",
    ]
    for share in SHARES:
        rows = gain_rows(found, share)
        if not rows:
            continue
        parts.append(f"## {share} of the train part\n")
        parts.append(table(header, rows))
        partners = partner_rows(found, share)
        if partners:
            parts.append(f"### The {PARTNER} by itself\n")
            parts.append(table(PARTNER_HEADER, partners))
        parts.append("### F on test over rounds\n")
        for run in found:
            if run["share"] == share:
                values = " → ".join(f"{100 * one['test']['f']:.2f}" for one in run["rounds"])
                parts.append(f"* {run['system']}, seed {run['seed']}: {values} ({run['stopped']})")
        parts.append("")
    write_page(parts, found, out, notes)


def main() -> int:
    """RETURNS (int): The number of runs that failed."""
    chosen = arguments()
    failed = run_cells(asked(chosen), "--systems", chosen, stem, run)
    if not chosen.cell:
        suffix = "" if chosen.scale == "cpu" else f"_{chosen.scale}"
        out = chosen.results.parent / f"{chosen.results.name}{suffix}.md"
        write_report(chosen.results, chosen.scale, out, RESULTS / f"bootstrap{suffix}_notes.md")
        print(f"Saved {out}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
