"""The figures of the main job: trains and measures on real corpora, from vectors and without,
and from a language model.

    python benchmarks/main_job.py --corpora PATH [--jobs 2] [--seeds 0 1 2] [--only NAME ...]

Makes the vectors and the .spacy files first, as project.yml does. Each run trains on the CPU with
one thread, is chosen on dev and measured once on test. Finished runs are kept in benchmarks/work/
and not repeated, so it can be stopped at any time; results go to
benchmarks/results/main_job.json and .md.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Dict, List, NamedTuple

import srsly
from cell_training import commit

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "benchmarks" / "work"
RESULTS = ROOT / "benchmarks" / "results"
PRETRAINED = ROOT / "training" / "ccks2017_pretrain" / "model0.bin"


class Task(NamedTuple):
    """One line of the table.

    config (str): Name of the config.
    data (str): Prefix of the converted files.
    embed (str): The config's block of the embedding.
    gold_entities (bool): Whether mentions are given.
    score (str): Prefix of the reported score.
    seeds (int): How many seeds the figure is the mean of.
    pretrained (bool): Whether its encoder can start from the language model.
    """

    config: str
    data: str
    embed: str
    gold_entities: bool
    score: str
    seeds: int
    pretrained: bool


NER_EMBED = "components.clinical_ner.model.tok2vec.embed"
REL_EMBED = "components.relation_classifier.model.tok2vec"
TASKS = {
    "CCKS-2017 entities": Task("ccks2017_ner", "ccks2017", NER_EMBED, False, "ents", 3, True),
    "CCKS-2017 relation layer, gold entities": Task(
        "ccks2017_relations", "ccks2017_relations", REL_EMBED, True, "rel_micro", 3, False
    ),
    "CMeIE triples, gold mentions": Task(
        "cmeie", "cmeie", f"{REL_EMBED}.embed", True, "rel_text", 3, True
    ),
}


# What training starts from, and what the tables call it.
STARTS = {
    "pretrained": "vectors, language model",
    "vectors": "vectors",
    "plain": "nothing",
}


class Run(NamedTuple):
    """One training.

    name (str): Name of the task.
    start (str): What training starts from, one of STARTS.
    seed (int): The seed.
    """

    name: str
    start: str
    seed: int

    @property
    def folder(self) -> Path:
        """RETURNS (Path): Where the run keeps its files."""
        return WORK / f"{TASKS[self.name].config}-{self.start}-{self.seed}"


def spacy_command(*args: str, log: Path) -> None:
    """Run a spaCy command with one thread.

    args (str): Its arguments.
    log (Path): Takes what it prints.
    """
    env = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    with log.open("a", encoding="utf-8") as out:
        command = [sys.executable, "-m", "spacy", *args]
        subprocess.run(command, check=True, cwd=ROOT, env=env, stdout=out, stderr=out)


def execute(run: Run) -> Dict[str, Any]:
    """Train and measure once, unless that was done before.

    run (Run): What to do.
    RETURNS (Dict[str, Any]): Seconds, commit and the figures on dev and test.
    """
    done = run.folder / "result.json"
    if done.exists():
        return json.loads(done.read_text(encoding="utf-8"))
    task = TASKS[run.name]
    run.folder.mkdir(parents=True, exist_ok=True)
    log = run.folder / "log.txt"
    options = ["--system.seed", str(run.seed)]
    vectors = run.start != "plain"
    if vectors:
        options += ["--paths.vectors", "corpus/vectors"]
    if run.start == "pretrained":
        options += ["--paths.init_tok2vec", str(PRETRAINED)]
    for name in ("include_static_vectors", "pair_vectors"):
        options += [f"--{task.embed}.{name}", str(vectors).lower()]
    data = {part: f"corpus/{task.data}_{part}.spacy" for part in ("train", "dev", "test")}
    start = time.time()
    paths = ["--paths.train", data["train"], "--paths.dev", data["dev"]]
    config = f"configs/{task.config}.cfg"
    spacy_command("train", config, "-o", str(run.folder), *paths, *options, log=log)
    result: Dict[str, Any] = {"seconds": round(time.time() - start), "commit": commit()}
    gold = ["--gold-entities"] if task.gold_entities else []
    for part in ("dev", "test"):
        out = run.folder / f"{part}.json"
        model = str(run.folder / "model-best")
        spacy_command("clinrel", "evaluate", model, data[part], "-o", str(out), *gold, log=log)
        figures = json.loads(out.read_text(encoding="utf-8"))
        result[part] = figures["gold_entities" if gold else "end_to_end"]
    srsly.write_json(done, result)
    return result


def convert(corpora: Path) -> None:
    """Make the .spacy files and the vectors, where they are not there yet.

    corpora (Path): The folder of the corpora.
    """
    made = {
        "vectors": "vectors/meta.json",
        "ccks2017-convert": "ccks2017_test.spacy",
        "cmeie-convert": "cmeie_test.spacy",
        "ccks2017-pretrain": PRETRAINED,
    }
    for command, output in made.items():
        if (ROOT / "corpus" / output).exists():
            continue
        args = [sys.executable, "-m", "spacy", "project", "run", command, str(ROOT)]
        subprocess.run([*args, "--vars.corpora", str(corpora.resolve())], check=True, cwd=ROOT)


def end_to_end(seed: int = 0) -> Dict[str, Any]:
    """Put the entities and relations of one seed into one pipeline and measure it on the layer.

    seed (int): The seed.
    RETURNS (Dict[str, Any]): Figures on dev and test; empty if a model is missing.
    """
    names = ("CCKS-2017 entities", "CCKS-2017 relation layer, gold entities")
    ner, relations = (Run(name, "vectors", seed).folder / "model-best" for name in names)
    if not (ner.exists() and relations.exists()):
        return {}
    folder = WORK / f"ccks2017-end-to-end-{seed}"
    log = WORK / "end-to-end.txt"
    result: Dict[str, Any] = {}
    if not folder.exists():
        paths = ["--paths.ner", str(ner), "--paths.relations", str(relations)]
        vectors = ["--paths.vectors", "corpus/vectors"]
        spacy_command("assemble", "configs/ccks2017.cfg", str(folder), *paths, *vectors, log=log)
    for part in ("dev", "test"):
        out = folder / f"{part}.json"
        if not out.exists():
            data = f"corpus/ccks2017_relations_{part}.spacy"
            spacy_command("clinrel", "evaluate", str(folder), data, "-o", str(out), log=log)
        result[part] = json.loads(out.read_text(encoding="utf-8"))["end_to_end"]
    return result


def table(results: Dict[Run, Dict[str, Any]]) -> str:
    """The results in Markdown.

    results (Dict[Run, Dict[str, Any]]): Figures of each run.
    RETURNS (str): A table with mean ± standard deviation over seeds.
    """
    lines = [
        "| Task | Starts from | Seeds | dev F | test P | test R | test F | minutes |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, task in TASKS.items():
        for start, label in STARTS.items():
            runs = [r for run, r in results.items() if run.name == name and run.start == start]
            if not runs:
                continue
            cells = [spread([r["dev"][f"{task.score}_f"] for r in runs])]
            cells += [spread([r["test"][f"{task.score}_{x}"] for r in runs]) for x in "prf"]
            minutes = statistics.mean(r["seconds"] for r in runs) / 60
            row = [name, label, str(len(runs)), *cells, f"{minutes:.0f}"]
            lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def spread(values: List[float]) -> str:
    """Mean and standard deviation in per cent.

    values (List[float]): Shares.
    RETURNS (str): "mean ± sd", or the value where there is only one.
    """
    mean = f"{100 * statistics.mean(values):.2f}"
    return f"{mean} ± {100 * statistics.stdev(values):.2f}" if len(values) > 1 else mean


def main() -> None:
    """Run what is missing, then write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    default = os.environ.get("CLINREL_CORPORA", "corpora")
    parser.add_argument("--corpora", type=Path, default=Path(default), help="Folder of the corpora")
    parser.add_argument("--jobs", type=int, default=2, help="Trainings at a time")
    parser.add_argument("--only", nargs="*", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--seeds", nargs="*", type=int, default=[0, 1, 2])
    parser.add_argument("--start", nargs="*", choices=STARTS, default=list(STARTS))
    parser.add_argument("--report", action="store_true", help="Only write the tables")
    args = parser.parse_args()
    runs = [
        Run(name, start, seed)
        for start in args.start
        for seed in args.seeds
        for name in args.only
        if seed in range(TASKS[name].seeds)
        if start != "pretrained" or TASKS[name].pretrained
    ]
    if not args.report:
        convert(args.corpora)
        with ThreadPoolExecutor(args.jobs) as pool:
            for run, result in zip(runs, pool.map(execute, runs)):
                print(run.folder.name, f"{result['seconds']} s", flush=True)
    every = [
        Run(name, start, seed)
        for name, task in TASKS.items()
        for start in STARTS
        for seed in range(task.seeds)
    ]
    results = {run: execute(run) for run in every if (run.folder / "result.json").exists()}
    RESULTS.mkdir(exist_ok=True)
    commits = sorted({result["commit"] for result in results.values()})
    machine = f"{platform.machine()}, CPU, one thread each, {args.jobs} at a time"
    together = end_to_end()
    line = ""
    if together:
        f = [f"{100 * together['test'][key]:.2f}" for key in ("ents_f", "rel_micro_f")]
        line = (
            "End to end on the relation layer's test part, entities found by the model from "
            "vectors, relations by the layer's from vectors (seed 0): entities F "
            f"{f[0]}, relations {f[1]}."
        )
    text = (
        "# The main job on real corpora\n\n"
        "F in per cent, micro, strict (CMeIE: triples compared as strings). Chosen on dev, "
        "measured once on test; mean ± standard deviation over seeds.\n\n"
        f"{table(results)}\n\n{line}\n\nMachine: {machine}. Commits: {', '.join(commits)}.\n"
        "Command: `python benchmarks/main_job.py --corpora PATH`.\n"
    )
    (RESULTS / "main_job.md").write_text(text, encoding="utf-8")
    rows = [{**run._asdict(), **result} for run, result in results.items()]
    data = {"machine": machine, "runs": rows, "end_to_end": together}
    (RESULTS / "main_job.json").write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    print(text)


if __name__ == "__main__":
    main()
