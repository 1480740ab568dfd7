"""Train and evaluate the shipped configs on all corpora, and compare with published scores.

    python -m benchmarks.accuracy --corpora PATH [--jobs 2] [--seeds 0 1 2] [--only NAME ...]

The .spacy files, the vectors and the language models are created first, unless they exist. Each
pipeline trains on the CPU with one thread. Its best step is chosen on dev, and it is evaluated once
on test. Finished runs are stored in benchmarks/work/ and not repeated. Results are written to
benchmarks/results/accuracy.jsonl and .md; --tables only writes the page from the records. Rows of
the studies in research/ are added from their records.
"""

import argparse
import os
import platform
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterable, List, Sequence

import srsly

from spacy_clinrel import export_encoder
from spacy_clinrel.files import write_json

from .accuracy_data import RECORDS, prepare
from .accuracy_rows import COMBINATIONS, LANGUAGE_MODELS, ROWS, VECTORS, Row, Scores
from .accuracy_tables import page
from .accuracy_transformer import (
    ENCODER,
    make_encoder,
    save_trained_encoder,
    transformer_config,
)
from .common import (
    RESULTS,
    WORK,
    Record,
    commit,
    read_records,
    run_spacy,
    write_records,
    write_text,
)

MIXED = "mixed.spacy"  # gold documents and the records that teachers labelled
MACHINE = f"{platform.machine()}, CPU, one thread each"


def evaluate(model: Path, data: str, scores: Scores, log: Path) -> Record:
    """Evaluate a pipeline.

    model (Path): The pipeline.
    data (str): The .spacy file.
    scores (Dict[str, Tuple[str, bool]]): The reported scores.
    log (Path): File for the output of the command.
    RETURNS (Dict[str, Dict[str, float]]): Name of the score → its p, r and f.
    """
    found: Record = {}
    for gold in sorted({gold for _, gold in scores.values()}):
        out = model.parent / f"{Path(data).stem}-{'gold' if gold else 'end_to_end'}.json"
        option = ["--gold-entities"] if gold else []
        run_spacy("clinrel", "evaluate", str(model), data, "-o", str(out), *option, log=log)
        result = srsly.read_json(out)["gold_entities" if gold else "end_to_end"]
        for name, (prefix, is_gold) in scores.items():
            if is_gold == gold:
                found[name] = {key: result[f"{prefix}_{key}"] for key in "prf"}
    return {name: found[name] for name in scores}


def train(name: str, seed: int) -> Record:
    """Train and evaluate a pipeline once, unless the record exists.

    name (str): Key of `ROWS`.
    seed (int): Random seed.
    RETURNS (Dict[str, Any]): Its record.
    """
    row, folder = ROWS[name], run_folder(name, seed)
    done, log = folder / "record.json", folder / "log.txt"
    if done.exists():
        return srsly.read_json(done)
    folder.mkdir(parents=True, exist_ok=True)
    if row.teachers:
        label(row, folder)
    start, start_commit = time.time(), commit()
    run_spacy("train", write_config(row, seed, folder), *train_options(row, seed, folder), log=log)
    seconds = round(time.time() - start)
    model = folder / "model-best"
    if row.calibrated:
        model = folder / "model-calibrated"
        options = ["--end-to-end", "--fit-threshold", "--force"]
        run_spacy("clinrel", "calibrate", str(folder / "model-best"), row.dev, str(model), *options)
    record: Record = {"row": name, "seed": seed, "seconds": seconds, "commit": start_commit}
    record["machine"] = MACHINE
    for part in row.parts:
        record[part] = evaluate(model, f"corpus/{row.data}_{part}.spacy", row.scores, log)
    write_json(done, record)
    return record


def label(row: Row, folder: Path) -> None:
    """Label the unlabelled records with the teachers of a row, unless that is done.

    row (Row): The row.
    folder (Path): Folder of the run, where the gold documents and the records are written.
    """
    if (folder / MIXED).exists():
        return
    teachers = [str(run_folder(*teacher) / "model-best") for teacher in row.teachers]
    output = str(folder / MIXED)
    run_spacy("clinrel", "distil", *teachers, str(RECORDS), output, "--gold", f"corpus/{row.train}")


def write_config(row: Row, seed: int, folder: Path) -> str:
    """Write the config and the encoder of a row, unless it trains a shipped config as it is.

    row (Row): The row.
    seed (int): Random seed.
    folder (Path): Folder for the files.
    RETURNS (str): Path of the config.
    """
    trained = run_folder(row.encoder_of, seed) / "model-best"
    if not row.transformer_steps:
        if row.encoder_of:
            export_encoder(trained, folder / "encoder.bin")
        return f"configs/{row.config}.cfg"
    encoder = folder / "encoder" if row.encoder_of else ENCODER
    if row.encoder_of:
        save_trained_encoder(trained, encoder)
    transformer_config(row.config, folder / "config.cfg", row.transformer_steps, encoder)
    return str(folder / "config.cfg")


def combine(name: str, seed: int) -> Iterable[Record]:
    """Combine trained components and evaluate the pipeline.

    name (str): Key of `COMBINATIONS`.
    seed (int): Random seed.
    YIELDS (Dict[str, Any]): The record; nothing if a component has not been trained.
    """
    row, folder = COMBINATIONS[name], run_folder(name, seed)
    parts = {path: run_folder(part, seed) / "model-best" for path, part in row.components.items()}
    if not all(path.exists() for path in parts.values()):
        return
    folder.mkdir(parents=True, exist_ok=True)
    model, log = folder / "model", folder / "log.txt"
    paths = [arg for path, part in parts.items() for arg in (f"--paths.{path}", str(part))]
    config = f"configs/{row.config}.cfg"
    run_spacy("assemble", config, str(model), *paths, "--paths.vectors", str(VECTORS), log=log)
    record: Record = {"row": name, "seed": seed, "commit": commit(), "machine": MACHINE}
    for part in ("dev", "test"):
        record[part] = evaluate(model, f"corpus/{row.data}_{part}.spacy", row.scores, log)
    yield record


def run_folder(name: str, seed: int) -> Path:
    """Return the folder of a run.

    name (str): Key of `ROWS` or `COMBINATIONS`.
    seed (int): Random seed.
    RETURNS (Path): The folder.
    """
    return WORK / f"{name}-{seed}"


def train_options(row: Row, seed: int, folder: Path) -> List[str]:
    """Return the arguments of `spacy train` after the config.

    row (Row): The row.
    seed (int): Random seed.
    folder (Path): Folder for the pipeline.
    RETURNS (List[str]): The arguments.
    """
    options = ["-o", str(folder), "--system.seed", str(seed), *row.options]
    if row.teachers:
        options += ["--paths.train", str(folder / MIXED), "--corpora.train.gold_share", "0.5"]
    else:
        options += ["--paths.train", f"corpus/{row.train}"]
    options += ["--paths.dev", row.dev]
    if row.language_model:
        options += ["--paths.init_tok2vec", LANGUAGE_MODELS[row.language_model].path]
    if row.encoder_of and not row.transformer_steps:
        options += ["--paths.init_tok2vec", str(folder / "encoder.bin")]
    return options


def main() -> None:
    """Do the missing runs, then write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [*ROWS, *COMBINATIONS]
    default = Path(os.environ.get("CLINREL_CORPORA", "corpora"))
    parser.add_argument("--corpora", type=Path, default=default, help="folder of the corpora")
    parser.add_argument("--jobs", type=int, default=2, help="trainings at a time")
    parser.add_argument("--only", nargs="*", default=names, choices=names, metavar="NAME")
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--out", type=Path, default=RESULTS / "accuracy.md")
    parser.add_argument("--tables", action="store_true", help="only write the page")
    options = parser.parse_args()
    kept = options.out.with_suffix(".jsonl")
    if not options.tables:
        models = {ROWS[name].language_model for name in options.only if name in ROWS}
        prepare(options.corpora, sorted(models - {""}))
        if any(ROWS[name].transformer_steps for name in options.only if name in ROWS):
            make_encoder()
        write_records(kept, merge(read_records(kept), run_all(options)))
    write_text(options.out, page(read_records(kept)))
    print(f"Saved {options.out}")


def run_all(options: argparse.Namespace) -> List[Record]:
    """Do the runs selected on the command line.

    options (Namespace): The options of the command line.
    RETURNS (List[Dict[str, Any]]): The records.
    """
    runs = [(name, seed) for seed in options.seeds for name in options.only]
    records = []
    for is_later in (False, True):  # rows that need the pipeline of another one come later
        trainings = [run for run in runs if run[0] in ROWS and _is_later(run[0]) == is_later]
        with ThreadPoolExecutor(options.jobs) as pool:
            for run, record in zip(trainings, pool.map(lambda run: train(*run), trainings)):
                print(*run, f"{record['seconds']} s", flush=True)
                records.append(record)
    for name, seed in runs:
        if name in COMBINATIONS:
            records.extend(combine(name, seed))
    return records


def _is_later(name: str) -> bool:
    return bool(ROWS[name].encoder_of or ROWS[name].teachers)


def merge(old: Sequence[Record], new: Sequence[Record]) -> List[Record]:
    """Replace records by newer ones of the same run.

    old (Sequence[Dict[str, Any]]): The old records.
    new (Sequence[Dict[str, Any]]): The new records.
    RETURNS (List[Dict[str, Any]]): All records, the old ones first.
    """
    return list({(run["row"], run["seed"]): run for run in [*old, *new]}.values())


if __name__ == "__main__":
    main()
