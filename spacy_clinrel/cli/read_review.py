"""`python -m spacy clinrel read-review`: read corrected documents as gold annotation."""

from pathlib import Path
from typing import Annotated, Any, Dict, Optional

import typer
from wasabi import msg

from ..active_learning.review import CHANGES, FORMATS, read_review
from ..active_learning.review.changes import ATTRIBUTES, KINDS
from ..data.converters import Report
from ._app import app
from .convert import print_report

COLUMNS = {
    "proposed": "proposed",
    "kept": "kept",
    "became_other": "changed to another label",
    "removed": "removed",
    "were_other": "changed from another label",
    "added": "added",
    "corrected": "corrected total",
}
HEADER = (*COLUMNS.values(), "P", "R", "F")


@app.command("read-review")
def read_review_cli(
    folder: Annotated[Path, typer.Argument(metavar="REVIEW_DIR", help="Output folder of `review`")],
    corrected: Annotated[
        Path,
        typer.Argument(
            metavar="CORRECTED",
            help="Corrected file or folder: REVIEW_DIR/brat if it was corrected in place, or the "
            "export of the annotation tool",
        ),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Output .spacy file")],
    format_name: Annotated[
        Optional[str],
        typer.Option(
            "--format",
            "-f",
            help=f"Format of CORRECTED: {', '.join(FORMATS.values())}. Required if `review` wrote "
            "several formats",
        ),
    ] = None,
    offsets: Annotated[
        Optional[str],
        typer.Option(
            "--offsets",
            help="How the tool counted offsets, e.g. utf-16 or graphemes. Default: decided by the "
            "recorded texts of mentions, or as is usual in the format",
        ),
    ] = None,
    report_path: Annotated[
        Optional[Path],
        typer.Option(
            "--report",
            "-r",
            help=f"Write the changes to this JSON file  [default: REVIEW_DIR/{CHANGES}]",
        ),
    ] = None,
    default_label: Annotated[
        Optional[str],
        typer.Option(
            "--default-label",
            help="Label of relations that have none. Without it, their documents are left out",
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Fail and write nothing if a type, label or attribute is not one of the "
            "pipeline's, types do not fit a label, or a document is left out",
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", "-F", help="Replace OUT if it exists")] = False,
) -> None:
    """Read corrected documents as gold annotation, and report what the annotators changed.

    Every document in CORRECTED counts as gold, so remove documents that were not reviewed. Texts
    must not be changed: documents with a changed text are listed and left out, and the exit code is
    1. Types, labels and attributes that the pipeline does not have, e.g. because of a typing error,
    and relations whose label does not occur between their types in the pipeline's training data are
    kept, with a warning for each. With --strict, they are errors. Annotators see attributes of
    mentions, such as Negated, in brat and Label Studio only; in doccano and Prodigy, mentions keep
    those that were proposed. To train on several review rounds, write them to one folder, and use
    that folder with `bootstrap --labelled` or `spacy train`.

    Example: read-review round1 round1/brat labelled/round1.spacy
    """
    report = Report()
    report_path = report_path or folder / CHANGES
    try:
        result = read_review(
            folder,
            corrected,
            out,
            format_name=format_name,
            offsets=offsets,
            default_label=default_label,
            strict=strict,
            report_path=report_path,
            force=force,
            report=report,
        )
    except (ValueError, OSError) as error:
        if report.messages:
            print_report(report)
        msg.fail(str(error), exits=1)
    print_report(report)
    print_changes(result.summary)
    msg.good(f"Saved {len(result.docs)} documents to {out}, and the changes to {report_path}")
    for message in result.problems:
        msg.fail(message)
    if result.problems:
        raise typer.Exit(1)


def print_changes(summary: Dict[str, Any]) -> None:
    """Print a summary of the annotators' changes.

    summary (Dict[str, Any]): The summary returned by `read_review`.
    """
    for kind in (kind for kind in KINDS if kind in summary):
        counts = summary[kind]
        if not (counts["proposed"] or counts["corrected"]) and kind == ATTRIBUTES:
            continue
        rows = [_row(label, values) for label, values in counts["per_label"].items()]
        rows.append(_row("all", counts))
        msg.table(rows, header=(kind, *HEADER), divider=True, aligns=("l", *"r" * len(HEADER)))
    for row in summary["by_score"]:
        share = f"{100 * row['kept']:.0f} % of {row['relations']} relations kept"
        msg.text(f"Score {row['from']:.1f} to {row['to']:.1f}: {share}")
    msg.info(f"{summary['unchanged']} of {summary['documents']} documents are unchanged.")
    if summary["not_returned"]:
        msg.info(f"{len(summary['not_returned'])} exported documents are missing from CORRECTED.")


def _row(label: str, counts: Dict[str, Any]) -> tuple:
    shares = ("–" if counts[key] is None else f"{100 * counts[key]:.1f}" for key in "prf")
    return (label, *(counts[name] for name in COLUMNS), *shares)
