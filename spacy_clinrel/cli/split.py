"""`python -m spacy clinrel split`: documents into parts for training, development and test."""

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
        List[Path], typer.Argument(metavar="SRC…", help=".spacy files, or folders of them")
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT_DIR", help="The folder to write")],
    ratios: Annotated[
        Tuple[float, float, float],
        typer.Option("--ratios", help="Sizes of train, dev and test; a part of size 0 is left out"),
    ] = (70, 15, 15),
    stratify_by: Annotated[
        Optional[str],
        typer.Option(
            "--stratify-by",
            metavar="KEY",
            help="Give each part its share of this key's values: a column of --metadata, or a "
            "pattern that finds the value in a document's id, e.g. '^[a-z]+'",
        ),
    ] = None,
    min_count: Annotated[
        int,
        typer.Option("--min-count", min=1, help="Pool values of that key with fewer documents"),
    ] = 10,
    stratify_labels: Annotated[
        bool,
        typer.Option("--stratify-labels", help="Give each part its share of each relation label"),
    ] = False,
    group_by: Annotated[
        Optional[str],
        typer.Option(
            "--group-by",
            metavar="KEY",
            help="Put documents of one value of this key, e.g. one patient's, into one part",
        ),
    ] = None,
    metadata: Annotated[
        Optional[Path],
        typer.Option(
            help=".csv or .jsonl with a row a document, its id in the column doc_id or id"
        ),
    ] = None,
    similarity: Annotated[
        float,
        typer.Option(
            min=0.05, max=1, help="Share of five-character stretches that near-duplicates share"
        ),
    ] = 0.8,
    keep_together: Annotated[
        bool,
        typer.Option(help="Put near-duplicates into one part, or else only name those in several"),
    ] = True,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of what is by chance")] = 0,
    force: Annotated[
        bool, typer.Option("--force", "-F", help="Replace files that OUT_DIR has already")
    ] = False,
) -> None:
    """Divide converted documents into train.spacy, dev.spacy and test.spacy.

    The same arguments give the same parts. Documents keep all they have, mentions, relations and
    names too. Texts that are the same or nearly so go to one part, so that what is measured on
    test was not seen in train. split.json, beside the parts, says what was asked for, what each
    part holds, by type, label and stratum, and which documents are near-duplicates.

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
    """Print what the parts hold, and what may leak from one to another.

    result (Dict[str, Any]): What `split` returned.
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
            msg.info(f"Pooled, as fewer than {result['min_count']} documents have them: {pooled}")
    _print_table("Relations", _counts(parts, "relations_per_label"))
    near = result["near_duplicates"]
    if near["clusters"]:
        told = "all of each in one part"
        if near["across_parts"]:
            told = f"{len(near['across_parts'])} of these in several parts"
        msg.info(f"{near['documents']} near-duplicates in {near['clusters']} clusters, {told}")
    for cluster in near["across_parts"][:MAX_MESSAGES]:
        places = ", ".join(f"{doc_id} ({part})" for doc_id, part in cluster[:MAX_MESSAGES])
        msg.warn(f"Nearly the same text in several parts: {places}")
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
    """Rows of counts by name, the most frequent first."""
    names = dict.fromkeys(name for part in parts for name in part[key])
    rows = [(name, [part[key].get(name, 0) for part in parts]) for name in names]
    return sorted(rows, key=lambda row: -sum(row[1]))
