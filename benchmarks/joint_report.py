"""Tables of the joint benchmark, from the results of its cells."""

import statistics
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import srsly
from joint_settings import ABLATIONS, CORPORA, SYSTEMS, TITLES
from relation_report import spread, table, write_page

Result = Dict[str, Any]
Results = Dict[Tuple[str, str], List[Result]]


def read_results(folder: Path, scale: str) -> Results:
    """folder (Path): Holds a JSON file for each cell.
    scale (str): Name of the settings.
    RETURNS (Dict[Tuple[str, str], List[Dict]]): By corpus and system, by seed.
    """
    results: Results = {}
    for path in sorted(folder.glob(f"{scale}.*.json")):
        result = srsly.read_json(path)
        results.setdefault((result["corpus"], result["system"]), []).append(result)
    return results


def _spread(runs: Sequence[Result], part: str, setting: str, key: str) -> str:
    values = [run[part][setting].get(key) for run in runs]
    return "–" if None in values or not values else spread(values)


def systems(results: Results, corpus: str, names: Sequence[str]) -> str:
    """A row a system.

    results (Results): All results.
    corpus (str): Name of the corpus.
    names (Sequence[str]): The systems.
    RETURNS (str): Markdown.
    """
    header = ["System", "Seeds", "entities P", "R", "F", "boundaries F"]
    header += ["relations P", "R", "F", "gold entities F", "dev F, relations", "training, s"]
    rel = CORPORA[corpus].score
    rows = []
    for name in names:
        runs = results.get((corpus, name))
        if not runs:
            rows.append([name, "0", *["–"] * (len(header) - 2)])
            continue
        # What a system is not trained for is left out.
        alone = name.rpartition(", ")[2]
        ents = [] if alone == "relations alone" else runs
        found = [] if alone == "entities alone" else ents
        gold = [] if alone == "entities alone" else runs
        row = [name, str(len(runs))]
        row += [_spread(ents, "test", "end_to_end", f"ents_{key}") for key in "prf"]
        row.append(_spread(ents, "test", "end_to_end", "ents_boundary_f"))
        row += [_spread(found, "test", "end_to_end", f"{rel}_{key}") for key in "prf"]
        row.append(_spread(gold, "test", "gold_entities", f"{rel}_f"))
        row.append(_spread(found, "dev", "end_to_end", f"{rel}_f"))
        row.append(f"{statistics.mean(run['training_seconds'] for run in runs):.0f}")
        rows.append(row)
    return table(header, rows)


def write_report(folder: Path, scale: str, out: Path, notes: Path) -> None:
    """Write the tables, as markdown and JSON.

    folder (Path): Holds the cells' results.
    scale (str): Name of the settings.
    out (Path): The markdown file; the JSON stands beside it.
    notes (Path): A markdown file with what is to be said of the figures, where it exists.
    """
    results = read_results(folder, scale)
    steps = {run["corpus"]: run["steps"] for runs in results.values() for run in runs}
    parts = [
        "# Joint extraction and a pipeline side by side\n",
        "Test part, strict unless it says boundaries; relations end to end, between the entities "
        "that the system itself found, and beside them between gold entities. The step is chosen "
        "on dev by the config's own score, end to end but for the pipeline with an encoder each, "
        "whose two components are trained and chosen apart (entities; relations between gold "
        "entities), each with all the steps, and for relations alone, chosen between gold "
        "entities; test is measured once; mean ± standard deviation over seeds. Seconds of "
        "training are one thread's processor time. What a system was not trained for is left "
        "out. Steps: "
        + ", ".join(f"{TITLES[name]} {count}" for name, count in sorted(steps.items()))
        + ".\n",
    ]
    for corpus in CORPORA:
        parts += [f"## {TITLES[corpus]}\n", systems(results, corpus, list(SYSTEMS))]
    parts += [f"## Ablations: {TITLES['layer']}\n", systems(results, "layer", list(ABLATIONS))]
    write_page(parts, [run for some in results.values() for run in some], out, notes)
