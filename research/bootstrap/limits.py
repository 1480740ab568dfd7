"""The study of the limits of bootstrapping."""

import sys
from pathlib import Path
from typing import List, Sequence

import numpy as np

from benchmarks.common import Record, spread, table
from research.common.cells import Cell
from research.common.runner import main
from research.common.study import Study

from .choices import THRESHOLD, VARIANTS
from .settings import MENTION_PAIR, MODELS, PARTNER, SCALES, SHARES

HEADER = ["Trained on", "relations", "wrong", "no relation", "missed"]
HEADER += ["dev F", "test P", "test R", "test F", "gain on test"]


class LimitStudy(Study):
    """Measure what limits the gain of bootstrapping.

    A model is trained on a share of the train part of CCKS-2017's relation layer. It labels the
    other documents, whose gold relations are known. Each row of the table is a model trained on the
    share and on a choice of these pairs, with a choice of the errors corrected.

    Requires the output of `python -m spacy project run ccks2017-convert` and `vectors`.
    """

    name = "bootstrap_limits"
    package = "research.bootstrap.limits"
    systems = tuple(f"{model}, bare" for model in MODELS)
    default_systems = (f"{MENTION_PAIR}, bare",)
    corpora = tuple(SHARES)
    default_corpora = ("10 %",)
    scales = tuple(SCALES)

    def run(self, cell: Cell, folder: Path) -> Record:
        from .limit_cells import run

        return run(cell, folder)

    def tables(self, records: Sequence[Record], scale: str) -> List[str]:
        return page(records, scale)


def page(records: Sequence[Record], scale: str) -> List[str]:
    """Format all tables.

    records (Sequence[Dict[str, Any]]): The records of all training runs.
    scale (str): Name of the shared settings (see `Study.scales`).
    RETURNS (List[str]): The sections of the page, in Markdown.
    """
    parts = [
        "# What limits bootstrapping\n",
        "Relation layer of CCKS-2017, 11 labels, gold entities. A model trained on a share of the "
        "train part labels the rest, whose gold relations are known. Each row is a model trained "
        "on the share and on pairs of the rest: those with a probability of at least "
        f"{THRESHOLD}, or every pair. A batch is {SCALES[scale].batch} relations. Wrong: predicted "
        "relations that are no relation or have another label. Missed: relations predicted as no "
        "relation. Corrected: with gold labels. Mean ± standard deviation over seeds; "
        f"{SCALES[scale].steps} steps each.\n",
    ]
    for share, system in sorted({(run["corpus"], run["system"]) for run in records}):
        runs = [run for run in records if (run["corpus"], run["system"]) == (share, system)]
        model = system.rpartition(", ")[0]
        parts.append(f"## {model}, {share} of the train part\n")
        parts.append(table(HEADER, variant_rows(runs)))
        parts.append(_first_models(runs))
    return parts


def _first_models(runs: Sequence[Record]) -> str:
    shared = spread([run["sure_errors"]["shared"] for run in runs])
    dev, test = (spread([run["other"][part]["f"] for run in runs]) for part in ("dev", "test"))
    documents = ", ".join(str(run["documents"]) for run in runs)
    return (
        f"Seeds: {len(runs)}; labelled documents: {documents}. A model trained from another seed "
        f"makes {shared} % of the first model's errors above the threshold too. "
        f"{PARTNER}, trained on the share alone: F {dev} on dev, {test} on "
        "test.\n"
    )


def variant_rows(runs: Sequence[Record]) -> List[List[str]]:
    """Format the supervised model and all variants.

    runs (Sequence[Dict[str, Any]]): The records of one model and share, one per seed.
    RETURNS (List[List[str]]): The rows of the table.
    """
    supervised = [run["supervised"] for run in runs]
    rows = [["The share alone", *["–"] * 4, *_scores(supervised, supervised)]]
    for name in VARIANTS:
        variants = [run["variants"][name] for run in runs]
        keys = ("relations", "wrong", "none", "missed")
        counts = [f"{np.mean([variant[key] for variant in variants]):.0f}" for key in keys]
        rows.append([name, *counts, *_scores(variants, supervised)])
    return rows


def _scores(models: Sequence[Record], supervised: Sequence[Record]) -> List[str]:
    gains = [model["test"]["f"] - start["test"]["f"] for model, start in zip(models, supervised)]
    return [
        spread([model["dev"]["f"] for model in models]),
        *(spread([model["test"][key] for model in models]) for key in "prf"),
        spread(gains),
    ]


if __name__ == "__main__":
    sys.exit(main(LimitStudy()))
