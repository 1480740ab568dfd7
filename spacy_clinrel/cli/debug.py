"""`python -m spacy clinrel debug`: check a corpus before training."""

from pathlib import Path
from typing import Annotated, Any, Dict, List, Optional, Sequence

import typer
from spacy.cli._util import import_code
from wasabi import msg

from ..active_learning.review import pipeline_labels
from ..data.check import (
    ERROR,
    GOOD,
    INFO,
    WARNING,
    Checks,
    CorpusRules,
    assertion_types_of,
    candidates_of,
    debug,
    read_corpus_rules,
    sectionizer_of,
)
from ..errors import Errors
from ..files import check_output, write_json
from ..pipeline.candidates import SentencePairs
from ..pipeline.loading import load_pipeline
from ._app import app
from ._options import CodeOption

BAR = 40
MAX_ROWS = 30
# Titles of the sections of the output, with section name and keys of its statistics.
SECTIONS = {
    "Documents and mentions": ("mentions", ("per_type",)),
    "Assertion": ("assertion", ("per_attribute", "per_type_and_attribute")),
    "Relations": ("relations", ("per_label", "per_signature")),
    "Distances between head and tail": (
        "distances",
        ("distance_in_tokens", "distance_in_sentences"),
    ),
    "Directions": ("directions", ()),
    "Duplicates and leakage": ("duplicates", ()),
    "Candidates": ("candidates", ()),
    "Consistency": ("consistency", ()),
}
TITLES = {
    "per_type": "Mentions by type",
    "per_attribute": "Mentions by assertion attribute",
    "per_type_and_attribute": "Mentions by type and attribute",
    "per_label": "Relations by label",
    "per_signature": "Relations by mention types and label",
    "distance_in_tokens": "Distance in tokens (start to start)",
    "distance_in_sentences": "Distance in sentences",
}
TOTALS = {
    "documents": "documents",
    "tokens": "tokens",
    "sentences": "sentences",
    "mentions": "mentions",
    "inside_another": "of which inside another mention",
    "across_another": "of which partly overlap another mention",
    "across_sentences": "of which cross a sentence boundary",
    "relations": "relations",
    "without_mentions": "documents without mentions",
    "without_relations": "documents without relations",
    "assertion_documents": "documents annotated with assertion attributes",
}


@app.command("debug")
def debug_cli(
    sources: Annotated[
        List[Path],
        typer.Argument(
            metavar="DATA…",
            help=".spacy files, or folders of .spacy files, e.g. train and dev; or the output of "
            "apply. The training data is the first file whose name contains 'train', else the "
            "first file",
        ),
    ],
    config_path: Annotated[
        Optional[Path],
        typer.Option(
            "--config",
            help="Config, or folder of a pipeline, with the candidate strategy and assertion_rules "
            "to check. A pipeline also has the known types, labels and attributes: others are "
            "reported as inconsistent",
        ),
    ] = None,
    max_sentences: Annotated[
        Optional[int],
        typer.Option(
            min=0,
            help="Maximum distance between head and tail, in sentences, if no config is given "
            "[default: 0]",
        ),
    ] = None,
    max_distance: Annotated[
        Optional[int],
        typer.Option(
            min=1,
            help="Maximum distance between head and tail, in tokens, if no config is given "
            "[default: 200]",
        ),
    ] = None,
    use_sents: Annotated[
        bool,
        typer.Option(
            "--use-sents", help="Use the sentence boundaries of the Docs, if no config is given"
        ),
    ] = False,
    min_count: Annotated[
        int,
        typer.Option(
            min=1, help="Warn about labels with fewer relations, and attributes with fewer mentions"
        ),
    ] = 20,
    similarity: Annotated[
        float,
        typer.Option(
            min=0.05,
            max=1,
            help="Minimum similarity of near-duplicates (Jaccard index of character 5-grams)",
        ),
    ] = 0.8,
    rules_path: Annotated[
        Optional[Path],
        typer.Option(
            "--rules", "-r", help="YAML file with rules of consistent annotation, and exceptions"
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with code 1 if annotation is inconsistent")
    ] = False,
    output: Annotated[
        Optional[Path], typer.Option("--json", "-j", help="Write the statistics to this JSON file")
    ] = None,
    code_path: CodeOption = None,
) -> None:
    """Check documents before training.

    Counts mentions, assertion attributes, relations and distances. Reports rare labels and
    attributes, relations in unusual directions or between unusual types, duplicates, leakage
    between the files, and the recall ceiling: the share of gold relations that are candidates. With
    --config, also entity types of assertion_rules that the documents do not have.

    Checks that the annotation is consistent: e.g. whether the same string always has the same type,
    and whether all members of a list have the same relation.

    The exit code is 1 if a check reports an error, e.g. no relations in the training data. Warnings
    do not change it; with --strict, those about consistency do.

    Example: debug corpus/train.spacy corpus/dev.spacy --config configs/zh_clinrel.cfg
    """
    pipeline_path = None
    if config_path is not None and config_path.is_dir():
        pipeline_path = config_path if (config_path / "meta.json").exists() else None
        config_path /= "config.cfg"
    try:
        check_output(output, *sources, config_path, rules_path)
        import_code(code_path)
        options = {"max_sentences": max_sentences, "max_distance": max_distance}
        settings: Dict[str, Any] = {k: v for k, v in options.items() if v is not None}
        if config_path is not None and (settings or use_sents):
            raise ValueError(Errors.F042)
        strategies = (
            {"SentencePairs": SentencePairs(use_sents=use_sents, **settings)}
            if config_path is None
            else candidates_of(config_path)
        )
        sectionizer = sectionizer_of(config_path) if config_path is not None else None
        rules = CorpusRules() if rules_path is None else read_corpus_rules(rules_path)
        types = assertion_types_of(config_path) if config_path is not None else ()
        known = None if pipeline_path is None else pipeline_labels(load_pipeline(pipeline_path))
        checks = Checks(strategies, min_count, similarity, sectionizer, rules, types, known)
        result = debug(sources, checks)
        print_checks(result)
        if output is not None:
            write_json(output, result)
            msg.good(f"Saved the statistics to {output}")
    except (ValueError, ImportError, OSError) as problem:
        msg.fail(str(problem), exits=1)
    failing = {(ERROR, section) for section, _ in SECTIONS.values()}
    if strict:
        failing.add((WARNING, "consistency"))
    if any((finding["level"], finding["section"]) in failing for finding in result["findings"]):
        raise typer.Exit(1)


def print_checks(result: Dict[str, Any]) -> None:
    """Print statistics and findings by section.

    result (Dict[str, Any]): The result of `debug`.
    """
    parts = result["parts"]
    printers: Dict[str, Any] = {
        ERROR: msg.fail,
        WARNING: msg.warn,
        INFO: msg.info,
        GOOD: msg.good,
    }
    for title, (section, keys) in SECTIONS.items():
        msg.divider(title)
        if section == "mentions":
            _print_table("", {name: parts[name] for name in parts}, TOTALS)
        for key in keys:
            if section == "distances":
                _print_bars(TITLES[key], {name: part[key] for name, part in parts.items()})
            else:
                counts = {name: _counts(part[key]) for name, part in parts.items()}
                _print_table(TITLES[key], counts)
        for finding in result["findings"]:
            if finding["section"] == section:
                printers[finding["level"]](finding["text"])
    _print_summary([finding["level"] for finding in result["findings"]])


def _counts(statistics: Any) -> Dict[str, int]:
    if isinstance(statistics, dict):
        return statistics
    return {f"{head} — {label} → {tail}": n for head, label, tail, n in statistics}


def _print_table(
    title: str, counts: Dict[str, Dict[str, int]], rows: Optional[Dict[str, str]] = None
) -> None:
    names = {key: key for part in counts.values() for key in part} if rows is None else rows
    table = [
        [shown, *(str(part.get(key, 0)) for part in counts.values())]
        for key, shown in names.items()
    ]
    if not table:
        return
    aligns = ("l", *"r" * len(counts))
    header = (title, *counts)
    msg.table(table[:MAX_ROWS], header=header, aligns=aligns, divider=True, max_col=60)
    if len(table) > MAX_ROWS:
        msg.info(f"… and {len(table) - MAX_ROWS} more. Use --json FILE.json for all of them.")


def _print_bars(title: str, histograms: Dict[str, Dict[str, int]]) -> None:
    """Print histograms of all parts, with bars for the first part."""
    totals = {name: max(sum(counts.values()), 1) for name, counts in histograms.items()}
    first = next(iter(histograms))
    table = [
        [
            key,
            *(
                f"{counts[key]} ({100 * counts[key] / totals[n]:.1f} %)"
                for n, counts in histograms.items()
            ),
            "█" * round(BAR * histograms[first][key] / totals[first]),
        ]
        for key in histograms[first]
    ]
    aligns = ("r", *"r" * len(histograms), "l")
    msg.table(table, header=(title, *histograms, f"({first})"), aligns=aligns, divider=True)


def _print_summary(levels: Sequence[str]) -> None:
    msg.divider("Summary")
    for level, printer, noun in (
        (GOOD, msg.good, "checks passed"),
        (WARNING, msg.warn, "warnings"),
        (ERROR, msg.fail, "errors"),
    ):
        if levels.count(level):
            printer(f"{levels.count(level)} {noun}")
