"""`python -m spacy clinrel split`: split documents into train, dev and test."""

from pathlib import Path
from typing import Annotated, Any, Dict, List, Optional, Sequence, Tuple

import typer
from wasabi import msg

from ..data.splits import PARTS, REPORT, Plan, split
from ._app import app

MAX_MESSAGES = 20


@app.command("split")
def split_cli(
    sources: Annotated[
        List[Path],
        typer.Argument(
            metavar="SRC…", help=".spacy files, or folders of .spacy files; or the output of apply"
        ),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT_DIR", help="Output folder")],
    ratios: Annotated[
        Tuple[float, float, float],
        typer.Option(
            "--ratios",
            help="Relative sizes of the parts train, dev and test; no file is written for size 0",
        ),
    ] = (70, 15, 15),
    stratify_by: Annotated[
        Optional[str],
        typer.Option(
            "--stratify-by",
            metavar="KEY",
            help="Stratify by KEY: a column of --metadata, or a regular expression that matches "
            "the value in the document id, e.g. '^[a-z]+'",
        ),
    ] = None,
    min_count: Annotated[
        int,
        typer.Option("--min-count", min=1, help="Pool strata with fewer documents than this"),
    ] = 10,
    stratify_labels: Annotated[
        bool,
        typer.Option("--stratify-labels", help="Also stratify by relation labels"),
    ] = False,
    group_by: Annotated[
        Optional[str],
        typer.Option(
            "--group-by",
            metavar="KEY",
            help="Keep documents with the same KEY (e.g. patient) in the same part. KEY as in "
            "--stratify-by",
        ),
    ] = None,
    metadata: Annotated[
        Optional[Path],
        typer.Option(
            help=".csv or .jsonl file with one row per document; the id is in column doc_id or id"
        ),
    ] = None,
    encoding: Annotated[
        Optional[str],
        typer.Option(
            "--encoding",
            help="Encoding of the metadata, e.g. gb18030. Default: detect UTF-8, UTF-16",
        ),
    ] = None,
    similarity: Annotated[
        float,
        typer.Option(
            min=0.05,
            max=1,
            help="Minimum similarity of near-duplicates (Jaccard index of character 5-grams)",
        ),
    ] = 0.8,
    keep_together: Annotated[
        bool,
        typer.Option(help="Keep near-duplicates in the same part, or only report them"),
    ] = True,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Random seed")] = 0,
    force: Annotated[
        bool, typer.Option("--force", "-F", help="Replace existing files in OUT_DIR")
    ] = False,
) -> None:
    """Split converted documents into train.spacy, dev.spacy and test.spacy.

    Equal arguments give equal parts. Documents keep all annotations and their ids. By default,
    duplicates and near-duplicates are kept in the same part, so that no test text occurs in the
    training data. split.json contains the settings, the counts of each part by type, label and
    stratum, and the near-duplicates.

    Example: split notes.spacy corpus --ratios 70 15 15 --stratify-by department --min-count 50
    --group-by patient --metadata notes.csv --seed 1
    """
    plan = Plan(
        ratios=ratios,
        stratify_by=stratify_by,
        min_count=min_count,
        stratify_labels=stratify_labels,
        group_by=group_by,
        metadata=metadata,
        encoding=encoding,
        similarity=similarity,
        keep_together=keep_together,
        seed=seed,
    )
    try:
        result = split(sources, out, plan, force=force)
    except (ValueError, OSError) as problem:
        msg.fail(str(problem), exits=1)
    print_split(result)
    msg.good(f"Saved the parts and {REPORT} to {out}")


def print_split(result: Dict[str, Any]) -> None:
    """Print the counts of the parts, and near-duplicates in different parts.

    result (Dict[str, Any]): The result of `split`.
    """
    parts = [result["parts"][name] for name in PARTS]
    rows: List[Tuple[str, List[int]]] = [
        (key, [part[key] for part in parts]) for key in ("documents", "mentions", "relations")
    ]
    if result["group_by"] is not None:
        rows.insert(1, ("groups", [part["groups"] for part in parts]))
    _print_table("", rows)
    if result["stratify_by"] is not None:
        _print_table(f"Documents by {result['stratify_by']}", _counts(parts, "strata"))
        if result["pooled"]:
            pooled = ", ".join(f"{value} {n}" for value, n in result["pooled"].items())
            msg.info(f"Pooled strata with fewer than {result['min_count']} documents: {pooled}")
    _print_table("Relations", _counts(parts, "relations_per_label"))
    near = result["near_duplicates"]
    if near["clusters"]:
        note = "none divided between parts"
        if near["across_parts"]:
            note = f"{len(near['across_parts'])} clusters divided between parts"
        msg.info(f"{near['documents']} near-duplicates in {near['clusters']} clusters, {note}")
    for cluster in near["across_parts"][:MAX_MESSAGES]:
        members = ", ".join(f"{doc_id} ({part})" for doc_id, part in cluster[:MAX_MESSAGES])
        msg.warn(f"Near-duplicates in different parts: {members}")
    if len(near["across_parts"]) > MAX_MESSAGES:
        msg.info(f"… and {len(near['across_parts']) - MAX_MESSAGES} more in {REPORT}")


def _print_table(title: str, rows: Sequence[Tuple[str, Sequence[int]]]) -> None:
    if not rows:
        return
    table = [
        [name, *(f"{n} ({100 * n / max(sum(counts), 1):.1f} %)" for n in counts)]
        for name, counts in rows
    ]
    msg.table(table, header=(title, *PARTS), aligns=("l", *"rrr"), divider=True)


def _counts(parts: Sequence[Dict[str, Any]], key: str) -> List[Tuple[str, List[int]]]:
    """Return the counts per name and part, the most frequent name first."""
    names = dict.fromkeys(name for part in parts for name in part[key])
    rows = [(name, [part[key].get(name, 0) for part in parts]) for name in names]
    return sorted(rows, key=lambda row: -sum(row[1]))
