"""Tables and plots of the relation benchmark, from the results of its cells."""

import statistics
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import srsly
from relation_settings import (
    CORPORA,
    DEPTH,
    MODELS,
    PAIR_SENTENCE,
    SVM,
    TUTORIAL,
    VARIANTS,
)

Result = Dict[str, Any]
Results = Dict[Tuple[str, str], List[Result]]

TITLES = {
    "15-labels": "CCKS-2017 relation layer, 15 labels (first paper)",
    "11-labels": "CCKS-2017 relation layer, 11 labels (second paper)",
    "cmeie": "CMeIE, triples as strings",
}
# F of the papers' own tables: table 4 of the first, table 4 of the second at N = 17,000, before any
# bootstrapping. Their corpora are not public, so these are quoted, not compared.
QUOTED = {
    "15-labels": {
        **{"SVM": 59.84, "CNN-Max": 52.99, "LSTM-Max": 69.88, "BLSTM-Attention": 70.35},
        **{"ResNet-BLSTM": 74.83, "ResNet-Max": 66.33, "ResNet-PAtt": 77.80},
    },
    "11-labels": {
        **{"CNN": 67.99, "CNN-Att": 70.49, "PCNN": 74.46, "ResNet-11": 78.27},
        **{"BiLSTM-Att": 76.12, "BiGRU-Att": 77.96, "ResGRU": 80.00, "ResGRU-Att": 82.26},
    },
}
EPOCHS = (5, 10, 20)
PAPERS = set(PAIR_SENTENCE)


def read_results(folder: Path, scale: str) -> Results:
    """Read what finished.

    folder (Path): Holds a JSON file for each cell.
    scale (str): Name of the settings.
    RETURNS (Dict[Tuple[str, str], List[Dict]]): By corpus and model, by seed.
    """
    results: Results = {}
    for path in sorted(folder.glob("*.json")):
        result = srsly.read_json(path)
        if result["scale"] == scale:
            results.setdefault((result["corpus"], result["model"]), []).append(result)
    for some in results.values():
        some.sort(key=lambda result: result["seed"])
    return results


def spread(values: Sequence[float], scale: float = 100.0) -> str:
    """Mean and standard deviation.

    values (Sequence[float]): One for each seed.
    scale (float): What they are multiplied by.
    RETURNS (str): "86.11 ± 0.24", without a deviation for one value.
    """
    mean = f"{scale * statistics.mean(values):.2f}"
    if len(values) < 2:
        return mean
    return f"{mean} ± {scale * statistics.stdev(values):.2f}"


def write_page(parts: Sequence[str], found: Sequence[Result], out: Path, notes: Path) -> None:
    """Write a benchmark's tables as markdown, and what they come from as JSON beside it.

    parts (Sequence[str]): The tables.
    found (Sequence[Result]): The results.
    out (Path): The markdown file.
    notes (Path): A markdown file with what is to be said of the figures, where it exists.
    """
    said = [notes.read_text(encoding="utf-8")] if notes.exists() else []
    commits = f"Commits: {', '.join(sorted({run['commit'] for run in found}))}.\n"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("\n".join([*parts, *said, commits]), encoding="utf-8")
    srsly.write_json(out.with_suffix(".json"), list(found), indent=0)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A markdown table.

    header (Sequence[str]): Its first row.
    rows (Sequence[Sequence[str]]): The others.
    RETURNS (str): Lines, the last one ended as well.
    """
    lines = [header, ["---", *("---:" for _ in header[1:])], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def overall(results: Results, corpus: str) -> str:
    """The table of one corpus: a row a model.

    results (Results): All results.
    corpus (str): Name of the corpus.
    RETURNS (str): Markdown.
    """
    quoted = QUOTED.get(corpus, {})
    header = ["Model", "Seeds", "dev F", "test P", "test R", "test F"]
    header += ["s/epoch", "pairs/s", "weights", *(["F in the paper, its corpus"] if quoted else [])]
    rows = []
    for model in MODELS:
        runs = results.get((corpus, model))
        if not runs:
            rows.append([model, "0", *["–"] * (len(header) - 2)])
            continue
        row = [model, str(len(runs)), spread([run["dev"]["f"] for run in runs])]
        row += [spread([run["test"][key] for run in runs]) for key in "prf"]
        row += [_epoch_seconds(runs), f"{_mean(runs, 'pairs_per_second'):,.0f}"]
        row.append(f"{runs[0]['parameters']:,}" if "parameters" in runs[0] else "–")
        if quoted:
            row.append(f"{quoted[model]:.2f}" if model in quoted else "–")
        rows.append(row)
    return table(header, rows)


def ceiling(results: Results, corpus: str) -> str:
    """What the candidate pairs of the pair-sentence models reach.

    results (Results): All results.
    corpus (str): Name of the corpus.
    RETURNS (str): A sentence; empty where nothing was measured.
    """
    for model in PAIR_SENTENCE:
        for run in results.get((corpus, model), []):
            test = run["test"]["candidates"]
            share = f"{100 * test['recall']:.1f} %"
            return f"Candidate pairs reach {share} of the {test['gold']} gold relations of test.\n"
    return ""


def _mean(runs: Sequence[Result], key: str) -> float:
    return statistics.mean(run[key] for run in runs)


def _seconds(run: Result, epochs: int) -> Optional[float]:
    """Training seconds of so many epochs; the first mark is after the first batch."""
    marks = run["epochs"]
    return marks[epochs]["seconds"] - marks[0]["seconds"] if len(marks) > epochs else None


def _epoch_seconds(runs: Sequence[Result]) -> str:
    """Mean seconds of an epoch, where dev is scored once an epoch."""
    if runs[0]["model"] == SVM:
        return f"{statistics.mean(run['epochs'][0]['seconds'] for run in runs):.1f} in all"
    if runs[0]["model"] not in MODELS[1:-2]:
        return "–"
    per_epoch = [_seconds(run, len(run["epochs"]) - 1) / (len(run["epochs"]) - 1) for run in runs]
    return f"{statistics.mean(per_epoch):.1f}"


def per_label(results: Results, corpus: str) -> str:
    """F of each label, a column a model (the papers' table 6).

    results (Results): All results.
    corpus (str): Name of the corpus.
    RETURNS (str): Markdown; empty where nothing was measured.
    """
    models = [model for model in MODELS if (corpus, model) in results]
    if not models:
        return ""
    gold: Dict[str, int] = {}
    for model in models:
        for label, scores in results[corpus, model][0]["test"]["per_label"].items():
            gold[label] = max(gold.get(label, 0), scores.get("gold", 0))
    rows = []
    for label in sorted((label for label in gold if gold[label]), key=lambda x: (-gold[x], x)):
        row = [f"{label} ({gold[label]})"]
        for model in models:
            runs = results[corpus, model]
            values = [run["test"]["per_label"].get(label, {}).get("f", 0.0) for run in runs]
            row.append(f"{100 * statistics.mean(values):.1f}")
        rows.append(row)
    return table(["Label (gold in test)", *models], rows)


def depths(results: Results) -> str:
    """F by the number of convolutions (the second paper's figure 7).

    results (Results): All results.
    RETURNS (str): Markdown.
    """
    header = ["Convolutions", *(str(depth) for depth in DEPTH), "5 without shortcuts"]
    rows = []
    for corpus in CORPORA:
        cells = [results.get((corpus, model)) for model in (*DEPTH.values(), "CNN-5")]
        values = [spread([run["test"]["f"] for run in runs]) if runs else "–" for runs in cells]
        rows.append([TITLES[corpus], *values])
    return table(header, rows)


def variants(results: Results) -> str:
    """F of models that lack one of their inputs.

    results (Results): All results.
    RETURNS (str): Markdown.
    """
    rows = []
    for base in dict.fromkeys(model for model, _ in VARIANTS.values()):
        for model in (base, *(name for name, (of, _) in VARIANTS.items() if of == base)):
            cells = [results.get((corpus, model)) for corpus in CORPORA]
            row = [spread([run["test"]["f"] for run in runs]) if runs else "–" for runs in cells]
            rows.append([model, *row])
    return table(["Model", *(TITLES[corpus] for corpus in CORPORA)], rows)


def training_time(results: Results, corpus: str) -> str:
    """Seconds of training up to some epochs (the first paper's figure 4).

    results (Results): All results.
    corpus (str): Name of the corpus.
    RETURNS (str): Markdown.
    """
    rows = []
    for model in MODELS[1:-2]:
        runs = results.get((corpus, model), [])
        row = [model]
        for epochs in EPOCHS:
            values = [value for run in runs if (value := _seconds(run, epochs)) is not None]
            row.append(spread(values, 1.0) if values else "–")
        rows.append(row)
    return table(["Model", *(f"{epochs} epochs" for epochs in EPOCHS)], rows)


def settings(shared: Sequence[Dict[str, Any]]) -> str:
    """The settings that the papers' models were trained with.

    shared (Sequence[Dict[str, Any]]): Of each result.
    RETURNS (str): Markdown, a line for each setting and each value that it had.
    """
    values: Dict[str, Dict[str, None]] = {}
    for one in shared:
        for key, value in one.items():
            text = f"{value:g}" if isinstance(value, float) else str(value)
            values.setdefault(key, {})[text] = None
    return "".join(f"* {key}: {' or '.join(some)}\n" for key, some in sorted(values.items()))


def write_report(folder: Path, scale: str, out: Path, notes: Path) -> None:
    """Write the tables, as markdown and JSON, and the plots.

    folder (Path): Holds the cells' results.
    scale (str): Name of the settings.
    out (Path): The markdown file; the others stand beside it.
    notes (Path): A markdown file with what is to be said of the figures, put below the tables,
        where it exists.
    """
    results = read_results(folder, scale)
    shared = [
        run["settings"] for (_, name), runs in results.items() if name in PAPERS for run in runs
    ]
    parts = [
        "# Relation models side by side\n",
        "Gold entities, micro-averaged, strict (CMeIE: triples compared as strings); every gold "
        "relation counts, also one that no candidate pair reaches. The epoch is chosen on dev (the "
        "SVM has none, nor any chance in it), test is measured once; mean ± standard deviation "
        "over seeds. s/epoch and pairs/s are seconds of one thread's processor time.\n",
        "SVM, mention pair and tutorial component are yardsticks with settings of their own: the "
        "first two learn from all pairs, the mention-pair model has vectors of character pairs and "
        "the steps of its own config, the tutorial component its own config with 4,000 steps "
        "instead of 10,000. The papers' models share these settings, so that some differ in the "
        "width of their position embeddings alone (CNN-Max and CNN, ResNet-Max and ResNet-9, "
        "BLSTM-Attention and BiLSTM-Att).\n",
        f"Settings, the same for all models of the papers (`{scale}`):\n\n" + settings(shared),
    ]
    for corpus in CORPORA:
        parts += [f"## {TITLES[corpus]}\n", overall(results, corpus), ceiling(results, corpus)]
    parts += ["## Depth\n", "F on test.\n", depths(results)]
    parts += ["## What models owe to their inputs\n", "F on test.\n", variants(results)]
    parts += ["## Seconds of training\n", f"{TITLES['15-labels']}.\n"]
    parts.append(training_time(results, "15-labels"))
    for corpus in CORPORA:
        parts += [f"## F per label: {TITLES[corpus]}\n", per_label(results, corpus)]
    write_page(parts, [run for some in results.values() for run in some], out, notes)
    plots(results, out)


def plots(results: Results, out: Path) -> None:
    """Draw F, depth and training time.

    results (Results): All results.
    out (Path): The report; pictures stand beside it.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    drawings: Dict[str, Callable] = {"f": _draw_f, "depth": _draw_depth, "time": _draw_time}
    for name, draw in drawings.items():
        figure = draw(pyplot, results)
        figure.savefig(out.with_name(f"{out.stem}_{name}.png"), dpi=110, bbox_inches="tight")
        pyplot.close(figure)


def _draw_f(pyplot: Any, results: Results) -> Any:
    figure, axes = pyplot.subplots(1, len(CORPORA), figsize=(14, 6), sharey=True)
    for axis, corpus in zip(axes, CORPORA):
        for place, model in enumerate(reversed(MODELS)):
            values = [100 * run["test"]["f"] for run in results.get((corpus, model), [])]
            if values:
                shade = "tab:gray" if model in (SVM, TUTORIAL) else "tab:blue"
                error = statistics.stdev(values) if len(values) > 1 else 0.0
                axis.barh(place, statistics.mean(values), xerr=error, color=shade, height=0.7)
        axis.set_yticks(range(len(MODELS)), list(reversed(MODELS)))
        axis.set_title(TITLES[corpus], fontsize=9)
        axis.set_xlabel("F on test")
        axis.grid(axis="x", alpha=0.3)
    return figure


def _draw_depth(pyplot: Any, results: Results) -> Any:
    figure, axis = pyplot.subplots(figsize=(7, 4))
    for corpus in CORPORA:
        points = [
            (depth, [100 * run["test"]["f"] for run in results[corpus, model]])
            for depth, model in DEPTH.items()
            if (corpus, model) in results
        ]
        if points:
            places, values = zip(*points)
            errors = [statistics.stdev(some) if len(some) > 1 else 0.0 for some in values]
            means = [statistics.mean(some) for some in values]
            axis.errorbar(places, means, errors, marker="o", capsize=3, label=TITLES[corpus])
            axis.legend(fontsize=8)
    axis.set_xticks(list(DEPTH))
    axis.set_xlabel("Convolutions")
    axis.set_ylabel("F on test")
    axis.grid(alpha=0.3)
    return figure


def _draw_time(pyplot: Any, results: Results) -> Any:
    figure, axis = pyplot.subplots(figsize=(7, 6))
    models = [model for model in MODELS[1:-2] if ("15-labels", model) in results]
    for place, model in enumerate(reversed(models)):
        runs = results["15-labels", model]
        for epochs, shade in zip(reversed(EPOCHS), ("#c6dbef", "#6baed6", "#08519c")):
            values = [value for run in runs if (value := _seconds(run, epochs)) is not None]
            if values:
                label = f"{epochs} epochs" if place == 0 else None
                axis.barh(place, statistics.mean(values), color=shade, height=0.7, label=label)
    axis.set_yticks(range(len(models)), list(reversed(models)))
    axis.set_xlabel("Seconds of training, one thread")
    if axis.get_legend_handles_labels()[0]:
        axis.legend()
    axis.grid(axis="x", alpha=0.3)
    return figure
