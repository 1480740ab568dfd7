"""One training run (cell) of the bootstrapping study."""

import time
from pathlib import Path

import spacy
import torch

from benchmarks.common import Record, commit
from research.common.cells import Cell
from spacy_clinrel.active_learning.bootstrap import BootstrapData, bootstrap, draw_rounds
from spacy_clinrel.files import read_docbin, write_docs

from .settings import (
    CORPUS,
    bootstrap_options,
    labelled_docs,
    partner_config,
    train_config,
    unlabelled_docs,
)


def run(cell: Cell, folder: Path) -> Record:
    """Bootstrap once, or resume an interrupted run after its last round.

    cell (Cell): The training run.
    folder (Path): Folder for its files.
    RETURNS (Dict[str, Any]): The results that the tables need.
    """
    torch.set_num_threads(1)
    start = time.perf_counter()
    nlp = spacy.blank("zh")
    paths = {name: folder / f"{name}.spacy" for name in ("labelled", "unlabelled")}
    if not all(path.exists() for path in paths.values()):
        train = read_docbin(CORPUS.file(cell.data, "train"), nlp.vocab)
        write_docs(labelled_docs(cell, train), paths["labelled"])
        write_docs(unlabelled_docs(cell, nlp), paths["unlabelled"])
    gold = [CORPUS.file(cell.data, part) for part in ("dev", "test")]
    data = BootstrapData(paths["labelled"], paths["unlabelled"], *gold)
    out = folder / "run"
    result = bootstrap(
        *(train_config(cell), data, out, bootstrap_options(cell)),
        second=partner_config(cell),
        resume=(out / "settings.json").exists(),
    )
    draw_rounds(result["rounds"], folder / "rounds.png")
    return {
        **{key: result[key] for key in ("stopped", "kept", "texts")},
        "rounds": [summarise_round(record) for record in result["rounds"]],
        "options": bootstrap_options(cell)._asdict(),
        "seconds": round(time.perf_counter() - start),
        "commit": commit(),
    }


def summarise_round(record: Record) -> Record:
    """Select the results of a round that the tables need.

    record (Dict[str, Any]): The record of a round that bootstrapping writes.
    RETURNS (Dict[str, Any]): Number of silver relations, scores on dev and test, calibration
        errors, temperature, and the scores of the second model, if there is one.
    """
    summary = {
        "silver": record["relations"]["silver"],
        **{part: record[part] for part in ("dev", "test")},
        "errors": {name: record["errors"][name] for name in ("all", "all_calibrated")},
        "temperature": record["temperature"],
    }
    if "second" in record:
        summary["second"] = {part: record["second"][part] for part in ("dev", "test")}
    return summary
