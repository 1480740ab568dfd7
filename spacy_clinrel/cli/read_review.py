"""`python -m spacy clinrel read-review`: read corrected documents back as gold annotation."""

from pathlib import Path
from typing import Annotated, Any, Dict, Optional

import typer
from wasabi import msg

from ..active_learning.review import CHANGES, FORMATS, read_review
from ..data.converters import Report
from ._app import app
from .convert import print_report

COLUMNS = {
    "proposed": "proposed",
    "kept": "kept",
    "became_other": "became another",
    "removed": "removed",
    "were_other": "were another",
    "added": "added",
    "corrected": "now",
}
HEADER = (*COLUMNS.values(), "P", "R", "F")


@app.command("read-review")
def read_review_cli(
    folder: Annotated[
        Path, typer.Argument(metavar="REVIEW_DIR", help="The folder that `review` wrote")
    ],
    corrected: Annotated[
        Path,
        typer.Argument(
            metavar="CORRECTED",
            help="The corrected files: REVIEW_DIR/brat if they were corrected there, or the file "
            "that the annotation tool exported",
        ),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The .spacy file to write")],
    format_name: Annotated[
        Optional[str],
        typer.Option(
            "--format",
            "-f",
            help=f"{', '.join(FORMATS.values())}. Required if `review` wrote several formats",
        ),
    ] = None,
    report_path: Annotated[
        Optional[Path],
        typer.Option(
            "--report",
            "-r",
            help=f"JSON file for the changes  [default: REVIEW_DIR/{CHANGES}]",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-F", help="Replace OUT")] = False,
) -> None:
    """Read corrected documents back, and report what annotators changed.

    Every document in CORRECTED counts as gold, so leave out documents that nobody has reviewed.
    Their texts must not differ from the exported ones. Documents with another text are listed and
    left out, and the exit code is 1. If OUT is in a folder with other labelled files, give that
    folder to `bootstrap --labelled` or `spacy train`.

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
            report_path=report_path,
            force=force,
            report=report,
        )
    except (ValueError, OSError) as error:
        for message in report.messages:
            msg.warn(message)
        msg.fail(str(error), exits=1)
    print_report(report)
    print_changes(result.summary)
    msg.good(f"Saved {len(result.docs)} documents to {out}, and the changes to {report_path}")
    for message in result.problems:
        msg.fail(message)
    if result.problems:
        raise typer.Exit(1)


def print_changes(summary: Dict[str, Any]) -> None:
    """Print what annotators changed.

    summary (Dict[str, Any]): The summary that `read_review` returned.
    """
    for kind in ("mentions", "relations"):
        figures = summary[kind]
        rows = [_row(label, values) for label, values in figures["per_label"].items()]
        rows.append(_row("all", figures))
        msg.table(rows, header=(kind, *HEADER), divider=True, aligns=("l", *"r" * len(HEADER)))
    for row in summary["by_score"]:
        share = f"{100 * row['kept']:.0f} % of {row['relations']} relations kept"
        msg.text(f"score {row['from']:.1f} to {row['to']:.1f}: {share}")
    msg.info(f"{summary['unchanged']} of {summary['documents']} documents are unchanged.")
    if summary["not_returned"]:
        msg.info(f"{len(summary['not_returned'])} exported documents are missing from CORRECTED.")


def _row(label: str, figures: Dict[str, Any]) -> tuple:
    shares = ("–" if figures[key] is None else f"{100 * figures[key]:.1f}" for key in "prf")
    return (label, *(figures[name] for name in COLUMNS), *shares)
