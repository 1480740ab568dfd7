"""Train and evaluate the main pipelines on real corpora.

    python -m benchmarks.main_job --corpora PATH [--jobs 2] [--seeds 0 1 2] [--only NAME ...]

The models are initialized with random weights, with vectors, or with vectors and a language model.
The vectors and the .spacy files are created first, as in project.yml. Each run trains on the CPU
with one thread. Its model is selected on dev and evaluated once on test. Finished runs are stored
in benchmarks/work/ and not repeated. Results are written to benchmarks/results/main_job.jsonl and
.md; --tables only writes the page from the records.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Sequence

import srsly

from spacy_clinrel.files import write_json

from .common import (
    RESULTS,
    ROOT,
    WORK,
    Record,
    commit,
    one_thread,
    read_records,
    spread,
    write_records,
    write_text,
)

LANGUAGE_MODEL = ROOT / "training" / "ccks2017_pretrain" / "model0.bin"


class Task(NamedTuple):
    """A task of the table.

    config (str): Name of the config.
    data (str): Prefix of the .spacy files.
    embed (str): The embedding's block in the config.
    gold_entities (bool): Whether the pipeline gets gold mentions.
    score (str): Prefix of the reported score.
    pretrained (bool): Whether the encoder can be initialized from the language model.
    """

    config: str
    data: str
    embed: str
    gold_entities: bool
    score: str
    pretrained: bool


NER_EMBED = "components.clinical_ner.model.tok2vec.embed"
REL_EMBED = "components.relation_classifier.model.tok2vec"
ENTITIES = "CCKS-2017 entities"
LAYER = "CCKS-2017 relation layer, gold entities"
END_TO_END = "CCKS-2017 end to end"
TASKS = {
    ENTITIES: Task("ccks2017_ner", "ccks2017", NER_EMBED, False, "ents", True),
    LAYER: Task("ccks2017_relations", "ccks2017_relations", REL_EMBED, True, "rel_micro", False),
    "CMeIE triples, gold mentions": Task(
        "cmeie", "cmeie", f"{REL_EMBED}.embed", True, "rel_text", True
    ),
}
# What training starts from → its name in the table.
STARTS = {
    "pretrained": "vectors, language model",
    "vectors": "vectors",
    "plain": "nothing",
}


class Run(NamedTuple):
    """One training run.

    name (str): Name of the task.
    start (str): Initialization of the weights, a key of STARTS.
    seed (int): Random seed.
    """

    name: str
    start: str
    seed: int

    @property
    def folder(self) -> Path:
        """Return the folder of the run.

        RETURNS (Path): The folder.
        """
        return WORK / f"{TASKS[self.name].config}-{self.start}-{self.seed}"


def run_spacy(*args: str, log: Path) -> None:
    """Run a spaCy command with one thread.

    args (str): Its arguments.
    log (Path): File for its output.
    RAISES (CalledProcessError): If it fails.
    """
    with log.open("a", encoding="utf-8") as out:
        command = [sys.executable, "-m", "spacy", *args]
        subprocess.run(command, check=True, cwd=ROOT, env=one_thread(), stdout=out, stderr=out)


def evaluate(model: Path, data: str, out: Path, log: Path, gold_entities: bool) -> Dict[str, Any]:
    """Evaluate a pipeline, unless its scores exist.

    model (Path): The pipeline.
    data (str): The .spacy file.
    out (Path): JSON file for the scores.
    log (Path): File for the output of the command.
    gold_entities (bool): Whether the pipeline gets gold mentions.
    RETURNS (Dict[str, Any]): The scores.
    """
    if not out.exists():
        option = ["--gold-entities"] if gold_entities else []
        run_spacy("clinrel", "evaluate", str(model), data, "-o", str(out), *option, log=log)
    return srsly.read_json(out)["gold_entities" if gold_entities else "end_to_end"]


def execute(run: Run) -> Record:
    """Train and evaluate once, unless the record exists.

    run (Run): The run.
    RETURNS (Dict[str, Any]): Its record.
    """
    done = run.folder / "record.json"
    if done.exists():
        return srsly.read_json(done)
    task = TASKS[run.name]
    run.folder.mkdir(parents=True, exist_ok=True)
    log = run.folder / "log.txt"
    data = {part: f"corpus/{task.data}_{part}.spacy" for part in ("train", "dev", "test")}
    paths = ["--paths.train", data["train"], "--paths.dev", data["dev"]]
    start, start_commit = time.time(), commit()
    config, output = f"configs/{task.config}.cfg", str(run.folder)
    run_spacy("train", config, "-o", output, *paths, *train_options(run), log=log)
    record: Record = {**run._asdict(), "seconds": round(time.time() - start)}
    record.update(commit=start_commit, machine=f"{platform.machine()}, CPU, one thread each")
    for part in ("dev", "test"):
        model, out = run.folder / "model-best", run.folder / f"{part}.json"
        scores = evaluate(model, data[part], out, log, task.gold_entities)
        record[part] = {key: scores[f"{task.score}_{key}"] for key in "prf"}
    write_json(done, record)
    return record


def train_options(run: Run) -> List[str]:
    """Return the config overrides of a run.

    run (Run): The run.
    RETURNS (List[str]): Arguments of `spacy train`.
    """
    options = ["--system.seed", str(run.seed)]
    has_vectors = run.start != "plain"
    if has_vectors:
        options += ["--paths.vectors", "corpus/vectors"]
    if run.start == "pretrained":
        options += ["--paths.init_tok2vec", str(LANGUAGE_MODEL)]
    for name in ("include_static_vectors", "pair_vectors"):
        options += [f"--{TASKS[run.name].embed}.{name}", str(has_vectors).lower()]
    return options


def convert(corpora: Path) -> None:
    """Create the .spacy files, the vectors and the language model, unless they exist.

    corpora (Path): Folder of the corpora.
    """
    outputs = {
        "vectors": "vectors/meta.json",
        "ccks2017-convert": "ccks2017_test.spacy",
        "cmeie-convert": "cmeie_test.spacy",
        "ccks2017-pretrain": LANGUAGE_MODEL,
    }
    for command, output in outputs.items():
        if not (ROOT / "corpus" / output).exists():
            args = [sys.executable, "-m", "spacy", "project", "run", command, str(ROOT)]
            subprocess.run([*args, "--vars.corpora", str(corpora.resolve())], check=True, cwd=ROOT)


def end_to_end(seed: int = 0) -> List[Record]:
    """Combine the entity and relation components of one seed and evaluate them on the relation
    layer.

    seed (int): Random seed.
    RETURNS (List[Dict[str, Any]]): One record; none if a model is missing.
    """
    runs = (Run(name, "vectors", seed).folder for name in (ENTITIES, LAYER))
    ner, relations = (folder / "model-best" for folder in runs)
    if not (ner.exists() and relations.exists()):
        return []
    folder, log = WORK / f"ccks2017-end-to-end-{seed}", WORK / "end-to-end.txt"
    if not folder.exists():
        paths = ["--paths.ner", str(ner), "--paths.relations", str(relations)]
        vectors = ["--paths.vectors", "corpus/vectors"]
        run_spacy("assemble", "configs/ccks2017.cfg", str(folder), *paths, *vectors, log=log)
    record: Record = {"name": END_TO_END, "start": "vectors", "seed": seed}
    for part in ("dev", "test"):
        data = f"corpus/ccks2017_relations_{part}.spacy"
        scores = evaluate(folder, data, folder / f"{part}.json", log, False)
        record[part] = {
            name: {key: scores[f"{score}_{key}"] for key in "prf"}
            for name, score in (("entities", "ents"), ("relations", "rel_micro"))
        }
    return [record]


def report(records: Sequence[Record]) -> str:
    """Format the page.

    records (Sequence[Dict[str, Any]]): The records of all runs.
    RETURNS (str): Markdown.
    """
    commits = ", ".join(sorted({record["commit"] for record in records if "commit" in record}))
    machines = sorted({record["machine"] for record in records if "machine" in record})
    parts = [
        "# The main job on real corpora\n",
        "F in per cent, micro, strict (CMeIE: triples compared as strings). Chosen on dev, "
        "measured once on test; mean ± standard deviation over seeds.\n",
        f"{format_table(records)}\n",
    ]
    for record in records:
        if record["name"] == END_TO_END:
            test = record["test"]
            entities, relations = (
                f"{100 * test[name]['f']:.2f}" for name in ("entities", "relations")
            )
            parts.append(
                "End to end on the relation layer's test part, with the entity model and the "
                f"relation model trained from vectors (seed 0): entities F {entities}, relations "
                f"F {relations}.\n"
            )
    parts.append(
        f"Machine: {'; '.join(machines)}. Commits: {commits}.\n"
        "Command: `python -m benchmarks.main_job --corpora PATH`.\n"
    )
    return "\n".join(parts)


def format_table(records: Sequence[Record]) -> str:
    """Format the scores of all tasks.

    records (Sequence[Dict[str, Any]]): The records of all runs.
    RETURNS (str): A Markdown table with mean ± standard deviation over seeds.
    """
    lines = [
        "| Task | Starts from | Seeds | dev F | test P | test R | test F | minutes |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in TASKS:
        for start, label in STARTS.items():
            runs = [run for run in records if (run["name"], run["start"]) == (name, start)]
            if not runs:
                continue
            scores = [spread([run["dev"]["f"] for run in runs])]
            scores += [spread([run["test"][key] for run in runs]) for key in "prf"]
            minutes = statistics.mean(run["seconds"] for run in runs) / 60
            row = [name, label, str(len(runs)), *scores, f"{minutes:.0f}"]
            lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def main() -> None:
    """Do the missing runs, then write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = Path(os.environ.get("CLINREL_CORPORA", "corpora"))
    parser.add_argument("--corpora", type=Path, default=default, help="folder of the corpora")
    parser.add_argument("--jobs", type=int, default=2, help="trainings at a time")
    parser.add_argument("--only", nargs="*", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--start", nargs="*", choices=STARTS, default=list(STARTS))
    parser.add_argument("--out", type=Path, default=RESULTS / "main_job.md")
    parser.add_argument("--tables", action="store_true", help="only write the page")
    options = parser.parse_args()
    kept = options.out.with_suffix(".jsonl")
    if not options.tables:
        convert(options.corpora)
        write_records(kept, merge(read_records(kept), run_all(options) + end_to_end()))
    write_text(options.out, report(read_records(kept)))
    print(f"Saved {options.out}")


def run_all(options: argparse.Namespace) -> List[Record]:
    """Do the runs selected on the command line.

    options (Namespace): The options of the command line.
    RETURNS (List[Dict[str, Any]]): The records.
    """
    runs = [
        Run(name, start, seed)
        for start in options.start
        for seed in options.seeds
        for name in options.only
        if start != "pretrained" or TASKS[name].pretrained
    ]
    records = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for run, record in zip(runs, pool.map(execute, runs)):
            print(run.folder.name, f"{record['seconds']} s", flush=True)
            records.append(record)
    return records


def merge(old: Sequence[Record], new: Sequence[Record]) -> List[Record]:
    """Replace records by newer ones of the same run.

    old (Sequence[Dict[str, Any]]): The old records.
    new (Sequence[Dict[str, Any]]): The new records.
    RETURNS (List[Dict[str, Any]]): All records, the old ones first.
    """
    merged = {(run["name"], run["start"], run["seed"]): run for run in [*old, *new]}
    return list(merged.values())


if __name__ == "__main__":
    main()
