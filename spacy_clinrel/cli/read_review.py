"""`python -m spacy clinrel read-review`: what people corrected, as gold documents."""

from pathlib import Path
from typing import Annotated, Any, Dict, Optional

import typer
from wasabi import msg

from ..active_learning.review import FORMATS, Corrected, read_review
from ..data.converters import Report
from ..errors import Errors
from ..files import check_output, write_docs, write_json
from ._app import app
from .convert import print_report

CHANGES = "changes.json"
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
            help="The corrected files: REVIEW_DIR/brat, if they were corrected there, or the file "
            "that the annotation tool exported",
        ),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The .spacy file to write")],
    format_name: Annotated[
        Optional[str],
        typer.Option(
            "--format",
            "-f",
            help=f"{', '.join(FORMATS.values())}: needed where `review` wrote several",
        ),
    ] = None,
    report_path: Annotated[
        Optional[Path],
        typer.Option(
            "--report",
            "-r",
            help=f"Write what was changed as JSON here  [default: REVIEW_DIR/{CHANGES}]",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-F", help="Replace OUT")] = False,
) -> None:
    """Read documents back that annotators have corrected, and say what they changed.

    Every document in CORRECTED counts as gold, so leave out those that nobody has looked at. Their
    texts must be those that were given out, character by character; documents with another text
    are named and left out, and the exit code is 1. OUT may stand in a folder beside other labelled
    files, which `bootstrap --labelled` and `spacy train` take as a whole.

    Example: read-review round1 round1/brat labelled/round1.spacy
    """
    report = Report()
    report_path = report_path or folder / CHANGES
    try:
        result = save_review(folder, corrected, out, format_name, report_path, report, force=force)
    except (ValueError, OSError) as problem:
        for message in report.messages:
            msg.warn(message)
        msg.fail(str(problem), exits=1)
    print_report(report)
    print_changes(result.result)
    msg.good(f"Saved {len(result.docs)} documents to {out}, what was changed to {report_path}")
    for message in result.problems:
        msg.fail(message)
    if result.problems:
        raise typer.Exit(1)


def save_review(
    folder: Path,
    corrected: Path,
    out: Path,
    format_name: Optional[str],
    report_path: Path,
    report: Report,
    *,
    force: bool = False,
) -> Corrected:
    """Read corrected documents and write them, with what was changed.

    folder (Path): What `review` wrote.
    corrected (Path): The corrected files.
    out (Path): The .spacy file to write.
    format_name (Optional[str]): The format of the files; None where they were given out in one.
    report_path (Path): The JSON file to write.
    report (Report): Takes counts, losses and repairs.
    force (bool): Whether the .spacy file may be replaced.
    RETURNS (Corrected): The documents and what was changed.
    RAISES (ValueError): If something can't be read, or an output is in the way.
    """
    check_output(out, corrected, *folder.glob("*"))
    check_output(report_path, corrected, out, *(p for p in folder.glob("*") if p.name != CHANGES))
    if out.exists() and not force:
        raise ValueError(Errors.F025.format(out=out.parent, n=1, name=out.name))
    result = read_review(folder, corrected, format_name, report)
    write_docs(result.docs, out)
    write_json(
        report_path, {**result.result, "problems": result.problems, "read": report.to_dict()}
    )
    return result


def print_changes(result: Dict[str, Any]) -> None:
    """Print what annotators changed.

    result (Dict[str, Any]): What `compare` found.
    """
    for kind in ("mentions", "relations"):
        figures = result[kind]
        rows = [_row(label, values) for label, values in figures["per_label"].items()]
        rows.append(_row("all", figures))
        msg.table(rows, header=(kind, *HEADER), divider=True, aligns=("l", *"r" * len(HEADER)))
    for row in result["by_score"]:
        share = f"{100 * row['kept']:.0f} % of {row['relations']} relations kept"
        msg.text(f"score {row['from']:.1f} to {row['to']:.1f}: {share}")
    msg.info(f"{result['unchanged']} of {result['documents']} documents were left as they were.")
    if result["not_returned"]:
        msg.info(f"{len(result['not_returned'])} documents have not come back.")


def _row(label: str, figures: Dict[str, Any]) -> tuple:
    shares = ("–" if figures[key] is None else f"{100 * figures[key]:.1f}" for key in "prf")
    return (label, *(figures[name] for name in COLUMNS), *shares)
