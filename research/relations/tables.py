"""Tables of the relation study."""

import statistics
from typing import Any, Dict, List, Optional, Sequence, Tuple

from benchmarks.common import Record, spread, table
from research.common.corpora import CORPORA

from .settings import DEPTH, MODELS, PAIR_SENTENCE, SVM, VARIANTS

Results = Dict[Tuple[str, str], List[Record]]

TITLES = {name: CORPORA[name].title for name in ("15-labels", "11-labels", "cmeie")}
# F in the papers: table 4 of the first, table 4 of the second at N = 17,000, before bootstrapping.
# Their corpora are not public, so these figures are quoted for the order of the models.
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
EPOCH_MODELS = list(PAIR_SENTENCE)  # dev is scored once per epoch


def group(records: Sequence[Record]) -> Results:
    """Group records by corpus and model.

    records (Sequence[Dict[str, Any]]): The records of all training runs.
    RETURNS (Dict[Tuple[str, str], List[Dict[str, Any]]]): The records of each corpus and model.
    """
    results: Results = {}
    for record in records:
        results.setdefault((record["corpus"], record["system"]), []).append(record)
    return results


def overall(results: Results, corpus: str) -> str:
    """Format the table of one corpus, with a row per model.

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
        rate = statistics.mean(run["pairs_per_second"] for run in runs)
        row += [_epoch_seconds(runs), f"{rate:,.0f}"]
        row.append(f"{runs[0]['parameters']:,}" if "parameters" in runs[0] else "–")
        if quoted:
            row.append(f"{quoted[model]:.2f}" if model in quoted else "–")
        rows.append(row)
    return table(header, rows)


def ceiling(results: Results, corpus: str) -> str:
    """Describe the recall ceiling of the pair-sentence models' candidates.

    results (Results): All results.
    corpus (str): Name of the corpus.
    RETURNS (str): A sentence; empty if no pair-sentence model has results.
    """
    for model in PAIR_SENTENCE:
        for run in results.get((corpus, model), []):
            share, gold = f"{100 * run['candidates']['recall']:.1f} %", run["candidates"]["gold"]
            return f"Candidate pairs reach {share} of the {gold} gold relations of test.\n"
    return ""


def training_seconds(run: Record, epochs: int) -> Optional[float]:
    """Return the training time of a number of epochs, in seconds.

    run (Dict[str, Any]): A record. Its first time is measured after the first batch.
    epochs (int): The number of epochs.
    RETURNS (Optional[float]): Seconds; None if the model was trained for fewer epochs.
    """
    marks = run["marks"]
    return marks[epochs] - marks[0] if len(marks) > epochs else None


def _epoch_seconds(runs: Sequence[Record]) -> str:
    if runs[0]["system"] == SVM:
        return f"{statistics.mean(run['marks'][0] for run in runs):.1f} in all"
    if runs[0]["system"] not in EPOCH_MODELS:
        return "–"
    seconds = []
    for run in runs:
        epochs = len(run["marks"]) - 1
        seconds.append((run["marks"][epochs] - run["marks"][0]) / epochs)
    return f"{statistics.mean(seconds):.1f}"


def per_label(results: Results, corpus: str) -> str:
    """Format F of each label, with a column per model (table 6 of the papers).

    results (Results): All results.
    corpus (str): Name of the corpus.
    RETURNS (str): Markdown; empty without results.
    """
    models = [model for model in MODELS if (corpus, model) in results]
    if not models:
        return ""
    totals: Dict[str, int] = {}
    for model in models:
        for label, (gold, _, _) in results[corpus, model][0]["labels"].items():
            totals[label] = max(totals.get(label, 0), gold)
    rows = []
    for label in sorted(filter(totals.get, totals), key=lambda x: (-totals[x], x)):
        row = [f"{label} ({totals[label]})"]
        for model in models:
            values = [label_f(run, label) for run in results[corpus, model]]
            row.append(f"{100 * statistics.mean(values):.1f}")
        rows.append(row)
    return table(["Label (gold in test)", *models], rows)


def label_f(run: Record, label: str) -> float:
    """Return F of one label on the test part.

    run (Dict[str, Any]): A record.
    label (str): The label.
    RETURNS (float): F, between 0 and 1.
    """
    gold, predicted, correct = run["labels"].get(label, (0, 0, 0))
    return 2 * correct / max(gold + predicted, 1)


def depths(results: Results) -> str:
    """Format test F by the number of convolutions (figure 7 of the second paper).

    results (Results): All results.
    RETURNS (str): Markdown.
    """
    header = ["Convolutions", *(str(depth) for depth in DEPTH), "5 without shortcuts"]
    rows = []
    for corpus in TITLES:
        groups = [results.get((corpus, model)) for model in (*DEPTH.values(), "CNN-5")]
        rows.append([TITLES[corpus], *map(format_test_f, groups)])
    return table(header, rows)


def format_test_f(runs: Optional[Sequence[Record]]) -> str:
    """Format F on test.

    runs (Optional[Sequence[Dict[str, Any]]]): The records of all seeds, or None.
    RETURNS (str): Mean and standard deviation, or a dash.
    """
    return spread([run["test"]["f"] for run in runs]) if runs else "–"


def variants(results: Results) -> str:
    """Format test F of each ablation below its base model.

    results (Results): All results.
    RETURNS (str): Markdown.
    """
    rows = []
    for base in dict.fromkeys(model for model, _ in VARIANTS.values()):
        for model in (base, *(name for name, (of, _) in VARIANTS.items() if of == base)):
            groups = [results.get((corpus, model)) for corpus in TITLES]
            rows.append([model, *map(format_test_f, groups)])
    return table(["Model", *TITLES.values()], rows)


def training_time(results: Results, corpus: str) -> str:
    """Format the training time by the number of epochs (figure 4 of the first paper).

    results (Results): All results.
    corpus (str): Name of the corpus.
    RETURNS (str): Markdown.
    """
    rows = []
    for model in EPOCH_MODELS:
        runs = results.get((corpus, model), [])
        row = [model]
        for epochs in EPOCHS:
            seconds = [training_seconds(run, epochs) for run in runs]
            values = [value for value in seconds if value is not None]
            row.append(spread(values, 1.0) if values else "–")
        rows.append(row)
    return table(["Model", *(f"{epochs} epochs" for epochs in EPOCHS)], rows)


def settings_list(settings: Sequence[Dict[str, Any]]) -> str:
    """Format the training settings of the papers' models.

    settings (Sequence[Dict[str, Any]]): The settings of each training run.
    RETURNS (str): Markdown, with one line per setting that lists all its values.
    """
    values: Dict[str, Dict[str, None]] = {}
    for cell_settings in settings:
        for key, value in cell_settings.items():
            text = f"{value:g}" if isinstance(value, float) else str(value)
            values.setdefault(key, {})[text] = None
    return "".join(f"* {key}: {' or '.join(texts)}\n" for key, texts in sorted(values.items()))


def page(records: Sequence[Record], scale: str) -> List[str]:
    """Format all tables.

    records (Sequence[Dict[str, Any]]): The records of all training runs.
    scale (str): Name of the shared settings (see `Study.scales`).
    RETURNS (List[str]): The sections of the page, in Markdown.
    """
    results = group(records)
    settings = [
        run["settings"]
        for (_, model), runs in results.items()
        if model in PAIR_SENTENCE
        for run in runs
    ]
    parts = [
        "# Relation models side by side\n",
        "Gold entities, micro-averaged, strict (CMeIE: triples compared as strings). Every gold "
        "relation counts, even if it is no candidate pair. The epoch is chosen on dev (the SVM is "
        "deterministic and has no epochs); test is measured once. Mean ± standard deviation over "
        "seeds. s/epoch and pairs/s are measured in one thread's processor time.\n",
        "SVM, mention pair and tutorial component are references with their own settings: the "
        "first two learn from all pairs, the mention-pair model has vectors of character pairs and "
        "the steps of its own config, and the tutorial component has its own config with 4,000 "
        "steps instead of 10,000. The models of the papers share the settings below, so some of "
        "them differ only in the width of their position embeddings (CNN-Max and CNN, ResNet-Max "
        "and ResNet-9, BLSTM-Attention and BiLSTM-Att).\n",
        f"Settings of all models of the papers (`{scale}`):\n\n" + settings_list(settings),
    ]
    for corpus in TITLES:
        parts += [f"## {TITLES[corpus]}\n", overall(results, corpus), ceiling(results, corpus)]
    parts += ["## Depth\n", "F on test.\n", depths(results)]
    parts += ["## Ablations of inputs, and piecewise pooling\n", "F on test.\n", variants(results)]
    parts += ["## Seconds of training\n", f"{TITLES['15-labels']}.\n"]
    parts.append(training_time(results, "15-labels"))
    for corpus in TITLES:
        parts += [f"## F per label: {TITLES[corpus]}\n", per_label(results, corpus)]
    return parts
