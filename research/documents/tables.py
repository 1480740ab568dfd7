"""Tables of the document study."""

import statistics
from typing import List, Sequence

from benchmarks.common import Record, spread, table

from .settings import CORPORA, SETTINGS, SYSTEMS


def page(records: Sequence[Record]) -> List[str]:
    """Format all tables.

    records (Sequence[Dict[str, Any]]): The records of all cells.
    RETURNS (List[str]): Parts of the page in Markdown.
    """
    parts = [
        "# Document-level relations\n",
        "Gold entities, micro-averaged, strict; a relation across sentences is one whose mentions "
        "begin in two. The step and the threshold are chosen on dev (with a CRF there is none), "
        "test is measured once; mean ± standard deviation over seeds. Seconds are one thread's "
        "processor time. Nothing is pretrained.\n",
    ]
    header = ["System", "Seeds", "dev F", "test P", "R", "F", "within F", "across F"]
    header += ["threshold", "training, s"]
    for corpus, settings in SETTINGS.items():
        title = CORPORA[corpus].title
        parts.append(f"## {title}\n\nCandidates: {settings.pairs}; {settings.steps} steps.\n")
        groups = {
            system: [run for run in records if (run["corpus"], run["system"]) == (corpus, system)]
            for system in SYSTEMS
        }
        rows = [_row(system, runs) for system, runs in groups.items() if runs]
        parts.append(table(header, rows))
    return parts


def _row(system: str, runs: Sequence[Record]) -> List[str]:
    values = [[run["dev"]["all"]["f"] for run in runs]]
    values += [[run["test"]["all"][key] for run in runs] for key in "prf"]
    values += [[run["test"][subset]["f"] for run in runs] for subset in ("within", "across")]
    thresholds = [f"{run['threshold']:g}" if run["threshold"] else "–" for run in runs]
    seconds = statistics.mean(run["training_seconds"] for run in runs)
    return [
        *(system, str(len(runs)), *map(spread, values)),
        *(", ".join(thresholds), f"{seconds:.0f}"),
    ]
