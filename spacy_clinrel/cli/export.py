"""`python -m spacy clinrel export`: write mentions and relations as a graph or tables."""

import shlex
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Dict, Optional

import typer
from tqdm import tqdm
from wasabi import msg

from ..exporters import FORMATS, NORMAL_FORMS, export
from ._app import app

MAX_MESSAGES = 20
ABOUT = "; ".join(f"{name} ({entry.about})" for name, entry in FORMATS.items())


@app.command("export")
def export_cli(
    src: Annotated[
        Path,
        typer.Argument(
            metavar="DOCS",
            help="Output of apply (folder, .parquet or .jsonl file), .spacy file, or folder of "
            "such files",
        ),
    ],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="Output file; for csv, jsonl and parquet, output folder"
        ),
    ],
    format_name: Annotated[
        Optional[str],
        typer.Option(
            "--format",
            "-f",
            metavar="|".join(FORMATS),
            help=f"{ABOUT}. Default: by the suffix of OUT (.graphml, .ttl, .jsonld, .cypher, .cql)",
        ),
    ] = None,
    merge: Annotated[
        bool,
        typer.Option(
            "--merge/--no-merge",
            "-m/-M",
            help="Merge mentions with the same normal form, type and attributes into one node, "
            "with their count: a denied finding is never merged with an affirmed one. Mentions "
            "linked to the same code are merged whatever their normal form. Merge relations with "
            "the same nodes and label into one edge, with their count, mean and maximum score, and "
            "documents. Character offsets are dropped",
        ),
    ] = False,
    norm: Annotated[
        str,
        typer.Option(
            "--norm",
            metavar="|".join(NORMAL_FORMS),
            help="Normal form of a mention. exact: its text. fold: its text in NFKC, case-folded, "
            "with single spaces. norm: the norms of its tokens, folded. lemma: the lemmas of its "
            "tokens (or norms, where a lemma is missing), folded",
        ),
    ] = "fold",
    prefix: Annotated[
        str,
        typer.Option(
            "--id-prefix",
            help="Prefix of all ids; set it to import several exports into one database",
        ),
    ] = "",
    report_path: Annotated[
        Optional[Path],
        typer.Option("--report", "-r", help="Write a report of the export to this JSON file"),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print only warnings and errors")
    ] = False,
) -> None:
    """Export the mentions and relations of documents as a graph.

    A mention is exported with its document, character offsets, text, type and normal form, and
    with its attributes, section, value, dosage and code if the document has them. A relation is
    exported with its label, score, evidence and the attributes of its mentions: is_negated means
    that its head or tail is denied, so it is not a fact. The evidence is the text of the sentences
    from one mention to the other. In documents without sentence boundaries, sentences end after
    。；;！？!? or a line break. spacy_clinrel/exporters/vocabulary.ttl describes each column and
    property.

    By default, mentions are not merged: equal texts may refer to different things.

    csv files have headers for `neo4j-admin database import`. The import command is printed.

    Examples: export annotated notes.graphml; export notes.spacy tables --format csv; export corpus
    notes.ttl --merge --norm lemma
    """
    try:
        report = export(
            src,
            out,
            format_name,
            merge=merge,
            norm=norm,
            prefix=prefix,
            report_path=report_path,
            # disable = None hides the bar unless stderr is a terminal.
            progress=partial(tqdm, desc="Documents", leave=False, disable=True if quiet else None),
        )
    except (ValueError, ImportError, OSError) as error:
        msg.fail(str(error), exits=1)
    print_warnings(report)
    if not quiet:
        print_export(report)


def print_warnings(report: Dict[str, Any]) -> None:
    """Print warnings about the exported documents.

    report (Dict[str, Any]): The report of `export`.
    """
    for message in report["messages"][:MAX_MESSAGES]:
        msg.warn(message)
    if len(report["messages"]) > MAX_MESSAGES:
        more = len(report["messages"]) - MAX_MESSAGES
        msg.warn(f"… and {more} more. Use --report FILE.json for all of them.")
    if report["replaced"]:
        msg.warn(
            f"{report['replaced']} characters that are invalid in {report['format']} were "
            "replaced: control characters by U+FFFD, carriage returns in GraphML by line feeds."
        )
    if not report["mentions"]:
        msg.warn("The documents have no mentions. Annotate them with a pipeline first.")


def print_export(report: Dict[str, Any]) -> None:
    """Print a summary of the export.

    report (Dict[str, Any]): The report of `export`.
    """
    counts = "{documents} documents, {mentions} mentions, {relations} relations"
    if report["merge"]:
        counts += ", merged into {nodes} nodes and {edges} edges"
    msg.good(f"{counts.format(**report)}: {', '.join(report['files'])}")
    if report["format"] == "csv":
        nodes, edges = (shlex.quote(path) for path in report["files"])
        msg.text("To import the files into a new Neo4j database, run this on the database server:")
        # msg.text would wrap the line, and users copy it.
        print(
            "neo4j-admin database import full neo4j --multiline-fields=true "
            f"--nodes={nodes} --relationships={edges}"
        )
