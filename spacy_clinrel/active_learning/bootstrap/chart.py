"""A chart of scores and training set sizes over the rounds."""

from pathlib import Path
from typing import Any, Dict, List

from ...errors import require
from ...files import replacing


def draw_rounds(records: List[Dict[str, Any]], path: Path) -> None:
    """Draw F on dev and test, and the number of training relations, over the rounds.

    records (List[Dict[str, Any]]): The rounds, as in `rounds.jsonl`.
    path (Path): The .png or .svg file to write.
    RAISES (ImportError): If matplotlib is not installed.
    """
    require("matplotlib", "plots")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7, 6), layout="constrained")
    FigureCanvasAgg(figure)
    scores, sizes = figure.subplots(2, 1, sharex=True)
    rounds = [record["round"] for record in records]
    for part in ("dev", "test"):
        if part in records[0]:
            values = [100 * record[part]["f"] for record in records]
            scores.plot(rounds, values, marker="o", label=f"{part}, gold entities")
    scores.set_ylabel("micro-F, %")
    scores.legend()
    bottom = [0] * len(records)
    for part in ("labelled", "silver"):
        values = [record["relations"][part] for record in records]
        sizes.bar(rounds, values, bottom=bottom, label=part)
        bottom = [total + value for total, value in zip(bottom, values)]
    sizes.set_ylabel("relations")
    sizes.set_xlabel("round")
    sizes.xaxis.set_major_locator(MaxNLocator(integer=True))
    sizes.legend()
    with replacing(path) as draft:
        figure.savefig(draft, format=path.suffix[1:], dpi=120)
