"""Plots of the relation study."""

import statistics
from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence

from benchmarks.common import Record

from .settings import DEPTH, MODELS, SVM, TUTORIAL
from .tables import EPOCH_MODELS, EPOCHS, TITLES, Results, group, training_seconds


def draw(records: Sequence[Record], page: Path) -> None:
    """Draw F, depth and training time.

    records (Sequence[Dict[str, Any]]): The records of all training runs.
    page (Path): The page with the tables; the plots are written beside it.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    results = group(records)
    drawings: Dict[str, Callable] = {"f": _draw_f, "depth": _draw_depth, "time": _draw_time}
    for name, drawing in drawings.items():
        figure = drawing(pyplot, results)
        figure.savefig(page.with_name(f"{page.stem}_{name}.png"), dpi=110, bbox_inches="tight")
        pyplot.close(figure)


def _deviation(values: Sequence[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0


def _test_f(runs: Sequence[Record]) -> List[float]:
    return [100 * run["test"]["f"] for run in runs]


def _draw_f(pyplot: Any, results: Results) -> Any:
    figure, axes = pyplot.subplots(1, len(TITLES), figsize=(14, 6), sharey=True)
    for axis, corpus in zip(axes, TITLES):
        for row, model in enumerate(reversed(MODELS)):
            values = _test_f(results.get((corpus, model), []))
            if values:
                color = "tab:gray" if model in (SVM, TUTORIAL) else "tab:blue"
                mean, deviation = statistics.mean(values), _deviation(values)
                axis.barh(row, mean, xerr=deviation, color=color, height=0.7)
        axis.set_yticks(range(len(MODELS)), list(reversed(MODELS)))
        axis.set_title(TITLES[corpus], fontsize=9)
        axis.set_xlabel("F on test")
        axis.grid(axis="x", alpha=0.3)
    return figure


def _draw_depth(pyplot: Any, results: Results) -> Any:
    figure, axis = pyplot.subplots(figsize=(7, 4))
    for corpus in TITLES:
        points = [
            (depth, _test_f(results[corpus, model]))
            for depth, model in DEPTH.items()
            if (corpus, model) in results
        ]
        if points:
            x, values = zip(*points)
            means, deviations = map(statistics.mean, values), map(_deviation, values)
            axis.errorbar(
                x, list(means), list(deviations), marker="o", capsize=3, label=TITLES[corpus]
            )
            axis.legend(fontsize=8)
    axis.set_xticks(list(DEPTH))
    axis.set_xlabel("Convolutions")
    axis.set_ylabel("F on test")
    axis.grid(alpha=0.3)
    return figure


def _draw_time(pyplot: Any, results: Results) -> Any:
    figure, axis = pyplot.subplots(figsize=(7, 6))
    models = [model for model in EPOCH_MODELS if ("15-labels", model) in results]
    for row, model in enumerate(reversed(models)):
        runs = results["15-labels", model]
        for epochs, color in zip(reversed(EPOCHS), ("#c6dbef", "#6baed6", "#08519c")):
            seconds = [training_seconds(run, epochs) for run in runs]
            values = [value for value in seconds if value is not None]
            if values:
                label = f"{epochs} epochs" if row == 0 else None
                axis.barh(row, statistics.mean(values), color=color, height=0.7, label=label)
    axis.set_yticks(range(len(models)), list(reversed(models)))
    axis.set_xlabel("Seconds of training, one thread")
    if axis.get_legend_handles_labels()[0]:
        axis.legend()
    axis.grid(axis="x", alpha=0.3)
    return figure
