"""Measure how much of a transformer's gain a fast pipeline learns from the texts that it labelled.

    python -m benchmarks.distil --corpora PATH [--jobs 2]

Of CCKS-2019, the first documents of the train part are gold, and only the texts of the others are
used. The teacher has a pretrained encoder, the student characters and a BiLSTM. Both train on the
gold documents, and the student also on those and the texts that the teacher labelled. The scores
are those of the dev part, at the best step. Needs the extra `encoder`.
"""

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Dict, List, NamedTuple

import srsly

from spacy_clinrel import read_corpus, write_corpus
from spacy_clinrel.files import write_json

from .accuracy import MACHINE, evaluate
from .accuracy_data import CORPUS, prepare
from .accuracy_rows import ENTITIES, FROM_MODEL, LANGUAGE_MODELS, NOTHING, STARTS, without_vectors
from .accuracy_transformer import make_encoder, transformer_config
from .common import RESULTS, WORK, Record, commit, run_spacy, table, write_records, write_text

GOLD = 100  # documents
STEPS, TEACHER_STEPS = 500, 400
CONFIG = "ccks2017_ner"
FOLDER = WORK / "distil"
DEV = "corpus/ccks2019_dev.spacy"


class Run(NamedTuple):
    """A training.

    title (str): What the table calls it.
    start (str): What the training starts from: a key of `STARTS`, or `NOTHING`.
    train (str): Stem of the file with the training documents.
    is_teacher (bool): Whether the pipeline has the pretrained encoder.
    """

    title: str
    start: str
    train: str
    is_teacher: bool = False


RUNS = {
    "teacher": Run("teacher", "multilingual-e5-small, 6 layers", "gold", is_teacher=True),
    "alone": Run("student, gold only", NOTHING, "gold"),
    "alone-model": Run("student, gold only", FROM_MODEL, "gold"),
    "student": Run("student, gold and silver", NOTHING, "mixed"),
    "student-model": Run("student, gold and silver", FROM_MODEL, "mixed"),
}


def split() -> None:
    """Write the gold documents and the texts of the others, unless they exist."""
    FOLDER.mkdir(exist_ok=True)
    if not (FOLDER / "texts.spacy").exists():
        docs = list(read_corpus(CORPUS / "ccks2019_train.spacy"))
        write_corpus(docs[:GOLD], FOLDER / "gold.spacy")
        write_corpus(docs[GOLD:], FOLDER / "texts.spacy")


def label() -> None:
    """Label the texts with the teacher, unless that is done."""
    if not (FOLDER / "mixed.spacy").exists():
        teacher = str(FOLDER / "teacher" / "model-best")
        paths = [str(FOLDER / f"{name}.spacy") for name in ("texts", "mixed", "gold")]
        run_spacy("clinrel", "distil", teacher, *paths[:2], "--gold", paths[2])


def train(name: str) -> Record:
    """Train and evaluate a pipeline, unless its record exists.

    name (str): Key of `RUNS`.
    RETURNS (Dict[str, Any]): Its record.
    """
    run, folder = RUNS[name], FOLDER / name
    done, log = folder / "record.json", folder / "log.txt"
    if done.exists():
        return srsly.read_json(done)
    folder.mkdir(exist_ok=True)
    start, start_commit = time.time(), commit()
    options = ["--paths.train", str(FOLDER / f"{run.train}.spacy"), "--paths.dev", DEV]
    config = Path("configs") / f"{CONFIG}.cfg"
    if run.is_teacher:
        config = folder / "config.cfg"
        transformer_config(CONFIG, config, TEACHER_STEPS)
    elif run.start in STARTS:
        overrides, model = STARTS[run.start]
        options += [*overrides, "--paths.init_tok2vec", LANGUAGE_MODELS[model].path]
    else:
        options += without_vectors(CONFIG)
    if run.train == "mixed":
        options += ["--corpora.train.gold_share", "0.5"]
    run_spacy("train", str(config), "-o", str(folder), *options, log=log)
    seconds = round(time.time() - start)
    dev = evaluate(folder / "model-best", DEV, ENTITIES, log)
    record = {"run": name, "seed": 0, "seconds": seconds, "commit": start_commit, "dev": dev}
    write_json(done, record)
    return record


def page(records: Dict[str, Record]) -> str:
    """Format the results.

    records (Dict[str, Dict[str, Any]]): Key of `RUNS` → its record.
    RETURNS (str): Markdown.
    """
    scores = {name: 100 * record["dev"]["entities"]["f"] for name, record in records.items()}
    lines: List[List[str]] = []
    for name, run in RUNS.items():
        found = records[name]["dev"]["entities"]
        cells = [f"{100 * found[key]:.2f}" for key in "prf"]
        alone = name.replace("student", "alone")
        gain = scores["teacher"] - scores[alone]
        kept = f"{(scores[name] - scores[alone]) / gain:.0%}" if alone != name and gain > 0 else "–"
        minutes = f"{records[name]['seconds'] / 60:.0f}"
        lines.append([run.title, run.start, *cells, kept, minutes])
    header = ["Pipeline", "Starts from", "P", "R", "F", "share of the gain", "minutes"]
    commits = ", ".join(sorted({record["commit"] for record in records.values()}))
    return (
        "# Distillation\n\n"
        f"CCKS-2019, entities, strict, in per cent; one seed. Of the train part, {GOLD} documents "
        "are gold, and the teacher labels the texts of the others. The teacher and the students "
        "without silver documents learn from the gold ones only. Scores of the dev part, at the "
        "best step. *Share of the gain*: of the difference between the teacher and the student "
        "without silver documents that starts from the same.\n\n"
        f"{table(header, lines)}\n"
        f"`python -m benchmarks.distil --corpora PATH`. Machine: {MACHINE}. Commits: {commits}.\n"
    )


def main() -> None:
    """Do the missing runs, then write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path(os.environ.get("CLINREL_CORPORA", "corpora"))
    parser.add_argument("--corpora", type=Path, default=default, help="folder of the corpora")
    parser.add_argument("--jobs", type=int, default=2, help="trainings at a time")
    options = parser.parse_args()
    prepare(options.corpora, ["characters"])
    make_encoder()
    split()
    records: Dict[str, Record] = {}
    for part in ("gold", "mixed"):
        if part == "mixed":
            label()
        names = [name for name, run in RUNS.items() if run.train == part]
        with ThreadPoolExecutor(options.jobs) as pool:
            records.update(zip(names, pool.map(train, names)))
    write_records(RESULTS / "distil.jsonl", records.values())
    write_text(RESULTS / "distil.md", page(records))
    print(f"Saved {RESULTS / 'distil.md'}")


if __name__ == "__main__":
    main()
