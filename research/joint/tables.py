"""Tables of the joint study."""

import statistics
from typing import Dict, List, Sequence, Tuple

from benchmarks.common import Record, spread, table
from research.common.corpora import CORPORA

from .settings import ABLATIONS, SYSTEMS

Results = Dict[Tuple[str, str], List[Record]]

TITLES = {name: CORPORA[name].title for name in ("layer", "cmeie")}


def _spread(runs: Sequence[Record], part: str, score: str, key: str = "f") -> str:
    values = [run[part][score] and run[part][score][key] for run in runs]
    return "–" if None in values or not values else spread(values)


def systems(results: Results, corpus: str, names: Sequence[str]) -> str:
    """Format a table with a row per system.

    results (Dict[Tuple[str, str], List[Dict[str, Any]]]): Records by corpus and system.
    corpus (str): Name of the corpus.
    names (Sequence[str]): The systems.
    RETURNS (str): Markdown.
    """
    header = ["System", "Seeds", "entities P", "R", "F", "boundaries F"]
    header += ["relations P", "R", "F", "gold entities F", "dev F, relations", "training, s"]
    rows = []
    for name in names:
        runs = results.get((corpus, name))
        if not runs:
            rows.append([name, "0", *["–"] * (len(header) - 2)])
            continue
        # Leave out the scores that the system is not trained for.
        task = name.rpartition(", ")[2]
        entities = [] if task == "relations alone" else runs
        gold_entities = [] if task == "entities alone" else runs
        relations = [] if task == "relations alone" else gold_entities
        row = [name, str(len(runs))]
        row += [_spread(entities, "test", "entities", key) for key in "prf"]
        row.append(_spread(entities, "test", "boundaries"))
        row += [_spread(relations, "test", "relations", key) for key in "prf"]
        row.append(_spread(gold_entities, "test", "gold_entities"))
        row.append(_spread(relations, "dev", "relations"))
        row.append(f"{statistics.mean(run['training_seconds'] for run in runs):.0f}")
        rows.append(row)
    return table(header, rows)


def page(records: Sequence[Record]) -> List[str]:
    """Format all tables.

    records (Sequence[Dict[str, Any]]): The records of all training runs.
    RETURNS (List[str]): The sections of the page, in Markdown.
    """
    results: Results = {}
    for record in records:
        results.setdefault((record["corpus"], record["system"]), []).append(record)
    steps = {record["corpus"]: record["steps"] for record in records}
    parts = [
        "# Joint extraction and a pipeline side by side\n",
        "Test part, strict unless a column says boundaries. Relations are measured end to end, "
        "between predicted entities; the column of gold entities is separate. The step is chosen "
        "on dev by the config's own score, end to end. There are two exceptions: in the pipeline "
        "with an encoder each, the two components are trained and chosen separately (entities; "
        "relations between gold entities), each with all steps; systems with relations alone are "
        "chosen between gold entities. Test is measured once. Mean ± standard deviation over "
        "seeds. Seconds of training are one thread's processor time. Scores that a system was not "
        "trained for are left out. Steps: "
        + ", ".join(f"{TITLES[name]} {count}" for name, count in sorted(steps.items()))
        + ".\n",
    ]
    for corpus in TITLES:
        parts += [f"## {TITLES[corpus]}\n", systems(results, corpus, list(SYSTEMS))]
    parts += [f"## Ablations: {TITLES['layer']}\n", systems(results, "layer", list(ABLATIONS))]
    return parts
