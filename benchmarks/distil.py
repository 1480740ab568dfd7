"""Measure how much of its teachers' gain a fast pipeline learns from the texts that they labelled.

    python -m benchmarks.distil --corpora PATH [--jobs 2]

Of CCKS-2019, the first documents of the train part are gold, and only the texts of the others are
used. One teacher has a pretrained encoder, the other one and the students have characters and a
BiLSTM. All train on the gold documents, and the students also on the texts that the teachers
labelled. The scores are those of the dev part, at the best step. Needs the extra `encoder`.
"""

import argparse
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Dict, List, NamedTuple

import spacy
import srsly
from spacy.scorer import Scorer
from spacy.training import Example

from spacy_clinrel import read_corpus, write_corpus
from spacy_clinrel.files import read_docbin, write_json

from .accuracy import MACHINE, evaluate
from .accuracy_data import CORPUS, prepare
from .accuracy_rows import (
    ENTITIES,
    FROM_E5,
    FROM_MODEL,
    LANGUAGE_MODELS,
    NOTHING,
    STARTS,
    without_vectors,
)
from .accuracy_tables import NO_VALUE
from .accuracy_transformer import make_encoder, transformer_config
from .common import RESULTS, ROOT, WORK, Record, commit, run_spacy, table, write_records, write_text

GOLD = 100  # documents
TRANSFORMER_STEPS = 400
CONFIG = "ccks2017_ner"
FOLDER = WORK / "distil"
DEV = "corpus/ccks2019_dev.spacy"


class Run(NamedTuple):
    """A training.

    start (str): What the training starts from: a key of `STARTS`, or `NOTHING`. With `FROM_E5`, the
        pipeline has a pretrained encoder.
    teachers (str): Key of `TEACHERS` of the silver documents; empty for gold ones alone.
    alone (str): Key of `RUNS` of the same training without silver documents; empty for none.
    """

    start: str
    teachers: str = ""
    alone: str = ""


RUNS = {
    "e5": Run(FROM_E5),
    "alone": Run(NOTHING),
    "alone-model": Run(FROM_MODEL),
    "student": Run(NOTHING, "e5", "alone"),
    "student-model": Run(FROM_MODEL, "e5", "alone-model"),
    "student-both": Run(FROM_MODEL, "both", "alone-model"),
}
# Name of one or several teachers → keys of `RUNS`.
TEACHERS = {"e5": ["e5"], "both": ["e5", "alone-model"]}
TITLES = {"": "gold", "e5": "gold, texts labelled by the transformer"}
TITLES["both"] = "gold, texts labelled by the transformer and the student's own model together"


def split() -> None:
    """Write the gold documents and the texts of the others, unless they exist."""
    FOLDER.mkdir(exist_ok=True)
    if not (FOLDER / "texts.spacy").exists():
        docs = list(read_corpus(CORPUS / "ccks2019_train.spacy"))
        write_corpus(docs[:GOLD], FOLDER / "gold.spacy")
        write_corpus(docs[GOLD:], FOLDER / "texts.spacy")


def label(teachers: str) -> Record:
    """Label the texts and the dev part, unless that is done.

    teachers (str): Key of `TEACHERS`.
    RETURNS (Dict[str, Any]): The record of the teachers' scores on the dev part.
    """
    models = [str(FOLDER / name / "model-best") for name in TEACHERS[teachers]]
    mixed, dev = (FOLDER / f"{teachers}-{name}.spacy" for name in ("mixed", "dev"))
    if not mixed.exists():
        gold = ["--gold", str(FOLDER / "gold.spacy")]
        run_spacy("clinrel", "distil", *models, str(FOLDER / "texts.spacy"), str(mixed), *gold)
    if not dev.exists():
        run_spacy("clinrel", "distil", *models, DEV, str(dev))
    vocab = spacy.blank("zh").vocab
    pairs = [read_docbin(path, vocab) for path in (dev, ROOT / DEV)]
    if [doc.text for doc in pairs[0]] != [doc.text for doc in pairs[1]]:
        raise ValueError(f"{dev} does not have all documents of {DEV}.")
    examples = [Example(found, gold) for found, gold in zip(*pairs)]
    scores = Scorer.score_spans(examples, "ents")
    found = {key: scores[f"ents_{key}"] for key in "prf"}
    return {"run": f"teachers-{teachers}", "seed": 0, "dev": {"entities": found}}


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
    documents = f"{run.teachers}-mixed" if run.teachers else "gold"
    options = ["--paths.train", str(FOLDER / f"{documents}.spacy"), "--paths.dev", DEV]
    config = Path("configs") / f"{CONFIG}.cfg"
    if run.start == FROM_E5:
        config = folder / "config.cfg"
        transformer_config(CONFIG, config, TRANSFORMER_STEPS)
    elif run.start == FROM_MODEL:
        overrides, model = STARTS[run.start]
        options += [*overrides, "--paths.init_tok2vec", LANGUAGE_MODELS[model].path]
    else:
        options += without_vectors(CONFIG)
    if run.teachers:
        options += ["--corpora.train.gold_share", "0.5"]
    run_spacy("train", str(config), "-o", str(folder), *options, log=log)
    seconds = round(time.time() - start)
    dev = evaluate(folder / "model-best", DEV, ENTITIES, log)
    record = {"run": name, "seed": 0, "seconds": seconds, "commit": start_commit, "dev": dev}
    write_json(done, record)
    return record


def page(records: Dict[str, Record]) -> str:
    """Format the results.

    records (Dict[str, Dict[str, Any]]): Key of `RUNS`, or "teachers-" and one of `TEACHERS` → its
        record.
    RETURNS (str): Markdown.
    """
    scores = {name: record["dev"]["entities"] for name, record in records.items()}
    lines: List[List[str]] = []
    for name, run in RUNS.items():
        kept = NO_VALUE
        if run.alone:
            alone = scores[run.alone]["f"]
            gain = scores[f"teachers-{run.teachers}"]["f"] - alone
            kept = f"{(scores[name]['f'] - alone) / gain:.0%}" if gain > 0 else kept
        lines.append([run.start, TITLES[run.teachers], *_cells(scores[name]), kept])
    both = [NO_VALUE, "both teachers together", *_cells(scores["teachers-both"]), NO_VALUE]
    header = ["Starts from", "Training documents", "P", "R", "F", "share of the gain"]
    commits = ", ".join(sorted({r["commit"] for r in records.values() if "commit" in r}))
    return (
        "# Distillation\n\n"
        f"CCKS-2019, entities, strict, in per cent; one seed. Of the train part, {GOLD} documents "
        "are gold, and teachers label the texts of the others. Scores of the dev part, at the best "
        "step. *Share of the gain*: of the difference between the teachers and the training with "
        "gold documents only that starts from the same.\n\n"
        f"{table(header, [*lines, both])}\n"
        f"`python -m benchmarks.distil --corpora PATH`. Machine: {MACHINE}. Commits: {commits}.\n"
    )


def _cells(scores: Record) -> List[str]:
    return [f"{100 * scores[key]:.2f}" for key in "prf"]


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
    for with_silver in (False, True):
        names = [name for name, run in RUNS.items() if bool(run.teachers) == with_silver]
        with ThreadPoolExecutor(options.jobs) as pool:
            records.update(zip(names, pool.map(train, names)))
        if not with_silver:
            records.update({f"teachers-{name}": label(name) for name in TEACHERS})
    write_records(RESULTS / "distil.jsonl", records.values())
    write_text(RESULTS / "distil.md", page(records))
    print(f"Saved {RESULTS / 'distil.md'}")


if __name__ == "__main__":
    main()
