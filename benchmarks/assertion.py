"""Train `assertion_classifier` on real notes and compare it with the cue rules.

    python -m benchmarks.assertion --corpora PATH [--seeds 0 1 2] [--only NAME ...]

All systems judge the gold mentions of the assertion layer of CCKS-2017 (`ccks2017_assertion`).
configs/zh_assertion.cfg is trained on the train part, with one thread on the CPU, as it is, without
the features of cue words, and without those of sections. The model is selected on dev and evaluated
once on test. The rules need no training. Finished runs are stored in benchmarks/work/ and not
repeated. Results are written to benchmarks/results/assertion.jsonl and .md; --tables only writes
the page from the records.
"""

import argparse
import os
import platform
import time
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import spacy
import srsly

from spacy_clinrel.files import write_json
from spacy_clinrel.types import ASSERTIONS

from .common import (
    RESULTS,
    ROOT,
    WORK,
    Record,
    commit,
    read_records,
    run_spacy,
    spread,
    table,
    write_records,
    write_text,
)

CORPUS = "ccks2017_assertion"
CONFIG = ROOT / "configs" / "zh_assertion.cfg"
FOLDER = WORK / "assertion"
# The types that the layer annotates with attributes.
TYPES = ("Disease", "Symptom", "Treatment")
RULES = "cue rules"
BLOCK = "--components.assertion_classifier"
# Options of `spacy train` for each system of the table.
SYSTEMS: Dict[str, List[str]] = {
    RULES: [],
    "classifier": [],
    "classifier without cue words": [f"{BLOCK}.cues", "false"],
    "classifier without sections": [f"{BLOCK}.sections", "false"],
}


class Run(NamedTuple):
    """A system with a random seed.

    system (str): Name of the system, a key of SYSTEMS.
    seed (Optional[int]): Random seed; None for the rules.
    """

    system: str
    seed: Optional[int]

    @property
    def folder(self) -> Path:
        """Return the folder of the run."""
        name = self.system.replace(" ", "-")
        return FOLDER / (name if self.seed is None else f"{name}-{self.seed}")


def data(part: str) -> Path:
    """Return the .spacy file of a part of the corpus.

    part (str): "train", "dev" or "test".
    RETURNS (Path): The file.
    """
    return FOLDER / f"{part}.spacy"


def convert(corpora: Path) -> None:
    """Convert the corpus, unless the files exist.

    corpora (Path): Folder of the corpora.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    for part in ("train", "dev", "test"):
        if not data(part).exists():
            source = (corpora / CORPUS / part).resolve()
            command = ("clinrel", "convert", "brat", str(source), str(data(part)))
            run_spacy(*command, log=FOLDER / "convert.log")


def make_pipeline(run: Run, log: Path) -> Path:
    """Train a pipeline, or assemble the rules.

    run (Run): The run.
    log (Path): File for the output of training.
    RETURNS (Path): The pipeline.
    """
    if run.system == RULES:
        nlp = spacy.blank("zh")
        nlp.add_pipe("clinical_sectionizer")
        nlp.add_pipe("assertion_rules", config={"types": list(TYPES)})
        nlp.to_disk(run.folder / "model-best")
    else:
        options = ["--paths.train", str(data("train")), "--paths.dev", str(data("dev"))]
        options += ["--system.seed", str(run.seed), *SYSTEMS[run.system]]
        run_spacy("train", str(CONFIG), "--output", str(run.folder), *options, log=log)
    return run.folder / "model-best"


def execute(run: Run) -> Record:
    """Train and evaluate once, unless the record exists.

    run (Run): The run.
    RETURNS (Dict[str, Any]): Its record.
    """
    done = run.folder / "record.json"
    if done.exists():
        return srsly.read_json(done)
    run.folder.mkdir(parents=True, exist_ok=True)
    log = run.folder / "log.txt"
    start = time.perf_counter()
    model = make_pipeline(run, log)
    record: Dict[str, Any] = {**run._asdict(), "seconds": round(time.perf_counter() - start)}
    for part in ("dev", "test"):
        out = run.folder / f"{part}.json"
        command = ("clinrel", "evaluate", str(model), str(data(part)), "--gold-entities")
        run_spacy(*command, "--output", str(out), log=log)
        record[part] = srsly.read_json(out)["gold_entities"]
    record.update(machine=platform.machine(), commit=commit())
    write_json(done, record)
    return record


def merge(old: Sequence[Record], new: Sequence[Record]) -> List[Record]:
    """Replace records by newer ones of the same run.

    old (Sequence[Dict[str, Any]]): The old records.
    new (Sequence[Dict[str, Any]]): The new records.
    RETURNS (List[Dict[str, Any]]): All records, the old ones first.
    """
    return list({(run["system"], run["seed"]): run for run in [*old, *new]}.values())


def report(records: Sequence[Record]) -> str:
    """Format the page.

    records (Sequence[Dict[str, Any]]): The records.
    RETURNS (str): Markdown.
    """
    commits = ", ".join(sorted({record["commit"] for record in records}))
    text = (
        "# Assertion attributes of gold mentions\n\nAssertion layer of CCKS-2017: 330 documents to "
        "train, 66 to select the model, 87 to test. Mentions of Symptom, Disease and Treatment. "
        "Exact: share of mentions whose five attributes are all right. The other columns are F of "
        "an attribute (micro: of all). Mean ± standard deviation over seeds. The rules are what "
        "users without data get. They were written with the train and dev parts in view. The "
        "classifier begins with them, and its model is the best on dev: if no later one is better, "
        f"the figures are those of the rules. Commits: {commits}. "
        "`python -m benchmarks.assertion --corpora PATH`\n"
    )
    for part in ("test", "dev"):
        gold = _gold_counts(records[0][part])
        names = [name for name in ASSERTIONS if name in gold]
        header = [part, "seeds", "exact", "micro", *(f"{name} ({gold[name]})" for name in names)]
        rows = []
        for system in SYSTEMS:
            scores = [record[part] for record in records if record["system"] == system]
            if scores:
                values = [[score["assertion_exact"] for score in scores]]
                values.append([score["assertion_micro_f"] for score in scores])
                values += [[_attribute_f(score, name) for score in scores] for name in names]
                seeds = "–" if system == RULES else str(len(scores))
                rows.append([system, seeds, *map(spread, values)])
        text += "\n" + table(header, rows)
    return text


def _gold_counts(scores: Dict[str, Any]) -> Dict[str, int]:
    """Return the number of gold attributes by name."""
    per_attribute = scores["assertion_per_attribute"]
    return {name: row["gold"] for name, row in per_attribute.items() if row["gold"]}


def _attribute_f(scores: Dict[str, Any], name: str) -> float:
    return scores["assertion_per_attribute"].get(name, {}).get("f", 0.0)


def main() -> None:
    """Do the missing runs, then write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path(os.environ.get("CLINREL_CORPORA", "corpora"))
    parser.add_argument("--corpora", type=Path, default=default, help="folder of the corpora")
    parser.add_argument("--only", nargs="*", default=list(SYSTEMS), choices=list(SYSTEMS))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--out", type=Path, default=RESULTS / "assertion.md")
    parser.add_argument("--tables", action="store_true", help="only write the page")
    options = parser.parse_args()
    kept = options.out.with_suffix(".jsonl")
    if not options.tables:
        convert(options.corpora)
        for system in options.only:
            for seed in [None] if system == RULES else options.seeds:
                record = execute(Run(system, seed))
                write_records(kept, merge(read_records(kept), [record]))
                exact = record["test"]["assertion_exact"]
                print(f"{system}, seed {seed}: exact {100 * exact:.2f}", flush=True)
    write_text(options.out, report(read_records(kept)))
    print(f"Saved {options.out}")


if __name__ == "__main__":
    main()
