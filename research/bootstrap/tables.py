"""Tables of the bootstrapping study."""

import statistics
from typing import List, Sequence

from benchmarks.common import Record, spread, table

from .settings import ALL_PAIRS_SCALE, PARTNER, SCALES, SHARES, SYSTEMS

HEADER = ["System", "Seeds", "dev F, supervised", "test F, supervised", "dev F, kept"]
HEADER += ["test F, kept", "gain on test", "silver relations", "kept round"]
HEADER += ["ECE", "ECE, calibrated"]
PARTNER_HEADER = ["System", "Seeds", "dev F, supervised", "test F, supervised"]
PARTNER_HEADER += ["dev F, last round", "test F, last round"]


def page(records: Sequence[Record], scale: str) -> List[str]:
    """Format all tables.

    records (Sequence[Dict[str, Any]]): The records of all training runs.
    scale (str): Name of the shared settings (see `Study.scales`).
    RETURNS (List[str]): The sections of the page, in Markdown.
    """
    shared, all_pairs = SCALES[scale], ALL_PAIRS_SCALE[scale]
    parts = [
        "# Bootstrapping\n",
        "Relation layer of CCKS-2017, 11 labels, gold entities, micro-averaged F. Mean ± standard "
        "deviation over seeds; each seed chooses different documents. Bare: no guards. Supervised: "
        "trained on the labelled share alone. Kept: the best round on dev if the guards include "
        "patience, otherwise the last round. ECE: expected calibration error of the supervised "
        "model's best class on dev, in %, before and after its temperature is fitted on dev. Each "
        f"training has {shared.steps} steps of {shared.docs} documents (mention pairs: the "
        f"config's batches), and there are at most {shared.rounds} rounds of {shared.batch} "
        f"relations. All pairs: {all_pairs['steps']} steps; all pairs are added in one round "
        "whatever their probability, those without a relation in the labelled share's proportion. "
        "They are labelled by the model itself, or by the mean of its probabilities and those of a "
        f"{PARTNER} trained on the same documents.\n",
    ]
    for share in SHARES:
        parts += _share_parts([run for run in records if run["corpus"] == share], share)
    return parts


def _share_parts(runs: Sequence[Record], share: str) -> List[str]:
    if not runs:
        return []
    groups = {system: [run for run in runs if run["system"] == system] for system in SYSTEMS}
    groups = {system: group for system, group in groups.items() if group}
    parts = [f"## {share} of the train part\n"]
    parts.append(table(HEADER, [gain_row(system, group) for system, group in groups.items()]))
    partners = [
        partner_row(system, group)
        for system, group in groups.items()
        if "second" in group[0]["rounds"][0]
    ]
    if partners:
        parts.append(f"### The {PARTNER} alone\n")
        parts.append(table(PARTNER_HEADER, partners))
    parts.append("### F on test over rounds\n")
    for run in runs:
        values = " → ".join(f"{100 * record['test']['f']:.2f}" for record in run["rounds"])
        parts.append(f"* {run['system']}, seed {run['seed']}: {values} ({run['stopped']})")
    return [*parts, ""]


def gain_row(system: str, runs: Sequence[Record]) -> List[str]:
    """Format the gain of a system over its supervised model.

    system (str): Name of the system.
    runs (Sequence[Dict[str, Any]]): The records of the system, one per seed.
    RETURNS (List[str]): A row of the table.
    """
    supervised = [run["rounds"][0] for run in runs]
    kept = [run["rounds"][run["kept"]] for run in runs]
    scores = [
        spread([record[part]["f"] for record in records])
        for records in (supervised, kept)
        for part in ("dev", "test")
    ]
    gains = [b["test"]["f"] - a["test"]["f"] for a, b in zip(supervised, kept)]
    silver = statistics.mean(record["silver"] for record in kept)
    rounds = ", ".join(f"{run['kept']} of {len(run['rounds']) - 1}" for run in runs)
    errors = [
        spread([record["errors"][name] for record in supervised])
        for name in ("all", "all_calibrated")
    ]
    return [system, str(len(runs)), *scores, spread(gains), f"{silver:.0f}", rounds, *errors]


def partner_row(system: str, runs: Sequence[Record]) -> List[str]:
    """Format the scores of the second model of a system.

    system (str): Name of the system.
    runs (Sequence[Dict[str, Any]]): The records of the system, one per seed.
    RETURNS (List[str]): A row of the table.
    """
    scores = [
        spread([run["rounds"][i]["second"][part]["f"] for run in runs])
        for i in (0, -1)
        for part in ("dev", "test")
    ]
    return [system, str(len(runs)), *scores]
