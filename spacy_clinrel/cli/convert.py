"""`python -m spacy clinrel convert`: corpora into .spacy files, and back."""

from pathlib import Path
from typing import Annotated, Dict, Iterator, List, Optional

import spacy
import typer
from spacy.language import Language
from spacy.tokens import DocBin
from tqdm import tqdm
from wasabi import msg

from ..data.converters import (
    Report,
    Selection,
    converters,
    find_files,
    get_converter,
    get_writer,
    read_docs,
    select,
    write_files,
)
from ..errors import Errors
from ..files import check_output, read_docbin, replacing, write_json
from ._app import app

SUFFIX = ".spacy"
MAX_MESSAGES = 20
FORMATS = "; ".join(f"{name} ({c.about})" for name, c in sorted(converters.get_all().items()))


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


def convert(
    format_name: str,
    src: Path,
    out: Path,
    *,
    lang: str = "zh",
    strict: bool = False,
    selection: Selection = Selection(),  # noqa: B008 - it can't be changed
    force: bool = False,
    report: Optional[Report] = None,
    progress: bool = False,
) -> Report:
    """Convert a corpus to a .spacy file, or, where SRC is a .spacy file, the other way.

    format_name (str): The corpus format.
    src (Path): The file or folder to read.
    out (Path): The .spacy file or, the other way, the folder to write.
    lang (str): The language, whose tokenizer is used.
    strict (bool): Whether a loss is an error.
    selection (Selection): Which documents, types and labels to keep, and other names for types.
    force (bool): Whether files that the folder OUT has already may be replaced.
    report (Optional[Report]): Filled in, also where the conversion fails. None makes a new one.
    progress (bool): Whether to show a progress bar.
    RETURNS (Report): What was kept, lost and repaired.
    RAISES (ValueError): If the format is unknown or can't be written, nothing could be read, or
        something was lost under `strict`. Nothing is written then.
    """
    report = Report() if report is None else report
    if src.suffix == SUFFIX and not src.is_dir():
        if selection._replace(group_by="") != Selection(group_by=""):
            raise ValueError(Errors.F024)
        written = _corpus_files(format_name, src, spacy.blank(lang), report)
        _check_losses(report, strict)
        _write_files(written, out, force)
        return report
    check_output(None if out.is_dir() else out, src, selection.only, selection.without)
    converter = select(get_converter(format_name), selection)
    if out.is_dir():
        raise ValueError(Errors.F010.format(path=out))
    files = find_files(src, converter)
    # None shows the bar where somebody looks on, and not in a log.
    hidden = None if progress and len(files) > 1 else True
    bar = tqdm(files, unit="file", leave=False, disable=hidden)
    docs = DocBin(store_user_data=True, docs=read_docs(spacy.blank(lang), converter, bar, report))
    if not len(docs):
        selected = selection.only or selection.without
        code = Errors.F022 if selected and not report.messages else Errors.F008
        raise ValueError(code.format(path=src))
    _check_losses(report, strict)
    report.messages.extend(_without_effect(selection, report))
    with replacing(out) as draft:
        docs.to_disk(draft)
    return report


def _names(renamings: List[str]) -> Dict[str, str]:
    names = {}
    for value in renamings:
        old, equals, new = value.partition("=")
        if not (old and equals and new):
            raise ValueError(Errors.F013.format(value=value))
        names[old] = new
    return names


def _without_effect(selection: Selection, report: Report) -> Iterator[str]:
    """Names that an option gives and the corpus has not."""
    for old, new in selection.names.items():
        if not report.renamed[old]:
            yield f"--rename {old}={new}: there is no entity of the type {old}"
    for name in selection.types:
        if not report.kept_types[name]:
            yield f"--keep-type {name}: there is no entity of the type {name}"
    for name in selection.labels:
        if not report.kept_labels[name]:
            yield f"--keep-label {name}: there is no relation of the label {name}"


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


def _corpus_files(format_name: str, src: Path, nlp: Language, report: Report) -> Dict[str, str]:
    write = get_writer(format_name)
    docs = read_docbin(src, nlp.vocab)
    converter = get_converter(format_name)
    return write_files(write, docs, report, converter.join, src.stem, converter.scores)


def _write_files(files: Dict[str, str], out: Path, force: bool) -> None:
    there = [name for name in files if (out / name).exists()]
    if there and not force:
        raise ValueError(Errors.F025.format(out=out, n=len(there), name=there[0]))
    for name, content in files.items():
        with replacing(out / name) as draft:
            draft.write_bytes(content.encode("utf-8"))


def _check_losses(report: Report, strict: bool) -> None:
    if strict and report.losses:
        reasons = ", ".join(f"{reason}: {n}" for reason, n in report.lost.most_common())
        raise ValueError(Errors.F007.format(losses=f"{report.losses} annotations ({reasons})"))
