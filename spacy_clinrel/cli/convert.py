"""`python -m spacy clinrel convert`: corpora into .spacy files, and back."""

from pathlib import Path
from typing import Annotated, Dict, List, Optional

import typer
from wasabi import msg

from ..data.convert import convert
from ..data.converters import Report, Selection, converters
from ..errors import Errors
from ..files import check_output, write_json
from ._app import app

MAX_MESSAGES = 20
FORMATS = "; ".join(
    f"{name} ({converter.description})" for name, converter in sorted(converters.get_all().items())
)


@app.command("convert")
def convert_cli(
    format_name: Annotated[
        str, typer.Argument(metavar="FORMAT", help=f"The corpus format: {FORMATS}")
    ],
    src: Annotated[
        Path,
        typer.Argument(metavar="SRC", help="A file, or a folder, searched with its subfolders"),
    ],
    out: Annotated[
        Path,
        typer.Argument(metavar="OUT", help="The .spacy file; if SRC is a .spacy file, a folder"),
    ],
    lang: Annotated[
        str, typer.Option("--lang", "-l", help="Language, whose tokenizer is used")
    ] = "zh",
    strict: Annotated[
        bool, typer.Option("--strict", help="Write nothing and fail if anything can't be kept")
    ] = False,
    report_path: Annotated[
        Optional[Path],
        typer.Option("--report", "-r", help="Write the report, with all messages, as JSON here"),
    ] = None,
    rename: Annotated[
        Optional[List[str]],
        typer.Option("--rename", help="Another name for an entity type, OLD=NEW; may be repeated"),
    ] = None,
    types: Annotated[
        Optional[List[str]],
        typer.Option(
            "--keep-type",
            help="Keep only entities of this type, by its new name if it has one; may be repeated",
        ),
    ] = None,
    labels: Annotated[
        Optional[List[str]],
        typer.Option("--keep-label", help="Keep only relations of this label; may be repeated"),
    ] = None,
    only: Annotated[
        Optional[Path],
        typer.Option("--only-groups-of", help="Keep only documents of the groups in this .spacy"),
    ] = None,
    without: Annotated[
        Optional[Path],
        typer.Option("--without-groups-of", help="Leave out the groups in this .spacy file"),
    ] = None,
    group_by: Annotated[
        str,
        typer.Option(
            "--group-by", help="Pattern that finds a document's group, e.g. its record, in its id"
        ),
    ] = "[0-9]+$",
    force: Annotated[
        bool, typer.Option("--force", "-F", help="Replace files that OUT, a folder, has already")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors")] = False,
) -> None:
    """Convert a corpus in FORMAT to a .spacy file, or a .spacy file to FORMAT.

    The .spacy file holds entities (doc.ents), all mentions that nest or take part in a relation
    (doc.spans["clinrel"]), relations (doc._.relations) and the documents' names. A report says how
    much was kept, repaired and lost, for which reasons, and in which lines of which files.

    Examples: convert brat corpus/train train.spacy; convert i2b2 predicted.spacy out/; convert brat
    reports drugs.spacy --lang en --keep-type Medication --keep-type Dosage --keep-label MODIFY
    """
    report = Report()
    error = ""
    try:
        try:
            check_output(report_path, src, out)
            names = _names(rename or [])
            selection = Selection(only, without, group_by, names, types or (), labels or ())
            convert(
                format_name,
                src,
                out,
                lang=lang,
                strict=strict,
                selection=selection,
                force=force,
                report=report,
                progress=not quiet,
            )
        finally:
            if report_path is not None and report_path not in (src, out):
                write_json(report_path, report.to_dict())
    except (ValueError, ImportError, OSError) as problem:
        error = str(problem)
    if (error or not quiet) and (report.documents or report.messages):
        print_report(report)
    if error:
        msg.fail(error, exits=1)
    if not quiet:
        msg.good(f"Converted {src} to {out}")


def _names(renamings: List[str]) -> Dict[str, str]:
    names = {}
    for value in renamings:
        old, equals, new = value.partition("=")
        if not (old and equals and new):
            raise ValueError(Errors.F013.format(value=value))
        names[old] = new
    return names


def print_report(report: Report) -> None:
    """Print what became of a corpus.

    report (Report): The report.
    """
    kept = [
        ("documents", report.documents),
        ("entities", report.entities),
        ("of which inside or across a longer one", report.nested),
        ("relations", report.relations),
    ]
    tables = (
        ("Kept", kept),
        *(
            (title, counts.most_common())
            for title, counts in (
                ("Left out, as asked", report.left_out),
                ("Repaired", report.repaired),
                ("Lost", report.lost),
            )
            if counts
        ),
    )
    for title, rows in tables:
        msg.table(rows, header=(title, ""), divider=True, aligns=("l", "r"), max_col=80)
    for message in report.messages[:MAX_MESSAGES]:
        msg.warn(message)
    if len(report.messages) > MAX_MESSAGES:
        more = len(report.messages) - MAX_MESSAGES
        msg.info(f"… and {more} more. --report FILE.json lists them all.")
