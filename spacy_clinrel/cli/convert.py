"""`python -m spacy clinrel convert`: convert corpora to .spacy files, and back."""

from pathlib import Path
from typing import Annotated, Dict, List, Optional, cast

import typer
from wasabi import msg

from ..active_learning.review import pipeline_labels
from ..data.convert import convert
from ..data.converters import ReadOptions, Report, Selection, converters
from ..data.converters.attributes import parse_attribute_names
from ..data.converters.offset_units import BASES
from ..data.converters.options import Align, Copies
from ..errors import Errors
from ..files import check_output, write_json
from ..pipeline.loading import load_pipeline
from ..types import ASSERTIONS
from ._app import app
from ._options import EncodingOption

MAX_MESSAGES = 20
KNOWN = sorted(converters.get_all().items())
FORMATS = "; ".join(f"{name} ({converter.description})" for name, converter in KNOWN)
WRITABLE = ", ".join(name for name, converter in KNOWN if converter.write is not None)


@app.command("convert")
def convert_cli(
    format_name: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT",
            help=f"Corpus format: {FORMATS}. Formats that can be written: {WRITABLE}",
        ),
    ],
    src: Annotated[
        Path,
        typer.Argument(
            metavar="SRC",
            help="File, or folder including its subfolders. Or a .spacy file, or the output of "
            "apply (folder, .parquet file), to convert to FORMAT",
        ),
    ],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT",
            help="Output .spacy file; if SRC is a .spacy file or the output of apply, a folder",
        ),
    ],
    lang: Annotated[str, typer.Option("--lang", "-l", help="Language of the tokenizer")] = "zh",
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Fail and write nothing if any annotation is lost or doubtful"
        ),
    ] = False,
    report_path: Annotated[
        Optional[Path],
        typer.Option("--report", "-r", help="Write the report with all messages to this JSON file"),
    ] = None,
    rename: Annotated[
        Optional[List[str]],
        typer.Option("--rename", help="Rename an entity type (OLD=NEW); may be repeated"),
    ] = None,
    types: Annotated[
        Optional[List[str]],
        typer.Option(
            "--keep-type",
            help="Keep only entities of this type (if renamed, the new name); may be repeated",
        ),
    ] = None,
    labels: Annotated[
        Optional[List[str]],
        typer.Option("--keep-label", help="Keep only relations with this label; may be repeated"),
    ] = None,
    only: Annotated[
        Optional[Path],
        typer.Option(
            "--only-groups-of", help="Keep only documents whose group occurs in this .spacy file"
        ),
    ] = None,
    without: Annotated[
        Optional[Path],
        typer.Option(
            "--without-groups-of", help="Leave out documents whose group occurs in this .spacy file"
        ),
    ] = None,
    group_by: Annotated[
        str,
        typer.Option(
            "--group-by",
            help="Regular expression that matches the group (e.g. the patient) in the document id",
        ),
    ] = "[0-9]+$",
    encoding: EncodingOption = None,
    offsets: Annotated[
        Optional[str],
        typer.Option(
            "--offsets",
            help=f"How the offsets were counted: {', '.join(BASES)}; with +crlf, +bom, +one-based, "
            "+inclusive or +exclusive where it applies. Default: decided by the recorded texts of "
            "mentions, or as is usual in the format",
        ),
    ] = None,
    id_field: Annotated[
        Optional[str],
        typer.Option(
            "--id-field", help="JSON formats: field with the document id, e.g. data.filename"
        ),
    ] = None,
    attributes: Annotated[
        Optional[List[str]],
        typer.Option(
            "--attribute",
            metavar="FILE=ATTRIBUTE",
            help="Name of an assertion attribute in the files, e.g. Negation=negated or "
            f"Polarity=Negative=negated; may be repeated. Attributes: {', '.join(ASSERTIONS)}. "
            "Without this option, files call them Negated and so on",
        ),
    ] = None,
    default_label: Annotated[
        Optional[str],
        typer.Option("--default-label", help="Label of relations that have none"),
    ] = None,
    events: Annotated[
        bool,
        typer.Option(
            "--events", help="brat: read the arguments of events as relations of the trigger"
        ),
    ] = False,
    align: Annotated[
        str,
        typer.Option(
            "--align",
            help="Mentions that begin or end within a token: strict (drop and count them), "
            "expand or contract (to whole tokens)",
        ),
    ] = "strict",
    copies: Annotated[
        Optional[str],
        typer.Option(
            "--copies",
            help="Which documents with the same id or text to keep: all, first or last. Default: "
            "all, and report those that differ",
        ),
    ] = None,
    labels_of: Annotated[
        Optional[str],
        typer.Option(
            "--labels-of",
            metavar="MODEL",
            help="Pipeline whose types, relation labels and assertion attributes are known. If a "
            ".spacy file is written, others are reported, e.g. typing errors (with --strict, an "
            "error). If Label Studio's files are written, the labelling interface has these, "
            "besides those of the documents",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", "-F", help="Replace existing files if OUT is a folder")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors")] = False,
) -> None:
    """Convert a corpus in FORMAT to a .spacy file; or a .spacy file, or the output of apply, to
    FORMAT.

    The .spacy file contains entities (doc.ents), nested and related mentions
    (doc.spans["clinrel"]), relations (doc._.relations) and document ids. The report counts kept,
    repaired and lost annotations by reason, and gives file and line of each error.

    Examples: convert brat corpus/train train.spacy; convert i2b2 predicted.spacy out/; convert
    label-studio-predictions annotated tasks; convert brat reports drugs.spacy --lang en --keep-type
    Medication --keep-type Dosage --keep-label MODIFY
    """
    report = Report()
    error = ""
    try:
        try:
            check_output(report_path, src, out)
            names = _names(rename or [])
            selection = Selection(only, without, group_by, names, types or (), labels or ())
            options = ReadOptions(
                encoding=encoding,
                offsets=offsets,
                id_field=id_field,
                default_label=default_label,
                attributes=parse_attribute_names(attributes or []),
                events=events,
                align=cast(Align, align),
                copies=cast(Optional[Copies], copies),
            )
            convert(
                format_name,
                src,
                out,
                lang=lang,
                strict=strict,
                selection=selection,
                options=options,
                force=force,
                report=report,
                labels=None if labels_of is None else pipeline_labels(load_pipeline(labels_of)),
                progress=not quiet,
            )
        finally:
            if report_path is not None and report_path not in (src, out):
                write_json(report_path, report.to_dict())
    except (ValueError, ImportError, OSError) as problem:
        error = str(problem)
    if (error or not quiet) and (report.documents or report.messages or report.left_out):
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
    """Print the report of a conversion.

    report (Report): The report.
    """
    kept = [
        ("documents", report.documents),
        ("entities", report.entities),
        ("of which overlap a longer entity", report.nested),
        ("relations", report.relations),
        *((f"{name} mentions", n) for name, n in report.attributes.most_common()),
    ]
    if report.without_attributes:
        kept.append(("documents without any attribute", report.without_attributes))
    tables = (
        ("Kept", kept),
        *(
            (title, counts.most_common())
            for title, counts in (
                ("Left out", report.left_out),
                ("Repaired", report.repaired),
                ("Lost", report.lost),
                ("To check", report.doubtful),
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
        msg.info(f"… and {more} more. Use --report FILE.json for all of them.")
